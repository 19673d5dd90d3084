//! Decoding everything before the start, on all CPUs: the way where chunks are not decoded when they are touched.

use std::sync::Mutex;

use payload::{Encoding, Section};

use super::hints::Hints;
use super::kind::Kind;
use crate::fail::{Context, Failure};
use crate::image::stored::{DAMAGED, FORBIDDEN, Stored, decoder};
use crate::sys::{self, Outcome, memory::Region};

/// Decoded bytes below which another thread costs more than it saves.
const BYTES_A_THREAD: u64 = 1024 * 1024;

/// Everything is there from the start.
pub(in super::super) const TOUCH: Option<sandbox::Bring> = None;

/// No fault is about an image.
pub(in super::super) fn resolve(_address: usize) -> Outcome {
    Outcome::Foreign
}

/// Nothing is noted.
pub(in super::super) fn touched() -> String {
    String::new()
}

/// Nothing is.
pub(in super::super) fn stop_noting() {}

/// Makes a copy of this process by `fork`: nothing is to be done in it.
#[allow(dead_code, reason = "not every system makes copies")]
pub(in super::super) fn fork<T>(fork: impl FnOnce(&dyn Fn()) -> T) -> T {
    fork(&|| ())
}

/// Nothing is known of it.
pub(in super::super) fn forget_memory() {}

/// Puts the image that `section` holds into `region`, which may be longer.
pub(in super::super) fn place(
    kind: Kind,
    stored: Stored,
    section: &Section,
    region: Region,
    _hints: &Hints,
) -> Result<(), Failure> {
    let (region, _) = region.split_at(section.len as usize);
    let mut memory = region.writable().map_err(sys::Limited).context("cannot allocate memory")?;
    decode(stored, section, memory.bytes_mut())?;
    match kind {
        Kind::Code => memory.make_executable().context(FORBIDDEN),
        Kind::Memory => Ok(()),
    }
}

fn decode(stored: Stored, section: &Section, out: &mut [u8]) -> Result<(), Failure> {
    let Encoding::Chunked { chunk_size } = section.encoding else {
        out.copy_from_slice(stored.raw(section));
        return Ok(());
    };
    let table = stored.table(section)?;
    let work = Mutex::new(out.chunks_mut(chunk_size as usize).enumerate());
    let next = || work.lock().ok()?.next();
    let worker = || -> Result<(), Failure> {
        let mut decoder = decoder()?;
        while let Some((index, out)) = next() {
            table.decode_with(&mut decoder, index, stored.frame(&table, index), out).context(DAMAGED)?;
        }
        Ok(())
    };
    let threads = (section.len / BYTES_A_THREAD).clamp(1, sys::process::cpu_count());
    std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        let mine = worker();
        let crashed = |_| Err(Failure::new("a decoding thread crashed"));
        helpers.into_iter().map(|helper| helper.join().unwrap_or_else(crashed)).fold(mine, Result::and)
    })
}
