//! What the command prints, word for word: each file of `tests/console` is a session in a folder of its own.
//!
//! `SNAPSHOTS=overwrite cargo test -p wasmpack --test e2e console` writes what is printed now; review the difference.

use std::path::Path;

use crate::common::{
    console::{Console, settled, steps},
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
