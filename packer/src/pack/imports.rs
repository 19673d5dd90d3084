//! Notes about what a program imports.

use payload::{Manifest, target::Os};

use super::Pack;
use crate::{
    Error, Kind,
    input::{component::Component, copies, sockets, unprovided::Unprovided},
};

impl Pack {
    /// Notes about what `wasm`, which `component` became if it was one, imports and nobody provides.
    ///
    /// # Errors
    /// The first of them with `--strict`.
    pub(super) fn unprovided(
        &self,
        wasm: &[u8],
        component: Option<&Component>,
    ) -> Result<Vec<String>, Error> {
        let notes: Vec<String> = match component {
            Some(component) => component.note().into_iter().collect(),
            None => Unprovided::read(wasm).expect("the module was validated").all(),
        };
        match notes.first().filter(|_| self.strict) {
            Some(reason) => {
                Err(Error::new(Kind::Import, format!("{reason} (--strict refuses that)")).of(&["strict"]))
            }
            None => Ok(notes),
        }
    }

    /// A note for a program that starts copies of itself, if it is packed for a system that makes none.
    pub(super) fn no_copies(&self, manifest: &Manifest) -> Option<String> {
        let mut targets = self.outputs.iter().flat_map(|place| place.target.targets());
        let is_meant = manifest.grants.fork && targets.any(|target| target.os() == Os::Windows);
        is_meant.then(|| {
            "it starts copies of itself (fork), which Windows does not have: there a call answers nosys, and the program goes on"
                .to_owned()
        })
    }
}

/// A note if the program carries others, and imports nothing to become or start them with.
pub(super) fn becomes_none(manifest: &Manifest, wasm: &[u8], was_component: bool) -> Option<String> {
    if manifest.programs.is_empty() || !was_component && copies::becomes_others(wasm) {
        return None;
    }
    let note = "it carries programs (--with), and imports nothing to become or start them with, which programs for WASIX have \
        (proc_exec, proc_spawn2)";
    Some(note.to_owned())
}

/// Notes about sockets that are granted to a program which cannot use them. A program that it carries may.
pub(super) fn no_sockets(manifest: &Manifest, wasm: &[u8]) -> Vec<&'static str> {
    let grants = &manifest.grants;
    let mut notes = Vec::new();
    if !manifest.programs.is_empty() {
        return notes;
    }
    if !grants.listen.is_empty() && !sockets::takes_connections(wasm) {
        notes.push("--listen grants what it cannot use: the program imports nothing to take connections with (sock_accept)");
    }
    if !grants.connect.is_empty() && !sockets::connects(wasm) {
        notes.push(
            "--connect grants what it cannot use: the program imports nothing to connect with, which preview 1 of WASI lacks. Those for \
             WasmEdge and WASIX have it (sock_connect)",
        );
    }
    notes
}
