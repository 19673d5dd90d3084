//! A tree that may be changed, and a directory of the host, under the same calls at random: they must answer the
//! same, and be the same in the end. Linux only, because systems differ in such things among themselves.

use sandbox::spec::*;

use crate::common::{Filestat, *};

/// Names are few, so that they meet.
const NAMES: [&str; 5] = ["a", "b", "c", "link", "other link"];
/// How a path may go on behind a name.
const ENDS: [&str; 8] = ["", "", "", "", "/", "/.", "/..", "//"];
/// What links hold.
const TARGETS: [&str; 10] = ["a", "b", "a/b", "../a", "../..", ".", "link", "other link/c", "a/", "./b/../c"];

/// Numbers that look random, always the same ones.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    fn path(&mut self) -> String {
        if self.chance(40) {
            return (*self.pick(&[".", "..", "./", "./.", "a/../..", "/a", "../a"])).to_owned();
        }
        let names: Vec<&str> = (0..=self.below(3)).map(|_| *self.pick(&NAMES)).collect();
        names.join("/") + *self.pick(&ENDS)
    }
}

/// The same thing twice: below the host's directory, and in the tree.
#[derive(Clone, Copy, Debug)]
struct Twin {
    host: u32,
    tree: u32,
}

impl Twin {
    /// Calls for both; they must answer the same.
    #[track_caller]
    fn both<T: PartialEq + std::fmt::Debug>(
        self,
        guest: &mut Guest,
        what: &str,
        call: impl Fn(&mut Guest, u32) -> Answer<T>,
    ) -> Answer<T> {
        let (host, tree) = (call(guest, self.host), call(guest, self.tree));
        same(what, &tree, &host);
        host
    }
}

/// Answers must be equal. Where a slash stands behind a name and two things are wrong, cap-std does not tell the same
/// one in every call, so then it is enough that both fail.
#[track_caller]
fn same<T: PartialEq + std::fmt::Debug>(what: &str, tree: &Answer<T>, host: &Answer<T>) {
    let names_two = ["link", "rename", "symlink", "unlink"].iter().any(|call| what.starts_with(call));
    if names_two && what.contains("/\"") && tree.is_err() && host.is_err() {
        return;
    }
    assert_eq!(tree, host, "{what}: the tree answers the left, the host the right");
}

/// What must be equal of a file's stat.
fn comparable(stat: Filestat) -> (u8, Option<(u64, u64)>) {
    let dir = stat.filetype == FILETYPE_DIRECTORY.raw();
    (stat.filetype, (!dir).then_some((stat.size, stat.nlink)))
}

/// Everything below `fd`: paths, types, contents.
fn all(guest: &mut Guest, fd: u32, prefix: &str, seen: &mut Vec<String>) {
    let mut entries = guest.list(fd);
    assert!(entries.iter().take(2).map(|e| e.name()).eq([".", ".."]));
    entries.drain(..2);
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    for entry in entries {
        let (name, path) = (entry.name(), format!("{prefix}/{}", entry.name()));
        let stat = guest.path_filestat_get(fd, 0, &name).unwrap();
        assert_eq!((stat.ino, stat.filetype), (entry.ino, entry.filetype), "{path}");
        let what = match entry.filetype {
            t if t == FILETYPE_DIRECTORY.raw() => {
                let below = guest.open(fd, &name, DIRECTORY).unwrap();
                all(guest, below, &path, seen);
                guest.fd_close(below).unwrap();
                String::new()
            }
            t if t == FILETYPE_SYMBOLIC_LINK.raw() => {
                format!("{:?}", guest.path_readlink(fd, &name, 4096).unwrap())
            }
            _ => {
                let file = guest.open(fd, &name, READ).unwrap();
                let content = guest.fd_pread(file, &[20_000], 0).unwrap();
                guest.fd_close(file).unwrap();
                format!("{content:?}")
            }
        };
        seen.push(format!("{path} {:?} {what}", comparable(stat)));
    }
}

