//! The input of a pack: a module, and the options that an executable already has.
//!
//! A module comes alone. An executable that kept its module brings along its name and version, its arguments, grants and
//! files. Options of the new pack are added to these, and replace those of the same name and those that exist only once. How
//! the old executable was compiled and stored does not matter.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use payload::{
    Manifest, SectionKind,
    info::printable,
    program::{Carried, MOST_NAMES},
    tree::Tree,
};

use super::{Opened, Pack, With, mounts, stem, with::check};
use crate::{
    Error, Kind,
    executable::Executable,
    input::Module,
    input::files::{Files, contents::Contents},
    producer,
    store::decode,
    targets::part,
};

/// Everything that is packed, and that does not depend on the target.
#[derive(Debug)]
pub struct Source {
    /// The module, read and translated, not yet known to be valid.
    pub module: Module,
    /// Whether the executable is to keep it.
    pub is_kept: bool,
    /// The bytes of the file it came from, text or a component, where they are to be kept and are not the module's own.
    pub text: Option<Vec<u8>>,
    /// The manifest for the launcher.
    pub manifest: Manifest,
    /// The files that the executable will carry.
    pub files: Files,
    /// Programs that are carried beside it.
    pub(super) others: Vec<Other>,
    /// What these are, a name each.
    pub contents: Vec<Contents>,
    /// Notes on what is carried.
    pub notes: Vec<String>,
}

impl Source {
    /// Reads the input of `pack`, and what it carries.
    ///
    /// # Errors
    /// As [`Module::new`] and [`Files::add`]; as [`Executable::open`], and `NoModule` for an executable that kept none.
    pub fn read(pack: &Pack) -> Result<Source, Error> {
        let Input { bytes, mut manifest, mut files, kept, opened } = Input::read(pack)?;
        let is_kept = pack.keep_module || kept;
        let kept = is_kept.then(|| bytes.clone());
        let module = Module::new(bytes, &pack.input)?;
        let text = kept.filter(|kept| *kept != module.wasm);
        let executable = match &*opened {
            Opened::Executable(executable) => Some(&**executable),
            Opened::Module(_) => None,
        };
        let (others, programs) = others(pack, executable, module.sha256, is_kept)?;
        manifest.programs = programs;
        let notes = mounts::add(&mut manifest.grants, &mut files, pack)?;
        manifest.producer = producer::of(module.component.as_ref());
        manifest.module_sha256 = module.sha256;
        manifest.content = None;
        manifest.max_memory = pack.max_memory;
        manifest.trial = false;
        replace(&mut manifest.version, &pack.version);
        replace(&mut manifest.argv0, &pack.argv0);
        replace(&mut manifest.about.author, &pack.about.author);
        replace(&mut manifest.about.homepage, &pack.about.homepage);
        replace(&mut manifest.about.license, &pack.about.license);
        if let Some(app) = &pack.app {
            manifest.app.clone_from(app);
        }
        check_names(&manifest, pack)?;
        pack.told.write(&mut manifest);
        let granted = manifest.grants.files().zip(&files.roots);
        let contents = granted.map(|(grant, root)| Contents::of(grant, root)).collect();
        Ok(Source { module, is_kept, text, manifest, files, others, contents, notes })
    }
}

struct Input {
    bytes: Vec<u8>,
    manifest: Manifest,
    files: Files,
    /// True if it comes from an executable, which so keeps its module from pack to pack.
    kept: bool,
    opened: Arc<Opened>,
}

impl Input {
    fn read(pack: &Pack) -> Result<Input, Error> {
        let file = &pack.input;
        let opened = match &pack.opened {
            Some(opened) => opened.clone()?,
            None => Opened::read(file)?.into(),
        };
        let executable = match &*opened {
            Opened::Executable(executable) => executable,
            Opened::Module(bytes) => {
                let manifest = Manifest { app: stem(file), ..Manifest::default() };
                let bytes = bytes.clone();
                return Ok(Input { bytes, manifest, files: Files::default(), kept: false, opened });
            }
        };
        let module = kept_module(executable).map_err(|error| error.in_file(file))?;
        let files = carried(executable).map_err(|error| error.in_file(file))?;
        let manifest = executable.manifest().clone();
        Ok(Input { bytes: module, manifest, files, kept: true, opened })
    }
}

