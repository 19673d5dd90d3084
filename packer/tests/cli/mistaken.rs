//! What newcomers type, or hand over, by mistake: the message names the way out, and nothing is written.

use std::fs;

use crate::dir::{Dir, stderr};

/// Runs the command, which must say each of `parts` as wrong usage.
#[track_caller]
fn usage(dir: &Dir, args: &[&str], parts: &[&str]) {
    dir.command_fails(&mut dir.wasmpack(args), 2, parts);
}

#[test]
fn a_misspelt_target_in_the_outputs_name_is_refused() {
    let dir = Dir::new();
    for (out, parts) in [
        ("app-linux-amr64", ["names no target; did you mean linux-arm64?", "name the target with --target"]),
        ("app-macos-amr64", ["did you mean macos-arm64?", "name the target with --target"]),
        ("app-freebsd", ["names no target; the targets are linux-x86_64", "name the target with --target"]),
        (
            "app-windows-arm64",
            ["names no target; Windows on Arm runs windows-x86_64", "name the target with --target"],
        ),
    ] {
        usage(&dir, &["app.wasm", "-o", out], &parts);
    }
    // What is said besides counts.
    let pack = ["app.wasm", "-o", "app-freebsd", "-t", "linux-x86_64", "--stub", "stub", "--no-trial"];
    dir.packs(&pack);
    assert!(dir.names().contains(&"app-freebsd".to_owned()));
}

#[test]
fn a_misspelt_target_is_told_with_all_that_there_are() {
    let dir = Dir::new();
    let all = "macos-x86_64, macos, unix, universal, all";
    for (target, meant) in [
        ("linux-amr64", "did you mean linux-arm64?"),
        ("linux-arm", "did you mean linux-arm64?"),
        ("univeral", "did you mean universal?"),
        ("freebsd", "is not a target; the targets are linux-x86_64"),
    ] {
        usage(&dir, &["app.wasm", "-t", target], &[meant, all]);
    }
    usage(
        &dir,
        &["licenses", "-t", "linux-arm"],
        &["did you mean linux-arm64?", "macos-x86_64, macos, unix\n"],
    );
    usage(&dir, &["installers", "--for", "linux-arm=x"], &["did you mean linux-arm64?"]);
    usage(&dir, &["installers", "--for", "all=x"], &["one executable is for one target"]);
}

#[test]
fn a_folder_is_not_called_like_a_file() {
    let dir = Dir::new();
    let told = "-o names the folder for archives, which have names of their own, and q.";
    for out in ["q.tar.gz", "q.zip"] {
        usage(&dir, &["app.wasm", "--archive", "-o", out], &[told, "such as -o dist/"]);
    }
    usage(&dir, &["app.wasm", "-t", "linux,windows", "-o", "d/q.exe"], &["for executables", "such as -o d/"]);
    let installers = ["installers", "--name", "q", "--for", "linux-x86_64=stub", "-o", "q.zip"];
    usage(&dir, &installers, &["-o names the folder for archives and installers"]);
    dir.write("wasmpack.toml", b"module = 'app.wasm'\narchive = true\noutput = 'q.zip'\n");
    usage(&dir, &["build"], &["wasmpack.toml: line 3: output: -o names the folder"]);
    // A slash says that a folder is meant.
    dir.packs(&["app.wasm", "--archive", "-o", "q.zip/", "--stub", "stub", "--no-trial"]);
}

#[test]
fn an_executable_is_called_like_one() {
    let dir = Dir::new();
    for (out, told) in [
        ("app.zip", "app.zip is the name of an archive: --archive"),
        ("app.tar.gz", "app.tar.gz is the name of an archive"),
    ] {
        usage(&dir, &["app.wasm", "-o", out], &[told, "such as -o app"]);
    }
    usage(&dir, &["app.wasm", "-o", ""], &["it names nothing; such as app"]);
    dir.write("wasmpack.toml", b"module = 'app.wasm'\noutput = 'app.zip'\n");
    usage(&dir, &["build"], &["wasmpack.toml: line 2: output: an executable is written"]);
    dir.write("wasmpack.toml", b"module = ''\n");
    usage(&dir, &["build"], &["line 1: module: \"\": it names nothing"]);
    for out in ["bad:name", "aux.exe", "con"] {
        usage(&dir, &["app.wasm", "-t", "windows", "-o", out], &[out, "is none for Windows: "]);
    }
    dir.packs(&["app.wasm", "-o", "bad:name", "--stub", "stub", "--no-trial", "-t", "linux-x86_64"]);
}

