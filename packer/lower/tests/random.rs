//! Random programs: a small interpreter of their meaning, the lowered module and, where they are there, engines with
//! exceptions agree.
//!
//! `LOWER_SEEDS=5000` runs that many of each encoding, instead of the few that are run always.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
#[path = "random/oracle.rs"]
mod oracle;
#[path = "random/program.rs"]
mod program;
#[path = "random/text.rs"]
mod text;

use std::{env, fs, process::Command};

use oracle::{Ended, How};
use program::{Encoding, Program};
use wasmi::{Engine, Linker, Module, Store};

const ARGUMENTS: [i32; 3] = [0, 5, -3];

fn seeds() -> u64 {
    env::var("LOWER_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(120)
}

fn modules(encoding: Encoding, count: u64) -> impl Iterator<Item = (String, Program, Vec<u8>)> {
    (0..count).map(move |seed| {
        let program = Program::random(seed, encoding);
        let name = format!("{encoding:?} {seed}");
        let text = text::text(&program);
        let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
        (name, program, wasm)
    })
}

fn run(lowered: &[u8], argument: i32) -> Ended {
    let engine = Engine::default();
    let module = Module::new(&engine, lowered).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    let how = run.call(&mut store, argument).map_or(How::Traps, How::Gives);
    let trace = instance.get_typed_func::<(), i32>(&store, "trace").unwrap();
    Ended { how, trace: trace.call(&mut store, ()).unwrap() }
}

/// Without exceptions, one that nobody catches is a trap.
fn without_exceptions(ended: Ended) -> Ended {
    match ended.how {
        How::Throws => Ended { how: How::Traps, ..ended },
        _ => ended,
    }
}

fn agree(encoding: Encoding) {
    let (mut throws, mut gives) = (0, 0);
    for (name, program, wasm) in modules(encoding, seeds()) {
        let lowered = match lower::exceptions(&wasm) {
            Ok(Some(lowered)) => lowered,
            other => panic!("{name}: {other:?}"),
        };
        common::valid_without_exceptions(&name, &lowered.wasm);
        for argument in ARGUMENTS {
            let expected = oracle::run(&program, argument);
            throws += usize::from(expected.how == How::Throws);
            gives += usize::from(matches!(expected.how, How::Gives(_)));
            let ended = run(&lowered.wasm, argument);
            assert_eq!(ended, without_exceptions(expected), "{name}({argument})\n{}", text::text(&program));
        }
    }
    // Programs that all trap would say nothing.
    let runs = seeds() as usize * ARGUMENTS.len();
    assert!(gives * 5 > runs && throws * 20 > runs, "{gives} of {runs} give, {throws} throw");
}

#[test]
fn standard_programs_do_what_they_mean() {
    agree(Encoding::Standard);
}

#[test]
fn legacy_programs_do_what_they_mean() {
    agree(Encoding::Legacy);
}

/// The interpreter itself is checked by an engine that has the encoding.
#[test]
fn wasmtime_understands_standard_programs_alike() {
    let Some(program) = env::var("WASMTIME").ok().filter(|path| !path.is_empty()) else {
        skip::because("WASMTIME names no wasmtime 49 or later; nothing was compared with it");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("module.wasm");
    for (name, meaning, wasm) in modules(Encoding::Standard, seeds() / 6) {
        fs::write(&path, wasm).unwrap();
        let output = Command::new(&program)
            .args(["run", "-W", "exceptions=y", "--invoke", "run"])
            .arg(&path)
            .arg("5")
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let how = match out.trim().parse() {
            Ok(value) => How::Gives(value),
            Err(_) if err.contains("thrown Wasm exception") => How::Throws,
            Err(_) => {
                assert!(err.contains("wasm trap"), "{name}: {err}");
                How::Traps
            }
        };
        assert_eq!(how, oracle::run(&meaning, 5).how, "{name}");
    }
}

const SCRIPT: &str = r#"
const fs = require("fs");
const [, , folder, count, argument] = process.argv;
for (let n = 0; n < count; n++) {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(`${folder}/${n}.wasm`)), {});
  let how;
  try {
    how = exports.run(Number(argument));
  } catch (error) {
    how = error instanceof WebAssembly.Exception ? "throws" : "traps";
  }
  console.log(how + " " + exports.trace());
}
"#;

#[test]
fn node_understands_legacy_programs_alike() {
    let program = env::var("NODE").unwrap_or_else(|_| "node".to_owned());
    if !Command::new(&program).arg("--version").output().is_ok_and(|output| output.status.success()) {
        skip::because("there is no node, and NODE names none; nothing was compared with it");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let count = seeds();
    let mut meanings = Vec::new();
    for (number, (name, meaning, wasm)) in modules(Encoding::Legacy, count).enumerate() {
        fs::write(folder.path().join(format!("{number}.wasm")), wasm).unwrap();
        meanings.push((name, meaning));
    }
    let script = folder.path().join("run.cjs");
    fs::write(&script, SCRIPT).unwrap();
    for argument in ARGUMENTS {
        let output = Command::new(&program)
            .arg(&script)
            .arg(folder.path())
            .args([count.to_string(), argument.to_string()])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).unwrap();
        assert_eq!(lines.lines().count(), meanings.len());
        for (line, (name, meaning)) in lines.lines().zip(&meanings) {
            let (how, trace) = line.split_once(' ').unwrap();
            let how = match how {
                "throws" => How::Throws,
                "traps" => How::Traps,
                value => How::Gives(value.parse().unwrap()),
            };
            let ended = Ended { how, trace: trace.parse().unwrap() };
            assert_eq!(ended, oracle::run(meaning, argument), "{name}({argument})");
        }
    }
}
