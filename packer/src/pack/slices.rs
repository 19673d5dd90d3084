//! The executables of one file: one, or for a universal file one for each CPU, each as it would be alone.

use std::path::Path;

use payload::{Prefix, SectionKind, Target};

use super::{Pack, Part, made::Made, shared::Shared, trial::Trying};
use crate::{
    Error, Kind,
    container::{self, universal},
    parallel,
    progress::Progress,
    store,
};

/// A finished executable for one target.
pub(super) struct Slice {
    target: Target,
    bytes: Vec<u8>,
    /// The functions that a start ran.
    pub(super) functions: usize,
    part: Part,
}

impl Slice {
    /// The content of a file with all of `slices`, and what they consist of.
    ///
    /// # Errors
    /// As [`universal::join`].
    pub(super) fn file(slices: Vec<Slice>) -> Result<(Vec<u8>, Vec<Part>), container::Error> {
        let (mut executables, mut parts) = (Vec::new(), Vec::new());
        for Slice { target, bytes, part, .. } in slices {
            executables.push((target, bytes));
            parts.push(part);
        }
        match &mut executables[..] {
            [(_, bytes)] => Ok((std::mem::take(bytes), parts)),
            _ => Ok((universal::join(&executables)?, parts)),
        }
    }
}

impl Pack {
    /// The executables for a `file` with these launchers, side by side if there are several.
    ///
    /// # Errors
    /// The first error.
    pub(super) fn slices(
        &self,
        launchers: &[(Target, Vec<u8>)],
        file: &Path,
        shared: &Shared,
        trying: &Trying,
        progress: &Progress,
    ) -> Result<Vec<Slice>, Error> {
        if let [(target, stub)] = launchers {
            return Ok(vec![self.slice(*target, stub, file, shared, trying, progress)?]);
        }
        let share = 1.0 / launchers.len() as f64;
        let one = |(target, stub): &(Target, Vec<u8>)| {
            let progress = progress.part(share);
            let slice = self.slice(*target, stub, file, shared, trying, &progress);
            progress.end();
            slice.map_err(|error| match error.target {
                Some(_) => error,
                None => {
                    let reason = format!("{} (for {})", error.reason, target.name());
                    Error { reason, ..error }.naming(*target)
                }
            })
        };
        parallel::map(launchers.len(), || (), |(), index| one(&launchers[index])).into_iter().collect()
    }

    /// The executable for `target`: compiled, compressed, and put into its launcher.
    fn slice(
        &self,
        target: Target,
        stub: &[u8],
        file: &Path,
        shared: &Shared,
        trying: &Trying,
        progress: &Progress,
    ) -> Result<Slice, Error> {
        let made = self.made(target, shared, trying, progress);
        let Made { header, sections: own, functions } = made.map_err(|error| error.in_file(&self.input))?;
        let payload = store::payload(header, &shared.manifest, &own, &shared.sections);
        drop(own);
        let bytes =
            container::embed(stub, target, &payload, &shared.shown).map_err(|error| match &self.stub {
                Some(stub) if error.kind == container::Kind::OtherVersion => {
                    let reason = format!("{error}; without --stub, wasmpack uses its own launcher");
                    Error::new(Kind::OtherVersion, reason).in_file(stub)
                }
                Some(stub) if error.kind == container::Kind::Stub => Error::from(error).in_file(stub),
                _ => Error::from(error).in_file(file),
            })?;
        let part = Part {
            target,
            len: bytes.len() as u64,
            launcher_len: stub.len() as u64,
            sections: sections(&payload)?,
        };
        Ok(Slice { target, bytes, functions, part })
    }
}

/// The sections of a payload that was just written: kinds, and bytes decoded and stored.
///
/// # Errors
/// `TooLarge` where a part of it is longer than the format allows.
fn sections(payload: &[u8]) -> Result<Vec<(SectionKind, u64, u64)>, Error> {
    let len = payload.len() as u64;
    let prefix = Prefix::len(payload, len).and_then(|end| Prefix::parse(&payload[..end], len));
    let prefix = prefix.map_err(|error| {
        let reason = format!("a part of it would be larger than an executable can hold: {error}");
        Error::new(Kind::TooLarge, reason)
    })?;
    Ok(prefix.sections.iter().map(|section| (section.kind, section.len, section.stored_len)).collect())
}
