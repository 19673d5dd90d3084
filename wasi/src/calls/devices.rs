//! The devices that programs of WASIX count on, since they come from POSIX: `/dev/null`, and what they hold already under the names
//! `/dev/stdin`, `/dev/stdout`, `/dev/stderr` and `/dev/fd/N`. They are found by these names where nothing that was granted has them,
//! and no directory lists them. None reaches anything that the program does not have.

use std::sync::Arc;

use crate::ctx::Ctx;
use crate::errno::{Error, Result};
use crate::fds::Descriptor;
use crate::fs::dir::Dir;
use crate::fs::file::File;
use crate::rights;
use crate::words::{Filestat, Open, Opened};

/// A device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Device {
    /// It is always at its end, and takes everything.
    Null,
    /// The file that a descriptor stands for.
    Descriptor(u32),
}

/// The device that stands at `path` below `dir`, for a path that led to nothing there because of `error`.
pub(super) fn instead(ctx: &Ctx, dir: &Dir, path: &str, error: Error) -> Option<Device> {
    let is_missing = [wasip1::ERRNO_NOENT, wasip1::ERRNO_NOTCAPABLE].contains(&error.0);
    let is_root = || ctx.is_wasix() && dir.guest() == Some("/");
    if is_missing && is_root() { named(path) } else { None }
}

/// The device of this name below the root.
fn named(path: &str) -> Option<Device> {
    if path.ends_with('/') {
        return None;
    }
    let mut parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
    let parts =
        [parts.next()?, parts.next()?, parts.next().unwrap_or_default(), parts.next().unwrap_or_default()];
    match parts {
        ["dev", "null", "", ""] => Some(Device::Null),
        ["dev", "stdin", "", ""] => Some(Device::Descriptor(0)),
        ["dev", "stdout", "", ""] => Some(Device::Descriptor(1)),
        ["dev", "stderr", "", ""] => Some(Device::Descriptor(2)),
        ["dev", "fd", number, ""] if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(Device::Descriptor(number.parse().ok()?))
        }
        _ => None,
    }
}

impl Device {
    /// Opens it, as is asked for in `how`; with these rights at most.
    ///
    /// # Errors
    /// `exist` if it must be new; `notdir` if it must be a directory; `noent` for a descriptor that is not open, or stands for a
    /// directory.
    pub(super) fn open(self, ctx: &Ctx, how: Open, base: u64, close_on_exec: bool) -> Result<Descriptor> {
        if how.create && how.exclusive {
            return Err(wasip1::ERRNO_EXIST.into());
        }
        if how.directory {
            return Err(wasip1::ERRNO_NOTDIR.into());
        }
        match self {
            Device::Null => Ok(Descriptor {
                object: Opened::File(Arc::new(File::Null)),
                rights: base & rights::FILE,
                left_out: 0,
                inheriting: 0,
                flags: how.flags,
                close_on_exec,
            }),
            Device::Descriptor(fd) => {
                let held = held(ctx, fd)?;
                Ok(Descriptor { rights: held.rights & base, close_on_exec, ..held })
            }
        }
    }

    /// What is known about it.
    ///
    /// # Errors
    /// As for [`Device::open`]; those of the system.
    pub(super) fn filestat(self, ctx: &Ctx) -> Result<Filestat> {
        match self {
            Device::Null => File::Null.filestat(),
            Device::Descriptor(fd) => match held(ctx, fd)?.object {
                Opened::File(file) => file.filestat(),
                Opened::Dir(_) => Err(wasip1::ERRNO_NOENT.into()),
            },
        }
    }
}

/// The open file `fd`.
fn held(ctx: &Ctx, fd: u32) -> Result<Descriptor> {
    let held = ctx.fds.get(fd).map_err(|_| wasip1::ERRNO_NOENT)?;
    match held.object {
        Opened::File(_) => Ok(held),
        Opened::Dir(_) => Err(wasip1::ERRNO_NOENT.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_have_these_names_and_no_others() {
        for (path, device) in [
            ("dev/null", Device::Null),
            ("./dev//null", Device::Null),
            ("dev/stdin", Device::Descriptor(0)),
            ("dev/stdout", Device::Descriptor(1)),
            ("dev/stderr", Device::Descriptor(2)),
            ("dev/fd/17", Device::Descriptor(17)),
        ] {
            assert_eq!(named(path), Some(device), "{path}");
        }
        for path in [
            "",
            "dev",
            "null",
            "dev/null/x",
            "dev/null/",
            "dev/../dev/null",
            "x/dev/null",
            "dev/fd",
            "dev/fd/x",
            "dev/fd/+1",
            "dev/fd/1/2",
            "dev/fd/99999999999",
            "dev/tty",
            "DEV/null",
        ] {
            assert_eq!(named(path), None, "{path}");
        }
    }
}
