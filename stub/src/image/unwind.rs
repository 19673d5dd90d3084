//! Tables for exceptions. They are long, and most starts throw nothing: so they are made and registered when the first
//! exception is thrown, on the way into the engine's `throw`.
//!
//! On Windows the system must be able to walk over the code for reasons of its own, so there its function table is
//! registered at the start; it needs no address to be filled in.

use std::sync::OnceLock;

use payload::SectionKind;
use payload::unwind::{Base, Unwind};
use wasmer::{Instance, Store};

use super::code::{self, Code};
use super::placed::{Placed, placed};
use super::stored::DAMAGED;
use crate::fail::{self, Context, Failure};
use crate::sys;

/// To be called when the code is in its place.
pub(super) fn prepare() -> Result<(), Failure> {
    if sys::unwind::AT_START { publish() } else { Ok(()) }
}

/// To be called when there is an instance, before anything of the app runs: makes the calls from the app into the engine
/// known to the trace, and has the first `throw` make the tables.
pub(crate) fn enter(store: &Store, instance: &Instance) -> Result<(), Failure> {
    if sys::cross::install(store, instance, publish_or_end) { Ok(()) } else { publish() }
}

/// Makes and registers the tables. A failure ends the program: an exception that finds no tables is not caught.
extern "C" fn publish_or_end() {
    if let Err(failure) = publish() {
        std::process::exit(fail::report(&failure));
    }
}

/// Makes and registers the tables, once.
fn publish() -> Result<(), Failure> {
    static DONE: OnceLock<()> = OnceLock::new();
    let Some(Placed { stored, code }) = placed() else { return Ok(()) };
    if stored.find(SectionKind::Unwind).is_none() || DONE.set(()).is_err() {
        return Ok(());
    }
    let unwind = Unwind::parse(&stored.whole(SectionKind::Unwind)?).context(DAMAGED)?;
    register(unwind, code)
}

fn register(unwind: Unwind, code: Code) -> Result<(), Failure> {
    let tables = Vec::leak(unwind.tables);
    let own = tables.as_ptr() as usize;
    for (at, base) in unwind.fixups {
        let base = match base {
            Base::Code => code.at(0),
            Base::Tables => own,
            Base::Libcall(number) => code::runtime_function(number)?,
        };
        let place = &mut tables[at as usize..at as usize + 8];
        let value = u64::from_le_bytes(place.try_into().expect("eight bytes")).wrapping_add(base as u64);
        place.copy_from_slice(&value.to_le_bytes());
    }
    #[allow(unsafe_code, reason = "the tables are the app's own")]
    // SAFETY: the packer made the tables from what the compiler says of this code. Whoever can write the file could run any
    // code anyway: it is an executable.
    unsafe { sys::unwind::register(tables, unwind.eh_frame_len as usize, code.at(0)) }
        .context("cannot register the program's functions")
}
