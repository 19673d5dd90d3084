//! `clock_res_get`, `clock_time_get`, `random_get`, `sched_yield`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sandbox::spec::*;

use crate::common::*;

const CLOCKS: [Clockid; 4] =
    [CLOCKID_REALTIME, CLOCKID_MONOTONIC, CLOCKID_PROCESS_CPUTIME_ID, CLOCKID_THREAD_CPUTIME_ID];

#[test]
fn every_clock_has_a_resolution_that_is_not_zero() {
    let mut guest = Guest::new();
    for clock in CLOCKS {
        assert!((1..1_000_000_000).contains(&guest.clock_res_get(clock.raw()).unwrap()), "{clock:?}");
    }
}

#[test]
fn a_clock_that_is_none_is_inval() {
    let mut guest = Guest::new();
    for id in [4, 5, 1 << 16, u32::MAX] {
        assert_eq!(guest.clock_res_get(id), Err(ERRNO_INVAL), "{id}");
        assert_eq!(guest.clock_time_get(id), Err(ERRNO_INVAL), "{id}");
    }
}

#[test]
fn realtime_is_the_hosts_time_of_day() {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let before = now();
    let time = Guest::new().clock_time_get(CLOCKID_REALTIME.raw()).unwrap();
    assert!((before..=now()).contains(&time));
}

#[test]
fn monotonic_starts_with_the_program_and_never_goes_back() {
    let mut guest = Guest::new();
    let mut last = 0;
    for _ in 0..1000 {
        let time = guest.clock_time_get(CLOCKID_MONOTONIC.raw()).unwrap();
        assert!(time > 0 && time >= last);
        last = time;
    }
    assert!(last < 60_000_000_000, "this is no time since the host's start");
    std::thread::sleep(Duration::from_millis(3));
    assert!(guest.clock_time_get(CLOCKID_MONOTONIC.raw()).unwrap() >= last + 3_000_000);
}

#[test]
fn cpu_time_goes_on_with_work_and_a_thread_has_no_more_than_its_process() {
    let mut guest = Guest::new();
    let mut cpu = |clock: Clockid| guest.clock_time_get(clock.raw()).unwrap();
    let start = cpu(CLOCKID_THREAD_CPUTIME_ID);
    while cpu(CLOCKID_THREAD_CPUTIME_ID) < start + 1_000_000 {}
    let thread = cpu(CLOCKID_THREAD_CPUTIME_ID);
    assert!(thread <= cpu(CLOCKID_PROCESS_CPUTIME_ID));
}

#[test]
fn precision_is_a_hint() {
    let mut guest = Guest::new();
    for precision in [0, 1, u64::MAX] {
        let id = CLOCKID_MONOTONIC.raw();
        let time = guest.out_u64(|c, m, r| sandbox::calls::clock::clock_time_get(c, m, id, precision, r));
        assert!(time.is_ok());
    }
}

#[test]
fn random_fills_all_of_the_buffer_and_differs_each_time() {
    let mut guest = Guest::new();
    for len in [32, 256, 257, 1 << 16] {
        let (one, two) = (guest.random_get(len).unwrap(), guest.random_get(len).unwrap());
        assert_ne!(one, two);
        // Each end was reached: a mark of eight bytes is left by chance once in 2⁶⁴.
        for end in [&one[..8], &one[len as usize - 8..]] {
            assert_ne!(end, [MARK; 8]);
        }
    }
    assert_eq!(guest.random_get(0), Ok(vec![]));
}

#[test]
fn yielding_succeeds() {
    assert_eq!(Guest::new().sched_yield(), Ok(()));
}

#[test]
fn a_repeatable_run_sees_the_same_times_and_numbers() {
    let run = || {
        let mut guest = Guest::with(|builder| builder.repeatable());
        let realtime = guest.clock_time_get(CLOCKID_REALTIME.raw()).unwrap();
        let monotonic = guest.clock_time_get(CLOCKID_MONOTONIC.raw()).unwrap();
        let cpu = guest.clock_time_get(CLOCKID_PROCESS_CPUTIME_ID.raw()).unwrap();
        let random = guest.random_get(13).unwrap();
        (realtime, monotonic, cpu, random, guest.random_get(13).unwrap())
    };
    let (realtime, monotonic, cpu, one, two) = run();
    assert_eq!((realtime, monotonic, cpu), (315_532_800_000_001_000, 2_000, 3_000));
    assert_ne!(one, two);
    assert_eq!(run(), (realtime, monotonic, cpu, one, two));
    let mut guest = Guest::with(|builder| builder.repeatable());
    assert_eq!(guest.clock_time_get(4), Err(ERRNO_INVAL));
}

#[test]
fn a_repeatable_run_sees_the_same_times_of_carried_files() {
    let run = || {
        let files = Embedded::new(&["file=content", "dir/"]);
        let mut guest = Guest::with(|b| b.files(files, 0, "/tree", sandbox::Access::ReadWrite).repeatable());
        let tree = FIRST;
        let fd = guest.open(tree, "new", CREATE).unwrap();
        guest.fd_write(fd, &[b"written"]).unwrap();
        guest.path_create_directory(tree, "made").unwrap();
        guest.path_rename((tree, "file"), (tree, "dir/moved")).unwrap();
        let now = FSTFLAGS_ATIM_NOW | FSTFLAGS_MTIM_NOW;
        guest.path_filestat_set_times(tree, 0, "dir/moved", (0, 0, now)).unwrap();
        let mut times = Vec::new();
        for path in ["new", "made", "dir", "dir/moved", "."] {
            let stat = guest.path_filestat_get(tree, 0, path).unwrap();
            times.extend([stat.atim, stat.mtim, stat.ctim]);
        }
        times
    };
    let times = run();
    std::thread::sleep(Duration::from_millis(2));
    assert_eq!(run(), times);
    // A program compares them with its clock: they lie between its start and its end.
    let (start, second) = (315_532_800 * 1_000_000_000, 1_000_000_000);
    assert!(times.iter().all(|time| (start..start + second).contains(time)), "{times:?}");
}
