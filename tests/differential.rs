//! Random programs do the same with both compilers, and with wasmtime.
//!
//! `WASMTIME` names the wasmtime command to compare with; without it the compilers are compared with each other, and what
//! only one of them takes is left out. `WASMPACK_DIFFERENTIAL=COUNT` or `FROM..TO` takes other seeds than the fifty that are
//! tried every time, and `WASMPACK_DIFFERENTIAL_KEEP=FOLDER` keeps the modules about which the engines disagree.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
#[path = "differential/program.rs"]
mod program;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::{Dir, file_name, on_windows, output, pack, run, text};
use program::Kind;

/// What a program that ran to its end exits with; see `program.rs`.
const DONE: i32 = 7;

/// What an engine made of a program.
#[derive(Debug, PartialEq, Eq)]
struct Did {
    printed: String,
    done: bool,
}

impl Did {
    /// `None` if the stack was used up: how much of it a call takes is each compiler's own affair.
    fn of(output: &Output) -> Option<Did> {
        let said = text(&output.stderr);
        let exhausted = said.contains("stack exhausted") || said.contains("stack overflow");
        let printed = text(&output.stdout);
        let done = output.status.code() == Some(DONE);
        // A launcher or an engine that fails for other reasons than the program's says so in its own words.
        let sane = done || said.contains("trap") || said.contains("uncaught exception") || said.contains("set up");
        assert!(sane, "{:?}: {said}", output.status);
        (!exhausted).then_some(Did { printed, done })
    }
}

fn seeds() -> Range<u64> {
    let Ok(range) = std::env::var("WASMPACK_DIFFERENTIAL") else { return 0..50 };
    let (from, to) = range.split_once("..").unwrap_or(("0", &range));
    from.parse().unwrap()..to.parse().unwrap()
}

/// Every third program is made of what Cranelift alone takes.
fn kind(seed: u64) -> Kind {
    // Exceptions have no tables on Windows.
    if seed % 3 == 2 && !on_windows() { Kind::Wide } else { Kind::Common }
}

fn packed(module: &Path, dir: &Dir, compiler: &str) -> Output {
    let program = dir.join(&file_name(compiler));
    pack(module, &program, &["--compiler", compiler]);
    run::<&str>(&program, &[])
}

fn by_wasmtime(wasmtime: &Path, module: &Path) -> Output {
    let mut command = Command::new(wasmtime);
    // Our launcher's stack has this size.
    command.args(["run", "-W", "max-wasm-stack=8388608", "-W", "exceptions=y", "-W", "wide-arithmetic=y"]);
    output(command.arg(module).stdin(Stdio::null()))
}

#[test]
fn random_programs_do_the_same_everywhere() {
    let wasmtime = std::env::var_os("WASMTIME").map(PathBuf::from);
    if wasmtime.is_none() {
        eprintln!("skipped: WASMTIME does not name a wasmtime to compare with; compilers are compared with each other");
    }
    let (mut same, mut done, mut alone, mut exhausted, mut lines) = (0, 0, 0, 0, 0);
    let mut different = Vec::new();
    for seed in seeds() {
        let dir = Dir::new();
        let kind = kind(seed);
        let module = dir.write("program.wasm", program::module(seed, kind));
        let mut outputs = vec![("cranelift", packed(&module, &dir, "cranelift"))];
        if kind == Kind::Common {
            outputs.push(("singlepass", packed(&module, &dir, "singlepass")));
        }
        if let Some(wasmtime) = &wasmtime {
            outputs.push(("wasmtime", by_wasmtime(wasmtime, &module)));
        }
        let did: Vec<Option<Did>> = outputs.iter().map(|(_, output)| Did::of(output)).collect();
        if did.iter().any(Option::is_none) {
            exhausted += 1;
        } else if did.len() == 1 {
            alone += 1;
        } else if did.windows(2).all(|pair| pair[0] == pair[1]) {
            same += 1;
            let did = did[0].as_ref().unwrap();
            done += usize::from(did.done);
            lines += did.printed.lines().count();
        } else {
            if let Some(folder) = std::env::var_os("WASMPACK_DIFFERENTIAL_KEEP") {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::copy(&module, Path::new(&folder).join(format!("{seed}.wasm"))).unwrap();
            }
            let told = outputs.iter().zip(&did).map(|((who, output), did)| {
                format!("  {who}: {did:?} {:?}", text(&output.stderr).lines().next().unwrap_or_default())
            });
            different.push(format!("seed {seed} ({kind:?}):\n{}", told.collect::<Vec<_>>().join("\n")));
        }
    }
    println!(
        "{same} programs do the same, {done} of them to their end, {lines} digests in all; {exhausted} use up the stack; \
         {alone} had nothing to compare with"
    );
    assert!(different.is_empty(), "{} programs differ:\n{}", different.len(), different.join("\n"));
    // A generator whose programs all stop at once would agree about nothing.
    assert!(lines > 2 * same, "the programs compute too little to be compared");
}
