//! Writing into a file without a name (`O_TMPFILE`), which gets one when it is complete: whatever ends the packer before
//! that, SIGKILL as well, nothing is left.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::AsRawFd,
    path::Path,
};

use rustix::{
    fs::{AtFlags, CWD, Mode, OFlags, linkat, open},
    io::Errno,
};

use super::temporary::{names, undisturbed};

/// A file without a name on the file system of `folder`; `None` where there are no such files, or none can be made.
pub(super) fn file(folder: &Path, mode: u32) -> Option<File> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    open(folder, flags, Mode::from_raw_mode(mode)).ok().map(File::from)
}

/// The path that stands for an open file.
fn of(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

/// Writes `content` into such a file, and gives it the name `target`, in `folder`. `None` where that cannot be done, and
/// nothing was.
pub(super) fn write(
    folder: &Path,
    target: &Path,
    mode: u32,
    content: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
) -> Option<io::Result<()>> {
    let mut file = file(folder, mode)?;
    // Where this is not there, the file could not get a name.
    let held = open(of(&file), OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok().map(File::from)?;
    let own = of(&held);
    if let Err(error) = content(&mut file) {
        return Some(Err(error));
    }
    // Closed before it has a name: a program that is open for writing cannot be started.
    drop(file);
    let name = |path: &Path| linkat(CWD, own.as_str(), CWD, path, AtFlags::SYMLINK_FOLLOW);
    match name(target) {
        Ok(()) => Some(Ok(())),
        // A link cannot replace what is there, a rename can.
        Err(Errno::EXIST) => Some(undisturbed(|| {
            let linked = names().make_in(folder, |path| name(path).map_err(io::Error::from))?;
            linked.into_temp_path().persist(target).map_err(|error| error.error)
        })),
        Err(_) => None,
    }
}
