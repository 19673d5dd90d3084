//! Functions that a program imports and nobody provides.

use crate::dir::{COMMAND, Dir, stderr};

const PACK: [&str; 5] = ["app.wasm", "-o", "out", "--stub", "stub"];

fn with(text: &str) -> Dir {
    let dir = Dir::new();
    dir.wat("app.wasm", text);
    dir
}

fn notes(dir: &Dir) -> Vec<String> {
    let said = stderr(&dir.packs(&PACK));
    said.lines().filter(|line| line.starts_with("note: ")).map(str::to_owned).collect()
}

#[test]
fn they_are_a_note_and_with_strict_an_error() {
    let dir = with(
        r#"(module (import "env" "invoke_vi" (func)) (import "env" "b" (func)) (import "env" "c" (func))
            (import "env" "d" (func)) (func (export "_start")))"#,
    );
    dir.fails(
        &[&PACK[..], &["--strict"]].concat(),
        &["app.wasm: it imports env.invoke_vi, env.b, env.c and 1 more"],
    );
    let [note] = &notes(&dir)[..] else { panic!("one note") };
    assert!(note.starts_with("note: it imports env.invoke_vi, env.b, env.c and 1 more, which"), "{note}");
    assert!(note.contains("Emscripten") && note.contains("wasi-sdk"), "{note}");
}

#[test]
fn strict_packs_what_imports_nothing_in_vain() {
    let dir = with(COMMAND);
    dir.packs(&[&PACK[..], &["--strict"]].concat());
    assert!(notes(&dir).is_empty());
}

#[test]
fn strict_is_a_key_of_the_description() {
    let dir = with(r#"(module (import "a" "b" (func)) (func (export "_start")))"#);
    dir.write("wasmpack.toml", b"module = \"app.wasm\"\nstrict = true\n");
    dir.fails(&["build", "-o", "out", "--stub", "stub"], &["it imports a.b, which"]);
}

#[test]
fn a_library_is_told_what_it_was_built_for() {
    let dir = with(r#"(module (import "wbg" "__wbg_log" (func)) (func (export "run")))"#);
    dir.fails(&PACK, &["a library", "wasm-bindgen", "wasm32-wasip1"]);
    let dir = with(
        r#"(module (import "env" "memory" (memory 1)) (import "env" "invoke_v" (func)) (func (export "_start")))"#,
    );
    dir.fails(&PACK, &["memory env.memory", "Emscripten"]);
}

#[test]
fn a_trap_in_the_trial_is_a_note() {
    let dir = with(r#"(module (func (export "_start") unreachable))"#);
    let [note] = &notes(&dir)[..] else { panic!("one note") };
    assert!(note.contains("trapped when it was started in the trial"), "{note}");
    // One that was kept in the cache is told again.
    assert_eq!(notes(&dir).len(), 1);
    let quiet = dir.packs(&[&PACK[..], &["--no-trial"]].concat());
    assert!(!stderr(&quiet).contains("note: "));
}

#[test]
fn sockets_that_cannot_be_used_are_a_note() {
    let grants = ["--listen", "8080", "--connect", "example.com:443", "--no-trial"];
    let told = |import: &str| {
        let dir =
            with(&format!("(module {import} (memory (export \"memory\") 1) (func (export \"_start\")))"));
        let said = stderr(&dir.packs(&[&PACK[..], &grants].concat()));
        ["--listen grants what", "--connect grants what"].map(|note| said.contains(note))
    };
    let preview1 = |name: &str, parameters: &str| {
        format!("(import \"wasi_snapshot_preview1\" \"{name}\" (func (param {parameters}) (result i32)))")
    };
    assert_eq!(told(""), [true, true]);
    assert_eq!(told(&preview1("sock_accept", "i32 i32 i32")), [false, true]);
    assert_eq!(told(&preview1("sock_connect", "i32 i32 i32")), [true, false]);
}
