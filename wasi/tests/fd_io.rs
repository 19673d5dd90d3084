//! `fd_read`, `fd_pread`, `fd_write`, `fd_pwrite`, `fd_seek`, `fd_tell`.

use sandbox::calls::fd_io;
use sandbox::spec::*;

use crate::common::*;

const SET: u32 = 0;
const CUR: u32 = 1;
const END: u32 = 2;

/// A guest with the file `file`, holding `content`, open to read and write.
fn opened(content: &str) -> (Guest, u32) {
    let mut guest = Guest::new();
    guest.file("root/file", content);
    let fd = guest.open(ROOT, "file", READ_WRITE).unwrap();
    (guest, fd)
}

#[test]
fn reading_fills_buffers_in_order_until_the_end() {
    let (mut guest, fd) = opened("0123456789");
    assert_eq!(guest.fd_read(fd, &[2, 0, 3]), Ok(b"01234".to_vec()));
    assert_eq!(guest.fd_read(fd, &[4, 4]), Ok(b"56789".to_vec()), "the second buffer is filled in part");
    assert_eq!(guest.fd_read(fd, &[4]), Ok(vec![]));
}

#[test]
fn writing_takes_buffers_in_order_and_moves_on() {
    let (mut guest, fd) = opened("");
    assert_eq!(guest.fd_write(fd, &[b"ab", b"", b"cde"]), Ok(5));
    assert_eq!(guest.fd_write(fd, &[b"f"]), Ok(1));
    assert_eq!(guest.content("root/file"), b"abcdef");
    assert_eq!(guest.fd_tell(fd), Ok(6));
}

#[test]
fn no_buffers_and_empty_ones_move_nothing() {
    let (mut guest, fd) = opened("content");
    for empty in [&[][..], &[0], &[0, 0, 0]] {
        assert_eq!(guest.fd_read(fd, empty), Ok(vec![]));
        assert_eq!(guest.fd_pread(fd, empty, 2), Ok(vec![]));
    }
    for empty in [&[][..], &[&b""[..]], &[b"", b""]] {
        assert_eq!(guest.fd_write(fd, empty), Ok(0));
        assert_eq!(guest.fd_pwrite(fd, empty, 2), Ok(0));
    }
    assert_eq!(guest.fd_tell(fd), Ok(0));
    assert_eq!(guest.content("root/file"), b"content");
}

#[test]
fn an_empty_buffer_may_lie_at_the_end_of_memory_but_not_behind_it() {
    let (mut guest, fd) = opened("content");
    for (at, answer) in [(SIZE, Ok(())), (SIZE + 1, Err(ERRNO_FAULT))] {
        let (iovs, count) = guest.iovecs(&[(at, 0)]);
        let result = guest.alloc(4);
        let outcome = guest.call(&[(result, 4)], |c, m| fd_io::fd_read(c, m, fd, iovs, count, result));
        assert_eq!(outcome, answer);
    }
}

#[test]
fn more_buffers_than_are_passed_on_give_a_short_count_and_lose_nothing() {
    let (mut guest, fd) = opened("");
    let letters: Vec<u8> = (0..200).map(|i| b'a' + i % 26).collect();
    let mut rest: Vec<&[u8]> = letters.chunks(1).collect();
    while !rest.is_empty() {
        let written = guest.fd_write(fd, &rest).unwrap() as usize;
        assert!((64..=rest.len()).contains(&written) || written == rest.len());
        rest.drain(..written);
    }
    assert_eq!(guest.content("root/file"), letters);

    guest.fd_seek(fd, 0, SET).unwrap();
    let mut read = Vec::new();
    while read.len() < letters.len() {
        read.extend(guest.fd_read(fd, &vec![1; 200 - read.len()]).unwrap());
    }
    assert_eq!(read, letters);
}

#[test]
fn empty_buffers_do_not_count_against_the_limit() {
    let (mut guest, fd) = opened("");
    let mut contents = vec![&b""[..]; 100];
    contents.push(b"behind");
    assert_eq!(guest.fd_write(fd, &contents), Ok(6));
}

#[test]
fn overlapping_buffers_are_written_each_for_itself() {
    let (mut guest, fd) = opened("");
    let text = guest.put("abcdef");
    let (iovs, count) = guest.iovecs(&[(text, 4), (text + 2, 4), (text, 6)]);
    assert_eq!(guest.out_u32(|c, m, r| fd_io::fd_write(c, m, fd, iovs, count, r)), Ok(14));
    assert_eq!(guest.content("root/file"), b"abcdcdefabcdef");
}

