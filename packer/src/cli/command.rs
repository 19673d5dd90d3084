//! The grammar of the command line: a pack when a file is named, else one of the subcommands.

use std::path::PathBuf;

use payload::Target;

use clap::{Args, Parser, Subcommand};

use super::{
    given::{Given, GivenToPublish, GivenToRun},
    wanted,
};
use crate::targets::{self, platform::Platform};

/// Turn a WASI program into a native executable, for any platform, from any machine.
#[derive(Debug, Parser)]
#[command(
    name = "wasmpack",
    version,
    max_term_width = 100,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true,
    after_help = AFTER,
    after_long_help = EXAMPLES
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,

    /// The program: a WASI command (.wasm or .wat), or an executable packed with --keep-module; - for standard input
    #[arg(value_name = "APP.wasm", required = true, value_hint = clap::ValueHint::FilePath)]
    pub(super) input: Option<PathBuf>,

    #[command(flatten)]
    pub(super) options: Given,
}

const AFTER: &str = "\
`wasmpack build` and `run` read options from a wasmpack.toml. `wasmpack --help` ends with examples.
Exit codes: 0 success, 1 failure (a target that failed writes no file), 2 wrong usage, 128 and more ended by a signal.";

/// Each of these lines is run by a test.
pub(super) const EXAMPLES: &str = "\
Examples:
  wasmpack app.wasm                                    # ./app, for this machine
  wasmpack run app.wasm --dir .                        # at once, and no file is written
  wasmpack app.wasm -o app-linux-arm64 --dir .         # for another machine; with the folder it starts in
  wasmpack app.wasm -o app --files assets::/assets     # one file, with its data in it
  wasmpack app.wasm -o app --native                    # a tool that works on its user's files
  wasmpack app.wasm -o app --env HOME --env MODE=fast -- --config default
  wasmpack app.wasm -t all -o dist/ --archive --app-version 1.2.3
  wasmpack app.wasm -o app --keep-module && wasmpack app -o app-windows.exe
  wasmpack inspect app                                 # its grants and target

Exit codes: 0 success, 1 failure (a target that failed writes no file), 2 wrong usage, 128 and more ended by a signal.";

/// Examples of commands, for their man pages: each of these lines begins with the command's name.
pub(super) const OF_COMMANDS: &str = "\
  wasmpack init                            # a wasmpack.toml for the one .wasm file that lies here
  wasmpack build                           # as wasmpack.toml says
  wasmpack build -t windows -o app.exe     # for another target than that says
  wasmpack run app.wasm --dir . -- -v      # -v is an argument of the program
  wasmpack run app.wasm --audit            # with the grants that would have been enough, at its end
  wasmpack inspect app                     # its grants and target
  wasmpack inspect app --files             # what it carries
  wasmpack verify app
  wasmpack verify app.tar.gz --pubkey minisign.pub
  wasmpack extract app -o app.wasm         # of an executable packed with --keep-module
  wasmpack extract app --files carried/    # the files that it carries
  wasmpack installers build/ --name notes --app-version 1.2.3 --installers npm,pypi -o dist/
  wasmpack licenses --target linux-arm64
  wasmpack completions bash >~/.local/share/bash-completion/completions/wasmpack
  wasmpack completions zsh >~/.zfunc/_wasmpack    # a folder of fpath
  wasmpack completions fish >~/.config/fish/completions/wasmpack.fish
  wasmpack schema >wasmpack.schema.json    # for editors: `wasmpack init` names this file
  wasmpack man --dir ~/.local/share/man/man1";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a wasmpack.toml to begin with, never over another
    Init(Init),
    /// Pack the program that wasmpack.toml describes
    Build(Box<Build>),
    /// Run a program at once, as it would run packed; nothing is kept
    Run(Box<Run>),
    /// Show an executable's grants and target; --long: its sizes and hashes, too
    Inspect(Inspect),
    /// Check an executable: hashes, chunks, the rules of its file format, its signature; --pubkey: any file against its
    /// minisign signature
    Verify(Verify),
    /// Extract the .wasm from an executable packed with --keep-module, or the files that it carries
    Extract(Extract),
    /// Write archives and installers of executables that are there, packed or not
    Installers(Box<Installers>),
    /// List the targets and their other names
    Targets(Targets),
    /// Test this machine: pack a small program and run it
    Doctor(Doctor),
    /// Print the entitlements that `codesign` on a Mac needs
    Entitlements,
    /// Print a shell's completions
    Completions(Completions),
    /// Print the man page, or write all of them
    Man(Man),
    /// Print the JSON schema of wasmpack.toml, for editors
    Schema,
    /// Print the terms of others' software in wasmpack, or in executables
    Licenses(Licenses),
}

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The program [default: the one .wasm file in this folder]
    #[arg(value_name = "APP.wasm", value_hint = clap::ValueHint::FilePath)]
    pub(super) input: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Build {
    /// The file that describes the program
    #[arg(long, value_name = "FILE", default_value = "wasmpack.toml", value_hint = clap::ValueHint::FilePath)]
    pub(super) config: PathBuf,

    /// An option that is typed replaces the same one in the description
    #[command(flatten)]
    pub(super) options: Given,
}

