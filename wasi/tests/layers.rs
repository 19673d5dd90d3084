//! Several directories under one name: where a path is found, and where something new is made.

use sandbox::spec::*;
use sandbox::{Access, Ctx, Files};

use crate::common::{Dirent, *};

use Access::{ReadOnly, ReadWrite};

/// A tree and two directories of the host, `ro` over `root`, all as `/`.
fn layered(tree: Access) -> Guest {
    let files = Embedded::new(&["both=tree", "tree=tree", "shared/tree=", "fixed/"]);
    let guest = Guest::bare(|host, builder| {
        let builder = builder.dir(granted(&host.join("root")), "/", ReadWrite);
        builder.files(files, 0, "/", tree).dir(granted(&host.join("ro")), "/", ReadOnly)
    });
    guest.file("root/both", "root");
    guest.file("root/ro and root", "root");
    guest.file("root/root", "root");
    guest.dir("root/shared");
    guest.file("root/shared/root", "");
    guest.file("ro/ro and root", "ro");
    guest.file("ro/ro", "ro");
    guest.dir("ro/in ro");
    guest
}

fn content(guest: &mut Guest, path: &str) -> Answer<Vec<u8>> {
    let fd = guest.open(ROOT, path, READ)?;
    guest.fd_read(fd, &[64])
}

fn names(guest: &mut Guest, fd: u32) -> Vec<String> {
    let mut names: Vec<String> = guest.list(fd).iter().skip(2).map(Dirent::name).collect();
    names.sort();
    names
}

fn name(guest: &mut Guest, fd: u32) -> String {
    let (_, len) = guest.fd_prestat_get(fd).unwrap();
    String::from_utf8(guest.fd_prestat_dir_name(fd, len).unwrap()).unwrap()
}

#[test]
fn equal_names_are_one_preopen() {
    let mut guest = Guest::bare(|host, builder| {
        let dir = |name| granted(&host.join(name));
        let builder = builder.dir(dir("root"), "a", ReadWrite).dir(dir("other"), "/b", ReadWrite);
        builder.dir(dir("ro"), "./a/", ReadOnly).files(Embedded::new(&[]), 0, "/b", ReadOnly)
    });
    assert_eq!([3, 4, 5, 6].map(|fd| name(&mut guest, fd)), ["/", ".", "a", "/b"]);
    assert_eq!(guest.fd_prestat_get(7), Err(ERRNO_BADF));
}

#[test]
fn there_is_always_a_root() {
    let mut guest = Guest::bare(|_, builder| builder);
    assert_eq!(name(&mut guest, ROOT), "/");
    assert_eq!(names(&mut guest, ROOT), [""; 0]);
    assert_eq!(guest.open(ROOT, "file", READ), Err(ERRNO_NOENT));
    assert_eq!(guest.open(ROOT, "file", CREATE), Err(ERRNO_ROFS));
    assert_eq!(guest.open(ROOT, "../x", READ), Err(ERRNO_NOTCAPABLE));
    assert_eq!(guest.open(ROOT, "..", DIRECTORY), Err(ERRNO_NOTCAPABLE));
    assert!(guest.open(ROOT, ".", DIRECTORY).is_ok());
    // To a program that was granted nothing its number is free.
    assert_eq!(guest.sock_shutdown(ROOT), Err(ERRNO_BADF));
}

#[test]
fn a_slash_behind_a_name_is_not_part_of_it() {
    let mut guest = Guest::bare(|host, builder| {
        let builder = builder.dir(granted(host), "dir/", ReadWrite);
        builder.files(Embedded::new(&["file="]), 0, "/tree//", ReadOnly)
    });
    assert_eq!([5, 6].map(|fd| name(&mut guest, fd)), ["dir", "/tree"]);
}

#[test]
fn a_path_is_found_in_trees_then_in_the_directory_given_last() {
    let mut guest = layered(ReadOnly);
    for (path, from) in
        [("both", "tree"), ("tree", "tree"), ("ro and root", "ro"), ("ro", "ro"), ("root", "root")]
    {
        assert_eq!(content(&mut guest, path), Ok(from.into()), "{path}");
        assert_eq!(guest.path_filestat_get(ROOT, 0, path).unwrap().size, from.len() as u64);
    }
    assert_eq!(content(&mut guest, "missing"), Err(ERRNO_NOENT));
    assert_eq!(content(&mut guest, "tree/x"), Err(ERRNO_NOTDIR));
    assert_eq!(content(&mut guest, "../x"), Err(ERRNO_NOTCAPABLE));
}

