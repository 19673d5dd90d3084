//! Each right is enforced: with it the call works, without it the answer is `notcapable` and nothing changes.

use sandbox::rights::{DIRECTORY as DIR, FILE};
use sandbox::spec::*;

use crate::common::*;

/// A right, and a call that needs it of the descriptor that it is given.
struct Row {
    name: &'static str,
    right: Rights,
    call: fn(&mut Guest, u32) -> Answer,
}

const FILES: &[Row] = &[
    Row { name: "fd_read", right: RIGHTS_FD_READ, call: |g, fd| g.fd_read(fd, &[1]).map(drop) },
    Row { name: "fd_pread", right: RIGHTS_FD_READ, call: |g, fd| g.fd_pread(fd, &[1], 0).map(drop) },
    Row { name: "fd_pread", right: RIGHTS_FD_SEEK, call: |g, fd| g.fd_pread(fd, &[1], 0).map(drop) },
    Row { name: "fd_write", right: RIGHTS_FD_WRITE, call: |g, fd| g.fd_write(fd, &[b"x"]).map(drop) },
    Row { name: "fd_pwrite", right: RIGHTS_FD_WRITE, call: |g, fd| g.fd_pwrite(fd, &[b"x"], 0).map(drop) },
    Row { name: "fd_pwrite", right: RIGHTS_FD_SEEK, call: |g, fd| g.fd_pwrite(fd, &[b"x"], 0).map(drop) },
    Row { name: "fd_seek", right: RIGHTS_FD_SEEK, call: |g, fd| g.fd_seek(fd, 1, 1).map(drop) },
    Row { name: "fd_seek to 0", right: RIGHTS_FD_SEEK, call: |g, fd| g.fd_seek(fd, 0, 0).map(drop) },
    Row {
        name: "fd_fdstat_set_flags",
        right: RIGHTS_FD_FDSTAT_SET_FLAGS,
        call: |g, fd| g.fd_fdstat_set_flags(fd, FDFLAGS_APPEND.into()),
    },
    Row { name: "fd_datasync", right: RIGHTS_FD_DATASYNC, call: |g, fd| g.fd_datasync(fd) },
    Row { name: "fd_sync", right: RIGHTS_FD_SYNC, call: |g, fd| g.fd_sync(fd) },
    Row { name: "fd_advise", right: RIGHTS_FD_ADVISE, call: |g, fd| g.fd_advise(fd, 0, 1, 0) },
    Row {
        name: "fd_allocate",
        right: RIGHTS_FD_ALLOCATE,
        call: |g, fd| match g.fd_allocate(fd, 0, 100) {
            Err(ERRNO_NOTSUP) => Ok(()),
            outcome => outcome,
        },
    },
    Row {
        name: "fd_filestat_get",
        right: RIGHTS_FD_FILESTAT_GET,
        call: |g, fd| g.fd_filestat_get(fd).map(drop),
    },
    Row {
        name: "fd_filestat_set_size",
        right: RIGHTS_FD_FILESTAT_SET_SIZE,
        call: |g, fd| g.fd_filestat_set_size(fd, 3),
    },
    Row {
        name: "fd_filestat_set_times",
        right: RIGHTS_FD_FILESTAT_SET_TIMES,
        call: |g, fd| g.fd_filestat_set_times(fd, 1, 1, FSTFLAGS_MTIM),
    },
];

