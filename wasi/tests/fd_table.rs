//! `fd_close`, `fd_renumber`, `fd_fdstat_*`, `fd_prestat_*`: descriptors as such.

use sandbox::spec::*;
use sandbox::{Access, rights};

use crate::common::{Fdstat, *};

#[test]
fn a_closed_descriptor_is_gone() {
    let mut guest = Guest::new();
    let fd = guest.open(ROOT, "file", CREATE).unwrap();
    assert_eq!(guest.fd_close(fd), Ok(()));
    assert_eq!(guest.fd_close(fd), Err(ERRNO_BADF));
    assert_eq!(guest.fd_fdstat_get(fd), Err(ERRNO_BADF));
    assert_eq!(guest.fd_close(u32::MAX), Err(ERRNO_BADF));
}

#[test]
fn granted_directories_and_streams_can_be_closed() {
    let mut guest = Guest::new();
    for fd in [0, 1, 2, ROOT] {
        assert_eq!(guest.fd_close(fd), Ok(()));
        assert_eq!(guest.fd_fdstat_get(fd), Err(ERRNO_BADF));
    }
    assert_eq!(guest.fd_prestat_get(ROOT), Err(ERRNO_BADF));
    assert_eq!(guest.open(ROOT, ".", DIRECTORY), Err(ERRNO_BADF));
    assert!(guest.open(OTHER, ".", DIRECTORY).is_ok(), "the others stay");
}

#[test]
fn the_lowest_free_number_is_given_out() {
    let mut guest = Guest::new();
    let open = |guest: &mut Guest| guest.open(ROOT, "file", CREATE).unwrap();
    assert_eq!([open(&mut guest), open(&mut guest), open(&mut guest)], [FIRST, FIRST + 1, FIRST + 2]);
    guest.fd_close(FIRST + 1).unwrap();
    guest.fd_close(FIRST).unwrap();
    assert_eq!([open(&mut guest), open(&mut guest), open(&mut guest)], [FIRST, FIRST + 1, FIRST + 3]);
    guest.fd_close(0).unwrap();
    assert_eq!(open(&mut guest), 0);
}

#[test]
fn renumbering_moves_a_file_with_its_position_flags_and_rights() {
    let mut guest = Guest::new();
    guest.file("root/file", "0123456789");
    let from = guest.open(ROOT, "file", READ.fdflags(FDFLAGS_APPEND)).unwrap();
    let to = guest.open(ROOT, "second", CREATE).unwrap();
    guest.fd_read(from, &[4]).unwrap();
    let stat = guest.fd_fdstat_get(from);
    assert_eq!(guest.fd_renumber(from, to), Ok(()));
    assert_eq!(guest.fd_fdstat_get(to), stat);
    assert_eq!(guest.fd_read(to, &[3]), Ok(b"456".to_vec()));
    assert_eq!(guest.fd_close(from), Err(ERRNO_BADF));
}

#[test]
fn renumbering_onto_itself_changes_nothing() {
    let mut guest = Guest::new();
    let fd = guest.open(ROOT, "file", CREATE).unwrap();
    assert_eq!(guest.fd_renumber(fd, fd), Ok(()));
    assert_eq!(guest.fd_write(fd, &[b"still open"]), Ok(10));
}

#[test]
fn renumbering_needs_two_open_descriptors() {
    let mut guest = Guest::new();
    let fd = guest.open(ROOT, "file", CREATE).unwrap();
    for closed in [FIRST + 1, CLOSED, u32::MAX] {
        assert_eq!(guest.fd_renumber(fd, closed), Err(ERRNO_BADF));
        assert_eq!(guest.fd_renumber(closed, fd), Err(ERRNO_BADF));
        assert_eq!(guest.fd_renumber(closed, closed), Err(ERRNO_BADF));
    }
    assert_eq!(guest.fd_write(fd, &[b"x"]), Ok(1), "a failed renumbering leaves both as they are");
}

#[test]
fn renumbering_over_a_granted_directory_replaces_it() {
    let mut guest = Guest::new();
    let file = guest.open(ROOT, "file", CREATE).unwrap();
    assert_eq!(guest.fd_renumber(file, OTHER), Ok(()));
    assert_eq!(guest.fd_prestat_get(OTHER), Err(ERRNO_BADF));
    assert_eq!(guest.fd_write(OTHER, &[b"x"]), Ok(1));
    // And a granted directory keeps its name where it goes.
    assert_eq!(guest.fd_renumber(RO, ROOT), Ok(()));
    assert_eq!(guest.fd_prestat_dir_name(ROOT, 3), Ok(b"/ro".to_vec()));
    assert_eq!(guest.path_create_directory(ROOT, "d"), Err(ERRNO_ROFS), "and its read-only grant");
}