#[test]
fn a_listing_is_of_all_layers_and_a_directory_opened_has_them_all() {
    let mut guest = layered(ReadOnly);
    let all = ["both", "fixed", "in ro", "ro", "ro and root", "root", "shared", "tree"];
    assert_eq!(names(&mut guest, ROOT), all);
    let shared = guest.open(ROOT, "shared", DIRECTORY).unwrap();
    assert_eq!(names(&mut guest, shared), ["root", "tree"]);
    for path in ["root", "tree"] {
        assert!(guest.open(shared, path, READ).is_ok(), "{path}");
    }
    assert!(guest.open(shared, "new", CREATE).is_ok());
    assert!(guest.stands("root/shared/new"));
    assert_eq!(guest.open(shared, "..", DIRECTORY), Err(ERRNO_NOTCAPABLE));
}

#[test]
fn something_new_is_made_where_it_can_be() {
    let mut guest = layered(ReadOnly);
    guest.open(ROOT, "new", CREATE).unwrap();
    guest.open(ROOT, "newer", CREATE.oflags(OFLAGS_EXCL)).unwrap();
    guest.path_create_directory(ROOT, "dir").unwrap();
    guest.path_symlink("new", ROOT, "shared/link").unwrap();
    for path in ["new", "newer", "dir", "shared/link"] {
        assert!(guest.stands(&format!("root/{path}")), "{path}");
    }
    for path in ["fixed/new", "in ro/new"] {
        assert_eq!(guest.open(ROOT, path, CREATE), Err(ERRNO_ROFS), "{path}");
        assert_eq!(guest.path_create_directory(ROOT, path), Err(ERRNO_ROFS), "{path}");
    }
    assert_eq!(guest.open(ROOT, "missing/new", CREATE), Err(ERRNO_NOENT));
    for path in ["tree", "ro", "root", "shared"] {
        assert_eq!(guest.open(ROOT, path, CREATE.oflags(OFLAGS_EXCL)), Err(ERRNO_EXIST), "{path}");
        assert_eq!(guest.path_create_directory(ROOT, path), Err(ERRNO_EXIST), "{path}");
        assert_eq!(guest.path_symlink("x", ROOT, path), Err(ERRNO_EXIST), "{path}");
    }
    for path in ["tree", "both", "ro", "ro and root"] {
        let fixed = guest.open(ROOT, path, CREATE).unwrap();
        assert_eq!(guest.fd_write(fixed, &[b"x"]), Err(ERRNO_ROFS), "{path}: it is there, and fixed");
        assert_eq!(
            guest.open(ROOT, path, CREATE.oflags(OFLAGS_CREAT | OFLAGS_TRUNC)),
            Err(ERRNO_ROFS),
            "{path}"
        );
        assert_eq!(guest.path_unlink_file(ROOT, path), Err(ERRNO_ROFS), "{path}");
    }
    assert_eq!(guest.open(ROOT, "shared", CREATE), Err(ERRNO_ISDIR));
}

#[test]
fn a_writable_tree_takes_what_is_new() {
    let mut guest = layered(ReadWrite);
    guest.open(ROOT, "new", CREATE).unwrap();
    assert!(!guest.stands("root/new"));
    guest.path_unlink_file(ROOT, "both").unwrap();
    assert_eq!(content(&mut guest, "both"), Ok(b"root".to_vec()), "what it hid");
    guest.path_unlink_file(ROOT, "both").unwrap();
    assert!(!guest.stands("root/both"));
}

#[test]
fn a_name_moves_within_layers_that_are_alike() {
    let mut guest = layered(ReadWrite);
    assert_eq!(guest.path_rename((ROOT, "tree"), (ROOT, "fixed/tree")), Ok(()));
    assert_eq!(guest.path_rename((ROOT, "root"), (ROOT, "shared/moved")), Ok(()));
    assert!(guest.stands("root/shared/moved"));
    assert_eq!(guest.path_rename((ROOT, "ro"), (ROOT, "new")), Err(ERRNO_ROFS));
    assert_eq!(guest.path_rename((ROOT, "both"), (ROOT, "in ro/new")), Err(ERRNO_XDEV));
    assert_eq!(guest.path_rename((ROOT, "shared/moved"), (ROOT, "in ro/new")), Err(ERRNO_ROFS));
    assert_eq!(guest.path_rename((ROOT, "shared/moved"), (ROOT, "missing/new")), Err(ERRNO_NOENT));
    assert_eq!(
        guest.path_rename((ROOT, "shared/moved"), (ROOT, "both")),
        Err(ERRNO_XDEV),
        "it would be hidden"
    );
    assert_eq!(guest.path_link((ROOT, 0, "shared/moved"), (ROOT, "both")), Err(ERRNO_EXIST));
    assert_eq!(guest.path_link((ROOT, 0, "shared/moved"), (ROOT, "linked")), Ok(()));
    assert_eq!(guest.path_rename((ROOT, "missing"), (ROOT, "new")), Err(ERRNO_NOENT));
}

