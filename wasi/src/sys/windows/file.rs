//! Files and streams.
//!
//! Append mode is kept by moving to the end before each write, since Windows fixes a file's mode when it is opened;
//! non-blocking mode means nothing to the files there are. std moves slices, and guest memory is never lent as one, so bytes
//! go by way of a copy.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::windows::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use cap_std::fs::{File as CapFile, OpenOptions};
use wasip1::Fdflags;

use crate::piece::Piece;
use crate::sys::handle::{Handle, Stream, Terminal};
use crate::words::{Filestat, Time, Times};

/// Windows shows no processes as files.
pub(crate) fn is_of_processes(_file: &CapFile, _stat: &Filestat) -> bool {
    false
}

/// The most bytes that are moved at once.
pub(super) const STEP: usize = 1 << 20;
/// winerror.h's ERROR_ACCESS_DENIED.
const ACCESS_DENIED: i32 = 5;

fn file(handle: &Handle) -> io::Result<&CapFile> {
    match handle {
        Handle::File(file) => Ok(file),
        Handle::Stream(_) | Handle::Socket(_) | Handle::Own(_) => Err(io::ErrorKind::NotSeekable.into()),
    }
}

/// None: a directory that is open cannot be moved.
pub(crate) fn path_of_dir(_dir: &cap_std::fs::Dir) -> Option<PathBuf> {
    None
}

/// None: it is asked for the folder of launchers alone, which no program for Windows has.
pub(crate) fn name_of<T>(_open: &T) -> Option<PathBuf> {
    None
}

/// Makes `path` a symbolic link to `target`, wherever either is.
pub(crate) fn symlink_by_path(target: &Path, path: &Path) -> io::Result<()> {
    use std::os::windows::fs::{symlink_dir, symlink_file};
    let from = path.parent().unwrap_or(Path::new("."));
    if from.join(target).is_dir() { symlink_dir(target, path) } else { symlink_file(target, path) }
}

/// Nothing: a descriptor remembers append mode, see [`write`].
pub(crate) fn add_flags(_options: &mut OpenOptions, _flags: Fdflags) {}

