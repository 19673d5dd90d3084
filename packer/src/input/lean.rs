//! Making a module lean: its custom sections go, the names of functions stay.
//!
//! Debug sections can be larger than the program (yosys: 44 MB), the compiler would carry them along, and
//! nothing looks at them when the program runs. Function names are for the message when it traps.

use wasmer_compiler::wasmparser::{BinaryReaderError, Parser, Payload};

/// The custom section that gives functions their names.
const NAMES: &str = "name";

/// A lean module.
#[derive(Debug, PartialEq, Eq)]
pub struct Lean {
    /// The module.
    pub wasm: Vec<u8>,
    /// How many bytes its code lies nearer to the start than in the module as it was.
    pub moved: u32,
}

/// `module` without its custom sections, but for the one with names. Sections that stay are copied byte for byte.
///
/// # Errors
/// As the parser's, if `module` is not valid.
pub fn lean(module: &[u8]) -> Result<Lean, BinaryReaderError> {
    let mut out = Vec::with_capacity(module.len());
    let mut moved = 0;
    // A section's own head (its kind and length) stands between the end of the one before and its content.
    let mut end = 0;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        let range = match &payload {
            Payload::Version { range, .. } => range.clone(),
            other => match other.as_section() {
                Some((_, range)) => range,
                None => continue,
            },
        };
        let keep = match &payload {
            Payload::CustomSection(section) => section.name() == NAMES,
            _ => true,
        };
        if keep {
            out.extend_from_slice(&module[end..range.end]);
        }
        end = range.end;
        if let Payload::CodeSectionStart { .. } = payload {
            moved = (end - out.len()) as u32;
        }
    }
    Ok(Lean { wasm: out, moved })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_section_survives() {
        let text = r#"(module (@custom ".debug_info" (before type) "0123456789") (memory 1)
            (func $main (export "_start")) (@custom "producers" (after code) "someone") (data (i32.const 0) "x"))"#;
        let fat = wat::parse_str(text).unwrap();
        let lean = lean(&fat).unwrap();
        let bare =
            wat::parse_str(r#"(module (memory 1) (func $main (export "_start")) (data (i32.const 0) "x"))"#);
        let bare = bare.unwrap();
        // A section's kind and length, its name and length, and its content.
        assert_eq!(lean, Lean { wasm: bare.clone(), moved: 2 + 12 + 10 });
        assert_eq!(
            super::lean(&bare).unwrap(),
            Lean { wasm: bare, moved: 0 },
            "a lean module stays as it is"
        );
    }
}