#[test]
fn overlapping_buffers_to_read_into_give_a_short_count_and_lose_nothing() {
    let (mut guest, fd) = opened("0123456789");
    let at = guest.alloc(8);
    for (list, came) in [
        (&[(at, 4), (at + 2, 4)][..], &b"0123"[..]),
        (&[(at, 2), (at, 2)], b"45"),
        (&[(at + 4, 2), (at, 5)], b"67"),
        (&[(at, 8)], b"89"),
    ] {
        let (iovs, count) = guest.iovecs(list);
        let result = guest.alloc(4);
        guest.call(&[(at, 8), (result, 4)], |c, m| fd_io::fd_read(c, m, fd, iovs, count, result)).unwrap();
        assert_eq!(u32::from_le_bytes(guest.get(result)) as usize, came.len());
        assert_eq!(&guest.bytes[list[0].0 as usize..][..came.len()], came);
    }
}

#[test]
fn reading_and_writing_at_an_offset_leave_the_position() {
    let (mut guest, fd) = opened("0123456789");
    guest.fd_seek(fd, 3, SET).unwrap();
    assert_eq!(guest.fd_pread(fd, &[2, 2], 5), Ok(b"5678".to_vec()));
    assert_eq!(guest.fd_pwrite(fd, &[b"A", b"BC"], 6), Ok(3));
    assert_eq!(guest.fd_tell(fd), Ok(3));
    assert_eq!(guest.content("root/file"), b"012345ABC9");
    assert_eq!(guest.fd_read(fd, &[4]), Ok(b"345A".to_vec()));
}

#[test]
fn an_offset_behind_the_end_reads_nothing_and_writes_a_hole() {
    let (mut guest, fd) = opened("ab");
    assert_eq!(guest.fd_pread(fd, &[4], 2), Ok(vec![]));
    assert_eq!(guest.fd_pread(fd, &[4], 1000), Ok(vec![]));
    assert_eq!(guest.fd_pwrite(fd, &[b"z"], 5), Ok(1));
    assert_eq!(guest.content("root/file"), b"ab\0\0\0z");
}

#[test]
fn an_offset_that_no_file_has_is_inval() {
    let (mut guest, fd) = opened("ab");
    for offset in [1 << 63, u64::MAX] {
        assert_eq!(guest.fd_pread(fd, &[4], offset), Err(ERRNO_INVAL));
        assert_eq!(guest.fd_pwrite(fd, &[b"z"], offset), Err(ERRNO_INVAL));
    }
    assert_eq!(guest.content("root/file"), b"ab");
}

#[test]
fn append_mode_writes_at_the_end_wherever_the_position_is() {
    let mut guest = Guest::new();
    guest.file("root/file", "0123");
    let fd = guest.open(ROOT, "file", READ_WRITE.fdflags(FDFLAGS_APPEND)).unwrap();
    assert_eq!(guest.fd_read(fd, &[2]), Ok(b"01".to_vec()), "reading starts at the start");
    guest.fd_write(fd, &[b"ab"]).unwrap();
    assert_eq!(guest.fd_tell(fd), Ok(6));
    guest.fd_seek(fd, 0, SET).unwrap();
    guest.fd_write(fd, &[b"cd"]).unwrap();
    assert_eq!(guest.content("root/file"), b"0123abcd");
}

#[test]
fn writing_at_an_offset_in_append_mode_writes_there_and_append_mode_stays() {
    let mut guest = Guest::new();
    guest.file("root/file", "0123");
    let fd = guest.open(ROOT, "file", READ_WRITE.fdflags(FDFLAGS_APPEND)).unwrap();
    assert_eq!(guest.fd_pwrite(fd, &[b"AB"], 1), Ok(2));
    assert_eq!(guest.content("root/file"), b"0AB3");
    guest.fd_write(fd, &[b"e"]).unwrap();
    assert_eq!(guest.content("root/file"), b"0AB3e");
}

#[test]
fn seeking_counts_from_start_position_and_end() {
    let (mut guest, fd) = opened("0123456789");
    for (offset, whence, at) in [
        (4, SET, 4),
        (3, CUR, 7),
        (-5, CUR, 2),
        (0, CUR, 2),
        (-3, END, 7),
        (0, END, 10),
        (90, CUR, 100),
        (0, SET, 0),
        (-10, END, 0),
        (i64::MAX, SET, i64::MAX as u64),
    ] {
        if guest.fd_seek(fd, offset, whence) == Err(ERRNO_INVAL) && at > 1 << 40 {
            continue; // Larger than any file on this file system.
        }
        assert_eq!(guest.fd_tell(fd), Ok(at), "{offset} {whence}");
    }
}

