//! What shells offer, with `wasmpack completions SHELL`: each is run on a terminal of its own, and its key for completions is pressed.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    process::Command,
};

use crate::dir::{Dir, stderr};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Shell {
    const ALL: [Shell; 3] = [Shell::Bash, Shell::Zsh, Shell::Fish];

    fn name(self) -> &'static str {
        match self {
            Shell::Bash => "bash",
            Shell::Zsh => "zsh",
            Shell::Fish => "fish",
        }
    }

    fn is_there(self) -> bool {
        Command::new(self.name()).arg("--version").output().is_ok()
    }
}

/// Those shells that are here.
#[track_caller]
fn shells() -> impl Iterator<Item = Shell> {
    for shell in Shell::ALL.into_iter().filter(|shell| !shell.is_there()) {
        skip::because(format!("there is no {}", shell.name()));
    }
    Shell::ALL.into_iter().filter(|shell| shell.is_there())
}

/// What zsh does at its start: everything that is offered is put into the line.
const ZSH: &str = r#"
autoload -Uz compinit; compinit -D -u; source ./completions.sh
wasmpack() { printf '%s\n' "$@" >offered.txt }
all() { compstate[insert]=all }; every() { comppostfuncs=(all); _main_complete }
zle -C every complete-word every; bindkey '^I' every
"#;

/// The same for bash.
const BASH: &str = r#"
source ./completions.sh
wasmpack() { printf '%s\n' "$@" >offered.txt; }
bind '"\C-i": insert-completions'
"#;

/// What `shell` offers for the last word of `line`.
fn offered(dir: &Dir, shell: Shell, line: &str) -> BTreeSet<String> {
    let text = dir.packs(&["completions", shell.name()]).stdout;
    dir.write("completions.sh", &text);
    let options: &[&str] = match shell {
        Shell::Fish => {
            let script = format!("source ./completions.sh; complete -C '{line}'");
            let mut fish = Command::new("fish");
            let output =
                fish.args(["--no-config", "-c", &script]).current_dir(dir.path("")).output().unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{line}: {}", stderr(&output));
            let text = String::from_utf8(output.stdout).unwrap();
            return text.lines().map(|line| line.split('\t').next().unwrap().to_owned()).map(bare).collect();
        }
        Shell::Zsh => &["-f", "-i"],
        Shell::Bash => &["--norc", "--noprofile", "-i"],
    };
    let _ = std::fs::remove_file(dir.path("offered.txt"));
    let (mut pty, pts) = pty_process::blocking::open().unwrap();
    let mut child = pty_process::blocking::Command::new(shell.name())
        .args(options)
        .env("TERM", "xterm")
        .current_dir(dir.path(""))
        .spawn(pts)
        .unwrap();
    let setup = if shell == Shell::Zsh { ZSH } else { BASH };
    pty.write_all(format!("{setup}{line}\t\nexit\n").as_bytes()).unwrap();
    let (mut all, mut piece) = (Vec::new(), [0; 4096]);
    // The end is an error on Linux.
    while let Ok(len) = pty.read(&mut piece) {
        if len == 0 {
            break;
        }
        all.extend_from_slice(&piece[..len]);
    }
    child.wait().unwrap();
    let shown = String::from_utf8_lossy(&all);
    assert!(dir.path("offered.txt").exists(), "{line}: {shown}");
    assert!(!shown.contains("rror:") && !shown.contains("command not found"), "{line}: {shown}");
    let words = String::from_utf8(dir.read("offered.txt")).unwrap();
    // Those before it were typed, and so was the name of the command.
    let before = line.split_whitespace().count() - usize::from(!line.ends_with(' ')) - 1;
    words.lines().skip(before).map(|word| bare(word.to_owned())).collect()
}

/// The word without what some shells put around it.
fn bare(word: String) -> String {
    let attached = word.split_once('=').filter(|(name, value)| name.starts_with("--") && !value.is_empty());
    attached.map_or(&*word, |(_, value)| value).trim_end_matches(['/', ' ', '=']).to_owned()
}

/// A folder with files of each kind.
fn folder() -> Dir {
    let dir = Dir::new();
    dir.wat("a b.wasm", crate::dir::COMMAND);
    dir.write("text.wat", b"(module)");
    dir.write("notes.txt", b"x");
    dir.write("tool", b"#!/bin/sh\n");
    std::fs::set_permissions(dir.path("tool"), std::fs::Permissions::from_mode(0o755)).unwrap();
    // One that is called as a command is none.
    std::fs::create_dir(dir.path("inspect")).unwrap();
    std::fs::create_dir(dir.path("sub")).unwrap();
    dir.write("sub/in.wasm", b"\0asm");
    dir
}

