//! The description of a pack, built option by option. This is the API for build tools; the command uses it too.
//!
//! ```no_run
//! use wasmpack::{Pack, payload::DirGrant, payload::Target};
//!
//! Pack::new("app.wasm")
//!     .target(Target::LinuxArm64)
//!     .grant(DirGrant::parse("data::/data", true)?)
//!     .write("app-linux-arm64")?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `builder` has a method for each option; [`Opened`] is the input; [`source`] takes the module from it (and, where it comes from an executable, everything that
//! executable was told), `fitness` asks which targets can have it, `run` goes the way from there to files, and `trial` tries a
//! start on that way.

mod beside;
mod builder;
mod compiled;
mod fitness;
mod imports;
mod made;
mod mounts;
mod needless;
mod opened;
mod published;
mod run;
mod saving;
mod shared;
mod slices;
pub mod source;
mod told;
mod trial;
mod twins;
mod with;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use payload::{About, Compiler, DirGrant, Grants, GuestName, Manifest, Mount, SectionKind, Target};

use crate::{
    Error, Kind,
    cache::Keep,
    compile::cpu::Raise,
    container::pe::PeOptions,
    input::files::{Folder, choice::Choice, contents::Contents},
    output::{Memory, STANDARD, archive},
    progress::Progress,
    release::{Installers, Written, sign::Key},
    store::Storage,
    store::compress::DEFAULT_LEVEL,
    targets::{name, part, platform::Platform},
    trial::Trial,
};

pub use opened::Opened;
pub use told::Told;
pub use with::With;

/// A pack: the program, its options, and the files to write.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Pack {
    /// The app: a .wasm module, WebAssembly text, or an executable that kept its module.
    pub input: PathBuf,
    /// The content of `input`, if it was opened already (a pipe can be read only once), or the error.
    pub opened: Option<Result<Arc<Opened>, Error>>,
    /// True: `opened` comes from no file, and `input` is its name for messages.
    pub is_in_memory: bool,
    /// The files to write, one for each target.
    pub outputs: Vec<Place>,
    /// True: the one executable goes to standard output; the files in `outputs` are only for messages.
    pub to_stdout: bool,
    /// Memory that the one executable goes to; the files in `outputs` are only for messages.
    pub memory: Option<Memory>,
    /// A folder to make first, if it does not exist.
    pub folder: Option<PathBuf>,
    /// The app's name, which the manifest keeps and the systems show; `None`: that of the executable, else that of the file.
    pub app: Option<String>,
    /// The app's version.
    pub version: Option<String>,
    /// Who made the app, and where and on which terms it is to be had.
    pub about: About,
    /// The compiler that makes its code.
    pub compiler: Compiler,
    /// True: a program that imports functions that nobody provides is refused.
    pub strict: bool,
    /// The app's memory limit, in bytes; `None`: the one that it declares.
    pub max_memory: Option<u64>,
    /// CPU features that x86-64 code may use beyond the baseline.
    pub cpu: Raise,
    /// How the images are stored.
    pub storage: Storage,
    /// The start to try.
    pub trial: Trial,
    /// Where what is made is kept for other packs.
    pub cache: Keep,
    /// Where to write the profile that is used.
    pub save_profile: Option<PathBuf>,
    /// A launcher to use instead of the one in this packer.
    pub stub: Option<PathBuf>,
    /// The app's first argument; `None`: the name it is started by.
    pub argv0: Option<String>,
    /// Other options for the launcher: arguments, variables, the working directory.
    pub told: Told,
    /// Directories and carried files, in the order in which they were given.
    pub grants: Vec<Grant>,
    /// Programs that the app may become or start.
    pub with: Vec<With>,
    /// What is left out of carried folders.
    pub choice: Choice,
    /// True: the executable keeps the module, and can be packed again.
    pub keep_module: bool,
    /// True: whatever is under the outputs' names is replaced. False: only what an earlier pack for the same target wrote.
    pub force: bool,
    /// Files to add to archives; `None`: no archives, only executables.
    pub archive: Option<Vec<PathBuf>>,
    /// A sentence about the app, for installers and Windows.
    pub description: Option<String>,
    /// Installers to write beside archives.
    pub installers: Option<Installers>,
    /// The key that signs archives and their hashes.
    pub sign: Option<Key>,
    /// The modification time of files in archives, in seconds since 1970; `None`: 1980-01-01.
    pub time: Option<u64>,
    /// Windows: the file's appearance. `app` and `icon` are filled in when packing.
    pub shown: PeOptions,
    /// Windows: an .ico file.
    pub icon: Option<PathBuf>,
    /// Who is told how far it is.
    pub progress: Progress,
}

