//! Further names: second ones, other ones, and symbolic links.

use sandbox::spec::*;

use crate::common::*;

// path_link

#[test]
fn a_second_name_is_the_same_file_also_in_another_grant() {
    let mut guest = Guest::furnished();
    assert_eq!(guest.path_link((ROOT, 0, "file"), (ROOT, "dir/name")), Ok(()));
    assert_eq!(guest.path_link((ROOT, 0, "dir/name"), (OTHER, "name")), Ok(()));
    let fd = guest.open(OTHER, "name", WRITE).unwrap();
    guest.fd_write(fd, &[b"CON"]).unwrap();
    assert_eq!(guest.content("root/file"), b"CONtent");
    assert_eq!(guest.fd_filestat_get(fd).unwrap().nlink, 3);
}

#[test]
fn a_link_gets_a_second_name_itself() {
    let mut guest = Guest::furnished();
    guest.link("self", "root/self");
    for (i, link) in ["to file", "dangling", "self"].iter().enumerate() {
        let name = format!("name {i}");
        assert_eq!(guest.path_link((ROOT, 0, link), (ROOT, &name)), Ok(()), "{link}");
        assert_eq!(guest.path_readlink(ROOT, &name, 64), guest.path_readlink(ROOT, link, 64));
    }
}

#[test]
fn a_second_name_that_cannot_be_changes_nothing() {
    let mut guest = Guest::furnished();
    let before = guest.tree();
    for (old, new, errno) in [
        ("file", "file", ERRNO_EXIST),
        ("file", "dir", ERRNO_EXIST),
        ("file", "dir/file", ERRNO_EXIST),
        ("file", "dangling", ERRNO_EXIST),
        ("file", "to file", ERRNO_EXIST),
        ("file", "new/", ERRNO_NOENT),
        ("file", "new/.", ERRNO_NOENT),
        ("file/", "new", ERRNO_NOTDIR),
        ("file/.", "new", ERRNO_NOTDIR),
        ("to file/", "new", ERRNO_NOTDIR),
        ("to file/.", "new", ERRNO_NOTDIR),
        ("missing", "new", ERRNO_NOENT),
        ("file", "missing/new", ERRNO_NOENT),
        ("file", "file/new", ERRNO_NOTDIR),
        ("dir", "new", ERRNO_PERM),
        ("dir/", "new", ERRNO_PERM),
        (".", "new", ERRNO_PERM),
    ] {
        assert_eq!(guest.path_link((ROOT, 0, old), (ROOT, new)), Err(errno), "{old} {new}");
    }
    assert_eq!(
        guest.path_link((ROOT, LOOKUPFLAGS_SYMLINK_FOLLOW, "to file"), (ROOT, "new")),
        Err(ERRNO_INVAL)
    );
    assert_eq!(guest.tree(), before);
}

// path_rename

#[test]
fn renaming_moves_files_directories_and_links_also_to_another_grant() {
    let mut guest = Guest::furnished();
    for (path, to, new) in [
        ("file", ROOT, "dir/moved"),
        ("dir/moved", OTHER, "file"),
        ("dir", OTHER, "dir"),
        ("to file", ROOT, "renamed"),
        ("dangling", OTHER, "dangling"),
    ] {
        assert_eq!(guest.path_rename((ROOT, path), (to, new)), Ok(()), "{path}");
        assert!(!guest.stands(&format!("root/{path}")), "{path}");
    }
    assert_eq!(guest.content("other/file"), b"content");
    assert_eq!(guest.content("other/dir/file"), b"below");
    assert_eq!(guest.path_readlink(ROOT, "renamed", 64), Ok(b"file".to_vec()));
    assert_eq!(guest.path_readlink(OTHER, "dangling", 64), Ok(b"missing".to_vec()));
}

#[test]
fn renaming_replaces_what_stands_there() {
    let mut guest = Guest::furnished();
    guest.file("root/old", "old");
    guest.dir("root/empty");
    assert_eq!(guest.path_rename((ROOT, "file"), (ROOT, "old")), Ok(()));
    assert_eq!(guest.content("root/old"), b"content");
    assert_eq!(guest.path_rename((ROOT, "old"), (ROOT, "dangling")), Ok(()), "the link, not what it names");
    assert!(guest.host("root/dangling").is_file() && !guest.stands("root/missing"));
    assert_eq!(guest.path_rename((ROOT, "dir"), (ROOT, "empty")), Ok(()));
    assert_eq!(guest.content("root/empty/file"), b"below");
    assert!(!guest.stands("root/dir"));
}

#[test]
fn renaming_to_itself_or_to_the_same_file_does_nothing() {
    let mut guest = Guest::furnished();
    guest.path_link((ROOT, 0, "file"), (ROOT, "name")).unwrap();
    let before = guest.tree();
    assert_eq!(guest.path_rename((ROOT, "file"), (ROOT, "file")), Ok(()));
    assert_eq!(guest.path_rename((ROOT, "file"), (ROOT, "name")), Ok(()));
    assert_eq!(guest.path_rename((ROOT, "dir"), (ROOT, "dir/../dir")), Ok(()));
    assert_eq!(guest.tree(), before);
}

#[test]
fn renaming_a_directory_may_have_slashes() {
    let mut guest = Guest::furnished();
    for (old, new) in [("dir/", "a"), ("a", "b/"), ("b/", "c/"), ("c//", "d//"), ("d", "dir")] {
        assert_eq!(guest.path_rename((ROOT, old), (ROOT, new)), Ok(()), "{old} {new}");
    }
    assert_eq!(guest.content("root/dir/file"), b"below");
}

