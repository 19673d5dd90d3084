//! The program that `wasmpack run` started: it ends when the packer does.

use std::{
    io,
    process::{Child, Command, ExitStatus},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// It, while it runs.
static CHILD: Mutex<Option<Child>> = Mutex::new(None);
/// How often to look whether it has ended.
const LOOK: Duration = Duration::from_millis(10);

fn lock() -> MutexGuard<'static, Option<Child>> {
    CHILD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts `command`, and keeps it.
///
/// # Errors
/// Those of the system.
pub(crate) fn start(command: &mut Command) -> io::Result<()> {
    let mut there = lock();
    *there = Some(command.spawn()?);
    Ok(())
}

/// How it has ended, if it has.
///
/// # Errors
/// Those of the system; if nothing was started.
pub(crate) fn ended() -> io::Result<Option<ExitStatus>> {
    let mut there = lock();
    let ended = there.as_mut().ok_or(io::ErrorKind::NotFound)?.try_wait()?;
    if ended.is_some() {
        *there = None;
    }
    Ok(ended)
}

/// Waits for its end.
///
/// # Errors
/// As [`ended`].
pub(crate) fn wait() -> io::Result<ExitStatus> {
    loop {
        if let Some(status) = ended()? {
            return Ok(status);
        }
        // The lock is free meanwhile: a signal ends it.
        thread::sleep(LOOK);
    }
}

/// Ends it, if it runs. A WASI program has no way to do something about that, so none is waited for.
pub(crate) fn stop() {
    if let Some(mut child) = lock().take() {
        let _ = child.kill().and_then(|()| child.wait());
    }
}

/// Ends this process as it has ended.
pub(crate) fn end_like(status: ExitStatus) -> ! {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        #[cfg(target_os = "linux")]
        let _ = signal_hook::low_level::emulate_default_handler(signal);
        std::process::exit(128 + signal);
    }
    std::process::exit(status.code().unwrap_or(1))
}
