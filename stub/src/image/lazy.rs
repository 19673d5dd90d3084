//! Chunks that are decoded when they are first touched.
//!
//! An image is a range of memory with nothing in it. A touch raises a signal, whose handler asks [`fault`], which decodes
//! the chunk and puts it there in one of two ways. Where the kernel fills memory for us ([`sys::Filler`]), the chunk is decoded
//! to a buffer and copied to its pages, which come one by one, each whole. Elsewhere it is decoded to a scratch range, gets
//! its final protection there, and is moved over its place in one step (`mremap`). So no other thread ever sees half a
//! page, and no page is writable and executable at once, nor executable and later written.
//!
//! Each chunk has a state. Whoever turns it from cold to busy decodes it; others that touch it meanwhile wait, and find it
//! there. Everything that is needed was allocated before: nothing here allocates, locks or panics once an image is
//! managed. The kernel does not raise a signal when a system call is handed memory that is not there, it answers EFAULT:
//! so [`touch`] brings chunks that are about to be handed to it.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize, Ordering};

use payload::chunk::{ChunkTable, Decoder};
use payload::image::Touch;
use payload::section::IMAGE_ALIGNMENT;
use payload::{Encoding, Section};

use super::{DAMAGED, Stored};
use crate::fail::{Context, Failure};
use crate::sys;

/// Which image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Code,
    Memory,
}

/// The states of a chunk.
const COLD: u8 = 0;
const BUSY: u8 = 1;
const READY: u8 = 2;

/// Why a chunk could not be brought.
#[derive(Debug)]
pub(crate) enum Unreachable {
    /// Its frame is damaged.
    Damaged,
    /// The system refused memory, or to make it executable.
    System(io::Error),
}

impl std::fmt::Display for Unreachable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unreachable::Damaged => f.write_str(DAMAGED),
            Unreachable::System(error) => error.fmt(f),
        }
    }
}

impl Unreachable {
    /// What to say where nothing can be allocated.
    pub(crate) fn message(&self) -> &'static str {
        match self {
            Unreachable::Damaged => DAMAGED,
            Unreachable::System(_) => {
                "the system has no memory for more of the program, or does not let it become executable; packed with \
                 --no-compress it needs less"
            }
        }
    }
}

/// What became of a fault.
pub(crate) enum Outcome {
    /// The address belongs to no image.
    Foreign,
    /// The chunk was brought by this call, or by another thread meanwhile.
    Brought,
    /// It had been there before: the fault has another reason.
    WasThere,
    /// It cannot be brought.
    Failed(Unreachable),
}

/// How a chunk gets to its place.
enum Way {
    /// The kernel copies it there.
    Fill,
    /// It is moved there.
    Move {
        /// Where chunks are decoded: as long as the image, so that each has a place of its own.
        scratch: usize,
    },
}

struct Lazy {
    kind: Kind,
    base: usize,
    len: usize,
    way: Way,
    /// log2 of the chunk size.
    shift: u32,
    stored: Stored,
    table: ChunkTable,
    states: Box<[AtomicU8]>,
}

/// The images, at most one of each kind.
static CODE: OnceLock<Lazy> = OnceLock::new();
static MEMORY: OnceLock<Lazy> = OnceLock::new();
/// Makes every chunk cold again, as if nothing had been touched.
#[cfg(test)]
pub(super) fn forget() {
    for lazy in [CODE.get(), MEMORY.get()].into_iter().flatten() {
        let len = lazy.states.len() << lazy.shift;
        match lazy.way {
            Way::Fill => sys::empty(lazy.base, len),
            Way::Move { scratch } => sys::forbid(lazy.base, len).and_then(|()| sys::renew(scratch, len)),
        }
        .expect("memory can be mapped");
        lazy.states.iter().for_each(|state| state.store(COLD, Ordering::Release));
    }
}

