//! What holds for a path in whichever call takes it.

use sandbox::spec::*;

use crate::common::*;

/// One place where a call takes a path.
struct Place {
    name: &'static str,
    call: fn(&mut Guest, u32, &[u8]) -> Answer,
}

/// All of them. Every call's other path is a good one.
const PLACES: &[Place] = &[
    Place { name: "path_open", call: |g, fd, path| g.open(fd, path, READ).map(drop) },
    Place { name: "path_open to create", call: |g, fd, path| g.open(fd, path, CREATE).map(drop) },
    Place { name: "path_open a directory", call: |g, fd, path| g.open(fd, path, DIRECTORY).map(drop) },
    Place { name: "path_filestat_get", call: |g, fd, path| g.path_filestat_get(fd, 0, path).map(drop) },
    Place {
        name: "path_filestat_get to follow",
        call: |g, fd, path| g.path_filestat_get(fd, 1, path).map(drop),
    },
    Place {
        name: "path_filestat_set_times",
        call: |g, fd, path| g.path_filestat_set_times(fd, 0, path, (1, 1, FSTFLAGS_MTIM)),
    },
    Place {
        name: "path_filestat_set_times to follow",
        call: |g, fd, path| g.path_filestat_set_times(fd, 1, path, (1, 1, FSTFLAGS_MTIM)),
    },
    Place { name: "path_create_directory", call: |g, fd, path| g.path_create_directory(fd, path) },
    Place { name: "path_remove_directory", call: |g, fd, path| g.path_remove_directory(fd, path) },
    Place { name: "path_unlink_file", call: |g, fd, path| g.path_unlink_file(fd, path) },
    Place { name: "path_link from", call: |g, fd, path| g.path_link((fd, 0, path), (OTHER, "new")) },
    Place { name: "path_link to", call: |g, fd, path| g.path_link((OTHER, 0, "file"), (fd, path)) },
    Place { name: "path_rename from", call: |g, fd, path| g.path_rename((fd, path), (OTHER, "new")) },
    Place { name: "path_rename to", call: |g, fd, path| g.path_rename((OTHER, "file"), (fd, path)) },
    Place { name: "path_symlink", call: |g, fd, path| g.path_symlink("target", fd, path) },
    Place { name: "path_readlink", call: |g, fd, path| g.path_readlink(fd, path, 64).map(drop) },
];

/// Calls every place with each of `paths`; each must answer `errno`, and nothing may change on the host.
fn refused(guest: &mut Guest, fd: u32, paths: &[&[u8]], errno: Errno) {
    let before = guest.tree();
    for Place { name, call } in PLACES {
        for path in paths {
            assert_eq!(call(guest, fd, path), Err(errno), "{name} {:?}", String::from_utf8_lossy(path));
        }
    }
    assert_eq!(guest.tree(), before);
}

fn furnished() -> Guest {
    let guest = Guest::new();
    guest.dir("root/dir");
    guest.file("root/dir/file", "inside");
    guest.file("root/file", "inside");
    guest.file("other/file", "other");
    guest.dir("outside");
    guest.file("outside/file", "outside");
    guest
}

#[test]
fn an_empty_path_is_noent() {
    refused(&mut furnished(), ROOT, &[b""], ERRNO_NOENT);
}

#[test]
fn a_nul_is_inval() {
    refused(&mut furnished(), ROOT, &[b"\0", b"file\0", b"fi\0le", b"\0file"], ERRNO_INVAL);
}

#[test]
fn what_is_no_utf_8_is_ilseq() {
    refused(&mut furnished(), ROOT, &[b"\xff", b"a\xc3", b"\xed\xa0\x80", b"\xc0\xaf"], ERRNO_ILSEQ);
}

#[test]
fn a_path_too_long_is_nametoolong() {
    let (path, name) = (vec![b'a'; 4097], vec![b'a'; 256]);
    let deep = "./".repeat(3000);
    refused(&mut furnished(), ROOT, &[&path, &name, deep.as_bytes()], ERRNO_NAMETOOLONG);
}

#[test]
fn an_absolute_path_is_not_for_a_directory_that_the_program_opened() {
    let mut guest = furnished();
    let opened = guest.open(ROOT, ".", DIRECTORY).unwrap();
    for fd in [opened, OTHER] {
        refused(&mut guest, fd, &[b"/", b"/file", b"//file", b"/..", b"/./file"], ERRNO_NOTCAPABLE);
    }
}

