//! Windows: the same functions on std and cap-std's portable interfaces.
//!
//! Append mode is kept by moving to the end before each write, since Windows fixes a file's mode when it is opened;
//! non-blocking mode means nothing to the files there are. CPU-time clocks are not kept (`inval`). Everything
//! counts as ready in `poll_oneoff`.

use std::io::{self, IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write};
use std::os::windows::fs::FileExt;
use std::time::{Duration, SystemTime};

use cap_fs_ext::MetadataExt;
use cap_std::fs::{DirEntry, File as CapFile, Metadata, OpenOptions};
use wasip1::{Errno, Fdflags, Filetype};

use crate::Result;
use crate::abi::Filestat;
use crate::fs::file::{Handle, Stream, Time, Times};
use crate::sys::Interest;

/// Nanoseconds: the tick of Windows' performance counter and of its file times.
pub(crate) const CLOCK_RESOLUTION: u64 = 100;

/// True for a path whose form names a drive, a device or an alternate stream: none of these lies in a directory.
/// cap-std refuses most of them as well; a sandbox may look twice.
pub(crate) fn leaves_directory(path: &str) -> bool {
    path.split(['/', '\\']).any(|name| name.contains(':') || is_device(name))
}

/// True for CON, NUL and the like, also with an extension or with spaces and dots behind, which Windows ignores.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end_matches([' ', '.']).to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|n| {
            matches!(n, "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "\u{b9}" | "\u{b2}" | "\u{b3}")
        })
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || numbered("COM")
        || numbered("LPT")
}

/// Windows shows no processes as files.
pub(crate) fn is_of_processes(_file: &CapFile) -> bool {
    false
}

fn file(handle: &Handle) -> io::Result<&CapFile> {
    match handle {
        Handle::File(file) => Ok(file),
        Handle::Stream(_) => Err(io::ErrorKind::NotSeekable.into()),
    }
}

/// Nothing: a descriptor remembers append mode, see [`write`].
pub(crate) fn add_flags(_options: &mut OpenOptions, _flags: Fdflags) {}

pub(crate) fn read(handle: &Handle, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
    match handle {
        Handle::File(file) => (&mut &*file).read_vectored(buffers),
        Handle::Stream(Stream::In) => io::stdin().lock().read_vectored(buffers),
        Handle::Stream(_) => Err(io::Error::from_raw_os_error(5)),
    }
}

