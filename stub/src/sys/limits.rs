//! The limits that were set on this process, as a shell names them: a refusal of the system is told with the limit that is
//! behind it.

use std::fmt;
use std::io;

/// An error of the system, with the limits that it may come from.
pub(crate) struct Limited(pub(crate) io::Error);

impl fmt::Display for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)?;
        write!(f, "{}", Behind(&self.0))
    }
}

/// The limits that `error` may come from: empty where it comes from none.
pub(crate) struct Behind<'a>(pub(crate) &'a io::Error);

impl fmt::Display for Behind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            io::ErrorKind::OutOfMemory => OfMemory.fmt(f),
            _ => of_files(self.0, f),
        }
    }
}

/// The limits on memory that are set: empty where there are none.
pub(crate) struct OfMemory;

#[cfg(unix)]
mod unix {
    use std::{fmt, io};

    use rustix::process::{Resource, getrlimit};

    use super::OfMemory;

    impl fmt::Display for OfMemory {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            for (resource, what, option) in [(Resource::As, "addresses", 'v'), (Resource::Data, "data", 'd')]
            {
                if let Some(bytes) = getrlimit(resource).current {
                    write!(f, "; the limit on {what} is {} KiB (ulimit -{option}): raise it", bytes / 1024)?;
                }
            }
            Ok(())
        }
    }

    pub(super) fn of_files(error: &io::Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (error.raw_os_error(), getrlimit(Resource::Nofile).current) {
            (Some(libc::EMFILE), Some(count)) => {
                write!(f, "; the limit on open files is {count} (ulimit -n): raise it")
            }
            _ => Ok(()),
        }
    }
}
#[cfg(unix)]
use unix::of_files;

#[cfg(windows)]
impl fmt::Display for OfMemory {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

#[cfg(windows)]
fn of_files(_error: &io::Error, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn an_error_that_comes_from_no_limit_is_told_as_it_is() {
        let error = io::Error::from_raw_os_error(libc::ENOENT);
        assert_eq!(Limited(error).to_string(), "No such file or directory (os error 2)");
    }

    #[test]
    fn the_limit_on_files_is_named() {
        let text = Limited(io::Error::from_raw_os_error(libc::EMFILE)).to_string();
        assert!(text.contains("(ulimit -n): raise it"), "{text}");
    }
}
