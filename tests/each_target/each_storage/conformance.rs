//! WebAssembly/wasi-testsuite's preview-1 set, each module packed and run as an executable.
//!
//! The suite is not part of this repository: `WASI_TESTSUITE` names a checkout of its branch `prod/testsuite-base`,
//! where the modules lie ready-built. Without it the test says that it was skipped. What a module needs stands beside
//! it in a JSON file, by the suite's own rules.

use std::path::{Path, PathBuf};

use crate::common::{Dir, on_windows, pack, start, text};
use serde_json::Value;

/// How many modules the set has; a checkout with fewer is not the one meant here.
const MODULES: usize = 72;

/// The modules that need not pass for the target of the tests, by `tests/conformance/expectations.toml`.
fn exceptions() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance/expectations.toml");
    let list: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let mut names = Vec::new();
    for entry in list["exception"].as_array().unwrap() {
        let text = |key: &str| entry[key].as_str().unwrap().to_owned();
        assert!(!text("reason").is_empty(), "{}: an exception needs a reason", text("module"));
        assert_eq!(text("system"), "windows", "{}: no other system is known here", text("module"));
        if on_windows() {
            names.push(text("module"));
        }
    }
    names
}

#[test]
fn every_exception_has_a_reason() {
    assert_eq!(exceptions().is_empty(), !on_windows());
}

#[test]
fn every_module_of_the_suite_passes() {
    let Some(suite) = std::env::var_os("WASI_TESTSUITE").map(PathBuf::from) else {
        skip::because("WASI_TESTSUITE does not name a checkout of WebAssembly/wasi-testsuite");
        return;
    };
    let dir = Dir::new();
    let mut failures = Vec::new();
    let (mut count, mut left_out) = (0, 0);
    let exceptions = exceptions();
    for language in ["assemblyscript", "c", "rust"] {
        let folder = suite.join("tests").join(language).join("testsuite/wasm32-wasip1");
        let mut modules: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
            .collect();
        modules.sort();
        for module in modules {
            count += 1;
            let name = format!("{language}/{}", name(&module));
            match check(&module, &dir) {
                Err(why) if exceptions.contains(&name) => {
                    println!("{name}, as expected: {why}");
                    left_out += 1;
                }
                Err(why) => failures.push(format!("{name}: {why}")),
                Ok(()) => {}
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} fail:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(count, MODULES, "another version of the suite");
    println!("{} of {count} modules pass", count - left_out);
}

fn name(module: &Path) -> String {
    module.file_stem().unwrap().to_string_lossy().into_owned()
}

fn check(module: &Path, dir: &Dir) -> Result<(), String> {
    let spec: Value = match std::fs::read(module.with_extension("json")) {
        Ok(json) => serde_json::from_slice(&json).map_err(|error| error.to_string())?,
        Err(_) => Value::Null,
    };
    let mut options = Vec::new();
    for (variable, value) in spec["env"].as_object().into_iter().flatten() {
        options.push("--env".to_owned());
        options.push(format!("{variable}={}", value.as_str().unwrap_or_default()));
    }
    if let Some(root) = spec["root"].as_str() {
        // A copy for each module, because they write into it.
        let fresh = dir.join(&format!("root-{}", name(module)));
        copy(&module.with_file_name(root), &fresh);
        options.push("--dir".to_owned());
        options.push(format!("{}::/", fresh.display()));
    }
    let program = dir.join(&crate::common::file_name(&name(module)));
    pack(module, &program, &options.iter().map(String::as_str).collect::<Vec<_>>());
    let args = spec["args"].as_array().into_iter().flatten().map(|arg| arg.as_str().unwrap_or_default());
    let output = start(&program).args(args).output().map_err(|error| error.to_string())?;
    let _ = std::fs::remove_file(program);

    let code = spec["exit_code"].as_i64().unwrap_or(0);
    if output.status.code().map(i64::from) != Some(code) {
        return Err(format!("{}, exit code {code} expected: {}", output.status, text(&output.stderr)));
    }
    match spec["stdout"].as_str() {
        Some(expected) if text(&output.stdout) != expected => {
            Err(format!("printed {:?}", text(&output.stdout)))
        }
        _ => Ok(()),
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
