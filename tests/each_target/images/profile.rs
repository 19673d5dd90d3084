//! `--profile` names the start that a file is laid out for.

#[cfg(target_os = "linux")]
use super::long_chain;
use crate::common::{self, Dir, fixture, text};
#[cfg(target_os = "linux")]
use crate::common::{complains, prints, skipped_when_emulated};

#[test]
#[cfg(target_os = "linux")]
fn a_profile_changes_the_order_and_nothing_else() {
    if skipped_when_emulated("to be profiled") {
        return;
    }
    let dir = Dir::new();
    let source = long_chain(1500);
    let plain = std::fs::read(dir.pack_text("plain", &source, &[])).unwrap();
    let program = dir.pack_text("profiled", &source, &["--profile", ""]);
    let profiled = std::fs::read(&program).unwrap();
    assert!(plain != profiled);
    prints(&program, &[], 99);
    let message = complains(
        &dir.pack_text(
            "odd",
            "(module (memory 1) (func (export \"_start\") unreachable))",
            &["--profile", "a 'b c'"],
        ),
        &[],
        134,
    );
    assert!(message.starts_with("odd: trap: unreachable\n    at function 0"), "{message}");
}

#[test]
fn a_profile_with_an_open_quotation_is_refused() {
    let dir = Dir::new();
    let output = common::wasmpack()
        .arg(fixture("hello"))
        .arg("-o")
        .arg(dir.join("x"))
        .args(["--profile", "it's"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("quotation"), "{}", text(&output.stderr));
}