#[test]
fn seeking_before_the_start_or_nowhere_is_inval_and_stays() {
    let (mut guest, fd) = opened("0123456789");
    guest.fd_seek(fd, 5, SET).unwrap();
    for (offset, whence) in
        [(-1, SET), (-6, CUR), (-11, END), (i64::MIN, SET), (i64::MIN, CUR), (0, 3), (0, 256), (0, u32::MAX)]
    {
        assert_eq!(guest.fd_seek(fd, offset, whence), Err(ERRNO_INVAL), "{offset} {whence}");
        assert_eq!(guest.fd_tell(fd), Ok(5));
    }
}

#[test]
fn writing_behind_the_end_leaves_zeros() {
    let (mut guest, fd) = opened("ab");
    guest.fd_seek(fd, 2, END).unwrap();
    assert_eq!(guest.fd_read(fd, &[1]), Ok(vec![]));
    guest.fd_write(fd, &[b"c"]).unwrap();
    assert_eq!(guest.content("root/file"), b"ab\0\0c");
}

#[test]
fn two_descriptors_of_one_file_have_their_own_positions() {
    let (mut guest, one) = opened("0123456789");
    let two = guest.open(ROOT, "file", READ_WRITE).unwrap();
    assert_eq!(guest.fd_read(one, &[3]), Ok(b"012".to_vec()));
    assert_eq!(guest.fd_read(two, &[2]), Ok(b"01".to_vec()));
    guest.fd_write(one, &[b"X"]).unwrap();
    assert_eq!(guest.fd_read(two, &[2]), Ok(b"2X".to_vec()));
}

#[test]
fn a_removed_file_lives_until_it_is_closed() {
    let (mut guest, fd) = opened("content");
    guest.path_unlink_file(ROOT, "file").unwrap();
    assert_eq!(guest.fd_read(fd, &[16]), Ok(b"content".to_vec()));
    assert_eq!(guest.fd_write(fd, &[b"!"]), Ok(1));
    assert_eq!(guest.fd_filestat_get(fd).map(|stat| (stat.nlink, stat.size)), Ok((0, 8)));
}

#[test]
fn a_directory_has_no_bytes() {
    let mut guest = Guest::new();
    let opened = guest.open(ROOT, ".", DIRECTORY).unwrap();
    for fd in [ROOT, opened] {
        assert_eq!(guest.fd_read(fd, &[4]), Err(ERRNO_ISDIR));
        assert_eq!(guest.fd_pread(fd, &[4], 0), Err(ERRNO_ISDIR));
        assert_eq!(guest.fd_write(fd, &[b"x"]), Err(ERRNO_ISDIR));
        assert_eq!(guest.fd_pwrite(fd, &[b"x"], 0), Err(ERRNO_ISDIR));
        assert_eq!(guest.fd_seek(fd, 0, SET), Err(ERRNO_ISDIR));
        assert_eq!(guest.fd_seek(fd, 0, CUR), Err(ERRNO_ISDIR));
        assert_eq!(guest.fd_tell(fd), Err(ERRNO_ISDIR));
    }
}

#[test]
fn what_is_not_open_is_badf() {
    let mut guest = Guest::new();
    assert_eq!(guest.fd_read(CLOSED, &[4]), Err(ERRNO_BADF));
    assert_eq!(guest.fd_pread(CLOSED, &[4], 0), Err(ERRNO_BADF));
    assert_eq!(guest.fd_write(CLOSED, &[b"x"]), Err(ERRNO_BADF));
    assert_eq!(guest.fd_pwrite(CLOSED, &[b"x"], 0), Err(ERRNO_BADF));
    assert_eq!(guest.fd_seek(CLOSED, 0, SET), Err(ERRNO_BADF));
    assert_eq!(guest.fd_tell(CLOSED), Err(ERRNO_BADF));
}

#[test]
fn one_bad_buffer_among_good_ones_is_fault_before_anything_moves() {
    let (mut guest, fd) = opened("content");
    let good = guest.put("good");
    for bad in [(SIZE - 2, 4), (SIZE + 1, 0), (u32::MAX, 1), (good, u32::MAX)] {
        let (iovs, count) = guest.iovecs(&[(good, 4), bad]);
        let result = guest.alloc(4);
        let outcome = guest.call(&[], |c, m| fd_io::fd_read(c, m, fd, iovs, count, result));
        assert_eq!(outcome, Err(ERRNO_FAULT), "{bad:?}");
        let outcome = guest.call(&[], |c, m| fd_io::fd_write(c, m, fd, iovs, count, result));
        assert_eq!(outcome, Err(ERRNO_FAULT), "{bad:?}");
    }
    assert_eq!((guest.fd_tell(fd), guest.content("root/file")), (Ok(0), b"content".to_vec()));
}

