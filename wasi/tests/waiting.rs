//! Several calls at once: one that waits keeps no other from what it needs.

use std::sync::mpsc;
use std::time::Duration;

use sandbox::calls::{fd_io, fd_table, open, path, poll};
use sandbox::{Ctx, Memory, spec};

use crate::common::*;

/// Where a list of one buffer of four bytes stands, the buffer, and where results go.
const IOVS: u32 = 0;
const BUFFER: u32 = 8;
const RESULT: u32 = 16;

fn memory() -> [u8; 128] {
    let mut bytes = [0; 128];
    bytes[..4].copy_from_slice(&BUFFER.to_le_bytes());
    bytes[4..8].copy_from_slice(&4u32.to_le_bytes());
    bytes[BUFFER as usize..][..4].copy_from_slice(b"pipe");
    bytes
}

/// Lets `wait` wait for what comes through a pipe, and meanwhile makes other calls, the last of which ends that.
fn beside(wait: fn(&Ctx, &Memory<'_>, u32) -> sandbox::Result<()>) -> [u8; 128] {
    let mut guest = Guest::new();
    fifo(&guest.host("root/pipe"));
    let (reader, writer) =
        (guest.open(ROOT, "pipe", READ_WRITE).unwrap(), guest.open(ROOT, "pipe", READ_WRITE).unwrap());
    let ctx = &guest.ctx;
    std::thread::scope(|scope| {
        let (begins, begun) = mpsc::channel();
        let waiting = scope.spawn(move || {
            let mut bytes = memory();
            begins.send(()).unwrap();
            wait(ctx, &Memory::new(&mut bytes), reader).unwrap();
            bytes
        });
        begun.recv().unwrap();
        // So that it most likely waits; if it does not yet, nothing fails.
        std::thread::sleep(Duration::from_millis(50));
        let mut bytes = memory();
        let memory = &Memory::new(&mut bytes);
        fd_table::fd_fdstat_get(ctx, memory, reader, 64).unwrap();
        path::path_filestat_get(ctx, memory, ROOT, 0, BUFFER, 4, 64).unwrap();
        let rights = spec::RIGHTS_FD_READ;
        open::path_open(ctx, memory, ROOT, 0, BUFFER, 4, 0, rights, 0, spec::FDFLAGS_NONBLOCK.into(), RESULT)
            .unwrap();
        let opened = memory.read_u32(RESULT).unwrap();
        fd_table::fd_renumber(ctx, memory, opened, opened).unwrap();
        fd_table::fd_close(ctx, memory, opened).unwrap();
        fd_io::fd_write(ctx, memory, writer, IOVS, 1, RESULT).unwrap();
        waiting.join().unwrap()
    })
}

#[test]
fn a_call_that_reads_keeps_no_other_waiting() {
    let bytes = beside(|ctx, memory, fd| {
        memory.write(BUFFER, b"....")?;
        fd_io::fd_read(ctx, memory, fd, IOVS, 1, RESULT)
    });
    assert_eq!((&bytes[8..12], bytes[16]), (&b"pipe"[..], 4));
}

#[test]
fn a_call_that_polls_keeps_no_other_waiting() {
    let bytes = beside(|ctx, memory, fd| {
        // A subscription to what can be read, as the specification lays it out.
        memory.write(32, &[0; 48])?;
        memory.write(32 + 8, &[spec::EVENTTYPE_FD_READ.raw()])?;
        memory.write_u32(32 + 16, fd)?;
        poll::poll_oneoff(ctx, memory, 32, 80, 1, RESULT)
    });
    assert_eq!((bytes[16], bytes[80 + 10], bytes[80 + 16]), (1, spec::EVENTTYPE_FD_READ.raw(), 4));
}
