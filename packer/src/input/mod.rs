//! Reading the app: a .wasm module or WebAssembly text, checked before any work is spent on it.
//!
//! [`Module::new`] tells apart what people really hand over: nothing, some other file, a text with a mistake; and a [`component`],
//! of which it makes a module. [`command`] then checks that the module is a program that can start, and [`unprovided`] tells what it
//! imports in vain, [`copies`] whether it starts copies of itself. [`program`] makes the module to
//! compile: [`exceptions`] become plain WebAssembly, [`lean`] drops sections that a running program does not need, and [`fit`]
//! rewrites constructs that the compilers get wrong. [`files`] reads files to carry. [`kind`] tells what
//! is no WebAssembly.

pub mod command;
pub mod component;
pub mod copies;
pub mod exceptions;
pub mod files;
pub mod fit;
mod imports;
pub(crate) mod kind;
pub mod lean;
pub mod program;
pub mod proposals;
pub(crate) mod segments;
mod signatures;
pub(crate) mod sockets;
pub mod unprovided;

use std::path::Path;

use wasmer_compiler::wasmparser::BinaryReader;

use self::component::Component;

use crate::{Error, Kind, container::MAX_LEN};

/// The first four bytes of every module and component.
const MAGIC: &[u8; 4] = b"\0asm";
/// The bytes behind them in a module: version 1, layer 0.
const MODULE: [u8; 4] = [1, 0, 0, 0];
/// Byte 6, the layer, is 1 in a component; the version before it has changed over the years.
const COMPONENT_LAYER: [u8; 2] = [1, 0];

/// An app's module, as it was read. Not yet known to be valid.
#[derive(Clone, Debug)]
pub struct Module {
    /// The module in binary form.
    pub wasm: Vec<u8>,
    /// SHA-256 of the file it came from.
    pub sha256: [u8; 32],
    /// Bytes in that file.
    pub file_len: u64,
    /// What is told of the component that it was, if it was one.
    pub component: Option<Component>,
}

impl Module {
    /// The module in `bytes`, binary or text, which are those of `file`; a component becomes a module.
    ///
    /// # Errors
    /// `TooLarge`, `Empty`, `NotWasm`, `Text`, or `Invalid` for a file that ends within its first eight bytes or, as a
    /// component, breaks a rule; for components also `NotACommand`, `Import` and `Component`. All name the file.
    pub fn new(bytes: Vec<u8>, file: &Path) -> Result<Module, Error> {
        let (sha256, file_len) = (payload::sha256(&bytes), bytes.len() as u64);
        let read =
            check_len(file_len).and_then(|()| binary(bytes, file)).and_then(|wasm| {
                match is_component(&wasm) {
                    true => component::read(&wasm).map(|(wasm, component)| (wasm, Some(component))),
                    false => Ok((wasm, None)),
                }
            });
        let (wasm, component) = read.map_err(|error| error.in_file(file))?;
        Ok(Module { wasm, sha256, file_len, component })
    }
}

/// Whether a module of `len` bytes can become an executable.
///
/// # Errors
/// `TooLarge`.
pub(crate) fn check_len(len: u64) -> Result<(), Error> {
    if len < MAX_LEN {
        return Ok(());
    }
    let reason =
        format!("the module has {len} bytes, and an executable cannot have more than {}", MAX_LEN - 1);
    Err(Error::new(Kind::TooLarge, reason))
}

/// Whether `wasm` is a component, not a module.
fn is_component(wasm: &[u8]) -> bool {
    wasm.get(6..8) == Some(&COMPONENT_LAYER)
}

/// The binary module or component in `bytes`, translated if they are text. `file` is for messages.
fn binary(bytes: Vec<u8>, file: &Path) -> Result<Vec<u8>, Error> {
    if bytes.is_empty() {
        return Err(Error::new(Kind::Empty, "the file is empty; a wasm module was expected"));
    }
    let wasm = if looks_like_text(&bytes) { assemble(&bytes, file)? } else { bytes };
    if !wasm.starts_with(MAGIC) && !MAGIC.starts_with(&wasm) {
        if let Some(what) = kind::told(&wasm, file) {
            return Err(Error::new(Kind::NotWasm, format!("not a wasm module: {what}")));
        }
        let head: Vec<String> = wasm.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let reason = format!(
            "not a wasm module: it starts with {} instead of 00 61 73 6d, and is not WebAssembly text either",
            head.join(" ")
        );
        return Err(Error::new(Kind::NotWasm, reason));
    }
    match wasm.get(4..8) {
        None => {
            let reason =
                format!("the module is cut short: only {} of its first 8 bytes are there", wasm.len());
            Err(Error::new(Kind::Invalid, reason))
        }
        Some(head) if head == MODULE => whole(wasm),
        Some(_) if is_component(&wasm) => whole(wasm),
        Some(head) => {
            let version = u32::from_le_bytes(head.try_into().expect("four bytes"));
            let reason = format!("wasm version 1 expected at 0x4, {version:#x} found");
            Err(Error::new(Kind::Invalid, reason))
        }
    }
}

