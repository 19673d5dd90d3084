//! `wasmpack doctor`: lists the embedded launchers and tests whether packed programs run on this machine.
//!
//! The test packs a small program, compressed and uncompressed, and starts it. Only a start shows what the system forbids, such
//! as new executable memory or programs in the temporary folder.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use payload::{Target, info::printable};
use serde_json::json;

use super::{ExitCode, command, json, out};
use crate::{Pack, error::spoken, output::Scratch, pack::Opened, store::Storage, targets::stubs};

/// A program that ends with an exit code that nothing else has.
const PROGRAM: &str = r#"(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start") (call $exit (i32.const 42))))"#;
/// Its exit code.
const CODE: i32 = 42;

/// Looks, tries, and prints what was found.
pub(super) fn run(flags: &command::Doctor) -> ExitCode {
    let host = Target::host();
    let (carried, lacking): (Vec<Target>, Vec<Target>) =
        Target::ALL.into_iter().partition(|target| stubs::size(*target).is_some());
    let names = |targets: &[Target]| targets.iter().map(|target| target.name()).collect::<Vec<_>>();
    let (carried, lacking) = (names(&carried), names(&lacking));
    let compressed = attempt(Storage::Compressed { level: 3 });
    let raw = attempt(Storage::Raw);
    let well = lacking.is_empty() && compressed.is_ok() && raw.is_ok();
    let text = if flags.json {
        let outcome =
            |result: &Result<(), String>| json!({ "runs": result.is_ok(), "why": result.as_ref().err() });
        json(&json!({
            "version": env!("CARGO_PKG_VERSION"),
            "host": host.map(Target::name),
            "launchers": carried,
            "launchers_missing": lacking,
            "compressed": outcome(&compressed),
            "uncompressed": outcome(&raw),
        }))
    } else {
        let line = |title: &str, text: &str| format!("{title:13} {}\n", printable(text));
        let outcome = |result: &Result<(), String>, advice: &str| match result {
            Ok(()) => "packed and run".to_owned(),
            Err(why) => format!("FAILED: {why}{advice}"),
        };
        let advice = if raw.is_ok() { "; pack with --no-compress for machines like this one" } else { "" };
        let mut lines = vec![
            line("wasmpack", env!("CARGO_PKG_VERSION")),
            line(
                "this machine",
                host.map_or("not a target: packing works, running here does not", Target::name),
            ),
            line("launchers", &carried.join(", ")),
        ];
        if !lacking.is_empty() {
            lines.push(line("", &format!("none for {}", lacking.join(", "))));
        }
        lines.push(line("compressed", &outcome(&compressed, advice)));
        lines.push(line("uncompressed", &outcome(&raw, "")));
        lines.concat()
    };
    let written = out(&text);
    if well { written } else { ExitCode::Failure }
}

/// Packs the program for this machine and runs it.
fn attempt(storage: Storage) -> Result<(), String> {
    let folder = Scratch::new().map_err(|error| format!("no temporary folder: {}", spoken(&error)))?;
    let program = folder.join(if cfg!(windows) { "doctor.exe" } else { "doctor" });
    let opened = Some(Ok(Opened::Module(PROGRAM.as_bytes().to_vec()).into()));
    Pack { opened, ..Pack::new("doctor.wat") }
        .storage(storage)
        .write(&program)
        .map_err(|error| error.to_string())?;
    start(&program)
}

fn start(program: &Path) -> Result<(), String> {
    let ended = Command::new(program)
        .env_remove(payload::grant::OPTIONS)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot start what was packed: {}", spoken(&error)))?;
    if ended.status.code() == Some(CODE) {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    Err(format!("it ended with {}: {}", ended.status, said.trim_end()))
}
