//! Bad input gets a clear error and exit code 1, and leaves nothing behind.

use crate::dir::{self, COMMAND, Dir, stderr};

/// Packs `text`, given in binary form, and expects each of `parts` in the message.
#[track_caller]
fn refused(text: &str, parts: &[&str]) {
    let dir = Dir::new();
    dir.wat("bad.wasm", text);
    dir.fails(&["bad.wasm", "-o", "out", "--stub", "stub"], &[&["bad.wasm: "], parts].concat());
}

/// Packs `bytes` as they are.
#[track_caller]
fn bytes_refused(bytes: &[u8], parts: &[&str]) {
    let dir = Dir::new();
    dir.write("bad.wasm", bytes);
    dir.fails(&["bad.wasm", "-o", "out", "--stub", "stub"], &[&["bad.wasm: "], parts].concat());
}

#[test]
fn a_missing_file_is_named() {
    Dir::new().fails(&["gone.wasm", "-o", "out"], &["gone.wasm: cannot read the module: no such file"]);
}

#[test]
fn a_folder_is_no_module() {
    Dir::new().fails(&[".", "-o", "out"], &[".: cannot read the module: is a directory"]);
}

#[test]
fn an_empty_file_is_called_empty() {
    bytes_refused(b"", &["the file is empty"]);
}

#[test]
fn another_kind_of_file_is_not_wasm() {
    bytes_refused(b"\x7fELF\x02\x01\x01", &["not a wasm module", "not an executable made by wasmpack"]);
    bytes_refused(b"print('hello')\n", &["not a wasm module"]);
}

#[test]
fn text_with_a_mistake_gets_line_and_column() {
    bytes_refused(b"(module\n  (func $f) (oops))", &["not valid WebAssembly text", "bad.wasm:2:14"]);
}

#[test]
fn a_component_that_is_no_command_is_told_what_it_is() {
    bytes_refused(b"\0asm\x0d\0\x01\0", &["a component", "a library", "wasi:cli/command"]);
    bytes_refused(b"\0asm\x0d\0\x01\0\x07", &["cut short", "0x8"]);
    bytes_refused(b"\0asm\x0d\0\x01\0\x07\0", &["not a valid component", "at 0x"]);
    let importing = |import: &str| format!("(component (import \"{import}\" (component)))");
    refused(&importing("a-part"), &["imports the component \"a-part\"", "one complete component"]);
}

#[test]
fn a_module_cut_short_is_told_where() {
    let whole = wat::parse_str(COMMAND).unwrap();
    bytes_refused(&whole[..whole.len() - 3], &["cut short", "0x"]);
    bytes_refused(&whole[..6], &["cut short"]);
}

#[test]
fn a_module_against_the_rules_is_told_where() {
    let mut module = wat::parse_str(COMMAND).unwrap();
    let last = module.len() - 1;
    module[last] = 0x01;
    bytes_refused(&module, &["not a valid wasm module", "at 0x"]);
}

