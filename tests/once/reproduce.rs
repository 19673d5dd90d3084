//! The same bytes, whatever surrounds the packer: `scripts/reproduce`, in its short form.

use std::process::Command;

use crate::common::text;

#[test]
fn surroundings_have_no_part_in_what_is_packed() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/reproduce");
    let mut command = Command::new(script);
    let output = command.arg("--short").env("WASMPACK", env!("CARGO_BIN_EXE_wasmpack")).output().unwrap();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}