#[test]
fn where_the_program_stands_is_what_it_sees() {
    let files = Embedded::new(&["app/data=tree", "lib=tree"]);
    let mut guest = Guest::bare(|host, builder| {
        std::fs::create_dir(host.join("root/sub")).unwrap();
        let builder = builder.files(files, 0, "/", ReadOnly);
        let builder = builder.dir(granted(&host.join("root")), "/base", ReadWrite);
        builder.dir(granted(&host.join("other")), "/", ReadWrite).cwd("/base/sub/")
    });
    guest.file("root/sub/mine", "");
    guest.file("other/else", "");
    assert_eq!(names(&mut guest, ROOT), ["mine"]);
    let here = guest.open(ROOT, "./.", DIRECTORY).unwrap();
    assert_eq!(names(&mut guest, here), ["mine"]);
    assert_eq!(guest.path_filestat_get(ROOT, 0, "."), guest.fd_filestat_get(ROOT));
    // Who tells `x` from `/x` finds what is there alone, others what is at the root as well.
    // The grant has the number between.
    let either = EITHER + 1;
    for path in ["mine", "lib", "app/data", "else"] {
        assert!(guest.open(either, path, READ).is_ok(), "{path}");
        assert_eq!(guest.open(ROOT, path, READ).is_ok(), path == "mine", "{path}");
    }
    guest.open(ROOT, "new", CREATE).unwrap();
    assert!(guest.stands("root/sub/new"));
    // What is around it was granted, and no more than that.
    guest.file("root/above", "");
    for path in ["../above", "./../above", "../sub/../above", "../../base/above", "../../else"] {
        assert!(guest.open(ROOT, path, READ).is_ok(), "{path}");
    }
    for path in ["../../../x", "../../../base/above"] {
        assert_eq!(guest.open(ROOT, path, READ), Err(ERRNO_NOTCAPABLE), "{path}");
    }
    let opened = guest.open(ROOT, ".", DIRECTORY).unwrap();
    assert_eq!(guest.open(opened, "../above", READ), Err(ERRNO_NOTCAPABLE), "not from what it opened");
}

#[test]
fn where_a_dot_was_granted_is_the_root_for_who_stands_elsewhere() {
    let mut guest = Guest::bare(|host, builder| {
        std::fs::create_dir(host.join("root/sub")).unwrap();
        builder.dir(granted(&host.join("root")), ".", ReadWrite).cwd("/sub")
    });
    guest.file("root/x", "above");
    guest.file("root/sub/x", "here");
    // Where it stands, the root, and whichever is meant.
    for (fd, path, found) in [
        (3, "x", "here"),
        (4, "x", "above"),
        (4, "sub/x", "here"),
        (5, "./x", "here"),
        (5, "sub/x", "here"),
        (3, "../x", "above"),
    ] {
        let file = guest.open(fd, path, READ).unwrap();
        assert_eq!(guest.fd_read(file, &[64]), Ok(found.into()), "{fd} {path}");
    }
    guest.open(3, "new", CREATE).unwrap();
    guest.open(5, "other", CREATE).unwrap();
    assert!(guest.stands("root/sub/new") && guest.stands("root/sub/other"));
    assert_eq!(names(&mut guest, 3), ["new", "other", "x"]);
}

#[test]
fn a_directory_in_a_tree_can_be_stood_in() {
    let files = Embedded::new(&["app/data=tree", "lib=tree"]);
    let mut guest = Guest::bare(|_, builder| builder.files(files, 0, "/", ReadOnly).cwd("app"));
    assert_eq!(names(&mut guest, ROOT), ["data"]);
    assert_eq!(content(&mut guest, "data"), Ok(b"tree".to_vec()));
    assert_eq!(content(&mut guest, "lib"), Err(ERRNO_NOENT));
    for path in ["data", "app/data", "lib"] {
        assert!(guest.open(EITHER, path, READ).is_ok(), "{path}");
    }
}

/// Which of a working directory and the root is meant, where nothing else was granted.
const EITHER: u32 = 5;

