//! From compiled functions to images: what wasmer's loader would do at every start is done once, here.
//!
//! ```text
//! order     which function comes after which: what a start touches lies together
//! layout    where each function, trampoline and section lies in the code image
//! relocate  calls and addresses between them, resolved; nothing is left to do at start
//! thunk     calls into the runtime, through one small table that the launcher fills in
//! memory    data segments, folded into what the app's memory holds at the start
//! unwind    tables for exceptions, as offsets that the launcher turns into addresses when one is thrown
//! frames    names, places and traps, for the message when something trapped
//! metadata  what wasmer's loader must know of the module
//! ```
//!
//! The code image runs at any address: everything in it is relative to itself. Data flows from the top of that list
//! to its end; each room is a pure function of what the compiler made.

mod frames;
mod layout;
mod memory;
mod metadata;
mod order;
mod relocate;
mod thunk;
mod unwind;

use payload::{Target, image::Image};
use wasmer_compiler::ArtifactBuild;

pub use memory::MemoryImage;
pub use order::Order;

use crate::Error;

/// What goes into a payload, linked.
#[derive(Debug)]
pub struct Linked {
    /// The code image.
    pub code: Vec<u8>,
    /// What the app's first memory holds at the start, if it has any data.
    pub memory: Option<MemoryImage>,
    /// Where things lie, and what the engine must know. The touched chunks are not in it yet.
    pub image: Image,
    /// The unwind section's content, if the app throws exceptions or the system wants one.
    pub unwind: Option<Vec<u8>>,
    /// The frames section's content.
    pub frames: Vec<u8>,
    /// Where each function lies, in the order of their indices: start and length in the code image.
    pub extents: Vec<(u32, u32)>,
}

/// Links what the compiler made of a module for `target`. `granularity` is the size of the memory image's chunks.
///
/// # Errors
/// `Compile` if the compiler asked for something that this linker does not know, or the code is too large for the
/// target's instructions; `Proposal` if it throws exceptions where they cannot be caught.
pub fn link(build: &ArtifactBuild, target: Target, order: &Order, granularity: u64) -> Result<Linked, Error> {
    let functions = order.functions(build);
    let mut layout = layout::Layout::new(build, &functions);
    let thunks = thunk::Thunks::place(build, &mut layout);
    let mut code = layout.code(build);
    thunks.write(target, &mut code)?;
    relocate::functions(build, &layout, &thunks, &mut code)?;
    relocate::sections(build, &layout, &thunks, &mut code)?;

    let folded = memory::fold(build, granularity);
    let image = Image {
        memory_start: folded.image.as_ref().map_or(0, |memory| memory.start),
        table_offset: thunks.table_offset(),
        metadata: metadata::bytes(build, folded.rest)?,
        functions: layout.functions.iter().map(|extent| extent.0).collect(),
        call_trampolines: layout.call_trampolines.clone(),
        dynamic_trampolines: layout.dynamic_trampolines.clone(),
        touched: Vec::new(),
        libcalls: thunks.numbers(),
    };
    Ok(Linked {
        code,
        memory: folded.image,
        image,
        unwind: unwind::tables(build, target, &layout)?,
        frames: frames::frames(build, &layout).to_bytes(),
        extents: layout.functions,
    })
}

/// A failure of the linker, in words.
fn failed(reason: impl std::fmt::Display) -> Error {
    Error::new(crate::Kind::Compile, format!("linking failed: {reason}"))
}