const DIRECTORIES: &[Row] = &[
    Row { name: "path_open", right: RIGHTS_PATH_OPEN, call: |g, fd| g.open(fd, "file", READ).map(drop) },
    Row {
        name: "path_open to create",
        right: RIGHTS_PATH_CREATE_FILE,
        call: |g, fd| g.open(fd, "new", CREATE).map(drop),
    },
    Row {
        name: "path_open to truncate",
        right: RIGHTS_PATH_FILESTAT_SET_SIZE,
        call: |g, fd| g.open(fd, "file", READ_WRITE.oflags(OFLAGS_TRUNC)).map(drop),
    },
    Row {
        name: "path_create_directory",
        right: RIGHTS_PATH_CREATE_DIRECTORY,
        call: |g, fd| g.path_create_directory(fd, "new"),
    },
    Row {
        name: "path_remove_directory",
        right: RIGHTS_PATH_REMOVE_DIRECTORY,
        call: |g, fd| g.path_remove_directory(fd, "dir"),
    },
    Row {
        name: "path_unlink_file",
        right: RIGHTS_PATH_UNLINK_FILE,
        call: |g, fd| g.path_unlink_file(fd, "file"),
    },
    Row {
        name: "path_link from",
        right: RIGHTS_PATH_LINK_SOURCE,
        call: |g, fd| g.path_link((fd, 0, "file"), (OTHER, "new")),
    },
    Row {
        name: "path_link to",
        right: RIGHTS_PATH_LINK_TARGET,
        call: |g, fd| g.path_link((OTHER, 0, "file"), (fd, "new")),
    },
    Row {
        name: "path_rename from",
        right: RIGHTS_PATH_RENAME_SOURCE,
        call: |g, fd| g.path_rename((fd, "file"), (OTHER, "new")),
    },
    Row {
        name: "path_rename to",
        right: RIGHTS_PATH_RENAME_TARGET,
        call: |g, fd| g.path_rename((OTHER, "file"), (fd, "new")),
    },
    Row {
        name: "path_symlink",
        right: RIGHTS_PATH_SYMLINK,
        call: |g, fd| g.path_symlink("target", fd, "new"),
    },
    Row {
        name: "path_readlink",
        right: RIGHTS_PATH_READLINK,
        call: |g, fd| g.path_readlink(fd, "link", 8).map(drop),
    },
    Row {
        name: "path_filestat_get",
        right: RIGHTS_PATH_FILESTAT_GET,
        call: |g, fd| g.path_filestat_get(fd, 0, "file").map(drop),
    },
    Row {
        name: "path_filestat_set_times",
        right: RIGHTS_PATH_FILESTAT_SET_TIMES,
        call: |g, fd| g.path_filestat_set_times(fd, 0, "file", (1, 1, FSTFLAGS_MTIM)),
    },
    Row { name: "fd_readdir", right: RIGHTS_FD_READDIR, call: |g, fd| g.fd_readdir(fd, 64, 0).map(drop) },
    Row {
        name: "fd_fdstat_set_flags",
        right: RIGHTS_FD_FDSTAT_SET_FLAGS,
        call: |g, fd| g.fd_fdstat_set_flags(fd, 0),
    },
    Row { name: "fd_sync", right: RIGHTS_FD_SYNC, call: |g, fd| g.fd_sync(fd) },
    Row { name: "fd_datasync", right: RIGHTS_FD_DATASYNC, call: |g, fd| g.fd_datasync(fd) },
    Row {
        name: "fd_filestat_get",
        right: RIGHTS_FD_FILESTAT_GET,
        call: |g, fd| g.fd_filestat_get(fd).map(drop),
    },
    Row {
        name: "fd_filestat_set_times",
        right: RIGHTS_FD_FILESTAT_SET_TIMES,
        call: |g, fd| g.fd_filestat_set_times(fd, 1, 1, FSTFLAGS_MTIM),
    },
];

/// A guest with `file`, `dir` and `link` in a directory to be opened, and a file elsewhere.
fn furnished() -> Guest {
    let guest = Guest::new();
    guest.file("root/file", "content");
    guest.dir("root/dir");
    guest.link("file", "root/link");
    guest.file("other/file", "content");
    guest
}