fn compare(guest: &mut Guest, twin: Twin) {
    let (mut host, mut tree) = (Vec::new(), Vec::new());
    all(guest, twin.host, "", &mut host);
    all(guest, twin.tree, "", &mut tree);
    assert_eq!(tree, host);
}

#[test]
fn a_tree_answers_as_the_host_does() {
    for seed in 1..=8 {
        let mut random = Random(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
        let files = Embedded::new(&["a/b=below", "b=content", "link>a"]);
        let mut guest = Guest::with(|b| b.files(files, 0, "/tree", sandbox::Access::ReadWrite));
        guest.dir("other/a");
        guest.file("other/a/b", "below");
        guest.file("other/b", "content");
        guest.link("a", "other/link");
        // Opened, since around what was granted is the root.
        let [host, tree] = [OTHER, FIRST].map(|fd| guest.open(fd, ".", DIRECTORY).unwrap());
        let root = Twin { host, tree };
        let (mut dirs, mut files): (Vec<Twin>, Vec<Twin>) = (vec![root], Vec::new());
        for step in 0..1500 {
            let dir = if random.chance(3) { *random.pick(&dirs) } else { root };
            let new_dir = if random.chance(3) { *random.pick(&dirs) } else { root };
            let (path, new) = (random.path(), random.path());
            let what = format!("seed {seed} step {step} {dir:?} {path:?} {new_dir:?} {new:?}");
            match random.below(18) {
                0..=3 => open(&mut guest, &mut random, dir, &path, &what, &mut dirs, &mut files),
                4 | 5 => {
                    let _ = dir.both(&mut guest, &format!("mkdir {what}"), |g, fd| {
                        g.path_create_directory(fd, &path)
                    });
                }
                6 => {
                    let what = format!("rmdir {what}");
                    let _ = dir.both(&mut guest, &what, |g, fd| g.path_remove_directory(fd, &path));
                }
                7 => {
                    let what = format!("unlink {what}");
                    let _ = dir.both(&mut guest, &what, |g, fd| g.path_unlink_file(fd, &path));
                }
                8 | 9 => two(&mut guest, &format!("rename {what}"), (dir, new_dir), |g, old, to| {
                    g.path_rename((old, &path), (to, &new))
                }),
                10 => two(&mut guest, &format!("link {what}"), (dir, new_dir), |g, old, to| {
                    g.path_link((old, 0, &path), (to, &new))
                }),
                11 => {
                    let target = *random.pick(&TARGETS);
                    let what = format!("symlink {target:?} {what}");
                    let _ = dir.both(&mut guest, &what, |g, fd| g.path_symlink(target, fd, &path));
                }
                12 => {
                    let what = format!("readlink {what}");
                    let _ = dir.both(&mut guest, &what, |g, fd| g.path_readlink(fd, &path, 4096));
                }
                13 => {
                    let lookup = random.below(2) as u32;
                    let what = format!("stat {lookup} {what}");
                    let _ = dir.both(&mut guest, &what, |g, fd| {
                        g.path_filestat_get(fd, lookup, &path).map(comparable)
                    });
                }
                14 => {
                    let (lookup, time) = (random.below(2) as u32, step * 1_000_000_000);
                    let set = (time, time, FSTFLAGS_ATIM | FSTFLAGS_MTIM);
                    let what = format!("times {lookup} {what}");
                    let _ = dir.both(&mut guest, &what, |g, fd| {
                        g.path_filestat_set_times(fd, lookup, &path, set)?;
                        Ok(g.path_filestat_get(fd, lookup, &path)?.mtim)
                    });
                }
                _ if !files.is_empty() => {
                    let file = *random.pick(&files);
                    use_file(&mut guest, &mut random, file, &what);
                }
                _ => {}
            }
            // Not for ever: what is gone is to be forgotten, too.
            if files.len() > 6 {
                let old = files.remove(0);
                old.both(&mut guest, "close", |g, fd| g.fd_close(fd)).unwrap();
            }
            if dirs.len() > 6 {
                let old = dirs.remove(1);
                old.both(&mut guest, "close", |g, fd| g.fd_close(fd)).unwrap();
            }
            if step % 100 == 0 {
                compare(&mut guest, root);
            }
        }
        compare(&mut guest, root);
    }
}

/// Calls with two directories of the host, and with two of the tree.
#[track_caller]
fn two(
    guest: &mut Guest,
    what: &str,
    (one, other): (Twin, Twin),
    call: impl Fn(&mut Guest, u32, u32) -> Answer,
) {
    let host = call(guest, one.host, other.host);
    let tree = call(guest, one.tree, other.tree);
    same(what, &tree, &host);
}

fn open(
    guest: &mut Guest,
    random: &mut Random,
    dir: Twin,
    path: &str,
    what: &str,
    dirs: &mut Vec<Twin>,
    files: &mut Vec<Twin>,
) {
    let mut how = *random.pick(&[READ, READ_WRITE, WRITE, CREATE, CREATE, CREATE, DIRECTORY]);
    if random.chance(4) {
        how = how.itself();
    }
    for flag in [OFLAGS_EXCL, OFLAGS_TRUNC, OFLAGS_CREAT] {
        if random.chance(8) {
            how = how.oflags(flag);
        }
    }
    if how.oflags & u32::from(OFLAGS_DIRECTORY) == 0 && random.chance(8) {
        how = how.fdflags(FDFLAGS_APPEND);
    }
    let what = format!("open {how:?} {what}");
    let (host, tree) = (guest.open(dir.host, path, how), guest.open(dir.tree, path, how));
    same(&what, &tree.map(drop), &host.map(drop));
    let (Ok(host), Ok(tree)) = (host, tree) else { return };
    let twin = Twin { host, tree };
    let stat = twin.both(guest, &what, |g, fd| Ok(comparable(g.fd_filestat_get(fd)?))).unwrap();
    if stat.0 != FILETYPE_DIRECTORY.raw() {
        files.push(twin);
    } else if how.base == DIRECTORY.base {
        dirs.push(twin);
    } else {
        twin.both(guest, &what, |g, fd| g.fd_close(fd)).unwrap();
    }
}

fn use_file(guest: &mut Guest, random: &mut Random, file: Twin, what: &str) {
    let (offset, len) = (random.below(10_000), random.below(5_000));
    let bytes = vec![b'a' + random.below(26) as u8; len];
    let what = &format!("use {file:?} {offset} {len} {what}");
    match random.below(9) {
        0 => _ = file.both(guest, what, |g, fd| g.fd_read(fd, &[len as u32, 100])),
        1 => _ = file.both(guest, what, |g, fd| g.fd_pread(fd, &[len as u32, 100], offset as u64)),
        2 => _ = file.both(guest, what, |g, fd| g.fd_write(fd, &[&bytes, b"end"])),
        3 => _ = file.both(guest, what, |g, fd| g.fd_pwrite(fd, &[&bytes], offset as u64)),
        4 => {
            let whence = random.below(3) as u32;
            let offset = offset as i64 - 5000;
            _ = file.both(guest, what, |g, fd| g.fd_seek(fd, offset, whence));
        }
        5 => _ = file.both(guest, what, |g, fd| g.fd_filestat_set_size(fd, offset as u64)),
        6 => _ = file.both(guest, what, |g, fd| g.fd_allocate(fd, offset as u64, len as u64)),
        7 => _ = file.both(guest, what, |g, fd| g.fd_fdstat_set_flags(fd, (offset % 2) as u32)),
        _ => _ = file.both(guest, what, |g, fd| g.fd_tell(fd)),
    }
    file.both(guest, what, |g, fd| Ok(comparable(g.fd_filestat_get(fd)?))).unwrap();
}
