//! Many threads touch cold chunks at once, again and again, while another pages them in: each sees the whole chunk or waits
//! for it.
#![allow(clippy::unwrap_used, unsafe_code, reason = "a test that cannot go on fails")]

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use payload::image::Touch;
use payload::{Compiler, CpuFeatures, Engine, Header, Manifest, SectionKind, Target, Writer, chunk};

use super::super::kind::Kind;
use super::images;
use super::pager::{Pager, Worker};
use super::prefetch::prefetch;
use crate::image::stored::Stored;
use crate::sys::{self, memory::Region};

const CHUNK: usize = chunk::MIN_SIZE as usize;
const CHUNKS: usize = 6;
const THREADS: usize = 8;
const ROUNDS: usize = 10_000;

/// A function that returns `number`.
fn function(number: u32) -> Vec<u8> {
    if cfg!(target_arch = "x86_64") {
        // mov eax, number; ret
        [&[0xb8][..], &number.to_le_bytes(), &[0xc3]].concat()
    } else if cfg!(target_arch = "aarch64") {
        // movz w0, #number; ret
        [0x5280_0000 | number << 5, 0xd65f_03c0].iter().flat_map(|word: &u32| word.to_le_bytes()).collect()
    } else {
        // addi a0, zero, number; ret
        [0x513 | number << 20, 0x8067].iter().flat_map(|word: &u32| word.to_le_bytes()).collect()
    }
}

/// An image with a function at the start and near the end of each chunk.
fn code() -> Vec<u8> {
    let mut code = vec![0; CHUNK * CHUNKS];
    for index in 0..CHUNKS {
        for (place, number) in [(0, index), (CHUNK - 16, index + 100)] {
            let function = function(number as u32);
            code[index * CHUNK + place..][..function.len()].copy_from_slice(&function);
        }
    }
    code
}

fn stored(code: &[u8], memory: &[u8]) -> Stored {
    let header = Header {
        target: Target::host().unwrap(),
        engine: Engine::PINNED,
        compiler: Compiler::Cranelift,
        cpu: CpuFeatures::NONE,
    };
    let frames = |content: &[u8]| -> Vec<Vec<u8>> {
        let frame = |(index, piece): (usize, &[u8])| match index % 2 {
            0 => chunk::compress_fast(piece),
            _ => chunk::compress(piece, 1),
        };
        content.chunks(CHUNK).enumerate().map(frame).collect()
    };
    let payload = Writer::new(header, &Manifest::default())
        .chunked(SectionKind::Code, code.len() as u64, CHUNK as u32, &frames(code))
        .chunked(SectionKind::Memory, memory.len() as u64, CHUNK as u32, &frames(memory))
        .finish();
    Stored::of(payload)
}

#[test]
fn threads_that_touch_cold_chunks_at_once_see_whole_chunks() {
    sys::handle_faults(super::resolve).unwrap();
    let code = code();
    let memory: Vec<u8> = (0..CHUNK * CHUNKS).map(|at| (at * 7 % 251) as u8).collect();
    let stored = stored(&code, &memory);
    let likely = [Touch::Code(1), Touch::Code(2), Touch::Memory(3), Touch::Memory(4), Touch::Memory(5)];
    let place = |kind: Kind, len: usize| {
        let region = Region::reserve(len).unwrap();
        let base = region.addresses().start;
        // Nothing is moved yet: what is mapped meanwhile (the threads' stacks) must not lie where a moved chunk was, since
        // that is mapped again below.
        let section = stored.section(kind.section()).unwrap();
        images::set(kind, Pager::new(kind, stored, section, region, &likely).unwrap()).unwrap();
        base
    };
    let code_base = place(Kind::Code, code.len());
    let memory_base = place(Kind::Memory, memory.len());

    let barrier = Barrier::new(THREADS + 1);
    let wrong = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        // As the thread of `prefetch` does, where it may.
        scope.spawn(|| {
            let mut worker = Worker::new().unwrap();
            for round in 0..ROUNDS {
                if barrier.wait().is_leader() {
                    images::all().for_each(|pager| pager.forget());
                }
                barrier.wait();
                for step in (0..CHUNKS).filter(|_| images::get(Kind::Code).is_some_and(Pager::is_filled)) {
                    let index = ((step + round) % CHUNKS) as u32;
                    prefetch(Touch::Code(index), &mut worker);
                    prefetch(Touch::Memory(index), &mut worker);
                }
            }
        });
        for thread in 0..THREADS {
            let (barrier, wrong, memory) = (&barrier, &wrong, &memory);
            scope.spawn(move || {
                let _stack = sys::signals::own_stack().unwrap();
                for round in 0..ROUNDS {
                    if barrier.wait().is_leader() {
                        images::all().for_each(|pager| pager.forget());
                    }
                    barrier.wait();
                    for step in 0..CHUNKS {
                        let index = (step * (1 + thread % 2) + round + thread) % CHUNKS;
                        let number = if thread % 3 == 0 {
                            let end = thread % 2;
                            let address = code_base + index * CHUNK + end * (CHUNK - 16);
                            // SAFETY: a function of this type was put there, in code that is paged in when it is
                            // touched.
                            let function: extern "C" fn() -> usize = unsafe { std::mem::transmute(address) };
                            usize::from(function() as u32 as usize != index + end * 100)
                        } else {
                            let at = index * CHUNK + (round * 31 + thread * 997) % CHUNK;
                            // SAFETY: the address lies in the memory image, which is paged in when it is touched.
                            let found = unsafe { std::ptr::read_volatile((memory_base + at) as *const u8) };
                            usize::from(found != memory[at])
                        };
                        wrong.fetch_add(number, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(wrong.load(Ordering::Relaxed), 0);
}

/// The same where chunks are moved into place, as on systems that do not fill memory. An image is managed once in a process,
/// so this is another one.
#[test]
fn threads_see_whole_chunks_that_are_moved() {
    let ended = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "image::paging::way::tests::threads_that_touch_cold_chunks_at_once_see_whole_chunks",
        ])
        .env("WASMPACK_TEST_MOVE", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && said.contains("1 passed"), "{said}");
}