/// A directory or carried files, which the app finds under a guest name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grant {
    /// A directory of the machine on which it runs.
    Dir(DirGrant),
    /// A folder of this machine, or a file, which the executable carries.
    Files(Folder),
}

impl Grant {
    /// The path under which the app sees it.
    pub fn guest(&self) -> &GuestName {
        match self {
            Grant::Dir(grant) => &grant.guest,
            Grant::Files(folder) => &folder.guest,
        }
    }
}

/// One file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// What it is for.
    pub target: Platform,
    /// Its path.
    pub file: PathBuf,
}

impl Place {
    /// A file for a target, or for several that one file serves.
    pub fn new(target: impl Into<Platform>, file: impl Into<PathBuf>) -> Place {
        Place { target: target.into(), file: file.into() }
    }
}

/// The result of a pack.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Packed {
    /// Bytes in the file that was read.
    pub input_len: u64,
    /// Whether that was a component.
    pub component: bool,
    /// Bytes in the file that was written.
    pub output_len: u64,
    /// SHA-256 of that file.
    pub sha256: [u8; 32],
    /// The executables in it: one, in a universal file one for each CPU, in a file for all Unix targets one for each of these.
    pub parts: Vec<Part>,
    /// The order of its functions.
    pub layout: Layout,
    /// How long it took from the start of the pack.
    pub took: Duration,
}

/// What an executable consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// The machine that it is for.
    pub target: Target,
    /// Its bytes. In a file for all Unix targets, others may share them.
    pub len: u64,
    /// Bytes of the launcher in it.
    pub launcher_len: u64,
    /// Its sections: bytes once decoded, and bytes in the file.
    pub sections: Vec<(SectionKind, u64, u64)>,
}

/// The order of functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout {
    /// By their calls.
    Calls,
    /// By a trial.
    Start {
        /// The number of functions that it ran.
        functions: usize,
    },
}

/// The results that all targets of a pack share.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Done {
    /// The manifest for the launchers.
    pub manifest: Manifest,
    /// The files that the executables carry, a name each.
    pub contents: Vec<Contents>,
    /// Notes on what is not carried.
    pub notes: Vec<String>,
    /// What was tried, or what profile was used instead, in words; `None` if nothing was.
    pub tried: Option<String>,
    /// The reason why there is no profile of use, if that is so.
    pub untried: Option<String>,
    /// The files that were written beside archives.
    pub beside: Vec<Written>,
}

impl Pack {
    /// A pack of `input` with the defaults: for this machine, compressed, without grants.
    pub fn new(input: impl Into<PathBuf>) -> Pack {
        Pack {
            input: input.into(),
            opened: None,
            is_in_memory: false,
            outputs: Vec::new(),
            to_stdout: false,
            memory: None,
            folder: None,
            app: None,
            version: None,
            about: About::default(),
            compiler: Compiler::Cranelift,
            strict: false,
            max_memory: None,
            cpu: Raise::default(),
            storage: Storage::Compressed { level: DEFAULT_LEVEL },
            trial: Trial::Bare,
            cache: Keep::Nothing,
            save_profile: None,
            stub: None,
            argv0: None,
            told: Told::default(),
            grants: Vec::new(),
            with: Vec::new(),
            choice: Choice::default(),
            keep_module: false,
            force: false,
            archive: None,
            description: None,
            installers: None,
            sign: None,
            time: None,
            shown: PeOptions::default(),
            icon: None,
            progress: Progress::hidden(),
        }
    }

