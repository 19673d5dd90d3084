//! Whether a program may start copies of itself: it asks by an import, the owner is told, and takes it away.

use payload::target::Os;

use super::program;
use crate::common::{self, Dir, complains, prints, run, text};

/// Exits with what the call answers, and 70 if there is a copy.
fn asks() -> String {
    program(
        r#"(func (export "_start") (local $errno i32)
            (local.set $errno (call $proc_fork (i32.const 1) (i32.const 1032)))
            (if (i32.eqz (local.get $errno))
                (then
                    (if (i32.eqz (i32.load (i32.const 1032))) (then (call $exit (i32.const 0))))
                    (drop (call $join (i32.const 2)))
                    (call $exit (i32.const 70))))
            (call $exit (local.get $errno)))"#,
    )
}

#[test]
fn the_owner_takes_it_away_and_windows_has_none() {
    let dir = Dir::new();
    let source = dir.write("asks.wat", asks());
    let program = dir.join(&common::file_name("asks"));
    let packed = common::wasmpack().arg(&source).arg("-o").arg(&program).output().unwrap();
    let said = text(&packed.stderr) + &text(&packed.stdout);
    let on_windows = common::target().os() == Os::Windows;
    assert_eq!(said.contains("which Windows does not have"), on_windows, "{said}");
    assert!(said.contains("may start copies of itself"), "{said}");
    let info = text(&run(&program, &["--wasmpack-info"]).stdout);
    assert_eq!(
        info.contains("starts no other program, but it may start copies of itself"),
        !on_windows,
        "{info}"
    );
    if on_windows {
        prints(&program, &[], 52);
        return;
    }
    prints(&program, &[], 70);
    let denied = |args: &[&str]| {
        common::output(common::start(&program).args(args).env("WASMPACK_OPTS", "--deny-fork"))
    };
    assert_eq!(denied(&[]).status.code(), Some(63), "{}", text(&denied(&[]).stderr));
    let info = text(&denied(&["--wasmpack-info"]).stdout);
    assert!(info.contains("starts no other program\n"), "{info}");
    let json = text(&denied(&["--wasmpack-info", "--json"]).stdout);
    assert!(json.contains("\"fork\": false"), "{json}");
}

#[test]
fn what_is_sealed_does_not_start_without_it() {
    if common::on_windows() {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack_text("sealed", &asks(), &["--sealed"]);
    prints(&program, &[], 70);
    let output = common::output(common::start(&program).env("WASMPACK_OPTS", "--deny-fork"));
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(125), "{said}");
    assert!(said.contains("WASMPACK_OPTS cannot take starting copies of itself from it"), "{said}");
}

#[test]
fn a_program_that_starts_no_copies_is_not_said_to() {
    let dir = Dir::new();
    let program = dir.pack_text(
        "none",
        r#"(module (memory (export "memory") 1) (func (export "_start") unreachable))"#,
        &[],
    );
    let info = text(&run(&program, &["--wasmpack-info"]).stdout);
    assert!(info.contains("starts no other program\n"), "{info}");
    complains(&program, &[], 134);
}