pub(crate) fn write(handle: &Handle, buffers: &[IoSlice<'_>], append: bool) -> io::Result<usize> {
    match handle {
        Handle::File(file) => {
            let mut file: &CapFile = file;
            if append {
                file.seek(SeekFrom::End(0))?;
            }
            file.write_vectored(buffers)
        }
        Handle::Stream(Stream::Out) => {
            let mut out = io::stdout().lock();
            let written = out.write_vectored(buffers)?;
            out.flush()?;
            Ok(written)
        }
        Handle::Stream(Stream::Err) => io::stderr().lock().write_vectored(buffers),
        Handle::Stream(Stream::In) => Err(io::Error::from_raw_os_error(5)),
    }
}

/// Windows' streams have no flags.
pub(crate) fn stream_flags(_stream: Stream) -> Fdflags {
    0
}

pub(crate) fn read_stream(
    stream: Stream,
    buffers: &mut [IoSliceMut<'_>],
    _nonblocking: bool,
) -> io::Result<usize> {
    read(&Handle::Stream(stream), buffers)
}

pub(crate) fn write_stream(stream: Stream, buffers: &[IoSlice<'_>], _nonblocking: bool) -> io::Result<usize> {
    write(&Handle::Stream(stream), buffers, false)
}

/// A stream has no positions here.
pub(crate) fn write_stream_at(_stream: Stream, _buffers: &[IoSlice<'_>], _offset: u64) -> io::Result<usize> {
    Err(io::ErrorKind::NotSeekable.into())
}

pub(crate) fn read_at(handle: &Handle, buffers: &mut [IoSliceMut<'_>], offset: u64) -> io::Result<usize> {
    let buffers = buffers.iter_mut().map(|buffer| &mut **buffer);
    each_at(handle, buffers, offset, |file, buffer: &mut [u8], at| {
        Ok((file.seek_read(buffer, at)?, buffer.len()))
    })
}

pub(crate) fn write_at(
    handle: &Handle,
    buffers: &[IoSlice<'_>],
    offset: u64,
    _append: bool,
) -> io::Result<usize> {
    let buffers = buffers.iter().map(|buffer| &**buffer);
    each_at(handle, buffers, offset, |file, buffer: &[u8], at| {
        Ok((file.seek_write(buffer, at)?, buffer.len()))
    })
}

/// Reads or writes one buffer after the other from `offset` on, up to the first that was not done whole. `one` tells
/// how many bytes were, of how many. Windows moves the file's position with each; it is put back.
fn each_at<B>(
    handle: &Handle,
    buffers: impl Iterator<Item = B>,
    offset: u64,
    one: impl Fn(&std::fs::File, B, u64) -> io::Result<(usize, usize)>,
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
        match one(&std, buffer, offset + total as u64) {
            Ok((count, len)) => {
                total += count;
                if count < len {
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

pub(crate) fn filestat(handle: &Handle) -> io::Result<Filestat> {
    match handle {
        Handle::File(file) => Ok(filestat_of(&file.metadata()?)),
        Handle::Stream(stream) => {
            let terminal = stream.is_terminal();
            let filetype =
                if terminal { wasip1::FILETYPE_CHARACTER_DEVICE } else { wasip1::FILETYPE_UNKNOWN };
            Ok(Filestat { dev: 0, ino: 0, filetype, nlink: 1, size: 0, atim: 0, mtim: 0, ctim: 0 })
        }
    }
}

pub(crate) fn filestat_of(metadata: &Metadata) -> Filestat {
    let nanos = |time: io::Result<cap_std::time::SystemTime>| {
        let since = time.ok().and_then(|t| t.into_std().duration_since(SystemTime::UNIX_EPOCH).ok());
        since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    };
    Filestat {
        dev: MetadataExt::dev(metadata),
        ino: MetadataExt::ino(metadata),
        filetype: filetype(metadata.file_type()),
        nlink: MetadataExt::nlink(metadata),
        size: metadata.len(),
        atim: nanos(metadata.accessed()),
        mtim: nanos(metadata.modified()),
        // Windows keeps no time of the last change to a file's attributes.
        ctim: nanos(metadata.modified()),
    }
}

pub(crate) fn filetype(filetype: cap_std::fs::FileType) -> Filetype {
    if filetype.is_file() {
        wasip1::FILETYPE_REGULAR_FILE
    } else if filetype.is_dir() {
        wasip1::FILETYPE_DIRECTORY
    } else if filetype.is_symlink() {
        wasip1::FILETYPE_SYMBOLIC_LINK
    } else {
        wasip1::FILETYPE_UNKNOWN
    }
}

pub(crate) fn entry_ino(entry: &DirEntry) -> io::Result<u64> {
    use cap_fs_ext::DirEntryExt;
    Ok(MetadataExt::ino(&entry.full_metadata()?))
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
        Handle::Stream(_) => Ok(()),
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

/// Everything is ready at once; without anything to wait for, waits for the time.
pub(crate) fn poll(interests: &mut [Interest<'_>], timeout: Option<u64>) -> io::Result<()> {
    for interest in interests.iter_mut() {
        interest.ready = true;
    }
    if interests.is_empty() {
        std::thread::sleep(timeout.map_or(Duration::MAX, Duration::from_nanos));
    }
    Ok(())
}

pub(crate) fn readable(_handle: &Handle) -> u64 {
    1
}

pub(crate) fn yield_now() {
    std::thread::yield_now();
}

pub(crate) fn cpu_time(_thread: bool) -> Result<u64> {
    Err(wasip1::ERRNO_INVAL.into())
}

/// WASI's number for the system's, where the portable kind would say less.
pub(crate) fn errno(code: i32) -> Option<Errno> {
    // From winerror.h: the codes that file calls return.
    Some(match code {
        1 | 50 => wasip1::ERRNO_NOTSUP,
        2 | 3 | 161 => wasip1::ERRNO_NOENT,
        4 => wasip1::ERRNO_MFILE,
        5 | 32 | 33 | 65 | 1920 => wasip1::ERRNO_ACCES,
        6 => wasip1::ERRNO_BADF,
        8 | 14 => wasip1::ERRNO_NOMEM,
        17 => wasip1::ERRNO_XDEV,
        39 | 112 => wasip1::ERRNO_NOSPC,
        80 | 183 => wasip1::ERRNO_EXIST,
        87 | 123 | 131 => wasip1::ERRNO_INVAL,
        109 | 232 => wasip1::ERRNO_PIPE,
        145 => wasip1::ERRNO_NOTEMPTY,
        206 => wasip1::ERRNO_NAMETOOLONG,
        267 => wasip1::ERRNO_NOTDIR,
        681 | 1921 => wasip1::ERRNO_LOOP,
        1314 => wasip1::ERRNO_PERM,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drives_devices_and_streams_leave_the_directory() {
        for path in ["C:", "C:/x", "a/b:c", "NUL", "a/con.txt", "aux .", "COM1", "x/lpt9.log", "conout$"] {
            assert!(leaves_directory(path), "{path}");
        }
        for path in ["a", "con1", "nullable", "com0", "a/b.c"] {
            assert!(!leaves_directory(path), "{path}");
        }
    }
}
