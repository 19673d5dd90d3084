//! Embedded trees: looked at when they are needed, changed in memory only, and never left.

use sandbox::Access;
use sandbox::spec::*;

use crate::common::{Dirent, *};

const TIME: u64 = 315_532_800 * 1_000_000_000;
const ENTRIES: [&str; 9] = [
    "file=content",
    "dir/file=below",
    "dir/empty/",
    "link>file",
    "dangling>missing",
    "out>../outside",
    "absolute>/file",
    "circle>circle",
    "dir/up>../file",
];

/// A guest with a tree granted as `/tree`, and the tree.
fn guest(access: Access) -> (Guest, std::sync::Arc<Embedded>) {
    let files = Embedded::new(&ENTRIES);
    let granted = files.clone();
    (Guest::with(|builder| builder.files(granted, 0, "/tree", access)), files)
}

#[test]
fn a_directory_is_asked_for_once_and_only_when_a_path_leads_there() {
    let (mut guest, files) = guest(Access::ReadOnly);
    assert_eq!(files.looked(), 0, "nothing at the start");
    for _ in 0..3 {
        guest.path_filestat_get(FIRST, 0, "file").unwrap();
        guest.path_filestat_get(FIRST, 1, "missing").unwrap_err();
    }
    assert_eq!(*files.looks.lock().unwrap(), [0]);
    for _ in 0..3 {
        guest.open(FIRST, "dir/file", READ).unwrap();
        guest.list(FIRST);
    }
    assert_eq!(*files.looks.lock().unwrap(), [0, 1]);
}

#[test]
fn what_is_known_of_a_tree_is_fixed() {
    let (mut guest, _) = guest(Access::ReadOnly);
    let file = guest.path_filestat_get(FIRST, 0, "file").unwrap();
    assert_eq!((file.filetype, file.size, file.nlink), (FILETYPE_REGULAR_FILE.raw(), 7, 1));
    assert_eq!([file.atim, file.mtim, file.ctim], [TIME; 3]);
    let root = guest.fd_filestat_get(FIRST).unwrap();
    assert_eq!((root.ino, root.nlink, root.dev), (1, 3, file.dev), "its names, and the `..` of `dir`");
    assert_eq!(guest.path_filestat_get(FIRST, 0, "dir").unwrap().nlink, 3);
    assert_eq!(guest.path_filestat_get(FIRST, 0, "link").unwrap().size, 4);
    assert_ne!(file.dev, guest.fd_filestat_get(ROOT).unwrap().dev);
    let names: Vec<String> = guest.list(FIRST).iter().map(Dirent::name).collect();
    let expected = [".", "..", "absolute", "circle", "dangling", "dir", "file", "link", "out"];
    assert_eq!(names, expected);
}

#[test]
fn a_read_only_tree_is_read_and_nothing_else() {
    let (mut guest, _) = guest(Access::ReadOnly);
    type Call = fn(&mut Guest) -> Answer;
    let times = (1, 1, FSTFLAGS_MTIM);
    let changes: &[(&str, Call)] = &[
        ("create", |g| g.open(FIRST, "new", CREATE).map(drop)),
        ("create new", |g| g.open(FIRST, "new", CREATE.oflags(OFLAGS_EXCL)).map(drop)),
        ("create through a link", |g| g.open(FIRST, "dangling", CREATE).map(drop)),
        ("write", |g| g.open(FIRST, "file", WRITE).map(drop)),
        ("truncate", |g| g.open(FIRST, "file", READ.oflags(OFLAGS_TRUNC)).map(drop)),
        ("mkdir", |g| g.path_create_directory(FIRST, "new")),
        ("rmdir", |g| g.path_remove_directory(FIRST, "dir/empty")),
        ("unlink", |g| g.path_unlink_file(FIRST, "file")),
        ("symlink", |g| g.path_symlink("file", FIRST, "new")),
        ("link", |g| g.path_link((FIRST, 0, "file"), (FIRST, "new"))),
        ("link out", |g| g.path_link((FIRST, 0, "file"), (ROOT, "new"))),
        ("link in", |g| g.path_link((OTHER, 0, "file"), (FIRST, "new"))),
        ("rename", |g| g.path_rename((FIRST, "file"), (FIRST, "new"))),
        ("rename out", |g| g.path_rename((FIRST, "file"), (ROOT, "new"))),
        ("rename in", |g| g.path_rename((OTHER, "file"), (FIRST, "new"))),
    ];
    guest.file("other/file", "");
    for (name, call) in changes {
        assert_eq!(call(&mut guest), Err(ERRNO_ROFS), "{name}");
    }
    assert_eq!(guest.path_filestat_set_times(FIRST, 0, "file", times), Err(ERRNO_ROFS));
    assert_eq!(guest.fd_filestat_set_times(FIRST, 1, 1, FSTFLAGS_MTIM), Err(ERRNO_ROFS));
    for path in ["file", "dir", "link", "dangling"] {
        assert_eq!(guest.open(FIRST, path, CREATE.oflags(OFLAGS_EXCL)), Err(ERRNO_EXIST), "{path}");
    }
    assert_eq!(guest.open(FIRST, "missing", READ_WRITE), Err(ERRNO_NOENT));
    assert_eq!(guest.open(FIRST, "dir", READ_WRITE), Err(ERRNO_ISDIR));
    for how in [READ, READ.oflags(OFLAGS_CREAT)] {
        let fd = guest.open(FIRST, "dir/up", how).unwrap();
        assert_eq!(guest.fd_read(fd, &[3, 0, 8]), Ok(b"content".to_vec()));
        assert_eq!(guest.fd_read(fd, &[3]), Ok(vec![]));
        assert_eq!(guest.fd_write(fd, &[b"x"]), Err(ERRNO_NOTCAPABLE));
        assert_eq!(guest.fd_filestat_set_times(fd, 1, 1, FSTFLAGS_MTIM), Err(ERRNO_ROFS));
    }
    assert_eq!(guest.path_filestat_get(FIRST, 0, "file").unwrap().mtim, TIME);
}

