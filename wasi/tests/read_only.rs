//! A directory granted read-only: what would change it is `rofs`, and reading works.

use sandbox::calls::fd_io;
use sandbox::rights;
use sandbox::spec::*;

use crate::common::*;

const TIMES: (u64, u64, Fstflags) = (1, 1, FSTFLAGS_ATIM | FSTFLAGS_MTIM);

fn furnished() -> Guest {
    let guest = Guest::new();
    guest.file("ro/file", "content");
    guest.dir("ro/dir/empty");
    guest.file("ro/dir/file", "below");
    guest.link("file", "ro/link");
    guest.link("missing", "ro/dangling");
    guest.file("other/file", "other");
    guest.dir("other/dir");
    guest
}

#[test]
fn nothing_below_a_read_only_grant_can_be_changed() {
    type Call = fn(&mut Guest, u32) -> Answer;
    // Each is given a descriptor of the granted directory.
    let table: &[(&str, Call)] = &[
        ("create", |g, fd| g.open(fd, "new", CREATE).map(drop)),
        ("create for reading", |g, fd| g.open(fd, "new", READ.oflags(OFLAGS_CREAT)).map(drop)),
        ("create new", |g, fd| g.open(fd, "new", CREATE.oflags(OFLAGS_EXCL)).map(drop)),
        ("create through a link", |g, fd| g.open(fd, "dangling", CREATE).map(drop)),
        ("open to write", |g, fd| g.open(fd, "file", WRITE).map(drop)),
        ("write through a link", |g, fd| g.open(fd, "link", WRITE).map(drop)),
        ("write what was opened to read and write", |g, fd| {
            let file = g.open(fd, "file", READ_WRITE)?;
            g.fd_write(file, &[b"x"]).map(drop)
        }),
        ("set the size of what was opened for everything", |g, fd| {
            let file = g.open(fd, "link", CREATE)?;
            g.fd_filestat_set_size(file, 0)
        }),
        ("allocate in what was opened for everything", |g, fd| {
            let file = g.open(fd, "file", READ_WRITE)?;
            g.fd_allocate(file, 0, 100)
        }),
        ("open to append", |g, fd| g.open(fd, "file", WRITE.fdflags(FDFLAGS_APPEND)).map(drop)),
        ("truncate", |g, fd| g.open(fd, "file", READ.oflags(OFLAGS_TRUNC)).map(drop)),
        ("open to allocate", |g, fd| g.open(fd, "file", Open { base: RIGHTS_FD_ALLOCATE, ..READ }).map(drop)),
        ("open to set the size", |g, fd| {
            g.open(fd, "file", Open { base: RIGHTS_FD_FILESTAT_SET_SIZE, ..READ }).map(drop)
        }),
        ("path_create_directory", |g, fd| g.path_create_directory(fd, "new")),
        ("path_remove_directory", |g, fd| g.path_remove_directory(fd, "dir/empty")),
        ("path_unlink_file", |g, fd| g.path_unlink_file(fd, "file")),
        ("path_symlink", |g, fd| g.path_symlink("file", fd, "new")),
        ("path_link inside", |g, fd| g.path_link((fd, 0, "file"), (fd, "new"))),
        ("path_link out", |g, fd| g.path_link((fd, 0, "file"), (OTHER, "new"))),
        ("path_link in", |g, fd| g.path_link((OTHER, 0, "file"), (fd, "new"))),
        ("path_rename inside", |g, fd| g.path_rename((fd, "file"), (fd, "new"))),
        ("path_rename out", |g, fd| g.path_rename((fd, "file"), (OTHER, "new"))),
        ("path_rename in", |g, fd| g.path_rename((OTHER, "file"), (fd, "new"))),
        ("path_rename over", |g, fd| g.path_rename((OTHER, "dir"), (fd, "dir/empty"))),
        ("path_filestat_set_times", |g, fd| g.path_filestat_set_times(fd, 1, "file", TIMES)),
        ("path_filestat_set_times of a link", |g, fd| g.path_filestat_set_times(fd, 0, "link", TIMES)),
        ("fd_filestat_set_times", |g, fd| g.fd_filestat_set_times(fd, 1, 1, FSTFLAGS_MTIM)),
        ("fd_filestat_set_times of a file", |g, fd| {
            let file = g.open(fd, "file", READ)?;
            g.fd_filestat_set_times(file, 1, 1, FSTFLAGS_ATIM_NOW)
        }),
    ];
    let mut guest = furnished();
    let opened = guest.open(RO, ".", DIRECTORY).unwrap();
    let sub = guest.open(RO, "dir/..", Open { oflags: 0, ..DIRECTORY }).unwrap();
    let before = guest.tree();
    for (name, call) in table {
        for fd in [RO, opened, sub] {
            assert_eq!(call(&mut guest, fd), Err(ERRNO_ROFS), "{name} by {fd}");
        }
    }
    assert_eq!(guest.tree(), before);
}

