//! Executables and modules by somebody who means harm, in the hands of the packer.

use std::fs;

use payload::{
    Compiler, CpuFeatures, DirGrant, Engine, FilesGrant, Grants, Header, Manifest, Mount, SectionKind,
    Target, Writer,
    chunk::{MAX_SIZE, compress},
    info::is_seen,
};
use wasmpack::container::{self, pe::PeOptions, testing::elf as elf_stub};

use crate::dir::{COMMAND, Dir, stderr};

/// What a terminal would obey, or not show.
const EVIL: &str =
    "a\x1b[2J\x07\r\nwasmpack: forged\u{9b}31m\u{7f}\u{202e}b\u{2066}c\u{200b}\u{2028}\u{e0041}\u{feff}d";

/// An executable with this manifest, which keeps `module`.
fn executable(manifest: &Manifest, module: &[u8]) -> Vec<u8> {
    let manifest = Manifest { module_sha256: payload::sha256(module), ..manifest.clone() };
    let frames = [compress(module, 3)];
    let size = u32::try_from(module.len()).unwrap().next_power_of_two().max(4096);
    embedded(writer(&manifest).chunked(SectionKind::Module, module.len() as u64, size, &frames))
}

fn writer(manifest: &Manifest) -> Writer {
    let header = Header {
        target: Target::LinuxX86_64,
        engine: Engine::PINNED,
        compiler: Compiler::Cranelift,
        cpu: CpuFeatures::default(),
    };
    Writer::new(header, manifest)
}

fn embedded(writer: Writer) -> Vec<u8> {
    let stub = elf_stub::stub(&payload::Locator::BARE);
    container::embed(&stub, Target::LinuxX86_64, &writer.finish(), &PeOptions::default()).unwrap()
}

fn manifest(app: &str) -> Manifest {
    Manifest { app: app.to_owned(), producer: "wasmpack 0.1.0".to_owned(), ..Manifest::default() }
}

fn command() -> Vec<u8> {
    wat::parse_str(COMMAND).unwrap()
}

const STUB: [&str; 3] = ["--stub", "stub", "--no-trial"];

