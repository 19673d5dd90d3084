//! Makes images of compiled functions. This is the work that wasmer's loader would do at every start; here it is done once.
//!
//! ```text
//! order     the order of functions: those that a start touches lie together
//! layout    where each function, trampoline and section lies in the code image
//! relocate  calls and addresses between them, resolved; nothing is left to do at start
//! thunk     calls into the runtime, through one small table that the launcher fills in
//! memory    data segments, folded into what the app's memory holds at the start
//! unwind    where functions are, for Windows
//! frames    names, places and traps, for the message when something trapped
//! places    which places of a function that message asks for
//! metadata  what wasmer's loader must know of the module
//! ```
//!
//! The code image runs at any address: everything in it is relative to itself. Data flows from the top of that list
//! to its end; each room is a pure function of what the compiler made.

mod error;
mod frames;
mod layout;
mod memory;
mod metadata;
mod order;
mod places;
mod readable;
mod relocate;
mod thunk;
mod unwind;

use payload::{Compiler, Target, image::Image};
use wasmer_compiler::ArtifactBuild;

pub use memory::MemoryImage;
pub use order::Order;

use error::failed;

use crate::{Error, input::program::Program};

/// A linked program, which goes into a payload.
#[derive(Debug)]
pub struct Linked {
    /// The code image.
    pub code: Vec<u8>,
    /// The content of the app's first memory at the start, if it has any data.
    pub memory: Option<MemoryImage>,
    /// Where things lie, and what the engine must know. The touched chunks are not in it yet.
    pub image: Image,
    /// The unwind section's content, if the system wants one.
    pub unwind: Option<Vec<u8>>,
    /// The frames section's content.
    pub frames: Vec<u8>,
    /// Where each function lies, in the order of their indices: start and length in the code image.
    pub extents: Vec<(u32, u32)>,
}

/// Links `program`, which a compiler made `build` of for a target. `granularity` is the size of the memory image's chunks.
///
/// # Errors
/// `Compile` if the compiler asked for something that this linker does not know, or the code is too large for the
/// target's instructions.
pub fn link(
    build: &ArtifactBuild,
    program: &Program,
    (target, compiler): (Target, Compiler),
    order: &Order,
    granularity: u64,
) -> Result<Linked, Error> {
    let functions = build.get_function_bodies_ref();
    check_size(
        functions.values().map(|function| function.body.len() as u64).sum::<u64>()
            + functions.len() as u64 * u64::from(order.alignment)
            + build.get_custom_sections_ref().values().map(|section| section.bytes.len() as u64).sum::<u64>(),
    )?;
    let functions = order.functions(build);
    let mut layout = layout::Layout::new(build, &functions, order.alignment);
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
        ahead: Vec::new(),
        libcalls: thunks.numbers(),
    };
    Ok(Linked {
        code,
        memory: folded.image,
        image,
        unwind: unwind::table(target, &layout),
        frames: frames::frames(build, &layout, program, compiler).to_bytes(),
        extents: layout.functions,
    })
}

/// The most code, in bytes, that calls inside it can span on every target.
const MAX_CODE: u64 = 1 << 31;

/// Whether `len` bytes of functions and tables can be linked at all: asked before anything else is done with them.
fn check_size(len: u64) -> Result<(), Error> {
    // Alignment and trampolines come on top.
    if len <= MAX_CODE / 2 {
        return Ok(());
    }
    let reason = format!("the compiled program has {len} bytes of code; the limit is {}", MAX_CODE / 2);
    Err(Error::new(crate::Kind::TooLarge, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_calls_could_not_span_is_refused_before_any_work() {
        assert!(check_size(MAX_CODE / 2).is_ok());
        let error = check_size(MAX_CODE / 2 + 1).unwrap_err();
        assert_eq!(error.kind, crate::Kind::TooLarge);
        assert!(error.to_string().contains("1073741825"), "{error}");
    }
}
