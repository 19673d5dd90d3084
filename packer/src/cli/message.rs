//! What the command says when all went well: one line.

use std::time::Duration;

use crate::{Pack, Packed, error::printable, pack::Place};

/// `app: linux-x86_64, 9.4 MB from a 20.5 MB module (cranelift, 6.2 s)`.
pub(super) fn packed(pack: &Pack, place: &Place, packed: &Packed) -> String {
    format!(
        "{}: {}, {} from a {} module ({}, {})",
        printable(&place.file.to_string_lossy()),
        place.target.name(),
        size(packed.output_len),
        size(packed.input_len),
        pack.compiler.name(),
        time(packed.took)
    )
}

/// Bytes in the largest unit (of 1000) that leaves a number above one; three digits or so.
fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..999_950 => format!("{:.1} kB", bytes as f64 / 1e3),
        999_950..999_950_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

fn time(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let sizes: Vec<String> = [0, 999, 1000, 999_949, 999_950, 20_512_345, 1_234_567_890].map(size).into();
        assert_eq!(sizes, ["0 bytes", "999 bytes", "1.0 kB", "999.9 kB", "1.0 MB", "20.5 MB", "1.2 GB"]);
    }
}
