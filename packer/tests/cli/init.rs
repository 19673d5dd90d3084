//! `wasmpack init`.

use crate::dir::{Dir, stderr};

#[test]
fn it_names_the_one_module_and_every_key_and_can_be_built() {
    let dir = Dir::new();
    dir.packs(&["init"]);
    let text = String::from_utf8(dir.read("wasmpack.toml")).unwrap();
    assert!(text.contains("module = \"app.wasm\"") && text.contains("# targets = ["), "{text}");
    dir.packs(&["build", "-o", "out", "--stub", "stub", "--no-trial"]);
    // Each key alone is one that a build knows.
    let keys: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ') && !key.is_empty()))
        .collect();
    assert!(keys.len() > 30, "{keys:?}");
    for key in keys {
        dir.write("wasmpack.toml", format!("module = \"gone.wasm\"\n{key}\n").as_bytes());
        let said = stderr(&dir.wasmpack(&["build"]).output().unwrap());
        // The example of a working directory is in no grant.
        let fits_not = said.contains("line 2: cwd: the working directory /notes lies in none");
        // The others that are for archives are ignored without, and told.
        let needs = said.contains("line 2: sign: it is for archives");
        assert!(!said.contains("line 2") || fits_not || needs, "{key}: {said}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn it_names_no_folder_and_nothing_that_is_no_text() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    let dir = Dir::new();
    std::fs::create_dir(dir.path("folder.wasm")).unwrap();
    dir.packs(&["init"]);
    assert!(String::from_utf8(dir.read("wasmpack.toml")).unwrap().contains("module = \"app.wasm\""));
    let elsewhere = Dir::new();
    let output = elsewhere.wasmpack(&["init"]).arg(OsStr::from_bytes(b"\xff.wasm")).output().unwrap();
    assert!(!output.status.success() && stderr(&output).contains("not UTF-8"), "{output:?}");
    assert!(!elsewhere.path("wasmpack.toml").exists());
}

#[test]
fn it_never_replaces_a_file() {
    let dir = Dir::new();
    dir.write("wasmpack.toml", b"mine");
    let elsewhere = Dir::new();
    let said = stderr(&elsewhere.packs(&["init", "x.wasm"]));
    assert!(said.contains("note: there is no file x.wasm here yet"), "{said}");
    dir.fails(&["init", "x.wasm"], &["wasmpack.toml: it exists already"]);
    assert_eq!(dir.read("wasmpack.toml"), b"mine");
}
