//! One image, whose chunks are decoded when they are first touched.
//!
//! The image is a range of memory with nothing in it. A chunk gets to its place in one of two ways ([`Paged`]): the kernel
//! copies its pages there one by one, each whole; or it is decoded to a scratch range, gets its final protection there, and
//! is moved over its place in one step. So no other thread ever sees half a page, and no page is writable and executable at
//! once, nor executable and later written.
//!
//! Where the kernel fills memory nobody waits long for a chunk that is busy: a page that is there is not filled again, so two
//! may page in the same chunk, and the app's thread never depends on one that was put to sleep. Everything that is needed was
//! allocated before: nothing here allocates, locks or panics once an image has its place.

use std::io;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use payload::chunk::{ChunkTable, Decoder};
use payload::image::Touch;
use payload::section::IMAGE_ALIGNMENT;
use payload::{Encoding, Section};

use super::states::{Found, States};
use super::unreachable::Unreachable;
use crate::fail::{Context, Failure};
use crate::image::paging::kind::Kind;
use crate::image::stored::{DAMAGED, Stored, decoder};
use crate::sys::{self, Use, memory::Region, paged::Paged};

/// How long to wait for a chunk that another thread fills in, before filling it in as well: some times as long as that takes.
const PATIENCE: Duration = Duration::from_micros(100);
/// The most chunks to move at once, where any start is likely to touch them.
const BATCH: usize = 8;

/// An image that is paged in.
pub(super) struct Pager {
    kind: Kind,
    place: Paged,
    /// Bytes of its content.
    len: usize,
    /// log2 of the chunk size.
    shift: u32,
    /// Whether any start is likely to touch a chunk.
    is_likely: Box<[bool]>,
    stored: Stored,
    table: ChunkTable,
    states: States,
}

/// What decodes, and where to: a chunk is decoded to the buffer if it is copied from there.
pub(super) struct Worker {
    decoder: Decoder,
    buffer: Vec<u8>,
}

impl Worker {
    /// # Errors
    /// When there is no memory for it.
    pub(super) fn new() -> Result<Worker, Failure> {
        Ok(Worker { decoder: decoder()?, buffer: vec![0; IMAGE_ALIGNMENT as usize] })
    }
}

/// What decodes the chunks that are touched. The app has one thread; others would wait.
static WORKER: OnceLock<sys::SpinLock<Worker>> = OnceLock::new();
/// What fills memory, where the kernel does.
static FILLER: OnceLock<Option<sys::Filler>> = OnceLock::new();
/// How often chunks were put in their places.
static PUBLISHED: AtomicUsize = AtomicUsize::new(0);

fn filler() -> Option<&'static sys::Filler> {
    FILLER.get_or_init(|| if is_moved_for_a_test() { None } else { sys::Filler::new() }).as_ref()
}

/// True in a test of the way that is there for systems without the other.
fn is_moved_for_a_test() -> bool {
    cfg!(test) && std::env::var_os("WASMPACK_TEST_MOVE").is_some()
}

/// Does `work` while no thread pages in anything.
pub(super) fn in_turn<T>(work: impl FnOnce() -> T) -> T {
    match WORKER.get() {
        Some(worker) => worker.with(|_| work()),
        None => work(),
    }
}

/// What fills memory, if that was asked for and is there.
pub(super) fn known_filler() -> Option<&'static sys::Filler> {
    FILLER.get().and_then(Option::as_ref)
}

/// How often chunks were put in their places so far.
pub(super) fn published() -> usize {
    PUBLISHED.load(Ordering::Relaxed)
}

impl Pager {
    /// Makes `region` the image that `section` holds. Any start is likely to touch the chunks that are in `likely`.
    pub(super) fn new(
        kind: Kind,
        stored: Stored,
        section: &Section,
        region: Region,
        likely: &[Touch],
    ) -> Result<Pager, Failure> {
        let chunk_size = chunk_size(kind, section)?;
        let table = stored.table(section)?;
        let len = section.len as usize;
        let (region, _) = region.split_at(len.next_multiple_of(chunk_size));
        let what = match kind {
            Kind::Code => Use::Code,
            Kind::Memory => Use::Data,
        };
        let place = Paged::new(region, what, filler());
        let place = place.map_err(sys::Limited).context("cannot reserve memory")?;
        let mut is_likely = vec![false; table.count()].into_boxed_slice();
        for index in chunks_of(kind, likely) {
            if let Some(one) = is_likely.get_mut(index) {
                *one = true;
            }
        }
        if WORKER.get().is_none() {
            let _ = WORKER.set(sys::SpinLock::new(Worker::new()?));
        }
        let states = States::new(table.count());
        Ok(Pager { kind, place, len, shift: chunk_size.trailing_zeros(), is_likely, stored, table, states })
    }

