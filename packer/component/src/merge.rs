//! Merges the modules of a flattened component into one.

use lower::OffsetMap;
use wasm_encoder::ValType;
use wasmparser::MemoryType;

use crate::{
    Error, Kind,
    emit::Output,
    flat::Flat,
    live::Live,
    made::{Adapter, Start},
    place::Placement,
    plan::{FunctionId, Plan, Source},
    types::Signature,
    world::Run,
};

/// Pages that the adapter may add to a memory that must not grow further.
const ROOM: u64 = 256;

/// A merged module.
pub(crate) struct Merged {
    pub(crate) wasm: Vec<u8>,
    pub(crate) map: OffsetMap,
    pub(crate) modules: usize,
    pub(crate) missing: Vec<String>,
}

/// Merges the modules of `flat`, whose program starts with `run`.
pub(crate) fn merge<'a>(bytes: &'a [u8], flat: &Flat<'a>, run: Run<'a>) -> Result<Merged, Error> {
    let mut placement = Placement::new(bytes, flat)?;
    let (core, post_return) = run;
    let run = placement.function(core, None)?;
    let post_return = post_return.map(|item| placement.function(item, None)).transpose()?;
    let missing = placement.missing.iter().map(|&name| name.to_owned()).collect();
    let mut plan = placement.plan;
    let modules = plan.parts.len();
    check(&plan, run, &[], &[ValType::I32])?;
    post_return.map_or(Ok(()), |function| check(&plan, function, &[ValType::I32], &[]))?;

    let code = plan.types.number(Signature { params: vec![ValType::I32], results: Vec::new() });
    let nothing = plan.types.number(Signature { params: Vec::new(), results: Vec::new() });
    let exit = plan.host("wasi_snapshot_preview1", "proc_exit", code);
    let start = plan.function(nothing, Source::Made);
    plan.functions[start].name = Some("_start");
    let start = Start { start, run, post_return, exit };

    let mut live = Live::of_modules(&plan)?;
    for function in [Some(start.start), Some(run), post_return, Some(exit)].into_iter().flatten() {
        live.mark(function);
    }
    live.follow(&plan)?;
    let calls = |plan: &Plan<'_>, live: &Live| {
        let is_call = |function: &FunctionId| matches!(plan.functions[*function].source, Source::Call(_));
        (0..plan.functions.len()).any(|function| is_call(&function) && live.has(function))
    };
    let needs_adapter = calls(&plan, &live);
    let mut memory = memory(&plan, &live)?;
    let adapter = match needs_adapter {
        false => None,
        true => {
            let adapter = Adapter::place(&mut plan, &mut live, 0)?;
            let memory = memory.get_or_insert(MemoryType {
                memory64: false,
                shared: false,
                initial: 0,
                maximum: None,
                page_size_log2: None,
            });
            if memory.memory64 || memory.page_size_log2.is_some() {
                return Err(Error::unsupported(
                    "has a memory of 64 bits, or of pages of another size, which no compiler of this version has: build it without",
                ));
            }
            memory.maximum = memory.maximum.map(|maximum| (maximum + ROOM).min(65536));
            Some(adapter)
        }
    };
    let output = Output { plan: &plan, live: &live, adapter: adapter.as_ref(), start: &start, memory };
    let (wasm, map) = output.write()?;
    Ok(Merged { wasm, map, modules, missing })
}

/// Checks the type of a function that `_start` calls.
fn check(
    plan: &Plan<'_>,
    function: FunctionId,
    params: &[ValType],
    results: &[ValType],
) -> Result<(), Error> {
    let Signature { params: takes, results: gives } = plan.types.get(plan.functions[function].ty);
    if takes == params && gives == results {
        return Ok(());
    }
    Err(Error::new(
        Kind::NotACommand,
        "its run has another type than wasi:cli/run gives it: build it with the WIT of WASI 0.2",
    ))
}

/// The one memory that is needed, if any is.
fn memory(plan: &Plan<'_>, live: &Live) -> Result<Option<MemoryType>, Error> {
    if plan.memories.len() <= 1 {
        return Ok(plan.memories.first().map(|memory| memory.ty));
    }
    let needed: Vec<usize> = live.memories().map(|memory| memory as usize).collect();
    match needed[..] {
        [] => Ok(plan.memories.first().map(|memory| memory.ty)),
        [one] => Ok(Some(plan.memories[one].ty)),
        [one, two, ..] => {
            let name = |memory: usize| {
                let part = plan.memories[memory].part;
                let name = plan.module_of(part).name.map(|name| format!(" ({name:?})"));
                format!("core module {part}{}", name.unwrap_or_default())
            };
            Err(Error::unsupported(format!(
                "has more than one memory, in {} and {}, as composed components do; they are not merged yet: pack a component that \
                 is one program",
                name(one),
                name(two)
            )))
        }
    }
}
