//! The flags, exactly as they are typed, and their way into a [`Pack`].

use std::{ffi::OsString, path::PathBuf};

use clap::{
    Parser, ValueEnum,
    builder::{OsStringValueParser, TypedValueParser},
};
use payload::{DirGrant, Target};

use super::{
    grant,
    place::{self, Places, Wanted},
};
use crate::{
    Pack,
    compress::{DEFAULT_LEVEL, FAST_LEVEL},
    cpu::Raise,
    store::Storage,
    targets,
};

/// Turn a WASI program into a native executable.
///
/// The executable runs the program in a sandbox: it may use the standard streams, its arguments, clocks and
/// randomness, and beyond that only what is granted here.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = AFTER)]
pub(super) struct Flags {
    /// The program: a WASI command, .wasm or .wat
    #[arg(value_name = "APP.wasm")]
    input: PathBuf,

    /// The executable to write; with several targets the folder for NAME-TARGET, where NAME is the program's
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,

    /// What to pack for, such as linux-arm64 or apple-arm64; several with commas, or `all` (`wasmpack targets`
    /// lists them) [default: what OUT's name says, else this machine]
    #[arg(long, value_name = "TARGET", value_delimiter = ',', value_parser = place::wanted)]
    target: Vec<Wanted>,

    /// Let x86-64 code need more of a CPU than the baseline: x86-64-v3, +avx2,+bmi2, or native
    #[arg(long, value_name = "CPU", value_parser = Raise::parse)]
    cpu: Option<Raise>,

    /// The compiler: cranelift makes fast programs, singlepass makes programs fast
    #[arg(long, value_enum, default_value_t = Compiler::Cranelift, hide_possible_values = true)]
    compiler: Compiler,

    /// How hard to compress, 1 to 22 [default: 16, with singlepass 3]
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(i32).range(1..=22))]
    level: Option<i32>,

    /// Store the program uncompressed: mapped from the file, starts fastest, and runs where a system allows no new
    /// executable memory
    #[arg(long, conflicts_with = "level")]
    no_compress: bool,

    /// Start the program once with these arguments, and lay out what the start touches so that it starts faster
    #[arg(long, value_name = "ARGS", conflicts_with = "no_compress", allow_hyphen_values = true, value_parser = words)]
    profile: Option<Words>,

    /// The program's first argument [default: the name it is started by]
    #[arg(long, value_name = "ARGV0", value_parser = os(grant::text))]
    name: Option<String>,

    /// Grant a directory: HOST is resolved when the executable runs, GUEST is the program's name for it
    /// [default: HOST as written]
    #[arg(long, value_name = "HOST[::GUEST]", value_parser = os(grant::directory))]
    dir: Vec<DirGrant>,

    /// Grant a directory for reading only
    #[arg(long, value_name = "HOST[::GUEST]", value_parser = os(grant::directory))]
    dir_ro: Vec<DirGrant>,

    /// Set an environment variable
    #[arg(long, value_name = "NAME=VALUE", value_parser = os(grant::variable))]
    env: Vec<String>,

    /// Windows: open no console window
    #[arg(long)]
    gui: bool,

    /// Windows: the icon, an .ico file
    #[arg(long, value_name = "FILE")]
    icon: Option<PathBuf>,

    /// Windows: a text of the version information, such as FileVersion=1.2.3
    #[arg(long, value_name = "KEY=VALUE", value_parser = os(grant::pair))]
    version_info: Vec<(String, String)>,

    /// Use this launcher instead of the one in wasmpack
    #[arg(long, value_name = "FILE")]
    stub: Option<PathBuf>,

    /// Say nothing but errors
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// Arguments for the program, before those it is started with
    #[arg(last = true, value_name = "ARG", value_parser = os(grant::text))]
    args: Vec<String>,
}

const AFTER: &str = "\
`wasmpack targets` lists what there is to pack for; `wasmpack entitlements` prints what `codesign` on a Mac needs.

