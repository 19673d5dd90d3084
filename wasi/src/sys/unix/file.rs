//! Files. Everything here works on descriptors that are already open; no function takes a path but those that say so.

use std::io::{self, SeekFrom};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::{Path, PathBuf};

use cap_std::fs::{File as CapFile, OpenOptions, OpenOptionsExt};
use rustix::event::Timespec;
use rustix::fs::{OFlags, Timestamps};
use rustix::io::{Errno as SysErrno, retry_on_intr};
use wasip1::Fdflags;

use super::stat::filestat;
use super::time::timespec;
use super::transfer;
use crate::piece::Piece;
use crate::sys::handle::Handle;
use crate::words::{Filestat, Time, Times};

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Handle::File(file) => file.as_fd(),
            Handle::Stream(stream) => stream.as_fd(),
            Handle::Own(own) => own.as_fd(),
            Handle::Socket(socket) => socket.as_fd(),
        }
    }
}

/// No Unix path names anything outside a directory by its form alone; cap-std sees to `/` and `..`.
pub(crate) fn leaves_directory(_path: &str) -> bool {
    false
}

/// No Unix path begins with a drive.
pub(crate) fn drive(_path: &str) -> Option<(u8, &str)> {
    None
}

/// A path by which the system finds a directory that is open, whatever its name has become; `None` where there is none.
pub(crate) fn path_of_dir(dir: &cap_std::fs::Dir) -> Option<PathBuf> {
    let path = PathBuf::from(format!("/proc/self/fd/{}", dir.as_raw_fd()));
    (cfg!(target_os = "linux") && path.symlink_metadata().is_ok()).then_some(path)
}

/// The path that the system gives of what is open, without links; `None` where it tells none.
pub(crate) fn name_of(open: impl AsFd) -> Option<PathBuf> {
    #[cfg(target_os = "linux")]
    return std::fs::read_link(format!("/proc/self/fd/{}", open.as_fd().as_raw_fd())).ok();
    #[cfg(not(target_os = "linux"))]
    {
        use std::os::unix::ffi::OsStringExt;
        let path = rustix::fs::getpath(open).ok()?;
        Some(std::ffi::OsString::from_vec(path.into_bytes()).into())
    }
}

