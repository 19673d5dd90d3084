//! What a program can make its host keep is bounded.

use sandbox::Access;
use sandbox::calls::poll;
use sandbox::spec::*;

use crate::common::*;

/// A guest with a tree that is changed in memory, of which at most `bytes` are kept.
fn keeping(bytes: u64) -> Guest {
    let tree = Embedded::new(&["dir/", "file=0123456789", "link>file"]);
    Guest::with(|builder| builder.keep_at_most(bytes).files(tree, 0, "/tree", Access::ReadWrite))
}

const TREE: u32 = FIRST;
const MIB: u64 = 1 << 20;

/// Writes 64 KiB at a time until that fails; how many bytes were written, and why no more.
fn fill(guest: &mut Guest, fd: u32) -> (u64, Errno) {
    let mut written = 0;
    loop {
        match guest.fd_write(fd, &[&[7; 1 << 14], &[8; 1 << 14]]) {
            Ok(count) => written += u64::from(count),
            Err(why) => return (written, why),
        }
    }
}

#[test]
fn what_is_written_to_a_tree_is_bounded_and_given_back() {
    let mut guest = keeping(MIB);
    let fd = guest.open(TREE, "new", CREATE).unwrap();
    let (written, why) = fill(&mut guest, fd);
    assert_eq!(why, ERRNO_NOSPC);
    assert!((MIB * 9 / 10..MIB).contains(&written), "{written}");
    assert_eq!(guest.fd_tell(fd), Ok(written), "what was written counts");
    assert_eq!(guest.fd_filestat_get(fd).unwrap().size, written);
    // What is there can be read and written over; what is not takes room.
    let last = if (written - 1) % (1 << 15) < 1 << 14 { 7 } else { 8 };
    assert_eq!(guest.fd_pread(fd, &[2], written - 1), Ok(vec![last]));
    assert_eq!(guest.fd_pwrite(fd, &[b"again"], 0), Ok(5));
    let file = guest.open(TREE, "file", READ_WRITE).unwrap();
    assert_eq!(guest.fd_read(file, &[10]), Ok(b"0123456789".to_vec()));
    assert_eq!(guest.fd_pwrite(file, &[b"x"], 0), Err(ERRNO_NOSPC));
    assert_eq!(guest.fd_pwrite(file, &[b"x"], 1 << 60), Err(ERRNO_NOSPC));
    assert_eq!(guest.fd_allocate(file, 0, 1 << 60), Err(ERRNO_NOSPC));
    assert_eq!(guest.fd_filestat_get(file).unwrap().size, 10, "a failure changes nothing");
    // A length alone takes none.
    assert_eq!(guest.fd_filestat_set_size(file, 1 << 60), Ok(()));
    // Cutting and removing give room, the latter when nothing holds the file any more.
    guest.fd_filestat_set_size(fd, 1 << 16).unwrap();
    assert_eq!(guest.fd_pwrite(file, &[b"x"], 1 << 59), Ok(1));
    guest.fd_seek(fd, 0, 2).unwrap();
    assert_eq!(fill(&mut guest, fd).1, ERRNO_NOSPC);
    guest.path_unlink_file(TREE, "new").unwrap();
    assert_eq!(guest.fd_pwrite(file, &[b"x"], 0), Err(ERRNO_NOSPC));
    guest.fd_close(fd).unwrap();
    assert_eq!(guest.fd_pwrite(file, &[b"x"], 0), Ok(1));
}

