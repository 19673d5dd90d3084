//! What a program looked for and was not granted.

use sandbox::Access::{ReadOnly, ReadWrite};

use crate::common::*;

fn misses(guest: &Guest) -> Vec<(&'static str, bool)> {
    guest.ctx.misses().into_iter().map(|miss| (&*miss.path.leak(), miss.write)).collect()
}

/// A guest with an embedded tree as `/` and as `/data`, and `root` and `ro` of the host.
fn guest() -> Guest {
    Guest::bare(|host, builder| {
        let builder = builder.files(Embedded::new(&["file=", "dir/"]), 0, "/", ReadOnly);
        let builder = builder.files(Embedded::new(&["file="]), 0, "/data", ReadOnly);
        let builder = builder.dir(granted(&host.join("root")), "/host", ReadWrite);
        builder.dir(granted(&host.join("ro")), "/ro", ReadOnly)
    })
}

const DATA: u32 = HERE + 1;
const HOST: u32 = HERE + 2;
const FIXED: u32 = HERE + 3;

#[test]
fn what_no_grant_has_is_missed() {
    let mut guest = guest();
    guest.open(ROOT, "etc/config", READ).unwrap_err();
    guest.path_filestat_get(DATA, 0, "x").unwrap_err();
    guest.path_readlink(DATA, "y", 16).unwrap_err();
    assert_eq!(misses(&guest), [("etc/config", false), ("/data/x", false), ("/data/y", false)]);
}

#[test]
fn a_change_in_what_is_granted_read_only_is_missed() {
    let mut guest = guest();
    guest.file("ro/file", "");
    let fixed = guest.open(FIXED, "file", READ_WRITE).unwrap();
    guest.fd_write(fixed, &[b"x"]).unwrap_err();
    guest.path_create_directory(FIXED, "new").unwrap_err();
    guest.path_rename((HOST, "missing"), (FIXED, "moved")).unwrap_err();
    assert_eq!(misses(&guest)[..2], [("/ro/file", true), ("/ro/new", true)]);
}

#[test]
fn a_new_file_where_nothing_of_the_host_is_granted_is_missed() {
    let mut guest = guest();
    guest.open(ROOT, "new", CREATE).unwrap_err();
    guest.path_create_directory(ROOT, "./made").unwrap_err();
    guest.open(DATA, "cache", CREATE).unwrap_err();
    assert_eq!(misses(&guest), [("new", true), ("./made", true), ("/data/cache", true)]);
}

#[test]
fn a_path_that_leads_out_is_missed() {
    let mut guest = guest();
    guest.link("../outside", "root/link");
    guest.open(HOST, "../x", READ).unwrap_err();
    guest.open(HOST, "link", READ).unwrap_err();
    guest.open(ROOT, "../x", CREATE).unwrap_err();
    assert_eq!(misses(&guest), [("/host/../x", false), ("/host/link", false), ("../x", true)]);
}

#[test]
fn what_fails_for_another_reason_is_not_missed() {
    let mut guest = guest();
    guest.dir("root/dir");
    guest.open(HOST, "missing", READ).unwrap_err();
    guest.open(FIXED, "missing", READ).unwrap_err();
    guest.open(HOST, "dir", READ_WRITE).unwrap_err();
    guest.path_link((HOST, 0, "dir"), (HOST, "new")).unwrap_err();
    guest.path_symlink("/absolute", HOST, "new").unwrap_err();
    guest.open(DATA, "file/x", READ).unwrap_err();
    let dir = guest.open(ROOT, "dir", DIRECTORY).unwrap();
    guest.open(dir, "missing", READ).unwrap_err();
    guest.open(ROOT, "file", READ).unwrap();
    assert_eq!(misses(&guest), []);
}

#[test]
fn the_last_ones_are_kept() {
    let mut guest = guest();
    for i in 0..100 {
        guest.open(ROOT, format!("missing {i}"), READ).unwrap_err();
    }
    let kept = misses(&guest);
    assert_eq!((kept.len(), kept[0].0, kept[15].0), (16, "missing 84", "missing 99"));
    for _ in 0..15 {
        guest.open(HOST, ".", READ).unwrap();
    }
    assert_eq!(misses(&guest), [("missing 99", false)]);
    guest.open(HOST, ".", READ).unwrap();
    assert_eq!(misses(&guest), [], "long ago");
}
