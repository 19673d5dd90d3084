//! The calls that look at what a path names, make it or remove it; opening and further names have files of their own.

use sandbox::spec::*;

use crate::common::*;

const FOLLOW: u32 = LOOKUPFLAGS_SYMLINK_FOLLOW;
const BOTH: Fstflags = FSTFLAGS_ATIM | FSTFLAGS_MTIM;

// path_filestat_get, path_filestat_set_times

#[test]
fn filestat_is_of_the_link_or_of_what_it_leads_to() {
    let mut guest = Guest::furnished();
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
    let mut guest = Guest::furnished();
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
    let mut guest = Guest::furnished();
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
    let mut guest = Guest::furnished();
    fifo(&guest.host("root/pipe"));
    guest.link("pipe", "root/to pipe");
    for (path, time) in [("pipe", 1000), ("to pipe", 2000)] {
        guest.path_filestat_set_times(ROOT, FOLLOW, path, (time, time, BOTH)).unwrap();
        assert_eq!(guest.path_filestat_get(ROOT, 0, "pipe").unwrap().mtim, time, "{path}");
    }
}

#[test]
fn times_of_a_directory_are_set_with_and_without_slash() {
    let mut guest = Guest::furnished();
    for (path, time) in [("dir", 1000), ("dir/", 2000), (".", 3000)] {
        guest.path_filestat_set_times(ROOT, FOLLOW, path, (time, time, BOTH)).unwrap();
        assert_eq!(guest.path_filestat_get(ROOT, 0, path).unwrap().mtim, time, "{path}");
    }
    let missing = guest.path_filestat_set_times(ROOT, FOLLOW, "dangling", (1, 1, BOTH));
    assert_eq!(missing, Err(ERRNO_NOENT));
}

#[test]
fn lookup_flags_that_are_none_are_inval() {
    let mut guest = Guest::furnished();
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
    let mut guest = Guest::furnished();
    for path in ["new", "slash/", "slashes//", "dir/below", "dir/../beside", "to dir/through"] {
        assert_eq!(guest.path_create_directory(ROOT, path), Ok(()), "{path}");
        assert!(guest.host("root").join(path).is_dir(), "{path}");
    }
}

#[test]
fn a_directory_is_not_made_where_something_stands() {
    let mut guest = Guest::furnished();
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
    let mut guest = Guest::furnished();
    for path in ["a", "b/", "to dir/c", "dir/../d//"] {
        guest.path_create_directory(ROOT, path).unwrap();
        assert_eq!(guest.path_remove_directory(ROOT, path), Ok(()), "{path}");
        assert!(!guest.host("root").join(path).exists(), "{path}");
    }
}

#[test]
fn only_an_empty_directory_is_removed() {
    let mut guest = Guest::furnished();
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
    let mut guest = Guest::furnished();
    for path in ["to file", "to dir", "dangling", "file", "dir/file"] {
        assert_eq!(guest.path_unlink_file(ROOT, path), Ok(()), "{path}");
        assert!(!guest.stands(&format!("root/{path}")), "{path}");
    }
    assert!(guest.stands("root/dir"));
}

#[test]
fn unlinking_removes_no_directory() {
    let mut guest = Guest::furnished();
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
