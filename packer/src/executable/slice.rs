//! The executables in a file: one, in a universal file of macOS one for each CPU, in a file for all Unix targets what an
//! executable for each would be made of.

use std::ops::Range;

use payload::{Manifest, Prefix, Section, SectionKind, Target, target::Os, universal::Machine};

use super::prefix::{damaged, prefix};
use crate::{
    Error,
    container::{self, Format, Found, universal, unix},
    store::decode,
};

/// One executable in a file.
#[derive(Clone, Debug)]
pub(super) struct Slice {
    /// The machine that its launcher is for.
    pub(super) target: Target,
    /// The container of its launcher.
    pub(super) format: Format,
    /// Bytes of the file that belong to it.
    pub(super) len: u64,
    pub(super) prefix: Prefix,
    payload: Payload,
}

/// A payload.
#[derive(Clone, Debug)]
enum Payload {
    /// A range of the file.
    Within(Range<usize>),
    /// Put together of ranges of the file.
    Joined(Vec<u8>),
}

impl Slice {
    /// All of them in `file`, of which there is one at least.
    ///
    /// # Errors
    /// As [`container::find`] and those of a header, section table or manifest. `Damaged` if they do not have one program.
    pub(super) fn all(file: &[u8]) -> Result<Vec<Slice>, Error> {
        let slices = if unix::is(file) { Slice::joined(file)? } else { Slice::whole(file)? };
        agree(file, &slices).map_err(|what| damaged(&what))?;
        Ok(slices)
    }

    /// Those that lie in the file as they are.
    fn whole(file: &[u8]) -> Result<Vec<Slice>, Error> {
        let places = universal::executables(file)?;
        let machines = universal::slices(file)?;
        let read = |(index, place): (usize, Range<usize>)| {
            let machine = machines.get(index).map(|slice| slice.machine);
            let of = |error: Error| match machine {
                Some(machine) => within(&machine.to_string(), error),
                None => error,
            };
            let found = container::find(&file[place.clone()]).map_err(|error| of(error.into()))?;
            is_for(machine, &found).map_err(|what| damaged(&what))?;
            let payload = place.start + found.payload.start..place.start + found.payload.end;
            let prefix = prefix(&file[payload.clone()], found.target).map_err(of)?;
            let len = (place.end - place.start) as u64;
            let Found { target, format, .. } = found;
            Ok(Slice { target, format, len, prefix, payload: Payload::Within(payload) })
        };
        places.into_iter().enumerate().map(read).collect()
    }

    /// Those of a file for all Unix targets.
    fn joined(file: &[u8]) -> Result<Vec<Slice>, Error> {
        let read = |unix::Read { program, payload }| {
            let target = program.target;
            let prefix = prefix(&payload, target).map_err(|error| within(target.name(), error))?;
            program.holds(&prefix).map_err(|fault| damaged(&fault.to_string()))?;
            let format = if target.os() == Os::Macos { Format::MachO } else { Format::Elf };
            Ok(Slice { target, format, len: program.len(), prefix, payload: Payload::Joined(payload) })
        };
        unix::read(file)?.into_iter().map(read).collect()
    }

    pub(super) fn payload<'a>(&'a self, file: &'a [u8]) -> &'a [u8] {
        match &self.payload {
            Payload::Within(place) => &file[place.clone()],
            Payload::Joined(payload) => payload,
        }
    }
}

/// An error in the executable for `machine`.
fn within(machine: &str, error: Error) -> Error {
    Error { reason: format!("in its executable for {machine}: {}", error.reason), ..error }
}

/// Checks that an executable is for the machine that the header of its universal file names.
///
/// # Errors
/// Both names.
pub(super) fn is_for(machine: Option<Machine>, found: &Found) -> Result<(), String> {
    match machine {
        Some(machine) if machine.target() != Some(found.target) => Err(format!(
            "the header of the universal file names {machine}, but the executable there is for {}",
            found.target.name()
        )),
        _ => Ok(()),
    }
}

/// Checks that all of `slices` have one program: the same manifest, files and module.
///
/// # Errors
/// The first difference.
pub(super) fn agree(file: &[u8], slices: &[Slice]) -> Result<(), String> {
    let Some((first, others)) = slices.split_first() else { return Ok(()) };
    for other in others {
        if let Some(what) = difference(file, first, other) {
            return Err(format!(
                "its executables for {} and {} are not of one program: {what}; they are from different packs (take one \
                 out with lipo -thin to look at it)",
                first.target.name(),
                other.target.name()
            ));
        }
    }
    Ok(())
}

/// In what two executables differ that are for two CPUs.
fn difference(file: &[u8], one: &Slice, other: &Slice) -> Option<String> {
    let (a, b) = (plain(&one.prefix.manifest), plain(&other.prefix.manifest));
    let version = |manifest: &Manifest| manifest.version.clone().unwrap_or_else(|| "none".to_owned());
    for (what, in_a, in_b) in [
        ("name", a.app.clone(), b.app.clone()),
        ("version", version(&a), version(&b)),
        ("packer", a.producer.clone(), b.producer.clone()),
    ] {
        if in_a != in_b {
            return Some(format!("the {what} is {in_a:?} in one, {in_b:?} in the other"));
        }
    }
    if a.module_sha256 != b.module_sha256 {
        return Some("they were made of different modules".to_owned());
    }
    if a.grants != b.grants {
        return Some("their grants differ".to_owned());
    }
    if a != b {
        return Some("their manifests differ".to_owned());
    }
    [SectionKind::Tree, SectionKind::Files, SectionKind::Module]
        .into_iter()
        .find(|kind| !same(file, (one, one.prefix.section(*kind)), (other, other.prefix.section(*kind))))
        .map(|kind| format!("section {} differs", kind.name()))
        .or_else(|| {
            let modules = |slice: &Slice| {
                let all = payload::programs::of(slice.payload(file), &slice.prefix).ok()?;
                Some(all.iter().map(|(one, _)| one.manifest.module_sha256).collect::<Vec<_>>())
            };
            (modules(one) != modules(other)).then(|| "the programs that they carry differ".to_owned())
        })
}

/// The manifest without what is of one CPU.
fn plain(manifest: &Manifest) -> Manifest {
    Manifest { content: None, ..manifest.clone() }
}

/// Whether two sections have one content. One that does not decode is its own only.
fn same(file: &[u8], one: (&Slice, Option<&Section>), other: (&Slice, Option<&Section>)) -> bool {
    let (Some(a), Some(b)) = (one.1, other.1) else { return one.1.is_none() && other.1.is_none() };
    let stored = |slice: &Slice, section: &Section| {
        let start = section.offset as usize;
        slice.payload(file).get(start..start + section.stored_len as usize).map(<[u8]>::to_vec)
    };
    if a.len != b.len {
        return false;
    }
    if stored(one.0, a) == stored(other.0, b) {
        return true;
    }
    let decoded = |slice: &Slice, section| decode::sha256(slice.payload(file), section).ok();
    decoded(one.0, a).is_some_and(|hash| Some(hash) == decoded(other.0, b))
}