    /// A pack of the program in `bytes`: a module, WebAssembly text, a component, or an executable that kept its module. `name` is
    /// the app's, unless [`Pack::name`] says another, and that in messages.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Pack {
        let input = PathBuf::from(name.into());
        let opened = Opened::from_bytes(bytes, &input).map(Arc::new);
        Pack { opened: Some(opened), is_in_memory: true, ..Pack::new(input) }
    }

    /// The grants of this pack, without carried files, and without those that an executable already has.
    pub(crate) fn asked(&self) -> Grants {
        let dir = |grant: &Grant| match grant {
            Grant::Dir(grant) => Some(Mount::Dir(grant.clone())),
            Grant::Files(_) => None,
        };
        let mut asked = Grants { mounts: self.grants.iter().filter_map(dir).collect(), ..Grants::default() };
        self.told.grant(&mut asked);
        asked
    }

    /// Packs for one target, or this machine, and returns the executable's bytes, in no archive.
    ///
    /// # Errors
    /// The first error.
    pub fn to_bytes(mut self) -> Result<Vec<u8>, Error> {
        self.outputs.truncate(1);
        self.archive = None;
        let memory = Memory::default();
        self.memory = Some(memory.clone());
        let file = PathBuf::from(stem(&self.input));
        self.write(file).map(|_| memory.take())
    }

    /// Packs, and writes the executable to `path`, for this machine if there is no target. For several targets, and for archives,
    /// `path` is a folder, and the files in it are called `NAME-TARGET` and `NAME-TARGET-VERSION.tar.gz`. Returns these and their
    /// results.
    ///
    /// # Errors
    /// The first error. If one target fails, the others are still written.
    pub fn write(mut self, path: impl AsRef<Path>) -> Result<Vec<(Place, Packed)>, Error> {
        let path = path.as_ref();
        if self.outputs.is_empty() {
            let target = Target::host().ok_or_else(|| {
                Error::new(Kind::NoStub, "this machine is not a target of wasmpack; name a target")
            })?;
            self = self.target(target);
        }
        match (&mut self.outputs[..], &self.archive) {
            ([place], None) => place.file = path.to_owned(),
            _ => self.place_in(path)?,
        }
        let outcomes = std::sync::Mutex::new(Vec::new());
        let progress = self.progress.clone();
        self.run(&progress, &|place, outcome| {
            let mut outcomes = outcomes.lock().expect("nobody panics while holding it");
            outcomes.push(outcome.map(|packed| (place.clone(), packed)));
        })?;
        outcomes.into_inner().expect("nobody panics while holding it").into_iter().collect()
    }

    /// Gives each output its name in `folder`.
    ///
    /// # Errors
    /// `Name`, if the app's name cannot be part of a file's.
    fn place_in(&mut self, folder: &Path) -> Result<(), Error> {
        // An executable knows its name and version.
        let opened = self.opened.get_or_insert_with(|| Opened::read(&self.input).map(Arc::new));
        let carried = opened.as_ref().ok().and_then(|opened| opened.manifest());
        let app = self.app.clone().or_else(|| carried.map(|manifest| manifest.app.clone()));
        let app = app.unwrap_or_else(|| stem(&self.input));
        let version = self.version.clone().or_else(|| carried.and_then(|manifest| manifest.version.clone()));
        for target in self.outputs.iter().flat_map(|place| place.target.targets()) {
            part::check_first(&app, target)
                .map_err(|why| Error::new(Kind::Name, format!("the program's name {why}")))?;
        }
        for place in &mut self.outputs {
            place.file = folder.join(match self.archive {
                Some(_) => archive::name(&app, place.target, version.as_deref()),
                None => name::of(&app, place.target),
            });
        }
        self.folder = Some(folder.to_owned());
        Ok(())
    }
}

/// The name of a file without its extension; `app` if it has no name.
pub fn stem(file: &Path) -> String {
    file.file_stem()
        .filter(|name| name.to_str() != Some(STANDARD))
        .map_or_else(|| "app".to_owned(), |name| name.to_string_lossy().into_owned())
}