#[test]
fn the_version_of_a_program_is_not_that_of_wasmpack() {
    let dir = Dir::new();
    let told = "the program's is --app-version 1.2.3";
    for args in [
        &["app.wasm", "--version", "1.2.3", "-o", "out"][..],
        &["app.wasm", "--version=1.2.3"],
        &["app.wasm", "-V", "1.2.3"],
        &["build", "--version", "1.2.3"],
    ] {
        usage(&dir, args, &[told]);
    }
    usage(&dir, &["build", "--version"], &["--app-version VERSION"]);
    dir.packs(&["--version"]);
    let lacks = ["app.wasm", "--archive", "--installers", "npm", "-o", "d/", "--stub", "stub"];
    usage(&dir, &lacks, &["need version", "the option for version is --app-version"]);
}

#[test]
fn several_targets_in_one_text_of_a_description_are_several() {
    let dir = Dir::new();
    let text = "module = 'app.wasm'\ntargets = 'linux-arm64, windows'\noutput = 'd/'\n";
    dir.write("wasmpack.toml", text.as_bytes());
    dir.packs(&["build", "--no-trial"]);
    assert!(dir.path("d/app-linux-arm64").exists() && dir.path("d/app-windows-x86_64.exe").exists());
    dir.write("wasmpack.toml", text.replace("windows", "vax").as_bytes());
    usage(&dir, &["build"], &["wasmpack.toml: line 2: targets: \"vax\": is not a target"]);
}

#[test]
fn a_file_in_a_folders_place_is_told() {
    let dir = Dir::new();
    dir.write("text", b"text");
    dir.fails(&["app.wasm", "-o", "text/"], &["text/: the output goes to a folder, and this is not one"]);
    let pack = ["app.wasm", "-o", "out", "--stub", "stub", "--cache", "text"];
    dir.fails(&pack, &["text: cannot be the cache: it is a file; name a folder"]);
}

#[test]
fn an_argument_too_many_is_told_where_it_may_stand() {
    let dir = Dir::new();
    let behind = "stand behind --: wasmpack APP.wasm -- ";
    usage(&dir, &["app.wasm", "b.wasm"], &["b.wasm: one program", behind, "--with NAME=b.wasm"]);
    usage(&dir, &["app.wasm", "out"], &["out: one program", behind, "-o out names the output"]);
    usage(
        &dir,
        &["inspect", "one", "two"],
        &["two: the command inspect takes one name at a time", "wasmpack inspect two"],
    );
    usage(&dir, &["doctor", "two"], &["two: the command doctor takes options only"]);
}

#[test]
fn a_misspelt_option_is_told_with_the_one_that_was_meant() {
    let dir = Dir::new();
    usage(&dir, &["app.wasm", "-dir", "."], &["-dir: no such option; did you mean --dir?"]);
    usage(&dir, &["init", "--nmae", "x"], &["the command init has no such option; wasmpack init --help"]);
    usage(&dir, &["run", "app.wasm", "-x"], &["stand behind --: wasmpack run APP.wasm -- -x"]);
    for (args, meant) in [
        (&["app.wasm", "--out", "f"][..], "--out: no such option; did you mean --output?\n"),
        (&["app.wasm", "--dirs", "."], "--dirs: no such option; did you mean --dir?\n"),
        (&["app.wasm", "--dri=."], "--dri: no such option; did you mean --dir?\n"),
        (&["run", "app.wasm", "--dirs", "."], "--dirs: no such option; did you mean --dir?\n"),
        (
            &["run", "app.wasm", "--out", "f"],
            "--out: no such option; did you mean --output? It is for packing: wasmpack APP.wasm; run keeps no file\n",
        ),
        (&["inspect", "stub", "--file"], "--file: no such option; did you mean --files?\n"),
    ] {
        usage(&dir, args, &[meant]);
    }
}

