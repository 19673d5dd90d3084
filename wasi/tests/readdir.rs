//! `fd_readdir`.

use std::collections::BTreeSet;

use sandbox::spec::*;

use crate::common::{Dirent, *};

/// A guest whose root holds `count` files.
fn crowded(count: usize) -> Guest {
    let guest = Guest::alone();
    for i in 0..count {
        guest.file(&format!("root/file {i}"), "");
    }
    guest
}

/// Lists `fd` as a C library does: a buffer of `len` bytes, going on behind the last entry that came whole, with a
/// larger buffer where not even one did. `between` is called after each step.
fn walk(
    guest: &mut Guest,
    fd: u32,
    mut len: u32,
    mut between: impl FnMut(&mut Guest, &[String]),
) -> Vec<String> {
    let (mut names, mut cookie) = (Vec::new(), 0);
    loop {
        let raw = guest.fd_readdir(fd, len, cookie).unwrap();
        let entries = Dirent::decode(&raw);
        names.extend(entries.iter().map(Dirent::name));
        between(guest, &names);
        match entries.last() {
            Some(last) => cookie = last.next,
            None if raw.len() as u32 == len => {
                len *= 2;
                continue;
            }
            None => {}
        }
        if (raw.len() as u32) < len {
            return names;
        }
    }
}

fn set(names: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    names.into_iter().collect()
}

#[test]
fn every_entry_is_listed_with_type_and_inode() {
    let mut guest = Guest::alone();
    guest.file("root/file", "");
    guest.dir("root/dir");
    guest.link("nowhere", "root/link");
    guest.file("root/größe", "");
    let entries = guest.list(ROOT);
    let expected = [".", "..", "dir", "file", "größe", "link"].map(String::from);
    assert_eq!(set(entries.iter().map(Dirent::name)), set(expected));
    for entry in entries.iter().filter(|entry| entry.name != b"..") {
        let stat = guest.path_filestat_get(ROOT, 0, &entry.name).unwrap();
        assert_eq!((entry.ino, entry.filetype), (stat.ino, stat.filetype), "{}", entry.name());
    }
}

#[test]
fn dot_and_dot_dot_come_first_and_tell_nothing_of_the_parent() {
    let mut guest = crowded(3);
    let own = guest.fd_filestat_get(ROOT).unwrap().ino;
    let entries = guest.list(ROOT);
    for (entry, name) in entries.iter().zip([".", ".."]) {
        let expected =
            Dirent { next: entry.next, ino: own, filetype: FILETYPE_DIRECTORY.raw(), name: name.into() };
        assert_eq!(*entry, expected);
    }
}

#[test]
fn an_empty_directory_has_two_entries() {
    let mut guest = Guest::alone();
    assert_eq!(guest.list(ROOT).len(), 2);
}

#[test]
fn a_buffer_of_any_length_gets_the_beginning_of_the_list() {
    let mut guest = crowded(4);
    let all = guest.fd_readdir(ROOT, 4096, 0).unwrap();
    assert!(all.len() < 4096);
    for len in 0..=all.len() + 40 {
        let part = guest.fd_readdir(ROOT, len as u32, 0).unwrap();
        assert_eq!(part, all[..len.min(all.len())], "{len}");
    }
}

#[test]
fn every_cookie_leads_to_the_rest_of_the_list() {
    let mut guest = crowded(10);
    let entries = guest.list(ROOT);
    for (i, entry) in entries.iter().enumerate() {
        let rest = Dirent::decode(&guest.fd_readdir(ROOT, 4096, entry.next).unwrap());
        assert_eq!(rest, entries[i + 1..]);
    }
    let cookies: BTreeSet<u64> = entries.iter().map(|entry| entry.next).collect();
    assert_eq!(cookies.len(), entries.len(), "each has its own");
    assert!(!cookies.contains(&0), "and 0 is the start");
}

#[test]
fn a_small_buffer_gets_everything_once() {
    for len in [1, 24, 25, 31, 32, 33, 100, 333] {
        let mut guest = crowded(30);
        let names = walk(&mut guest, ROOT, len, |_, _| {});
        assert_eq!(names.len(), 32, "{len}");
        assert_eq!(set(names).len(), 32, "{len}");
    }
}