#[test]
fn its_name_and_version_choose_no_file() {
    let dir = Dir::new();
    dir.write("precious", b"precious");
    fs::create_dir_all(dir.path("d/prog-linux-x86_64-1")).unwrap();
    let evil = |app: &str, argv0: Option<&str>, version: Option<&str>| {
        let manifest = Manifest {
            argv0: argv0.map(str::to_owned),
            version: version.map(str::to_owned),
            ..manifest(app)
        };
        dir.write("evil.bin", &executable(&manifest, &command()));
    };
    let pack = |args: &[&str]| dir.wasmpack(&[&["evil.bin"], args, &STUB[..]].concat()).output().unwrap();
    // Without -o the input's own name decides, whatever it calls itself.
    for (app, argv0) in
        [("precious", None), ("x", Some("precious")), ("../up", Some("/tmp/up")), (EVIL, Some(EVIL))]
    {
        evil(app, argv0, None);
        let output = pack(&[]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(dir.names(), ["app.wasm", "d", "evil", "evil.bin", "precious", "stub"]);
        assert_eq!(dir.read("precious"), b"precious");
        fs::remove_file(dir.path("evil")).unwrap();
    }
    // In a folder it keeps its name, if it is one.
    for app in ["a\nb", "a\x1bb", "a\\b", "a\u{202e}b"] {
        evil(app, None, None);
        let output = pack(&["-o", "d/"]);
        assert_eq!(output.status.code(), Some(2), "{app:?}: {}", stderr(&output));
        assert!(
            stderr(&output).contains("--name") && stderr(&output).lines().count() == 1,
            "{}",
            stderr(&output)
        );
        assert!(pack(&["-o", "d/", "--name", "named"]).status.success());
    }
    for version in ["1/../../..", "..", "", "1\n2", "1\x1b[2J", "1\\2", "1\u{202e}"] {
        evil("prog", None, Some(version));
        for args in [&["-o", "d/", "--archive"][..], &["-o", "d/"], &["-o", "fine"], &[]] {
            let output = pack(args);
            let message = stderr(&output);
            assert!(matches!(output.status.code(), Some(1 | 2)), "{version:?} {args:?}: {message}");
            assert!(message.contains("--app-version") && message.lines().count() == 1, "{message}");
            assert!(message.chars().all(|c| c == '\n' || is_seen(c)), "{message:?}");
        }
        assert!(pack(&["-o", "d/", "--archive", "--app-version", "1"]).status.success());
    }
    for name in ["con", "nul.x", "a:b", "x."] {
        evil(name, None, None);
        let output = pack(&["-o", "w/", "-t", "windows-x86_64"]);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", stderr(&output));
    }
    assert_eq!(dir.names(), ["app.wasm", "d", "evil.bin", "precious", "stub"]);
}

#[test]
fn typed_names_and_versions_are_held_to_the_same() {
    let dir = Dir::new();
    for (option, value) in [
        ("--name", "a\x1bb"),
        ("--name", "a\nb"),
        ("--name", "a/.."),
        ("--app-version", "1/2"),
        ("--app-version", ".."),
        ("--app-version", ""),
    ] {
        let mut command = dir.wasmpack(&["app.wasm", "-o", "d/", option, value]);
        dir.command_fails(&mut command, 2, &[option]);
        let toml = format!(
            "module = 'app.wasm'\noutput = 'd/'\n{} = {value:?}\n",
            option.trim_start_matches("--").replace("app-version", "version").replace("\\u{1b}", "\\u001b")
        );
        dir.write("wasmpack.toml", toml.replace("\\u{1b}", "\\u001b").as_bytes());
        dir.command_fails(&mut dir.wasmpack(&["build"]), 2, &["wasmpack.toml: "]);
        fs::remove_file(dir.path("wasmpack.toml")).unwrap();
    }
    let mut command = dir.wasmpack(&["app.wasm", "-o", "d/", "-t", "windows", "--name", "con"]);
    dir.command_fails(&mut command, 2, &["names a device", "--name"]);
}

#[test]
fn nothing_of_it_reaches_a_terminal_unescaped() {
    let dir = Dir::new();
    let text = || EVIL.to_owned();
    let grants = Grants {
        mounts: vec![
            Mount::Dir(DirGrant { host: text(), guest: text().into(), read_only: false }),
            Mount::Files(FilesGrant { guest: text().into(), writable: true }),
        ],
        env: vec![format!("{EVIL}={EVIL}")],
        pass: vec![text()],
        cwd: Some(text()),
        ..Grants::default()
    };
    let evil = Manifest {
        producer: text(),
        argv0: Some(text()),
        args: vec![text()],
        version: Some(text()),
        grants,
        ..manifest(EVIL)
    };
    dir.write("evil", &executable(&evil, &command()));
    let mut harmless = Manifest { version: None, ..evil.clone() };
    harmless.grants.mounts.truncate(1);
    dir.write("again", &executable(&harmless, &command()));
    // Modules that are refused by the names in them.
    let import =
        format!(r#"(module (import "{0}" "{0}" (global i32)) (func (export "_start")))"#, escaped(EVIL));
    dir.write("import.wasm", &wat::parse_str(import).unwrap());
    dir.write("text.wat", format!("(module\n  (func $x) {EVIL} (oops))").as_bytes());
    dir.write("wasmpack.toml", b"module = \"a\\u001b.wasm\"\nname = \"\\u001b[2J\"\n");
    dir.write("broken.toml", "module = \x1b]0;x\x07 \u{202e}".as_bytes());
    dir.write(&EVIL.replace('/', ""), b"\0asm");
    let name = EVIL;
    for args in [
        &["inspect", "evil"][..],
        &["inspect", "evil", "--json"],
        &["verify", "evil"],
        &["verify", "evil", "--json"],
        &["evil", "-o", "d/"],
        &["evil", "-o", "out"],
        &["again", "-o", "out", "--no-trial", "--stub", "stub"],
        &["again", "-o", "out", "-v", "--no-trial", "--stub", "stub"],
        &["again", "-o", "out", "--profile", ""],
        &["import.wasm", "-o", "out"],
        &["text.wat", "-o", "out"],
        &["build"],
        &["build", "--config", "broken.toml"],
        &[name],
        &[name, "-o", "out"],
        &["app.wasm", "-o", name, "--stub", "stub", "--no-trial"],
        &["app.wasm", "-o", "out", "--stub", name],
        &["app.wasm", "-o", "out", "--level", name],
        &["app.wasm", "-t", name],
        &["app.wasm", "--dir", "::\x1b"],
        &["app.wasm", "-o", "out", "--cwd", name],
        &["app.wasm", "-o", "out", "--files", name],
        &["inspect", name],
        &["extract", "evil", "-o", name],
        &["verfy", name],
        &[name, name],
    ] {
        let output = dir.wasmpack(args).output().unwrap();
        for (stream, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            let text = std::str::from_utf8(bytes).unwrap();
            let found = text.chars().find(|c| *c != '\n' && !is_seen(*c));
            assert_eq!(found, None, "{args:?}: {stream}: {text:?}");
            assert!(!text.lines().any(|line| line.starts_with("wasmpack: forged")), "{args:?}: {text}");
        }
        assert!(!output.stdout.is_empty() || !output.stderr.is_empty(), "{args:?} says nothing");
    }
}

/// For WebAssembly text.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("\\{byte:02x}")).collect()
}

/// An executable whose section of this kind holds `len` zeros, in so many bytes.
fn bomb(kind: SectionKind, len: u64) -> Vec<u8> {
    let chunk = compress(&vec![0; MAX_SIZE as usize], 3);
    let frames = vec![chunk; (len / u64::from(MAX_SIZE)) as usize];
    embedded(writer(&manifest("bomb")).chunked(kind, len, MAX_SIZE, &frames))
}

/// Bytes that a process may use for everything, in KiB as `ulimit -v` has it.
const MEMORY: u64 = 700_000;

#[test]
fn a_kept_module_is_looked_at_and_taken_out_a_piece_at_a_time() {
    let dir = Dir::new();
    let len = 1u64 << 30;
    let mut file = bomb(SectionKind::Module, len);
    assert!(file.len() < 1 << 20);
    dir.write("bomb", &file);
    let limited =
        |args: &str| dir.shell(&format!("ulimit -v {MEMORY}; exec \"$WASMPACK\" {args}")).output().unwrap();
    let output = limited("verify bomb");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(text.contains("module: 64 chunks, 1073741824 bytes"), "{text}{}", stderr(&output));
    assert!(text.contains("kept module: the SHA-256 is not the one"), "{text}");
    for args in ["extract bomb -o x", "bomb -o x"] {
        let output = limited(args);
        assert!(
            stderr(&output).contains("does not match the SHA-256 in its manifest"),
            "{}",
            stderr(&output)
        );
    }
    // With the right hash it is written without ever being whole.
    let mut hash = payload::Hash::default();
    let piece = vec![0; MAX_SIZE as usize];
    (0..len / u64::from(MAX_SIZE)).for_each(|_| hash.update(&piece));
    let frames = vec![compress(&piece, 3); (len / u64::from(MAX_SIZE)) as usize];
    let manifest = Manifest { module_sha256: hash.finish(), ..manifest("bomb") };
    file = embedded(writer(&manifest).chunked(SectionKind::Module, len, MAX_SIZE, &frames));
    dir.write("bomb", &file);
    let output = limited("extract bomb -o - | wc -c");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), len.to_string(), "{}", stderr(&output));
    // To pack it again it must be whole, for which there is no memory.
    let output = limited("bomb -o x");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("there is no memory for its 1073741824 bytes"), "{}", stderr(&output));
}

#[test]
fn tables_have_a_bound() {
    for kind in [SectionKind::Metadata, SectionKind::Unwind, SectionKind::Frames, SectionKind::Tree] {
        let len = kind.max_len() + u64::from(MAX_SIZE);
        let frames = vec![compress(&vec![0; MAX_SIZE as usize], 3); (len / u64::from(MAX_SIZE)) as usize];
        let payload = writer(&manifest("bomb")).chunked(kind, len, MAX_SIZE, &frames).finish();
        let head = payload::Prefix::len(&payload, payload.len() as u64).unwrap();
        let error = payload::Prefix::parse(&payload[..head], payload.len() as u64).unwrap_err();
        assert!(error.to_string().contains("section length"), "{error}");
    }
}
