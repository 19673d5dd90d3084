//! `fd_filestat_*`, `fd_allocate`, `fd_advise`, `fd_datasync`, `fd_sync`.

use std::os::unix::fs::MetadataExt;

use sandbox::spec::*;

use crate::common::{Filestat, *};

const BOTH: Fstflags = FSTFLAGS_ATIM | FSTFLAGS_MTIM;
const BOTH_NOW: Fstflags = FSTFLAGS_ATIM_NOW | FSTFLAGS_MTIM_NOW;

/// A guest with the file `file`, holding `content`, open to read and write.
fn opened(content: &str) -> (Guest, u32) {
    let mut guest = Guest::new();
    guest.file("root/file", content);
    let fd = guest.open(ROOT, "file", READ_WRITE).unwrap();
    (guest, fd)
}

fn realtime(guest: &mut Guest) -> u64 {
    guest.clock_time_get(CLOCKID_REALTIME.raw()).unwrap()
}

#[test]
fn filestat_tells_what_the_host_knows() {
    let (mut guest, fd) = opened("content");
    guest.dir("root/dir");
    let dir = guest.open(ROOT, "dir", DIRECTORY).unwrap();
    for (fd, path, filetype) in [(fd, "file", FILETYPE_REGULAR_FILE), (dir, "dir", FILETYPE_DIRECTORY)] {
        let host = guest.host("root").join(path).metadata().unwrap();
        let nanos = |seconds: i64, nanos: i64| (seconds * 1_000_000_000 + nanos) as u64;
        let expected = Filestat {
            dev: host.dev(),
            ino: host.ino(),
            filetype: filetype.raw(),
            nlink: host.nlink(),
            size: host.size(),
            atim: nanos(host.atime(), host.atime_nsec()),
            mtim: nanos(host.mtime(), host.mtime_nsec()),
            ctim: nanos(host.ctime(), host.ctime_nsec()),
        };
        assert_eq!(guest.fd_filestat_get(fd), Ok(expected));
        assert_eq!(guest.path_filestat_get(ROOT, 0, path), Ok(expected), "by path and by descriptor alike");
    }
    assert_eq!(guest.fd_filestat_get(CLOSED), Err(ERRNO_BADF));
}

#[test]
fn a_second_name_counts_as_a_link_to_the_same_file() {
    let (mut guest, fd) = opened("content");
    assert_eq!(guest.fd_filestat_get(fd).unwrap().nlink, 1);
    guest.path_link((ROOT, 0, "file"), (ROOT, "name")).unwrap();
    let stat = guest.fd_filestat_get(fd).unwrap();
    assert_eq!(stat.nlink, 2);
    assert_eq!(guest.path_filestat_get(ROOT, 0, "name"), Ok(stat));
    guest.path_unlink_file(ROOT, "file").unwrap();
    assert_eq!(guest.fd_filestat_get(fd).unwrap().nlink, 1);
}

#[test]
fn streams_have_a_filestat() {
    let mut guest = Guest::new();
    for fd in [0, 1, 2] {
        assert!(guest.fd_filestat_get(fd).is_ok());
    }
}

#[test]
fn setting_the_size_cuts_or_fills_with_zeros_and_leaves_the_position() {
    let (mut guest, fd) = opened("0123456789");
    guest.fd_seek(fd, 8, 0).unwrap();
    for (size, content) in [(4, &b"0123"[..]), (6, b"0123\0\0"), (6, b"0123\0\0"), (0, b"")] {
        assert_eq!(guest.fd_filestat_set_size(fd, size), Ok(()));
        assert_eq!(guest.content("root/file"), content);
        assert_eq!(guest.fd_filestat_get(fd).unwrap().size, size);
        assert_eq!(guest.fd_tell(fd), Ok(8));
    }
}

#[test]
fn a_size_that_no_file_has_is_refused() {
    let (mut guest, fd) = opened("content");
    for size in [1 << 63, u64::MAX] {
        let errno = guest.fd_filestat_set_size(fd, size).unwrap_err();
        assert!([ERRNO_INVAL, ERRNO_FBIG].contains(&errno), "{errno:?}");
    }
    assert_eq!(guest.content("root/file"), b"content");
}

