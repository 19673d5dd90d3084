//! Archives, and what goes beside them.

use std::path::{Path, PathBuf};

use payload::{Manifest, Target};

use super::{Pack, shared::Shared};
use crate::{
    Error,
    container::MAX_LEN,
    notices,
    output::{
        Output,
        archive::{self, Member},
    },
    read,
    release::{Archived, Beside, Installers, Written},
    targets::{name, platform::Platform},
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
        // What is installed from a package brings the terms of its launcher as well.
        let mut extra = included.to_vec();
        extra.push((
            notices::name(included.iter().map(|(name, _)| name.as_str())).to_owned(),
            notices::executables().into(),
        ));
        let plan = |wanted: &Installers| wanted.plan(manifest, description, &targets, &extra, self.time);
        let plan = self.installers.as_ref().map(plan).transpose()?;
        let archives: Vec<String> = self.outputs.iter().map(|place| file_name(&place.file)).collect();
        let beside = Beside::prepare(folder, &self.inputs(), &archives, plan, self.sign.clone(), self.time)?;
        if !self.force {
            beside.check_earlier()?;
        }
        Ok(Some(beside))
    }

    /// The files that go into archives beside the executable.
    pub(super) fn included(&self) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let read = |file: &PathBuf| {
            let bytes = read::whole(file, "it for the archive", MAX_LEN)?;
            Ok((file_name(file), bytes))
        };
        self.archive.iter().flatten().map(read).collect()
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
        let program = name::bare(&shared.manifest.app, platform);
        let mut members = vec![Member { name: &program, bytes: &bytes, executable: true }];
        members.extend(shared.included.iter().map(|(name, bytes)| Member { name, bytes, executable: false }));
        let notices = notices::executable(platform);
        let notices_name = notices::name(members.iter().map(|member| member.name));
        members.push(Member { name: notices_name, bytes: notices.as_bytes(), executable: false });
        let archive = archive::archive(platform, &members, self.time).map_err(|error| error.in_file(file))?;
        let name = file_name(file);
        let signature = beside.signature(&archive, &name)?;
        output.write(&archive)?;
        let sha256 = payload::sha256(&archive);
        let bytes = if beside.needs_bytes() { bytes } else { Vec::new() };
        Ok((Archived { platform, name, sha256, program, bytes, signature }, archive.len() as u64))
    }

    /// Writes what goes beside the archives that were `written`, with notes on what does not.
    pub(super) fn write_beside(
        &self,
        beside: Beside,
        written: &[Archived],
        notes: &mut Vec<String>,
    ) -> Result<Vec<Written>, Error> {
        let is_all = written.len() == self.outputs.len();
        notes.extend(beside.notes().iter().cloned());
        if self.installers.is_some() && !is_all {
            notes.push("no installers were written: they are for all targets, and one failed".to_owned());
        }
        beside.write(written, is_all)
    }
}

/// The last part of a path.
fn file_name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
