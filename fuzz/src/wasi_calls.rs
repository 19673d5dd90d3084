//! One input of the target `wasi_calls`.

use std::cell::RefCell;
use std::fs::File;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use sandbox::calls::{
    args, clock, environ, fd_io, fd_stat, fd_table, open, path, poll, random, readdir, sched, sock,
};
use sandbox::{Access, Ctx, Memory, Result};

#[path = "../../wasi/tests/common/embedded.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod embedded;
use embedded::Embedded;

/// Two pages of WebAssembly.
const SIZE: usize = 1 << 17;
/// The most calls that one input makes.
const CALLS: usize = 64;
/// Inputs after which the granted directories are made anew.
const FRESH: u32 = 500;
/// The content of memory at the start: paths, and buffers of which some lie within memory.
const PATHS: &[&str] =
    &["f", "sub/f", "out/secret", "..", "../outside/secret", "/", "new", "sub", "l", "f/", "", "a\0b"];
/// The longest time that a subscription may ask for, in nanoseconds.
const WAIT: u64 = 100_000;

thread_local! {
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
}

/// Directories of the host: three that are granted or not.
struct Place {
    folder: tempfile::TempDir,
    used: u32,
}

impl Place {
    fn new() -> Place {
        // What the calls read from and write to the standard streams is nobody's: libFuzzer itself speaks by standard error.
        let null = File::options().read(true).write(true).open("/dev/null").expect("a system with /dev/null");
        rustix::stdio::dup2_stdin(&null).expect("standard input can be replaced");
        rustix::stdio::dup2_stdout(&null).expect("standard output can be replaced");
        let place = Place { folder: tempfile::tempdir().expect("a temporary folder"), used: 0 };
        for name in ["outside", "kept"] {
            std::fs::create_dir_all(place.path(name).join("sub")).expect("a folder can be made");
            std::fs::write(place.path(name).join("secret"), "content").expect("a file can be written");
            std::fs::write(place.path(name).join("sub/f"), "content").expect("a file can be written");
        }
        place.renew();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes what may be changed anew.
    fn renew(&self) {
        let granted = self.path("granted");
        let _ = std::fs::remove_dir_all(&granted);
        std::fs::create_dir_all(granted.join("sub")).expect("a folder can be made");
        for name in ["f", "sub/f"] {
            std::fs::write(granted.join(name), "content of a file that may be changed")
                .expect("a file can be written");
        }
        for (link, target) in [("out", "../outside"), ("l", "f"), ("sub/up", "..")] {
            std::os::unix::fs::symlink(target, granted.join(link)).expect("a link can be made");
        }
    }

    fn open(&self, name: &str) -> Dir {
        Dir::open_ambient_dir(self.path(name), ambient_authority()).expect("a directory that was made")
    }

    fn context(&self) -> Ctx {
        let tree = || Embedded::new(&["f=carried", "sub/f=carried, too", "l>sub/f", "up>.."]);
        Ctx::builder()
            .arg(b"app")
            .arg(b"argument")
            .env(b"NAME=value")
            .dir(self.open("granted"), "/", Access::ReadWrite)
            .dir(self.open("kept"), "/kept", Access::ReadOnly)
            .files(tree(), 0, "/carried", Access::ReadOnly)
            .files(tree(), 0, "/changed", Access::ReadWrite)
            .build()
            .expect("grants that fit together")
    }

    /// Panics if something changed that no call may change.
    fn check(&self) {
        for name in ["outside", "kept"] {
            let folder = self.path(name);
            assert_eq!(names(&folder), ["secret", "sub"], "{name} has other entries");
            assert_eq!(names(&folder.join("sub")), ["f"], "{name}/sub has other entries");
            for file in ["secret", "sub/f"] {
                assert_eq!(
                    std::fs::read(folder.join(file)).ok().as_deref(),
                    Some(&b"content"[..]),
                    "{name}/{file}"
                );
            }
        }
        assert_eq!(
            names(self.folder.path()),
            ["granted", "kept", "outside"],
            "something lies beside the grants"
        );
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder that was made");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Takes values from the input; zeros when it is used up.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        let take = self.0.len().min(N);
        bytes[..take].copy_from_slice(&self.0[..take]);
        self.0 = &self.0[take..];
        bytes
    }

    /// A pointer or a length: at an edge, within memory, or anything.
    fn u32(&mut self) -> u32 {
        const EDGES: [u32; 8] =
            [0, 8, SIZE as u32 - 1, SIZE as u32, SIZE as u32 - 8, 1 << 31, u32::MAX, u32::MAX - 7];
        let [how] = self.bytes();
        match how {
            0..32 => EDGES[usize::from(how) % EDGES.len()],
            32..64 => u32::from(how - 32),
            // Where the paths and buffers lie.
            64..128 => u32::from(how - 64) * 8,
            128..224 => u32::from(u16::from_le_bytes(self.bytes())),
            224.. => u32::from_le_bytes(self.bytes()),
        }
    }

    fn u64(&mut self) -> u64 {
        const EDGES: [u64; 8] = [0, 1, 1 << 16, 1 << 32, i64::MAX as u64, 1 << 63, u64::MAX, u64::MAX - 7];
        let [how] = self.bytes();
        if how < 128 { EDGES[usize::from(how) % EDGES.len()] } else { u64::from_le_bytes(self.bytes()) }
    }

    /// Mostly one that is open; never standard error, by which the fuzzer speaks.
    fn fd(&mut self) -> u32 {
        let [how] = self.bytes();
        let fd = if how < 224 { u32::from(how % 16) } else { self.u32() };
        if fd == 2 { 3 } else { fd }
    }
}

/// Makes the calls that `data` describes.
pub fn run(data: &[u8]) {
    PLACE.with_borrow_mut(|place| {
        let place = place.get_or_insert_with(Place::new);
        place.used += 1;
        if place.used % FRESH == 0 {
            place.renew();
        }
        let ctx = place.context();
        let mut bytes = memory(data);
        let mut input = Input(data);
        for _ in 0..CALLS {
            if input.0.is_empty() {
                break;
            }
            let before = bytes.clone();
            if call(&ctx, &mut bytes, &mut input).is_err() {
                assert!(before == bytes, "a call failed and wrote to memory");
            }
        }
        drop(ctx);
        place.check();
    });
}

/// Memory with paths and lists of buffers at its start, and the input behind them.
fn memory(data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xa5; SIZE];
    for (at, path) in (0..).step_by(24).zip(PATHS) {
        bytes[at..][..path.len()].copy_from_slice(path.as_bytes());
    }
    let buffers: [(u32, u32); 6] =
        [(1024, 16), (2048, 0), (4096, 65536), (SIZE as u32 - 4, 8), (u32::MAX, 1), (8, u32::MAX)];
    for (at, (pointer, len)) in (320..).step_by(8).zip(buffers) {
        bytes[at..][..4].copy_from_slice(&pointer.to_le_bytes());
        bytes[at + 4..][..4].copy_from_slice(&len.to_le_bytes());
    }
    let take = data.len().min(SIZE - 1024);
    bytes[1024..][..take].copy_from_slice(&data[..take]);
    bytes
}

