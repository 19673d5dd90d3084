//! Tables for exceptions. They are long, and most starts throw nothing: so they are made and registered when the first
//! exception is thrown, on the way into the engine's `throw`.
//!
//! On Windows the system must be able to walk over the code for reasons of its own, so there its function table is
//! registered at the start; it needs no address to be filled in.

use std::sync::OnceLock;

use payload::SectionKind;
#[cfg(unix)]
use payload::unwind::Base;
use payload::unwind::Unwind;

use wasmer_types::{LocalMemoryIndex, VMBuiltinFunctionIndex, VMOffsets};

use super::{Code, DAMAGED, Stored};
use crate::fail::{Context, Failure};
use crate::sys;

/// What is needed when the first exception is thrown.
static ATTACHED: OnceLock<(Stored, Code)> = OnceLock::new();

/// Notes where the tables are, if there are any.
pub(super) fn attach(stored: Stored, code: Code) -> Result<(), Failure> {
    if stored.find(SectionKind::Unwind).is_some() {
        let _ = ATTACHED.set((stored, code));
    }
    if cfg!(windows) { publish() } else { Ok(()) }
}

/// To be called when there is an instance: makes the calls from the app into the engine known to the trace, and the
/// first `throw` bring the tables. `offsets` are those of the instance's module.
pub(crate) fn enter(offsets: &VMOffsets) -> Result<(), Failure> {
    let installed = super::memory::definition().is_some_and(|definition| {
        let memory = offsets.vmctx_vmmemory_definition(LocalMemoryIndex::from_u32(0));
        let context = definition.get() - memory as usize;
        let first = VMBuiltinFunctionIndex::get_memory32_grow_index();
        sys::cross::install(context + offsets.vmctx_builtin_function(first) as usize)
    });
    // Without a memory the context cannot be found; such a program is tiny.
    if installed { Ok(()) } else { publish() }
}

/// Makes and registers the tables, once.
pub(crate) fn publish() -> Result<(), Failure> {
    static DONE: OnceLock<()> = OnceLock::new();
    let Some((stored, code)) = ATTACHED.get() else { return Ok(()) };
    if DONE.set(()).is_err() {
        return Ok(());
    }
    let unwind = Unwind::parse(&stored.whole(SectionKind::Unwind)?).context(DAMAGED)?;
    register(unwind, *code)
}

#[cfg(unix)]
fn register(unwind: Unwind, code: Code) -> Result<(), Failure> {
    let tables = Vec::leak(unwind.tables);
    let own = tables.as_ptr() as usize;
    for (at, base) in unwind.fixups {
        let base = match base {
            Base::Code => code.at(0),
            Base::Tables => own,
            Base::Libcall(number) => super::code::runtime_function(number)?,
        };
        let place = &mut tables[at as usize..at as usize + 8];
        let value = u64::from_le_bytes(place.try_into().expect("eight bytes")).wrapping_add(base as u64);
        place.copy_from_slice(&value.to_le_bytes());
    }
    sys::register_frames(&tables[..unwind.eh_frame_len as usize]);
    Ok(())
}

#[cfg(windows)]
fn register(unwind: Unwind, code: Code) -> Result<(), Failure> {
    sys::register_functions(Vec::leak(unwind.tables), code.at(0))
        .context("cannot register the program's functions")
}
