//! `poll_oneoff`.

use std::time::{Duration, Instant};

use sandbox::spec::*;

use crate::common::{Event, *};

const MS: u64 = 1_000_000;
const NEVER: Sub = Sub::Clock { id: 1, timeout: u64::MAX, flags: 0 };

fn now(guest: &mut Guest, clock: Clockid) -> u64 {
    guest.clock_time_get(clock.raw()).unwrap()
}

/// What a subscription with this userdata becomes when all is well.
fn event(userdata: u64, kind: Eventtype, nbytes: u64) -> Event {
    Event { userdata, errno: 0, kind: kind.raw(), nbytes, flags: 0 }
}

#[test]
fn a_clock_rings_after_its_time() {
    let mut guest = Guest::new();
    let start = Instant::now();
    let events = guest.poll_oneoff(&[Sub::after(20 * MS)]);
    assert_eq!(events, Ok(vec![event(0, EVENTTYPE_CLOCK, 0)]));
    assert!(start.elapsed() >= Duration::from_millis(20));
}

#[test]
fn a_clock_rings_at_a_point_in_time() {
    let mut guest = Guest::new();
    for clock in [CLOCKID_MONOTONIC, CLOCKID_REALTIME] {
        let due = now(&mut guest, clock) + 20 * MS;
        assert_eq!(guest.poll_oneoff(&[Sub::at(clock, due)]), Ok(vec![event(0, EVENTTYPE_CLOCK, 0)]));
        assert!(now(&mut guest, clock) >= due, "{clock:?}");
    }
}

#[test]
fn a_time_that_has_passed_rings_at_once() {
    let mut guest = Guest::new();
    for sub in [Sub::after(0), Sub::at(CLOCKID_MONOTONIC, 0), Sub::at(CLOCKID_REALTIME, 1)] {
        assert_eq!(guest.poll_oneoff(&[NEVER, sub]), Ok(vec![event(1, EVENTTYPE_CLOCK, 0)]), "{sub:?}");
    }
}

