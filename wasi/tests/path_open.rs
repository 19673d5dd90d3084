//! `path_open`.

use sandbox::rights;
use sandbox::spec::*;

use crate::common::*;

#[test]
fn creating_makes_an_empty_file_and_keeps_one_that_is_there() {
    let mut guest = Guest::new();
    guest.file("root/old", "content");
    assert_eq!(guest.open(ROOT, "new", CREATE), Ok(FIRST));
    assert_eq!(guest.content("root/new"), b"");
    let fd = guest.open(ROOT, "old", CREATE).unwrap();
    assert_eq!(guest.fd_read(fd, &[16]), Ok(b"content".to_vec()));
}

#[test]
fn creating_needs_no_right_to_write_and_gives_none() {
    let mut guest = Guest::new();
    let fd = guest.open(ROOT, "new", Open { base: 0, ..CREATE }).unwrap();
    assert_eq!(guest.fd_fdstat_get(fd).unwrap().base, 0);
    assert_eq!(guest.fd_write(fd, &[b"x"]), Err(ERRNO_NOTCAPABLE));
    assert_eq!(guest.content("root/new"), b"");
}

#[test]
fn what_is_not_there_is_noent_and_is_not_made() {
    let mut guest = Guest::new();
    for how in [READ, READ_WRITE, WRITE, DIRECTORY, READ_WRITE.oflags(OFLAGS_TRUNC), READ.oflags(OFLAGS_EXCL)]
    {
        assert_eq!(guest.open(ROOT, "missing", how), Err(ERRNO_NOENT), "{how:?}");
        assert_eq!(guest.open(ROOT, "missing/file", how), Err(ERRNO_NOENT), "{how:?}");
    }
    assert_eq!(guest.open(ROOT, "missing/file", CREATE), Err(ERRNO_NOENT));
    assert!(!guest.stands("root/missing"));
}

#[test]
fn an_exclusive_file_must_be_new() {
    let mut guest = Guest::new();
    let new = CREATE.oflags(OFLAGS_EXCL);
    guest.dir("root/dir");
    assert!(guest.open(ROOT, "file", new).is_ok());
    for there in ["file", "dir", "."] {
        assert_eq!(guest.open(ROOT, there, new), Err(ERRNO_EXIST), "{there}");
    }
}

#[test]
fn an_exclusive_file_is_not_made_through_a_link() {
    let mut guest = Guest::new();
    guest.file("root/file", "");
    for (target, link) in [("file", "link"), ("missing", "dangling"), ("loop", "loop"), ("../outside", "out")]
    {
        guest.link(target, &format!("root/{link}"));
        for new in [CREATE.oflags(OFLAGS_EXCL), CREATE.oflags(OFLAGS_EXCL).itself()] {
            assert_eq!(guest.open(ROOT, link, new), Err(ERRNO_EXIST), "{link}");
        }
    }
    assert!(!guest.stands("root/missing") && !guest.stands("outside"));
}

#[test]
fn truncating_empties_a_file() {
    let mut guest = Guest::new();
    for (how, right) in [(READ_WRITE, Ok(1)), (WRITE, Ok(1)), (READ, Err(ERRNO_NOTCAPABLE))] {
        guest.file("root/file", "content");
        let fd = guest.open(ROOT, "file", how.oflags(OFLAGS_TRUNC)).unwrap();
        assert_eq!(guest.content("root/file"), b"");
        assert_eq!(guest.fd_write(fd, &[b"x"]), right, "the descriptor's rights stay what was asked for");
    }
}

#[test]
fn truncating_and_appending_go_together() {
    let mut guest = Guest::new();
    guest.file("root/file", "content");
    let how = CREATE.oflags(OFLAGS_TRUNC).fdflags(FDFLAGS_APPEND);
    let fd = guest.open(ROOT, "file", how).unwrap();
    guest.fd_write(fd, &[b"ab"]).unwrap();
    guest.fd_seek(fd, 0, 0).unwrap();
    guest.fd_write(fd, &[b"cd"]).unwrap();
    assert_eq!(guest.content("root/file"), b"abcd");
}

