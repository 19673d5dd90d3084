//! The grammar of the command line: a pack when a file is named, else one of the subcommands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::given::Given;

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

    /// The program: a WASI command, .wasm or .wat; or an executable that was packed with --keep-module; - for standard input
    #[arg(value_name = "APP.wasm", required = true)]
    pub(super) input: Option<PathBuf>,

    #[command(flatten)]
    pub(super) options: Given,
}

const AFTER: &str = "\
Options can stand in a wasmpack.toml, for `wasmpack build`. `wasmpack --help` ends with examples.
Exit codes: 0 done, 1 failed (nothing is written; of several targets: not those named), 2 wrong usage, from 128 on ended by a signal.";

/// Each of these lines is run by a test.
pub(super) const EXAMPLES: &str = "\
Examples:
  wasmpack app.wasm                                    # ./app, for this machine
  wasmpack app.wasm -o app-linux-arm64 --dir .         # for another; it may use where it is started
  wasmpack app.wasm -o app --files assets::/assets     # one file, with its data in it
  wasmpack app.wasm -o app --native                    # a tool that works on its user's files
  wasmpack app.wasm -o app --env HOME --env MODE=fast -- --config default
  wasmpack app.wasm -t all -o dist/ --archive --app-version 1.2.3
  wasmpack app.wasm -o app --keep-module && wasmpack app -o app-windows.exe
  wasmpack inspect app                                 # what it is and what it may touch

Exit codes: 0 done, 1 failed (nothing is written; of several targets: not those named), 2 wrong usage, from 128 on ended by a signal.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Pack what wasmpack.toml describes
    Build(Box<Build>),
    /// Say what an executable is: its target, hashes and sizes, and what it may touch
    Inspect(Inspect),
    /// Check an executable: every hash and chunk, the rules of its file format, its signature
    Verify(Verify),
    /// Take the .wasm out of an executable that was packed with --keep-module
    Extract(Extract),
    /// List the targets, with their other spellings
    Targets(Targets),
    /// Try what this machine can do: pack a small program and run it
    Doctor(Doctor),
    /// Print what `codesign` on a Mac needs
    Entitlements,
    /// Print completions for a shell
    Completions(Completions),
    /// Print the man page, or write all of them
    Man(Man),
}

#[derive(Debug, Args)]
pub(super) struct Build {
    /// The description
    #[arg(long, value_name = "FILE", default_value = "wasmpack.toml")]
    pub(super) config: PathBuf,

    /// Each of these wins over what the description says
    #[command(flatten)]
    pub(super) options: Given,
}

#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// An executable made by wasmpack
    #[arg(value_name = "EXE")]
    pub(super) file: PathBuf,

    /// As JSON, for programs
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// An executable made by wasmpack
    #[arg(value_name = "EXE")]
    pub(super) file: PathBuf,

    /// As JSON, for programs
    #[arg(long)]
    pub(super) json: bool,

    /// Compare its launcher with this one, with which it was packed, instead of the one in wasmpack
    #[arg(long, value_name = "FILE")]
    pub(super) stub: Option<PathBuf>,

    /// Say nothing but errors
    #[arg(short, long)]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
pub(super) struct Extract {
    /// An executable made by wasmpack
    #[arg(value_name = "EXE")]
    pub(super) file: PathBuf,

    /// The module to write; - for standard output
    #[arg(short, long, value_name = "APP.wasm")]
    pub(super) output: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Targets {
    /// As JSON, for programs
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// As JSON, for programs
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
    #[arg(long, value_name = "FOLDER")]
    pub(super) dir: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_are_well_formed() {
        Cli::command().debug_assert();
    }
}