#[test]
fn a_path_that_leads_out_is_notcapable() {
    let paths: [&[u8]; 8] = [
        b"..",
        b"../",
        b"../outside",
        b"../root/file",
        b"dir/../..",
        b"dir/../../outside/file",
        b"./../outside/new",
        b"dir/.././.././outside/",
    ];
    let mut guest = furnished();
    let opened = guest.open(ROOT, ".", DIRECTORY).unwrap();
    for fd in [ROOT, HERE, opened] {
        refused(&mut guest, fd, &paths, ERRNO_NOTCAPABLE);
    }
}

#[test]
fn a_link_that_leads_out_is_notcapable_on_the_way() {
    let mut guest = furnished();
    let absolute = guest.host("outside").display().to_string();
    guest.link("../outside", "root/relative");
    guest.link(&absolute, "root/absolute");
    guest.link("relative", "root/chained");
    guest.link("dir/../../outside", "root/dots");
    guest.link("/", "root/slash");
    let paths: [&[u8]; 8] = [
        b"relative/file",
        b"absolute/file",
        b"chained/file",
        b"dots/file",
        b"relative/new",
        b"absolute/new",
        b"slash/new",
        b"dir/../chained/new",
    ];
    refused(&mut guest, ROOT, &paths, ERRNO_NOTCAPABLE);
}

#[test]
fn a_link_that_leads_out_is_notcapable_at_the_end_where_it_is_followed() {
    let mut guest = furnished();
    guest.link("../outside/file", "root/link");
    guest.link("../outside/new", "root/dangling");
    guest.link("../outside", "root/dir link");
    let before = guest.tree();
    for path in ["link", "dangling", "dir link"] {
        for how in [READ, READ_WRITE, CREATE, DIRECTORY, READ.oflags(OFLAGS_TRUNC)] {
            assert_eq!(guest.open(ROOT, path, how), Err(ERRNO_NOTCAPABLE), "{path} {how:?}");
        }
        assert_eq!(guest.path_filestat_get(ROOT, 1, path), Err(ERRNO_NOTCAPABLE), "{path}");
        let times = (1, 1, FSTFLAGS_MTIM);
        assert_eq!(guest.path_filestat_set_times(ROOT, 1, path, times), Err(ERRNO_NOTCAPABLE), "{path}");
        assert!(guest.path_filestat_get(ROOT, 0, path).is_ok(), "the link itself is inside");
    }
    assert_eq!(guest.open(ROOT, "dir link/", DIRECTORY.itself()), Err(ERRNO_NOTCAPABLE));
    assert_eq!(guest.path_filestat_get(ROOT, 0, "dir link/"), Err(ERRNO_NOTCAPABLE));
    assert_eq!(guest.tree(), before);
}

#[test]
fn something_on_the_way_that_is_no_directory_is_notdir() {
    refused(&mut furnished(), ROOT, &[b"file/x", b"dir/file/x", b"file/../x", b"dir/file/./x"], ERRNO_NOTDIR);
}

#[test]
fn something_missing_on_the_way_is_noent() {
    refused(&mut furnished(), ROOT, &[b"missing/x", b"missing/../file", b"dir/missing/x"], ERRNO_NOENT);
}

#[test]
fn links_in_a_circle_on_the_way_are_loop() {
    let mut guest = furnished();
    guest.link("b", "root/a");
    guest.link("a", "root/b");
    refused(&mut guest, ROOT, &[b"a/x", b"dir/../b/x"], ERRNO_LOOP);
}

#[test]
fn a_path_below_what_is_no_directory_is_notdir() {
    let mut guest = furnished();
    let file = guest.open(ROOT, "file", CREATE).unwrap();
    for fd in [0, 1, 2, file] {
        refused(&mut guest, fd, &[b"file", b"new", b".", b""], ERRNO_NOTDIR);
    }
}

#[test]
fn a_path_below_what_is_not_open_is_badf() {
    for fd in [FIRST, CLOSED, u32::MAX] {
        refused(&mut furnished(), fd, &[b"file", b"new", b"", b"/"], ERRNO_BADF);
    }
}

#[test]
fn the_path_that_a_new_link_holds_is_checked_for_its_form() {
    let mut guest = Guest::new();
    let long = vec![b'a'; 4097];
    for (target, errno) in [
        (&b""[..], ERRNO_NOENT),
        (b"a\0b", ERRNO_INVAL),
        (b"\xff", ERRNO_ILSEQ),
        (&long, ERRNO_NAMETOOLONG),
        (b"/absolute", ERRNO_NOTCAPABLE),
    ] {
        assert_eq!(guest.path_symlink(target, ROOT, "link"), Err(errno));
        assert!(!guest.stands("root/link"));
    }
}
