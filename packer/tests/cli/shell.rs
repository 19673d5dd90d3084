//! What bash offers, with `wasmpack completions bash`.

use std::process::Command;

use crate::dir::{Dir, stderr};

/// What is offered for the last of `words`, which begin with the command.
fn offered(dir: &Dir, words: &[&str]) -> Vec<String> {
    dir.write("completions", &dir.packs(&["completions", "bash"]).stdout);
    let script = r#"
        source ./completions || exit 9
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        # Outside of a line that is typed there is nothing to set.
        compopt() { :; }
        _wasmpack wasmpack "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", script, "bash"]).args(words).current_dir(dir.path(""));
    let output = bash.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn targets_are_offered_by_their_own_names() {
    let dir = Dir::new();
    for option in ["-t", "--target"] {
        let all = offered(&dir, &["wasmpack", "app.wasm", option, ""]);
        assert_eq!(all.len(), 10, "{all:?}");
        assert!(all.contains(&"macos-arm64".to_owned()) && all.contains(&"all".to_owned()), "{all:?}");
        assert_eq!(offered(&dir, &["wasmpack", "build", option, "un"]), ["unix", "universal"]);
        assert_eq!(offered(&dir, &["wasmpack", "build", option, "w"]), ["windows-x86_64"]);
    }
    assert_eq!(offered(&dir, &["wasmpack", "build", "--installers", "n"]), ["npm"]);
    // What is offered is no list of what is taken, and an error is as it was.
    dir.packs(&["app.wasm", "-t", "amd64_Linux", "-o", "out", "--stub", "stub", "--no-trial"]);
    let wrong = dir.wasmpack(&["app.wasm", "-t", "linux-arm65", "-o", "no"]).output().unwrap();
    assert!(stderr(&wrong).contains("did you mean linux-arm64?"), "{}", stderr(&wrong));
}

#[test]
fn files_are_offered_where_a_file_is_named() {
    let dir = Dir::new();
    assert_eq!(offered(&dir, &["wasmpack", "build", "--config", "st"]), ["stub"]);
    assert_eq!(offered(&dir, &["wasmpack", "verify", "app", "--stub", "st"]), ["stub"]);
    // Nothing of the command's own begins so: bash offers its files then.
    for command in [vec!["wasmpack"], vec!["wasmpack", "inspect"], vec!["wasmpack", "extract"]] {
        assert_eq!(offered(&dir, &[&command[..], &["app.w"]].concat()), [""], "{command:?}");
    }
    let text = String::from_utf8(dir.packs(&["completions", "zsh"]).stdout).unwrap();
    assert_eq!(text.matches("An executable made by wasmpack:_files'").count(), 2, "{text}");
    assert_eq!(text.matches("with --pubkey, any file:_files'").count(), 1, "{text}");
    assert_eq!(text.matches("- for standard input:_files'").count(), 1, "{text}");
}
