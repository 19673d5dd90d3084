//! Random programs do the same with both compilers, and with wasmtime.
//!
//! `WASMTIME` names the wasmtime command to compare with; without it the compilers are compared with each other, and what
//! only one of them takes is left out. `WASMPACK_DIFFERENTIAL=COUNT` or `FROM..TO` takes other seeds than the fifty that are
//! tried every time, and `WASMPACK_DIFFERENTIAL_KEEP=FOLDER` keeps the modules about which the engines disagree.

mod program;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::common::{Dir, file_name, output, run, text, wasmpack};
use program::{DONE, FUNCTIONS, Kind};

/// What an engine made of one start of a program; `None` where the stack was used up: how much of it a call takes is each
/// compiler's own affair.
type Did = Option<(String, bool)>;

fn did(output: &Output) -> Did {
    let said = text(&output.stderr);
    let done = output.status.code() == Some(DONE);
    // An engine that fails for other reasons than the program's says so in other words.
    let trapped = ["trap", "uncaught exception", "thrown"];
    assert!(done || trapped.iter().any(|word| said.contains(word)), "{:?}: {said}", output.status);
    let exhausted = said.contains("stack exhausted") || said.contains("stack overflow");
    (!exhausted).then(|| (text(&output.stdout), done))
}

fn seeds() -> Range<u64> {
    let Ok(range) = std::env::var("WASMPACK_DIFFERENTIAL") else { return 0..50 };
    let (from, to) = range.split_once("..").unwrap_or(("0", &range));
    from.parse().unwrap()..to.parse().unwrap()
}

/// Every third program is made of what Cranelift alone takes.
fn kind(seed: u64) -> Kind {
    if seed % 3 == 2 { Kind::Wide } else { Kind::Common }
}

/// Each start's arguments: a function, or all of them.
fn starts() -> impl Iterator<Item = Vec<&'static str>> {
    (0..=FUNCTIONS).map(|count| vec!["x"; count])
}

/// The outcome of every start; `None` if the compiler refuses the module, which it must do by one line.
fn packed(module: &Path, dir: &Dir, compiler: &str) -> Option<Vec<Did>> {
    let program = dir.join(&file_name(compiler));
    let output =
        wasmpack().arg(module).arg("-o").arg(&program).args(["--compiler", compiler]).output().unwrap();
    if !output.status.success() {
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(1) && said.trim_end().lines().count() == 1, "{said}");
        return None;
    }
    let outputs: Vec<Output> = starts().map(|args| run(&program, &args)).collect();
    Some(outputs.iter().map(did).collect())
}

fn by_wasmtime(wasmtime: &Path, module: &Path) -> Vec<Did> {
    let start = |args: Vec<&str>| {
        let mut command = Command::new(wasmtime);
        // As much stack as our launcher gives.
        command.args(["run", "-W", "max-wasm-stack=8388608,exceptions=y,wide-arithmetic=y"]);
        did(&output(command.arg(module).args(args).stdin(Stdio::null())))
    };
    starts().map(start).collect()
}

#[test]
fn random_programs_do_the_same_everywhere() {
    let wasmtime = std::env::var_os("WASMTIME").map(PathBuf::from);
    if wasmtime.is_none() {
        skip::because(
            "WASMTIME does not name a wasmtime to compare with; compilers are compared with each other",
        );
    }
    let (mut same, mut digests, mut exhausted, mut refused, mut alone, mut compared) = (0, 0, 0, 0, 0, 0);
    let mut different = Vec::new();
    for seed in seeds() {
        let dir = Dir::new();
        let kind = kind(seed);
        let module = dir.write("program.wasm", program::module(seed, kind));
        let mut all = Vec::new();
        let compilers: &[&str] =
            if kind == Kind::Common { &["cranelift", "singlepass"] } else { &["cranelift"] };
        for compiler in compilers {
            match packed(&module, &dir, compiler) {
                Some(outcomes) => all.push((*compiler, outcomes)),
                None => refused += 1,
            }
        }
        if let Some(wasmtime) = &wasmtime {
            all.push(("wasmtime", by_wasmtime(wasmtime, &module)));
        }
        if all.len() < 2 {
            alone += 1;
            continue;
        }
        compared += 1;
        for start in 0..=FUNCTIONS {
            let outcomes: Vec<&Did> = all.iter().map(|(_, outcomes)| &outcomes[start]).collect();
            if outcomes.iter().any(|outcome| outcome.is_none()) {
                exhausted += 1;
            } else if outcomes.windows(2).all(|pair| pair[0] == pair[1]) {
                same += 1;
                digests += outcomes[0].as_ref().map_or(0, |(printed, _)| printed.lines().count());
            } else {
                if let Some(folder) = std::env::var_os("WASMPACK_DIFFERENTIAL_KEEP") {
                    std::fs::create_dir_all(&folder).unwrap();
                    std::fs::copy(&module, Path::new(&folder).join(format!("{seed}.wasm"))).unwrap();
                }
                let told: Vec<String> =
                    all.iter().map(|(who, outcomes)| format!("  {who}: {:?}", outcomes[start])).collect();
                different.push(format!("seed {seed} ({kind:?}), {start} arguments:\n{}", told.join("\n")));
            }
        }
    }
    println!(
        "{compared} programs compared: {same} starts do the same, with {digests} digests; {exhausted} use up the stack; \
         {refused} refused by a compiler, {alone} with nothing to compare with"
    );
    assert!(different.is_empty(), "{} starts differ:\n{}", different.len(), different.join("\n"));
    // A generator whose programs all stop at once would agree about nothing.
    assert!(2 * digests > same, "the programs compute too little to be compared");
}
