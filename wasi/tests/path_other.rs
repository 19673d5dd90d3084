//! The calls that take a path, but `path_open`.

use wasi::spec::*;

use crate::common::*;

const FOLLOW: u32 = LOOKUPFLAGS_SYMLINK_FOLLOW;
const BOTH: Fstflags = FSTFLAGS_ATIM | FSTFLAGS_MTIM;

/// A guest with `file`, `dir` with `dir/file`, and links to both and to nowhere.
fn furnished() -> Guest {
    let guest = Guest::new();
    guest.file("root/file", "content");
    guest.dir("root/dir");
    guest.file("root/dir/file", "below");
    guest.link("file", "root/to file");
    guest.link("dir", "root/to dir");
    guest.link("missing", "root/dangling");
    guest
}

// path_filestat_get, path_filestat_set_times

#[test]
fn filestat_is_of_the_link_or_of_what_it_leads_to() {
    let mut guest = furnished();
    let file = guest.path_filestat_get(ROOT, 0, "file").unwrap();
    assert_eq!((file.filetype, file.size), (FILETYPE_REGULAR_FILE.raw(), 7));
    assert_eq!(guest.path_filestat_get(ROOT, FOLLOW, "to file"), Ok(file));
    let link = guest.path_filestat_get(ROOT, 0, "to file").unwrap();
    assert_eq!((link.filetype, link.size), (FILETYPE_SYMBOLIC_LINK.raw(), 4), "the length of what it holds");
    assert_eq!(guest.path_filestat_get(ROOT, FOLLOW, "dangling"), Err(ERRNO_NOENT));
    assert!(guest.path_filestat_get(ROOT, 0, "dangling").is_ok());
}

#[test]
fn a_slash_leads_through_a_link_to_a_directory() {
    let mut guest = furnished();
    let dir = guest.path_filestat_get(ROOT, 0, "dir");
    for path in ["dir/", "to dir/", "to dir/.", "dir/."] {
        assert_eq!(guest.path_filestat_get(ROOT, 0, path), dir, "{path}");
        assert_eq!(guest.path_filestat_get(ROOT, FOLLOW, path), dir, "{path}");
    }
    for path in ["file/", "to file/", "file/."] {
        assert_eq!(guest.path_filestat_get(ROOT, 0, path), Err(ERRNO_NOTDIR), "{path}");
        assert_eq!(guest.path_filestat_get(ROOT, FOLLOW, path), Err(ERRNO_NOTDIR), "{path}");
    }
}

#[test]
fn times_are_set_on_the_link_or_on_what_it_leads_to() {
    let mut guest = furnished();
    let mut times = |lookup, path, set| {
        guest.path_filestat_set_times(ROOT, lookup, path, set).unwrap();
        // The link first, because following it is an access to it.
        ["to file", "file"].map(|path| {
            let stat = guest.path_filestat_get(ROOT, 0, path).unwrap();
            (stat.atim, stat.mtim)
        })
    };
    assert_eq!(times(FOLLOW, "to file", (1, 2, BOTH))[1], (1, 2));
    assert_eq!(times(0, "to file", (3, 4_000_000_001, BOTH)), [(3, 4_000_000_001), (1, 2)]);
    assert_eq!(times(0, "file", (0, 5, FSTFLAGS_MTIM)), [(3, 4_000_000_001), (1, 5)]);
}

#[test]
fn times_of_a_pipe_are_set_without_its_other_end() {
    let mut guest = furnished();
    fifo(&guest.host("root/pipe"));
    guest.link("pipe", "root/to pipe");
    for (path, time) in [("pipe", 1000), ("to pipe", 2000)] {
        guest.path_filestat_set_times(ROOT, FOLLOW, path, (time, time, BOTH)).unwrap();
        assert_eq!(guest.path_filestat_get(ROOT, 0, "pipe").unwrap().mtim, time, "{path}");
    }
}

#[test]
fn times_of_a_directory_are_set_with_and_without_slash() {
    let mut guest = furnished();
    for (path, time) in [("dir", 1000), ("dir/", 2000), (".", 3000)] {
        guest.path_filestat_set_times(ROOT, FOLLOW, path, (time, time, BOTH)).unwrap();
        assert_eq!(guest.path_filestat_get(ROOT, 0, path).unwrap().mtim, time, "{path}");
    }
    let missing = guest.path_filestat_set_times(ROOT, FOLLOW, "dangling", (1, 1, BOTH));
    assert_eq!(missing, Err(ERRNO_NOENT));
}

