//! Where a profile is saved.

use std::path::Path;

use super::Pack;
use crate::{Error, Kind, earlier, output::Output, release::Beside, trial::Trial};

impl Pack {
    /// Checks the place of the profile that is saved, before time is spent on finding it.
    ///
    /// # Errors
    /// `OutputPlace` if another output goes there, or another file is there; as [`Output::prepare`].
    pub(super) fn check_save_profile(&self, beside: Option<&Beside>) -> Result<(), Error> {
        let Some(file) = &self.save_profile else { return Ok(()) };
        let outputs = self.outputs.iter().map(|place| place.file.clone());
        let mut outputs = outputs
            .filter(|_| self.memory.is_none() && !self.to_stdout)
            .chain(beside.into_iter().flat_map(Beside::files));
        if outputs.any(|other| is_one_place(&other, file)) {
            let reason =
                "the profile and another output cannot be one file; name another with --save-profile";
            return Err(Error::new(Kind::OutputPlace, reason).in_file(file));
        }
        self.profile_place(file).map(drop)
    }

    /// The place of the profile that is saved in `file`. Files that tell what other trials found may be replaced by it.
    ///
    /// # Errors
    /// As [`Output::prepare`]; `OutputPlace` if another file is there.
    pub(super) fn profile_place(&self, file: &Path) -> Result<Output, Error> {
        let mut inputs = self.inputs();
        if let Trial::Saved(files) = &self.trial {
            inputs.retain(|input| !files.iter().any(|file| file == input));
        }
        if !self.force {
            earlier::check_profile(file)?;
        }
        Output::prepare(file, &inputs, false)
    }
}

/// Whether two names are of one file, which need not be there: by the folders that they lie in.
fn is_one_place(one: &Path, other: &Path) -> bool {
    let folder = |file: &Path| {
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
        parent.unwrap_or(Path::new(".")).canonicalize().ok()
    };
    let is_one_folder = || folder(one).is_some_and(|one| folder(other) == Some(one));
    one == other || one.file_name() == other.file_name() && is_one_folder()
}
