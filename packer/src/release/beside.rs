//! What is written beside archives, and where.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Once,
};

use installers::{Build, File, Plan};
use payload::info::printable;

use super::{
    Archived, Written, left,
    sign::{self, Key},
};
use crate::{
    Error, Kind, container, earlier, notices,
    output::{
        self, Made, Output,
        archive::{self, Member},
    },
    targets::{name, platform::Platform},
};

/// Places for everything that is written beside archives.
#[derive(Debug)]
pub(crate) struct Beside {
    folder: PathBuf,
    /// By their paths in the folder.
    outputs: Vec<(String, Output)>,
    installers: Option<Plan>,
    key: Option<Key>,
    time: Option<u64>,
    /// The program's name, which tells its files from another's.
    app: String,
    /// Whatever lies there is replaced.
    force: bool,
    notes: Vec<String>,
    /// Whether an archive was written.
    has_changed: Once,
    // Below the folder: they go if nothing is written into them.
    _made: Vec<Made>,
}

impl Beside {
    /// Checks all places in `folder`, beside archives that are called `archives`, of the program `app`. Without `force` only
    /// what an earlier pack of that program wrote is replaced.
    ///
    /// # Errors
    /// As [`Output::prepare`] and [`earlier::check_beside`].
    pub(crate) fn prepare(
        (folder, app): (&Path, &str),
        inputs: &[&Path],
        archives: &[String],
        installers: Option<Plan>,
        key: Option<Key>,
        (time, force): (Option<u64>, bool),
    ) -> Result<Beside, Error> {
        let mut names = installers.as_ref().map(Plan::names).unwrap_or_default();
        let made: Result<Vec<Made>, Error> = ["npm/", "pypi/"]
            .iter()
            .filter(|below| names.iter().any(|name| name.starts_with(**below)))
            .map(|below| output::make_folder(&folder.join(below.trim_end_matches('/'))))
            .collect();
        let made = made?;
        names.push(archive::SUMS.to_owned());
        if key.is_some() {
            let signed = archives.iter().map(String::as_str).chain([archive::SUMS]);
            names.extend(signed.map(|name| format!("{name}{}", sign::SUFFIX)));
        }
        let prepared = names.into_iter().map(|name| {
            let executable = name == "install.sh";
            let output = Output::prepare(&folder.join(&name), inputs, executable)?;
            Ok((name, output))
        });
        let outputs = prepared.collect::<Result<_, Error>>()?;
        let notes = installers.as_ref().map_or(&[][..], Plan::notes).to_vec();
        let (folder, app) = (folder.to_owned(), app.to_owned());
        let has_changed = Once::new();
        let beside =
            Beside { folder, outputs, installers, key, time, app, force, notes, has_changed, _made: made };
        beside.outputs.iter().try_for_each(|(name, _)| beside.check(name))?;
        Ok(beside)
    }

    /// Checks that nothing is lost under `name` that no earlier pack of the program wrote.
    fn check(&self, name: &str) -> Result<(), Error> {
        if self.force { Ok(()) } else { earlier::check_beside(&self.folder.join(name), &self.app) }
    }