/// Keeps subscriptions from waiting for long.
fn hurry(bytes: &mut [u8], subscriptions: u32, count: u32) {
    for index in 0..count.min(1 << 16) {
        let at = subscriptions as usize + 48 * index as usize;
        let Some(raw) = bytes.get_mut(at..at + 48) else { return };
        let timeout = u64::from_le_bytes(raw[24..32].try_into().expect("eight bytes"));
        raw[24..32].copy_from_slice(&(timeout % WAIT).to_le_bytes());
        // A time that is meant absolutely lies in the past.
    }
}

fn call(ctx: &Ctx, bytes: &mut [u8], input: &mut Input<'_>) -> Result<()> {
    let [which] = input.bytes();
    let i = input;
    macro_rules! call {
        ($call:path $(, $argument:expr)*) => {{
            $call(ctx, &Memory::new(bytes) $(, $argument)*)
        }};
    }
    match which % 44 {
        0 => call!(args::args_get, i.u32(), i.u32()),
        1 => call!(args::args_sizes_get, i.u32(), i.u32()),
        2 => call!(environ::environ_get, i.u32(), i.u32()),
        3 => call!(environ::environ_sizes_get, i.u32(), i.u32()),
        4 => call!(clock::clock_res_get, i.u32(), i.u32()),
        5 => call!(clock::clock_time_get, i.u32(), i.u64(), i.u32()),
        6 => call!(random::random_get, i.u32(), i.u32()),
        7 => call!(sched::sched_yield),
        8 => {
            let (subscriptions, events, count, result) = (i.u32(), i.u32(), i.u32(), i.u32());
            hurry(bytes, subscriptions, count);
            let before = bytes.to_vec();
            let outcome = call!(poll::poll_oneoff, subscriptions, events, count, result);
            assert!(outcome.is_ok() || before == bytes, "poll_oneoff failed and wrote to memory");
            // What was changed here is no fault of the call's.
            Ok(())
        }
        9 => call!(fd_table::fd_close, i.fd()),
        10 => call!(fd_table::fd_renumber, i.fd(), i.fd()),
        11 => call!(fd_table::fd_fdstat_get, i.fd(), i.u32()),
        12 => call!(fd_table::fd_fdstat_set_flags, i.fd(), i.u32()),
        13 => call!(fd_table::fd_fdstat_set_rights, i.fd(), i.u64(), i.u64()),
        14 => call!(fd_table::fd_prestat_get, i.fd(), i.u32()),
        15 => call!(fd_table::fd_prestat_dir_name, i.fd(), i.u32(), i.u32()),
        16 => call!(fd_io::fd_read, i.fd(), i.u32(), i.u32(), i.u32()),
        17 => call!(fd_io::fd_pread, i.fd(), i.u32(), i.u32(), i.u64(), i.u32()),
        18 => call!(fd_io::fd_write, i.fd(), i.u32(), i.u32(), i.u32()),
        19 => call!(fd_io::fd_pwrite, i.fd(), i.u32(), i.u32(), i.u64(), i.u32()),
        20 => call!(fd_io::fd_seek, i.fd(), i.u64() as i64, i.u32() % 4, i.u32()),
        21 => call!(fd_io::fd_tell, i.fd(), i.u32()),
        22 => call!(fd_stat::fd_filestat_get, i.fd(), i.u32()),
        23 => call!(fd_stat::fd_filestat_set_size, i.fd(), i.u64()),
        24 => call!(fd_stat::fd_filestat_set_times, i.fd(), i.u64(), i.u64(), i.u32() % 17),
        // Space on the disk is not the fuzzer's to take.
        25 => call!(fd_stat::fd_allocate, i.fd(), i.u64() % (1 << 20), i.u64() % (1 << 20)),
        26 => call!(fd_stat::fd_advise, i.fd(), i.u64(), i.u64(), i.u32()),
        27 => call!(fd_stat::fd_datasync, i.fd()),
        28 => call!(fd_stat::fd_sync, i.fd()),
        29 => call!(readdir::fd_readdir, i.fd(), i.u32(), i.u32(), i.u64(), i.u32()),
        30 | 31 => call!(
            open::path_open,
            i.fd(),
            i.u32() % 3,
            i.u32(),
            i.u32() % 32,
            i.u32() % 16,
            i.u64(),
            i.u64(),
            i.u32() % 32,
            i.u32()
        ),
        32 => call!(path::path_filestat_get, i.fd(), i.u32() % 3, i.u32(), i.u32(), i.u32()),
        33 => call!(
            path::path_filestat_set_times,
            i.fd(),
            i.u32() % 3,
            i.u32(),
            i.u32() % 32,
            i.u64(),
            i.u64(),
            i.u32() % 17
        ),
        34 => call!(path::path_create_directory, i.fd(), i.u32(), i.u32() % 32),
        35 => call!(path::path_remove_directory, i.fd(), i.u32(), i.u32() % 32),
        36 => call!(path::path_unlink_file, i.fd(), i.u32(), i.u32() % 32),
        37 => {
            call!(path::path_link, i.fd(), i.u32() % 3, i.u32(), i.u32() % 32, i.fd(), i.u32(), i.u32() % 32)
        }
        38 => call!(path::path_rename, i.fd(), i.u32(), i.u32() % 32, i.fd(), i.u32(), i.u32() % 32),
        39 => call!(path::path_symlink, i.u32(), i.u32() % 32, i.fd(), i.u32(), i.u32() % 32),
        40 => call!(path::path_readlink, i.fd(), i.u32(), i.u32() % 32, i.u32(), i.u32(), i.u32()),
        41 => call!(sock::sock_recv, i.fd(), i.u32(), i.u32(), i.u32(), i.u32(), i.u32()),
        42 => call!(sock::sock_send, i.fd(), i.u32(), i.u32(), i.u32(), i.u32()),
        _ => match i.u32() % 2 {
            0 => call!(sock::sock_accept, i.fd(), i.u32(), i.u32()),
            _ => call!(sock::sock_shutdown, i.fd(), i.u32()),
        },
    }
}
