//! Random components: merged, they write what wasmtime says that they write.
//!
//! Each has several core modules that share a memory, tables and globals, with segments at offsets from other modules, start
//! functions in between, and modules that are instantiated twice. `COMPONENT_SEEDS=1000` compares that many.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
#[path = "random/program.rs"]
mod program;

use std::{
    env,
    process::{Command, Stdio},
};

use common::{module, start};

fn seeds() -> u64 {
    env::var("COMPONENT_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(40)
}

#[test]
fn merged_components_do_what_they_did() {
    let Some(wasmtime) = env::var_os("WASMTIME") else {
        skip::because("WASMTIME names no wasmtime");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let mut outputs = Vec::new();
    for seed in 0..seeds() {
        let text = program::random(seed);
        let path = dir.path().join("component.wat");
        std::fs::write(&path, &text).unwrap();
        let told = Command::new(&wasmtime)
            .arg("run")
            .arg(&path)
            .stdin(Stdio::null())
            .output()
            .expect("WASMTIME can be started");
        let traps = told.status.code().is_none_or(|code| code != 0 && code != 1);
        let ended = start(&module(&text), &[]);
        assert_eq!(
            ended.output,
            told.stdout,
            "seed {seed}\n{text}\n{}",
            String::from_utf8_lossy(&told.stderr)
        );
        assert_eq!(ended.code.is_none(), traps, "seed {seed}: {ended:?} {told:?}\n{text}");
        if !traps {
            assert_eq!(ended.code, told.status.code(), "seed {seed}\n{text}");
        }
        outputs.push(ended.output);
    }
    // A generator that makes the same program again and again would prove nothing.
    let count = outputs.len();
    outputs.sort();
    outputs.dedup();
    assert!(outputs.len() * 2 > count, "{} different outputs of {count}", outputs.len());
}