/// What decodes, and where to: a chunk is decoded to the buffer if it is copied from there. The app has one thread; others
/// would wait for their turn.
static DECODER: OnceLock<sys::Turn<(Decoder, Vec<u8>)>> = OnceLock::new();
/// What fills memory, where the kernel does.
static FILLER: OnceLock<Option<sys::Filler>> = OnceLock::new();

fn filler() -> Option<&'static sys::Filler> {
    FILLER.get_or_init(|| if is_moved_for_a_test() { None } else { sys::Filler::new() }).as_ref()
}

/// True in a test of the way that is there for systems without the other.
fn is_moved_for_a_test() -> bool {
    cfg!(test) && std::env::var_os("WASMPACK_TEST_MOVE").is_some()
}

/// Makes `len` bytes at `base` memory with nothing in it, and finds out how chunks get there.
fn empty_range(kind: Kind, base: usize, len: usize) -> Result<Way, Failure> {
    if filler().is_some_and(|filler| filler.open(base, len, kind == Kind::Code).is_ok()) {
        return Ok(Way::Fill);
    }
    sys::forbid(base, len).context("cannot reserve memory")?;
    Ok(Way::Move { scratch: sys::scratch(len).context("cannot reserve memory")? })
}

/// Makes the memory at `base` an image that is decoded from `section` when it is touched.
pub(super) fn manage(kind: Kind, stored: Stored, section: &Section, base: usize) -> Result<(), Failure> {
    let Encoding::Chunked { chunk_size } = section.encoding else {
        return Err(Failure::new(format!("{DAMAGED}: an image is not in chunks")));
    };
    if !(chunk_size as usize).is_multiple_of(sys::page_size()) {
        return Err(Failure::new(format!(
            "it is stored in pieces of {chunk_size} bytes, less than a page of this system ({}); packed with \
             --no-compress it runs here",
            sys::page_size()
        )));
    }
    // A last chunk that is longer than its content must not reach what lies behind the image.
    let whole = kind == Kind::Code || section.len.is_multiple_of(chunk_size.into());
    if u64::from(chunk_size) > IMAGE_ALIGNMENT || !whole {
        return Err(Failure::new(format!("{DAMAGED}: an image in chunks of {chunk_size} bytes")));
    }
    let table = stored.table(section)?;
    let len = section.len as usize;
    let way = empty_range(kind, base, len.next_multiple_of(chunk_size as usize))?;
    let states = (0..table.count()).map(|_| AtomicU8::new(COLD)).collect();
    let lazy = Lazy { kind, base, len, way, shift: chunk_size.trailing_zeros(), stored, table, states };
    if DECODER.get().is_none() {
        let buffer = vec![0; IMAGE_ALIGNMENT as usize];
        let _ = DECODER.set(sys::Turn::new((Decoder::new(), buffer)));
        sys::handle_faults().context("cannot handle page faults")?;
    }
    let place = match kind {
        Kind::Code => &CODE,
        Kind::Memory => &MEMORY,
    };
    place.set(lazy).map_err(|_| Failure::new("an image is there twice"))
}

/// Brings the first chunk of the code.
pub(super) fn bring_first() -> Result<(), Unreachable> {
    CODE.get().filter(|lazy| !lazy.states.is_empty()).map_or(Ok(()), |lazy| lazy.bring(0).map(drop))
}

/// How often chunks were put in their places.
static PUBLISHED: AtomicUsize = AtomicUsize::new(0);

/// How often chunks were put in their places so far.
pub(crate) fn published() -> usize {
    PUBLISHED.load(Ordering::Relaxed)
}

/// Resolves a fault at `address`, if it is about a chunk.
pub(crate) fn fault(address: usize) -> Outcome {
    let Some(lazy) = [CODE.get(), MEMORY.get()].into_iter().flatten().find(|lazy| lazy.holds(address)) else {
        return Outcome::Foreign;
    };
    let index = (address - lazy.base) >> lazy.shift;
    match lazy.bring(index) {
        Ok(true) => {
            record(lazy.kind, index);
            Outcome::Brought
        }
        Ok(false) => Outcome::WasThere,
        Err(error) => Outcome::Failed(error),
    }
}

