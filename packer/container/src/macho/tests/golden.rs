//! What is written, byte for byte. `WASMPACK_BLESS=1 cargo test` writes the dumps again; review the difference.

use std::{fmt::Write as _, fs, path::Path};

use super::*;

/// `file` in lines of 16 bytes; lines of zeros are left out.
fn dump(file: &[u8]) -> String {
    let mut text = String::new();
    for (index, line) in file.chunks(16).enumerate() {
        if line.iter().any(|byte| *byte != 0) {
            let hex: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = write!(text, "{:06x}  {:47}  ", index * 16, hex.join(" "));
            let shown = line.iter().map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' });
            text.extend(shown.chain(['\n']));
        }
    }
    let _ = writeln!(text, "{:06x}", file.len());
    text
}

#[test]
fn packed_files_are_as_documented() {
    for (target, cpu) in BOTH {
        let file = packed(&bare(cpu).build(), target, PAYLOAD);
        let name = format!("src/macho/tests/{}.hex", target.name());
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        if std::env::var_os("WASMPACK_BLESS").is_some() {
            fs::write(&path, dump(&file)).unwrap();
        }
        assert_eq!(dump(&file), fs::read_to_string(&path).unwrap(), "{}", target.name());
    }
}

#[test]
fn packing_twice_gives_the_same_bytes() {
    for (target, cpu) in BOTH {
        let stub = bare(cpu).build();
        assert_eq!(packed(&stub, target, PAYLOAD), packed(&stub, target, PAYLOAD));
    }
}