/// `wasm`, if each of its sections ends within it. What is in them is checked later; a download that broke off
/// deserves better than being called invalid.
fn whole(wasm: Vec<u8>) -> Result<Vec<u8>, Error> {
    let mut reader = BinaryReader::new(&wasm, 0);
    let head = reader.read_bytes(MAGIC.len() + MODULE.len());
    debug_assert!(head.is_ok(), "the caller has looked at the head");
    while !reader.eof() {
        let at = reader.original_position();
        let section = reader.read_u8().and_then(|_| reader.read_reader());
        if let Err(error) = section {
            let reason = format!(
                "the module is cut short: its section at {at:#x} is longer than the file, which ends at {:#x} \
                 ({})",
                wasm.len(),
                error.message()
            );
            return Err(Error::new(Kind::Invalid, reason));
        }
    }
    Ok(wasm)
}

/// True for text whose first token can begin a module. Other text is better called "not wasm" than "bad wasm".
fn looks_like_text(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut rest = text.trim_start();
    while rest.starts_with(";;") {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    rest.starts_with('(')
}

fn assemble(text: &[u8], file: &Path) -> Result<Vec<u8>, Error> {
    wat::parse_bytes(text).map(std::borrow::Cow::into_owned).map_err(|mut error| {
        let name = payload::info::printable(&file.to_string_lossy());
        error.set_path(Path::new(&name));
        // The message is a sentence, then the place and the line itself, with a mark under the mistake.
        Error::new(Kind::Text, format!("not valid WebAssembly text: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(bytes: &[u8]) -> Kind {
        binary(bytes.to_vec(), Path::new("app.wasm")).unwrap_err().kind
    }

    #[test]
    fn what_is_no_module_is_told_apart() {
        assert_eq!(kind(b""), Kind::Empty);
        assert_eq!(kind(b"\x7fELF\x02\x01\x01"), Kind::NotWasm);
        assert_eq!(kind(b"#!/bin/sh\n"), Kind::NotWasm);
        assert_eq!(kind(b"\0as"), Kind::Invalid);
        assert_eq!(kind(b"\0asm\x01\0"), Kind::Invalid);
        assert_eq!(kind(b"\0asm\x02\0\0\0"), Kind::Invalid);
        let component = |bytes: &[u8]| Module::new(bytes.to_vec(), Path::new("app.wasm")).unwrap_err().kind;
        assert_eq!(component(b"\0asm\x0d\0\x01\0"), Kind::NotACommand);
        assert_eq!(component(b"\0asm\x0c\0\x01\0"), Kind::Invalid);
        assert_eq!(component(b"(component)"), Kind::NotACommand);
        assert_eq!(kind(b"(module (func $f)"), Kind::Text);
    }

    #[test]
    fn what_no_executable_can_hold_is_refused_by_its_length() {
        assert!(check_len(MAX_LEN - 1).is_ok());
        for len in [MAX_LEN, u64::from(u32::MAX) + 1, u64::MAX] {
            assert_eq!(check_len(len).unwrap_err().kind, Kind::TooLarge, "{len}");
        }
    }

    #[test]
    fn text_may_begin_with_comments() {
        let text = b"  ;; a comment\n(; and another ;)\n(module)";
        assert_eq!(binary(text.to_vec(), Path::new("app.wat")).unwrap(), b"\0asm\x01\0\0\0");
    }

    #[test]
    fn text_errors_say_line_and_column() {
        let error = binary(b"(module\n  (fnc))".to_vec(), Path::new("app.wat")).unwrap_err();
        assert!(error.reason.contains("app.wat:2:4"), "{error}");
    }

    #[test]
    fn a_module_cut_within_a_section_is_called_cut_short() {
        let module = wat::parse_str(r#"(module (memory 1) (func (export "_start")))"#).unwrap();
        let (sections, mut at) = (module.len(), 8);
        let mut ends = vec![at];
        while at < sections {
            at += 2 + usize::from(module[at + 1]);
            ends.push(at);
        }
        for len in 8..=sections {
            let result = binary(module[..len].to_vec(), Path::new("app.wasm"));
            assert_eq!(result.is_ok(), ends.contains(&len), "{len} bytes");
        }
    }
}
