//! The executables of one file: one, or for a universal file one for each CPU, each as it would be alone; for a file for all
//! Unix targets, what such executables are made of.

use payload::{Prefix, SectionKind, Target};

use super::{Pack, Part, Place, made::Made, shared::Shared, trial::Trying};
use crate::{
    Error, Kind,
    container::{self, universal, unix},
    parallel,
    progress::Progress,
    store::{self, Chunks},
    targets::platform::Platform,
};

/// What a file has for one target.
pub(super) struct Slice {
    content: Content,
    /// The functions that a start ran.
    pub(super) functions: usize,
    part: Part,
}

enum Content {
    /// A finished executable.
    Executable(Vec<u8>),
    /// What one would be made of.
    Parts(unix::Part),
}

impl Slice {
    /// The content of a file with all of `slices`, and what they consist of.
    ///
    /// # Errors
    /// As [`universal::join`] and [`unix::join`].
    pub(super) fn file(slices: Vec<Slice>) -> Result<(Vec<u8>, Vec<Part>), container::Error> {
        let (mut executables, mut joint, mut parts) = (Vec::new(), Vec::new(), Vec::new());
        for Slice { content, part, .. } in slices {
            match content {
                Content::Executable(bytes) => executables.push((part.target, bytes)),
                Content::Parts(of) => joint.push(of),
            }
            parts.push(part);
        }
        match &mut executables[..] {
            [] => {
                let file = unix::join(&joint)?;
                drop(joint);
                // Compressed, launchers are shorter.
                for (part, read) in parts.iter_mut().zip(unix::read(&file)?) {
                    part.launcher_len = read.program.launcher.stored_len;
                    part.len = read.program.len();
                }
                Ok((file, parts))
            }
            [(_, bytes)] => Ok((std::mem::take(bytes), parts)),
            _ => Ok((universal::join(&executables)?, parts)),
        }
    }
}

impl Pack {
    /// The executables for the file in `place`, with these launchers, side by side if there are several.
    ///
    /// # Errors
    /// The first error.
    pub(super) fn slices(
        &self,
        launchers: &[(Target, Vec<u8>)],
        place: &Place,
        shared: &Shared,
        trying: &Trying,
        progress: &Progress,
    ) -> Result<Vec<Slice>, Error> {
        if let [(target, stub)] = launchers {
            return Ok(vec![self.slice(*target, stub, place, shared, trying, progress)?]);
        }
        let share = 1.0 / launchers.len() as f64;
        let one = |(target, stub): &(Target, Vec<u8>)| {
            let progress = progress.part(share);
            let slice = self.slice(*target, stub, place, shared, trying, &progress);
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
        place: &Place,
        shared: &Shared,
        trying: &Trying,
        progress: &Progress,
    ) -> Result<Slice, Error> {
        let is_joint = place.target == Platform::Unix;
        let chunks = if is_joint { Chunks::of_several(target) } else { Chunks::of(target) };
        let made = self.made((target, chunks), shared, trying, progress);
        let Made { header, sections: own, functions } = made.map_err(|error| error.in_file(&self.input))?;
        let mut behind = shared.sections.clone();
        behind.extend(self.programs((target, chunks), &shared.others, progress)?);
        let payload = store::payload(header, &shared.manifest, &own, &behind);
        drop(behind);
        drop(own);
        let sections = sections(&payload)?;
        let launcher_len = stub.len() as u64;
        let (len, content) = if is_joint {
            let len = launcher_len + payload.len() as u64;
            (len, Content::Parts(unix::Part { target, launcher: stub.to_vec(), payload }))
        } else {
            let bytes = container::embed(stub, target, &payload, &shared.shown);
            let bytes = bytes.map_err(|error| self.unfit(error, place))?;
            (bytes.len() as u64, Content::Executable(bytes))
        };
        Ok(Slice { content, functions, part: Part { target, len, launcher_len, sections } })
    }

    /// An error about a launcher or the file that is made with it.
    pub(super) fn unfit(&self, error: container::Error, place: &Place) -> Error {
        match &self.stub {
            Some(stub) if error.kind == container::Kind::OtherVersion => {
                let reason = format!("{error}; without --stub, wasmpack uses its own launcher");
                Error::new(Kind::OtherVersion, reason).in_file(stub)
            }
            Some(stub) if error.kind == container::Kind::Stub => Error::from(error).in_file(stub),
            _ if error.kind == container::Kind::Icon => {
                Error::from(error).in_file(self.icon.as_ref().unwrap_or(&place.file))
            }
            _ if error.kind == container::Kind::Version => {
                Error::from(error).in_file(&place.file).of(&["version-info"])
            }
            _ => Error::from(error).in_file(&place.file),
        }
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
