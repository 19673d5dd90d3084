//! Programs for preview 1 that `wasm-tools component new --adapt` made components of: the program is in there, untouched.

use std::ops::Range;

use wasmparser::ExternalKind;

use crate::{
    Error,
    flat::{CoreInstance, CoreItem, Flat, InstanceId},
    module::{Module, kind_of},
};

/// The name that wit-component gives the adapter's module.
const ADAPTER: &str = "wit-component:adapter:wasi_snapshot_preview1";
/// The module of a program that an adapter imports from.
const PROGRAM: &str = "__main_module__";
const PREVIEW_1: &str = "wasi_snapshot_preview1";

/// The bytes of the program, if the component is nothing else but a program of preview 1 and the official adapter. `run` is its
/// start.
///
/// The adapter is known by its name, and by what any other one would need: a program's `_start` behind its own, imports of
/// nothing else, and no data of its own.
pub(crate) fn program(
    bytes: &[u8],
    flat: &Flat<'_>,
    run: CoreItem<'_>,
) -> Result<Option<Range<usize>>, Error> {
    let CoreItem::Export { instance: adapter, .. } = run else { return Ok(None) };
    let CoreInstance::Module { bytes: range, imports } = &flat.instances[adapter] else { return Ok(None) };
    let module = Module::read(bytes, range.clone())?;
    let is_official = module.name == Some(ADAPTER)
        && module.data.is_empty()
        && module.exports.keys().all(|name| is_of_adapter(name));
    let Some(&main) = imports.get(PROGRAM).filter(|_| is_official) else { return Ok(None) };
    let Some((main, "_start")) = export_of(flat, main, "_start") else { return Ok(None) };
    let CoreInstance::Module { bytes: range, .. } = &flat.instances[main] else { return Ok(None) };
    let program = Module::read(bytes, range.clone())?;
    let is_command = program.exports.get("_start").is_some_and(|export| export.kind == ExternalKind::Func);
    let is_pure = program
        .imports
        .iter()
        .all(|import| import.module == PREVIEW_1 && kind_of(&import.ty) == ExternalKind::Func);
    // Another program among the instances would be lost.
    let others = flat.instances.iter().enumerate().filter(|(id, _)| *id != adapter && *id != main);
    let mut is_alone = true;
    for (_, other) in others {
        is_alone &= match other {
            CoreInstance::Module { bytes: range, .. } => is_plumbing(&Module::read(bytes, range.clone())?),
            CoreInstance::Bundle(_) => true,
        };
    }
    Ok((is_command && is_pure && is_alone).then(|| range.clone()))
}

/// Where an item of an instance really is.
fn export_of<'a>(flat: &Flat<'a>, instance: InstanceId, name: &'a str) -> Option<(InstanceId, &'a str)> {
    match &flat.instances[instance] {
        CoreInstance::Module { .. } => Some((instance, name)),
        CoreInstance::Bundle(items) => match *items.get(name)? {
            CoreItem::Export { instance, name, .. } => Some((instance, name)),
            CoreItem::Canon(_) => None,
        },
    }
}

/// The adapter's exports: functions of preview 1, its start, and what wit-component adds.
fn is_of_adapter(name: &str) -> bool {
    let of_preview_1 =
        ["args_", "clock_", "environ_", "fd_", "path_", "poll_", "proc_", "random_", "sched_", "sock_"];
    of_preview_1.iter().any(|prefix| name.starts_with(prefix))
        || name.starts_with("wasi:cli/run@0.2.")
        || name.starts_with("cabi_")
        || matches!(name, "adapter_close_badfd" | "adapter_open_badfd" | "reset_adapter_state")
}

/// Whether a module is a table of trampolines, or what fills it.
fn is_plumbing(module: &Module<'_>) -> bool {
    matches!(module.name, Some("wit-component:shim" | "wit-component:fixups"))
        && module.data.is_empty()
        && module.globals.is_empty()
}