#[test]
fn the_first_of_several_clocks_ends_the_wait() {
    let mut guest = Guest::new();
    let start = Instant::now();
    let subs = [Sub::after(60_000 * MS), Sub::after(10 * MS), NEVER];
    assert_eq!(guest.poll_oneoff(&subs), Ok(vec![event(1, EVENTTYPE_CLOCK, 0)]));
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn clocks_due_together_ring_together_in_order() {
    let mut guest = Guest::new();
    let due = now(&mut guest, CLOCKID_MONOTONIC) + 5 * MS;
    let subs = [Sub::at(CLOCKID_MONOTONIC, due), NEVER, Sub::at(CLOCKID_MONOTONIC, due)];
    let expected = [event(0, EVENTTYPE_CLOCK, 0), event(2, EVENTTYPE_CLOCK, 0)];
    assert_eq!(guest.poll_oneoff(&subs).unwrap(), expected);
    let subs = [Sub::after(30_000 * MS), Sub::after(0), NEVER];
    let expected = [event(1, EVENTTYPE_CLOCK, 0)];
    assert_eq!(guest.poll_oneoff(&subs).unwrap(), expected, "what is due does not wait for the rest");
}

#[test]
fn clocks_that_cannot_ring_say_so_in_their_event() {
    let mut guest = Guest::new();
    for (id, errno) in [
        (CLOCKID_PROCESS_CPUTIME_ID.raw(), ERRNO_NOTSUP),
        (CLOCKID_THREAD_CPUTIME_ID.raw(), ERRNO_NOTSUP),
        (4, ERRNO_INVAL),
        (u32::MAX, ERRNO_INVAL),
    ] {
        let events = guest.poll_oneoff(&[NEVER, Sub::Clock { id, timeout: 1, flags: 0 }]);
        assert_eq!(events, Ok(vec![Event { errno: errno.raw(), ..event(1, EVENTTYPE_CLOCK, 0) }]), "{id}");
    }
}

#[test]
fn a_regular_file_is_always_ready_and_tells_what_is_left_of_it() {
    let mut guest = Guest::new();
    guest.file("root/file", "0123456789");
    let fd = guest.open(ROOT, "file", READ_WRITE).unwrap();
    let nbytes = |guest: &mut Guest| {
        let events = guest.poll_oneoff(&[NEVER, Sub::Read(fd), Sub::Write(fd)]).unwrap();
        assert_eq!(events.len(), 2);
        assert_eq!(events[0], event(1, EVENTTYPE_FD_READ, events[0].nbytes));
        assert_eq!(events[1], event(2, EVENTTYPE_FD_WRITE, events[1].nbytes));
        assert_ne!(events[1].nbytes, 0);
        events[0].nbytes
    };
    assert_eq!(nbytes(&mut guest), 10);
    guest.fd_read(fd, &[4]).unwrap();
    assert_eq!(nbytes(&mut guest), 6);
    guest.fd_seek(fd, 100, 0).unwrap();
    assert_eq!(nbytes(&mut guest), 0, "behind its end it is ready to say so");
    assert_eq!(guest.fd_tell(fd), Ok(100));
}

#[test]
fn a_descriptor_that_cannot_be_waited_for_says_so_in_its_event() {
    let mut guest = Guest::new();
    let reader = guest.open(ROOT, "file", Open { base: READ.base, ..CREATE }).unwrap();
    let writer = guest.open(ROOT, "file", WRITE).unwrap();
    let mute = guest.open(ROOT, "file", READ_WRITE.without(RIGHTS_POLL_FD_READWRITE)).unwrap();
    for (sub, kind, errno) in [
        (Sub::Read(CLOSED), EVENTTYPE_FD_READ, ERRNO_BADF),
        (Sub::Write(CLOSED), EVENTTYPE_FD_WRITE, ERRNO_BADF),
        (Sub::Read(u32::MAX), EVENTTYPE_FD_READ, ERRNO_BADF),
        (Sub::Read(ROOT), EVENTTYPE_FD_READ, ERRNO_BADF),
        (Sub::Write(reader), EVENTTYPE_FD_WRITE, ERRNO_NOTCAPABLE),
        (Sub::Read(writer), EVENTTYPE_FD_READ, ERRNO_NOTCAPABLE),
        (Sub::Read(mute), EVENTTYPE_FD_READ, ERRNO_NOTCAPABLE),
        (Sub::Write(mute), EVENTTYPE_FD_WRITE, ERRNO_NOTCAPABLE),
    ] {
        let events = guest.poll_oneoff(&[NEVER, sub]);
        assert_eq!(events, Ok(vec![Event { errno: errno.raw(), ..event(1, kind, 0) }]), "{sub:?}");
    }
}

#[test]
fn events_come_in_the_order_of_their_subscriptions() {
    let mut guest = Guest::new();
    let fd = guest.open(ROOT, "file", CREATE).unwrap();
    let subs = [Sub::Write(fd), NEVER, Sub::Read(CLOSED), Sub::after(0), Sub::Read(fd), Sub::after(0)];
    let events = guest.poll_oneoff(&subs).unwrap();
    assert_eq!(events.iter().map(|event| event.userdata).collect::<Vec<_>>(), [0, 2, 3, 4, 5]);
}

#[test]
fn userdata_comes_back_whole() {
    let mut guest = Guest::new();
    let list = guest.put(Sub::after(0).encode(0xfedc_ba98_7654_3210));
    let (events, result) = (guest.alloc(32), guest.alloc(4));
    guest
        .call(&[(events, 32), (result, 4)], |ctx, memory| {
            sandbox::calls::poll::poll_oneoff(ctx, memory, list, events, 1, result)
        })
        .unwrap();
    assert_eq!(Event::decode(&guest.get::<32>(events)), event(0xfedc_ba98_7654_3210, EVENTTYPE_CLOCK, 0));
}

#[test]
fn events_may_overwrite_their_subscriptions() {
    let mut guest = Guest::new();
    let raw: Vec<u8> = (0..3).flat_map(|i| Sub::after(0).encode(i)).collect();
    let (list, result) = (guest.put(raw), guest.alloc(4));
    guest
        .call(&[(list, 96), (result, 4)], |ctx, memory| {
            sandbox::calls::poll::poll_oneoff(ctx, memory, list, list, 3, result)
        })
        .unwrap();
    let events = guest.get::<96>(list);
    for (i, raw) in (0..).zip(events.chunks_exact(32)) {
        assert_eq!(Event::decode(raw), event(i, EVENTTYPE_CLOCK, 0));
    }
}

#[test]
fn no_subscriptions_or_an_unknown_one_are_inval() {
    let mut guest = Guest::new();
    assert_eq!(guest.poll_oneoff(&[]), Err(ERRNO_INVAL));
    for unknown in [3, 255] {
        assert_eq!(guest.poll_oneoff(&[Sub::after(0), Sub::Unknown(unknown)]), Err(ERRNO_INVAL));
    }
    for flags in [2, 3, 1 << 15] {
        assert_eq!(guest.poll_oneoff(&[Sub::Clock { id: 1, timeout: 0, flags }]), Err(ERRNO_INVAL));
    }
}

#[test]
fn more_subscriptions_than_memory_holds_are_fault() {
    let mut guest = Guest::new();
    for count in [SIZE / 48 + 1, u32::MAX / 48, u32::MAX / 48 + 2, u32::MAX] {
        let outcome =
            guest.call(&[], |ctx, memory| sandbox::calls::poll::poll_oneoff(ctx, memory, 0, 0, count, 0));
        assert_eq!(outcome, Err(ERRNO_FAULT), "{count}");
    }
}

#[test]
fn the_standard_streams_can_be_waited_for() {
    let mut guest = Guest::new();
    let events = guest.poll_oneoff(&[Sub::Write(1), Sub::Write(2), Sub::after(1000 * MS)]).unwrap();
    assert!(events.iter().all(|event| event.errno == 0));
    assert!(!events.is_empty());
}

#[cfg(target_os = "linux")]
mod pipes {
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
    fn an_empty_pipe_is_not_ready_to_be_read() {
        let (mut guest, reader, writer) = piped();
        let events = guest.poll_oneoff(&[Sub::Read(reader), Sub::after(5 * MS)]);
        assert_eq!(events, Ok(vec![event(1, EVENTTYPE_CLOCK, 0)]));
        let events = guest.poll_oneoff(&[Sub::Read(reader), Sub::Write(writer)]).unwrap();
        assert_eq!(events.iter().map(|event| event.userdata).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn a_pipe_with_bytes_tells_how_many() {
        let (mut guest, reader, writer) = piped();
        guest.fd_write(writer, &[b"01234"]).unwrap();
        assert_eq!(guest.poll_oneoff(&[NEVER, Sub::Read(reader)]), Ok(vec![event(1, EVENTTYPE_FD_READ, 5)]));
    }

    #[test]
    fn a_full_pipe_is_not_ready_to_be_written() {
        let (mut guest, reader, writer) = piped();
        while guest.fd_write(writer, &[&[0; 4096]]).is_ok() {}
        let events = guest.poll_oneoff(&[Sub::Write(writer), Sub::after(5 * MS)]);
        assert_eq!(events, Ok(vec![event(1, EVENTTYPE_CLOCK, 0)]));
        while guest.fd_read(reader, &[4096]).is_ok() {}
        assert_eq!(guest.poll_oneoff(&[NEVER, Sub::Write(writer)]).unwrap().len(), 1);
    }

    #[test]
    fn a_pipe_whose_other_end_is_closed_hangs_up() {
        let (mut guest, reader, writer) = piped();
        guest.fd_write(writer, &[b"rest"]).unwrap();
        guest.fd_close(writer).unwrap();
        let hangup =
            |nbytes| Event { flags: EVENTRWFLAGS_FD_READWRITE_HANGUP, ..event(1, EVENTTYPE_FD_READ, nbytes) };
        let subs = [NEVER, Sub::Read(reader)];
        assert_eq!(guest.poll_oneoff(&subs), Ok(vec![hangup(4)]));
        guest.fd_read(reader, &[8]).unwrap();
        assert_eq!(guest.poll_oneoff(&subs), Ok(vec![hangup(0)]));

        let (mut guest, reader, writer) = piped();
        guest.fd_close(reader).unwrap();
        let events = guest.poll_oneoff(&[NEVER, Sub::Write(writer)]).unwrap();
        assert_eq!(events[0].flags, EVENTRWFLAGS_FD_READWRITE_HANGUP);
    }

    #[test]
    fn bytes_that_come_meanwhile_end_the_wait() {
        use std::io::Write;
        let (mut guest, reader, _writer) = piped();
        let mut outside = std::fs::OpenOptions::new().write(true).open(guest.host("root/pipe")).unwrap();
        let writing = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            outside.write_all(b"late").unwrap();
            outside
        });
        let events = guest.poll_oneoff(&[Sub::after(30_000 * MS), Sub::Read(reader), NEVER]);
        assert_eq!(events, Ok(vec![event(1, EVENTTYPE_FD_READ, 4)]));
        writing.join().unwrap();
    }
}

#[test]
fn a_repeatable_run_waits_on_its_clock_alone() {
    let mut guest = Guest::with(|builder| builder.repeatable());
    let (before, start) = (now(&mut guest, CLOCKID_MONOTONIC), Instant::now());
    let hour = 3_600_000 * MS;
    assert_eq!(guest.poll_oneoff(&[NEVER, Sub::after(hour)]), Ok(vec![event(1, EVENTTYPE_CLOCK, 0)]));
    assert!(now(&mut guest, CLOCKID_MONOTONIC) >= before + hour);
    assert!(start.elapsed() < Duration::from_secs(30));
}
