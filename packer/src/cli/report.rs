//! The result of a pack as JSON, for programs.

use std::sync::{Mutex, PoisonError};

use payload::{Grants, SectionKind, info::hex};
use serde_json::{Value, json};

use super::message;
use crate::{
    Pack, Packed,
    pack::{Done, Part, Place},
};

/// What became of each target, as it becomes known.
#[derive(Default)]
pub(super) struct Report {
    packed: Mutex<Vec<(Place, u64, Value)>>,
    failed: Mutex<Vec<Value>>,
}

impl Report {
    /// Notes that a target was packed.
    pub(super) fn packed(&self, place: &Place, packed: &Packed) {
        let mut value = json!({
            "file": place.file.to_string_lossy(),
            "target": place.target.name(),
            "size": packed.output_len,
            "sha256": hex(&packed.sha256),
            "launcher_size": packed.parts.iter().map(|part| part.launcher_len).sum::<u64>(),
            "sections": sections(&packed.parts),
            "seconds": packed.took.as_secs_f64(),
        });
        if packed.parts.len() > 1 {
            let part = |part: &Part| {
                json!({
                    "target": part.target.name(),
                    "size": part.len,
                    "launcher_size": part.launcher_len,
                    "sections": sections(std::slice::from_ref(part)),
                })
            };
            value["executables"] = packed.parts.iter().map(part).collect();
        }
        self.packed.lock().unwrap_or_else(PoisonError::into_inner).push((
            place.clone(),
            packed.input_len,
            value,
        ));
    }

    /// Notes that a target failed, or all of them.
    pub(super) fn failed(&self, place: Option<&Place>, error: String) {
        let value = json!({
            "file": place.map(|place| place.file.to_string_lossy()),
            "target": place.map(|place| place.target.name()),
            "error": error,
        });
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).push(value);
    }

    /// All of it. `done` is there unless all targets failed for one reason.
    pub(super) fn value(&self, pack: &Pack, done: Option<&Done>) -> Value {
        let packed = self.packed.lock().unwrap_or_else(PoisonError::into_inner);
        // In the order in which they were asked for, whichever was done first.
        let of =
            |place: &Place| packed.iter().find(|(other, ..)| other == place).map(|(.., value)| value.clone());
        let outputs: Vec<Value> = pack.outputs.iter().filter_map(of).collect();
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut value = json!({
            "module": { "file": pack.input.to_string_lossy(), "size": packed.first().map(|(_, len, _)| len) },
            "compiler": pack.compiler.name(),
            "outputs": outputs,
            "failed": failed,
        });
        if let Some(done) = done {
            let manifest = &done.manifest;
            value["module"]["sha256"] = hex(&manifest.module_sha256).into();
            value["name"] = manifest.app.clone().into();
            value["version"] = manifest.version.clone().into();
            value["sealed"] = manifest.sealed.into();
            value["max_memory"] = manifest.max_memory.into();
            value["grants"] = grants(&manifest.grants, done);
            value["programs"] = manifest.programs.iter().map(|carried| &carried.name[..]).collect();
            value["beside"] = done.beside.iter().map(message::as_json).collect();
            value["notes"] = message::notes(done).into();
        }
        value
    }
}

/// The sections of `parts`; those of one kind are added up.
fn sections(parts: &[Part]) -> Vec<Value> {
    let mut sums: Vec<(SectionKind, u64, u64)> = Vec::new();
    for (kind, len, stored) in parts.iter().flat_map(|part| &part.sections) {
        match sums.iter_mut().find(|(of, ..)| of == kind) {
            Some(sum) => *sum = (*kind, sum.1 + len, sum.2 + stored),
            None => sums.push((*kind, *len, *stored)),
        }
    }
    sums.iter()
        .map(|(kind, len, stored)| json!({ "name": kind.name(), "length": len, "stored": stored }))
        .collect()
}

/// The grants, without the values of variables: this goes into logs.
fn grants(grants: &Grants, done: &Done) -> Value {
    let dirs: Vec<Value> = grants
        .dirs()
        .map(|grant| json!({ "host": grant.host, "guest": grant.guest.as_str(), "read_only": grant.read_only }))
        .collect();
    let files: Vec<Value> = done
        .contents
        .iter()
        .map(|contents| {
            json!({
                "guest": contents.grant.guest.as_str(),
                "writable": contents.grant.writable,
                "files": contents.files,
                "bytes": contents.bytes,
                "hidden": contents.hidden,
            })
        })
        .collect();
    let names: Vec<&str> = grants.env.iter().map(|variable| payload::grant::name(variable)).collect();
    json!({
        "dirs": dirs,
        "files": files,
        "env_names": names,
        "env_passed": grants.pass,
        "env_all": grants.env_all,
        "fork": grants.fork,
        "native": grants.native,
        "tmp": grants.tmp.as_ref().map(payload::GuestName::as_str),
        "cwd": grants.cwd,
        "listen": grants.listen.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "connect": grants.connect.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