#[derive(Debug, Args)]
pub(super) struct Run {
    /// The program [default: what wasmpack.toml describes]
    #[arg(value_name = "APP.wasm", value_hint = clap::ValueHint::FilePath)]
    pub(super) input: Option<PathBuf>,

    /// The file that describes the program; with APP.wasm, the file whose options it has
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,

    /// Run it again whenever the module, or the file that describes it, changes
    #[arg(long)]
    pub(super) watch: bool,

    /// At its end, print the fewest grants that would have been enough
    #[arg(long)]
    pub(super) audit: bool,

    /// Options as for packing
    #[command(flatten)]
    pub(super) given: GivenToRun,
}

#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// An executable made by wasmpack
    #[arg(value_name = "EXE", value_hint = clap::ValueHint::FilePath)]
    pub(super) file: PathBuf,

    /// List the files that it carries
    #[arg(long)]
    pub(super) files: bool,

    /// Show its sizes and hashes, and the values of its variables, too
    #[arg(long, conflicts_with = "files")]
    pub(super) long: bool,

    /// Print JSON, for programs, with all of that
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// An executable made by wasmpack; with --pubkey, any file
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) file: PathBuf,

    /// Print JSON, for programs
    #[arg(long)]
    pub(super) json: bool,

    /// Compare its launcher with this one, with which it was packed, instead of the embedded one
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) stub: Option<PathBuf>,

    /// Check the file's signature, with this public key of minisign, or the file that has it
    #[arg(long, value_name = "KEY")]
    pub(super) pubkey: Option<String>,

    /// The signature [default: FILE.minisig]
    #[arg(long, value_name = "FILE", requires = "pubkey", value_hint = clap::ValueHint::FilePath)]
    pub(super) signature: Option<PathBuf>,

    /// Print only errors
    #[arg(short, long)]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["output", "files"]))]
pub(super) struct Extract {
    /// An executable made by wasmpack
    #[arg(value_name = "EXE", value_hint = clap::ValueHint::FilePath)]
    pub(super) file: PathBuf,

    /// The module to write; - for standard output
    #[arg(short, long, value_name = "APP.wasm", value_hint = clap::ValueHint::FilePath)]
    pub(super) output: Option<PathBuf>,

    /// Replace another file than this module under that name
    #[arg(long, requires = "output")]
    pub(super) force: bool,

    /// The folder to write the files to that it carries: a new or an empty one
    #[arg(long, value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    pub(super) files: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Installers {
    /// The executables, or folders of them; their names say their targets, such as notes-linux-arm64
    #[arg(value_name = "EXE", value_hint = clap::ValueHint::AnyPath)]
    pub(super) files: Vec<PathBuf>,

    /// An executable, whatever its name, and its target
    #[arg(long = "for", value_name = "TARGET=EXE", value_parser = build)]
    pub(super) builds: Vec<(Platform, PathBuf)>,

    /// A wasmpack.toml whose keys are used, such as name, version and download-url; not its module
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,

    /// Options as for packing; without --installers, all of them
    #[command(flatten)]
    pub(super) options: GivenToPublish,
}

/// `TARGET=EXE`, apart.
fn build(text: &str) -> Result<(Platform, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !file.is_empty() => match wanted::parse(name) {
            Ok(wanted::Wanted::All | wanted::Wanted::Universal) => {
                Err("one executable is for one target".to_owned())
            }
            _ => Ok((target(name)?, file.into())),
        },
        _ => Err("must be TARGET=EXE, such as linux-x86_64=build/notes".to_owned()),
    }
}

#[derive(Debug, Args)]
pub(super) struct Targets {
    /// Print JSON, for programs
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Print JSON, for programs
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct Man {
    /// Write one page for each command into this folder
    #[arg(long, value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    pub(super) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Licenses {
    /// Only of what lands in executables
    #[arg(long)]
    pub(super) executables: bool,

    /// Only of what lands in executables for this target
    #[arg(short, long, value_name = "TARGET", conflicts_with = "executables", value_parser = target)]
    pub(super) target: Option<Platform>,
}

/// Reads a target's name.
fn target(text: &str) -> Result<Platform, String> {
    targets::parse(text, Target::host())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_are_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn examples_of_commands_can_be_typed() {
        for line in OF_COMMANDS.lines() {
            let typed = line.split(" #").next().unwrap().split(" >").next().unwrap();
            let words = shlex::split(typed).unwrap();
            assert!(words.len() > 1 && words[0] == "wasmpack", "{line}");
            let parsed = Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert!(parsed.command.is_some(), "{line}");
        }
    }
}
