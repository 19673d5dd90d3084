//! A native program: nothing confines it, and which of `x` and `/x` is meant is told by its arguments.

use std::path::Path;

use sandbox::spec::*;
use sandbox::{Access, CtxBuilder};

use crate::common::*;

/// Where the user stands, the root, and whichever is meant.
const STANDS: u32 = 3;
const SYSTEM: u32 = 4;
pub(crate) const EITHER: u32 = 5;

/// A program whose root is `root` and who stands in `root/work`, started with `arguments`; `grant` grants more.
fn started(arguments: &[&str], grant: impl FnOnce(&Path, CtxBuilder) -> CtxBuilder) -> Guest {
    Guest::bare(|host, builder| {
        let (root, work) = (host.join("root"), host.join("root/work"));
        std::fs::create_dir(&work).unwrap();
        let builder =
            ["name"].iter().chain(arguments).fold(builder, |builder, text| builder.arg(text.as_bytes()));
        let builder = builder.native(Some((granted(&work), work.clone())), (granted(&root), root.clone()));
        grant(host, builder)
    })
}

pub(crate) fn native(arguments: &[&str]) -> Guest {
    started(arguments, |_, builder| builder)
}

fn content(guest: &mut Guest, fd: u32, path: &str) -> Answer<Vec<u8>> {
    let fd = guest.open(fd, path, READ)?;
    guest.fd_read(fd, &[64])
}

#[test]
fn paths_lead_where_the_system_leads_them() {
    let mut guest = native(&[]);
    guest.file("other/file", "there");
    let absolute = guest.host("other/file").display().to_string();
    guest.link(&absolute, "root/work/link");
    guest.link("../../other", "root/work/folder");
    for path in ["link", "folder/file", "../../other/file", "./folder/../other/file"] {
        assert_eq!(content(&mut guest, STANDS, path), Ok(b"there".to_vec()), "{path}");
        assert_eq!(guest.path_filestat_get(STANDS, 1, path).unwrap().size, 5, "{path}");
    }
    guest.path_symlink(&absolute, STANDS, "made").unwrap();
    assert_eq!(guest.path_readlink(STANDS, "made", 4096), Ok(absolute.into_bytes()));
    guest.path_rename((STANDS, "../../other/file"), (STANDS, "moved")).unwrap();
    assert!(guest.stands("root/work/moved") && !guest.stands("other/file"));
}