#[test]
fn lookup_flags_that_are_none_are_inval() {
    let mut guest = furnished();
    let before = guest.tree();
    for lookup in [2, 3, 1 << 31, u32::MAX] {
        assert_eq!(guest.path_filestat_get(ROOT, lookup, "file"), Err(ERRNO_INVAL));
        assert_eq!(guest.path_filestat_set_times(ROOT, lookup, "file", (1, 1, BOTH)), Err(ERRNO_INVAL));
        assert_eq!(guest.path_link((ROOT, lookup, "file"), (ROOT, "new")), Err(ERRNO_INVAL));
    }
    assert_eq!(guest.tree(), before);
}

// path_create_directory, path_remove_directory, path_unlink_file

#[test]
fn a_directory_is_made_with_and_without_slash() {
    let mut guest = furnished();
    for path in ["new", "slash/", "slashes//", "dir/below", "dir/../beside", "to dir/through"] {
        assert_eq!(guest.path_create_directory(ROOT, path), Ok(()), "{path}");
        assert!(guest.host("root").join(path).is_dir(), "{path}");
    }
}

#[test]
fn a_directory_is_not_made_where_something_stands() {
    let mut guest = furnished();
    let before = guest.tree();
    for path in ["file", "dir", "dir/", "to file", "to dir", "dangling", "."] {
        assert_eq!(guest.path_create_directory(ROOT, path), Err(ERRNO_EXIST), "{path}");
    }
    assert_eq!(guest.path_create_directory(ROOT, "missing/new"), Err(ERRNO_NOENT));
    assert_eq!(guest.path_create_directory(ROOT, "new/."), Err(ERRNO_NOENT));
    assert_eq!(guest.path_create_directory(ROOT, "file/new"), Err(ERRNO_NOTDIR));
    assert_eq!(guest.tree(), before);
}

#[test]
fn an_empty_directory_is_removed_with_and_without_slash() {
    let mut guest = furnished();
    for path in ["a", "b/", "to dir/c", "dir/../d//"] {
        guest.path_create_directory(ROOT, path).unwrap();
        assert_eq!(guest.path_remove_directory(ROOT, path), Ok(()), "{path}");
        assert!(!guest.host("root").join(path).exists(), "{path}");
    }
}

#[test]
fn only_an_empty_directory_is_removed() {
    let mut guest = furnished();
    guest.dir("root/empty");
    let before = guest.tree();
    for (path, errno) in [
        ("dir", ERRNO_NOTEMPTY),
        ("dir/", ERRNO_NOTEMPTY),
        ("file", ERRNO_NOTDIR),
        ("file/", ERRNO_NOTDIR),
        ("to dir", ERRNO_NOTDIR),
        ("to file", ERRNO_NOTDIR),
        ("dangling", ERRNO_NOTDIR),
        ("missing", ERRNO_NOENT),
        ("missing/", ERRNO_NOENT),
        ("file/below", ERRNO_NOTDIR),
        (".", ERRNO_INVAL),
        ("empty/.", ERRNO_INVAL),
        ("to file/", ERRNO_NOTDIR),
        ("dangling/", ERRNO_NOTDIR),
    ] {
        assert_eq!(guest.path_remove_directory(ROOT, path), Err(errno), "{path}");
    }
    assert_eq!(guest.tree(), before);
}

#[test]
fn unlinking_removes_a_file_or_the_link_itself() {
    let mut guest = furnished();
    for path in ["to file", "to dir", "dangling", "file", "dir/file"] {
        assert_eq!(guest.path_unlink_file(ROOT, path), Ok(()), "{path}");
        assert!(!guest.stands(&format!("root/{path}")), "{path}");
    }
    assert!(guest.stands("root/dir"));
}