    /// True if the kernel fills it.
    pub(super) fn is_filled(&self) -> bool {
        self.place.is_filled()
    }

    /// The first chunk, if there is one.
    pub(super) fn first(&self) -> Option<usize> {
        (self.states.count() > 0).then_some(0)
    }

    /// The chunk that holds `address`. Behind the last byte of the image its chunk goes on, with nothing in it.
    pub(super) fn chunk_at(&self, address: usize) -> Option<usize> {
        self.place.offset(address).map(|offset| offset >> self.shift)
    }

    /// The chunks that hold what the image has of `len` bytes at `address`, and that are not there yet.
    pub(super) fn missing(&self, address: usize, len: usize) -> impl Iterator<Item = usize> {
        let image = self.place.start()..self.place.start() + self.len;
        let (start, end) = (address.max(image.start), address.saturating_add(len).min(image.end));
        let chunks = match start < end {
            true => (start - image.start) >> self.shift..((end - 1 - image.start) >> self.shift) + 1,
            false => 0..0,
        };
        chunks.filter(|index| !self.states.is_ready(*index))
    }

    /// What a chunk of this image is called where touches are noted.
    pub(super) fn touch(&self, index: usize) -> Touch {
        match self.kind {
            Kind::Code => Touch::Code(index as u32),
            Kind::Memory => Touch::Memory(index as u32),
        }
    }

    /// Pages in chunk `index`. False if it was there.
    pub(super) fn page_in(&self, index: usize) -> Result<bool, Unreachable> {
        match self.states.claim(index) {
            Found::Claimed => {
                let more = self.states.claim_run(index + 1, self.batch_len(index) - 1);
                self.page_in_claimed(index..index + 1 + more).map(|()| true)
            }
            Found::Ready => Ok(false),
            Found::Busy => self.wait_for(index),
        }
    }

    /// Pages in the chunks among `touches` that are of this image, in as few steps as their places allow. A chunk that cannot be
    /// paged in is an error for whoever needs it.
    pub(super) fn preload(&self, touches: &[Touch]) {
        let mut chunks: Vec<usize> = chunks_of(self.kind, touches).collect();
        chunks.sort_unstable();
        for run in chunks.chunk_by(|one, next| next - one <= 1) {
            let end = run[run.len() - 1].saturating_add(1).min(self.states.count());
            let mut at = run[0];
            while at < end {
                let claimed = self.states.claim_run(at, end - at);
                if claimed > 0 && self.page_in_claimed(at..at + claimed).is_err() {
                    return;
                }
                at += claimed.max(1);
            }
        }
    }

    /// Pages in a chunk that nobody has touched yet, where the kernel fills memory.
    pub(super) fn prefetch(&self, index: usize, worker: &mut Worker) {
        if index < self.states.count() && self.states.claim(index) == Found::Claimed {
            let is_there = self.fill(index, worker).is_ok();
            self.states.settle(index..index + 1, is_there);
        }
    }

    /// Waits until chunk `index`, which is busy, is there.
    fn wait_for(&self, index: usize) -> Result<bool, Unreachable> {
        let since = Instant::now();
        while self.states.is_busy(index) {
            match self.is_filled() {
                true if since.elapsed() > PATIENCE => {
                    return self.page_in_claimed(index..index + 1).map(|()| true);
                }
                true => std::hint::spin_loop(),
                false => std::thread::yield_now(),
            }
        }
        Ok(true)
    }

    /// How many chunks to page in at once when `index` is touched. Moving costs two changes of the address space, as many for
    /// several chunks as for one; filling costs the same for each.
    fn batch_len(&self, index: usize) -> usize {
        if self.is_filled() {
            return 1;
        }
        let behind = self.is_likely.get(index..).unwrap_or_default();
        behind.iter().take(BATCH).take_while(|is_likely| **is_likely).count().max(1)
    }

