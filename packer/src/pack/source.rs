//! What is packed: a module, and what is already decided about it.
//!
//! A module comes alone. An executable that kept its module brings along its name and version, its arguments, grants and
//! files; what is said for the new pack is added to that, and replaces what has its name or can be there only once. How the
//! old one was compiled and stored is of no matter.

use std::path::Path;

use payload::{Grants, Manifest, SectionKind, Variable, tree::Tree};

use super::{Pack, stem};
use crate::{
    Error, Kind, container,
    error::spoken,
    executable::Executable,
    files::Files,
    input::{self, Module},
};

/// What a manifest names as its producer.
pub(crate) const PRODUCER: &str = concat!("wasmpack ", env!("CARGO_PKG_VERSION"));

/// Everything that is packed, and that does not depend on the target.
#[derive(Debug)]
pub struct Source {
    /// The module, read and translated, not yet known to be valid.
    pub module: Module,
    /// The bytes of the file it came from, where they are to be kept.
    pub original: Option<Vec<u8>>,
    /// What the launcher will be told.
    pub manifest: Manifest,
    /// What the executable will carry.
    pub files: Files,
}

impl Source {
    /// Reads the input of `pack`, and what it carries.
    ///
    /// # Errors
    /// As [`Module::new`] and [`Files::add`]; as [`Executable::open`], and `NoModule` for an executable that kept none.
    pub fn read(pack: &Pack) -> Result<Source, Error> {
        let Input { bytes, mut manifest, mut files, kept } = Input::read(&pack.input)?;
        let original = (pack.keep_module || kept).then(|| bytes.clone());
        let module = Module::new(bytes, &pack.input)?;
        pack.files.iter().for_each(|folder| files.remove(&folder.guest));
        for folder in &pack.files {
            files.add(folder)?;
        }
        manifest.producer = PRODUCER.to_owned();
        manifest.module_sha256 = module.sha256;
        manifest.content = None;
        replace(&mut manifest.version, &pack.version);
        replace(&mut manifest.argv0, &pack.argv0);
        if let Some(app) = &pack.app {
            manifest.app.clone_from(app);
        }
        if !pack.args.is_empty() {
            manifest.args.clone_from(&pack.args);
        }
        add(&mut manifest.grants, &pack.grants);
        manifest.sealed |= pack.sealed;
        manifest.files.clone_from(&files.grants);
        Ok(Source { module, original, manifest, files })
    }
}

struct Input {
    bytes: Vec<u8>,
    manifest: Manifest,
    files: Files,
    /// True if it comes from an executable, which so keeps its module from pack to pack.
    kept: bool,
}

impl Input {
    fn read(file: &Path) -> Result<Input, Error> {
        let unreadable = |error| {
            Error::new(Kind::Read, format!("cannot read the module: {}", spoken(&error))).in_file(file)
        };
        let len = std::fs::metadata(file).map_err(unreadable)?.len();
        input::check_len(len).map_err(|error| error.in_file(file))?;
        let bytes = std::fs::read(file).map_err(unreadable)?;
        if !container::is_executable(&bytes) {
            let manifest = Manifest { app: stem(file), ..Manifest::default() };
            return Ok(Input { bytes, manifest, files: Files::default(), kept: false });
        }
        let executable = Executable::from_bytes(bytes).map_err(|error| {
            let reason = match error.kind {
                Kind::NotPacked => format!("not a wasm module, and {}", error.reason),
                _ => error.reason,
            };
            Error { reason, ..error }.in_file(file)
        })?;
        let module = kept_module(&executable).map_err(|error| error.in_file(file))?;
        let files = carried(&executable).map_err(|error| error.in_file(file))?;
        Ok(Input { bytes: module, manifest: executable.manifest().clone(), files, kept: true })
    }
}

/// What the executable in `file` says of itself, if that is one; `None` for any other file.
pub fn manifest(file: &Path) -> Option<Manifest> {
    Executable::open(file).ok().map(|executable| executable.manifest().clone())
}

/// The module that `executable` kept, compared with the hash in its manifest.
///
/// # Errors
/// `NoModule` if it kept none; `Damaged` if it is another.
pub fn kept_module(executable: &Executable) -> Result<Vec<u8>, Error> {
    let module = executable.section(SectionKind::Module)?.ok_or_else(|| {
        let reason = "this executable did not keep its module, so it cannot be had back from it; pack the .wasm with --keep-module";
        Error::new(Kind::NoModule, reason)
    })?;
    if payload::sha256(&module) != executable.manifest().module_sha256 {
        let reason =
            "the module in this executable does not match the SHA-256 in its manifest; the file is damaged";
        return Err(Error::new(Kind::Damaged, reason));
    }
    Ok(module)
}

/// The files that `executable` carries.
fn carried(executable: &Executable) -> Result<Files, Error> {
    let manifest = executable.manifest();
    let Some(tree) = executable.section(SectionKind::Tree)? else { return Ok(Files::default()) };
    let content = executable.section(SectionKind::Files)?.unwrap_or_default();
    let roots = Tree::parse(&tree)
        .and_then(|tree| tree.entries(manifest.files.len() as u32, content.len() as u64))
        .map_err(|error| Error::new(Kind::Damaged, format!("its tree of files is damaged: {error}")))?;
    Ok(Files::carried(manifest.files.clone(), roots, content))
}

fn replace(old: &mut Option<String>, new: &Option<String>) {
    if new.is_some() {
        old.clone_from(new);
    }
}

/// Adds `new` grants to `old` ones; of directories with one name, and variables with one name, the new one counts.
fn add(old: &mut Grants, new: &Grants) {
    new.dirs.iter().for_each(|grant| old.remove_dir(&grant.guest));
    old.dirs.extend_from_slice(&new.dirs);
    new.pass.iter().for_each(|name| old.add(Variable::Pass(name.clone())));
    new.env.iter().for_each(|text| old.add(Variable::Set(text.clone())));
    old.env_all |= new.env_all;
    old.native |= new.native;
    replace(&mut old.cwd, &new.cwd);
}
