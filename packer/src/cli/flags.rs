//! The options of a pack, exactly as they are typed, and their way into a [`Pack`].

use std::{path::PathBuf, sync::Arc};

use clap::{Args, ValueEnum};
use payload::{DirGrant, Target, Variable, grant::normal};

use super::{
    mounts::{GRANTS, Mounts},
    place::{self, Places, Wanted},
    value,
    value::os,
};
use crate::{
    Pack,
    compile::cpu::Raise,
    container::pe::PeOptions,
    executable,
    pack::Grant,
    profile::Trial,
    read,
    store::Storage,
    store::compress::{DEFAULT_LEVEL, FAST_LEVEL},
    targets,
};

const OUTPUT: &str = "Output";
const CODE: &str = "Speed and size";
const WINDOWS: &str = "Windows";

/// The options of a pack. Every one of them can stand in a wasmpack.toml as well, under its long name.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The executable to write; for several targets, or archives, the folder they go to; - for standard output
    /// [default: the program's name, here]
    #[arg(short, long, value_name = "OUT", help_heading = OUTPUT)]
    pub(super) output: Option<PathBuf>,

    /// What to pack for, such as linux-arm64 or apple-arm64; several with commas, or all
    /// [default: what OUT's name says, else this machine]
    #[arg(short, long, value_name = "TARGET", value_delimiter = ',', value_parser = place::wanted, help_heading = OUTPUT)]
    target: Vec<Wanted>,

    /// The program's name, which it sees as its first argument [default: the name it is started by]
    #[arg(long, value_parser = os(value::name), help_heading = OUTPUT)]
    name: Option<String>,

    /// The program's version, for archives' names, --wasmpack-info, and Windows
    #[arg(long, value_name = "VERSION", value_parser = os(value::version), help_heading = OUTPUT)]
    app_version: Option<String>,

    /// Write archives to publish, NAME-TARGET-VERSION.tar.gz or .zip, and SHA256SUMS
    #[arg(long, help_heading = OUTPUT)]
    pub(super) archive: bool,

    /// Put this file into the archives as well, such as a license
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub(super) include: Vec<PathBuf>,

    /// Keep the .wasm in the executable, so that it can be packed again for other targets, or taken out
    #[arg(long, help_heading = OUTPUT)]
    keep_module: bool,

    #[command(flatten)]
    mounts: Mounts,

    /// Set a variable, or pass one on when it is set
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = os(value::variable), help_heading = GRANTS)]
    env: Vec<Variable>,

    /// Pass all variables on
    #[arg(long, help_heading = GRANTS)]
    env_all: bool,

    /// Start in this directory, one of those that are granted or carried
    #[arg(long, value_name = "GUEST", value_parser = os(value::text), help_heading = GRANTS)]
    cwd: Option<String>,

    /// Feel native: all files of the user, the current directory, all variables
    #[arg(long, conflicts_with = "cwd", help_heading = GRANTS)]
    native: bool,

    /// Let the program's memory grow no further than this, such as 64M or 2G [default: as it declares]
    #[arg(long, value_name = "SIZE", value_parser = value::size, help_heading = GRANTS)]
    max_memory: Option<u64>,

    /// Keep whoever runs the executable from changing its grants
    #[arg(long, help_heading = GRANTS)]
    sealed: bool,

    /// cranelift makes fast programs, singlepass makes programs fast
    #[arg(long, value_enum, default_value_t = Compiler::Cranelift, hide_possible_values = true, help_heading = CODE)]
    compiler: Compiler,

    /// How hard to compress, 1 to 22 [default: 16, with singlepass 3]
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(i32).range(1..=22), help_heading = CODE)]
    level: Option<i32>,

    /// Store the program uncompressed: starts fastest, and runs where a system allows no new executable memory
    #[arg(long, conflicts_with = "level", help_heading = CODE)]
    no_compress: bool,

    /// Start the program once with these arguments, and lay out what the start touches so that it starts faster
    #[arg(long, value_name = "ARGS", conflicts_with = "no_compress", allow_hyphen_values = true, value_parser = words, help_heading = CODE)]
    profile: Option<Words>,

    /// Do not start the program when packing [default: on Linux one start is tried, alone in its sandbox, and what it touches
    /// is laid out so that every start is faster]
    #[arg(long, conflicts_with_all = ["profile", "no_compress"], help_heading = CODE)]
    no_trial: bool,

    /// Let x86-64 code need more of a CPU: x86-64-v3, +avx2,+bmi2, or native
    #[arg(long, value_name = "CPU", value_parser = Raise::parse, help_heading = CODE)]
    cpu: Option<Raise>,

    /// Open no console window
    #[arg(long, help_heading = WINDOWS)]
    gui: bool,

    /// The icon, an .ico file
    #[arg(long, value_name = "FILE", help_heading = WINDOWS)]
    icon: Option<PathBuf>,

    /// A text of the version information, such as FileDescription=Notes
    #[arg(long, value_name = "KEY=VALUE", value_parser = os(value::pair), help_heading = WINDOWS)]
    version_info: Vec<(String, String)>,

    /// Use this launcher instead of the one in wasmpack
    #[arg(long, value_name = "FILE", help_heading = CODE)]
    stub: Option<PathBuf>,

    /// Say nothing but errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// Say what the executable is made of
    #[arg(short, long)]
    pub(super) verbose: bool,

    /// Arguments for the program, before those it is started with
    #[arg(last = true, value_name = "ARG", value_parser = os(value::text))]
    args: Vec<String>,
}

/// The compilers by their names on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Compiler {
    Cranelift,
    Singlepass,
}

