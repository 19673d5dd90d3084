//! Archives, and what goes beside them.

use std::path::Path;

use payload::{Manifest, Target};

use super::{Pack, shared::Shared};
use crate::{
    Error,
    output::Output,
    release::{self, Archived, Beside, Installers, Written},
    targets::platform::Platform,
};

impl Pack {
    /// What goes beside archives: hashes, as `sha256sum -c` checks them, installers and signatures.
    pub(super) fn beside(
        &self,
        manifest: &Manifest,
        included: &[(String, Vec<u8>)],
    ) -> Result<Option<Beside>, Error> {
        let Some(folder) = self.folder.as_ref().filter(|_| self.archive.is_some()) else { return Ok(None) };
        let targets: Vec<Target> = self.outputs.iter().flat_map(|place| place.target.targets()).collect();
        let description = self.description.as_deref();
        let plan = |wanted: &Installers| {
            wanted.plan(manifest, description, &targets, &release::with_terms(included), self.time)
        };
        let plan = self.installers.as_ref().map(plan).transpose()?;
        let archives: Vec<String> =
            self.outputs.iter().map(|place| release::file_name(&place.file)).collect();
        let place = (folder.as_path(), manifest.app.as_str());
        let (key, how) = (self.sign.clone(), (self.time, self.force));
        Beside::prepare(place, &self.inputs(), &archives, plan, key, how).map(Some)
    }

    /// Writes the archive in `file` of an executable with these `bytes`. It is returned with its length.
    pub(super) fn archived(
        &self,
        platform: Platform,
        file: &Path,
        bytes: Vec<u8>,
        shared: &Shared,
        beside: &Beside,
        output: Output,
    ) -> Result<(Archived, u64), Error> {
        let (app, included) = (shared.manifest.app.as_str(), &shared.included);
        let archived = beside.archive((platform, app), release::file_name(file), bytes, included);
        let (archived, archive) = archived.map_err(|error| error.in_file(file))?;
        beside.forget_sums();
        output.write(&archive)?;
        Ok((archived, archive.len() as u64))
    }

    /// Writes what goes beside the archives that were `written`, with notes on what does not.
    pub(super) fn write_beside(
        &self,
        beside: Beside,
        written: &[Archived],
        notes: &mut Vec<String>,
    ) -> Result<Vec<Written>, Error> {
        let is_all = written.len() == self.outputs.len();
        let (written, told) = beside.write(written, is_all)?;
        notes.extend(told);
        if self.installers.is_some() && !is_all {
            notes.push("no installers were written: they are for all targets, and one failed".to_owned());
        }
        Ok(written)
    }
}
