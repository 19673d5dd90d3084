//! Which launcher programs are packed with.
//!
//! The packer embeds the committed ones. Where their sources have changed since, a test would look at what was, so this
//! machine's launcher is built from the working tree (`scripts/stub`) and used instead. Others are not built; a test says
//! aloud that it uses an old one. The comparison is made once for each state of the sources, and not once for each test.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use payload::Target;

use super::repository;

/// What everything that goes into a launcher lies below, from the root of the repository.
const SOURCES: [&str; 9] = [
    "Cargo.lock",
    "Cargo.toml",
    "packer",
    "payload",
    "prebuilt-stubs/manifest.toml",
    "scripts",
    "stub",
    "vendor",
    "wasi",
];

/// The launcher for the target of the tests that is to be used instead of the embedded one.
///
/// `WASMPACK_TEST_STUB` names it. Otherwise it is this machine's, where the committed one is not made of what lies here.
pub fn path() -> Option<PathBuf> {
    static PATH: OnceLock<Option<PathBuf>> = OnceLock::new();
    PATH.get_or_init(|| match std::env::var_os("WASMPACK_TEST_STUB") {
        Some(given) => Some(given.into()),
        None => choose(super::target()),
    })
    .clone()
}

/// True, with a word about it, where the launcher is a dynamic program and cannot be started `how`.
///
/// The committed ones for Linux are static; plain cargo links with the system's libraries.
#[track_caller]
pub fn skipped_when_dynamic(how: &str) -> bool {
    let built_here = path().is_some();
    if built_here {
        skip::because(format!(
            "a launcher that scripts/stub built cannot be started {how}: it is not static"
        ));
    }
    built_here
}

/// True, with a word about it, where the embedded launcher for this machine does not know what the packer writes.
///
/// That is so after a change of the format, until it is built again. Tests need this that cannot choose a launcher.
#[track_caller]
pub fn skipped_when_embedded_is_too_old() -> bool {
    static TOO_OLD: OnceLock<bool> = OnceLock::new();
    let too_old = *TOO_OLD.get_or_init(|| {
        let dir = super::Dir::new();
        let app = dir.join("app");
        let mut packer = Command::new(env!("CARGO_BIN_EXE_wasmpack"));
        packer.arg(super::fixture("hello")).arg("-o").arg(&app).args(["-q", "--profile", ""]);
        let packed = packer.output().is_ok_and(|output| output.status.success());
        path().is_some() && !(packed && super::output(&mut Command::new(app)).status.code() == Some(7))
    });
    if too_old {
        skip::because("the embedded launcher is older than the format: scripts/build-stubs builds it");
    }
    too_old
}

/// What is known about a state of the sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The committed launcher is made of them.
    Fresh,
    /// They have changed since.
    Stale,
}

fn choose(target: Target) -> Option<PathBuf> {
    // Whoever has the packer carry other launchers has chosen them.
    if std::env::var_os("WASMPACK_STUBS_DIR").is_some() {
        return None;
    }
    let stale = state(target) == State::Stale;
    if stale && Some(target) == Target::host() {
        return Some(built());
    }
    if stale {
        // Past the capture of tests' output, which shows only what failed.
        let _ = writeln!(
            io::stderr(),
            "warning: the committed launcher for {} is older than its sources, and is what these tests look at",
            target.name()
        );
    }
    None
}

/// Compares the committed launcher's sources with those here. Processes wait for the one that does.
fn state(target: Target) -> State {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let lock = File::create(folder.join("launcher.lock")).expect("a file can be made");
    lock.lock().expect("files can be locked");
    let known = folder.join(format!("launcher-{}", target.name()));
    let stamp = stamp();
    if let Ok(text) = fs::read_to_string(&known)
        && let Some((of, state)) = text.split_once(' ')
        && of == stamp
    {
        return if state == "stale" { State::Stale } else { State::Fresh };
    }
    let (state, word) = match committed(target) == sources(target) {
        true => (State::Fresh, "fresh"),
        false => (State::Stale, "stale"),
    };
    fs::write(known, format!("{stamp} {word}")).expect("a file can be written");
    state
}

/// A number that changes when a source does: over every file's path, length and time.
fn stamp() -> String {
    let mut files = Vec::new();
    for source in SOURCES {
        collect(&repository().join(source), &mut files);
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

type Seen = (PathBuf, u64, std::time::SystemTime);

fn collect(path: &Path, files: &mut Vec<Seen>) {
    let Ok(metadata) = fs::metadata(path) else { return };
    if !metadata.is_dir() {
        let modified = metadata.modified().expect("this system has times of files");
        return files.push((path.to_owned(), metadata.len(), modified));
    }
    for entry in fs::read_dir(path).expect("a folder of sources can be read") {
        collect(&entry.expect("a folder of sources can be read").path(), files);
    }
}

/// The hash of the sources that the committed launcher was made of, as the manifest records it.
fn committed(target: Target) -> Option<String> {
    let manifest = fs::read_to_string(repository().join("prebuilt-stubs/manifest.toml")).ok()?;
    let manifest: toml::Table = manifest.parse().expect("prebuilt-stubs/manifest.toml is TOML");
    let entries = manifest.get("stub")?.as_array()?;
    let entry = entries.iter().find(|entry| entry["target"].as_str() == Some(target.name()))?;
    Some(entry["sources"].as_str()?.to_owned())
}

/// The hash of the sources that lie here.
fn sources(target: Target) -> Option<String> {
    Some(printed("scripts/build-stubs", &["--sources", target.name()]))
}

/// This machine's launcher, built from the sources that lie here. Processes wait for the one that builds it.
fn built() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let lock = File::create(folder.join("launcher.lock")).expect("a file can be made");
    lock.lock().expect("files can be locked");
    let (known, stamp) = (folder.join("launcher-built"), stamp());
    if let Ok(text) = fs::read_to_string(&known)
        && let Some((of, path)) = text.split_once(' ')
        && of == stamp
        && Path::new(path).is_file()
    {
        return path.into();
    }
    let _ = writeln!(io::stderr(), "tests: the launcher's sources have changed: scripts/stub builds it");
    // A copy: what cargo builds next must not be what a test is about to pack with.
    let copy = folder.join(format!("launcher-{stamp}"));
    fs::copy(printed("scripts/stub", &[]), &copy).expect("the launcher can be copied");
    fs::write(known, format!("{stamp} {}", copy.display())).expect("a file can be written");
    copy
}

/// What a script of this repository prints.
fn printed(script: &str, args: &[&str]) -> String {
    let output =
        Command::new("bash").arg(repository().join(script)).args(args).output().expect("there is bash");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script} {}: {said}", args.join(" "));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn a_changed_source_is_noticed() {
    let folder = super::Dir::new();
    let file = folder.write("src/main.rs", "one");
    let seen = |files: &mut Vec<Seen>| {
        files.clear();
        collect(folder.path(), files);
        files.clone()
    };
    let mut files = Vec::new();
    let before = seen(&mut files);
    assert_eq!(before.len(), 1);
    assert_eq!(seen(&mut files), before);
    fs::write(file, "other").expect("a file can be written");
    assert_ne!(seen(&mut files), before);
}
