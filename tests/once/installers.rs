//! What `--archive --installers` writes of a packed program is installed, by all that can be had here, and runs.

use std::path::Path;
use std::process::Command;

use payload::Target;

use crate::common::{Dir, fixture, launcher, text};

/// A folder with a release of the program hello, for this machine.
fn released() -> Option<Dir> {
    let host = Target::host()?;
    let dir = Dir::new();
    std::fs::copy(fixture("hello"), dir.join("hello.wasm")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmpack"));
    command.args(["hello.wasm", "-o", "dist", "--archive", "-q", "-t", host.name()]).current_dir(dir.path());
    command.args([
        "--installers",
        "all",
        "--app-version",
        "1.2.3",
        "--license",
        "MIT",
        "--description",
        "Greets",
    ]);
    command.args([
        "--homepage",
        "https://hello.example",
        "--download-url",
        "https://hello.example/{version}",
    ]);
    if let Some(launcher) = launcher::path() {
        command.arg("--stub").arg(launcher);
    }
    succeeds(&mut command);
    Some(dir)
}

#[track_caller]
fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
}

#[track_caller]
fn greets(program: &Path) {
    let output = Command::new(program).args(["a", "b c"]).output().unwrap();
    assert_eq!(
        text(&output.stdout),
        "hello from a packed program, 2 arguments\n",
        "{}",
        text(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(7));
}

#[test]
fn the_script_installs_a_packed_program() {
    let Some(dir) = released() else { return };
    let mut script = Command::new("sh");
    script.arg(dir.join("dist/install.sh")).args(["--dir", "there"]).current_dir(dir.path());
    // The archive lies on this machine; servers are tried where the script is made (packer/installers/tests).
    script.env("HELLO_DOWNLOAD_URL", format!("file://{}", dir.join("dist").display()));
    succeeds(&mut script);
    greets(&dir.join("there/hello"));
    // The program is whole, and has its name and version.
    let mut verify = Command::new(env!("CARGO_BIN_EXE_wasmpack"));
    verify.args(["verify", "-q"]).arg(dir.join("there/hello"));
    if let Some(launcher) = launcher::path() {
        verify.arg("--stub").arg(launcher);
    }
    succeeds(&mut verify);
}

#[test]
fn pip_installs_a_packed_program() {
    let Some(dir) = released() else { return };
    succeeds(Command::new("python3").args(["-m", "venv", "v"]).current_dir(dir.path()));
    let mut pip = Command::new(dir.join("v/bin/pip"));
    pip.args(["install", "--no-index", "--no-cache-dir", "--disable-pip-version-check", "hello"]);
    pip.arg("--find-links").arg(dir.join("dist/pypi"));
    succeeds(&mut pip);
    greets(&dir.join("v/bin/hello"));
}

#[test]
fn npm_installs_a_packed_program() {
    if Command::new("npm").arg("--version").output().is_err() {
        skip::because("there is no npm");
        return;
    }
    let Some(dir) = released() else { return };
    dir.write("package.json", "{\"name\": \"user\", \"version\": \"1.0.0\", \"private\": true}");
    let mut npm = Command::new("npm");
    npm.args(["install", "--offline", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]);
    let packages = std::fs::read_dir(dir.join("dist/npm")).unwrap();
    npm.args(packages.map(|entry| entry.unwrap().path())).current_dir(dir.path());
    npm.env("npm_config_cache", dir.join("cache")).env("npm_config_registry", "http://127.0.0.1:9");
    succeeds(&mut npm);
    greets(&dir.join("node_modules/.bin/hello"));
}

/// Whoever uploads the folder would upload them as well.
#[test]
fn archives_of_an_earlier_version_are_told() {
    let Some(host) = Target::host() else { return };
    let dir = Dir::new();
    std::fs::copy(fixture("hello"), dir.join("hello.wasm")).unwrap();
    let said = |version: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmpack"));
        command.args(["hello.wasm", "-o", "dist", "-t", host.name(), "--no-trial", "--archive"]);
        command.args(["--app-version", version]).current_dir(dir.path());
        if let Some(launcher) = launcher::path() {
            command.arg("--stub").arg(launcher);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    for _ in 0..2 {
        let same = said("1.0.0");
        assert!(!same.contains("not written now"), "{same}");
    }
    let other = said("1.1.0");
    let first = format!("hello-{}-1.0.0", host.name());
    assert!(other.contains("not written now") && other.contains(&first), "{other}");
}
