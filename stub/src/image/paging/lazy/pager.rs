//! Chunks that are decoded when they are first touched.
//!
//! An image is a range of memory with nothing in it. A touch raises a signal, whose handler asks [`fault`], which decodes
//! the chunk and puts it there in one of two ways. Where the kernel fills memory for us ([`sys::Filler`]), the chunk is decoded
//! to a buffer and copied to its pages, which come one by one, each whole. Elsewhere it is decoded to a scratch range, gets
//! its final protection there, and is moved over its place in one step (`mremap`). So no other thread ever sees half a
//! page, and no page is writable and executable at once, nor executable and later written.
//!
//! Each chunk has a state. Whoever turns it from cold to busy decodes it; others that touch it meanwhile wait, and find it
//! there. Where the kernel fills memory they do not wait for long: a page that is there is not filled again, so two may
//! bring the same chunk, and the app's thread never depends on one that was put to sleep. Everything that is needed was
//! allocated before: nothing here allocates, locks or panics once an image is managed, but to say that a chunk is damaged.
//!
//! The kernel does not raise a signal when a system call is handed memory that is not there, it answers EFAULT: so
//! [`touch`] brings chunks that are about to be handed to it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use payload::chunk::{ChunkTable, Decoder};
use payload::image::Touch;
use payload::section::IMAGE_ALIGNMENT;
use payload::{Encoding, Section};

use super::outcome::{Outcome, Unreachable};
use super::record::record;
use super::{DAMAGED, Stored, decoder};
use crate::fail::{Context, Failure};
use crate::sys;

/// Which image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Code,
    Memory,
}

impl Kind {
    /// The number of a chunk, if it is of this image.
    fn index(self, touch: Touch) -> Option<usize> {
        match (self, touch) {
            (Kind::Code, Touch::Code(index)) | (Kind::Memory, Touch::Memory(index)) => Some(index as usize),
            _ => None,
        }
    }
}

/// The states of a chunk.
const COLD: u8 = 0;
const BUSY: u8 = 1;
const READY: u8 = 2;
/// How long to wait for a chunk that another thread is filling in, before filling it in as well: some times as long as that
/// takes.
const PATIENCE: Duration = Duration::from_micros(100);
/// The most chunks to move at once, where any start is likely to touch them.
const RUN: usize = 8;

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
    /// Whether any start is likely to touch a chunk.
    likely: Box<[bool]>,
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

/// What decodes, and where to: a chunk is decoded to the buffer if it is copied from there.
pub(super) struct Bringer {
    decoder: Decoder,
    buffer: Vec<u8>,
}

impl Bringer {
    /// # Errors
    /// When there is no memory for it.
    pub(super) fn new() -> Result<Bringer, Failure> {
        Ok(Bringer { decoder: decoder()?, buffer: vec![0; IMAGE_ALIGNMENT as usize] })
    }
}

/// What brings the chunks that are touched. The app has one thread; others would wait for their turn.
static BRINGER: OnceLock<sys::Turn<Bringer>> = OnceLock::new();
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
    sys::forbid(base, len).map_err(sys::Limited).context("cannot reserve memory")?;
    let scratch = sys::scratch(len).map_err(sys::Limited).context("cannot reserve memory to decode in")?;
    Ok(Way::Move { scratch })
}