    /// The paths of all files that are written.
    pub(crate) fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.outputs.iter().map(|(name, _)| self.folder.join(name))
    }

    /// Takes away the hashes of an earlier pack and their signature, before the first of its archives is replaced: a pack that is
    /// ended in between leaves archives without hashes, and none with wrong ones.
    pub(crate) fn forget_sums(&self) {
        self.has_changed.call_once(|| {
            let sums = self.folder.join(archive::SUMS);
            // What cannot be removed cannot be replaced in the end, and is told then.
            let _ = std::fs::remove_file(&sums);
            let signature = self.folder.join(format!("{}{}", archive::SUMS, sign::SUFFIX));
            if self.key.is_some() {
                let _ = std::fs::remove_file(signature);
            }
        });
    }

    /// Takes away the signature that an earlier pack made of `name`, which is written anew and not signed.
    fn forget_signature(&mut self, name: &str) {
        let signature = self.folder.join(format!("{name}{}", sign::SUFFIX));
        if self.key.is_none() && earlier::is_signature(&signature) && std::fs::remove_file(&signature).is_ok()
        {
            let told = printable(&signature.to_string_lossy());
            self.notes.push(format!(
                "{told} was removed: it was made for an earlier {name}; sign again with --sign"
            ));
        }
    }

    /// Whether installers need executables.
    fn needs_bytes(&self) -> bool {
        self.installers.as_ref().is_some_and(Plan::needs_bytes)
    }

    /// The archive called `name` of an executable of the program `app`, with these files and with the terms of its launcher, if
    /// wasmpack packed it; and the bytes of it.
    ///
    /// # Errors
    /// As [`archive::archive`] and [`Key::sign`].
    pub(crate) fn archive(
        &self,
        (platform, app): (Platform, &str),
        name: String,
        bytes: Vec<u8>,
        included: &[(String, Vec<u8>)],
    ) -> Result<(Archived, Vec<u8>), Error> {
        let program = name::bare(app, platform);
        let mut members = vec![Member { name: &program, bytes: &bytes, executable: true }];
        members.extend(included.iter().map(|(name, bytes)| Member { name, bytes, executable: false }));
        let terms = container::is_packed(&bytes).then(|| notices::executable(platform));
        if let Some(terms) = &terms {
            let name = notices::name(members.iter().map(|member| member.name));
            members.push(Member { name, bytes: terms.as_bytes(), executable: false });
        }
        let archive = archive::archive(platform, &members, self.time);
        let archive = archive.map_err(|error| error.of(&["include"]))?;
        let (sha256, signature) = (payload::sha256(&archive), self.signature(&archive, &name)?);
        let bytes = if self.needs_bytes() { bytes } else { Vec::new() };
        Ok((Archived { platform, name, sha256, program, bytes, signature }, archive))
    }

    /// The signature of an archive, if it is to have one.
    ///
    /// # Errors
    /// As [`Key::sign`].
    fn signature(&self, bytes: &[u8], name: &str) -> Result<Option<String>, Error> {
        self.key.as_ref().map(|key| key.sign(bytes, name, self.time)).transpose()
    }

    /// Writes everything that belongs to the archives `archived`; installers only if those are `all`. Returns the files that were
    /// written, and notes.
    ///
    /// # Errors
    /// As [`Output::write`] and [`earlier::check_beside`]; `Archive`, if an installer cannot be made.
    pub(crate) fn write(
        mut self,
        archived: &[Archived],
        all: bool,
    ) -> Result<(Vec<Written>, Vec<String>), Error> {
        let builds: Vec<Build> = archived.iter().flat_map(builds).collect();
        let mut files = match &self.installers {
            Some(plan) if all => plan
                .files(&builds)
                .map_err(|error| Error::new(Kind::Archive, format!("cannot make the installers: {error}")))?,
            _ => Vec::new(),
        };
        let mut hashes: Vec<(String, [u8; 32])> =
            archived.iter().map(|archive| (archive.name.clone(), archive.sha256)).collect();
        hashes.extend(files.iter().map(|file| (file.name.clone(), payload::sha256(&file.bytes))));
        let sums = archive::sums(&hashes).into_bytes();
        let signatures =
            archived.iter().filter_map(|archive| Some((&archive.name, archive.signature.clone()?)));
        for (name, text) in signatures {
            files.push(text_file(format!("{name}{}", sign::SUFFIX), text.into_bytes()));
        }
        if let Some(signature) = self.signature(&sums, archive::SUMS)? {
            files.push(text_file(format!("{}{}", archive::SUMS, sign::SUFFIX), signature.into_bytes()));
        }
        files.push(text_file(archive::SUMS.to_owned(), sums));
        for name in archived.iter().map(|archive| archive.name.as_str()).chain([archive::SUMS]) {
            self.forget_signature(name);
        }
        let mut names: BTreeSet<String> = archived.iter().map(|archive| archive.name.clone()).collect();
        let mut written = Vec::new();
        for File { name, bytes, .. } in files {
            // Somebody may have written there meanwhile.
            self.check(&name)?;
            let at = self.outputs.iter().position(|(known, _)| *known == name);
            let (_, output) = self.outputs.swap_remove(at.expect("each file has a place"));
            output.write(&bytes)?;
            let (len, sha256) = (bytes.len() as u64, payload::sha256(&bytes));
            names.insert(name.clone());
            written.push(Written { file: self.folder.join(name), len, sha256 });
        }
        self.notes.extend(left::note(&self.folder, &self.app, &names));
        Ok((written, self.notes))
    }
}

/// An archive, as the build for each target that the executable in it is for.
fn builds(archived: &Archived) -> impl Iterator<Item = Build<'_>> {
    archived.platform.targets().map(|target| Build {
        target,
        archive: &archived.name,
        sha256: archived.sha256,
        program: &archived.program,
        bytes: &archived.bytes,
    })
}

fn text_file(name: String, bytes: Vec<u8>) -> File {
    File { name, bytes, executable: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pack that is ended between its archives leaves no hashes of others.
    #[test]
    fn hashes_of_an_earlier_pack_go_before_an_archive_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let sums = dir.path().join(archive::SUMS);
        let archives = ["app-linux-x86_64.tar.gz".to_owned()];
        std::fs::write(&sums, format!("{}  {}\n", "0".repeat(64), archives[0])).unwrap();
        let place = (dir.path(), "app");
        let beside = Beside::prepare(place, &[], &archives, None, None, (None, false)).unwrap();
        assert!(sums.exists(), "nothing was replaced yet");
        beside.forget_sums();
        assert!(!sums.exists());
    }
}