/// Brings what lies in `len` bytes of the app's memory at `address`, before the kernel is handed them.
pub(super) fn touch(address: usize, len: usize) {
    let Some(lazy) = MEMORY.get() else { return };
    let end = address.saturating_add(len).min(lazy.base + lazy.len);
    let start = address.max(lazy.base);
    if start >= end {
        return;
    }
    for index in (start - lazy.base) >> lazy.shift..=(end - 1 - lazy.base) >> lazy.shift {
        if lazy.states[index].load(Ordering::Acquire) == READY {
            continue;
        }
        match lazy.bring(index) {
            Ok(_) => record(lazy.kind, index),
            Err(error) => sys::end_with(&error),
        }
    }
}

impl Lazy {
    fn holds(&self, address: usize) -> bool {
        // Behind the last byte its chunk goes on, with nothing in it.
        address.wrapping_sub(self.base) >> self.shift < self.states.len()
    }

    /// Brings chunk `index`. False if it was there.
    fn bring(&self, index: usize) -> Result<bool, Unreachable> {
        let state = &self.states[index];
        match state.compare_exchange(COLD, BUSY, Ordering::Acquire, Ordering::Acquire) {
            Ok(_) => {
                let result = self.decode(index);
                state.store(if result.is_ok() { READY } else { COLD }, Ordering::Release);
                result.map(|()| true)
            }
            Err(READY) => Ok(false),
            Err(_) => {
                while state.load(Ordering::Acquire) == BUSY {
                    std::thread::yield_now();
                }
                Ok(true)
            }
        }
    }

    /// Brings `count` chunks from `first` on, up to the first that is there already: in one go, which costs one change of
    /// the address space instead of many, and no fault. A chunk that cannot be brought is an error for whoever needs it.
    fn bring_run(&self, first: usize, count: usize) {
        let claim = |state: &AtomicU8| {
            state.compare_exchange(COLD, BUSY, Ordering::Acquire, Ordering::Relaxed).is_ok()
        };
        let states = self.states.get(first..).unwrap_or_default();
        let first_cold = states.iter().take(count).take_while(|state| !claim(state)).count();
        if first_cold == count.min(states.len()) {
            return;
        }
        let rest = &states[first_cold + 1..];
        let claimed = 1 + rest.iter().take(count - first_cold - 1).take_while(|state| claim(state)).count();
        let first = first + first_cold;
        let run = first..first + claimed;
        let result = match self.way {
            Way::Fill => run.into_iter().try_for_each(|index| self.decode(index)),
            Way::Move { scratch } => run
                .into_iter()
                .try_for_each(|index| self.decode_to_scratch(index, scratch))
                .and_then(|()| self.move_from(scratch, first, claimed)),
        };
        let state = if result.is_ok() { READY } else { COLD };
        self.states[first..first + claimed].iter().for_each(|one| one.store(state, Ordering::Release));
    }

    fn decode(&self, index: usize) -> Result<(), Unreachable> {
        match self.way {
            Way::Fill => self.fill(index),
            Way::Move { scratch } => {
                self.decode_to_scratch(index, scratch)?;
                self.move_from(scratch, index, 1)
            }
        }
    }