#[test]
fn fdstat_tells_type_flags_and_rights() {
    let mut guest = Guest::new();
    let how = CREATE.fdflags(FDFLAGS_APPEND | FDFLAGS_NONBLOCK | FDFLAGS_SYNC);
    let fd = guest.open(ROOT, "file", how).unwrap();
    let stat = guest.fd_fdstat_get(fd).unwrap();
    let flags = FDFLAGS_APPEND | FDFLAGS_NONBLOCK | FDFLAGS_SYNC;
    let filetype = FILETYPE_REGULAR_FILE.raw();
    assert_eq!(stat, Fdstat { filetype, flags, base: rights::FILE, inheriting: 0 });

    let stat = guest.fd_fdstat_get(ROOT).unwrap();
    let inheriting = rights::DIRECTORY | rights::FILE;
    let filetype = FILETYPE_DIRECTORY.raw();
    assert_eq!(stat, Fdstat { filetype, flags: 0, base: rights::DIRECTORY, inheriting });
    assert_eq!(guest.fd_fdstat_get(CLOSED), Err(ERRNO_BADF));
}

#[test]
fn streams_go_one_way() {
    let mut guest = Guest::new();
    let input = guest.fd_fdstat_get(0).unwrap().base;
    assert_eq!(input & (RIGHTS_FD_READ | RIGHTS_FD_WRITE), RIGHTS_FD_READ);
    assert_eq!(input & (RIGHTS_FD_FILESTAT_SET_TIMES | RIGHTS_FD_FILESTAT_SET_SIZE), 0);
    for fd in [1, 2] {
        let output = guest.fd_fdstat_get(fd).unwrap().base;
        assert_eq!(output & (RIGHTS_FD_READ | RIGHTS_FD_WRITE), RIGHTS_FD_WRITE);
        assert_eq!(guest.fd_read(fd, &[1]), Err(ERRNO_NOTCAPABLE));
    }
    assert_eq!(guest.fd_write(0, &[b"x"]), Err(ERRNO_NOTCAPABLE));
}

#[test]
fn a_stream_is_neither_cut_nor_extended_nor_given_times() {
    let mut guest = Guest::new();
    guest.fd_renumber(2, RO).unwrap();
    for fd in [0, 1, RO] {
        let owners = RIGHTS_FD_ALLOCATE | RIGHTS_FD_FILESTAT_SET_SIZE | RIGHTS_FD_FILESTAT_SET_TIMES;
        let stat = guest.fd_fdstat_get(fd).unwrap();
        assert_eq!(stat.base & owners, 0, "{fd}");
        let wanted = guest.fd_fdstat_set_rights(fd, stat.base | RIGHTS_FD_ALLOCATE, 0);
        assert_eq!(wanted, Err(ERRNO_NOTCAPABLE));
        assert_eq!(guest.fd_allocate(fd, 0, 1), Err(ERRNO_NOTCAPABLE));
        assert_eq!(guest.fd_filestat_set_size(fd, 0), Err(ERRNO_NOTCAPABLE));
        assert_eq!(guest.fd_filestat_set_times(fd, 1, 1, FSTFLAGS_MTIM), Err(ERRNO_NOTCAPABLE));
    }
}

#[test]
fn of_a_streams_flags_only_whether_it_waits_is_the_programs() {
    let mut guest = Guest::new();
    guest.fd_renumber(2, RO).unwrap();
    for fd in [0, 1, RO] {
        let kept = guest.fd_fdstat_get(fd).unwrap().flags & !FDFLAGS_NONBLOCK;
        for waits in [FDFLAGS_NONBLOCK, 0, FDFLAGS_NONBLOCK] {
            assert_eq!(guest.fd_fdstat_set_flags(fd, (kept | waits).into()), Ok(()));
            assert_eq!(guest.fd_fdstat_get(fd).unwrap().flags, kept | waits);
        }
        for others in [FDFLAGS_APPEND, FDFLAGS_SYNC, FDFLAGS_DSYNC, FDFLAGS_RSYNC] {
            assert_eq!(guest.fd_fdstat_set_flags(fd, (kept ^ others).into()), Err(ERRNO_NOTSUP), "{others}");
        }
        assert_eq!(guest.fd_fdstat_get(fd).unwrap().flags, kept | FDFLAGS_NONBLOCK);
    }
}