#[test]
fn only_files_have_a_size_to_set_and_room_to_give() {
    let mut guest = Guest::new();
    assert_eq!(guest.fd_filestat_set_size(ROOT, 0), Err(ERRNO_ISDIR));
    assert_eq!(guest.fd_allocate(ROOT, 0, 1), Err(ERRNO_ISDIR));
    assert_eq!(guest.fd_advise(ROOT, 0, 1, 0), Err(ERRNO_ISDIR));
    assert_eq!(guest.fd_filestat_set_size(CLOSED, 0), Err(ERRNO_BADF));
    assert_eq!(guest.fd_allocate(CLOSED, 0, 1), Err(ERRNO_BADF));
    assert_eq!(guest.fd_advise(CLOSED, 0, 1, 0), Err(ERRNO_BADF));
}

#[test]
fn times_are_set_to_the_nanosecond() {
    let (mut guest, fd) = opened("");
    let dir = guest.open(ROOT, ".", DIRECTORY).unwrap();
    for fd in [fd, dir] {
        for time in [0, 1, 999_999_999, 1_234_567_890_123_456_789] {
            assert_eq!(guest.fd_filestat_set_times(fd, time, time + 1, BOTH), Ok(()));
            let stat = guest.fd_filestat_get(fd).unwrap();
            assert_eq!((stat.atim, stat.mtim), (time, time + 1));
        }
    }
}

#[test]
fn a_time_that_is_not_named_stays() {
    let (mut guest, fd) = opened("");
    guest.fd_filestat_set_times(fd, 1000, 2000, BOTH).unwrap();
    for (flags, times) in [(FSTFLAGS_ATIM, (7, 2000)), (FSTFLAGS_MTIM, (7, 8)), (0, (7, 8))] {
        assert_eq!(guest.fd_filestat_set_times(fd, 7, 8, flags), Ok(()));
        let stat = guest.fd_filestat_get(fd).unwrap();
        assert_eq!((stat.atim, stat.mtim), times, "{flags}");
    }
}

#[test]
fn now_is_the_time_of_the_call_whatever_the_arguments() {
    let (mut guest, fd) = opened("");
    // File times may be taken from a clock that ticks a few milliseconds apart.
    let before = realtime(&mut guest) - 100_000_000;
    for flags in [BOTH_NOW, FSTFLAGS_ATIM_NOW, FSTFLAGS_MTIM_NOW] {
        guest.fd_filestat_set_times(fd, 5, 5, BOTH).unwrap();
        assert_eq!(guest.fd_filestat_set_times(fd, 1, 2, flags), Ok(()));
        let stat = guest.fd_filestat_get(fd).unwrap();
        for (time, flag) in [(stat.atim, FSTFLAGS_ATIM_NOW), (stat.mtim, FSTFLAGS_MTIM_NOW)] {
            let now = before..=realtime(&mut guest);
            assert!(if flags & flag != 0 { now.contains(&time) } else { time == 5 }, "{flags} {time}");
        }
    }
}

#[test]
fn times_that_contradict_are_inval_and_change_nothing() {
    let (mut guest, fd) = opened("");
    let before = guest.fd_filestat_get(fd);
    for flags in
        [FSTFLAGS_ATIM | FSTFLAGS_ATIM_NOW, FSTFLAGS_MTIM | FSTFLAGS_MTIM_NOW, 1 << 4, 1 << 15, BOTH | 1 << 8]
    {
        assert_eq!(guest.fd_filestat_set_times(fd, 1, 2, flags), Err(ERRNO_INVAL), "{flags}");
        let times = (1, 2, flags);
        assert_eq!(guest.path_filestat_set_times(ROOT, 0, "file", times), Err(ERRNO_INVAL), "{flags}");
    }
    assert_eq!(guest.fd_filestat_get(fd), before);
    assert_eq!(guest.fd_filestat_set_times(CLOSED, 1, 2, BOTH), Err(ERRNO_BADF));
}

