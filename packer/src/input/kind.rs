//! Files that are no programs in WebAssembly: their kind, and the way from them to a program.

use std::path::Path;

/// Archives and compressed files, by their first bytes.
const PACKED: [(&[u8], &str); 6] = [
    (b"\x1f\x8b", "compressed by gzip"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\xfd7zXZ\0", "compressed by xz"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
    (b"BZh", "compressed by bzip2"),
    (b"7z\xbc\xaf", "a 7z archive"),
];
/// How a static library begins.
const LIBRARY: &[u8] = b"!<arch>\n";

/// Languages, by the endings of their files, and how a program in each becomes WebAssembly.
const SOURCES: [(&[&str], &str, &str); 9] = [
    (&["rs"], "Rust", "cargo build --target wasm32-wasip1"),
    (&["go"], "Go", "GOOS=wasip1 GOARCH=wasm go build -o app.wasm"),
    (&["c", "h"], "C", "the clang of wasi-sdk, or zig cc -target wasm32-wasi"),
    (&["cc", "cpp", "cxx", "hpp"], "C++", "the clang++ of wasi-sdk, or zig c++ -target wasm32-wasi"),
    (&["zig"], "Zig", "zig build-exe -target wasm32-wasi"),
    (&["js", "mjs", "cjs", "ts"], "JavaScript", "componentize-js; or name the .wasm that it loads"),
    (&["py"], "Python", "componentize-py"),
    (&["swift"], "Swift", "swift build --swift-sdk wasm32-unknown-wasi"),
    (&["cs"], "C#", "dotnet publish -r wasi-wasm"),
];

/// The kind of a file that begins with `head`, if it is an archive or compressed.
pub(crate) fn packed(head: &[u8]) -> Option<&'static str> {
    let tar = head.get(257..262).filter(|magic| *magic == b"ustar").map(|_| "a tar archive");
    PACKED.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, what)| *what).or(tar)
}

/// The kind of `bytes`, which are those of `file` and no WebAssembly, and the way to a program.
pub(super) fn told(bytes: &[u8], file: &Path) -> Option<String> {
    if bytes.starts_with(LIBRARY) {
        return Some("it is a static library: link a program with it".to_owned());
    }
    if let Some(what) = packed(bytes) {
        return Some(format!("it is {what}: unpack it, and name the .wasm in it"));
    }
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))?;
    let start: String = text.trim_start().chars().take(15).collect::<String>().to_ascii_lowercase();
    if ["<!doctype html", "<html"].iter().any(|tag| start.starts_with(tag)) {
        return Some(
            "it is a web page: name the .wasm that it loads, or fetch the file that the page offers"
                .to_owned(),
        );
    }
    let ending = file.extension()?.to_str()?.to_ascii_lowercase();
    if ending == "toml" {
        return Some("it is TOML; if it describes a program: wasmpack build --config FILE".to_owned());
    }
    let (_, language, how) = SOURCES.iter().find(|(endings, ..)| endings.contains(&ending.as_str()))?;
    Some(format!("it is source text in {language}: compile it for WASI first, and name the .wasm ({how})"))
}

/// The names of the modules in `folder`, the first ones.
pub(crate) fn modules(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = folder.read_dir().into_iter().flatten().filter_map(Result::ok);
    let is_module = |path: &std::path::PathBuf| path.extension().is_some_and(|ending| ending == "wasm");
    let mut modules: Vec<_> = entries.map(|entry| entry.path()).filter(is_module).collect();
    modules.sort();
    modules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_program_is_told_with_the_way_to_one() {
        for (name, bytes, told_of) in [
            ("main.go", &b"package main\n"[..], "source text in Go: compile it"),
            ("a.rs", b"fn main() {}", "Rust"),
            ("x.wasm", b"<!DOCTYPE html>\n<html>", "a web page"),
            ("x.gz", b"\x1f\x8b\x08\0", "gzip: unpack it"),
            ("x.wasm", b"PK\x03\x04..", "a zip archive"),
            ("libx.a", b"!<arch>\n", "a static library: link"),
            ("wasmpack.toml", b"module = 'x'", "wasmpack build --config"),
        ] {
            let told = told(bytes, name.as_ref()).unwrap_or_default();
            assert!(told.contains(told_of), "{name}: {told}");
        }
        for (name, bytes) in [("x.wasm", &b"hello"[..]), ("notes", b""), ("a.rs", b"\0\0")] {
            assert_eq!(told(bytes, name.as_ref()), None, "{name}");
        }
        let tar = [&[0; 257][..], b"ustar\0"].concat();
        assert_eq!(packed(&tar), Some("a tar archive"));
    }
}
