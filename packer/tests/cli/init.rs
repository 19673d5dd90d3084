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
        let lacks = said.contains("line 2: archive: name the folder to write to");
        // The others that are for archives are ignored without, and told.
        let needs = said.contains("line 2: sign: it is for archives");
        assert!(!said.contains("line 2") || fits_not || needs || lacks, "{key}: {said}");
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

/// Editors read the schema that the first line names, from the file's own folder.
#[test]
fn editors_find_the_schema_beside_it() {
    let dir = Dir::new();
    let said = stderr(&dir.packs(&["init"]));
    assert!(said.contains("wasmpack.schema.json: written"), "{said}");
    let text = String::from_utf8(dir.read("wasmpack.toml")).unwrap();
    let named = text.lines().next().unwrap().strip_prefix("#:schema ./").unwrap();
    let schema = dir.read(named);
    assert_eq!(schema, dir.packs(&["schema"]).stdout);
    let schema: serde_json::Value = serde_json::from_slice(&schema).unwrap();
    // Each key that is named in it is known to the schema.
    let keys = text.lines().filter_map(|line| line.strip_prefix("# ")?.split_once(" = "));
    let keys: Vec<&str> = keys.map(|(key, _)| key).filter(|key| !key.contains(' ')).collect();
    assert!(keys.len() > 30, "{keys:?}");
    for key in keys {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
    // Another file of the name stays.
    let other = Dir::new();
    other.write("wasmpack.schema.json", b"mine");
    let said = stderr(&other.packs(&["init"]));
    assert!(said.contains("note: wasmpack.schema.json is another one, and is left as it is"), "{said}");
    assert_eq!(other.read("wasmpack.schema.json"), b"mine");
    std::fs::remove_file(dir.path("wasmpack.toml")).unwrap();
    assert!(!stderr(&dir.packs(&["init"])).contains("another one"));
}
