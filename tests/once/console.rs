//! What the command prints, word for word: each file of `tests/console` is a session in a folder of its own.
//!
//! `SNAPSHOTS=overwrite cargo test -p wasmpack --test e2e console` writes what is printed now; review the difference.

use std::path::Path;

use crate::common::{
    console::{Console, Step, in_markdown, settled, steps},
    fixture,
    launcher::skipped_when_embedded_is_too_old,
};
use snapbox::Data;

/// Plays the session in `name`, whose folder has the fixtures.
fn plays(name: &str) {
    if payload::Target::host() != Some(payload::Target::LinuxX86_64) {
        skip::because("sessions are of linux-x86_64, and say so");
        return;
    }
    if skipped_when_embedded_is_too_old() {
        return;
    }
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/console").join(name).with_extension("console");
    let session = std::fs::read_to_string(&file).unwrap();
    let console = Console::new();
    for program in ["probe", "wc", "hello"] {
        std::fs::copy(fixture(program), console.dir.join(&format!("{program}.wasm"))).unwrap();
    }
    console.dir.write("notes/today", "first\nsecond\n");
    let head: String =
        session.lines().take_while(|line| !line.starts_with("$ ")).map(|line| format!("{line}\n")).collect();
    let mut played = head;
    for step in steps(&session) {
        played += &format!("$ {}\n{}", step.command, settled(&console.run(&step.command)));
    }
    snapbox::Assert::new().action_env("SNAPSHOTS").eq(played, Data::read_from(&file, None).raw());
}

macro_rules! sessions {
    ($($name:ident),*) => {
        $(
            #[test]
            fn $name() {
                plays(stringify!($name));
            }
        )*

        #[test]
        fn every_session_is_played() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/console");
            let names = [$(stringify!($name)),*];
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                assert!(names.contains(&name.as_str()), "{name}");
            }
        }
    };
}

sessions!(
    help,
    input_errors,
    output_errors,
    option_errors,
    options_at_start,
    grants,
    carried,
    owner,
    run,
    archives,
    look,
    build,
    again
);

/// Each example that `--help` ends with can be typed as it stands.
#[test]
fn help_examples_work() {
    if skipped_when_embedded_is_too_old() {
        return;
    }
    let console = Console::new();
    std::fs::copy(fixture("probe"), console.dir.join("app.wasm")).unwrap();
    console.dir.write("assets/data", "text");
    let help = console.run("wasmpack --help");
    let examples: Vec<&str> = help
        .lines()
        .filter_map(|line| line.strip_prefix("  wasmpack "))
        .filter(|line| line.contains("app"))
        .collect();
    assert!(examples.len() >= 8, "{help}");
    for example in examples {
        let printed = console.run(&format!("wasmpack {example}"));
        assert!(!printed.contains("? "), "{example}: {printed}");
    }
}

/// Each command of the README does what is shown below it. Those that need CPython do where it is, in the folder
/// WASMPACK_PYTHON: python.wasm and python-lib, as the README fetches them.
#[test]
fn readme_examples_work() {
    if skipped_when_embedded_is_too_old() {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let console = Console::new();
    let python = std::env::var_os("WASMPACK_PYTHON");
    if let Some(python) = &python {
        let copied = console.run(&format!(
            "cp -r {}/python.wasm {}/python-lib .",
            python.to_string_lossy(),
            python.to_string_lossy()
        ));
        assert_eq!(copied, "");
    } else {
        skip::because("what needs CPython, since WASMPACK_PYTHON is not set");
    }
    for (from, to) in [
        ("tests/fixtures/wc.wasm", "wc.wasm"),
        ("tests/fixtures/probe.wasm", "app.wasm"),
        ("LICENSE-MIT", "LICENSE-MIT"),
    ] {
        std::fs::copy(root.join(from), console.dir.join(to)).unwrap();
    }
    console.dir.write("assets/data", "text");
    console.dir.write("hello.py", "print('hello from', __file__)\n");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    // What needs the makers of components is for scripts/prove-components.
    let (before, components) = readme.split_once("\n## Python and JavaScript apps\n").unwrap();
    let behind = components.find("\n## ").map(|at| &components[at..]).unwrap();
    let commands = format!("{before}{behind}");
    let skipped = |step: &Step| {
        let command = &step.command;
        let fetches = ["npm ", "tar ", "mkdir ", "mv ", "git ", "scripts/"]
            .iter()
            .any(|word| command.starts_with(word));
        fetches || python.is_none() && (command.contains("python") || step.shown.contains("python"))
    };
    let mut count = 0;
    for step in in_markdown(&commands).iter().filter(|step| !skipped(step)) {
        let printed = console.run(&step.command);
        if step.shown.is_empty() {
            assert!(!printed.contains("\n? ") && !printed.starts_with("? "), "{}: {printed}", step.command);
        } else {
            assert_eq!(settled(&printed), settled(&step.shown), "{}", step.command);
        }
        count += 1;
    }
    assert!(count >= 10, "{count} commands were run");

    // The description, for the targets that it names.
    let toml = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    console.dir.write("wasmpack.toml", toml);
    let built = console.run("rm -rf dist && wasmpack build -q && ls dist");
    assert_eq!(built, "app-linux-arm64\napp-linux-x86_64\napp-macos-arm64\napp-windows-x86_64.exe\n");
    let one = console.run("wasmpack build -q -t linux-x86_64 && dist/app-linux-x86_64 env");
    assert_eq!(one, "MODE=fast\n");
}