#[test]
fn what_is_not_where_a_program_stands_is_not_changed_at_the_root_for_a_relative_name() {
    let stands = || {
        let guest = Guest::bare(|host, builder| {
            std::fs::create_dir(host.join("root/d")).unwrap();
            builder.dir(granted(&host.join("root")), ".", ReadWrite).cwd("/d")
        });
        guest.file("root/f", "theirs");
        guest.dir("root/e");
        guest
    };
    for fd in [3, EITHER] {
        let mut guest = stands();
        assert_eq!(guest.path_unlink_file(fd, "f"), Err(ERRNO_NOENT));
        assert_eq!(guest.open(fd, "f", WRITE).map(drop), Err(ERRNO_NOENT));
        assert_eq!(guest.path_rename((fd, "f"), (fd, "g")), Err(ERRNO_NOENT));
        assert_eq!(guest.path_remove_directory(fd, "e"), Err(ERRNO_NOENT));
        assert_eq!(guest.path_create_directory(fd, "d"), Ok(()));
        guest.open(fd, "f", CREATE.oflags(OFLAGS_CREAT | OFLAGS_TRUNC)).unwrap();
        assert_eq!(guest.content("root/f"), b"theirs");
        assert!(guest.stands("root/d/f") && guest.stands("root/d/d") && guest.stands("root/e"));
    }
    // What is below a directory that only the root has was absolute.
    let mut guest = stands();
    guest.open(EITHER, "e/new", CREATE).unwrap();
    assert!(guest.stands("root/e/new"));
}

#[test]
fn what_is_carried_where_a_program_stands_is_not_written_beside_it() {
    let files = Embedded::new(&["data=tree"]);
    let mut guest = Guest::bare(|host, builder| {
        let builder = builder.files(files, 0, "/app", ReadOnly);
        builder.dir(granted(&host.join("root")), ".", ReadWrite).cwd("/app")
    });
    guest.file("root/f", "theirs");
    for fd in [3, EITHER] {
        assert_eq!(guest.open(fd, "new", CREATE).map(drop), Err(ERRNO_ROFS), "{fd}");
        assert_eq!(guest.path_unlink_file(fd, "f"), Err(ERRNO_ROFS), "{fd}");
    }
    assert!(guest.stands("root/f") && !guest.stands("root/new"));
}

#[test]
fn around_a_grant_lies_the_root_wherever_a_program_stands() {
    let mut guest = Guest::bare(|host, builder| {
        let builder = builder.dir(granted(&host.join("root")), ".", ReadWrite);
        builder.dir(granted(&host.join("other")), "/data", ReadWrite).cwd("/data")
    });
    guest.file("root/f", "root");
    guest.file("other/f", "data");
    guest.dir("other/sub");
    // The grant has the number between.
    for (fd, path) in
        [(EITHER, "../f"), (EITHER, "sub/../../f"), (EITHER + 1, "data/../f"), (4, "data/../f"), (3, "../f")]
    {
        let file = guest.open(fd, path, READ).unwrap();
        assert_eq!(guest.fd_read(file, &[64]), Ok(b"root".to_vec()), "{fd} {path}");
    }
}

#[test]
fn what_is_granted_as_a_dot_is_where_the_program_stands() {
    let mut guest = Guest::bare(|host, builder| {
        let builder = builder.dir(granted(&host.join("root")), ".", ReadWrite);
        builder.files(Embedded::new(&["lib="]), 0, "/", ReadOnly).dir(
            granted(&host.join("other")),
            "/",
            ReadWrite,
        )
    });
    guest.file("root/mine", "");
    guest.file("other/else", "");
    for root in [ROOT, HERE] {
        assert_eq!(names(&mut guest, root), ["lib", "mine"]);
        assert!(guest.open(root, "lib", READ).is_ok() && guest.open(root, "else", READ).is_ok());
    }
}

#[test]
fn where_a_program_cannot_stand_is_an_error() {
    let files = || -> std::sync::Arc<dyn Files> { Embedded::new(&["file="]) };
    for (cwd, errno) in [
        ("/missing", ERRNO_NOENT),
        ("/file", ERRNO_NOTDIR),
        ("/..", ERRNO_NOTCAPABLE),
        ("/tree/missing", ERRNO_NOENT),
    ] {
        let builder = Ctx::builder().files(files(), 0, "/", ReadOnly).files(files(), 0, "tree", ReadOnly);
        assert_eq!(builder.cwd(cwd).build().unwrap_err().0, errno, "{cwd}");
    }
    assert!(Ctx::builder().cwd("/").build().is_ok());
}