#[test]
fn a_file_is_no_directory() {
    let mut guest = Guest::new();
    guest.file("root/file", "");
    assert_eq!(guest.open(ROOT, "file", DIRECTORY), Err(ERRNO_NOTDIR));
    assert_eq!(guest.open(ROOT, "file/below", READ), Err(ERRNO_NOTDIR));
    assert_eq!(guest.open(ROOT, "file/below", CREATE), Err(ERRNO_NOTDIR));
    let file = guest.open(ROOT, "file", CREATE).unwrap();
    assert_eq!(guest.open(file, "below", READ), Err(ERRNO_NOTDIR));
}

#[test]
fn a_directory_is_opened_without_being_asked_for() {
    let mut guest = Guest::new();
    guest.dir("root/dir");
    guest.file("root/dir/file", "content");
    let how = Open { base: READ.base | rights::DIRECTORY, inheriting: DIRECTORY.inheriting, ..READ };
    let fd = guest.open(ROOT, "dir", how).unwrap();
    let stat = guest.fd_fdstat_get(fd).unwrap();
    assert_eq!((stat.filetype, stat.base), (FILETYPE_DIRECTORY.raw(), rights::DIRECTORY));
    let file = guest.open(fd, "file", READ).unwrap();
    assert_eq!(guest.fd_read(file, &[16]), Ok(b"content".to_vec()));
}

#[test]
fn a_directory_cannot_be_written_created_or_truncated() {
    let mut guest = Guest::new();
    guest.dir("root/dir");
    for path in ["dir", "dir/", "."] {
        for how in [READ_WRITE, WRITE, CREATE, READ.oflags(OFLAGS_TRUNC), DIRECTORY_TO_WRITE] {
            assert_eq!(guest.open(ROOT, path, how), Err(ERRNO_ISDIR), "{path} {how:?}");
        }
    }
    const DIRECTORY_TO_WRITE: Open = Open { base: RIGHTS_FD_READ | RIGHTS_FD_WRITE, ..DIRECTORY };
}

#[test]
fn flags_that_contradict_or_are_none_are_inval_and_make_nothing() {
    let mut guest = Guest::new();
    for how in [
        DIRECTORY.oflags(OFLAGS_CREAT),
        DIRECTORY.oflags(OFLAGS_TRUNC),
        DIRECTORY.oflags(OFLAGS_CREAT | OFLAGS_EXCL),
        Open { oflags: CREATE.oflags | 1 << 4, ..CREATE },
        Open { oflags: CREATE.oflags | 1 << 16, ..CREATE },
        Open { fdflags: 1 << 5, ..CREATE },
        Open { fdflags: 1 << 16, ..CREATE },
        Open { lookup: 2, ..CREATE },
        Open { lookup: u32::MAX, ..CREATE },
    ] {
        assert_eq!(guest.open(ROOT, "new", how), Err(ERRNO_INVAL), "{how:?}");
    }
    assert!(!guest.stands("root/new"));
}

#[test]
fn every_descriptor_flag_can_be_given() {
    let mut guest = Guest::new();
    for flags in 0..1 << 5 {
        let fd = guest.open(ROOT, "file", CREATE.fdflags(flags)).unwrap();
        assert_eq!(guest.fd_fdstat_get(fd).unwrap().flags, flags);
        assert_eq!(guest.fd_write(fd, &[b"x"]), Ok(1));
        guest.fd_close(fd).unwrap();
    }
}

#[test]
fn rights_that_do_not_apply_are_left_out() {
    let mut guest = Guest::new();
    guest.dir("root/dir");
    let everything = Open { base: u64::MAX, inheriting: u64::MAX, ..CREATE };
    let fd = guest.open(ROOT, "file", everything).unwrap();
    assert_eq!(guest.fd_fdstat_get(fd).unwrap().base, rights::FILE);
    let fd = guest.open(ROOT, "dir", Open { base: !rights::NEED_WRITE, ..DIRECTORY }).unwrap();
    assert_eq!(guest.fd_fdstat_get(fd).unwrap().base, rights::DIRECTORY);
}