/// The module that `executable` kept, compared with the hash in its manifest.
///
/// # Errors
/// `NoModule` if it kept none; `Damaged` if the hash differs.
pub fn kept_module(executable: &Executable) -> Result<Vec<u8>, Error> {
    check_module(executable)?;
    executable.section(SectionKind::Module)?.ok_or_else(no_module)
}

/// Compares the module that `executable` kept with the hash in its manifest, a chunk at a time; how many bytes it has.
///
/// # Errors
/// As [`kept_module`].
pub fn check_module(executable: &Executable) -> Result<u64, Error> {
    let section = executable.prefix().section(SectionKind::Module).ok_or_else(no_module)?;
    let hash = decode::sha256(executable.payload(), section)
        .map_err(|error| damaged(&format!("the module in this executable is damaged: {error}")))?;
    if hash != executable.manifest().module_sha256 {
        return Err(damaged(
            "the module in this executable does not match the SHA-256 in its manifest; the file is damaged",
        ));
    }
    Ok(section.len)
}

fn damaged(reason: &str) -> Error {
    Error::new(Kind::Damaged, reason)
}

fn no_module() -> Error {
    let reason = "this executable was packed without --keep-module, so its module is not in it; pack the .wasm with --keep-module";
    Error::new(Kind::NoModule, reason)
}

/// The files that `executable` carries.
///
/// # Errors
/// `Damaged` if they are.
pub fn carried(executable: &Executable) -> Result<Files, Error> {
    let manifest = executable.manifest();
    let Some(tree) = executable.section(SectionKind::Tree)? else { return Ok(Files::default()) };
    let content = executable.section(SectionKind::Files)?.unwrap_or_default();
    let roots = Tree::parse(&tree)
        .and_then(|tree| tree.entries(manifest.grants.files().count() as u32, content.len() as u64))
        .map_err(|error| Error::new(Kind::Damaged, format!("its carried files are damaged: {error}")))?;
    Ok(Files::carried(roots, content))
}

/// Checks the name and version, which become parts of file names. Those of an executable cannot be trusted.
fn check_names(manifest: &Manifest, pack: &Pack) -> Result<(), Error> {
    let fail = |what: &str, option: &str| {
        let (what, option) = (what.to_owned(), option.to_owned());
        move |why| Error::new(Kind::Name, format!("{what} {why}; choose another ({option})"))
    };
    // Else it is the executable's.
    let of_version = if pack.version.is_some() { "app-version" } else { "module" };
    for target in pack.outputs.iter().flat_map(|place| place.target.targets()) {
        if pack.app.is_none() {
            part::check_first(&manifest.app, target).map_err(fail("its name", "--name"))?;
        }
        if let Some(version) = &manifest.version {
            part::check(version, target)
                .map_err(fail("the version", "--app-version"))
                .map_err(|error| error.of(&[of_version]))?;
        }
    }
    Ok(())
}

fn replace(old: &mut Option<String>, new: &Option<String>) {
    if new.is_some() {
        old.clone_from(new);
    }
}

/// A program that is carried beside the app.
#[derive(Debug)]
pub(super) struct Other {
    pub(super) module: Module,
    /// The text or component that it was, where that is kept.
    pub(super) text: Option<Vec<u8>>,
    pub(super) file: PathBuf,
    pub(super) name: String,
}

