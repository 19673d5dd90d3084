//! A guest without code: memory, granted directories, and a way to call.
//!
//! Memory is filled with [`MARK`], so that a byte written too much, anywhere, is seen. Directories are fresh for
//! each test.

mod calls;
mod embedded;
mod wire;

use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use sandbox::spec::Errno;
use sandbox::{Access, Ctx, CtxBuilder, Memory};
use tempfile::TempDir;

pub use embedded::Embedded;
pub use wire::*;

/// What memory holds where nothing was written.
pub const MARK: u8 = 0xa5;
/// Size of memory in bytes.
pub const SIZE: u32 = 1 << 17;
/// Marked bytes between allocations.
const GAP: u32 = 32;

/// `/`, granted read-write.
pub const ROOT: u32 = 3;
/// `.`, which is the root under another name.
pub const HERE: u32 = 4;
/// `/other`, granted read-write.
pub const OTHER: u32 = 5;
/// `/ro`, granted read-only.
pub const RO: u32 = 6;
/// What a test grants beside these, or else the first number that an opened file gets.
pub const FIRST: u32 = 7;
/// A number that no test opens.
pub const CLOSED: u32 = 1000;

/// What a guest gets from a call.
pub type Answer<T = ()> = Result<T, Errno>;

/// A program that lives in a test.
pub struct Guest {
    pub ctx: Ctx,
    pub bytes: Vec<u8>,
    next: u32,
    host: TempDir,
}

impl Guest {
    /// A guest with the three granted directories, all empty.
    pub fn new() -> Guest {
        Guest::with(|builder| builder)
    }

    /// As [`Guest::new`], with what `add` adds to the grants.
    pub fn with(add: impl FnOnce(CtxBuilder) -> CtxBuilder) -> Guest {
        let host = tempfile::tempdir().unwrap();
        let mut builder = Ctx::builder();
        for (name, guest, access) in [
            ("root", "/", Access::ReadWrite),
            ("other", "/other", Access::ReadWrite),
            ("ro", "/ro", Access::ReadOnly),
        ] {
            let path = host.path().join(name);
            std::fs::create_dir(&path).unwrap();
            builder = builder.dir(granted(&path), guest, access);
        }
        Guest { ctx: add(builder).build().unwrap(), bytes: vec![MARK; SIZE as usize], next: GAP, host }
    }

    /// A guest with nothing but `root` as `/`.
    pub fn alone() -> Guest {
        Guest::bare(|host, builder| builder.dir(granted(&host.join("root")), "/", Access::ReadWrite))
    }

    /// A guest with `file`, `dir` with `dir/file`, and links to both and to nowhere.
    pub fn furnished() -> Guest {
        let guest = Guest::new();
        guest.file("root/file", "content");
        guest.dir("root/dir");
        guest.file("root/dir/file", "below");
        guest.link("file", "root/to file");
        guest.link("dir", "root/to dir");
        guest.link("missing", "root/dangling");
        guest
    }

    /// A guest with nothing but what `grant` grants, of directories `root`, `other` and `ro` of the host.
    pub fn bare(grant: impl FnOnce(&Path, CtxBuilder) -> CtxBuilder) -> Guest {
        let host = tempfile::tempdir().unwrap();
        for name in ["root", "other", "ro"] {
            std::fs::create_dir(host.path().join(name)).unwrap();
        }
        let ctx = grant(host.path(), Ctx::builder()).build().unwrap();
        Guest { ctx, bytes: vec![MARK; SIZE as usize], next: GAP, host }
    }

    /// Where `path` lies on the host; the first component is `root`, `other`, `ro`, or something not granted.
    pub fn host(&self, path: &str) -> PathBuf {
        self.host.path().join(path)
    }

