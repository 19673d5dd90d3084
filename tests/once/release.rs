//! What a release of wasmpack itself is made with, as far as that takes no release: `scripts/prove-release` does the rest.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::{Dir, repository, runner::installed, text};
use payload::Target;
use payload::info::hex;
use wasmpack::output::archive::{Member, archive};

fn script(name: &str) -> PathBuf {
    repository().join(name)
}

#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The SBOM names what Cargo.lock has, with terms, and what lands in executables.
#[test]
fn an_sbom_names_each_part_once_and_its_terms() {
    for target in [Target::LinuxX86_64, Target::WindowsX86_64] {
        let printed = run(Command::new(script("scripts/sbom")).arg(target.name()));
        let bom: serde_json::Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(bom["metadata"]["component"]["version"], env!("CARGO_PKG_VERSION"));
        let parts = bom["components"].as_array().unwrap();
        let mut references: Vec<&str> = parts.iter().map(|part| part["bom-ref"].as_str().unwrap()).collect();
        references.sort_unstable();
        assert!(references.windows(2).all(|pair| pair[0] != pair[1]));
        let part = |name: &str| parts.iter().find(|part| part["name"] == name);
        for part in parts {
            let license = &part["licenses"][0];
            assert!(license["expression"].is_string() || license["license"]["name"].is_string(), "{part}");
        }
        let every = Target::ALL.map(Target::name).join(" ");
        assert_eq!(part("wasmer-vm").unwrap()["properties"][0]["value"], every.as_str());
        assert!(part("clap").unwrap()["properties"].is_null());
        assert_eq!(part("clap").unwrap()["hashes"][0]["content"].as_str().unwrap().len(), 64);
        assert_eq!(part("signal-hook").is_some(), target == Target::LinuxX86_64);
        for edge in bom["dependencies"].as_array().unwrap() {
            for on in edge["dependsOn"].as_array().unwrap() {
                assert!(references.contains(&on.as_str().unwrap()), "{edge}");
            }
        }
    }
}

/// What the action runs, with files in place of a server.
#[test]
fn the_action_installs_what_has_the_hash_and_nothing_else() {
    if installed("curl").is_none() || !cfg!(target_arch = "x86_64") {
        skip::because("the action's script needs curl, and here x86-64");
        return;
    }
    let dir = Dir::new();
    let name = "wasmpack-linux-x86_64-1.2.3.tar.gz";
    let program: &[u8] = b"#!/bin/sh\necho 'wasmpack 1.2.3'\n";
    let members = [Member { name: "wasmpack", bytes: program, executable: true }];
    let bytes = archive(Target::LinuxX86_64, &members, None).unwrap();
    dir.write(&format!("release/{name}"), &bytes);
    dir.write("release/SHA256SUMS", format!("{}  {name}\n", hex(&payload::sha256(&bytes))));
    let install = |version: &str, os: &str, folder: &str| -> Output {
        let mut command = Command::new("bash");
        command.arg(script("setup-wasmpack/install"));
        for (key, value) in [
            ("VERSION", version),
            ("BASE_URL", &format!("file://{}", dir.join(folder).display())),
            ("RUNNER_OS", os),
            ("RUNNER_ARCH", "X64"),
            ("RUNNER_TEMP", &dir.path().display().to_string()),
            ("GITHUB_PATH", &dir.join("path").display().to_string()),
            ("GITHUB_OUTPUT", &dir.join("output").display().to_string()),
        ] {
            command.env(key, value);
        }
        command.output().unwrap()
    };
    let done = install("v1.2.3", "Linux", "release");
    assert!(done.status.success(), "{}", text(&done.stderr));
    let path = fs::read_to_string(dir.join("path")).unwrap();
    assert_eq!(run(&mut Command::new(Path::new(path.trim()).join("wasmpack"))), "wasmpack 1.2.3\n");
    assert_eq!(fs::read_to_string(dir.join("output")).unwrap(), "version=1.2.3\n");

    dir.write(&format!("damaged/{name}"), [&bytes[..], b"x"].concat());
    fs::copy(dir.join("release/SHA256SUMS"), dir.join("damaged/SHA256SUMS")).unwrap();
    for (version, os, folder, said) in [
        ("1.2.3", "Linux", "damaged", "has the SHA-256"),
        ("1.2.3", "Plan9", "release", "no wasmpack for Plan9 on X64"),
        ("1.2.3", "macOS", "release", "cannot download"),
        ("1.2.4", "Linux", "release", "cannot download"),
        ("main", "Linux", "release", "no version in 'main'"),
    ] {
        let refused = install(version, os, folder);
        assert!(
            !refused.status.success() && text(&refused.stderr).contains(said),
            "{}",
            text(&refused.stderr)
        );
    }
    assert_eq!(fs::read_to_string(dir.join("path")).unwrap(), path, "nothing else is in PATH");
}
