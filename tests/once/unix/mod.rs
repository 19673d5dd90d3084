//! Files for all Unix targets: how they are started, what their script does where it finds no place for the launcher, and what
//! is in them.
//!
//! What is started here is what they have for this machine, and where launchers are up to date, what they have for others under
//! qemu. What they have for macOS is looked at, and not run.

mod cache;
mod file;
mod reached;
mod start;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use crate::common::{Dir, fixture, launcher, output, place, runner, text};

/// A command that packs `module` for all Unix targets, with a launcher of what lies here.
fn packer(module: &str, out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmpack"));
    command.env("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
    command.arg(fixture(module)).args(["-q", "-t", "unix", "-o"]).arg(out);
    if let Some(launcher) = launcher::path() {
        command.arg("--stub").arg(launcher);
    }
    command
}

/// `probe` with all variables and the working directory, packed once for all tests.
fn probe() -> &'static [u8] {
    static PROBE: OnceLock<Vec<u8>> = OnceLock::new();
    PROBE.get_or_init(|| {
        let dir = Dir::new();
        let out = dir.join("probe");
        let packed = packer("probe", &out).args(["--env-all", "--dir", "."]).output().unwrap();
        assert!(packed.status.success(), "{}", text(&packed.stderr));
        fs::read(out).unwrap()
    })
}

/// The same for this machine alone.
fn alone(dir: &Dir) -> PathBuf {
    let folder = dir.join("alone");
    fs::create_dir(&folder).unwrap();
    // What a program is called depends on the name of the file.
    let out = folder.join("probe");
    crate::common::pack(&fixture("probe"), &out, &["--env-all", "--dir", "."]);
    fs::rename(out, folder.join("app")).unwrap();
    folder.join("app")
}

/// Puts the program into `dir` under a name.
fn put(dir: &Path, name: impl AsRef<OsStr>, bytes: &[u8]) -> PathBuf {
    let file = dir.join(Path::new(name.as_ref()));
    place::executable(&file, bytes);
    file
}

/// A command with no variables but PATH and a home in `dir`, where launchers are cached.
fn command(program: impl AsRef<OsStr>, dir: &Dir) -> Command {
    let home = dir.join("home");
    fs::create_dir_all(&home).unwrap();
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", home);
    command.current_dir(dir.path()).stdin(Stdio::null());
    command
}

/// Where the launcher is cached for a home in `dir`.
fn cache(dir: &Dir) -> PathBuf {
    dir.join("home/.cache/wasmpack-launchers")
}

/// The names of what is there.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// What a program printed that ended with `code`.
#[track_caller]
fn ended(command: &mut Command, code: i32) -> (String, String) {
    let Output { status, stdout, stderr } = output(command);
    let (stdout, stderr) = (text(&stdout), text(&stderr));
    assert_eq!(status.code(), Some(code), "{command:?}: {stdout:?} {stderr:?}");
    (stdout, stderr)
}

/// A program that fails before it starts: one line, and 125.
#[track_caller]
fn refused(command: &mut Command, words: &[&str]) {
    let (out, err) = ended(command, 125);
    assert!(out.is_empty() && err.lines().count() == 1, "{out:?} {err:?}");
    assert!(words.iter().all(|word| err.contains(word)), "{words:?}: {err:?}");
}

#[track_caller]
fn starts(command: &mut Command) {
    let (out, err) = ended(command.args(["args", "ok"]), 0);
    assert!(out.ends_with("args\nok\n") && err.is_empty(), "{out:?} {err:?}");
}

/// The shells that are here, each with what goes before a script. Three always are.
fn shells() -> Vec<Vec<String>> {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let all = ["dash", "bash", "bash --posix", "busybox sh", "ksh", "ksh93", "mksh", "zsh", "yash", "posh"];
    let here: Vec<_> =
        all.into_iter().map(words).filter(|words| runner::installed(&words[0]).is_some()).collect();
    for known in ["dash", "bash"] {
        assert!(here.iter().any(|words| words[0] == known), "{known} is not here");
    }
    here
}

/// The file with a script in which `what` is `with`, of the same length.
fn with_script(what: &str, with: &str) -> Vec<u8> {
    assert_eq!(what.len(), with.len());
    let mut file = probe().to_vec();
    let at = file.windows(what.len()).position(|window| window == what.as_bytes()).expect("it is there");
    file[at..at + what.len()].copy_from_slice(with.as_bytes());
    file
}

/// The file with a script that asks `uname`, and a folder with one that answers so.
fn asking_uname(dir: &Dir, answer: &str) -> (Vec<u8>, std::ffi::OsString) {
    let file = with_script("/proc/sys/kernel/arch", "/proc/sys/kernel/none");
    let tools = dir.join("tools");
    fs::create_dir_all(&tools).unwrap();
    put(&tools, "uname", format!("#!/bin/sh\n[ \"$1\" = -sm ] && echo '{answer}'\n").as_bytes());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([tools].into_iter().chain(std::env::split_paths(&path))).unwrap();
    (file, path)
}
