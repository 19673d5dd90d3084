//! From stored sections to a module: the seam between this format and the engine.
//!
//! The artifact's chunks are read and decoded on all CPUs, then wasmer takes the artifact as it wrote it. Nothing
//! else in the launcher knows how machine code is stored or loaded.

use std::sync::Mutex;

use payload::SectionKind;
use payload::chunk::ChunkTable;
use wasmer::sys::EngineBuilder;
use wasmer::{Engine, Module, Store};

use crate::fail::{Context, Failure};
use crate::locate::Packed;
use crate::sys;

/// Decoded bytes below which another thread costs more than it saves.
const BYTES_A_THREAD: u64 = 1024 * 1024;

/// The program's module, in a store of its own.
pub(crate) fn module(packed: &Packed) -> Result<(Store, Module), Failure> {
    let artifact = decode(packed)?;
    let engine: Engine = EngineBuilder::headless().engine().into();
    // SAFETY: the bytes are an artifact of this very engine version, which `check` has made sure of, and each chunk
    // matched its checksum. Whoever can write the file could run any code anyway: it is an executable.
    #[allow(unsafe_code)]
    let module = unsafe { Module::deserialize_unchecked(&engine, artifact) };
    let module = module.context("the engine does not take the program's machine code; pack it again")?;
    Ok((Store::new(engine), module))
}

fn decode(packed: &Packed) -> Result<Vec<u8>, Failure> {
    let section = packed
        .prefix
        .section(SectionKind::Artifact)
        .ok_or_else(|| Failure::new("the file carries no machine code; pack it again"))?;
    let payload::Encoding::Chunked { chunk_size } = section.encoding else {
        return Err(Failure::new("the file's machine code is stored in an unknown way; pack it again"));
    };
    let table_size = ChunkTable::size(section.len, chunk_size).min(section.stored_len);
    let mut table = vec![0; table_size as usize];
    packed.read(section.offset, &mut table)?;
    let table = ChunkTable::parse(&table, section).context("the file is damaged, pack it again")?;

    let mut artifact = vec![0; section.len as usize];
    let work = Mutex::new(artifact.chunks_mut(chunk_size as usize).enumerate());
    let next = || work.lock().ok()?.next();
    let worker = || -> Result<(), Failure> {
        let mut frame = Vec::new();
        while let Some((index, out)) = next() {
            let range = table.stored_range(index);
            frame.resize((range.end - range.start) as usize, 0);
            packed.read(range.start, &mut frame)?;
            table.decode(index, &frame, out).context("the file is damaged, pack it again")?;
        }
        Ok(())
    };
    let threads = (section.len / BYTES_A_THREAD).clamp(1, sys::cpu_count());
    std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        let mine = worker();
        let crashed = |_| Err(Failure::new("a decoding thread crashed"));
        helpers.into_iter().map(|helper| helper.join().unwrap_or_else(crashed)).fold(mine, Result::and)
    })?;
    Ok(artifact)
}
