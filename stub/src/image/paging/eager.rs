//! Decoding everything before the start, on all CPUs: the fallback where chunks are not decoded when they are touched.

use std::sync::Mutex;

use payload::{Encoding, Section};

use super::{DAMAGED, Stored};
use crate::fail::{Context, Failure};
use crate::sys;

/// Decoded bytes below which another thread costs more than it saves.
const BYTES_A_THREAD: u64 = 1024 * 1024;

/// Decodes `section` to the memory at `address`, which is writable.
pub(super) fn decode(stored: Stored, section: &Section, address: usize) -> Result<(), Failure> {
    let out = sys::bytes_at(address, section.len as usize);
    let Encoding::Chunked { chunk_size } = section.encoding else {
        out.copy_from_slice(stored.raw(section));
        return Ok(());
    };
    let table = stored.table(section)?;
    let work = Mutex::new(out.chunks_mut(chunk_size as usize).enumerate());
    let next = || work.lock().ok()?.next();
    let worker = || -> Result<(), Failure> {
        let mut decoder = super::decoder()?;
        while let Some((index, out)) = next() {
            table.decode_with(&mut decoder, index, stored.frame(&table, index), out).context(DAMAGED)?;
        }
        Ok(())
    };
    let threads = (section.len / BYTES_A_THREAD).clamp(1, sys::cpu_count());
    std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        let mine = worker();
        let crashed = |_| Err(Failure::new("a decoding thread crashed"));
        helpers.into_iter().map(|helper| helper.join().unwrap_or_else(crashed)).fold(mine, Result::and)
    })
}