#[test]
fn a_file_open_for_reading_has_no_way_to_change_it() {
    let mut guest = furnished();
    let fd = guest.open(RO, "file", READ).unwrap();
    let before = guest.tree();
    assert_eq!(guest.fd_write(fd, &[b"x"]), Err(ERRNO_NOTCAPABLE));
    assert_eq!(guest.fd_pwrite(fd, &[b"x"], 0), Err(ERRNO_NOTCAPABLE));
    assert_eq!(guest.fd_filestat_set_size(fd, 0), Err(ERRNO_NOTCAPABLE));
    assert_eq!(guest.fd_allocate(fd, 0, 100), Err(ERRNO_NOTCAPABLE));
    assert_eq!(guest.fd_fdstat_set_rights(fd, rights::FILE, 0), Err(ERRNO_NOTCAPABLE));
    // Its number says nothing: moved over a writable one it is what it was.
    let writable = guest.open(OTHER, "file", READ_WRITE).unwrap();
    guest.fd_renumber(fd, writable).unwrap();
    assert_eq!(guest.fd_write(writable, &[b"x"]), Err(ERRNO_NOTCAPABLE));
    assert_eq!(guest.tree(), before);
}

#[test]
fn reading_works() {
    let mut guest = furnished();
    for path in ["file", "link", "dir/../file"] {
        let fd = guest.open(RO, path, READ).unwrap();
        assert_eq!(guest.fd_read(fd, &[3, 8]), Ok(b"content".to_vec()), "{path}");
        assert_eq!(guest.fd_pread(fd, &[8], 4), Ok(b"ent".to_vec()), "{path}");
        assert_eq!(guest.fd_seek(fd, 0, 2), Ok(7));
        assert_eq!(guest.fd_advise(fd, 0, 0, 3), Ok(()));
    }
    let dir = guest.open(RO, "dir", DIRECTORY).unwrap();
    assert_eq!(guest.list(dir).len(), 4);
    assert!(guest.open(dir, "file", READ).is_ok());
    assert_eq!(guest.path_readlink(RO, "link", 16), Ok(b"file".to_vec()));
    assert_eq!(guest.path_filestat_get(RO, 1, "link"), guest.path_filestat_get(RO, 0, "file"));
}

#[test]
fn creating_what_is_there_opens_it() {
    let mut guest = furnished();
    for path in ["file", "link"] {
        let fd = guest.open(RO, path, READ.oflags(OFLAGS_CREAT)).unwrap();
        assert_eq!(guest.fd_read(fd, &[16]), Ok(b"content".to_vec()), "{path}");
    }
}

#[test]
fn what_must_be_new_and_is_not_is_exist() {
    let mut guest = furnished();
    for path in ["file", "dir", "link", "dangling"] {
        for how in [CREATE, READ.oflags(OFLAGS_CREAT), CREATE.itself()] {
            assert_eq!(guest.open(RO, path, how.oflags(OFLAGS_EXCL)), Err(ERRNO_EXIST), "{path} {how:?}");
        }
    }
}

#[test]
fn what_would_fail_for_another_reason_does() {
    let mut guest = furnished();
    assert_eq!(guest.open(RO, "missing", READ), Err(ERRNO_NOENT));
    assert_eq!(guest.open(RO, "missing", READ_WRITE), Err(ERRNO_NOENT));
    assert_eq!(guest.open(RO, "file/below", READ), Err(ERRNO_NOTDIR));
    assert_eq!(guest.open(RO, "dir", READ_WRITE), Err(ERRNO_ISDIR));
    assert_eq!(guest.open(RO, "file", DIRECTORY), Err(ERRNO_NOTDIR));
    assert_eq!(guest.open(RO, "link", READ.itself()), Err(ERRNO_LOOP));
    assert_eq!(guest.open(RO, "../../other/file", READ), Err(ERRNO_NOTCAPABLE));
    assert_eq!(guest.path_create_directory(CLOSED, "x"), Err(ERRNO_BADF));
}

#[test]
fn writable_grants_beside_it_stay_writable() {
    let mut guest = furnished();
    let fd = guest.open(OTHER, "file", READ_WRITE).unwrap();
    let text = guest.put("OTHER");
    let (iovs, count) = guest.iovecs(&[(text, 5)]);
    assert_eq!(guest.out_u32(|c, m, r| fd_io::fd_write(c, m, fd, iovs, count, r)), Ok(5));
    assert_eq!(guest.path_rename((OTHER, "file"), (ROOT, "file")), Ok(()));
    assert_eq!(guest.content("root/file"), b"OTHER");
}
