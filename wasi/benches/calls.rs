//! What a call costs, beside the same thing done natively with std: `cargo bench -p wasmpack-wasi`.
//!
//! The way from the guest into the call is not in these numbers; it is wasmer's typed host function.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

use std::fs::{File, OpenOptions};
use std::hint::black_box;
use std::io::{IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Instant;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use sandbox::calls::{clock, fd_io, fd_table, open, readdir};
use sandbox::spec::{CLOCKID_MONOTONIC, CLOCKID_REALTIME, OFLAGS_CREAT};
use sandbox::{Access, Ctx, Memory, rights};

/// A directory with `file`, 64 KiB, and `many`, which holds 100 entries.
const ROOT: u32 = 3;
/// Where the null device lies.
const DEV: u32 = 4;

/// Places in memory.
const RESULT: u32 = 0;
const PATH: u32 = 64;
const IOVS: u32 = 128;
const BUFFER: u32 = 4096;

/// How many bytes are read or written at once: a line, a block, a lot.
const LENS: [u32; 3] = [64, 4096, 1 << 16];

struct Guest {
    host: tempfile::TempDir,
    ctx: Ctx,
    bytes: Vec<u8>,
}

impl Guest {
    fn new() -> Guest {
        let host = tempfile::tempdir().unwrap();
        std::fs::write(host.path().join("file"), vec![b'x'; 1 << 16]).unwrap();
        std::fs::create_dir(host.path().join("many")).unwrap();
        for i in 0..100 {
            std::fs::write(host.path().join(format!("many/entry-{i}")), "").unwrap();
        }
        let open = |path: &Path| Dir::open_ambient_dir(path, ambient_authority()).unwrap();
        let ctx = Ctx::builder()
            .dir(open(host.path()), "/", Access::ReadWrite)
            .dir(open("/dev".as_ref()), "/dev", Access::ReadWrite)
            .build()
            .unwrap();
        Guest { host, ctx, bytes: vec![0; 1 << 18] }
    }

    fn open(&mut self, dir: u32, name: &str, oflags: u32) -> u32 {
        self.bytes[PATH as usize..][..name.len()].copy_from_slice(name.as_bytes());
        let (memory, len) = (&mut Memory::new(&mut self.bytes), name.len() as u32);
        open::path_open(&self.ctx, memory, dir, 0, PATH, len, oflags, rights::FILE, 0, 0, RESULT).unwrap();
        memory.read_u32(RESULT).unwrap()
    }

    /// One buffer of `len` bytes.
    fn iovecs(&mut self, len: u32) {
        self.bytes[IOVS as usize..][..4].copy_from_slice(&BUFFER.to_le_bytes());
        self.bytes[IOVS as usize + 4..][..4].copy_from_slice(&len.to_le_bytes());
    }
}

/// Runs `ours` and `native` in one group, so that they stand beside each other.
fn pair(
    group: &mut BenchmarkGroup<'_, WallTime>,
    case: &str,
    mut ours: impl FnMut(),
    mut native: impl FnMut(),
) {
    group.bench_function(format!("{case}/wasi"), |bencher| bencher.iter(&mut ours));
    group.bench_function(format!("{case}/native"), |bencher| bencher.iter(&mut native));
}

fn fd_write(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fd_write");
    let mut guest = Guest::new();
    let path = guest.host.path().join("written");
    let null = guest.open(DEV, "null", 0);
    let file = guest.open(ROOT, "written", OFLAGS_CREAT.into());
    for (to, fd, path) in [("null", null, Path::new("/dev/null")), ("file", file, &path)] {
        let mut native = OpenOptions::new().write(true).open(path).unwrap();
        for len in LENS {
            guest.iovecs(len);
            let content = vec![0; len as usize];
            let Guest { ctx, bytes, .. } = &mut guest;
            let memory = &mut Memory::new(bytes);
            // To the same place each time, so that the file does not grow.
            pair(
                &mut group,
                &format!("{to}/{len}"),
                || {
                    if to == "file" {
                        fd_io::fd_seek(ctx, memory, fd, 0, 0, RESULT).unwrap();
                    }
                    fd_io::fd_write(ctx, memory, fd, IOVS, 1, RESULT).unwrap();
                },
                || {
                    if to == "file" {
                        native.seek(SeekFrom::Start(0)).unwrap();
                    }
                    black_box(native.write_vectored(&[IoSlice::new(&content)]).unwrap());
                },
            );
        }
    }
}

fn fd_read(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fd_read");
    let mut guest = Guest::new();
    let fd = guest.open(ROOT, "file", 0);
    let mut native = File::open(guest.host.path().join("file")).unwrap();
    for len in LENS {
        guest.iovecs(len);
        let mut buffer = vec![0; len as usize];
        let Guest { ctx, bytes, .. } = &mut guest;
        let memory = &mut Memory::new(bytes);
        pair(
            &mut group,
            &format!("file/{len}"),
            || {
                fd_io::fd_seek(ctx, memory, fd, 0, 0, RESULT).unwrap();
                fd_io::fd_read(ctx, memory, fd, IOVS, 1, RESULT).unwrap();
            },
            || {
                native.seek(SeekFrom::Start(0)).unwrap();
                black_box(native.read_vectored(&mut [IoSliceMut::new(&mut buffer)]).unwrap());
            },
        );
    }
}

fn clock_time_get(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("clock_time_get");
    let mut guest = Guest::new();
    let (start, memory) = (Instant::now(), &mut Memory::new(&mut guest.bytes));
    let read = |id| clock::clock_time_get(&guest.ctx, memory, id, 0, RESULT).unwrap();
    pair(&mut group, "monotonic", || read(CLOCKID_MONOTONIC.raw()), || _ = black_box(start.elapsed()));
    let now = || black_box(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap());
    pair(&mut group, "realtime", || read(CLOCKID_REALTIME.raw()), || _ = now());
}

fn path_open(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("path_open+fd_close");
    let mut guest = Guest::new();
    for name in ["file", "many/entry-50"] {
        let path = guest.host.path().join(name);
        pair(
            &mut group,
            name,
            || {
                let fd = guest.open(ROOT, name, 0);
                fd_table::fd_close(&guest.ctx, &Memory::new(&mut guest.bytes), fd).unwrap();
            },
            || drop(OpenOptions::new().read(true).write(true).open(&path).unwrap()),
        );
    }
}

fn fd_readdir(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fd_readdir");
    let mut guest = Guest::new();
    let path = guest.host.path().join("many");
    let many = {
        let (memory, dir) = (&mut Memory::new(&mut guest.bytes), rights::DIRECTORY);
        memory.write(PATH, b"many").unwrap();
        open::path_open(&guest.ctx, memory, ROOT, 0, PATH, 4, 2, dir, 0, 0, RESULT).unwrap();
        memory.read_u32(RESULT).unwrap()
    };
    let memory = &mut Memory::new(&mut guest.bytes);
    pair(
        &mut group,
        "100 entries",
        || readdir::fd_readdir(&guest.ctx, memory, many, BUFFER, 1 << 16, 0, RESULT).unwrap(),
        || {
            for entry in std::fs::read_dir(&path).unwrap() {
                let entry = entry.unwrap();
                black_box((entry.file_name(), entry.file_type().unwrap()));
            }
        },
    );
}

criterion_group!(benches, fd_write, fd_read, clock_time_get, path_open, fd_readdir);
criterion_main!(benches);
