//! A second opinion: `scripts/check-macho`, which shares no code with this crate, on what was packed.

use std::{path::Path, process::Command};

use super::*;

#[test]
fn a_stranger_agrees() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/check-macho");
    for (target, cpu) in BOTH {
        let file = packed(&bare(cpu).build(), target, PAYLOAD);
        let path = std::env::temp_dir().join(format!("wasmpack-{}-{}", std::process::id(), target.name()));
        std::fs::write(&path, &file).unwrap();
        let output = Command::new("python3")
            .arg(&script)
            .arg(&path)
            .args(["--identifier", "app", "--flips", "2000"])
            .output()
            .expect("python3 is there");
        std::fs::remove_file(&path).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).contains("all found"));
    }
}
