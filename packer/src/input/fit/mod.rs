//! Fitting a module to what the pinned compilers and their runtime can do: a valid module becomes one that does the same.
//!
//! ```text
//! tables    a br_table longer than an instruction reaches becomes several
//! passive   data that a start function copies is there from the start
//! data      data segments from 2 GiB on, which the runtime takes for negative, are copied by instructions
//! start     those, and the start function, run at the head of `_start`
//! memory    a bound on memory becomes the maximum that the module declares
//! parts     a module taken apart into its sections, and put together with what is added
//! ```
//!
//! See "Where does a packed module differ from its input?" in docs/decisions.md. Indices stay as they are: what is new comes
//! last.

mod data;
mod memory;
mod parts;
mod passive;
mod start;
mod tables;

use std::collections::BTreeMap;

use lower::{OffsetMap, Original};
use wasmer_compiler::wasmparser::{BinaryReaderError, Validator, WasmFeatures};

use crate::{Error, Kind};
use parts::Parts;

/// A module as the compilers can have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitted {
    /// The module.
    pub wasm: Vec<u8>,
    /// From its offsets to those it was made of; `None` where they are the same.
    pub map: Option<OffsetMap>,
}

/// `module`, which is valid, as the compilers can have it, with at most `max_memory` bytes of memory. Most come back as they are.
///
/// # Errors
/// `Invalid` if what is added takes it over a limit of WebAssembly's, such as that on the size of a function; `Memory` if it
/// begins with more memory than it may have.
pub fn fit(module: Vec<u8>, max_memory: Option<u64>) -> Result<Fitted, Error> {
    let declared = memory::declared(&module).map_err(|error| failed(&error))?;
    if let Some(most) = max_memory.filter(|most| declared > *most) {
        let reason = format!(
            "the program begins with {declared} bytes of memory, and --max-memory lets it have {most}; allow it more, or \
             build it with less (its stack and static data)"
        );
        return Err(Error::new(Kind::Memory, reason).of(&["max-memory"]));
    }
    let changed = changed(&module, max_memory).map_err(|error| failed(&error))?;
    let Some((changed, map)) = changed else { return Ok(Fitted { wasm: module, map: None }) };
    Validator::new_with_features(WasmFeatures::all())
        .validate_all(&changed)
        .map_err(|error| failed(&error))?;
    Ok(Fitted { wasm: changed, map: Some(map) })
}

fn changed(
    module: &[u8],
    max_memory: Option<u64>,
) -> Result<Option<(Vec<u8>, OffsetMap)>, BinaryReaderError> {
    let mut parts = Parts::read(module)?;
    let tables = tables::fit(module, &mut parts)?;
    let mut is_changed = !tables.is_empty();
    // Without `_start` it is no program.
    if let Some(entry) = start::Entry::read(module)? {
        let mut first = passive::fit(&mut parts)?;
        // Where that did something, there was no other data.
        if first.is_empty() {
            first = data::fit(&mut parts)?;
        }
        is_changed |= entry.fit(&mut parts, &first)?;
    }
    is_changed |= max_memory.map_or(Ok(false), |most| memory::limit(&mut parts, most))?;
    if !is_changed {
        return Ok(None);
    }
    let changed = parts.finish();
    let map = back(&changed, module, &tables)?;
    Ok(Some((changed, map)))
}

/// From offsets in `changed` to those in `module`, which it was made of; `replaced` are bodies that are not copies.
fn back(
    changed: &[u8],
    module: &[u8],
    replaced: &BTreeMap<usize, OffsetMap>,
) -> Result<OffsetMap, BinaryReaderError> {
    let mut map = OffsetMap::default();
    let old = parts::bodies(module)?;
    for (index, body) in parts::bodies(changed)?.iter().enumerate() {
        let start = body.range().start as u32;
        match (replaced.get(&index), old.get(index)) {
            (Some(replaced), _) => map.append(replaced, start),
            (None, Some(same)) => map.push(start, Original::run(same.range().start)),
            (None, None) => map.push(start, Original::Nothing),
        }
    }
    Ok(map)
}

fn failed(error: &BinaryReaderError) -> Error {
    let reason = format!(
        "it has a br_table of more than {} targets, or data above 2 GiB, and cannot be rewritten for the compilers: {}; build \
         the app with smaller tables, or its data at lower addresses",
        tables::MOST,
        error.message()
    );
    Error::new(Kind::Invalid, reason)
}
