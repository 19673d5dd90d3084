//! Unix: Linux and macOS. Everything here works on descriptors that are already open; no function takes a path.

use std::io::{self, IoSlice, IoSliceMut, SeekFrom};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::DirEntryExt;

use cap_std::fs::{DirEntry, File as CapFile, Metadata, MetadataExt, OpenOptions, OpenOptionsExt};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{OFlags, Stat, Timestamps};
use rustix::io::{Errno as SysErrno, retry_on_intr};
use wasip1::{Errno, Fdflags, Filetype};

use crate::Result;
use crate::abi::Filestat;
use crate::fs::file::{Handle, Time, Times};
use crate::sys::Interest;

/// Nanoseconds: what `clock_getres` tells for the clocks behind std's on Linux and macOS.
pub(crate) const CLOCK_RESOLUTION: u64 = 1;

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Handle::File(file) => file.as_fd(),
            Handle::Stream(stream) => stream.as_fd(),
        }
    }
}

/// No Unix path names anything outside a directory by its form alone; cap-std sees to `/` and `..`.
pub(crate) fn leaves_directory(_path: &str) -> bool {
    false
}

/// Adds what cap-std has no word for: append mode, which it refuses together with truncation, and that no terminal becomes the
/// launcher's own by being opened.
pub(crate) fn add_flags(options: &mut OpenOptions, flags: Fdflags) {
    let append = if flags & wasip1::FDFLAGS_APPEND != 0 { OFlags::APPEND } else { OFlags::empty() };
    options.custom_flags((OFlags::NOCTTY | append).bits() as i32);
}

pub(crate) fn read(file: &Handle, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
    Ok(rustix::io::readv(file, buffers)?)
}

