//! The options of a [`Pack`], a method each.

use std::{path::PathBuf, sync::Arc};

use payload::{About, Compiler, Connect, DirGrant, GuestName, Listen, Variable};

use super::{Grant, Pack, Place, With};
use crate::{
    cache::Keep,
    compile::cpu::Raise,
    input::files::Folder,
    progress::{Observer, Progress},
    release::{Installers, sign::Key},
    store::Storage,
    targets::platform::Platform,
    trial::Trial,
};

impl Pack {
    /// Adds a file for a target, for [both Macs](Platform::Macos), or for [all Unix targets](Platform::Unix). With several, [`Pack::write`] takes a folder.
    #[must_use]
    pub fn target(mut self, target: impl Into<Platform>) -> Pack {
        self.outputs.push(Place::new(target, PathBuf::new()));
        self
    }

    /// Names the app.
    #[must_use]
    pub fn name(mut self, app: impl Into<String>) -> Pack {
        self.app = Some(app.into());
        self
    }

    /// Sets the app's version.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Pack {
        self.version = Some(version.into());
        self
    }

    /// Says who made the app, and where and on which terms it is to be had.
    #[must_use]
    pub fn about(mut self, about: About) -> Pack {
        self.about = about;
        self
    }

    /// Says in a sentence what the app does, for installers and Windows.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Pack {
        self.description = Some(text.into());
        self
    }

    /// Writes an archive for each target, and `SHA256SUMS`, instead of executables. [`Pack::write`] takes their folder.
    #[must_use]
    pub fn archive(mut self) -> Pack {
        self.archive.get_or_insert_default();
        self
    }

    /// Adds a file to the archives, which are then written.
    #[must_use]
    pub fn include(mut self, file: impl Into<PathBuf>) -> Pack {
        self.archive.get_or_insert_default().push(file.into());
        self
    }

    /// Writes installers beside the archives, which are then written.
    #[must_use]
    pub fn installers(mut self, installers: Installers) -> Pack {
        self.installers = Some(installers);
        self.archive()
    }

    /// Signs the archives, which are then written, and `SHA256SUMS`.
    #[must_use]
    pub fn sign(mut self, key: Key) -> Pack {
        self.sign = Some(key);
        self.archive()
    }

    /// Sets when files in archives were changed, in seconds since 1970; without this, 1980-01-01.
    #[must_use]
    pub fn time(mut self, seconds: u64) -> Pack {
        self.time = Some(seconds);
        self
    }

    /// Carries the program in `file` under these names, to be what the app becomes or starts.
    #[must_use]
    pub fn with(
        mut self,
        names: impl IntoIterator<Item = impl Into<String>>,
        file: impl Into<PathBuf>,
    ) -> Pack {
        let names = names.into_iter().map(Into::into).collect();
        self.with.push(With { names, file: file.into() });
        self
    }

    /// Lets the app listen there.
    #[must_use]
    pub fn listen(mut self, listen: Listen) -> Pack {
        self.told.listen.push(listen);
        self
    }

    /// Lets the app connect to these.
    #[must_use]
    pub fn connect(mut self, connect: Connect) -> Pack {
        self.told.connect.push(connect);
        self
    }

    /// Chooses the compiler.
    #[must_use]
    pub fn compiler(mut self, compiler: Compiler) -> Pack {
        self.compiler = compiler;
        self
    }

    /// Refuses a program that imports functions that nobody provides.
    #[must_use]
    pub fn strict(mut self) -> Pack {
        self.strict = true;
        self
    }

    /// Limits the app's memory to `bytes`.
    #[must_use]
    pub fn max_memory(mut self, bytes: u64) -> Pack {
        self.max_memory = Some(bytes);
        self
    }

    /// Chooses how code and data are stored.
    #[must_use]
    pub fn storage(mut self, storage: Storage) -> Pack {
        self.storage = storage;
        self
    }

    /// Grants a directory.
    #[must_use]
    pub fn grant(mut self, dir: DirGrant) -> Pack {
        self.grants.push(Grant::Dir(dir));
        self
    }

    /// Sets a variable, or passes one on.
    #[must_use]
    pub fn variable(mut self, variable: Variable) -> Pack {
        self.told.variables.push(variable);
        self
    }

    /// Carries a folder, or a file.
    #[must_use]
    pub fn carry(mut self, folder: Folder) -> Pack {
        self.grants.push(Grant::Files(folder));
        self
    }

    /// Leaves out of carried folders what a name or glob names, as a line of a .gitignore does.
    #[must_use]
    pub fn exclude(mut self, glob: impl Into<String>) -> Pack {
        self.choice.exclude.push(glob.into());
        self
    }

    /// Chooses the start to try.
    #[must_use]
    pub fn trial(mut self, trial: Trial) -> Pack {
        self.trial = trial;
        self
    }

    /// Chooses where what is made is kept for other packs; nowhere by default.
    #[must_use]
    pub fn cache(mut self, cache: Keep) -> Pack {
        self.cache = cache;
        self
    }

    /// Saves the profile that is used.
    #[must_use]
    pub fn save_profile(mut self, file: impl Into<PathBuf>) -> Pack {
        self.save_profile = Some(file.into());
        self
    }

    /// Adds an argument before the user's own.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Pack {
        self.told.args.push(arg.into());
        self
    }

    /// Seals the grants: they cannot be changed when the executable starts.
    #[must_use]
    pub fn sealed(mut self) -> Pack {
        self.told.sealed = true;
        self
    }

    /// Keeps the module in the executable, so that it can be packed again.
    #[must_use]
    pub fn keep_module(mut self) -> Pack {
        self.keep_module = true;
        self
    }

    /// Uses this launcher instead of the one in this packer.
    #[must_use]
    pub fn launcher(mut self, file: impl Into<PathBuf>) -> Pack {
        self.stub = Some(file.into());
        self
    }

    /// Sets the app's first argument; without this it is the name that it is started by.
    #[must_use]
    pub fn argv0(mut self, argv0: impl Into<String>) -> Pack {
        self.argv0 = Some(argv0.into());
        self
    }

    /// Lets x86-64 code need more of a CPU than the baseline.
    #[must_use]
    pub fn cpu(mut self, raise: Raise) -> Pack {
        self.cpu = raise;
        self
    }

    /// Leaves out of carried folders what git ignores.
    #[must_use]
    pub fn gitignore(mut self) -> Pack {
        self.choice.gitignore = true;
        self
    }

    /// Passes all variables on.
    #[must_use]
    pub fn all_variables(mut self) -> Pack {
        self.told.env_all = true;
        self
    }

    /// Lets the app work on files as a native program does, with all variables.
    #[must_use]
    pub fn native(mut self) -> Pack {
        self.told.native = true;
        self
    }

    /// Gives the app a directory of its own in memory.
    #[must_use]
    pub fn tmp(mut self, guest: impl Into<GuestName>) -> Pack {
        self.told.tmp = Some(guest.into());
        self
    }

    /// Starts the app in this directory.
    #[must_use]
    pub fn cwd(mut self, guest: impl Into<String>) -> Pack {
        self.told.cwd = Some(guest.into());
        self
    }

    /// Opens no console window on Windows.
    #[must_use]
    pub fn gui(mut self) -> Pack {
        self.shown.gui = true;
        self
    }

    /// Shows this .ico file on Windows.
    #[must_use]
    pub fn icon(mut self, file: impl Into<PathBuf>) -> Pack {
        self.icon = Some(file.into());
        self
    }

    /// Adds a text to the version information on Windows, such as `FileDescription`.
    #[must_use]
    pub fn version_info(mut self, key: impl Into<String>, text: impl Into<String>) -> Pack {
        self.shown.version_info.push((key.into(), text.into()));
        self
    }

    /// Replaces whatever is under the outputs' names, and not only what an earlier pack for the same target wrote.
    #[must_use]
    pub fn force(mut self) -> Pack {
        self.force = true;
        self
    }

    /// Tells `observer` how far the pack is, and asks it whether to go on.
    #[must_use]
    pub fn observe(mut self, observer: impl Observer + 'static) -> Pack {
        self.progress = Progress::of(Arc::new(observer));
        self
    }
}