    /// Pages in chunks that are busy.
    fn page_in_claimed(&self, chunks: Range<usize>) -> Result<(), Unreachable> {
        let worker = WORKER.get().ok_or(Unreachable::Damaged)?;
        // In one turn: whoever makes a copy of the process waits for its end, so that no copy has half of a chunk.
        worker.with(|worker| {
            let mut each = chunks.clone();
            let result = match self.is_filled() {
                true => each.try_for_each(|index| self.fill(index, worker)),
                false => each
                    .try_for_each(|index| self.decode_to_scratch(index, worker))
                    .and_then(|()| self.publish(chunks.clone())),
            };
            self.states.settle(chunks, result.is_ok());
            result
        })
    }

    /// To be called in a copy of the process, before anything is touched there, with a filler that was renewed.
    ///
    /// # Errors
    /// Those of the system.
    pub(super) fn go_on_in_copy(&self) -> io::Result<()> {
        self.states.give_up();
        self.place.register_again()
    }

    /// Gives back what it has beside the image itself, which is somebody else's.
    pub(super) fn free(self) {
        let left = (0..self.states.count()).filter(|index| !self.states.is_ready(*index));
        left.for_each(|index| self.place.free_scratch(index << self.shift, 1 << self.shift));
    }

    /// Decodes chunk `index` to the buffer, and has it copied to its place.
    fn fill(&self, index: usize, Worker { decoder, buffer }: &mut Worker) -> Result<(), Unreachable> {
        let len = self.decoded_len(index);
        let chunk = &mut buffer[..1 << self.shift];
        self.decode(index, decoder, &mut chunk[..len])?;
        // Behind the last byte the last chunk goes on, with nothing in it.
        chunk[len..].fill(0);
        self.place.fill(index << self.shift, chunk).map_err(Unreachable::Unfilled)?;
        PUBLISHED.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn decode_to_scratch(&self, index: usize, worker: &mut Worker) -> Result<(), Unreachable> {
        #[allow(unsafe_code, reason = "who has which part is known here alone")]
        // SAFETY: the chunk is busy, and whoever made it so is the only one to decode it until it is moved or cold again.
        let out = unsafe { self.place.scratch(index << self.shift, self.decoded_len(index)) };
        self.decode(index, &mut worker.decoder, out)
    }

    /// Moves decoded chunks from the scratch range to their places.
    fn publish(&self, chunks: Range<usize>) -> Result<(), Unreachable> {
        #[allow(unsafe_code, reason = "who has which part is known here alone")]
        // SAFETY: the chunks are busy by this caller, who is done with the parts that it had.
        unsafe {
            self.place.publish(chunks.start << self.shift, chunks.len() << self.shift)?;
        }
        PUBLISHED.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn decode(&self, index: usize, decoder: &mut Decoder, out: &mut [u8]) -> Result<(), Unreachable> {
        let frame = self.stored.frame(&self.table, index);
        self.table.decode_with(decoder, index, frame, out).map_err(|_| Unreachable::Damaged)
    }

    /// Bytes that chunk `index` has once decoded.
    fn decoded_len(&self, index: usize) -> usize {
        let range = self.table.decoded_range(index);
        (range.end - range.start) as usize
    }

    /// Makes every chunk cold again, as if nothing had been touched.
    #[cfg(test)]
    pub(super) fn forget(&self) {
        self.place.empty().expect("memory can be mapped");
        self.states.forget();
    }
}

/// The numbers of those among `touches` that are of this image.
fn chunks_of(kind: Kind, touches: &[Touch]) -> impl Iterator<Item = usize> {
    touches.iter().map(|touch| Kind::of(*touch)).filter(move |(of, _)| *of == kind).map(|(_, index)| index)
}

/// The size of the image's chunks, which must be whole pages, and must not reach what lies behind the image.
fn chunk_size(kind: Kind, section: &Section) -> Result<usize, Failure> {
    let Encoding::Chunked { chunk_size } = section.encoding else {
        return Err(Failure::new(format!("{DAMAGED}: an image is not in chunks")));
    };
    if !(chunk_size as usize).is_multiple_of(sys::memory::page_size()) {
        return Err(Failure::new(format!(
            "it is stored in pieces of {chunk_size} bytes, less than a page of this system ({}); packed with \
             --no-compress it runs here",
            sys::memory::page_size()
        )));
    }
    let is_whole = kind == Kind::Code || section.len.is_multiple_of(chunk_size.into());
    if u64::from(chunk_size) > IMAGE_ALIGNMENT || !is_whole {
        return Err(Failure::new(format!("{DAMAGED}: an image in chunks of {chunk_size} bytes")));
    }
    Ok(chunk_size as usize)
}