#[test]
fn a_slash_behind_a_link_follows_it_only_where_the_system_does() {
    let mut guest = native(&[]);
    guest.dir("other/empty");
    guest.link("empty", "other/to empty");
    guest.link("nowhere", "other/dangling");
    let above = |name: &str| format!("../../other/{name}");
    assert_eq!(guest.path_remove_directory(STANDS, above("to empty/")), Err(ERRNO_NOTDIR));
    assert_eq!(guest.path_rename((STANDS, &above("to empty/")), (STANDS, &above("new"))), Err(ERRNO_NOTDIR));
    assert_eq!(guest.path_remove_directory(STANDS, above("empty/.")), Err(ERRNO_INVAL));
    assert_eq!(guest.path_create_directory(STANDS, above("dangling/")), Err(ERRNO_EXIST));
    assert!(guest.stands("other/empty") && !guest.stands("other/nowhere"));
    assert_eq!(guest.path_remove_directory(STANDS, above("empty/")), Ok(()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_directory_that_was_moved_is_itself() {
    let mut guest = native(&[]);
    guest.dir("root/work/p/d");
    guest.dir("root/work/q");
    let dir = guest.open(STANDS, "p/d", DIRECTORY).unwrap();
    std::fs::rename(guest.host("root/work/p/d"), guest.host("root/work/q/d")).unwrap();
    guest.dir("root/work/p/d");
    guest.file("root/work/p/x", "");
    guest.file("root/work/q/x", "");
    guest.path_unlink_file(dir, "../x").unwrap();
    assert!(guest.stands("root/work/p/x") && !guest.stands("root/work/q/x"));
}

#[test]
fn nothing_is_changed_below_the_root_that_was_not_typed() {
    type Change = fn(&mut Guest) -> Answer;
    let changes: [(&str, Change); 5] = [
        ("remove", |g| g.path_unlink_file(EITHER, "srv/d/file")),
        ("cut", |g| g.open(EITHER, "srv/d/file", WRITE.oflags(OFLAGS_TRUNC)).map(drop)),
        ("make", |g| g.path_create_directory(EITHER, "srv/d/new")),
        ("rename", |g| g.path_rename((EITHER, "srv/d/file"), (EITHER, "taken"))),
        ("replace", |g| g.path_rename((EITHER, "mine"), (EITHER, "srv/d/file"))),
    ];
    for arguments in [&[][..], &["/srv"], &["/srv/d/file.txt"], &["see /srv/d/file"], &["http://srv/d/file"]]
    {
        for (name, change) in changes {
            let mut guest = native(arguments);
            guest.dir("root/srv/d");
            guest.file("root/srv/d/file", "theirs");
            guest.file("root/work/mine", "");
            assert_eq!(content(&mut guest, EITHER, "srv/d/file"), Ok(b"theirs".to_vec()));
            assert_eq!(change(&mut guest), Err(ERRNO_NOTCAPABLE), "{name} {arguments:?}");
            assert_eq!(guest.content("root/srv/d/file"), b"theirs");
        }
    }
    for arguments in [&["/srv/d/file"][..], &["-o", "/srv/d"], &["--out=/srv/d/file"]] {
        let mut guest = native(arguments);
        guest.dir("root/srv/d");
        guest.file("root/srv/d/file", "theirs");
        assert_eq!(guest.path_unlink_file(EITHER, "srv/d/file"), Ok(()), "{arguments:?}");
        // Where the user has the same folder, it is not told which is meant, but for the file itself.
        guest.file("root/srv/d/file", "theirs");
        guest.dir("root/work/srv/d");
        let itself = arguments.iter().any(|text| text.ends_with("file"));
        let expected = if itself { Ok(()) } else { Err(ERRNO_NOTCAPABLE) };
        assert_eq!(guest.path_unlink_file(EITHER, "srv/d/file"), expected, "{arguments:?}");
    }
}

#[test]
fn what_tells_them_apart_is_exact() {
    let mut guest = native(&[]);
    guest.dir("root/etc");
    guest.file("root/etc/f", "system");
    guest.dir("root/work/etc");
    guest.file("root/work/etc/f", "mine");
    assert_eq!(content(&mut guest, STANDS, "etc/f"), Ok(b"mine".to_vec()));
    assert_eq!(content(&mut guest, SYSTEM, "etc/f"), Ok(b"system".to_vec()));
    assert_eq!(content(&mut guest, STANDS, "/etc/f"), Ok(b"system".to_vec()));
    assert_eq!(content(&mut guest, EITHER, "etc/f"), Ok(b"system".to_vec()));
    assert_eq!(content(&mut guest, EITHER, "./etc/f"), Ok(b"mine".to_vec()));
    assert_eq!(guest.path_unlink_file(STANDS, "etc/f"), Ok(()));
    assert_eq!(guest.path_unlink_file(STANDS, "etc/f"), Err(ERRNO_NOENT));
    assert_eq!(guest.content("root/etc/f"), b"system");
}

#[test]
fn a_grant_takes_its_own_place_and_no_other() {
    let mut guest = started(&[], |host, builder| {
        builder.dir(granted(&host.join("other")), "/usr/share", Access::ReadOnly)
    });
    guest.file("other/f", "granted");
    guest.dir("root/usr/bin");
    guest.file("root/usr/bin/env", "system");
    guest.dir("root/work/usr/share");
    guest.file("root/work/usr/share/f", "mine");
    // The grant has the number between.
    for fd in [SYSTEM, EITHER + 1] {
        assert_eq!(content(&mut guest, fd, "usr/share/f"), Ok(b"granted".to_vec()), "{fd}");
    }
    assert_eq!(content(&mut guest, SYSTEM, "usr/bin/env"), Ok(b"system".to_vec()));
    assert_eq!(
        content(&mut guest, STANDS, "usr/share/f"),
        Ok(b"mine".to_vec()),
        "relative, and so not the grant"
    );
}

#[test]
fn below_a_grant_with_an_absolute_name_nothing_is_changed_that_may_be_meant_relatively() {
    for (arguments, here, expected) in [
        (&[][..], true, Err(ERRNO_NOTCAPABLE)),
        (&[], false, Ok(())),
        (&["/srv/f"], true, Ok(())),
        (&["srv/f"], true, Err(ERRNO_NOTCAPABLE)),
    ] {
        let mut guest = started(arguments, |host, builder| {
            std::fs::create_dir(host.join("root/srv")).unwrap();
            builder.dir(granted(&host.join("root/srv")), "/srv", Access::ReadWrite)
        });
        guest.file("root/srv/f", "theirs");
        if here {
            guest.dir("root/work/srv");
            guest.file("root/work/srv/f", "mine");
        }
        // The grant has the number between. What has the slash is exact.
        assert_eq!(guest.path_unlink_file(EITHER + 1, "srv/f"), expected, "{arguments:?} {here}");
        assert_eq!(
            guest.path_unlink_file(EITHER, "f"),
            expected.and(Err(ERRNO_NOENT)),
            "{arguments:?} {here}"
        );
        let exact = guest.path_unlink_file(SYSTEM, "srv/f");
        assert_eq!(exact, if expected.is_ok() { Err(ERRNO_NOENT) } else { Ok(()) }, "{arguments:?} {here}");
    }
}

#[test]
fn a_grant_that_the_root_has_no_name_for_is_changed_by_its_name() {
    let mut guest = started(&[], |host, builder| {
        let builder = builder.dir(granted(&host.join("other")), "/data", Access::ReadWrite);
        builder.dir(granted(&host.join("ro")), "/fixed", Access::ReadOnly)
    });
    // Each grant has a number before the last.
    let (data, fixed, either) = (EITHER, EITHER + 1, EITHER + 2);
    for (fd, path) in [(data, "own"), (either, "data/a"), (SYSTEM, "data/b")] {
        assert_eq!(guest.path_create_directory(fd, path), Ok(()), "{fd}");
    }
    for (fd, path) in [(fixed, "own"), (either, "fixed/a"), (SYSTEM, "fixed/b")] {
        assert_eq!(guest.path_create_directory(fd, path), Err(ERRNO_ROFS), "{fd}");
    }
    assert!(guest.stands("other/own"));
}

#[test]
fn a_path_that_grows_from_directory_to_directory_leads_to_the_same_one() {
    let mut guest = native(&[]);
    guest.dir("root/work/d");
    guest.file("root/f", "above");
    let mut fd = guest.open(STANDS, "d", DIRECTORY).unwrap();
    for _ in 0..10 {
        let next = guest.open(fd, "../d/".repeat(800), DIRECTORY).unwrap();
        guest.fd_close(fd).unwrap();
        fd = next;
    }
    assert_eq!(content(&mut guest, fd, "../../f"), Ok(b"above".to_vec()));
}

#[test]
fn in_a_directory_that_was_only_looked_for_nothing_is_changed() {
    type Change = fn(&mut Guest, u32) -> Answer;
    let changes: [(&str, Change); 7] = [
        ("remove", |g, d| g.path_unlink_file(d, "file")),
        ("remove deeper", |g, d| {
            let sub = g.open(d, "sub", DIRECTORY)?;
            g.path_unlink_file(sub, "file")
        }),
        ("remove a directory", |g, d| g.path_remove_directory(d, "empty")),
        ("write", |g, d| g.open(d, "file", WRITE).map(drop)),
        ("make", |g, d| g.open(d, "new", WRITE.oflags(OFLAGS_CREAT)).map(drop)),
        ("make a directory", |g, d| g.path_create_directory(d, "new")),
        ("rename", |g, d| g.path_rename((d, "file"), (d, "new"))),
    ];
    for (arguments, mine, allowed) in
        [(&[][..], false, false), (&[], true, false), (&["/srv/d"], false, true), (&["srv/d"], true, true)]
    {
        for (name, change) in changes {
            let mut guest = native(arguments);
            for root in if mine { &["root", "root/work"][..] } else { &["root"] } {
                guest.dir(&format!("{root}/srv/d/sub"));
                guest.dir(&format!("{root}/srv/d/empty"));
                guest.file(&format!("{root}/srv/d/file"), "theirs");
                guest.file(&format!("{root}/srv/d/sub/file"), "theirs");
            }
            let dir = guest.open(EITHER, "srv/d", DIRECTORY).unwrap();
            let expected = if allowed { Ok(()) } else { Err(ERRNO_NOTCAPABLE) };
            assert_eq!(change(&mut guest, dir), expected, "{name} {arguments:?} {mine}");
            let untouched = !allowed || mine;
            if untouched {
                assert_eq!(guest.content("root/srv/d/file"), b"theirs", "{name}");
                assert!(guest.stands("root/srv/d/sub/file") && guest.stands("root/srv/d/empty"), "{name}");
                assert!(!guest.stands("root/srv/d/new"), "{name}");
            }
        }
    }
}

#[test]
fn what_is_typed_with_a_way_up_in_it_is_meant_with_all_below_it() {
    let mut guest = native(&["/srv/d/../e"]);
    guest.dir("root/srv/d");
    guest.dir("root/srv/e/sub");
    let dir = guest.open(EITHER, "srv/d/../e", DIRECTORY).unwrap();
    assert_eq!(guest.path_remove_directory(dir, "sub"), Ok(()));
    assert_eq!(guest.path_remove_directory(EITHER, "srv/d/../d"), Err(ERRNO_NOTCAPABLE));
}

#[test]
fn times_of_what_was_only_looked_for_stay() {
    let mut guest = native(&[]);
    guest.dir("root/tmp");
    guest.dir("root/srv");
    guest.file("root/srv/f", "");
    let dir = guest.open(EITHER, "srv", DIRECTORY).unwrap();
    assert_eq!(guest.fd_filestat_set_times(dir, 0, 0, FSTFLAGS_MTIM), Err(ERRNO_NOTCAPABLE));
    guest.path_symlink("../srv/f", EITHER, "tmp/l").unwrap();
    assert_eq!(
        guest.path_filestat_set_times(EITHER, 1, "tmp/l", (0, 0, FSTFLAGS_MTIM)),
        Err(ERRNO_NOTCAPABLE)
    );
}
