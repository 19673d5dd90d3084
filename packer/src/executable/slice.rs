//! The executables in a file: one, or in a universal file of macOS one for each CPU.

use std::ops::Range;

use payload::{Manifest, Prefix, Section, SectionKind, universal::Machine};

use super::prefix::{damaged, prefix};
use crate::{
    Error,
    container::{self, Found, universal},
    store::decode,
};

/// One executable in a file.
#[derive(Clone, Debug)]
pub(super) struct Slice {
    /// Where it lies in the file.
    pub(super) place: Range<usize>,
    /// Its parts, from its own start.
    pub(super) found: Found,
    pub(super) prefix: Prefix,
}

impl Slice {
    /// All of them in `file`, of which there is one at least.
    ///
    /// # Errors
    /// As [`container::find`] and those of a header, section table or manifest. `Damaged` if they do not have one program.
    pub(super) fn all(file: &[u8]) -> Result<Vec<Slice>, Error> {
        let places = universal::executables(file)?;
        let machines = universal::slices(file)?;
        let read = |(index, place): (usize, Range<usize>)| {
            let machine = machines.get(index).map(|slice| slice.machine);
            let of = |error: Error| match machine {
                Some(machine) => {
                    Error { reason: format!("in its executable for {machine}: {}", error.reason), ..error }
                }
                None => error,
            };
            let found = container::find(&file[place.clone()]).map_err(|error| of(error.into()))?;
            is_for(machine, &found).map_err(|what| damaged(&what))?;
            let prefix = prefix(&file[place.clone()], &found).map_err(of)?;
            Ok(Slice { place: place.clone(), found, prefix })
        };
        let slices = places.into_iter().enumerate().map(read).collect::<Result<Vec<Slice>, Error>>()?;
        agree(file, &slices).map_err(|what| damaged(&what))?;
        Ok(slices)
    }

    pub(super) fn payload<'a>(&self, file: &'a [u8]) -> &'a [u8] {
        &file[self.place.clone()][self.found.payload.clone()]
    }

    fn target(&self) -> &'static str {
        self.found.target.name()
    }
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
                first.target(),
                other.target()
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