    /// Makes a file on the host.
    pub fn file(&self, path: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.host(path), content).unwrap();
    }

    /// Makes a directory on the host.
    pub fn dir(&self, path: &str) {
        std::fs::create_dir_all(self.host(path)).unwrap();
    }

    /// Makes a symbolic link on the host.
    pub fn link(&self, target: &str, path: &str) {
        std::os::unix::fs::symlink(target, self.host(path)).unwrap();
    }

    /// The content of a file on the host.
    pub fn content(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.host(path)).unwrap()
    }

    /// True if something stands at `path` on the host, be it a link to nowhere.
    pub fn stands(&self, path: &str) -> bool {
        self.host(path).symlink_metadata().is_ok()
    }

    /// All there is on the host: path, and what makes one different from another.
    pub fn tree(&self) -> Vec<String> {
        let mut seen = Vec::new();
        walk(self.host.path(), &mut seen);
        seen.sort();
        seen
    }

    /// Space for `len` bytes, marks around it.
    pub fn alloc(&mut self, len: u32) -> u32 {
        let at = self.next.next_multiple_of(8);
        self.next = at + len + GAP;
        assert!(self.next <= SIZE, "the test's guest is out of memory");
        at
    }

    /// Puts `bytes` into memory.
    pub fn put(&mut self, bytes: impl AsRef<[u8]>) -> u32 {
        let bytes = bytes.as_ref();
        let at = self.alloc(bytes.len() as u32);
        self.bytes[at as usize..][..bytes.len()].copy_from_slice(bytes);
        at
    }

    /// Puts a string into memory: pointer and length, as a call takes them.
    pub fn text(&mut self, text: impl AsRef<[u8]>) -> (u32, u32) {
        let len = text.as_ref().len() as u32;
        (self.put(text), len)
    }

    /// Puts a list of buffers into memory: pointer and count, as a call takes them.
    pub fn iovecs(&mut self, list: &[(u32, u32)]) -> (u32, u32) {
        let raw: Vec<u8> =
            list.iter().flat_map(|(ptr, len)| [ptr.to_le_bytes(), len.to_le_bytes()]).flatten().collect();
        (self.put(raw), list.len() as u32)
    }

    /// The `N` bytes at `at`.
    pub fn get<const N: usize>(&self, at: u32) -> [u8; N] {
        self.bytes[at as usize..][..N].try_into().unwrap()
    }

    /// Runs `f`, and takes back all memory that it allocated.
    pub fn scope<T>(&mut self, f: impl FnOnce(&mut Guest) -> T) -> T {
        let before = self.next;
        let outcome = f(self);
        self.bytes[before as usize..self.next as usize].fill(MARK);
        self.next = before;
        outcome
    }

    /// Calls, and checks that nothing changed outside of `results` (pointer and length); if it failed, nothing at all.
    #[track_caller]
    pub fn call(
        &mut self,
        results: &[(u32, u32)],
        f: impl FnOnce(&mut Ctx, &mut Memory<'_>) -> sandbox::Result<()>,
    ) -> Answer {
        let before = self.bytes.clone();
        let outcome = f(&mut self.ctx, &mut Memory::new(&mut self.bytes));
        if before != self.bytes {
            assert!(outcome.is_ok(), "a call failed with {outcome:?} and changed memory");
            let announced = |i: &u32| results.iter().any(|(ptr, len)| (*ptr..ptr + len).contains(i));
            let wild: Vec<u32> = changed(&before, &self.bytes).filter(|i| !announced(i)).collect();
            assert!(wild.is_empty(), "a call wrote to {wild:x?}, its results are {results:x?}");
        }
        outcome.map_err(|error| error.0)
    }

    /// Calls with a pointer to `N` bytes for the result; returns them.
    #[track_caller]
    pub fn out<const N: usize>(
        &mut self,
        f: impl FnOnce(&mut Ctx, &mut Memory<'_>, u32) -> sandbox::Result<()>,
    ) -> Answer<[u8; N]> {
        self.scope(|g| {
            let result = g.alloc(N as u32);
            g.call(&[(result, N as u32)], |ctx, memory| f(ctx, memory, result))?;
            Ok(g.get(result))
        })
    }

    /// As [`Guest::out`], for a u32.
    #[track_caller]
    pub fn out_u32(
        &mut self,
        f: impl FnOnce(&mut Ctx, &mut Memory<'_>, u32) -> sandbox::Result<()>,
    ) -> Answer<u32> {
        self.out(f).map(u32::from_le_bytes)
    }

    /// As [`Guest::out`], for a u64.
    #[track_caller]
    pub fn out_u64(
        &mut self,
        f: impl FnOnce(&mut Ctx, &mut Memory<'_>, u32) -> sandbox::Result<()>,
    ) -> Answer<u64> {
        self.out(f).map(u64::from_le_bytes)
    }
}

/// Where `a` and `b` differ.
fn changed(a: &[u8], b: &[u8]) -> impl Iterator<Item = u32> {
    const PIECE: usize = 256;
    let pieces = a.chunks(PIECE).zip(b.chunks(PIECE)).enumerate().filter(|(_, (a, b))| a != b);
    pieces.flat_map(|(i, (a, b))| {
        let places = (0..a.len()).filter(move |&j| a[j] != b[j]);
        places.map(move |j| (i * PIECE + j) as u32)
    })
}

/// A directory of the host, as the launcher would grant it.
pub fn granted(path: &Path) -> Dir {
    Dir::open_ambient_dir(path, ambient_authority()).unwrap()
}

/// Makes a named pipe on the host.
#[cfg(target_os = "linux")]
pub fn fifo(path: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

/// True for a user whom no permission bits hold back; says so, because a test is then not run.
#[track_caller]
pub fn unstoppable(guest: &Guest) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let probe = guest.host("probe");
    std::fs::write(&probe, "").unwrap();
    std::fs::set_permissions(&probe, PermissionsExt::from_mode(0o000)).unwrap();
    let unstoppable = std::fs::read(&probe).is_ok();
    if unstoppable {
        skip::because("permission bits do not hold this user back");
    }
    unstoppable
}

fn walk(dir: &Path, seen: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        let what = if metadata.is_dir() {
            walk(&path, seen);
            String::new()
        } else if metadata.is_symlink() {
            format!("-> {}", std::fs::read_link(&path).unwrap().display())
        } else if metadata.is_file() {
            format!("{:?}", String::from_utf8_lossy(&std::fs::read(&path).unwrap()))
        } else {
            String::from("special")
        };
        seen.push(format!(
            "{} {:?} {:?} {what}",
            path.display(),
            metadata.file_type(),
            metadata.modified().unwrap()
        ));
    }
}