#[test]
fn a_list_of_buffers_longer_than_memory_is_fault() {
    let (mut guest, fd) = opened("content");
    let (iovs, _) = guest.iovecs(&[]);
    for count in [SIZE / 8 + 1, 1 << 29, u32::MAX] {
        let outcome = guest.call(&[], |c, m| fd_io::fd_write(c, m, fd, iovs, count, 64));
        assert_eq!(outcome, Err(ERRNO_FAULT), "{count}");
    }
}

#[cfg(target_os = "linux")]
mod special_files {
    use sandbox::Access;

    use super::*;

    /// A guest with a pipe, open at both ends, that never waits.
    fn piped() -> (Guest, u32, u32) {
        let mut guest = Guest::new();
        fifo(&guest.host("root/pipe"));
        let reader = guest.open(ROOT, "pipe", READ.fdflags(FDFLAGS_NONBLOCK)).unwrap();
        let writer = guest.open(ROOT, "pipe", WRITE.fdflags(FDFLAGS_NONBLOCK)).unwrap();
        (guest, reader, writer)
    }

    #[test]
    fn a_pipe_hands_on_bytes_and_ends_with_its_writer() {
        let (mut guest, reader, writer) = piped();
        assert_eq!(guest.fd_write(writer, &[b"ab", b"cd"]), Ok(4));
        assert_eq!(guest.fd_read(reader, &[3, 8]), Ok(b"abcd".to_vec()));
        guest.fd_close(writer).unwrap();
        assert_eq!(guest.fd_read(reader, &[3]), Ok(vec![]));
    }

    #[test]
    fn a_pipe_that_is_empty_or_full_is_again_in_nonblocking_mode() {
        let (mut guest, reader, writer) = piped();
        assert_eq!(guest.fd_read(reader, &[3]), Err(ERRNO_AGAIN));
        let block = vec![0; 1 << 14];
        let mut written = 0;
        while let Ok(more) = guest.fd_write(writer, &[&block]) {
            written += more;
        }
        assert!(written >= 4096);
        assert_eq!(guest.fd_write(writer, &[&block]), Err(ERRNO_AGAIN));
    }

    #[test]
    fn a_pipe_without_a_reader_is_pipe() {
        let (mut guest, reader, writer) = piped();
        guest.fd_close(reader).unwrap();
        assert_eq!(guest.fd_write(writer, &[b"x"]), Err(ERRNO_PIPE));
    }

    #[test]
    fn a_pipe_has_no_positions() {
        let (mut guest, reader, writer) = piped();
        assert_eq!(guest.fd_pread(reader, &[1], 0), Err(ERRNO_SPIPE));
        assert_eq!(guest.fd_pwrite(writer, &[b"x"], 0), Err(ERRNO_SPIPE));
        for fd in [reader, writer] {
            assert_eq!(guest.fd_tell(fd), Err(ERRNO_SPIPE));
            assert_eq!(guest.fd_seek(fd, 0, SET), Err(ERRNO_SPIPE));
            assert_eq!(guest.fd_fdstat_get(fd).unwrap().filetype, FILETYPE_UNKNOWN.raw());
        }
    }

    #[test]
    fn devices_answer_as_they_do_natively() {
        let mut guest = Guest::with(|b| b.dir(granted("/dev".as_ref()), "/dev", Access::ReadWrite));
        let null = guest.open(FIRST, "null", READ_WRITE).unwrap();
        assert_eq!(guest.fd_fdstat_get(null).unwrap().filetype, FILETYPE_CHARACTER_DEVICE.raw());
        assert_eq!(guest.fd_write(null, &[b"gone"]), Ok(4));
        assert_eq!(guest.fd_read(null, &[4]), Ok(vec![]));
        let zero = guest.open(FIRST, "zero", READ).unwrap();
        assert_eq!(guest.fd_read(zero, &[2, 2]), Ok(vec![0; 4]));
        let full = guest.open(FIRST, "full", WRITE).unwrap();
        assert_eq!(guest.fd_write(full, &[b"x"]), Err(ERRNO_NOSPC));
    }
}
