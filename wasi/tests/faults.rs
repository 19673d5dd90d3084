//! Pointers that leave memory: `fault`, and the call has not happened. One row for every pointer of every call.

use sandbox::calls::*;
use sandbox::spec::*;
use sandbox::{Ctx, Memory, Result};

use crate::common::*;

/// Where a good result may go.
const RESULT: u32 = 64;
/// Where `file` stands, a path of four bytes.
const FILE: u32 = 128;
/// Where `new!` stands, another.
const NEW: u32 = 136;
/// Where a list of one good buffer stands.
const IOVS: u32 = 144;
/// Where a subscription to a clock that rings at once stands.
const SUB: u32 = 160;
/// A buffer of 64 bytes.
const BUFFER: u32 = 256;
/// Zeros: a list of one empty buffer, among other things.
const GOOD: u32 = 384;
/// An open file.
const FD: u32 = FIRST;

/// A call with one bad pointer, the last argument.
type Call = fn(&mut Ctx, &mut Memory<'_>, u32) -> Result<()>;

#[rustfmt::skip]
const TABLE: &[(&str, Call)] = &[
    ("args_get pointers", |c, m, bad| args::args_get(c, m, bad, BUFFER)),
    ("args_get buffer", |c, m, bad| args::args_get(c, m, BUFFER, bad)),
    ("args_sizes_get count", |c, m, bad| args::args_sizes_get(c, m, bad, RESULT)),
    ("args_sizes_get size", |c, m, bad| args::args_sizes_get(c, m, RESULT, bad)),
    ("environ_get pointers", |c, m, bad| environ::environ_get(c, m, bad, BUFFER)),
    ("environ_get buffer", |c, m, bad| environ::environ_get(c, m, BUFFER, bad)),
    ("environ_sizes_get count", |c, m, bad| environ::environ_sizes_get(c, m, bad, RESULT)),
    ("environ_sizes_get size", |c, m, bad| environ::environ_sizes_get(c, m, RESULT, bad)),
    ("clock_res_get", |c, m, bad| clock::clock_res_get(c, m, 0, bad)),
    ("clock_time_get", |c, m, bad| clock::clock_time_get(c, m, 0, 0, bad)),
    ("random_get", |c, m, bad| random::random_get(c, m, bad, 64)),
    ("poll_oneoff subscriptions", |c, m, bad| poll::poll_oneoff(c, m, bad, BUFFER, 1, RESULT)),
    ("poll_oneoff events", |c, m, bad| poll::poll_oneoff(c, m, SUB, bad, 1, RESULT)),
    ("poll_oneoff result", |c, m, bad| poll::poll_oneoff(c, m, SUB, BUFFER, 1, bad)),
    ("fd_fdstat_get", |c, m, bad| fd_table::fd_fdstat_get(c, m, FD, bad)),
    ("fd_prestat_get", |c, m, bad| fd_table::fd_prestat_get(c, m, ROOT, bad)),
    ("fd_prestat_dir_name", |c, m, bad| fd_table::fd_prestat_dir_name(c, m, OTHER, bad, 6)),
    ("fd_read iovs", |c, m, bad| fd_io::fd_read(c, m, FD, bad, 1, RESULT)),
    ("fd_read result", |c, m, bad| fd_io::fd_read(c, m, FD, IOVS, 1, bad)),
    ("fd_pread iovs", |c, m, bad| fd_io::fd_pread(c, m, FD, bad, 1, 0, RESULT)),
    ("fd_pread result", |c, m, bad| fd_io::fd_pread(c, m, FD, IOVS, 1, 0, bad)),
    ("fd_write iovs", |c, m, bad| fd_io::fd_write(c, m, FD, bad, 1, RESULT)),
    ("fd_write result", |c, m, bad| fd_io::fd_write(c, m, FD, IOVS, 1, bad)),
    ("fd_pwrite iovs", |c, m, bad| fd_io::fd_pwrite(c, m, FD, bad, 1, 0, RESULT)),
    ("fd_pwrite result", |c, m, bad| fd_io::fd_pwrite(c, m, FD, IOVS, 1, 0, bad)),
    ("fd_seek", |c, m, bad| fd_io::fd_seek(c, m, FD, 1, 0, bad)),
    ("fd_tell", |c, m, bad| fd_io::fd_tell(c, m, FD, bad)),
    ("fd_filestat_get", |c, m, bad| fd_stat::fd_filestat_get(c, m, FD, bad)),
    ("fd_readdir buffer", |c, m, bad| readdir::fd_readdir(c, m, ROOT, bad, 64, 0, RESULT)),
    ("fd_readdir result", |c, m, bad| readdir::fd_readdir(c, m, ROOT, BUFFER, 64, 0, bad)),
    ("path_open path", |c, m, bad| open::path_open(c, m, ROOT, 0, bad, 4, 1, 0, 0, 0, RESULT)),
    ("path_open result", |c, m, bad| open::path_open(c, m, ROOT, 0, NEW, 4, 1, 0, 0, 0, bad)),
    ("path_open result, to truncate", |c, m, bad| open::path_open(c, m, ROOT, 0, FILE, 4, 8, 0, 0, 0, bad)),
    ("path_filestat_get path", |c, m, bad| path::path_filestat_get(c, m, ROOT, 0, bad, 4, RESULT)),
    ("path_filestat_get result", |c, m, bad| path::path_filestat_get(c, m, ROOT, 0, FILE, 4, bad)),
    ("path_filestat_set_times", |c, m, bad| path::path_filestat_set_times(c, m, ROOT, 0, bad, 4, 1, 1, 4)),
    ("path_create_directory", |c, m, bad| path::path_create_directory(c, m, ROOT, bad, 4)),
    ("path_remove_directory", |c, m, bad| path::path_remove_directory(c, m, ROOT, bad, 4)),
    ("path_unlink_file", |c, m, bad| path::path_unlink_file(c, m, ROOT, bad, 4)),
    ("path_link old", |c, m, bad| path::path_link(c, m, ROOT, 0, bad, 4, ROOT, NEW, 4)),
    ("path_link new", |c, m, bad| path::path_link(c, m, ROOT, 0, FILE, 4, ROOT, bad, 4)),
    ("path_rename old", |c, m, bad| path::path_rename(c, m, ROOT, bad, 4, ROOT, NEW, 4)),
    ("path_rename new", |c, m, bad| path::path_rename(c, m, ROOT, FILE, 4, ROOT, bad, 4)),
    ("path_symlink old", |c, m, bad| path::path_symlink(c, m, bad, 4, ROOT, NEW, 4)),
    ("path_symlink new", |c, m, bad| path::path_symlink(c, m, FILE, 4, ROOT, bad, 4)),
    ("path_readlink path", |c, m, bad| path::path_readlink(c, m, ROOT, bad, 4, BUFFER, 64, RESULT)),
    ("path_readlink buffer", |c, m, bad| path::path_readlink(c, m, OTHER, FILE, 4, bad, 64, RESULT)),
    ("path_readlink result", |c, m, bad| path::path_readlink(c, m, OTHER, FILE, 4, BUFFER, 64, bad)),
];

/// The calls that take no pointer, or never look at it.
const WITHOUT: &[&str] = &[
    "fd_advise",
    "fd_allocate",
    "fd_close",
    "fd_datasync",
    "fd_fdstat_set_flags",
    "fd_fdstat_set_rights",
    "fd_filestat_set_size",
    "fd_filestat_set_times",
    "fd_renumber",
    "fd_sync",
    "proc_exit",
    "proc_raise",
    "sched_yield",
    "sock_accept",
    "sock_recv",
    "sock_send",
    "sock_shutdown",
];

fn put(guest: &mut Guest, at: u32, bytes: &[u8]) {
    guest.bytes[at as usize..][..bytes.len()].copy_from_slice(bytes);
}

#[test]
fn a_pointer_that_leaves_memory_is_fault_and_nothing_happens() {
    let mut guest = Guest::with(|builder| builder.arg(b"app").env(b"A=1"));
    guest.file("root/file", "content");
    guest.link("target", "other/file");
    assert_eq!(guest.open(ROOT, "file", READ_WRITE), Ok(FD));
    guest.fd_seek(FD, 2, 0).unwrap();
    put(&mut guest, FILE, b"file");
    put(&mut guest, NEW, b"new!");
    put(&mut guest, IOVS, &[BUFFER.to_le_bytes(), 8u32.to_le_bytes()].concat());
    put(&mut guest, SUB, &Sub::after(0).encode(0));
    let before = guest.tree();
    for (name, call) in TABLE {
        for bad in [SIZE - 3, SIZE - 1, SIZE, SIZE + 1, 1 << 31, u32::MAX - 3, u32::MAX] {
            let outcome = guest.call(&[], |ctx, memory| call(ctx, memory, bad));
            assert_eq!(outcome, Err(ERRNO_FAULT), "{name} {bad:x}");
        }
    }
    assert_eq!(guest.tree(), before);
    assert_eq!(guest.fd_tell(FD), Ok(2));
    assert_eq!(guest.fd_close(FD + 1), Err(ERRNO_BADF), "nothing was left open");

    // And the rows are right: with a good pointer each would have worked, or failed for its own reason.
    guest.bytes[GOOD as usize..][..64].fill(0);
    for (name, call) in TABLE {
        let mut memory = guest.bytes.clone();
        let outcome = call(&mut guest.ctx, &mut Memory::new(&mut memory), GOOD);
        assert_ne!(outcome, Err(sandbox::Error(ERRNO_FAULT)), "{name}");
    }
}

#[test]
fn a_length_that_leaves_memory_is_fault() {
    let mut guest = Guest::new();
    guest.link("target", "root/file");
    put(&mut guest, FILE, b"file");
    for len in [SIZE - BUFFER + 1, SIZE, 1 << 31, u32::MAX] {
        let table: [(&str, Answer); 4] = [
            ("random_get", guest.call(&[], |c, m| random::random_get(c, m, BUFFER, len))),
            ("fd_readdir", guest.call(&[], |c, m| readdir::fd_readdir(c, m, ROOT, BUFFER, len, 0, RESULT))),
            (
                "path_readlink",
                guest.call(&[], |c, m| path::path_readlink(c, m, ROOT, FILE, 4, BUFFER, len, RESULT)),
            ),
            ("path_unlink_file", guest.call(&[], |c, m| path::path_unlink_file(c, m, ROOT, BUFFER, len))),
        ];
        for (name, outcome) in table {
            assert_eq!(outcome, Err(ERRNO_FAULT), "{name} {len}");
        }
    }
}

#[test]
fn the_last_byte_of_memory_can_be_used() {
    let mut guest = Guest::new();
    guest.call(&[(SIZE - 8, 8)], |c, m| clock::clock_time_get(c, m, 0, 0, SIZE - 8)).unwrap();
    guest.call(&[(SIZE - 64, 64)], |c, m| fd_stat::fd_filestat_get(c, m, ROOT, SIZE - 64)).unwrap();
    put(&mut guest, SIZE - 4, b"file");
    guest.call(&[], |c, m| path::path_create_directory(c, m, ROOT, SIZE - 4, 4)).unwrap();
    assert!(guest.stands("root/file"));
}

#[test]
fn every_call_is_here() {
    let mut names: Vec<&str> = TABLE.iter().filter_map(|(name, _)| name.split([' ', ',']).next()).collect();
    names.extend(WITHOUT);
    names.sort_unstable();
    names.dedup();
    let mut all = sandbox::table::NAMES.to_vec();
    all.sort_unstable();
    assert_eq!(names, all);
}