#[test]
fn a_stream_that_was_closed_is_not_open_and_its_number_is_the_next() {
    let mut guest = Guest::with(|builder| builder.closed(0).closed(2));
    guest.file("root/file", "");
    for fd in [0, 2] {
        assert_eq!(guest.fd_read(fd, &[1]), Err(ERRNO_BADF));
        assert_eq!(guest.fd_write(fd, &[b"x"]), Err(ERRNO_BADF));
        assert_eq!(guest.fd_fdstat_get(fd), Err(ERRNO_BADF));
        assert_eq!(guest.fd_prestat_get(fd), Err(ERRNO_BADF));
    }
    assert!(guest.fd_fdstat_get(1).is_ok() && guest.fd_prestat_get(ROOT).is_ok());
    // As natively: the lowest number that is free.
    let opened = [0, 2, FIRST].map(|_| guest.open(ROOT, "file", READ).unwrap());
    assert_eq!(opened, [0, 2, FIRST]);
    guest.fd_close(2).unwrap();
    guest.fd_close(0).unwrap();
    assert_eq!([0, 2].map(|_| guest.open(ROOT, "file", READ).unwrap()), [0, 2]);
}

#[test]
fn append_mode_can_be_switched_on_and_off() {
    let mut guest = Guest::new();
    guest.file("root/file", "0123");
    let fd = guest.open(ROOT, "file", READ_WRITE).unwrap();
    assert_eq!(guest.fd_fdstat_set_flags(fd, FDFLAGS_APPEND.into()), Ok(()));
    assert_eq!(guest.fd_fdstat_get(fd).unwrap().flags, FDFLAGS_APPEND);
    guest.fd_write(fd, &[b"end"]).unwrap();
    assert_eq!(guest.content("root/file"), b"0123end");
    assert_eq!(guest.fd_fdstat_set_flags(fd, 0), Ok(()));
    assert_eq!(guest.fd_fdstat_get(fd).unwrap().flags, 0);
    guest.fd_seek(fd, 0, 0).unwrap();
    guest.fd_write(fd, &[b"AB"]).unwrap();
    assert_eq!(guest.content("root/file"), b"AB23end");
}

#[test]
fn flags_that_cannot_be_set_change_nothing() {
    let mut guest = Guest::new();
    let fd = guest.open(ROOT, "file", CREATE).unwrap();
    for unknown in [1 << 5, 1 << 15, 1 << 16, u32::MAX] {
        assert_eq!(guest.fd_fdstat_set_flags(fd, unknown), Err(ERRNO_INVAL), "{unknown:x}");
    }
    for fixed in [FDFLAGS_DSYNC, FDFLAGS_RSYNC, FDFLAGS_SYNC] {
        let flags = u32::from(fixed | FDFLAGS_APPEND);
        assert_eq!(guest.fd_fdstat_set_flags(fd, flags), Err(ERRNO_NOTSUP), "{fixed:x}");
    }
    assert_eq!(guest.fd_fdstat_get(fd).unwrap().flags, 0);
    assert_eq!(guest.fd_fdstat_set_flags(ROOT, FDFLAGS_APPEND.into()), Err(ERRNO_NOTSUP));
    assert_eq!(guest.fd_fdstat_set_flags(ROOT, 0), Ok(()));
    assert_eq!(guest.fd_fdstat_set_flags(CLOSED, 0), Err(ERRNO_BADF));
}

#[test]
fn a_sync_flag_stays_when_others_change() {
    let mut guest = Guest::new();
    let fd = guest.open(ROOT, "file", CREATE.fdflags(FDFLAGS_SYNC)).unwrap();
    assert_eq!(guest.fd_fdstat_set_flags(fd, u32::from(FDFLAGS_SYNC | FDFLAGS_APPEND)), Ok(()));
    assert_eq!(guest.fd_fdstat_set_flags(fd, FDFLAGS_APPEND.into()), Err(ERRNO_NOTSUP));
}

#[test]
fn rights_can_be_given_up_and_not_regained() {
    let mut guest = Guest::new();
    let fd = guest.open(ROOT, "file", CREATE).unwrap();
    let kept = RIGHTS_FD_READ | RIGHTS_FD_FILESTAT_GET;
    assert_eq!(guest.fd_fdstat_set_rights(fd, kept, 0), Ok(()));
    assert_eq!(guest.fd_fdstat_get(fd).unwrap().base, kept);
    for more in [kept | RIGHTS_FD_WRITE, rights::FILE, u64::MAX] {
        assert_eq!(guest.fd_fdstat_set_rights(fd, more, 0), Err(ERRNO_NOTCAPABLE), "{more:x}");
    }
    assert_eq!(guest.fd_fdstat_set_rights(fd, kept, RIGHTS_FD_READ), Err(ERRNO_NOTCAPABLE), "inheriting");
    assert_eq!(guest.fd_fdstat_get(fd).unwrap().base, kept, "a refusal takes nothing away");
    assert_eq!(guest.fd_fdstat_set_rights(fd, 0, 0), Ok(()));
    assert_eq!(guest.fd_fdstat_set_rights(CLOSED, 0, 0), Err(ERRNO_BADF));
}