/// Reads what is carried beside the app, whose hash is `app`, and which comes from `executable`, if it does: the programs, and the
/// names of all, with their numbers. What a program was before it became a module stays if it `is_kept`.
///
/// # Errors
/// `Name` for two of one name, or too many; as [`Module::new`], about its file; `NoModule` for an executable.
fn others(
    pack: &Pack,
    executable: Option<&Executable>,
    app: [u8; 32],
    is_kept: bool,
) -> Result<(Vec<Other>, Vec<Carried>), Error> {
    let (mut others, mut carried): (Vec<Other>, Vec<Carried>) = (Vec::new(), Vec::new());
    let mut add = |names: &[String], bytes: Vec<u8>, file: &Path| {
        let kept = is_kept.then(|| bytes.clone());
        let module = Module::new(bytes, file)?;
        let known = others.iter().position(|other| other.module.sha256 == module.sha256);
        let number = match known {
            _ if module.sha256 == app => 0,
            Some(at) => at + 1,
            None => {
                let text = kept.filter(|kept| *kept != module.wasm);
                let name = names.first().cloned().unwrap_or_default();
                others.push(Other { module, text, file: file.to_owned(), name });
                others.len()
            }
        };
        carried.extend(names.iter().map(|name| Carried { number: number as u32, name: name.clone() }));
        Ok::<_, Error>(())
    };
    let asked: Vec<&String> = pack.with.iter().flat_map(|with| &with.names).collect();
    let mut earlier = executable.map(kept).transpose()?.unwrap_or_default();
    // New ones replace those of the same name.
    earlier.iter_mut().for_each(|(names, _)| names.retain(|name| !asked.contains(&name)));
    let count = asked.len() + earlier.iter().map(|(names, _)| names.len()).sum::<usize>();
    if count > MOST_NAMES {
        let reason = format!("{count} names of programs (--with), and {MOST_NAMES} at most can be carried");
        return Err(Error::new(Kind::Name, reason).of(&["with"]));
    }
    let mut seen = Vec::new();
    for (number, name) in
        (0..).zip(&pack.with).flat_map(|(number, with)| with.names.iter().map(move |name| (number, name)))
    {
        if seen.contains(&name) {
            let reason = format!("two programs are called {:?} (--with); leave one out", printable(name));
            return Err(Error::new(Kind::Name, reason).of_value(&["with"], number));
        }
        seen.push(name);
    }
    for (names, bytes) in earlier.into_iter().filter(|(names, _)| !names.is_empty()) {
        add(&names, bytes, &pack.input)?;
    }
    for (number, With { names, file }) in pack.with.iter().enumerate() {
        names
            .iter()
            .try_for_each(|name| check(name))
            .map_err(|why| Error::new(Kind::Name, why).of_value(&["with"], number))?;
        let of_it = |error: Error| error.of_value(&["with"], number);
        let Opened::Module(bytes) = Opened::read(file).map_err(of_it)? else {
            let reason = "an executable; to be carried (--with) a program must be a .wasm: name the one that it was packed from";
            return Err(of_it(Error::new(Kind::NotWasm, reason).in_file(file)));
        };
        add(names, bytes, file).map_err(of_it)?;
    }
    Ok((others, carried))
}

/// The names of a program, and its module.
type Kept = (Vec<String>, Vec<u8>);

/// The names and modules of programs that `executable` carries, in their order.
fn kept(executable: &Executable) -> Result<Vec<Kept>, Error> {
    let carried = &executable.manifest().programs;
    let names = |number: u32| {
        let own = carried.iter().filter(|carried| carried.number == number);
        own.map(|carried| carried.name.clone()).collect::<Vec<_>>()
    };
    let mut all = Vec::new();
    if !names(0).is_empty() {
        all.push((names(0), kept_module(executable)?));
    }
    for (number, (prefix, payload)) in (1..).zip(executable.programs()?) {
        let section = prefix.section(SectionKind::Module).ok_or_else(no_module)?;
        let module = decode::section(payload, section)
            .map_err(|error| Error::new(Kind::Damaged, format!("a program that it carries: {error}")))?;
        all.push((names(number), module));
    }
    Ok(all)
}
