//! Each form of both encodings: modules in text with what their exports must give.
//!
//! They run lowered in an interpreter that has no exceptions, always. Where the engines are there, the original runs in
//! wasmtime (standard) or node (legacy) as well, and the lowered module in both.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::{env, fs, path::Path, process::Command};

use common::{Call, Case, Outcome, cases, lowered, run};
use tempfile::TempDir;

#[test]
fn every_form_does_what_it_must() {
    for case in cases() {
        let module = lowered(&case.name, &case.wasm);
        for call in &case.calls {
            let outcome = run(&case.wasm, &module, call);
            let same = match (&outcome, &call.expect) {
                (Outcome::Throws(None), Outcome::Throws(_)) => true,
                (outcome, expect) => outcome == expect,
            };
            assert!(same, "{}: {call}: {outcome:?} and not {:?}", case.name, call.expect);
        }
    }
}

/// What an engine says of a call.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Values(Vec<String>),
    Throws,
    Traps,
}

impl Said {
    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Values(values) => Self::Values(values.clone()),
            Outcome::Throws(_) => Self::Throws,
            Outcome::Traps => Self::Traps,
        }
    }
}

/// The program that a variable names, or the test is skipped, aloud.
fn engine(variable: &str, default: Option<&str>) -> Option<String> {
    let named = env::var(variable).ok().filter(|path| !path.is_empty());
    let program = named.or_else(|| default.map(str::to_owned))?;
    let works = Command::new(&program).arg("--version").output().is_ok_and(|output| output.status.success());
    works.then_some(program)
}

/// One run of wasmtime: what it says, and the offsets of the frames, innermost first.
fn wasmtime(program: &str, module: &Path, call: &Call) -> (Said, Vec<u32>) {
    let output = Command::new(program)
        .args(["run", "-W", "exceptions=y", "--invoke", &call.export])
        .arg(module)
        .args(&call.args)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let frames = err.lines().filter_map(|line| {
        let (number, rest) = line.trim().split_once(':')?;
        number.parse::<u32>().ok()?;
        u32::from_str_radix(rest.trim().strip_prefix("0x")?.split_once(" - ")?.0, 16).ok()
    });
    let said = if output.status.success() {
        Said::Values(out.lines().map(str::to_owned).collect())
    } else if err.contains("thrown Wasm exception") {
        Said::Throws
    } else {
        assert!(err.contains("wasm trap"), "{call}: {err}");
        Said::Traps
    };
    (said, frames.collect())
}

#[test]
fn wasmtime_says_the_same() {
    let Some(program) = engine("WASMTIME", None) else {
        skip::because("WASMTIME names no wasmtime 49 or later; nothing was compared with it");
        return;
    };
    let folder = TempDir::new().unwrap();
    for case in cases() {
        let module = lowered(&case.name, &case.wasm);
        let (before, after) = (folder.path().join("before.wasm"), folder.path().join("after.wasm"));
        fs::write(&before, &case.wasm).unwrap();
        fs::write(&after, &module.wasm).unwrap();
        for call in &case.calls {
            let what = format!("{}: {call}", case.name);
            let (said, offsets) = wasmtime(&program, &after, call);
            let mapped: Vec<Option<u32>> =
                offsets.iter().map(|&offset| module.map.original(offset)).collect();
            let told: Vec<u32> = mapped.iter().copied().flatten().collect();
            match &call.expect {
                Outcome::Throws(_) => {
                    assert_eq!(said, Said::Traps, "{what}");
                    assert_eq!((mapped[0], mapped.len()), (None, 1), "{what}: only a wrapper is active");
                }
                expect => assert_eq!(said, Said::of(expect), "{what}"),
            }
            if case.is_legacy() {
                continue;
            }
            let (said, offsets) = wasmtime(&program, &before, call);
            assert_eq!(said, Said::of(&call.expect), "{what}, the original");
            if said == Said::Traps {
                assert_eq!(told, offsets, "{what}: the frames are the original's");
            }
        }
    }
}

/// Instantiates a module for each call, and prints what comes of it.
const SCRIPT: &str = r#"
const [, , path, ...calls] = process.argv;
const compiled = new WebAssembly.Module(require("fs").readFileSync(path));
const number = (text) => text.endsWith("n") ? BigInt(text.slice(0, -1)) : Number(text);
for (const call of calls) {
  const [name, ...args] = call.split(" ");
  try {
    const result = new WebAssembly.Instance(compiled, {}).exports[name](...args.map(number));
    console.log("= " + (result === undefined ? [] : [].concat(result)).join(" "));
  } catch (error) {
    console.log(error instanceof WebAssembly.Exception ? "throws" : "traps");
  }
}
"#;

/// What node says of all calls of a case.
fn node(program: &str, folder: &Path, wasm: &[u8], case: &Case) -> Vec<Said> {
    let (script, module) = (folder.join("run.cjs"), folder.join("module.wasm"));
    fs::write(&script, SCRIPT).unwrap();
    fs::write(&module, wasm).unwrap();
    let calls = case.calls.iter().map(|call| format!("{} {}", call.export, call.args.join(" ")));
    let calls = calls.map(|call| call.trim().to_owned());
    let output = Command::new(program).arg(script).arg(module).args(calls).output().unwrap();
    assert!(output.status.success(), "{}: {}", case.name, String::from_utf8_lossy(&output.stderr));
    let said = |line: &str| match line {
        "throws" => Said::Throws,
        "traps" => Said::Traps,
        values => Said::Values(values[2..].split(' ').map(str::to_owned).collect()),
    };
    String::from_utf8(output.stdout).unwrap().lines().map(said).collect()
}

#[test]
fn node_says_the_same() {
    let Some(program) = engine("NODE", Some("node")) else {
        skip::because("there is no node, and NODE names none; nothing was compared with it");
        return;
    };
    let folder = TempDir::new().unwrap();
    for case in cases().iter().filter(|case| case.is_legacy()) {
        let module = lowered(&case.name, &case.wasm);
        let expected: Vec<Said> = case.calls.iter().map(|call| Said::of(&call.expect)).collect();
        let before = node(&program, folder.path(), &case.wasm, case);
        let after = node(&program, folder.path(), &module.wasm, case);
        assert_eq!(before.len(), case.calls.len());
        for (((call, expected), before), after) in case.calls.iter().zip(expected).zip(before).zip(after) {
            assert_eq!(before, expected, "{}: {call}, the original", case.name);
            let lowered = if expected == Said::Throws { Said::Traps } else { expected };
            assert_eq!(after, lowered, "{}: {call}", case.name);
        }
    }
}