#[test]
fn inheriting_rights_limit_what_is_opened() {
    let mut guest = Guest::new();
    guest.file("root/file", "");
    guest.fd_fdstat_set_rights(ROOT, rights::DIRECTORY, rights::DIRECTORY | RIGHTS_FD_READ).unwrap();
    let only_read = Open { base: RIGHTS_FD_READ, ..READ };
    assert!(guest.open(ROOT, "file", only_read).is_ok());
    assert_eq!(guest.open(ROOT, "file", READ), Err(ERRNO_NOTCAPABLE));
    let hands_on = Open { inheriting: RIGHTS_FD_WRITE, ..only_read };
    assert_eq!(guest.open(ROOT, "file", hands_on), Err(ERRNO_NOTCAPABLE));
}

#[test]
fn prestat_names_what_was_granted() {
    let mut guest = Guest::new();
    for (fd, name) in [(ROOT, "/"), (OTHER, "/other"), (RO, "/ro")] {
        let len = name.len() as u32;
        assert_eq!(guest.fd_prestat_get(fd), Ok((PREOPENTYPE_DIR.raw(), len)));
        assert_eq!(guest.fd_prestat_dir_name(fd, len), Ok(name.into()));
        let longer = guest.fd_prestat_dir_name(fd, len + 2).unwrap();
        assert_eq!(longer, [name.as_bytes(), &[MARK; 2]].concat(), "no NUL, nothing behind");
        assert_eq!(guest.fd_prestat_dir_name(fd, len - 1), Err(ERRNO_NAMETOOLONG));
        assert_eq!(guest.fd_prestat_dir_name(fd, 0), Err(ERRNO_NAMETOOLONG));
    }
}

#[test]
fn prestat_ends_behind_what_was_granted() {
    let mut guest = Guest::new();
    let opened = guest.open(ROOT, ".", DIRECTORY).unwrap();
    let file = guest.open(ROOT, "file", CREATE).unwrap();
    for fd in [0, 1, 2, opened, file, CLOSED, u32::MAX] {
        assert_eq!(guest.fd_prestat_get(fd), Err(ERRNO_BADF), "{fd}");
        assert_eq!(guest.fd_prestat_dir_name(fd, 16), Err(ERRNO_BADF), "{fd}");
    }
}

#[test]
fn a_grant_may_have_any_name() {
    for name in ["größe/ß", "a b/../c", "/x"] {
        let mut guest = Guest::bare(|host, builder| builder.dir(granted(host), name, Access::ReadWrite));
        let (len, fd) = (name.len() as u32, HERE + 1);
        assert_eq!(guest.fd_prestat_get(fd), Ok((PREOPENTYPE_DIR.raw(), len)));
        assert_eq!(guest.fd_prestat_dir_name(fd, len), Ok(name.into()));
    }
    for name in ["", ".", "/"] {
        let mut guest = Guest::bare(|host, builder| builder.dir(granted(host), name, Access::ReadWrite));
        assert_eq!(
            [ROOT, HERE].map(|fd| guest.fd_prestat_dir_name(fd, 1)),
            [Ok(b"/".into()), Ok(b".".into())]
        );
        assert_eq!(guest.fd_prestat_get(HERE + 1), Err(ERRNO_BADF));
        assert_eq!(guest.path_create_directory(HERE, "made"), Ok(()), "{name:?}");
    }
}

#[test]
fn one_directory_granted_under_two_names_is_two_descriptors() {
    let host = tempfile::tempdir().unwrap();
    let mut guest = Guest::with(|builder| {
        let builder = builder.dir(granted(host.path()), "/one", Access::ReadWrite);
        builder.dir(granted(host.path()), "/two", Access::ReadOnly)
    });
    assert_eq!(guest.path_create_directory(FIRST, "d"), Ok(()));
    assert_eq!(guest.path_create_directory(FIRST + 1, "e"), Err(ERRNO_ROFS));
    assert!(guest.open(FIRST + 1, "d", DIRECTORY).is_ok());
    let (one, two) = (guest.fd_filestat_get(FIRST).unwrap(), guest.fd_filestat_get(FIRST + 1).unwrap());
    assert_eq!((one.dev, one.ino), (two.dev, two.ino));
}