    /// Decodes chunk `index` to the buffer, and has it copied to its place.
    fn fill(&self, index: usize) -> Result<(), Unreachable> {
        let (place, size) = (self.base + (index << self.shift), 1 << self.shift);
        let len = self.decoded_len(index);
        let decoder = DECODER.get().ok_or(Unreachable::Damaged)?;
        let filler = filler().ok_or(Unreachable::Damaged)?;
        decoder.take(|(decoder, buffer)| {
            let frame = self.stored.frame(&self.table, index);
            let chunk = &mut buffer[..size];
            self.table
                .decode_with(decoder, index, frame, &mut chunk[..len])
                .map_err(|_| Unreachable::Damaged)?;
            // Behind the last byte the last chunk goes on, with nothing in it.
            chunk[len..].fill(0);
            filler.fill(place, chunk).map_err(Unreachable::System)
        })?;
        if self.kind == Kind::Code {
            sys::flush_instructions(place, size).map_err(Unreachable::System)?;
        }
        PUBLISHED.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Bytes that chunk `index` has once decoded.
    fn decoded_len(&self, index: usize) -> usize {
        let range = self.table.decoded_range(index);
        (range.end - range.start) as usize
    }

    fn decode_to_scratch(&self, index: usize, scratch: usize) -> Result<(), Unreachable> {
        let out = sys::bytes_at(scratch + (index << self.shift), self.decoded_len(index));
        let frame = self.stored.frame(&self.table, index);
        let decoder = DECODER.get().ok_or(Unreachable::Damaged)?;
        decoder
            .take(|(decoder, _)| self.table.decode_with(decoder, index, frame, out))
            .map_err(|_| Unreachable::Damaged)
    }

    /// Moves `count` decoded chunks from the scratch range to their places.
    fn move_from(&self, scratch: usize, first: usize, count: usize) -> Result<(), Unreachable> {
        let (offset, size) = (first << self.shift, count << self.shift);
        let (scratch, place) = (scratch + offset, self.base + offset);
        if self.kind == Kind::Code {
            sys::make_executable(scratch, size).map_err(Unreachable::System)?;
        }
        sys::move_pages(scratch, place, size).map_err(Unreachable::System)?;
        PUBLISHED.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Chunks touched so far, in order, for a profile: number + 1, the highest bit for one of the memory image. What does
/// not fit is not noted; memory that is never noted takes none.
static TOUCHED: [AtomicU32; MOST] = [const { AtomicU32::new(0) }; MOST];
const MOST: usize = 32 * 1024;
static COUNT: AtomicUsize = AtomicUsize::new(0);
const MEMORY_FLAG: u32 = 1 << 31;

fn record(kind: Kind, index: usize) {
    if let Some(place) = TOUCHED.get(COUNT.fetch_add(1, Ordering::Relaxed)) {
        let flag = if kind == Kind::Memory { MEMORY_FLAG } else { 0 };
        place.store((index as u32 + 1) | flag, Ordering::Relaxed);
    }
}

/// True if the file was packed to be profiled: in pieces as small as they can be.
pub(crate) fn is_profiled() -> bool {
    CODE.get().is_some_and(|lazy| 1 << lazy.shift == payload::chunk::MIN_SIZE)
}

/// The chunks that were touched, in the order of their first touch: a line `code N` or `memory N` for each.
pub(crate) fn touched() -> String {
    let places = TOUCHED.iter().map(|place| place.load(Ordering::Relaxed)).take_while(|number| *number != 0);
    let line = |number: u32| match number & MEMORY_FLAG {
        0 => format!("code {}\n", number - 1),
        _ => format!("memory {}\n", (number & !MEMORY_FLAG) - 1),
    };
    places.map(line).collect()
}

/// Brings the chunks of one image that a start is known to touch, in as few steps as their places allow.
pub(super) fn bring_known(kind: Kind, touched: &[Touch]) {
    let (lazy, number): (_, fn(&Touch) -> Option<u32>) = match kind {
        Kind::Code => (CODE.get(), |touch| if let Touch::Code(index) = touch { Some(*index) } else { None }),
        Kind::Memory => {
            (MEMORY.get(), |touch| if let Touch::Memory(index) = touch { Some(*index) } else { None })
        }
    };
    let mut known: Vec<u32> = touched.iter().filter_map(number).collect();
    known.sort_unstable();
    for run in known.chunk_by(|one, next| next - one <= 1) {
        if let Some(lazy) = lazy {
            lazy.bring_run(run[0] as usize, (run[run.len() - 1] - run[0] + 1) as usize);
        }
    }
}