#[test]
fn no_path_leads_out_of_a_tree() {
    let (mut guest, _) = guest(Access::ReadWrite);
    // Around what was granted is the root; around what was opened is nothing.
    assert_eq!(guest.path_filestat_get(FIRST, 0, "../tree/file"), guest.path_filestat_get(FIRST, 0, "file"));
    let (tree, dir) =
        (guest.open(FIRST, ".", DIRECTORY).unwrap(), guest.open(FIRST, "dir", DIRECTORY).unwrap());
    let out = [
        "..",
        "../",
        "../x",
        "/",
        "//",
        "/file",
        "/..",
        "dir/../..",
        "dir/../../x",
        "./..",
        ".././..",
        "dir/empty/../../../x",
        "out/x",
        "out/",
        "absolute/x",
        "absolute/",
        "dir/../out/x",
    ];
    for path in out {
        assert_eq!(guest.open(tree, path, READ), Err(ERRNO_NOTCAPABLE), "{path}");
        assert_eq!(guest.path_filestat_get(tree, 0, path), Err(ERRNO_NOTCAPABLE), "{path}");
    }
    for path in out.iter().filter(|path| !path.starts_with("out/") && !path.starts_with("absolute/")) {
        assert_eq!(guest.path_create_directory(tree, path), Err(ERRNO_NOTCAPABLE), "{path}");
        assert_eq!(guest.path_rename((tree, "file"), (tree, path)), Err(ERRNO_NOTCAPABLE), "{path}");
    }
    for path in ["out", "absolute"] {
        assert_eq!(guest.open(FIRST, path, CREATE), Err(ERRNO_NOTCAPABLE), "{path}");
        assert!(guest.path_filestat_get(FIRST, 0, path).is_ok(), "the link itself is inside");
    }
    assert_eq!(guest.path_readlink(FIRST, "absolute", 64), Err(ERRNO_NOTCAPABLE));
    assert_eq!(guest.path_symlink("/x", FIRST, "new"), Err(ERRNO_NOTCAPABLE));
    // From a directory below, the tree above it is outside.
    for path in ["..", "../file", "up", "empty/../.."] {
        assert_eq!(guest.open(dir, path, READ), Err(ERRNO_NOTCAPABLE), "{path}");
    }
    // Also when it was moved up: what counts is where it is now.
    guest.path_rename((FIRST, "dir"), (FIRST, "moved")).unwrap();
    assert_eq!(guest.open(dir, "..", DIRECTORY), Err(ERRNO_NOTCAPABLE));
}

#[test]
fn paths_have_their_limits() {
    let (mut guest, _) = guest(Access::ReadWrite);
    assert_eq!(guest.open(FIRST, "circle", READ), Err(ERRNO_LOOP));
    assert_eq!(guest.open(FIRST, "circle/x", READ), Err(ERRNO_LOOP));
    assert_eq!(guest.open(FIRST, "link", READ.itself()), Err(ERRNO_LOOP));
    assert_eq!(guest.open(FIRST, "a".repeat(256), CREATE), Err(ERRNO_NAMETOOLONG));
    assert!(guest.open(FIRST, "a".repeat(255), CREATE).is_ok());
    guest.path_symlink("file", FIRST, "l0").unwrap();
    for i in 1..=40 {
        guest.path_symlink(format!("l{}", i - 1), FIRST, format!("l{i}")).unwrap();
    }
    assert!(guest.open(FIRST, "l39", READ).is_ok(), "forty links");
    assert_eq!(guest.open(FIRST, "l40", READ), Err(ERRNO_LOOP));
}