#[test]
fn a_library_has_nothing_to_run() {
    refused(r#"(module (func (export "add")))"#, &["a library", "_start"]);
}

#[test]
fn a_reactor_is_called_a_reactor() {
    refused(r#"(module (func (export "_initialize")))"#, &["reactor", "_initialize", "_start"]);
}

#[test]
fn a_start_with_parameters_is_no_start() {
    refused(r#"(module (func (export "_start") (param i32)))"#, &["_start", "(i32) -> ()"]);
}

#[test]
fn imports_that_are_no_functions_are_named() {
    let text = r#"(module (import "env" "memory" (memory 1)) (import "env" "__table" (table 1 funcref))
        (func (export "_start")))"#;
    refused(text, &["memory env.memory", "table env.__table", "wasmpack does not provide"]);
}

#[test]
fn wasi_calls_need_the_memory() {
    let text = r#"(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
        (func (export "_start")))"#;
    refused(text, &["exports no memory"]);
}

#[test]
fn a_proposal_that_no_compiler_has_is_named() {
    refused(
        r#"(module (func (export "_start") return_call 0))"#,
        &["tail calls", "cranelift compiler lacks"],
    );
    refused(r#"(module (memory i64 1) (func (export "_start")))"#, &["64-bit memory"]);
}

#[test]
fn a_proposal_that_only_the_other_compiler_has_names_it() {
    let dir = Dir::new();
    dir.wat("bad.wasm", r#"(module (func (export "_start") (drop (v128.const i64x2 0 0))))"#);
    let args = ["bad.wasm", "-o", "out", "--stub", "stub", "--compiler"];
    dir.fails(
        &[&args[..], &["singlepass"]].concat(),
        &["SIMD", "singlepass compiler lacks", "--compiler cranelift"],
    );
    dir.packs(&[&args[..], &["cranelift"]].concat());
}

#[test]
fn a_stub_that_is_none_is_named() {
    let dir = Dir::new();
    dir.write("nonsense", b"#!/bin/sh\n");
    dir.fails(&["app.wasm", "-o", "out", "--stub", "nonsense"], &["nonsense: ", "not an executable"]);
    dir.fails(&["app.wasm", "-o", "out", "--stub", "gone"], &["gone: cannot read the launcher"]);
    dir.fails(
        &["app.wasm", "-o", "out", "--stub", "stub", "--target", "linux-arm64"],
        &["stub: ", "machine 183 expected for linux-arm64, 62 found"],
    );
}

#[test]
fn launchers_and_executables_of_another_version_are_named_and_not_called_damaged() {
    let dir = Dir::new();
    dir.packs(&["app.wasm", "-o", "packed", "--stub", "stub", "--no-trial"]);
    for name in ["stub", "packed"] {
        let mut file = dir.read(name);
        let at = dir::slot(&file) + 12;
        file[at..at + 2].copy_from_slice(&[4, 0]);
        dir.write(&format!("old-{name}"), &file);
    }
    let versions = "its launcher reads version 4 of the format, and this wasmpack writes 5";
    let stub = ["old-stub: ", versions, "without --stub, wasmpack uses its own launcher"];
    dir.fails(&["app.wasm", "-o", "out", "--stub", "old-stub"], &stub);
    let packed = ["old-packed: ", versions, "use the wasmpack that made it, or pack it again"];
    for args in [
        &["inspect", "old-packed"][..],
        &["verify", "old-packed"],
        &["extract", "old-packed", "-o", "app"],
        &["old-packed"],
    ] {
        dir.fails(args, &packed);
    }
}

#[test]
fn a_packed_executable_is_no_stub() {
    let dir = Dir::new();
    dir.packs(&["app.wasm", "-o", "first", "--stub", "stub"]);
    dir.fails(&["app.wasm", "-o", "second", "--stub", "first"], &["first: ", "already a packed executable"]);
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let dir = Dir::new();
    let usage = |args: &[&str], part: &str| dir.command_fails(&mut dir.wasmpack(args), 2, &[part]);
    usage(&["app.wasm", "-t", "all"], "-o dist/");
    usage(&["app.wasm", "-o", "out", "--level", "23"], "1 to 22");
    usage(&["app.wasm", "-o", "out", "--compiler", "llvm"], "cranelift");
    usage(&["app.wasm", "-o", "out", "--target", "amiga"], "linux-x86_64, linux-arm64");
    usage(&["app.wasm", "-o", "out", "--env", "=VALUE"], "no name");
    usage(&["app.wasm", "-o", "out", "--dir", "::/data"], "directory is empty");
    usage(&["app.wasm", "-o", "out", "--dir", "/data::"], "name is empty");
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_are_refused() {
    use std::os::unix::ffi::OsStrExt;
    let dir = Dir::new();
    let latin1 = std::ffi::OsStr::from_bytes(b"A=\xe9");
    let mut with_env = dir.wasmpack(&["app.wasm", "-o", "out", "--env"]);
    dir.command_fails(with_env.arg(latin1), 2, &["--env", "not UTF-8"]);
    let mut with_arg = dir.wasmpack(&["app.wasm", "-o", "out", "--"]);
    dir.command_fails(with_arg.arg(latin1), 2, &["not UTF-8"]);
}

#[test]
fn a_module_that_is_to_be_looked_at_gets_the_way_out() {
    let dir = Dir::new();
    for command in ["inspect", "verify"] {
        dir.fails(
            &[command, "app.wasm"],
            &["app.wasm: a program in WebAssembly", "pack it first: wasmpack FILE"],
        );
    }
}

#[test]
fn an_option_of_a_command_is_told_with_the_command() {
    let dir = Dir::new();
    for (option, command) in [("--audit", "run"), ("--watch", "run"), ("--config", "build")] {
        let output = dir.wasmpack(&["app.wasm", option]).output().unwrap();
        let expected = format!(
            "wasmpack: {option} is an option of the command {command}: wasmpack {command} {option}\n"
        );
        assert_eq!((output.status.code(), stderr(&output)), (Some(2), expected));
    }
}