pub(crate) fn read(handle: &Handle, buffers: &mut [Piece<'_>]) -> io::Result<usize> {
    let Some(buffer) = buffers.iter().find(|buffer| buffer.len() > 0) else { return Ok(0) };
    let mut own = vec![0; buffer.len().min(STEP)];
    let count = match handle {
        Handle::File(file) => (&mut &*file).read(&mut own)?,
        Handle::Stream(Stream::In) => io::stdin().lock().read(&mut own)?,
        Handle::Stream(_) | Handle::Socket(_) => return Err(io::Error::from_raw_os_error(ACCESS_DENIED)),
        Handle::Own(own) => return own.read(buffers),
    };
    Ok(buffer.store(&own[..count]))
}

pub(crate) fn write(handle: &Handle, buffers: &[Piece<'_>], append: bool) -> io::Result<usize> {
    let own = copy(buffers);
    match handle {
        Handle::File(file) => {
            let mut file: &CapFile = file;
            if append {
                file.seek(SeekFrom::End(0))?;
            }
            file.write(&own)
        }
        Handle::Stream(Stream::Out) => {
            let mut out = io::stdout().lock();
            let written = out.write(&own)?;
            out.flush()?;
            Ok(written)
        }
        Handle::Stream(Stream::Err) => io::stderr().lock().write(&own),
        Handle::Stream(Stream::In) | Handle::Socket(_) => Err(io::Error::from_raw_os_error(ACCESS_DENIED)),
        Handle::Own(own) => own.write(buffers),
    }
}

/// What `buffers` hold, up to a step.
pub(super) fn copy(buffers: &[Piece<'_>]) -> Vec<u8> {
    let all = buffers.iter().fold(0, |all: usize, buffer| all.saturating_add(buffer.len()));
    let mut own = vec![0; all.min(STEP)];
    let mut done = 0;
    for buffer in buffers {
        done += buffer.load(&mut own[done..]);
    }
    own
}

/// Windows' streams have no flags.
pub(crate) fn stream_flags(_stream: Stream) -> Fdflags {
    0
}

/// None is asked for.
pub(crate) fn terminal(_stream: Stream) -> io::Result<Terminal> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn read_stream(
    stream: Stream,
    buffers: &mut [Piece<'_>],
    _nonblocking: bool,
) -> io::Result<usize> {
    read(&Handle::Stream(stream), buffers)
}

pub(crate) fn write_stream(stream: Stream, buffers: &[Piece<'_>], _nonblocking: bool) -> io::Result<usize> {
    write(&Handle::Stream(stream), buffers, false)
}

/// A stream has no positions here.
pub(crate) fn write_stream_at(_stream: Stream, _buffers: &[Piece<'_>], _offset: u64) -> io::Result<usize> {
    Err(io::ErrorKind::NotSeekable.into())
}

pub(crate) fn read_at(handle: &Handle, buffers: &mut [Piece<'_>], offset: u64) -> io::Result<usize> {
    each_at(handle, buffers, offset, |file, buffer, at| {
        let mut own = vec![0; buffer.len().min(STEP)];
        let count = file.seek_read(&mut own, at)?;
        Ok(buffer.store(&own[..count]))
    })
}

pub(crate) fn write_at(
    handle: &Handle,
    buffers: &[Piece<'_>],
    offset: u64,
    _append: bool,
) -> io::Result<usize> {
    each_at(handle, buffers, offset, |file, buffer, at| {
        let mut own = vec![0; buffer.len().min(STEP)];
        buffer.load(&mut own);
        file.seek_write(&own, at)
    })
}

/// Reads or writes one buffer after the other from `offset` on, up to the first that was not done whole. `one` tells
/// how many bytes were. Windows moves the file's position with each; it is put back.
fn each_at(
    handle: &Handle,
    buffers: &[Piece<'_>],
    offset: u64,
    one: impl Fn(&std::fs::File, Piece<'_>, u64) -> io::Result<usize>,
) -> io::Result<usize> {
    let mut file = file(handle)?;
    if i64::try_from(offset).is_err() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let here = file.stream_position()?;
    let std = file.try_clone()?.into_std();
    let mut total = 0;
    let mut outcome = Ok(());
    for buffer in buffers {
        match one(&std, *buffer, offset + total as u64) {
            Ok(count) => {
                total += count;
                if count < buffer.len() {
                    break;
                }
            }
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
    }
    file.seek(SeekFrom::Start(here))?;
    // What was done before a failure counts; the next call will meet the failure again.
    if total > 0 { Ok(total) } else { outcome.map(|()| total) }
}

pub(crate) fn seek(handle: &Handle, position: SeekFrom) -> io::Result<u64> {
    let mut file = file(handle)?;
    file.seek(position)
}

pub(crate) fn set_len(handle: &Handle, len: u64) -> io::Result<()> {
    file(handle)?.set_len(len)
}

/// Windows gives room as it is written; the length is what can be had.
pub(crate) fn allocate(handle: &Handle, offset: u64, len: u64) -> io::Result<()> {
    let file = file(handle)?;
    let end = offset.checked_add(len).ok_or(io::ErrorKind::FileTooLarge)?;
    if file.metadata()?.len() < end { file.set_len(end) } else { Ok(()) }
}

/// Windows takes no such hint once a file is open.
pub(crate) fn advise(_handle: &Handle, _offset: u64, _len: u64, _advice: wasip1::Advice) -> io::Result<()> {
    Ok(())
}

pub(crate) fn sync(handle: &Handle, data_only: bool) -> io::Result<()> {
    match handle {
        Handle::File(file) if data_only => file.sync_data(),
        Handle::File(file) => file.sync_all(),
        Handle::Stream(_) | Handle::Socket(_) | Handle::Own(_) => Ok(()),
    }
}

/// Windows has no way to wait for a directory.
pub(crate) fn sync_dir(_dir: &CapFile) -> io::Result<()> {
    Ok(())
}

pub(crate) fn set_times(handle: &Handle, times: Times) -> io::Result<()> {
    let time = |time| match time {
        Time::Now => SystemTime::now(),
        Time::At(nanos) => SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos),
    };
    let mut new = std::fs::FileTimes::new();
    if let Some(accessed) = times.accessed {
        new = new.set_accessed(time(accessed));
    }
    if let Some(modified) = times.modified {
        new = new.set_modified(time(modified));
    }
    file(handle)?.try_clone()?.into_std().set_times(new)
}

/// The descriptor remembers them; see [`write`].
pub(crate) fn set_flags(_file: &CapFile, _flags: Fdflags) -> io::Result<()> {
    Ok(())
}
