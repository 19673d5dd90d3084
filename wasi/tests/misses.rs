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

/// The paths that an audited guest used, those that were changed with a `!`.
fn used(guest: &Guest) -> Vec<String> {
    let paths = guest.ctx.used().paths.into_iter();
    paths.map(|used| format!("{}{}", used.path, if used.write { "!" } else { "" })).collect()
}

/// A native program's directories: where the user stands, the root, and whichever is meant (one further with a grant).
const STANDS: u32 = 3;
const SYSTEM: u32 = 4;
const EITHER: u32 = 5;

/// An audited native guest with `root` as the system's and `root/work` as where it stands.
fn native() -> Guest {
    let guest = Guest::bare(|host, builder| {
        let (root, work) = (host.join("root"), host.join("root/work"));
        std::fs::create_dir(&work).unwrap();
        let builder = builder.dir(granted(&host.join("ro")), "/ro", ReadOnly).audited();
        builder.native(Some((granted(&work), work.clone())), (granted(&root), root.clone()))
    });
    guest.dir("root/etc");
    guest.dir("root/work/etc");
    guest.file("root/etc/hosts", "");
    guest.file("root/work/etc/hosts", "");
    guest
}

#[test]
fn what_is_changed_is_used_where_it_was_changed() {
    let mut guest = native();
    let either = EITHER + 1;
    guest.open(either, "etc/hosts", READ_WRITE).unwrap();
    assert_eq!(used(&guest), ["etc/hosts!"]);
    // Also if it is no longer there.
    let mut guest = native();
    guest.path_unlink_file(either, "etc/hosts").unwrap();
    guest.path_remove_directory(either, "etc").unwrap();
    assert_eq!(used(&guest), ["etc!", "etc/hosts!"]);
    let mut guest = native();
    guest.path_rename((either, "etc"), (either, "moved")).unwrap();
    assert_eq!(used(&guest), ["etc!", "moved!"]);
}

#[test]
fn what_is_granted_as_the_parent_is_used_by_that_name() {
    let mut guest =
        Guest::bare(|host, builder| builder.dir(granted(&host.join("other")), "..", ReadWrite).audited());
    guest.dir("other/dir");
    guest.path_filestat_get(ROOT, 0, "../dir").unwrap();
    let dir = guest.open(HERE, "..", DIRECTORY).unwrap();
    guest.open(dir, "new", CREATE).unwrap();
    assert_eq!(used(&guest), ["..", "../dir", "../new!"]);
}

#[test]
fn what_is_opened_only_to_read_is_not_changed() {
    let mut guest = Guest::bare(|host, builder| {
        let builder = builder.dir(granted(&host.join("root")), "/", ReadWrite);
        builder.dir(granted(&host.join("ro")), "/ro", ReadOnly).audited()
    });
    guest.file("ro/file", "");
    guest.dir("root/dir");
    guest.file("root/dir/file", "");
    guest.open(ROOT, "ro/file", READ_WRITE).unwrap();
    let dir = guest.open(ROOT, "dir", DIRECTORY).unwrap();
    guest.open(dir, "file", READ_WRITE).unwrap();
    assert_eq!(used(&guest), ["/dir", "/dir/file!", "/ro/file"]);
}

#[test]
fn what_is_used_beyond_all_measure_is_told_to_be_more() {
    let mut guest =
        Guest::bare(|host, builder| builder.dir(granted(&host.join("root")), "/", ReadWrite).audited());
    guest.path_filestat_get(ROOT, 0, "./".repeat(100)).unwrap();
    let name = "x".repeat(200);
    for i in 0..6000 {
        if i % 2000 == 0 {
            assert!(!guest.ctx.used().cut);
        }
        guest.path_create_directory(ROOT, format!("{name}{i}")).unwrap();
    }
    assert!(guest.ctx.used().cut);
}

#[test]
fn a_native_program_misses_only_what_a_grant_would_change() {
    let mut guest = native();
    let either = EITHER + 1;
    for fd in [STANDS, either] {
        guest.open(fd, "missing", READ).unwrap_err();
        guest.path_filestat_get(fd, 0, "missing/x").unwrap_err();
        guest.path_rename((fd, "missing"), (fd, "new")).unwrap_err();
    }
    assert_eq!(misses(&guest), []);
    guest.dir("root/srv");
    guest.path_create_directory(either, "srv/new").unwrap_err();
    assert_eq!(guest.path_create_directory(SYSTEM, "ro/new"), Err(sandbox::spec::ERRNO_ROFS));
    assert_eq!(misses(&guest), [("srv/new", true), ("ro/new", true)]);
}