#[test]
fn allocating_makes_a_file_longer_and_never_shorter() {
    let (mut guest, fd) = opened("0123");
    match guest.fd_allocate(fd, 0, 100) {
        Err(ERRNO_NOTSUP) => return skip::because("this file system cannot allocate"),
        outcome => assert_eq!(outcome, Ok(())),
    }
    for (offset, len, size) in [(10, 10, 100), (0, 1, 100), (90, 20, 110), (200, 1, 201)] {
        assert_eq!(guest.fd_allocate(fd, offset, len), Ok(()));
        assert_eq!(guest.fd_filestat_get(fd).unwrap().size, size);
    }
    assert_eq!(&guest.content("root/file")[..5], b"0123\0");
    assert_eq!(guest.fd_tell(fd), Ok(0));
}

#[test]
fn allocating_nothing_or_too_much_is_refused() {
    let (mut guest, fd) = opened("0123");
    assert_eq!(guest.fd_allocate(fd, 0, 0), Err(ERRNO_INVAL));
    for (offset, len) in [(u64::MAX, 1), (1, u64::MAX), (1 << 63, 1), (i64::MAX as u64, 1)] {
        let errno = guest.fd_allocate(fd, offset, len).unwrap_err();
        assert!([ERRNO_INVAL, ERRNO_FBIG, ERRNO_NOTSUP].contains(&errno), "{offset} {len} {errno:?}");
    }
    assert_eq!(guest.content("root/file"), b"0123");
}

#[test]
fn every_advice_is_taken_and_changes_nothing() {
    let (mut guest, fd) = opened("0123");
    for advice in 0..=5 {
        for (offset, len) in [(0, 0), (1, 2), (100, 1), (0, i64::MAX as u64)] {
            assert_eq!(guest.fd_advise(fd, offset, len, advice), Ok(()), "{advice} {offset} {len}");
        }
    }
    assert_eq!((guest.content("root/file"), guest.fd_tell(fd)), (b"0123".to_vec(), Ok(0)));
}

#[test]
fn advice_that_is_none_or_out_of_range_is_inval() {
    let (mut guest, fd) = opened("0123");
    for advice in [6, 255, 256, u32::MAX] {
        assert_eq!(guest.fd_advise(fd, 0, 1, advice), Err(ERRNO_INVAL));
    }
    for (offset, len) in [(1 << 63, 0), (0, 1 << 63), (u64::MAX, 2), (i64::MAX as u64, 1)] {
        assert_eq!(guest.fd_advise(fd, offset, len, 0), Err(ERRNO_INVAL), "{offset} {len}");
    }
}

#[test]
fn files_and_directories_can_be_synced() {
    let (mut guest, fd) = opened("");
    guest.fd_write(fd, &[b"content"]).unwrap();
    for fd in [fd, ROOT] {
        assert_eq!(guest.fd_datasync(fd), Ok(()));
        assert_eq!(guest.fd_sync(fd), Ok(()));
    }
    assert_eq!(guest.fd_datasync(CLOSED), Err(ERRNO_BADF));
    assert_eq!(guest.fd_sync(CLOSED), Err(ERRNO_BADF));
}

#[test]
#[cfg(target_os = "linux")]
fn a_pipe_has_no_size_no_room_and_no_device() {
    let mut guest = Guest::new();
    fifo(&guest.host("root/pipe"));
    let reader = guest.open(ROOT, "pipe", READ.fdflags(FDFLAGS_NONBLOCK)).unwrap();
    let writer = guest.open(ROOT, "pipe", WRITE.fdflags(FDFLAGS_NONBLOCK)).unwrap();
    assert_eq!(guest.fd_filestat_get(reader).unwrap().filetype, FILETYPE_UNKNOWN.raw());
    assert_eq!(guest.fd_filestat_set_size(writer, 0), Err(ERRNO_INVAL));
    assert_eq!(guest.fd_allocate(writer, 0, 1), Err(ERRNO_SPIPE));
    assert_eq!(guest.fd_advise(reader, 0, 1, 0), Err(ERRNO_SPIPE));
    assert_eq!(guest.fd_sync(writer), Err(ERRNO_INVAL));
    assert_eq!(guest.fd_datasync(writer), Err(ERRNO_INVAL));
}