/// The system itself sees to append mode.
pub(crate) fn write(file: &Handle, buffers: &[IoSlice<'_>], _append: bool) -> io::Result<usize> {
    Ok(rustix::io::writev(file, buffers)?)
}

pub(crate) fn read_at(file: &Handle, buffers: &mut [IoSliceMut<'_>], offset: u64) -> io::Result<usize> {
    Ok(rustix::io::preadv(file, buffers, offset)?)
}

/// Linux appends with pwrite, too, once a file is in append mode; POSIX and WASI write at the offset. So append
/// mode is off for the length of the call.
pub(crate) fn write_at(
    file: &Handle,
    buffers: &[IoSlice<'_>],
    offset: u64,
    append: bool,
) -> io::Result<usize> {
    if !(append && cfg!(target_os = "linux")) {
        return Ok(rustix::io::pwritev(file, buffers, offset)?);
    }
    let flags = rustix::fs::fcntl_getfl(file)?;
    rustix::fs::fcntl_setfl(file, flags - OFlags::APPEND)?;
    let written = rustix::io::pwritev(file, buffers, offset);
    rustix::fs::fcntl_setfl(file, flags)?;
    Ok(written?)
}

/// True for a file through which the kernel shows and changes processes: procfs.
pub(crate) fn is_of_processes(file: &CapFile) -> bool {
    #[cfg(target_os = "linux")]
    return rustix::fs::fstatfs(file).is_ok_and(|system| system.f_type == rustix::fs::PROC_SUPER_MAGIC);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = file;
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

pub(crate) fn filestat(file: &Handle) -> io::Result<Filestat> {
    let stat: Stat = rustix::fs::fstat(file)?;
    #[allow(clippy::unnecessary_cast, reason = "the widths of these fields differ between systems")]
    Ok(Filestat {
        dev: stat.st_dev as u64,
        ino: stat.st_ino as u64,
        filetype: filetype_of_mode(stat.st_mode as u32),
        nlink: stat.st_nlink as u64,
        size: stat.st_size as u64,
        atim: nanos(stat.st_atime as i64, stat.st_atime_nsec as i64),
        mtim: nanos(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        ctim: nanos(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
    })
}

pub(crate) fn filestat_of(metadata: &Metadata) -> Filestat {
    Filestat {
        dev: metadata.dev(),
        ino: metadata.ino(),
        filetype: filetype_of_mode(metadata.mode()),
        nlink: metadata.nlink(),
        size: metadata.size(),
        atim: nanos(metadata.atime(), metadata.atime_nsec()),
        mtim: nanos(metadata.mtime(), metadata.mtime_nsec()),
        ctim: nanos(metadata.ctime(), metadata.ctime_nsec()),
    }
}

/// Nanoseconds since 1970; 0 for times before.
fn nanos(seconds: i64, nanos: i64) -> u64 {
    let total = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    u64::try_from(total.max(0)).unwrap_or(u64::MAX)
}

fn filetype_of_mode(mode: u32) -> Filetype {
    use rustix::fs::FileType;
    match FileType::from_raw_mode(mode as rustix::fs::RawMode) {
        FileType::RegularFile => wasip1::FILETYPE_REGULAR_FILE,
        FileType::Directory => wasip1::FILETYPE_DIRECTORY,
        FileType::Symlink => wasip1::FILETYPE_SYMBOLIC_LINK,
        FileType::CharacterDevice => wasip1::FILETYPE_CHARACTER_DEVICE,
        FileType::BlockDevice => wasip1::FILETYPE_BLOCK_DEVICE,
        FileType::Socket => wasip1::FILETYPE_SOCKET_STREAM,
        // WASI has no word for pipes.
        FileType::Fifo | FileType::Unknown => wasip1::FILETYPE_UNKNOWN,
    }
}

pub(crate) fn filetype(filetype: cap_std::fs::FileType) -> Filetype {
    use cap_std::fs::FileTypeExt;
    if filetype.is_file() {
        wasip1::FILETYPE_REGULAR_FILE
    } else if filetype.is_dir() {
        wasip1::FILETYPE_DIRECTORY
    } else if filetype.is_symlink() {
        wasip1::FILETYPE_SYMBOLIC_LINK
    } else if filetype.is_char_device() {
        wasip1::FILETYPE_CHARACTER_DEVICE
    } else if filetype.is_block_device() {
        wasip1::FILETYPE_BLOCK_DEVICE
    } else if filetype.is_socket() {
        wasip1::FILETYPE_SOCKET_STREAM
    } else {
        wasip1::FILETYPE_UNKNOWN
    }
}

pub(crate) fn entry_ino(entry: &DirEntry) -> io::Result<u64> {
    Ok(entry.ino())
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

#[allow(clippy::unnecessary_cast, reason = "the widths of these fields differ between systems")]
fn timespec(nanos: u64) -> Timespec {
    Timespec { tv_sec: (nanos / 1_000_000_000) as _, tv_nsec: (nanos % 1_000_000_000) as _ }
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

/// Waits until one of `interests` is ready, or `timeout` nanoseconds have passed; `None` waits for ever.
pub(crate) fn poll(interests: &mut [Interest<'_>], timeout: Option<u64>) -> io::Result<()> {
    let mut fds: Vec<PollFd<'_>> = interests
        .iter()
        .map(|i| {
            let flags = if i.write { PollFlags::OUT } else { PollFlags::IN };
            PollFd::from_borrowed_fd(i.handle.as_fd(), flags)
        })
        .collect();
    let timeout = timeout.map(timespec);
    match rustix::event::poll(&mut fds, timeout.as_ref()) {
        // A signal that did not end the program: whoever waits looks at the clock and waits again.
        Err(SysErrno::INTR) => return Ok(()),
        result => result?,
    };
    let seen: Vec<PollFlags> = fds.iter().map(PollFd::revents).collect();
    for (interest, seen) in interests.iter_mut().zip(seen) {
        interest.ready = seen.intersects(PollFlags::IN | PollFlags::OUT);
        interest.hangup = seen.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
    }
    Ok(())
}

/// Bytes that can be read from a pipe, terminal or socket at once.
pub(crate) fn readable(file: &Handle) -> u64 {
    rustix::io::ioctl_fionread(file).unwrap_or(0)
}

pub(crate) fn yield_now() {
    rustix::thread::sched_yield();
}

/// CPU time of the process, or of this thread alone, in nanoseconds.
pub(crate) fn cpu_time(thread: bool) -> Result<u64> {
    use rustix::time::ClockId;
    let id = if thread { ClockId::ThreadCPUTime } else { ClockId::ProcessCPUTime };
    let now = rustix::time::clock_gettime(id);
    #[allow(clippy::unnecessary_cast, reason = "the widths of these fields differ between systems")]
    Ok(nanos(now.tv_sec as i64, now.tv_nsec as i64))
}

/// WASI's number for the system's, where there is one.
pub(crate) fn errno(code: i32) -> Option<Errno> {
    const TABLE: &[(SysErrno, Errno)] = &[
        (SysErrno::PERM, wasip1::ERRNO_PERM),
        (SysErrno::NOENT, wasip1::ERRNO_NOENT),
        (SysErrno::INTR, wasip1::ERRNO_INTR),
        (SysErrno::IO, wasip1::ERRNO_IO),
        (SysErrno::NXIO, wasip1::ERRNO_NXIO),
        (SysErrno::BADF, wasip1::ERRNO_BADF),
        (SysErrno::AGAIN, wasip1::ERRNO_AGAIN),
        (SysErrno::NOMEM, wasip1::ERRNO_NOMEM),
        (SysErrno::ACCESS, wasip1::ERRNO_ACCES),
        (SysErrno::FAULT, wasip1::ERRNO_FAULT),
        (SysErrno::BUSY, wasip1::ERRNO_BUSY),
        (SysErrno::EXIST, wasip1::ERRNO_EXIST),
        (SysErrno::XDEV, wasip1::ERRNO_XDEV),
        (SysErrno::NODEV, wasip1::ERRNO_NODEV),
        (SysErrno::NOTDIR, wasip1::ERRNO_NOTDIR),
        (SysErrno::ISDIR, wasip1::ERRNO_ISDIR),
        (SysErrno::INVAL, wasip1::ERRNO_INVAL),
        (SysErrno::NFILE, wasip1::ERRNO_NFILE),
        (SysErrno::MFILE, wasip1::ERRNO_MFILE),
        (SysErrno::NOTTY, wasip1::ERRNO_NOTTY),
        (SysErrno::TXTBSY, wasip1::ERRNO_TXTBSY),
        (SysErrno::FBIG, wasip1::ERRNO_FBIG),
        (SysErrno::NOSPC, wasip1::ERRNO_NOSPC),
        (SysErrno::SPIPE, wasip1::ERRNO_SPIPE),
        (SysErrno::ROFS, wasip1::ERRNO_ROFS),
        (SysErrno::MLINK, wasip1::ERRNO_MLINK),
        (SysErrno::PIPE, wasip1::ERRNO_PIPE),
        (SysErrno::NAMETOOLONG, wasip1::ERRNO_NAMETOOLONG),
        (SysErrno::NOTEMPTY, wasip1::ERRNO_NOTEMPTY),
        (SysErrno::LOOP, wasip1::ERRNO_LOOP),
        (SysErrno::OVERFLOW, wasip1::ERRNO_OVERFLOW),
        (SysErrno::ILSEQ, wasip1::ERRNO_ILSEQ),
        (SysErrno::NOTSUP, wasip1::ERRNO_NOTSUP),
        (SysErrno::OPNOTSUPP, wasip1::ERRNO_NOTSUP),
        (SysErrno::DQUOT, wasip1::ERRNO_DQUOT),
        (SysErrno::STALE, wasip1::ERRNO_STALE),
        (SysErrno::NOSYS, wasip1::ERRNO_NOSYS),
        (SysErrno::TIMEDOUT, wasip1::ERRNO_TIMEDOUT),
    ];
    TABLE.iter().find(|(system, _)| system.raw_os_error() == code).map(|(_, wasi)| *wasi)
}