#[test]
fn unlinking_removes_no_directory() {
    let mut guest = furnished();
    let before = guest.tree();
    for (path, errno) in [
        ("dir", ERRNO_ISDIR),
        ("dir/", ERRNO_ISDIR),
        (".", ERRNO_ISDIR),
        ("file/", ERRNO_NOTDIR),
        ("to file/", ERRNO_NOTDIR),
        ("file/.", ERRNO_NOTDIR),
        ("to file/.", ERRNO_NOTDIR),
        ("to dir/.", ERRNO_ISDIR),
        ("dir/.", ERRNO_ISDIR),
        ("missing", ERRNO_NOENT),
        ("file/below", ERRNO_NOTDIR),
    ] {
        assert_eq!(guest.path_unlink_file(ROOT, path), Err(errno), "{path}");
    }
    let errno = guest.path_unlink_file(ROOT, "to dir/").unwrap_err();
    assert!([ERRNO_NOTDIR, ERRNO_ISDIR].contains(&errno), "{errno:?}");
    assert_eq!(guest.tree(), before);
}

// path_link

#[test]
fn a_second_name_is_the_same_file_also_in_another_grant() {
    let mut guest = furnished();
    assert_eq!(guest.path_link((ROOT, 0, "file"), (ROOT, "dir/name")), Ok(()));
    assert_eq!(guest.path_link((ROOT, 0, "dir/name"), (OTHER, "name")), Ok(()));
    let fd = guest.open(OTHER, "name", WRITE).unwrap();
    guest.fd_write(fd, &[b"CON"]).unwrap();
    assert_eq!(guest.content("root/file"), b"CONtent");
    assert_eq!(guest.fd_filestat_get(fd).unwrap().nlink, 3);
}

#[test]
fn a_link_gets_a_second_name_itself() {
    let mut guest = furnished();
    guest.link("self", "root/self");
    for (i, link) in ["to file", "dangling", "self"].iter().enumerate() {
        let name = format!("name {i}");
        assert_eq!(guest.path_link((ROOT, 0, link), (ROOT, &name)), Ok(()), "{link}");
        assert_eq!(guest.path_readlink(ROOT, &name, 64), guest.path_readlink(ROOT, link, 64));
    }
}

#[test]
fn a_second_name_that_cannot_be_changes_nothing() {
    let mut guest = furnished();
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
    assert_eq!(guest.path_link((ROOT, FOLLOW, "to file"), (ROOT, "new")), Err(ERRNO_INVAL));
    assert_eq!(guest.tree(), before);
}

// path_rename

#[test]
fn renaming_moves_files_directories_and_links_also_to_another_grant() {
    let mut guest = furnished();
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
    let mut guest = furnished();
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
    let mut guest = furnished();
    guest.path_link((ROOT, 0, "file"), (ROOT, "name")).unwrap();
    let before = guest.tree();
    assert_eq!(guest.path_rename((ROOT, "file"), (ROOT, "file")), Ok(()));
    assert_eq!(guest.path_rename((ROOT, "file"), (ROOT, "name")), Ok(()));
    assert_eq!(guest.path_rename((ROOT, "dir"), (ROOT, "dir/../dir")), Ok(()));
    assert_eq!(guest.tree(), before);
}

#[test]
fn renaming_a_directory_may_have_slashes() {
    let mut guest = furnished();
    for (old, new) in [("dir/", "a"), ("a", "b/"), ("b/", "c/"), ("c//", "d//"), ("d", "dir")] {
        assert_eq!(guest.path_rename((ROOT, old), (ROOT, new)), Ok(()), "{old} {new}");
    }
    assert_eq!(guest.content("root/dir/file"), b"below");
}

#[test]
fn a_rename_that_cannot_be_changes_nothing() {
    let mut guest = furnished();
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
    let mut guest = furnished();
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
    let mut guest = furnished();
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
        assert_eq!(guest.path_symlink(target, ROOT, "link"), Err(ERRNO_PERM), "{target}");
        assert!(!guest.stands("root/link"));
    }
    guest.link("/etc/passwd", "root/link");
    assert_eq!(guest.path_readlink(ROOT, "link", 64), Err(ERRNO_PERM));
}

#[test]
fn a_buffer_too_short_gets_the_beginning_of_the_target() {
    let mut guest = furnished();
    for len in 0..8 {
        let expected = &b"missing"[..len.min(7)];
        assert_eq!(guest.path_readlink(ROOT, "dangling", len as u32), Ok(expected.to_vec()));
    }
}

#[test]
fn only_a_link_can_be_read() {
    let mut guest = furnished();
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