#[test]
fn a_misspelt_command_is_told_to_those_who_ask_for_its_help() {
    let dir = Dir::new();
    usage(&dir, &["help", "verfy"], &["verfy: no such command; did you mean the command verify?"]);
    usage(&dir, &["help", "foo"], &["foo: no such command; the commands are init, build, run, "]);
}

#[test]
fn what_is_no_program_is_told_what_it_is() {
    let dir = Dir::new();
    dir.fails(
        &["."],
        &[".: cannot read the module: is a directory; name the .wasm file in it, such as ./app.wasm"],
    );
    for (file, bytes, told) in [
        ("main.go", &b"package main\n"[..], "it is source text in Go: compile it for WASI first"),
        ("a.rs", b"fn main() {}\n", "it is source text in Rust: compile it for WASI first"),
        ("a.wasm.gz", b"\x1f\x8b\x08\0", "it is compressed by gzip: unpack it, and name the .wasm in it"),
        ("a.zip", b"PK\x03\x04\x14\0", "it is a zip archive: unpack it"),
        ("a.wasm", b"\n<!doctype html><p>Not found", "it is a web page"),
    ] {
        dir.write(file, bytes);
        let said = format!("{file}: not a wasm module: {told}");
        dir.fails(&[file], &[&said]);
        dir.fails(&["run", file], &[&said]);
        dir.fails(&["app.wasm", "--with", &format!("x={file}")], &[&said]);
    }
}

#[test]
fn what_is_no_executable_is_told_how_to_be_checked() {
    let dir = Dir::new();
    dir.write("app.tar.gz", b"\x1f\x8b\x08\0");
    let sums = format!("{}  app.tar.gz\n", "0".repeat(64));
    dir.write("SHA256SUMS", sums.as_bytes());
    dir.write("hashes", sums.as_bytes());
    for command in ["verify", "inspect"] {
        dir.fails(&[command, "app.tar.gz"], &["app.tar.gz: not an executable", "unpack it", "--pubkey KEY"]);
        for list in ["SHA256SUMS", "hashes"] {
            dir.fails(&[command, list], &["a list of hashes", "`sha256sum -c FILE`", "--pubkey KEY"]);
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn a_wheel_of_a_program_that_is_linked_dynamically_promises_too_much() {
    let dir = Dir::new();
    // This test is such a program.
    fs::copy(std::env::current_exe().unwrap(), dir.path("own")).unwrap();
    let target = payload::Target::host().unwrap().name();
    let said = |file: &str, kind: &str| {
        let build = format!("{target}={file}");
        let args =
            ["--name", "notes", "--app-version", "1.2.3", "--installers", kind, "-o", "dist", "--force"];
        stderr(&dir.packs(&[&["installers", "--for", &build][..], &args].concat()))
    };
    let told = said("own", "pypi");
    assert!(told.contains("note: own is linked dynamically: it needs /lib"), "{told}");
    assert!(!said("own", "npm").contains("dynamically"));
    if target == "linux-x86_64" {
        assert!(!said("stub", "pypi").contains("dynamically"));
    }
}

#[test]
fn each_kind_of_installer_is_told_with_what_it_lacks() {
    let dir = Dir::new();
    let args = ["app.wasm", "--archive", "-o", "dist", "--installers", "all", "-t", "linux-x86_64,windows"];
    let told = [
        "installers (sh, ps1) need version, download-url, (npm, pypi) need version, ",
        "(brew) need version, description, homepage, license, download-url, ",
        "(scoop) need version, homepage, license, download-url; write",
    ];
    usage(&dir, &args, &told);
}

#[test]
fn another_description_that_is_missing_is_not_what_init_writes() {
    let dir = Dir::new();
    let build = ["build", "--config", "nope.toml"];
    dir.fails(
        &build,
        &["nope.toml: there is no such file; `wasmpack init` writes one that is called wasmpack.toml"],
    );
    dir.write("wasmpack.toml", b"module = 'app.wasm'\nversion = 1.2\n");
    dir.fails(
        &build,
        &["nope.toml: there is no such file; without --config it is the wasmpack.toml that is here"],
    );
    usage(&dir, &["build"], &["wasmpack.toml: line 2: version: must be a string, in quotes: \"1.2\""]);
}
