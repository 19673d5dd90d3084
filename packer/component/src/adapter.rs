//! The adapter: WASI 0.2 on top of preview 1, as a core module that becomes part of the program.
//!
//! `adapter/README.md` tells how it is built. It is position-independent: its memory is given to it when the program first calls
//! it, and so are the functions by which results are given room.

use crate::{Error, module::Module};

/// The module, built by `scripts/build-adapter`.
pub(crate) static WASM: &[u8] = include_bytes!("../adapter/adapter.wasm");

/// Bytes of its stack, below its static data.
pub(crate) const STACK: u32 = 16 * 1024;
/// Bytes of the piece of memory that it begins with: its stack and its static data.
pub(crate) const MEMORY: u32 = 64 * 1024;

/// What prepares it, when its memory is there; it takes a function of the program that gives room, or null.
pub(crate) const INITIALIZE: &str = "initialize";
/// What writes addresses into its static data, if there are any.
pub(crate) const RELOCATE: &str = "__wasm_apply_data_relocs";
/// What drops a handle of any resource.
pub(crate) const DROP: &str = "drop";

/// The resources that it has.
const RESOURCES: [&str; 9] = [
    "error",
    "pollable",
    "input-stream",
    "output-stream",
    "descriptor",
    "directory-entry-stream",
    "terminal-input",
    "terminal-output",
    "network",
];

/// The module, taken apart.
pub(crate) fn read() -> Result<Module<'static>, Error> {
    Module::read(WASM, 0..WASM.len())
}

/// The interface that `name` names, without its version, if it is one of WASI 0.2.
pub(crate) fn interface_02(name: &str) -> Option<&str> {
    let (interface, version) = name.split_once('@')?;
    let minor = version.strip_prefix("0.2")?;
    let known = minor.is_empty()
        || minor
            .strip_prefix('.')
            .is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|letter| letter.is_ascii_digit()));
    (known && interface.starts_with("wasi:")).then_some(interface)
}

/// The adapter's export for a function of an interface; it may not have it.
pub(crate) fn export_of(interface: &str, name: &str) -> Option<String> {
    Some(format!("{}#{name}", interface_02(interface)?))
}

/// Whether it has the resource of an interface. An interface may name the resource of another one.
pub(crate) fn has_resource(interface: &str, resource: &str) -> bool {
    interface_02(interface).is_some() && RESOURCES.contains(&resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_02_are_told_from_others() {
        for name in ["wasi:cli/run@0.2.0", "wasi:cli/run@0.2.12", "wasi:cli/run@0.2"] {
            assert_eq!(interface_02(name), Some("wasi:cli/run"));
        }
        let others =
            ["wasi:cli/run@0.3.0", "wasi:cli/run", "my:cli/run@0.2.0", "wasi:cli/run@0.2.0-rc-2023-12-05"];
        for name in others.into_iter().chain(["wasi:cli/run@0.20.1", "wasi:cli/run@0.2."]) {
            assert_eq!(interface_02(name), None, "{name}");
        }
    }

    #[test]
    fn the_module_that_is_committed_is_small_and_readable() {
        assert!(WASM.len() <= 25_000, "{} bytes", WASM.len());
        let module = read().unwrap();
        for name in [INITIALIZE, DROP, "wasi:io/poll#poll", "wasi:filesystem/types#[method]descriptor.stat"] {
            assert!(module.exports.contains_key(name), "{name}");
        }
        let data: usize = module.data.iter().map(|data| data.data.len()).sum();
        assert!(data + STACK as usize <= MEMORY as usize, "{data} bytes");
    }
}
