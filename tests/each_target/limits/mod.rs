//! Modules that go past what an instruction can reach, a frame can hold or an address can say: either the program does what it
//! must, or the packer refuses it by name. `scripts/sweep-limits` is the long form.

mod accesses;
mod addresses;
mod atomics;
mod code;
mod frames;
mod memory;
mod ranges;
mod types;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::common::{Dir, file_name, on_windows, start, text, wasmpack};

const COMPILERS: [&str; 2] = ["cranelift", "singlepass"];

const EXIT: &str = r#"(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))"#;
const READ: &str =
    r#"(import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))"#;

fn module(fields: &str) -> String {
    format!(r#"(module {EXIT} (memory (export "memory") 1) {fields})"#)
}

/// A `_start` that ends with 42, or with the number of the first condition that holds, from 1 on.
fn unless(wrong: &[String]) -> String {
    let mut out = String::from("(func (export \"_start\")");
    for (index, condition) in wrong.iter().enumerate() {
        write!(out, " (if {condition} (then (call $exit (i32.const {}))))", index + 1).unwrap();
    }
    out + " (call $exit (i32.const 42)))"
}

/// The program, or the line with which the packer refuses it.
fn packed(dir: &Dir, name: &str, source: &str, options: &[&str]) -> Result<PathBuf, String> {
    let (source, out) = (dir.write(&format!("{name}.wat"), source), dir.join(&file_name(name)));
    let output = wasmpack().arg(source).arg("-q").arg("-o").arg(&out).args(options).output().unwrap();
    let told = text(&output.stderr);
    if output.status.success() {
        return Ok(out);
    }
    assert_eq!((output.status.code(), told.lines().count()), (Some(1), 1), "{told}");
    Err(told)
}

/// How a program ends that reads `number`: its exit code, if it was not a signal.
fn end_at(program: &Path, number: u32) -> Option<i32> {
    // Among thousands of starts wine itself fails at times, and ends with 1. No program here ends so.
    for _ in 0..4 {
        let code = ended(program, number);
        if !(on_windows() && code == Some(1)) {
            return code;
        }
        println!("a start under wine ended with 1 and is tried again");
    }
    ended(program, number)
}

/// As [`end_at`], of one start. Its streams are no pipes but for the first: wine's server, which a start may start, would hold them.
fn ended(program: &Path, number: u32) -> Option<i32> {
    let mut command = start(program);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // What has ended already reads nothing.
    let _ = child.stdin.take().unwrap().write_all(&number.to_le_bytes());
    child.wait().unwrap().code()
}
