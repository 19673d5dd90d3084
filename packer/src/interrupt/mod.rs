//! Signals that end the packer: temporary files are removed, and the process dies of the signal.
//!
//! A signal that whoever started the packer had ignored (`nohup`, a script's `&`) stays ignored, and says nothing about the
//! others. A program that was started from here ends as well ([`child`]). On Linux next to nothing lies about in the first
//! place: outputs are written into files without a name, and a program that is tried is in memory ([`crate::output`],
//! [`crate::trial`]).

pub(crate) mod child;

#[cfg(unix)]
mod unix {
    use std::sync::{Arc, atomic::AtomicBool};

    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ},
        iterator::Signals,
        low_level,
    };

    use super::child;
    use crate::output;

    /// From now on SIGINT, SIGTERM and SIGHUP remove what lies about before they end the process, which dies by the signal:
    /// a shell has 130, 143 and 129 for it. Those that are `ignored` stay so. A file that becomes longer than the process may
    /// write is an error, not an end.
    ///
    /// For programs, not for libraries: signals belong to the whole process.
    pub fn handle(ignored: fn(i32) -> bool) {
        // Nobody reads the flag. That somebody handles the signal lets the system answer "file too large".
        let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
        let wanted: Vec<i32> =
            [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !ignored(*signal)).collect();
        // Without a thread the signals keep their own way of ending a process.
        let _ = std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            let Ok(mut signals) = Signals::new(&wanted) else { return };
            for signal in signals.forever() {
                child::stop();
                output::remove_temporaries(|| {
                    let _ = low_level::emulate_default_handler(signal);
                    std::process::exit(128 + signal);
                });
            }
        });
    }
}

#[cfg(windows)]
mod windows {
    use super::child;
    use crate::output;

    /// The exit code after an interrupt: 128 and the number of SIGINT, as shells have it.
    const INTERRUPTED: i32 = 130;

    /// From now on Ctrl-C, and a console that is closed, remove what lies about before they end the process, with exit code 130.
    ///
    /// For programs, not for libraries: signals belong to the whole process.
    pub fn handle(_ignored: fn(i32) -> bool) {
        let _ = ctrlc::try_set_handler(|| {
            child::stop();
            output::remove_temporaries(|| std::process::exit(INTERRUPTED));
        });
    }
}

#[cfg(unix)]
pub use unix::handle;
#[cfg(windows)]
pub use windows::handle;