#[test]
fn each_shell_offers_what_can_stand_there() {
    const MODULES: &[&str] = &["a b.wasm", "app.wasm", "inspect", "sub", "text.wat"];
    const LINUX: &[&str] = &["linux-arm64", "linux-riscv64", "linux-x86_64"];
    const EXECUTABLES: &[&str] = &["inspect", "sub", "tool"];
    const FOLDERS: &[&str] = &["inspect", "sub"];
    let dir = folder();
    for shell in shells() {
        for (line, expected) in [
            ("wasmpack run ", MODULES),
            ("wasmpack init ", MODULES),
            ("wasmpack run a", &["a b.wasm", "app.wasm"][..]),
            ("wasmpack run ./sub/", &["./sub/in.wasm"]),
            ("wasmpack run sub/i", &["sub/in.wasm"]),
            ("wasmpack run app.wasm --dir ", FOLDERS),
            ("wasmpack inspect ", EXECUTABLES),
            ("wasmpack verify ", EXECUTABLES),
            ("wasmpack extract ", EXECUTABLES),
            ("wasmpack extract tool --files ", FOLDERS),
            ("wasmpack installers tool ", EXECUTABLES),
            ("wasmpack build --config no", &["notes.txt"]),
            ("wasmpack build --config=no", &["notes.txt"]),
            ("wasmpack build --target=li", LINUX),
            ("wasmpack app.wasm --target li", LINUX),
            ("wasmpack build -t un", &["unix", "universal"]),
            ("wasmpack build -t linux-x86_64,linux-r", &["linux-x86_64,linux-riscv64"]),
            (
                "wasmpack app.wasm -t linux-x86_64,li",
                &["linux-x86_64,linux-arm64", "linux-x86_64,linux-riscv64"],
            ),
            ("wasmpack build --installers=n", &["npm"]),
            ("wasmpack build --installers sh,p", &["sh,ps1", "sh,pypi"]),
            ("wasmpack licenses -t w", &["windows-x86_64"]),
            ("wasmpack completions z", &["zsh"]),
            ("wasmpack help ins", &["inspect", "installers"]),
            ("wasmpack hel", &["help"]),
            ("wasmpack verify tool --st", &["--stub"]),
            ("wasmpack app.wasm --keep", &["--keep-module"]),
            ("wasmpack app.wasm --with tool=te", &["tool=text.wat"]),
        ] {
            let there = offered(&dir, shell, line);
            assert_eq!(there, expected.iter().map(|word| (*word).to_owned()).collect(), "{shell:?}: {line}");
        }
        // Where a program or a command can stand, both are offered, and no options.
        let first = offered(&dir, shell, "wasmpack ");
        for word in MODULES.iter().chain(&["build", "inspect", "run", "schema"]) {
            assert!(first.contains(*word), "{shell:?}: {word}: {first:?}");
        }
        assert!(!first.iter().any(|word| word.starts_with('-')), "{shell:?}: {first:?}");
        let installs = offered(&dir, shell, "wasmpack ins");
        assert_eq!(installs.into_iter().collect::<Vec<_>>(), ["inspect", "installers"], "{shell:?}");
        // Behind a program there is no command.
        let options = offered(&dir, shell, "wasmpack app.wasm --");
        assert!(options.contains("--dir") && options.contains("--target"), "{shell:?}: {options:?}");
        let options = offered(&dir, shell, "wasmpack inspect --");
        assert!(options.contains("--long") && !options.contains("--target"), "{shell:?}: {options:?}");
    }
}

#[test]
fn what_is_offered_is_no_list_of_what_is_taken() {
    let dir = Dir::new();
    dir.packs(&["app.wasm", "-t", "amd64_Linux", "-o", "out", "--stub", "stub", "--no-trial"]);
    let wrong = dir.wasmpack(&["app.wasm", "-t", "linux-arm65", "-o", "no"]).output().unwrap();
    assert!(stderr(&wrong).contains("did you mean linux-arm64?"), "{}", stderr(&wrong));
}

#[test]
fn other_shells_are_offered_targets_and_commands() {
    let dir = Dir::new();
    for shell in ["elvish", "powershell"] {
        let text = String::from_utf8(dir.packs(&["completions", shell]).stdout).unwrap();
        assert!(text.contains("installers") && text.contains("--keep-module"), "{shell}: {text}");
    }
}