/// Makes `path` a symbolic link to `target`, wherever either is.
pub(crate) fn symlink_by_path(target: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

/// Adds what cap-std has no word for: append mode, which it refuses together with truncation, and that no terminal becomes the
/// launcher's own by being opened.
pub(crate) fn add_flags(options: &mut OpenOptions, flags: Fdflags) {
    let append = if flags & wasip1::FDFLAGS_APPEND != 0 { OFlags::APPEND } else { OFlags::empty() };
    options.custom_flags((OFlags::NOCTTY | append).bits() as i32);
}

pub(crate) fn read(file: &Handle, buffers: &mut [Piece<'_>]) -> io::Result<usize> {
    Ok(transfer::read(file, buffers)?)
}

/// The system itself sees to append mode.
pub(crate) fn write(file: &Handle, buffers: &[Piece<'_>], _append: bool) -> io::Result<usize> {
    Ok(transfer::write(file, buffers)?)
}

pub(crate) fn read_at(file: &Handle, buffers: &mut [Piece<'_>], offset: u64) -> io::Result<usize> {
    Ok(transfer::read_at(file, buffers, offset)?)
}

/// Linux appends with pwrite, too, once a file is in append mode; POSIX and WASI write at the offset. So append
/// mode is off for the length of the call.
pub(crate) fn write_at(file: &Handle, buffers: &[Piece<'_>], offset: u64, append: bool) -> io::Result<usize> {
    if !(append && cfg!(target_os = "linux")) {
        return Ok(transfer::write_at(file, buffers, offset)?);
    }
    let flags = rustix::fs::fcntl_getfl(file)?;
    rustix::fs::fcntl_setfl(file, flags - OFlags::APPEND)?;
    let written = transfer::write_at(file, buffers, offset);
    rustix::fs::fcntl_setfl(file, flags)?;
    Ok(written?)
}

/// True for a file through which the kernel shows and changes processes: procfs. The system is asked only where there is no
/// device below the file, as there is none below procfs.
pub(crate) fn is_of_processes(file: &CapFile, stat: &Filestat) -> bool {
    #[cfg(target_os = "linux")]
    return rustix::fs::major(stat.dev) == 0
        && rustix::fs::fstatfs(file).is_ok_and(|system| system.f_type == rustix::fs::PROC_SUPER_MAGIC);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (file, stat);
        false
    }
}

pub(crate) fn seek(file: &Handle, position: SeekFrom) -> io::Result<u64> {
    let position = match position {
        SeekFrom::Start(at) => rustix::fs::SeekFrom::Start(at),
        SeekFrom::End(at) => rustix::fs::SeekFrom::End(at),
        SeekFrom::Current(at) => rustix::fs::SeekFrom::Current(at),
    };
    Ok(rustix::fs::seek(file, position)?)
}

pub(crate) fn set_len(file: &Handle, len: u64) -> io::Result<()> {
    Ok(retry_on_intr(|| rustix::fs::ftruncate(file, len))?)
}

pub(crate) fn allocate(file: &Handle, offset: u64, len: u64) -> io::Result<()> {
    // macOS can only prepare a file that grows: rustix would cut a longer one.
    let end = offset.checked_add(len).ok_or(SysErrno::FBIG)?;
    if cfg!(target_vendor = "apple") && filestat(file)?.size >= end {
        return Ok(());
    }
    Ok(retry_on_intr(|| rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), offset, len))?)
}

#[cfg(target_os = "linux")]
pub(crate) fn advise(file: &Handle, offset: u64, len: u64, advice: wasip1::Advice) -> io::Result<()> {
    use rustix::fs::Advice;
    let known = [
        (wasip1::ADVICE_NORMAL, Advice::Normal),
        (wasip1::ADVICE_SEQUENTIAL, Advice::Sequential),
        (wasip1::ADVICE_RANDOM, Advice::Random),
        (wasip1::ADVICE_WILLNEED, Advice::WillNeed),
        (wasip1::ADVICE_DONTNEED, Advice::DontNeed),
        (wasip1::ADVICE_NOREUSE, Advice::NoReuse),
    ];
    let Some((_, advice)) = known.into_iter().find(|(wasi, _)| *wasi == advice) else { return Ok(()) };
    Ok(rustix::fs::fadvise(file, offset, std::num::NonZeroU64::new(len), advice)?)
}

/// macOS has no such call; a hint may be dropped.
#[cfg(not(target_os = "linux"))]
pub(crate) fn advise(_file: &Handle, _offset: u64, _len: u64, _advice: wasip1::Advice) -> io::Result<()> {
    Ok(())
}

pub(crate) fn sync(file: &Handle, data_only: bool) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if data_only {
        return Ok(rustix::fs::fdatasync(file)?);
    }
    let _ = data_only;
    Ok(rustix::fs::fsync(file)?)
}

pub(crate) fn sync_dir(dir: &CapFile) -> io::Result<()> {
    Ok(rustix::fs::fsync(dir)?)
}

pub(crate) fn set_times(file: &Handle, times: Times) -> io::Result<()> {
    let spec = |time: Option<Time>| match time {
        None => Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT },
        Some(Time::Now) => Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW },
        Some(Time::At(nanos)) => timespec(nanos),
    };
    let times = Timestamps { last_access: spec(times.accessed), last_modification: spec(times.modified) };
    Ok(rustix::fs::futimens(file, &times)?)
}

pub(crate) fn set_flags(file: &CapFile, flags: Fdflags) -> io::Result<()> {
    // Darwin duplicates a descriptor when its name below /dev/fd is opened: this may be a stream, whose flags are shared.
    if cfg!(target_vendor = "apple") && super::streams::is_stream(file)? {
        return Err(SysErrno::NOTSUP.into());
    }
    let mut system = rustix::fs::fcntl_getfl(file)?;
    system.set(OFlags::APPEND, flags & wasip1::FDFLAGS_APPEND != 0);
    system.set(OFlags::NONBLOCK, flags & wasip1::FDFLAGS_NONBLOCK != 0);
    Ok(rustix::fs::fcntl_setfl(file, system)?)
}