#[test]
fn what_is_written_stays_in_memory() {
    let (mut first, files) = guest(Access::ReadWrite);
    let fd = first.open(FIRST, "file", READ_WRITE).unwrap();
    first.fd_write(fd, &[b"CON"]).unwrap();
    assert_eq!(first.fd_pread(fd, &[16], 0), Ok(b"CONtent".to_vec()));
    let stat = first.fd_filestat_get(fd).unwrap();
    assert!(stat.mtim > TIME && stat.ctim > TIME && stat.atim == TIME);
    first.path_unlink_file(FIRST, "link").unwrap();
    // Another program with the same files sees nothing of it.
    let mut second = Guest::with(|builder| builder.files(files, 0, "/tree", Access::ReadWrite));
    let fd = second.open(FIRST, "link", READ).unwrap();
    assert_eq!(second.fd_read(fd, &[16]), Ok(b"content".to_vec()));
}

#[test]
fn an_open_file_outlives_its_name() {
    let (mut guest, _) = guest(Access::ReadWrite);
    let fd = guest.open(FIRST, "file", READ_WRITE).unwrap();
    guest.path_unlink_file(FIRST, "file").unwrap();
    assert_eq!(guest.fd_filestat_get(fd).unwrap().nlink, 0);
    guest.fd_pwrite(fd, &[b"!"], 7).unwrap();
    assert_eq!(guest.fd_read(fd, &[16]), Ok(b"content!".to_vec()));
    assert_eq!(guest.open(FIRST, "file", READ), Err(ERRNO_NOENT));
    guest.open(FIRST, "file", CREATE).unwrap();
    assert_eq!(guest.fd_pread(fd, &[16], 0), Ok(b"content!".to_vec()), "not the new one");
    let dir = guest.open(FIRST, "dir/empty", DIRECTORY).unwrap();
    guest.path_remove_directory(FIRST, "dir/empty").unwrap();
    assert_eq!(guest.open(dir, "new", CREATE), Err(ERRNO_NOENT));
    assert_eq!(guest.list(dir).len(), 2);
}

#[test]
fn flags_and_hints_are_taken_as_for_other_files() {
    let (mut guest, _) = guest(Access::ReadWrite);
    let fd = guest.open(FIRST, "file", READ_WRITE).unwrap();
    guest.fd_fdstat_set_flags(fd, (FDFLAGS_APPEND | FDFLAGS_NONBLOCK).into()).unwrap();
    guest.fd_write(fd, &[b"!"]).unwrap();
    assert_eq!(guest.fd_tell(fd), Ok(8));
    assert_eq!(guest.fd_fdstat_set_flags(fd, FDFLAGS_SYNC.into()), Err(ERRNO_NOTSUP));
    assert_eq!(guest.fd_fdstat_set_flags(FIRST, FDFLAGS_APPEND.into()), Err(ERRNO_NOTSUP));
    assert_eq!((guest.fd_sync(fd), guest.fd_datasync(fd), guest.fd_sync(FIRST)), (Ok(()), Ok(()), Ok(())));
    assert_eq!((guest.fd_advise(fd, 0, 0, 3), guest.fd_advise(fd, 0, 0, 9)), (Ok(()), Err(ERRNO_INVAL)));
    guest.fd_seek(fd, 2, 0).unwrap();
    let events = guest.poll_oneoff(&[Sub::Read(fd), Sub::Write(fd)]).unwrap();
    assert_eq!(events.iter().map(|e| (e.userdata, e.nbytes)).collect::<Vec<_>>(), [(0, 6), (1, 1)]);
}

#[test]
fn names_do_not_move_between_trees_and_the_host() {
    let (mut guest, _) = guest(Access::ReadWrite);
    guest.file("root/file", "");
    assert_eq!(guest.path_rename((FIRST, "file"), (ROOT, "new")), Err(ERRNO_XDEV));
    assert_eq!(guest.path_rename((ROOT, "file"), (FIRST, "new")), Err(ERRNO_XDEV));
    assert_eq!(guest.path_link((FIRST, 0, "file"), (ROOT, "new")), Err(ERRNO_XDEV));
}

#[test]
fn nothing_is_moved_into_a_directory_that_is_gone_with_what_was_around_it() {
    let (mut guest, _) = guest(Access::ReadWrite);
    guest.path_create_directory(FIRST, "a").unwrap();
    guest.path_create_directory(FIRST, "a/b").unwrap();
    let inner = guest.open(FIRST, "a/b", DIRECTORY).unwrap();
    guest.path_remove_directory(FIRST, "a/b").unwrap();
    guest.path_remove_directory(FIRST, "a").unwrap();
    assert_eq!(guest.path_rename((FIRST, "dir"), (inner, "x")), Err(ERRNO_NOENT));
    assert_eq!(guest.path_rename((FIRST, "file"), (inner, "x")), Err(ERRNO_NOENT));
    assert_eq!(guest.path_create_directory(inner, "x"), Err(ERRNO_NOENT));
}