#[test]
fn a_rename_that_cannot_be_changes_nothing() {
    let mut guest = Guest::furnished();
    guest.dir("root/empty");
    guest.dir("root/dir/sub");
    let before = guest.tree();
    for (old, new, errno) in [
        ("missing", "new", ERRNO_NOENT),
        ("file", "missing/new", ERRNO_NOENT),
        ("file", "dir", ERRNO_ISDIR),
        ("file", "empty", ERRNO_ISDIR),
        ("to dir", "dir", ERRNO_ISDIR),
        ("dir", "file", ERRNO_NOTDIR),
        ("dir", "to dir", ERRNO_NOTDIR),
        ("empty", "dir", ERRNO_NOTEMPTY),
        ("dir", "dir/sub/new", ERRNO_INVAL),
        ("dir", "dir/sub", ERRNO_INVAL),
        ("file/", "new", ERRNO_NOTDIR),
        ("file", "new/", ERRNO_NOTDIR),
        ("file/below", "new", ERRNO_NOTDIR),
        ("file", "file/below", ERRNO_NOTDIR),
        ("to file/", "new", ERRNO_NOTDIR),
        ("to dir/", "new", ERRNO_NOTDIR),
        ("file/.", "new", ERRNO_NOTDIR),
        ("to file/.", "new", ERRNO_NOTDIR),
    ] {
        assert_eq!(guest.path_rename((ROOT, old), (ROOT, new)), Err(errno), "{old} {new}");
    }
    for (old, new) in
        [(".", "new"), ("dir", "."), ("dir/.", "new"), ("dir/sub/..", "new"), ("empty", "empty/.")]
    {
        let errno = guest.path_rename((ROOT, old), (ROOT, new)).unwrap_err();
        assert!(
            [ERRNO_BUSY, ERRNO_INVAL, ERRNO_NOTEMPTY, ERRNO_EXIST].contains(&errno),
            "{old} {new} {errno:?}"
        );
    }
    assert_eq!(guest.tree(), before);
}

// path_symlink, path_readlink

#[test]
fn a_link_holds_what_it_was_given() {
    let mut guest = Guest::furnished();
    for (i, target) in ["file", "missing", "dir/", "./x//y/", "../..", "größe", "a\\b"].iter().enumerate() {
        let path = format!("link {i}");
        assert_eq!(guest.path_symlink(target, ROOT, &path), Ok(()), "{target}");
        assert_eq!(guest.path_readlink(ROOT, &path, 64), Ok(target.as_bytes().to_vec()));
        assert_eq!(
            guest.path_readlink(ROOT, format!("to dir/../{path}"), 64),
            Ok(target.as_bytes().to_vec())
        );
    }
}

#[test]
fn a_link_is_not_made_where_something_stands() {
    let mut guest = Guest::furnished();
    let before = guest.tree();
    for (path, errno) in [
        ("file", ERRNO_EXIST),
        ("dir", ERRNO_EXIST),
        ("dir/", ERRNO_EXIST),
        ("to file", ERRNO_EXIST),
        ("dangling", ERRNO_EXIST),
        ("new/", ERRNO_NOENT),
        ("new/.", ERRNO_NOENT),
        ("missing/new", ERRNO_NOENT),
        ("file/new", ERRNO_NOTDIR),
    ] {
        assert_eq!(guest.path_symlink("target", ROOT, path), Err(errno), "{path}");
    }
    let errno = guest.path_symlink("target", ROOT, "file/").unwrap_err();
    assert!([ERRNO_NOTDIR, ERRNO_EXIST].contains(&errno), "{errno:?}");
    assert_eq!(guest.tree(), before);
}

#[test]
fn a_link_with_an_absolute_target_is_neither_made_nor_read() {
    let mut guest = Guest::new();
    for target in ["/", "/file", "//", "/../x"] {
        assert_eq!(guest.path_symlink(target, ROOT, "link"), Err(ERRNO_NOTCAPABLE), "{target}");
        assert!(!guest.stands("root/link"));
    }
    guest.link("/etc/passwd", "root/link");
    assert_eq!(guest.path_readlink(ROOT, "link", 64), Err(ERRNO_NOTCAPABLE));
}

#[test]
fn a_buffer_too_short_gets_the_beginning_of_the_target() {
    let mut guest = Guest::furnished();
    for len in 0..8 {
        let expected = &b"missing"[..len.min(7)];
        assert_eq!(guest.path_readlink(ROOT, "dangling", len as u32), Ok(expected.to_vec()));
    }
}

#[test]
fn only_a_link_can_be_read() {
    let mut guest = Guest::furnished();
    for (path, errno) in [
        ("file", ERRNO_INVAL),
        ("dir", ERRNO_INVAL),
        (".", ERRNO_INVAL),
        ("to dir/", ERRNO_INVAL),
        ("missing", ERRNO_NOENT),
        ("file/below", ERRNO_NOTDIR),
        ("to file/", ERRNO_NOTDIR),
        ("dangling/", ERRNO_NOENT),
        ("to dir/.", ERRNO_INVAL),
        ("to file/.", ERRNO_NOTDIR),
    ] {
        assert_eq!(guest.path_readlink(ROOT, path, 64), Err(errno), "{path}");
    }
}
