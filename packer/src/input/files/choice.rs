//! Which files of a folder are carried: `--exclude`, and files with the name [`IGNORE_FILE`], in the language of a .gitignore.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};

use crate::{Error, Kind};

/// The file that says what of its folder is not carried. It is not carried itself.
pub const IGNORE_FILE: &str = ".wasmpackignore";
const GIT_IGNORE_FILE: &str = ".gitignore";

/// What is chosen from folders that are carried.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Choice {
    /// Names and globs of what is left out, as lines of a .gitignore in the folder that is carried. One that begins with `!` is
    /// carried whatever the files say.
    pub exclude: Vec<String>,
    /// True: what git ignores is left out too, and so is its own folder.
    pub gitignore: bool,
}

/// The rules for one folder that is carried, and for those below it that are being walked through.
pub(super) struct Rules {
    /// The folder, by its full name: git's rules may lie above it.
    base: PathBuf,
    typed: Gitignore,
    /// From the outermost folder to the innermost.
    own: Vec<Gitignore>,
    git: Option<Vec<Gitignore>>,
}

impl Rules {
    /// The rules for the folder `host`.
    ///
    /// # Errors
    /// For a glob or a line that is none.
    pub(super) fn new(host: &Path, choice: &Choice) -> Result<Rules, Error> {
        let base = fs::canonicalize(host).unwrap_or_else(|_| host.to_owned());
        let mut typed = GitignoreBuilder::new(&base);
        for (number, glob) in choice.exclude.iter().enumerate() {
            let added = typed.add_line(None, glob);
            added.map_err(|error| {
                unreadable(host, &format!("--exclude {glob}: {error}")).of_value(&["exclude"], number)
            })?;
        }
        let typed = typed
            .build()
            .map_err(|error| unreadable(host, &format!("--exclude: {error}")).of(&["exclude"]))?;
        let mut git = choice.gitignore.then(Vec::new);
        if let Some(git) = &mut git {
            let root = base.ancestors().position(|above| above.join(".git").exists()).unwrap_or(0);
            let mut above: Vec<&Path> = base.ancestors().skip(1).take(root).collect();
            above.reverse();
            for folder in above {
                git.push(read(folder, GIT_IGNORE_FILE)?);
            }
        }
        Ok(Rules { base, typed, own: Vec::new(), git })
    }

    /// Reads the rules in the folder that is `below` the one that is carried.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn enter(&mut self, below: &Path) -> Result<(), Error> {
        let folder = self.base.join(below);
        self.own.push(read(&folder, IGNORE_FILE)?);
        if let Some(git) = &mut self.git {
            git.push(read(&folder, GIT_IGNORE_FILE)?);
        }
        Ok(())
    }

    /// Forgets the rules of the folder that was entered last.
    pub(super) fn leave(&mut self) {
        self.own.pop();
        if let Some(git) = &mut self.git {
            git.pop();
        }
    }

    /// Whether what is at `below` is left out. Globs that do so are added to `used`.
    pub(super) fn leaves_out(&self, below: &Path, is_dir: bool, used: &mut BTreeSet<String>) -> bool {
        let path = self.base.join(below);
        match self.typed.matched(&path, is_dir) {
            Match::Ignore(glob) => {
                used.insert(glob.original().to_owned());
                return true;
            }
            Match::Whitelist(glob) => {
                used.insert(glob.original().to_owned());
                return false;
            }
            Match::None => {}
        }
        let name = below.file_name().unwrap_or_default();
        if name == IGNORE_FILE || self.git.is_some() && name == ".git" {
            return true;
        }
        // The innermost has the last word, and what is for this packer before what is for git.
        let rules = self.own.iter().rev().chain(self.git.iter().flatten().rev());
        rules
            .map(|rules| rules.matched(&path, is_dir))
            .find(|found| !found.is_none())
            .is_some_and(|found| found.is_ignore())
    }
}

/// The rules in the file `name` of `folder`; none if it has no such file.
fn read(folder: &Path, name: &str) -> Result<Gitignore, Error> {
    let file = folder.join(name);
    if !file.is_file() {
        return Ok(Gitignore::empty());
    }
    let mut builder = GitignoreBuilder::new(folder);
    let added = builder.add(&file).map_or(Ok(()), Err);
    added.and_then(|()| builder.build()).map_err(|error| unreadable(&file, &said(&error)))
}

/// What is wrong, without the name of the file.
fn said(error: &ignore::Error) -> String {
    match error {
        ignore::Error::Partial(errors) => errors.first().map_or_else(String::new, said),
        ignore::Error::WithPath { err, .. } => said(err),
        ignore::Error::WithLineNumber { line, err } => format!("line {line}: {err}"),
        other => other.to_string(),
    }
}

fn unreadable(file: &Path, why: &str) -> Error {
    Error::new(Kind::Files, why).in_file(file)
}
