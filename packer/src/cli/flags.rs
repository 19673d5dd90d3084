//! The flags, exactly as they are typed, and their way into a [`Pack`].

use std::{ffi::OsString, path::PathBuf};

use clap::{
    Parser, ValueEnum,
    builder::{OsStringValueParser, TypedValueParser},
};
use payload::{DirGrant, Target};

use super::grant;
use crate::{
    store::Storage,
    Pack,
    compress::{DEFAULT_LEVEL, FAST_LEVEL},
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

    /// The executable to write
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,

    /// The machine to pack for, such as linux-x86_64 [default: this one]
    #[arg(long, value_name = "NAME", value_parser = target)]
    target: Option<Target>,

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
Exit code: 0 packed, 1 failed (nothing is written), 2 wrong usage, 130 interrupted.";

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
    /// When no target is named, and this machine is none; when an option for Windows is given for another target.
    fn try_from(flags: Flags) -> Result<Pack, String> {
        let target = flags.target.or(Target::host()).ok_or_else(|| {
            format!("this machine is not a target of wasmpack; name one with --target: {}", target_names())
        })?;
        let for_windows = flags.gui || flags.icon.is_some() || !flags.version_info.is_empty();
        if for_windows && target != Target::WindowsX86_64 {
            let name = target.name();
            return Err(format!("--gui, --icon and --version-info are for Windows; the target is {name}"));
        }
        let read_only = flags.dir_ro.into_iter().map(|grant| DirGrant { read_only: true, ..grant });
        Ok(Pack {
            input: flags.input,
            output: flags.output,
            target,
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

/// A parser for values that may be no text at all, so that the message can say so.
fn os<T>(parse: fn(OsString) -> Result<T, String>) -> impl TypedValueParser<Value = T>
where
    T: Clone + Send + Sync + 'static,
{
    OsStringValueParser::new().try_map(parse)
}

fn target(name: &str) -> Result<Target, String> {
    Target::parse(name).ok_or_else(|| format!("not a target; there are {}", target_names()))
}

fn target_names() -> String {
    Target::ALL.map(Target::name).join(", ")
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