#[test]
fn names_in_a_tree_are_bounded_and_given_back() {
    let text = "t".repeat(4000);
    type Make<'a> = &'a dyn Fn(&mut Guest, &str) -> Answer;
    let makes: [Make<'_>; 5] = [
        &|guest, name| guest.path_create_directory(TREE, name),
        &|guest, name| guest.path_symlink(&text, TREE, name),
        &|guest, name| guest.path_link((TREE, 0, "file"), (TREE, name)),
        &|guest, name| guest.path_link((TREE, 0, "dir/own"), (TREE, name)),
        &|guest, name| {
            let fd = guest.open(TREE, name, CREATE.oflags(OFLAGS_EXCL))?;
            guest.fd_close(fd)
        },
    ];
    for (which, make) in makes.into_iter().enumerate() {
        let mut guest = keeping(MIB / 16);
        let own = guest.open(TREE, "dir/own", CREATE).unwrap();
        guest.fd_close(own).unwrap();
        for round in 0..3 {
            let made = (0..).take_while(|i| match make(&mut guest, &format!("name-{i}")) {
                Ok(()) => true,
                Err(why) => {
                    assert_eq!(why, ERRNO_NOSPC);
                    false
                }
            });
            let made = made.count();
            assert!((10..64).contains(&made), "{which}: {made}");
            assert!(!guest.list(TREE).is_empty(), "it can be looked at");
            for i in 0..made {
                let name = format!("name-{i}");
                let removed = match which {
                    0 => guest.path_remove_directory(TREE, name),
                    _ => guest.path_unlink_file(TREE, name),
                };
                assert_eq!(removed, Ok(()), "{which} {round}");
            }
        }
    }
}

#[test]
fn a_listing_is_bounded_and_given_back() {
    let mut guest = keeping(1000);
    for i in 0..20 {
        guest.file(&format!("root/file-{i}"), "");
    }
    assert_eq!(guest.fd_readdir(ROOT, 4096, 0), Err(ERRNO_NOMEM));
    for i in 3..20 {
        guest.path_unlink_file(ROOT, format!("file-{i}")).unwrap();
    }
    for _ in 0..10 {
        assert_eq!(guest.list(ROOT).len(), 8, "one listing takes the place of another");
    }
    let other = guest.open(ROOT, ".", DIRECTORY).unwrap();
    assert_eq!(guest.fd_readdir(other, 4096, 0), Err(ERRNO_NOMEM));
    guest.fd_close(ROOT).unwrap();
    assert_eq!(guest.list(other).len(), 8);
}

#[test]
fn descriptors_are_bounded_also_those_that_cost_the_system_none() {
    let mut guest = keeping(MIB);
    let mut last = 0;
    let why = loop {
        match guest.open(TREE, "file", READ) {
            Ok(fd) => last = fd,
            Err(why) => break why,
        }
    };
    assert_eq!((last, why), (0xffff, ERRNO_MFILE));
    assert_eq!(guest.open(TREE, "new", CREATE), Err(ERRNO_MFILE));
    assert_eq!(guest.path_filestat_get(TREE, 0, "new"), Err(ERRNO_NOENT), "nothing is made for nothing");
    for free in [500, 400] {
        guest.fd_close(free).unwrap();
    }
    assert_eq!([0; 3].map(|_| guest.open(TREE, "file", READ)), [Ok(400), Ok(500), Err(ERRNO_MFILE)]);
}

#[test]
fn subscriptions_are_bounded() {
    let guest = Guest::new();
    // The same bytes are subscriptions and events: a clock that rings at once, again and again.
    let mut memory = vec![0; 48 * ((1 << 16) + 2)];
    let most = 1 << 16;
    for (count, answer) in [(most, Ok(())), (most + 1, Err(ERRNO_INVAL))] {
        memory.fill(0);
        for subscription in memory.chunks_exact_mut(48) {
            subscription[16] = CLOCKID_MONOTONIC.raw() as u8;
        }
        let result = 48 * (most + 1);
        let memory = &mut sandbox::Memory::new(&mut memory);
        let outcome = poll::poll_oneoff(&guest.ctx, memory, 0, 0, count, result);
        assert_eq!(outcome.map_err(|error| error.0), answer, "{count}");
        assert_eq!(memory.read_u32(result), Ok(if answer.is_ok() { count } else { 0 }));
    }
}
