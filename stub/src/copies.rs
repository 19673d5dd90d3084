//! Copies of its own process that an app starts, where the system has them.

#[cfg(unix)]
mod system {
    use std::sync::{Arc, Weak};

    use sandbox::spec::{ERRNO_AGAIN, ERRNO_INVAL, ERRNO_PERM};
    use sandbox::{Ended, Fork, Forked, How, Result};

    use crate::ending::Ending;
    use crate::threads::Common;
    use crate::{image, sys};

    /// What starts copies.
    struct Copies {
        ending: &'static Ending,
        /// They have this.
        threads: Option<Weak<Common>>,
    }

    /// The copies that this process has started, whatever program it was then.
    static FAMILY: sys::family::Family = sys::family::Family::new();

    impl std::fmt::Debug for Copies {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Copies")
        }
    }

    /// What starts copies of this process.
    pub(crate) fn starter(ending: &'static Ending, threads: Option<&Arc<Common>>) -> Option<Arc<dyn Fork>> {
        Some(Arc::new(Copies { ending, threads: threads.map(Arc::downgrade) }))
    }

    /// To be called by process `number` when it becomes another program: whoever waits for that goes on.
    pub(crate) fn became(number: u32) {
        FAMILY.became(number);
    }

    impl Fork for Copies {
        fn fork(&self, parent: u32) -> Result<Forked> {
            if !self.ending.granted().grants.fork {
                return Err(ERRNO_PERM.into());
            }
            // Only the process that was tried is to be noted, and it is to end with the packer.
            if self.ending.is_trial() {
                return Err(ERRNO_AGAIN.into());
            }
            let fork = || image::fork(|then| FAMILY.fork(parent, then));
            let (number, is_copy) = match self.threads.as_ref().and_then(Weak::upgrade) {
                Some(threads) => threads.fork(fork, |forked| matches!(forked, Ok((_, true))))?,
                None => fork()?,
            };
            if !is_copy {
                return Ok(Forked::Parent(number));
            }
            self.ending.begin_anew();
            Ok(Forked::Child(number))
        }

        fn wait(&self, child: Option<u32>, block: bool) -> Result<Option<Ended>> {
            let ended = FAMILY.wait(child, block)?;
            Ok(ended.map(|(number, status)| {
                let how = match status {
                    sys::family::Status::Exit(code) => How::Exit(code),
                    sys::family::Status::Signal(signal) => How::Signal(sys::family::number_in_wasi(signal)),
                };
                Ended { number, how }
            }))
        }

        fn wait_untold(&self, child: u32) {
            FAMILY.wait_untold(child);
        }

        fn parent(&self, number: u32) -> Option<u32> {
            FAMILY.parent(number)
        }

        fn signal(&self, number: u32, signal: u8) -> Result<()> {
            let host = sys::family::number_of_the_host(signal).ok_or(ERRNO_INVAL)?;
            Ok(FAMILY.signal(number, host)?)
        }
    }
}

#[cfg(unix)]
pub(crate) use system::{became, starter};

/// Windows makes no copies of a process.
#[cfg(windows)]
pub(crate) fn starter(
    _ending: &'static crate::ending::Ending,
    _threads: Option<&std::sync::Arc<crate::threads::Common>>,
) -> Option<std::sync::Arc<dyn sandbox::Fork>> {
    None
}

/// Nobody waits for that.
#[cfg(windows)]
pub(crate) fn became(_number: u32) {}