#[test]
fn a_right_beyond_what_is_handed_on_is_notcapable_and_makes_nothing() {
    let mut guest = Guest::new();
    guest.dir("root/dir");
    let narrow = Open { inheriting: RIGHTS_FD_READ, ..DIRECTORY };
    let dir = guest.open(ROOT, "dir", narrow).unwrap();
    for (how, answer) in [
        (Open { base: RIGHTS_FD_WRITE, ..CREATE }, Err(ERRNO_NOTCAPABLE)),
        (Open { base: 0, inheriting: RIGHTS_FD_WRITE, ..CREATE }, Err(ERRNO_NOTCAPABLE)),
        (Open { base: RIGHTS_FD_READ, ..CREATE }, Ok(dir + 1)),
    ] {
        assert_eq!(guest.open(dir, "file", how), answer);
        assert_eq!(guest.stands("root/dir/file"), answer.is_ok());
    }
}

#[test]
fn a_link_is_followed_if_asked() {
    let mut guest = Guest::new();
    guest.dir("root/dir");
    guest.file("root/dir/file", "content");
    guest.link("dir/file", "root/link");
    guest.link("dir", "root/to dir");
    guest.link("link", "root/chain");
    guest.link("../dir/./file", "root/dir/up");
    for path in ["link", "chain", "to dir/file", "dir/up", "to dir/up"] {
        let fd = guest.open(ROOT, path, READ).unwrap();
        assert_eq!(guest.fd_read(fd, &[16]), Ok(b"content".to_vec()), "{path}");
    }
    assert!(guest.open(ROOT, "to dir", DIRECTORY).is_ok());
    assert_eq!(guest.open(ROOT, "link", DIRECTORY), Err(ERRNO_NOTDIR));
}

#[test]
fn a_link_that_is_not_to_be_followed_is_loop() {
    let mut guest = Guest::new();
    guest.dir("root/dir");
    guest.file("root/dir/file", "");
    for (target, link) in
        [("dir/file", "link"), ("dir", "to dir"), ("missing", "dangling"), ("/", "absolute")]
    {
        guest.link(target, &format!("root/{link}"));
        for how in [READ, READ_WRITE, CREATE, READ.oflags(OFLAGS_TRUNC)] {
            assert_eq!(guest.open(ROOT, link, how.itself()), Err(ERRNO_LOOP), "{link} {how:?}");
        }
        let errno = guest.open(ROOT, link, DIRECTORY.itself()).unwrap_err();
        assert!([ERRNO_LOOP, ERRNO_NOTDIR].contains(&errno), "{link} {errno:?}");
    }
    assert!(guest.open(ROOT, "to dir/file", READ.itself()).is_ok(), "only the last name is meant");
    assert!(!guest.stands("root/missing"));
}

#[test]
fn a_link_to_nowhere_is_noent_and_creating_makes_what_it_names() {
    let mut guest = Guest::new();
    guest.link("target", "root/link");
    assert_eq!(guest.open(ROOT, "link", READ), Err(ERRNO_NOENT));
    assert_eq!(guest.open(ROOT, "link", DIRECTORY), Err(ERRNO_NOENT));
    let fd = guest.open(ROOT, "link", CREATE).unwrap();
    guest.fd_write(fd, &[b"x"]).unwrap();
    assert_eq!(guest.content("root/target"), b"x");
}

