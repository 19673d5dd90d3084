//! Starts a program once.

use std::ffi::OsString;

use payload::info::printable;

use super::{order::Packed, place::Place};
use crate::{
    cli::{ExitCode, complain},
    error::spoken,
    interrupt,
};

/// Starts it in the place of this process: exit code, signals and process are the program's then, and nothing is left whatever
/// ends it. Where that cannot be, it is started from a temporary file and waited for.
pub(super) fn start(packed: &Packed, args: &[OsString]) -> ExitCode {
    #[cfg(target_os = "linux")]
    if let Some(place) = Place::in_memory(packed) {
        // It comes back only where a system forbids programs in memory.
        let _ = std::os::unix::process::CommandExt::exec(&mut place.command(args));
    }
    let ended = Place::in_files(packed).and_then(|place| {
        interrupt::child::start(&mut place.command(args))?;
        interrupt::child::wait()
    });
    match ended {
        Ok(status) => interrupt::child::end_like(status),
        Err(error) => unstarted(&error),
    }
}

/// Says that the program could not be started.
pub(super) fn unstarted(error: &std::io::Error) -> ExitCode {
    let folder = std::env::temp_dir();
    let advice = match error.kind() {
        std::io::ErrorKind::PermissionDenied => {
            format!("; programs cannot be started in {}: name another folder with TMPDIR", folder.display())
        }
        _ => String::new(),
    };
    complain(&printable(&format!("cannot start the program: {}{advice}", spoken(error))));
    ExitCode::Failure
}
