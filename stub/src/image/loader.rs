//! wasmer's loader, fed with function pointers that are ready to be called.
//!
//! It reads a header, the module's metadata, and three lists of pointers, each behind its length: functions, call
//! trampolines, dynamic trampolines. It allocates no code and applies no relocation.

use payload::SectionKind;
use payload::image::Image;
use wasmer::sys::EngineBuilder;
use wasmer::{Engine, Module};
use wasmer_compiler::BaseTunables;
use wasmer_types::MetadataHeader;

use super::code::Code;
use super::memory;
use super::paging::Hints;
use super::stored::{DAMAGED, Stored};
use crate::fail::{Context, Failure};

/// The module of `image`, whose code lies at `code`.
pub(super) fn module(
    stored: Stored,
    image: &Image,
    hints: Hints,
    code: Code,
) -> Result<(Engine, Module), Failure> {
    let bytes = bytes(image, code);
    let initial = stored.find(SectionKind::Memory).map(|section| memory::Initial {
        stored,
        section,
        start: image.memory_start,
        hints,
    });
    let mut engine = EngineBuilder::headless().engine();
    let base = BaseTunables::for_target(engine.target());
    engine.set_tunables(memory::ImageTunables { base, initial });
    let engine: Engine = engine.into();
    #[allow(unsafe_code, reason = "wasmer's loader takes code on trust")]
    // SAFETY: the metadata is what this very engine version wrote, which `check` has made sure of, and the pointers
    // are those of the code that it describes. Whoever can write the file could run any code anyway: it is an
    // executable.
    let module = unsafe { Module::deserialize_unchecked(&engine, bytes::Bytes::from_static(bytes)) };
    let module = module.context("the engine does not take the program; pack it again")?;
    if module.info().start_function.is_some() {
        // The packer makes it the head of `_start`: nothing is prepared for it here.
        return Err(Failure::new(format!("{DAMAGED}: it has a start function beside _start")));
    }
    Ok((engine, module))
}

/// What the loader reads, aligned as it wants it, for as long as the process lives.
fn bytes(image: &Image, code: Code) -> &'static [u8] {
    const WORD: usize = size_of::<u64>();
    let lists = [&image.functions, &image.call_trampolines, &image.dynamic_trampolines];
    let count: usize = lists.iter().map(|list| 1 + list.len()).sum();
    let len = MetadataHeader::LEN + image.metadata.len() + count * WORD;
    let mut bytes: Vec<u8> = Vec::with_capacity(len + MetadataHeader::ALIGN);
    let start = bytes.as_ptr().align_offset(MetadataHeader::ALIGN);
    bytes.resize(start, 0);
    bytes.extend_from_slice(&MetadataHeader::new(image.metadata.len()).into_bytes());
    bytes.extend_from_slice(&image.metadata);
    for list in lists {
        bytes.extend_from_slice(&(list.len() as u64).to_ne_bytes());
        bytes.extend(list.iter().flat_map(|offset| (code.at(*offset) as u64).to_ne_bytes()));
    }
    &Vec::leak(bytes)[start..]
}