impl Options {
    /// What the options mean, for the program in `input`. In a description there may be `typed` ones that are for other
    /// builds than this one.
    ///
    /// # Errors
    /// When target and OUT contradict each other, or no target is said and this machine is none; when an option is
    /// given that no target can have, or several where one is needed; when grants contradict each other.
    pub(super) fn pack(self, input: PathBuf, typed: bool) -> Result<Pack, String> {
        let host = Target::host();
        if typed && !self.include.is_empty() && !self.archive {
            return Err("--include puts files into archives; add --archive".to_owned());
        }
        // Asked before it is read: a pipe may be gone then.
        let has_a_name = read::has_a_name(&input);
        // Read here and nowhere else, because it may be a pipe. What is wrong with it is said when nothing is wrong with what
        // was typed.
        let given = read::program(&input).map(Arc::<[u8]>::from);
        // An executable knows its name and version.
        let carried = given.as_ref().ok().and_then(|bytes| executable::manifest(bytes));
        let carried_name = carried.as_ref().map(|manifest| manifest.argv0.as_ref().unwrap_or(&manifest.app));
        let carried_version = carried.as_ref().and_then(|manifest| manifest.version.as_ref());
        let wanted = place::Order {
            input: &input,
            has_a_name,
            output: self.output.as_deref(),
            targets: &self.target,
            name: self.name.as_deref(),
            carried: carried_name.map(String::as_str),
            archive: self.archive,
            version: self.app_version.as_ref().or(carried_version).map(String::as_str),
        };
        let Places { outputs, folder, app, to_stdout } = wanted.places(host)?;
        let targets: Vec<Target> = outputs.iter().map(|place| place.target).collect();
        let for_windows = self.gui || self.icon.is_some() || !self.version_info.is_empty();
        if typed && for_windows && !targets.contains(&Target::WindowsX86_64) {
            let names = targets::list(&targets);
            return Err(format!("--gui, --icon and --version-info are for Windows; the target is {names}"));
        }
        if self.stub.is_some() && targets.len() > 1 {
            return Err(format!("--stub is a launcher for one target, not for {}", targets::list(&targets)));
        }
        self.cpu.map_or(Ok(()), |raise| raise.check(&targets, host))?;
        check_names(&self.mounts.0, self.cwd.as_deref(), carried.is_some())?;
        Ok(Pack {
            given: Some(given),
            outputs,
            to_stdout,
            folder,
            app: Some(app),
            version: self.app_version,
            cpu: self.cpu.unwrap_or_default(),
            compiler: match self.compiler {
                Compiler::Cranelift => payload::Compiler::Cranelift,
                Compiler::Singlepass => payload::Compiler::Singlepass,
            },
            max_memory: self.max_memory,
            storage: match (self.no_compress, self.level, self.compiler) {
                (true, ..) => Storage::Raw,
                (false, Some(level), _) => Storage::Compressed { level },
                (false, None, Compiler::Cranelift) => Storage::Compressed { level: DEFAULT_LEVEL },
                (false, None, Compiler::Singlepass) => Storage::Compressed { level: FAST_LEVEL },
            },
            trial: match self.profile {
                Some(words) => Trial::With(words.0),
                None if self.no_trial => Trial::None,
                None => Trial::Bare,
            },
            stub: self.stub,
            argv0: self.name,
            args: self.args,
            grants: self.mounts.0,
            variables: self.env,
            env_all: self.env_all || self.native,
            native: self.native,
            cwd: self.cwd,
            sealed: self.sealed,
            keep_module: self.keep_module,
            archive: self.archive.then_some(self.include),
            shown: PeOptions { gui: self.gui, version_info: self.version_info, ..PeOptions::default() },
            icon: self.icon,
            ..Pack::new(input)
        })
    }
}

/// Whether names fit together: each directory has one of its own, and the working directory lies in one of them. What an
/// executable brings along (`carried`) may have more of them.
///
/// # Errors
/// The sentence to say.
fn check_names(grants: &[Grant], cwd: Option<&str>, carried: bool) -> Result<(), String> {
    let dirs: Vec<&DirGrant> = grants
        .iter()
        .filter_map(|grant| match grant {
            Grant::Dir(grant) => Some(grant),
            Grant::Files(_) => None,
        })
        .collect();
    for (at, grant) in dirs.iter().enumerate() {
        let earlier = dirs[..at].iter().find(|other| normal(&other.guest) == normal(&grant.guest));
        // `.` is where the user stands, and `/` is below it.
        let is_root = normal(&grant.guest).is_empty();
        if let Some(earlier) = earlier.filter(|_| !is_root) {
            return Err(format!(
                "the directories {} and {} are both granted as {}; give them two names, HOST::GUEST",
                earlier.host, grant.host, grant.guest
            ));
        }
    }
    let Some(cwd) = cwd else { return Ok(()) };
    // What is found when the executable runs cannot be told now.
    let is_open = |text: &str| text.starts_with('~') || text.contains('$');
    let mut names = grants.iter().map(Grant::guest);
    let holds = |name: &str| {
        let rest = normal(cwd).strip_prefix(normal(name));
        normal(name).is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if carried || is_open(cwd) || normal(cwd).is_empty() || names.any(|name| is_open(name) || holds(name)) {
        return Ok(());
    }
    Err(format!(
        "the working directory {cwd} lies in none of the directories that are granted or carried; grant one, such as \
         --dir HOST::{cwd}"
    ))
}

/// Arguments written as one.
#[derive(Clone, Debug)]
struct Words(Vec<String>);

/// Splits arguments as a shell would.
fn words(text: &str) -> Result<Words, String> {
    shlex::split(text).map(Words).ok_or_else(|| "a quotation in it does not end".to_owned())
}
