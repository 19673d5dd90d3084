//! Side by side with the system's own calls: for every kind of thing, and every way to write its path, a call of the
//! guest answers the same errno as the native one, and leaves the same tree behind.
//!
//! Where the sandbox must differ, a row in [`DIFFERENT`] says so, with the reason. Linux only, because systems
//! differ in such things among themselves.

use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno as SysErrno;
use sandbox::spec::*;

use crate::common::*;

/// What there is, and what there is not.
const NAMES: [&str; 9] =
    ["file", "dir", "empty", "to file", "to dir", "to empty", "dangling", "circle", "missing"];
/// How a path may go on. All of them stay inside.
const ENDS: [&str; 9] = ["", "/", "//", "/.", "/./", "/..", "/../", "/file", "/new"];

/// A call, as the guest makes it below a granted directory, and as the system makes it below the same on the host.
struct Pair {
    name: &'static str,
    guest: fn(&mut Guest, u32, &str) -> Answer,
    native: fn(&Native, &str) -> rustix::io::Result<()>,
}

/// A directory of the host.
struct Native(std::fs::File);

impl Native {
    fn open(&self, path: &str, flags: OFlags) -> rustix::io::Result<()> {
        rustix::fs::openat(&self.0, path, flags | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR).map(drop)
    }

    fn stat(&self, path: &str, flags: AtFlags) -> rustix::io::Result<()> {
        rustix::fs::statat(&self.0, path, flags).map(drop)
    }
}

const PAIRS: &[Pair] = &[
    Pair {
        name: "open",
        guest: |g, fd, path| g.open(fd, path, READ).map(drop),
        native: |n, path| n.open(path, OFlags::RDONLY),
    },
    Pair {
        name: "open itself",
        guest: |g, fd, path| g.open(fd, path, READ.itself()).map(drop),
        native: |n, path| n.open(path, OFlags::RDONLY | OFlags::NOFOLLOW),
    },
    Pair {
        name: "open to write",
        guest: |g, fd, path| g.open(fd, path, READ_WRITE).map(drop),
        native: |n, path| n.open(path, OFlags::RDWR),
    },
    Pair {
        name: "create",
        guest: |g, fd, path| g.open(fd, path, CREATE).map(drop),
        native: |n, path| n.open(path, OFlags::RDWR | OFlags::CREATE),
    },
    Pair {
        name: "create itself",
        guest: |g, fd, path| g.open(fd, path, CREATE.itself()).map(drop),
        native: |n, path| n.open(path, OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW),
    },
    Pair {
        name: "create new",
        guest: |g, fd, path| g.open(fd, path, CREATE.oflags(OFLAGS_EXCL)).map(drop),
        native: |n, path| n.open(path, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL),
    },
    Pair {
        name: "truncate",
        guest: |g, fd, path| g.open(fd, path, READ_WRITE.oflags(OFLAGS_TRUNC)).map(drop),
        native: |n, path| n.open(path, OFlags::RDWR | OFlags::TRUNC),
    },
    Pair {
        name: "open a directory",
        guest: |g, fd, path| g.open(fd, path, DIRECTORY).map(drop),
        native: |n, path| n.open(path, OFlags::RDONLY | OFlags::DIRECTORY),
    },
    Pair {
        name: "open a directory itself",
        guest: |g, fd, path| g.open(fd, path, DIRECTORY.itself()).map(drop),
        native: |n, path| n.open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW),
    },
    Pair {
        name: "stat",
        guest: |g, fd, path| g.path_filestat_get(fd, 1, path).map(drop),
        native: |n, path| n.stat(path, AtFlags::empty()),
    },
    Pair {
        name: "stat itself",
        guest: |g, fd, path| g.path_filestat_get(fd, 0, path).map(drop),
        native: |n, path| n.stat(path, AtFlags::SYMLINK_NOFOLLOW),
    },
    Pair {
        name: "set times",
        guest: |g, fd, path| g.path_filestat_set_times(fd, 1, path, (1, 1, FSTFLAGS_MTIM)),
        native: |n, path| n.stat(path, AtFlags::empty()),
    },
    Pair {
        name: "set times itself",
        guest: |g, fd, path| g.path_filestat_set_times(fd, 0, path, (1, 1, FSTFLAGS_MTIM)),
        native: |n, path| n.stat(path, AtFlags::SYMLINK_NOFOLLOW),
    },
    Pair {
        name: "mkdir",
        guest: |g, fd, path| g.path_create_directory(fd, path),
        native: |n, path| rustix::fs::mkdirat(&n.0, path, Mode::RWXU),
    },
    Pair {
        name: "rmdir",
        guest: |g, fd, path| g.path_remove_directory(fd, path),
        native: |n, path| rustix::fs::unlinkat(&n.0, path, AtFlags::REMOVEDIR),
    },
    Pair {
        name: "unlink",
        guest: |g, fd, path| g.path_unlink_file(fd, path),
        native: |n, path| rustix::fs::unlinkat(&n.0, path, AtFlags::empty()),
    },
    Pair {
        name: "symlink",
        guest: |g, fd, path| g.path_symlink("target", fd, path),
        native: |n, path| rustix::fs::symlinkat("target", &n.0, path),
    },
    Pair {
        name: "readlink",
        guest: |g, fd, path| g.path_readlink(fd, path, 64).map(drop),
        native: |n, path| rustix::fs::readlinkat(&n.0, path, Vec::new()).map(drop),
    },
    Pair {
        name: "link from",
        guest: |g, fd, path| g.path_link((fd, 0, path), (fd, "new")),
        native: |n, path| rustix::fs::linkat(&n.0, path, &n.0, "new", AtFlags::empty()),
    },
    Pair {
        name: "link to",
        guest: |g, fd, path| g.path_link((fd, 0, "file"), (fd, path)),
        native: |n, path| rustix::fs::linkat(&n.0, "file", &n.0, path, AtFlags::empty()),
    },
    Pair {
        name: "rename from",
        guest: |g, fd, path| g.path_rename((fd, path), (fd, "new")),
        native: |n, path| rustix::fs::renameat(&n.0, path, &n.0, "new"),
    },
    Pair {
        name: "rename a file to",
        guest: |g, fd, path| g.path_rename((fd, "file"), (fd, path)),
        native: |n, path| rustix::fs::renameat(&n.0, "file", &n.0, path),
    },
    Pair {
        name: "rename a directory to",
        guest: |g, fd, path| g.path_rename((fd, "dir"), (fd, path)),
        native: |n, path| rustix::fs::renameat(&n.0, "dir", &n.0, path),
    },
    Pair {
        name: "rename a link to",
        guest: |g, fd, path| g.path_rename((fd, "to dir"), (fd, path)),
        native: |n, path| rustix::fs::renameat(&n.0, "to dir", &n.0, path),
    },
];