#[test]
fn links_in_a_circle_are_loop() {
    let mut guest = Guest::new();
    guest.link("self", "root/self");
    guest.link("b", "root/a");
    guest.link("a", "root/b");
    guest.link("deeper/deeper", "root/deeper");
    for path in ["self", "a", "b", "self/below", "a/below", "deeper", "./self"] {
        for how in [READ, CREATE, DIRECTORY] {
            assert_eq!(guest.open(ROOT, path, how), Err(ERRNO_LOOP), "{path} {how:?}");
        }
    }
    assert_eq!(guest.open(ROOT, "self/", READ), Err(ERRNO_LOOP));
}

#[test]
fn a_chain_of_links_may_be_long_but_not_endless() {
    let mut guest = Guest::new();
    guest.file("root/0", "content");
    for i in 1..=100 {
        guest.link(&(i - 1).to_string(), &format!("root/{i}"));
    }
    assert!(guest.open(ROOT, "20", READ).is_ok());
    assert_eq!(guest.open(ROOT, "100", READ), Err(ERRNO_LOOP));
}

#[test]
fn dots_inside_stay_inside() {
    let mut guest = Guest::new();
    guest.dir("root/dir/sub");
    guest.file("root/file", "content");
    for path in ["./file", "dir/../file", "dir/sub/../../file", ".//./file", "dir/./sub/.././../dir/../file"]
    {
        let fd = guest.open(ROOT, path, READ).unwrap();
        assert_eq!(guest.fd_read(fd, &[16]), Ok(b"content".to_vec()), "{path}");
    }
    let root = guest.fd_filestat_get(ROOT).unwrap();
    for path in [".", "./", "./.", "dir/..", "dir/../", "dir/sub/../.."] {
        let fd = guest.open(ROOT, path, DIRECTORY).unwrap();
        assert_eq!(guest.fd_filestat_get(fd).unwrap().ino, root.ino, "{path}");
    }
    assert_eq!(guest.open(ROOT, "missing/../file", READ), Err(ERRNO_NOENT));
    assert_eq!(guest.open(ROOT, "file/../file", READ), Err(ERRNO_NOTDIR));
}

#[test]
fn a_slash_at_the_end_wants_a_directory() {
    let mut guest = Guest::new();
    guest.dir("root/dir");
    guest.file("root/file", "");
    guest.link("dir", "root/to dir");
    guest.link("file", "root/to file");
    for path in ["dir/", "dir//", "to dir/", "to dir/."] {
        assert!(guest.open(ROOT, path, DIRECTORY).is_ok(), "{path}");
        assert!(guest.open(ROOT, path, READ).is_ok(), "{path}");
    }
    assert!(guest.open(ROOT, "to dir/", READ.itself()).is_ok(), "the last name is behind the slash");
    for path in ["file/", "file//", "to file/", "file/.", "to file/."] {
        for how in [READ, READ_WRITE, DIRECTORY] {
            assert_eq!(guest.open(ROOT, path, how), Err(ERRNO_NOTDIR), "{path} {how:?}");
        }
    }
    assert_eq!(guest.open(ROOT, "missing/", READ), Err(ERRNO_NOENT));
}

#[test]
fn no_file_is_created_with_a_slash_at_the_end() {
    let mut guest = Guest::new();
    guest.file("root/file", "");
    let before = guest.tree();
    for path in ["new/", "new//", "new/.", "file/"] {
        for how in [CREATE, CREATE.oflags(OFLAGS_EXCL), CREATE.oflags(OFLAGS_TRUNC)] {
            let errno = guest.open(ROOT, path, how).unwrap_err();
            let refusals = [ERRNO_ISDIR, ERRNO_NOENT, ERRNO_NOTDIR, ERRNO_EXIST];
            assert!(refusals.contains(&errno), "{path} {how:?} {errno:?}");
        }
    }
    assert_eq!(guest.tree(), before);
}