fn check(rows: &[Row], path: &str, how: Open) {
    for Row { name, right, call } in rows {
        let mut guest = furnished();
        let fd = guest.open(ROOT, path, how).unwrap();
        assert_eq!(call(&mut guest, fd), Ok(()), "{name} with the right");

        let mut guest = furnished();
        let fd = guest.open(ROOT, path, how).unwrap();
        guest.give_up(fd, *right);
        let before = guest.tree();
        assert_eq!(call(&mut guest, fd), Err(ERRNO_NOTCAPABLE), "{name} without {right:x}");
        assert_eq!(guest.tree(), before, "{name}");

        // Asked for like this from the start, it is the same; and no other right is needed, but the one to open.
        let mut guest = furnished();
        let fd = guest.open(ROOT, path, how.without(*right)).unwrap();
        assert_eq!(call(&mut guest, fd), Err(ERRNO_NOTCAPABLE), "{name} opened without {right:x}");
    }
}

#[test]
fn a_file_without_a_right_refuses_the_call() {
    check(FILES, "file", READ_WRITE);
}

#[test]
fn a_directory_without_a_right_refuses_the_call() {
    check(DIRECTORIES, ".", DIRECTORY);
}

#[test]
fn every_right_has_its_row() {
    let told_apart = RIGHTS_FD_TELL | RIGHTS_POLL_FD_READWRITE; // Below, and in poll.rs.
    let rows = |rows: &[Row]| rows.iter().fold(0, |all, row| all | row.right);
    assert_eq!(rows(FILES) | told_apart, FILE);
    assert_eq!(rows(DIRECTORIES), DIR);
}

#[test]
fn one_right_alone_is_enough_for_its_call() {
    for Row { name, right, call } in FILES.iter().filter(|row| !row.name.starts_with("fd_p")) {
        let mut guest = furnished();
        let fd = guest.open(ROOT, "file", READ_WRITE).unwrap();
        guest.fd_fdstat_set_rights(fd, *right, 0).unwrap();
        assert_eq!(call(&mut guest, fd), Ok(()), "{name}");
    }
    for Row { name, right, call } in DIRECTORIES {
        let opening = if name.starts_with("path_open") { RIGHTS_PATH_OPEN } else { 0 };
        let mut guest = furnished();
        let fd = guest.open(ROOT, ".", DIRECTORY).unwrap();
        guest.fd_fdstat_set_rights(fd, right | opening, DIRECTORY.inheriting).unwrap();
        assert_eq!(call(&mut guest, fd), Ok(()), "{name}");
    }
}

#[test]
fn telling_comes_with_the_right_to_seek_or_alone() {
    let mut guest = furnished();
    for (rights, answer) in
        [(RIGHTS_FD_TELL, Ok(0)), (RIGHTS_FD_SEEK, Ok(0)), (RIGHTS_FD_READ, Err(ERRNO_NOTCAPABLE))]
    {
        let fd = guest.open(ROOT, "file", Open { base: rights, ..READ }).unwrap();
        assert_eq!(guest.fd_tell(fd), answer);
        assert_eq!(guest.fd_seek(fd, 0, 1), answer, "asking where it stands is telling");
    }
}

/// The specification ties these flags to the right to sync the directory; the public conformance suite opens with them
/// through a directory that lacks it, and every implementation lets it.
#[test]
fn synchronous_files_are_opened_without_a_right_of_their_own() {
    for flag in [FDFLAGS_DSYNC, FDFLAGS_RSYNC, FDFLAGS_SYNC] {
        let mut guest = furnished();
        let fd = guest.open(ROOT, ".", DIRECTORY.without(RIGHTS_FD_SYNC | RIGHTS_FD_DATASYNC)).unwrap();
        assert!(guest.open(fd, "file", READ.fdflags(flag)).is_ok());
    }
}

#[test]
fn calls_that_need_no_right_need_none() {
    let mut guest = furnished();
    let fd = guest.open(ROOT, "file", Open { base: 0, ..READ }).unwrap();
    assert!(guest.fd_fdstat_get(fd).is_ok());
    guest.fd_fdstat_set_rights(ROOT, 0, 0).unwrap();
    assert!(guest.fd_prestat_get(ROOT).is_ok());
    assert!(guest.fd_prestat_dir_name(ROOT, 1).is_ok());
    assert_eq!(guest.fd_renumber(fd, ROOT), Ok(()));
    assert_eq!(guest.fd_close(ROOT), Ok(()));
}
