//! The command line: arguments become a [`Pack`](crate::Pack), its result becomes messages and an exit code.
//!
//! ```text
//! command   the grammar: a pack, or one of the subcommands
//! option    a row for each option of a pack; value: parses their values
//! given     options with their values, typed or described, in order; typed: the values, parsed
//! meant     makes a pack of them and the program; place, called, folder, wanted: choose output files and targets; unfit: why not
//! packing   wasmpack APP.wasm: runs the pack and prints the result (message, or report as JSON)
//! running   wasmpack run: packs into memory, and starts that
//! project   wasmpack build: the keys of wasmpack.toml are options
//! installing  wasmpack installers: archives and installers of executables that are there
//! look      wasmpack inspect, verify, extract; contents: the files that an executable carries
//! doctor, targets, shell, manual, schema, licenses   a test of this machine; the targets; completions; man pages; the schema
//!           of wasmpack.toml; terms
//! password  of a key that signs
//! internal  a panic, in one line; mistyped  advice for unknown words
//! out       the streams and the exit code
//! ```
//!
//! Data (a table, JSON, a module) goes to stdout. Messages about a pack go to stderr, as those of other build tools do;
//! `--quiet` leaves only errors, which are printed as `wasmpack: FILE: problem, advice`.

mod called;
mod command;
mod contents;
mod doctor;
mod folder;
mod given;
mod init;
mod installing;
mod internal;
mod licenses;
mod look;
mod manual;
mod meant;
mod message;
mod mistyped;
mod option;
mod out;
mod packing;
mod password;
mod place;
mod project;
mod report;
mod running;
mod schema;
mod shell;
mod targets;
mod typed;
mod unfit;
mod value;
mod wanted;

use std::{ffi::OsString, io::Write, thread};

use clap::Parser;
use payload::info::{is_seen, printable, printable_lines};

pub use self::out::ExitCode;
use self::{
    command::{Cli, Command},
    out::{complain, fail, json, out, say, unwritten},
};
use crate::{interrupt, output};

/// How whoever started the process left its standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdout {
    /// It can be written to.
    Open,
    /// It was closed. Rust's runtime opens /dev/null in its place, so only what runs before that can tell.
    Closed,
}

/// Bytes of stack for the command: more than a system gives a process, and the same whatever limit it is started with.
const STACK: usize = 32 * 1024 * 1024;

/// Runs the command with these arguments, the program's name first. `ignored` tells of a signal whether it was ignored when the
/// process was started. For programs, not for libraries: signals and panics end the process.
pub fn run(args: impl IntoIterator<Item = OsString>, stdout: Stdout, ignored: fn(i32) -> bool) -> ExitCode {
    if stdout == Stdout::Closed {
        output::close_stdout();
    }
    internal::report_panics();
    interrupt::handle(ignored);
    let args: Vec<OsString> = args.into_iter().collect();
    thread::scope(|scope| {
        let command = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || command(&args));
        match command {
            // A panic has ended the process.
            Ok(thread) => thread.join().unwrap_or(ExitCode::Failure),
            // Where there are no threads, here.
            Err(_) => self::command(&args),
        }
    })
}

fn command(args: &[OsString]) -> ExitCode {
    match Cli::try_parse_from(args) {
        Ok(Cli { command: None, input, options }) => {
            let input = input.expect("clap requires it where there is no subcommand");
            packing::run(input, options.typed(), None)
        }
        Ok(Cli { command: Some(command), .. }) => match command {
            Command::Init(flags) => init::run(&flags),
            Command::Build(build) => project::run(*build),
            Command::Run(flags) => running::run(*flags),
            Command::Inspect(flags) => look::inspect(&flags),
            Command::Verify(flags) => look::verify(&flags),
            Command::Extract(flags) => look::extract(&flags),
            Command::Installers(flags) => installing::run(*flags),
            Command::Targets(flags) => out(&targets::text(&flags)),
            Command::Doctor(flags) => doctor::run(&flags),
            Command::Entitlements => out(ENTITLEMENTS),
            Command::Completions(flags) => shell::completions(&flags),
            Command::Man(flags) => manual::run(&flags),
            Command::Schema => out(&schema::text()),
            Command::Licenses(flags) => licenses::run(&flags),
        },
        Err(error) => refused(error, args),
    }
}

/// Prints what clap has to say: help, or what is wrong with `args`.
fn refused(error: clap::Error, args: &[OsString]) -> ExitCode {
    if let Some(advice) = mistyped::version(&error, args) {
        complain(&printable(&advice));
        return ExitCode::Usage;
    }
    if !error.use_stderr() {
        let printed = output::stdout().and_then(|mut stdout| error.print().and_then(|()| stdout.flush()));
        return printed.map_or_else(|error| unwritten(&error), |()| ExitCode::Success);
    }
    if let Some(advice) = mistyped::advice(&error, args) {
        complain(&printable(&advice));
        return ExitCode::Usage;
    }
    let is_plain = |arg: &OsString| arg.to_str().is_some_and(|text| text.chars().all(is_seen));
    if args.iter().all(is_plain) {
        // A closed terminal is nothing to complain about.
        let _ = error.print();
    } else {
        // It quotes the arguments, which may come from anywhere: once more, with those as they can be shown.
        let shown: Vec<String> = args.iter().map(|arg| printable(&arg.to_string_lossy())).collect();
        let error = Cli::try_parse_from(shown).err().unwrap_or(error);
        let _ = write!(std::io::stderr(), "{}", printable_lines(&error.render().to_string()));
    }
    ExitCode::Usage
}

/// The rights of an executable under macOS' hardened runtime; see docs/macos.md.
const ENTITLEMENTS: &str = include_str!("../../assets/entitlements.plist");