Exit code: 0 packed, 1 failed (nothing is written; of several targets: not those named), 2 wrong usage, 130 interrupted.";

/// The compilers by their names on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Compiler {
    Cranelift,
    Singlepass,
}

impl TryFrom<Flags> for Pack {
    type Error = String;

    /// What the flags mean.
    ///
    /// # Errors
    /// When target and OUT contradict each other, or no target is said and this machine is none; when an option is
    /// given that no target can have, or several where one is needed.
    fn try_from(flags: Flags) -> Result<Pack, String> {
        let host = Target::host();
        let Places { outputs, folder, app } =
            place::places(&flags.input, &flags.output, &flags.target, flags.name.as_deref(), host)?;
        let targets: Vec<Target> = outputs.iter().map(|place| place.target).collect();
        let for_windows = flags.gui || flags.icon.is_some() || !flags.version_info.is_empty();
        if for_windows && !targets.contains(&Target::WindowsX86_64) {
            let names = targets::list(&targets);
            return Err(format!("--gui, --icon and --version-info are for Windows; the target is {names}"));
        }
        if flags.stub.is_some() && targets.len() > 1 {
            return Err(format!("--stub is a launcher for one target, not for {}", targets::list(&targets)));
        }
        flags.cpu.map_or(Ok(()), |raise| raise.check(&targets, host))?;
        let read_only = flags.dir_ro.into_iter().map(|grant| DirGrant { read_only: true, ..grant });
        Ok(Pack {
            input: flags.input,
            outputs,
            folder,
            app,
            cpu: flags.cpu.unwrap_or_default(),
            compiler: match flags.compiler {
                Compiler::Cranelift => payload::Compiler::Cranelift,
                Compiler::Singlepass => payload::Compiler::Singlepass,
            },
            storage: match (flags.no_compress, flags.level, flags.compiler) {
                (true, ..) => Storage::Raw,
                (false, Some(level), _) => Storage::Compressed { level },
                (false, None, Compiler::Cranelift) => Storage::Compressed { level: DEFAULT_LEVEL },
                (false, None, Compiler::Singlepass) => Storage::Compressed { level: FAST_LEVEL },
            },
            profile: flags.profile.map(|words| words.0),
            gui: flags.gui,
            icon: flags.icon,
            version_info: flags.version_info,
            stub: flags.stub,
            argv0: flags.name,
            args: flags.args,
            env: last_of_each_name(flags.env),
            dirs: flags.dir.into_iter().chain(read_only).collect(),
        })
    }
}

/// The variables with those left out that a later one of the same name replaces.
fn last_of_each_name(env: Vec<String>) -> Vec<String> {
    let name = |variable: &str| variable.split('=').next().map(str::to_owned);
    let replaced = |at: usize| env[at + 1..].iter().any(|later| name(later) == name(&env[at]));
    (0..env.len()).filter(|at| !replaced(*at)).map(|at| env[at].clone()).collect()
}

/// Arguments written as one.
#[derive(Clone, Debug)]
struct Words(Vec<String>);

/// Splits arguments as a shell would.
fn words(text: &str) -> Result<Words, String> {
    shlex::split(text).map(Words).ok_or_else(|| "a quotation in it does not end".to_owned())
}

/// A parser for values that may be no text at all, so that the message can say so.
fn os<T>(parse: fn(OsString) -> Result<T, String>) -> impl TypedValueParser<Value = T>
where
    T: Clone + Send + Sync + 'static,
{
    OsStringValueParser::new().try_map(parse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_are_well_formed() {
        Flags::command().debug_assert();
    }

    #[test]
    fn the_last_value_of_a_variable_counts() {
        let env = ["A=1", "B=2", "A=3", "AB=4"].map(str::to_owned).to_vec();
        assert_eq!(last_of_each_name(env), ["B=2", "A=3", "AB=4"]);
    }
}