#[test]
fn an_open_directory_is_itself_wherever_it_moves() {
    let mut guest = Guest::new();
    guest.dir("root/dir/sub");
    guest.file("root/dir/sub/file", "content");
    let dir = guest.open(ROOT, "dir/sub", DIRECTORY).unwrap();
    guest.path_rename((ROOT, "dir/sub"), (OTHER, "moved")).unwrap();
    assert!(guest.open(dir, "file", READ).is_ok());
    guest.open(dir, "new", CREATE).unwrap();
    assert!(guest.stands("other/moved/new"));
    assert_eq!(
        guest.open(dir, "..", DIRECTORY),
        Err(ERRNO_NOTCAPABLE),
        "and it is the top of what it reaches"
    );
}

#[test]
fn names_may_be_as_long_as_the_file_system_takes() {
    let mut guest = Guest::new();
    assert!(guest.open(ROOT, "a".repeat(255), CREATE).is_ok());
    assert_eq!(guest.open(ROOT, "a".repeat(256), CREATE), Err(ERRNO_NAMETOOLONG));
    let deep = "./".repeat(1000) + "file";
    assert!(guest.open(ROOT, &deep, CREATE).is_ok());
}

#[test]
fn names_are_just_names() {
    let mut guest = Guest::new();
    for name in ["größe", "a b", "a\nb", "-", "~", "*", "C:", "a\\b", "..a", "...", "\u{202e}", "NUL", "a:b"]
    {
        assert!(guest.open(ROOT, name, CREATE).is_ok(), "{name:?}");
        assert!(guest.host("root").join(name).is_file(), "{name:?}");
    }
}

#[test]
fn what_the_host_refuses_is_acces() {
    use std::os::unix::fs::PermissionsExt;
    let mut guest = Guest::new();
    if unstoppable(&guest) {
        return;
    }
    let set = |guest: &Guest, path, mode| {
        std::fs::set_permissions(guest.host(path), PermissionsExt::from_mode(mode)).unwrap();
    };
    guest.file("root/file", "content");
    set(&guest, "root/file", 0o400);
    assert_eq!(guest.open(ROOT, "file", READ_WRITE), Err(ERRNO_ACCES));
    assert_eq!(guest.open(ROOT, "file", READ.oflags(OFLAGS_TRUNC)), Err(ERRNO_ACCES));
    let fd = guest.open(ROOT, "file", READ.oflags(OFLAGS_CREAT)).unwrap();
    assert_eq!(guest.fd_read(fd, &[16]), Ok(b"content".to_vec()), "creating what is there needs no writing");
    set(&guest, "root/file", 0o000);
    assert_eq!(guest.open(ROOT, "file", READ), Err(ERRNO_ACCES));
    guest.dir("root/dir");
    set(&guest, "root/dir", 0o500);
    assert_eq!(guest.open(ROOT, "dir/new", CREATE), Err(ERRNO_ACCES));
    assert_eq!(guest.path_create_directory(ROOT, "dir/new"), Err(ERRNO_ACCES));
}

#[test]
#[cfg(target_os = "linux")]
fn a_pipe_is_opened_without_waiting_in_nonblocking_mode() {
    let mut guest = Guest::new();
    fifo(&guest.host("root/pipe"));
    assert_eq!(
        guest.open(ROOT, "pipe", WRITE.fdflags(FDFLAGS_NONBLOCK)),
        Err(ERRNO_NXIO),
        "nobody reads yet"
    );
    assert!(guest.open(ROOT, "pipe", READ.fdflags(FDFLAGS_NONBLOCK)).is_ok());
    assert!(guest.open(ROOT, "pipe", WRITE.fdflags(FDFLAGS_NONBLOCK)).is_ok());
}

/// Through these files a program could change the launcher it runs in.
#[cfg(target_os = "linux")]
#[test]
fn what_the_kernel_shows_of_processes_cannot_be_written() {
    let mut guest =
        Guest::with(|builder| builder.dir(granted("/proc".as_ref()), "/proc", sandbox::Access::ReadWrite));
    assert!(guest.open(FIRST, "self/status", READ).is_ok());
    for file in ["self/mem", "self/oom_score_adj"] {
        assert_eq!(guest.open(FIRST, file, READ_WRITE), Err(ERRNO_PERM), "{file}");
    }
}