#[test]
fn a_thousand_entries_are_all_listed() {
    let mut guest = crowded(1000);
    assert_eq!(set(walk(&mut guest, ROOT, 4096, |_, _| {})).len(), 1002);
}

#[test]
fn removing_what_was_listed_skips_nothing() {
    // As `rm -r` does: read some, remove them, read on.
    let mut guest = crowded(100);
    let mut gone = 2;
    let names = walk(&mut guest, ROOT, 200, |guest, seen| {
        for name in seen.iter().skip(gone) {
            guest.path_unlink_file(ROOT, name).unwrap();
        }
        gone = seen.len().max(2);
    });
    assert_eq!(set(names).len(), 102);
    assert_eq!(guest.list(ROOT).len(), 2);
}

#[test]
fn creating_and_renaming_meanwhile_lists_what_was_there_once() {
    let mut guest = crowded(50);
    let mut step = 0;
    let names = walk(&mut guest, ROOT, 150, |guest, _| {
        step += 1;
        guest.file(&format!("root/new {step}"), "");
        guest.path_rename((ROOT, format!("file {step}")), (ROOT, format!("renamed {step}"))).unwrap();
    });
    assert!(step > 5);
    let listed = set(names.iter().cloned());
    assert_eq!(listed.len(), names.len(), "nothing twice");
    assert!((0..50).all(|i| listed.contains(&format!("file {i}"))));
}

#[test]
fn cookie_0_starts_over_with_what_is_there_now() {
    let mut guest = crowded(2);
    assert_eq!(guest.list(ROOT).len(), 4);
    guest.file("root/new", "");
    guest.path_unlink_file(ROOT, "file 0").unwrap();
    let names = guest.list(ROOT).iter().map(Dirent::name).collect::<Vec<_>>();
    assert_eq!(set(names), set([".", "..", "file 1", "new"].map(String::from)));
}

#[test]
fn a_cookie_behind_the_end_lists_nothing() {
    let mut guest = crowded(2);
    for cookie in [4, 5, 1000, u64::MAX] {
        assert_eq!(guest.fd_readdir(ROOT, 4096, cookie), Ok(vec![]), "{cookie}");
    }
}

#[test]
fn two_descriptors_of_one_directory_are_read_apart() {
    let mut guest = crowded(3);
    let other = guest.open(ROOT, ".", DIRECTORY).unwrap();
    let before = guest.list(ROOT);
    guest.file("root/new", "");
    assert_eq!(guest.list(other).len(), 6);
    let last = before[3].next;
    assert_eq!(Dirent::decode(&guest.fd_readdir(ROOT, 4096, last).unwrap()), before[4..]);
}

#[test]
fn a_directory_that_was_removed_is_empty() {
    let mut guest = Guest::alone();
    guest.dir("root/dir");
    let fd = guest.open(ROOT, "dir", DIRECTORY).unwrap();
    guest.path_remove_directory(ROOT, "dir").unwrap();
    match guest.fd_readdir(fd, 4096, 0) {
        Ok(raw) => assert_eq!(Dirent::decode(&raw).len(), 2),
        Err(errno) => assert_eq!(errno, ERRNO_NOENT),
    }
}

#[test]
fn what_is_no_open_directory_cannot_be_listed() {
    let mut guest = Guest::alone();
    let file = guest.open(ROOT, "file", CREATE).unwrap();
    assert_eq!(guest.fd_readdir(file, 64, 0), Err(ERRNO_NOTDIR));
    assert_eq!(guest.fd_readdir(0, 64, 0), Err(ERRNO_NOTDIR));
    assert_eq!(guest.fd_readdir(CLOSED, 64, 0), Err(ERRNO_BADF));
}

#[test]
#[cfg(target_os = "linux")]
fn a_name_that_is_no_text_is_listed_and_cannot_be_opened() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let mut guest = Guest::alone();
    std::fs::write(guest.host("root").join(OsStr::from_bytes(b"\xff\xfe")), "").unwrap();
    assert!(guest.list(ROOT).iter().any(|entry| entry.name == b"\xff\xfe"));
    assert_eq!(guest.open(ROOT, b"\xff\xfe", READ), Err(ERRNO_ILSEQ));
}