/// Makes the memory at `base` an image that is decoded from `section` when it is touched. Any start is likely to touch the
/// chunks that are in `ahead`.
pub(super) fn manage(
    kind: Kind,
    stored: Stored,
    section: &Section,
    base: usize,
    ahead: &[Touch],
) -> Result<(), Failure> {
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
    let shift = chunk_size.trailing_zeros();
    let mut likely = vec![false; table.count()].into_boxed_slice();
    for index in ahead.iter().filter_map(|touch| kind.index(*touch)) {
        if let Some(one) = likely.get_mut(index) {
            *one = true;
        }
    }
    let lazy = Lazy { kind, base, len, way, shift, likely, stored, table, states };
    if BRINGER.get().is_none() {
        let _ = BRINGER.set(sys::Turn::new(Bringer::new()?));
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
            Err(error) => sys::last::end_with(format_args!("{error}")),
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
                let count = 1 + self.claim(index + 1, self.together(index) - 1);
                self.bring_claimed(index, count).map(|()| true)
            }
            Err(READY) => Ok(false),
            Err(_) => self.wait_for(index),
        }
    }

    /// Waits until chunk `index`, which is busy, is there.
    fn wait_for(&self, index: usize) -> Result<bool, Unreachable> {
        let (state, since) = (&self.states[index], Instant::now());
        while state.load(Ordering::Acquire) == BUSY {
            match self.way {
                Way::Fill if since.elapsed() > PATIENCE => {
                    return self.bring_claimed(index, 1).map(|()| true);
                }
                Way::Fill => std::hint::spin_loop(),
                Way::Move { .. } => std::thread::yield_now(),
            }
        }
        Ok(true)
    }

    /// How many chunks to bring at once when `index` is touched. Moving costs two changes of the address space, as many for
    /// several chunks as for one; filling costs the same for each.
    fn together(&self, index: usize) -> usize {
        match self.way {
            Way::Move { .. } => {
                let behind = self.likely.get(index..).unwrap_or_default();
                behind.iter().take(RUN).take_while(|likely| **likely).count().max(1)
            }
            Way::Fill => 1,
        }
    }

    /// Makes up to `count` chunks from `first` on busy, up to the first that is not cold. Returns how many.
    fn claim(&self, first: usize, count: usize) -> usize {
        let claim = |state: &&AtomicU8| {
            state.compare_exchange(COLD, BUSY, Ordering::Acquire, Ordering::Relaxed).is_ok()
        };
        let states = self.states.get(first..).unwrap_or_default();
        states.iter().take(count).take_while(claim).count()
    }

    /// Brings `count` chunks from `first` on, which are busy.
    fn bring_claimed(&self, first: usize, count: usize) -> Result<(), Unreachable> {
        let mut run = first..first + count;
        let result = match self.way {
            Way::Fill => run.try_for_each(|index| {
                BRINGER.get().ok_or(Unreachable::Damaged)?.take(|bringer| self.fill(index, bringer))
            }),
            Way::Move { scratch } => run
                .try_for_each(|index| self.decode_to_scratch(index, scratch))
                .and_then(|()| self.move_from(scratch, first, count)),
        };
        let state = if result.is_ok() { READY } else { COLD };
        self.states[first..first + count].iter().for_each(|one| one.store(state, Ordering::Release));
        result
    }

    /// Brings `count` chunks from `first` on, but those that are there or on their way: in as few steps as that allows,
    /// and without a fault. A chunk that cannot be brought is an error for whoever needs it.
    fn bring_run(&self, first: usize, count: usize) {
        let end = first.saturating_add(count).min(self.states.len());
        let mut at = first;
        while at < end {
            let claimed = self.claim(at, end - at);
            if claimed > 0 && self.bring_claimed(at, claimed).is_err() {
                return;
            }
            at += claimed.max(1);
        }
    }

    /// Decodes chunk `index` to the buffer, and has it copied to its place.
    fn fill(&self, index: usize, Bringer { decoder, buffer }: &mut Bringer) -> Result<(), Unreachable> {
        let (place, size) = (self.base + (index << self.shift), 1 << self.shift);
        let len = self.decoded_len(index);
        let filler = filler().ok_or(Unreachable::Damaged)?;
        let frame = self.stored.frame(&self.table, index);
        let chunk = &mut buffer[..size];
        let decoded = self.table.decode_with(decoder, index, frame, &mut chunk[..len]);
        decoded.map_err(|_| Unreachable::Damaged)?;
        // Behind the last byte the last chunk goes on, with nothing in it.
        chunk[len..].fill(0);
        filler.fill(place, chunk).map_err(Unreachable::System)?;
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
        let bringer = BRINGER.get().ok_or(Unreachable::Damaged)?;
        bringer
            .take(|bringer| self.table.decode_with(&mut bringer.decoder, index, frame, out))
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

/// Brings the chunks of one image that a start is known to touch, in as few steps as their places allow.
pub(super) fn bring_known(kind: Kind, touched: &[Touch]) {
    let lazy = match kind {
        Kind::Code => CODE.get(),
        Kind::Memory => MEMORY.get(),
    };
    let mut known: Vec<usize> = touched.iter().filter_map(|touch| kind.index(*touch)).collect();
    known.sort_unstable();
    for run in known.chunk_by(|one, next| next - one <= 1) {
        if let Some(lazy) = lazy {
            lazy.bring_run(run[0], run[run.len() - 1] - run[0] + 1);
        }
    }
}

/// True where chunks can be brought while another thread runs the app, without either in the other's way.
pub(super) fn is_filled() -> bool {
    CODE.get().is_some_and(|code| matches!(code.way, Way::Fill))
}

/// True once the image of the app's memory is in its place, if it has one.
pub(super) fn has_memory() -> bool {
    MEMORY.get().is_some()
}

/// Waits until [`has_memory`].
pub(super) fn wait_for_memory() {
    MEMORY.wait();
}

/// Brings a chunk that nobody has touched yet. One that cannot be brought is an error for whoever needs it.
pub(super) fn bring_ahead(touch: Touch, bringer: &mut Bringer) {
    let (lazy, index) = match touch {
        Touch::Code(index) => (CODE.get(), index as usize),
        Touch::Memory(index) => (MEMORY.get(), index as usize),
    };
    let Some((lazy, state)) = lazy.and_then(|lazy| Some((lazy, lazy.states.get(index)?))) else { return };
    if state.compare_exchange(COLD, BUSY, Ordering::Acquire, Ordering::Relaxed).is_err() {
        return;
    }
    let state_now = if lazy.fill(index, bringer).is_ok() { READY } else { COLD };
    state.store(state_now, Ordering::Release);
}