/// Calls, ends of paths, and what we answer there instead; the tree stays the same, and both fail.
const DIFFERENT: &[(&[&str], &[&str], &[Errno])] = &[
    // cap-std takes no `..` for the name of what is to go.
    (&["rmdir"], &["/..", "/../"], &[ERRNO_INVAL]),
    // cap-std looks first where the path leads with its slash, Linux whether something stands there without.
    (&["unlink"], &["/", "//"], &[ERRNO_ISDIR, ERRNO_NOENT, ERRNO_LOOP]),
    (&["symlink", "link to"], &["/", "//"], &[ERRNO_NOTDIR, ERRNO_NOENT, ERRNO_LOOP]),
];

/// Makes the same tree in an empty or used directory.
fn furnish(at: &Path) {
    if at.exists() {
        std::fs::remove_dir_all(at).unwrap();
    }
    std::fs::create_dir_all(at.join("dir")).unwrap();
    std::fs::create_dir(at.join("empty")).unwrap();
    std::fs::write(at.join("file"), "content").unwrap();
    std::fs::write(at.join("dir/file"), "below").unwrap();
    for (target, link) in [
        ("file", "to file"),
        ("dir", "to dir"),
        ("empty", "to empty"),
        ("missing", "dangling"),
        ("circle", "circle"),
    ] {
        std::os::unix::fs::symlink(target, at.join(link)).unwrap();
    }
}

/// What lies below `at`: path, kind and content.
fn tree(at: &Path) -> Vec<(PathBuf, String)> {
    let mut seen = Vec::new();
    let mut left = vec![at.to_path_buf()];
    while let Some(dir) = left.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let kind = path.symlink_metadata().unwrap().file_type();
            let what = if kind.is_symlink() {
                format!("-> {}", std::fs::read_link(&path).unwrap().display())
            } else if kind.is_dir() {
                left.push(path.clone());
                String::from("directory")
            } else {
                String::from_utf8(std::fs::read(&path).unwrap()).unwrap()
            };
            seen.push((path.strip_prefix(at).unwrap().to_path_buf(), what));
        }
    }
    seen.sort();
    seen
}

fn errno(native: SysErrno) -> Errno {
    let known = [
        (SysErrno::NOENT, ERRNO_NOENT),
        (SysErrno::EXIST, ERRNO_EXIST),
        (SysErrno::NOTDIR, ERRNO_NOTDIR),
        (SysErrno::ISDIR, ERRNO_ISDIR),
        (SysErrno::INVAL, ERRNO_INVAL),
        (SysErrno::NOTEMPTY, ERRNO_NOTEMPTY),
        (SysErrno::BUSY, ERRNO_BUSY),
        (SysErrno::LOOP, ERRNO_LOOP),
        (SysErrno::PERM, ERRNO_PERM),
    ];
    known.into_iter().find(|(code, _)| *code == native).unwrap_or_else(|| panic!("{native:?}")).1
}

#[test]
fn a_path_means_what_it_means_natively() {
    let mut guest = Guest::new();
    guest.dir("root/guest");
    let (ours, theirs) = (guest.host("root/guest"), guest.host("root/native"));
    furnish(&ours);
    let fresh = tree(&ours);
    furnish(&theirs);
    let mut different = Vec::new();
    for (Pair { name, guest: call, native }, thing, end) in PAIRS
        .iter()
        .flat_map(|pair| NAMES.iter().flat_map(move |name| ENDS.iter().map(move |end| (pair, name, end))))
    {
        let path = format!("{thing}{end}");
        let below = guest.open(ROOT, "guest", DIRECTORY).unwrap();
        let answer = call(&mut guest, below, &path);
        let expected = native(&Native(std::fs::File::open(&theirs).unwrap()), &path).map_err(errno);
        let _ = [below, below + 1].map(|fd| guest.fd_close(fd));
        let after = tree(&ours);
        let same_tree = after == tree(&theirs);
        assert!(answer.is_ok() || after == fresh, "{name} {path:?} failed and changed something");
        let known = DIFFERENT.iter().any(|(calls, ends, answers)| {
            let here = calls.contains(name) && ends.contains(end) && expected.is_err();
            here && answer.is_err_and(|errno| answers.contains(&errno))
        });
        if !same_tree || answer != expected && !known {
            different
                .push(format!("{name} {path:?}: {answer:?}, natively {expected:?}, same tree {same_tree}"));
        }
        if after != fresh || !same_tree {
            furnish(&ours);
            furnish(&theirs);
        }
    }
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}
