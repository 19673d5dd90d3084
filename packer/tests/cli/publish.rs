//! Installers and signatures beside archives, as they are asked for.

use std::{fs, path::Path};

use minisign::KeyPair;
use serde_json::Value;

use crate::dir::{Dir, stderr};

const ABOUT: &str = "name = 'notes'\nversion = '1.2.3'\nhomepage = 'https://notes.example'\nlicense = 'MIT'\n\
    description = 'Takes notes'\ndownload-url = 'https://notes.example/v{version}'\n";

const ALL: [&str; 21] = [
    "SHA256SUMS",
    "install.ps1",
    "install.sh",
    "notes-linux-arm64-1.2.3.tar.gz",
    "notes-linux-x86_64-1.2.3.tar.gz",
    "notes-windows-x86_64-1.2.3.zip",
    "notes.json",
    "notes.rb",
    "npm",
    "npm/notes-1.2.3.tgz",
    "npm/notes-linux-arm64-1.2.3.tgz",
    "npm/notes-linux-x64-1.2.3.tgz",
    "npm/notes-win32-x64-1.2.3.tgz",
    "pypi",
    "pypi/notes-1.2.3-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.musllinux_1_1_aarch64.whl",
    "pypi/notes-1.2.3-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.musllinux_1_1_x86_64.whl",
    "pypi/notes-1.2.3-py3-none-win_amd64.win_arm64.whl",
    "SHA256SUMS.minisig",
    "notes-linux-arm64-1.2.3.tar.gz.minisig",
    "notes-linux-x86_64-1.2.3.tar.gz.minisig",
    "notes-windows-x86_64-1.2.3.zip.minisig",
];

/// Everything below a folder, sorted.
fn below(folder: &Path) -> Vec<String> {
    fn add(folder: &Path, before: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{before}{}", entry.file_name().to_str().unwrap());
            if entry.path().is_dir() {
                add(&entry.path(), &format!("{name}/"), found);
            }
            found.push(name);
        }
    }
    let mut found = Vec::new();
    add(folder, "", &mut found);
    found.sort();
    found
}

fn names(with_signatures: bool) -> Vec<&'static str> {
    let mut names = ALL[..if with_signatures { ALL.len() } else { 17 }].to_vec();
    names.sort_unstable();
    names
}

/// A pair of keys in the folder.
pub fn keys(dir: &Dir) -> String {
    let KeyPair { pk, sk } = KeyPair::generate_unencrypted_keypair().unwrap();
    dir.write("key", sk.to_box(None).unwrap().into_string().as_bytes());
    dir.write("key.pub", pk.to_box().unwrap().into_string().as_bytes());
    pk.to_base64()
}

#[test]
fn a_build_writes_installers_and_signatures_beside_archives() {
    let dir = Dir::new();
    let key = keys(&dir);
    let build = "module = 'app.wasm'\ntargets = ['linux-x86_64', 'linux-arm64', 'windows']\noutput = 'dist'\n\
        archive = true\ninstallers = 'all'\nsign = 'key'\nno-trial = true\n";
    dir.write("wasmpack.toml", format!("{build}{ABOUT}").as_bytes());
    let told: Value = serde_json::from_slice(&dir.packs(&["build", "--json"]).stdout).unwrap();
    assert_eq!(below(&dir.path("dist")), names(true));
    assert_eq!(told["beside"].as_array().unwrap().len(), ALL.len() - 2 - 3);

    // The hashes are those of all files, and everything that is to be downloaded is signed.
    let sums = String::from_utf8(dir.read("dist/SHA256SUMS")).unwrap();
    for line in sums.lines() {
        let (hash, name) = line.split_once("  ").unwrap();
        assert_eq!(payload::info::hex(&payload::sha256(&dir.read(&format!("dist/{name}")))), hash, "{name}");
    }
    assert_eq!(sums.lines().count(), 17 - 3, "all but the folders and itself: {sums}");
    for key in [key.as_str(), "key.pub"] {
        for file in ["dist/SHA256SUMS", "dist/notes-windows-x86_64-1.2.3.zip"] {
            let told = dir.packs(&["verify", file, "--pubkey", key]).stdout;
            assert!(String::from_utf8(told).unwrap().starts_with("ok      minisign signature: of this file"));
        }
    }
    // What is written anew without a key has no signature of before.
    let build = build.replace("sign = 'key'\n", "");
    dir.write("wasmpack.toml", format!("{build}{ABOUT}").as_bytes());
    let told = stderr(&dir.packs(&["build"]));
    assert!(told.contains("SHA256SUMS.minisig was removed: it was made for an earlier SHA256SUMS"), "{told}");
    assert_eq!(below(&dir.path("dist")), names(false));
    let build = format!("{}sign = 'key'\n", build.replace("archive = true\ninstallers = 'all'\n", ""));
    dir.write("wasmpack.toml", build.as_bytes());
    dir.command_fails(
        &mut dir.wasmpack(&["build", "-q"]),
        2,
        &["wasmpack.toml: line", "sign: it is for archives; add archive = true"],
    );
    let build = "module = 'app.wasm'\ntargets = ['linux-x86_64', 'linux-arm64', 'windows']\noutput = 'dist'\n\
        archive = true\ninstallers = 'all'\nno-trial = true\n";
    dir.write("wasmpack.toml", format!("{build}{ABOUT}").as_bytes());
    let script = String::from_utf8(dir.read("dist/install.sh")).unwrap();
    assert!(script.contains("https://notes.example/v1.2.3}"), "{script}");

    // Again, the same: but for signatures, which have random bytes in them.
    let again = dir.packs(&["build", "-o", "again", "-q"]);
    assert_eq!(stderr(&again), "");
    for name in names(false).iter().filter(|name| dir.path("again").join(name).is_file()) {
        assert!(dir.read(&format!("dist/{name}")) == dir.read(&format!("again/{name}")), "{name}");
    }
}

#[test]
fn installers_are_made_of_executables_that_are_there() {
    let dir = Dir::new();
    dir.write("other", b"#!/bin/sh\necho other\n");
    let about = [
        "--name",
        "notes",
        "--app-version",
        "1.2.3",
        "--homepage",
        "https://notes.example",
        "--license",
        "MIT",
    ];
    let more = ["--description", "Takes notes", "--download-url", "https://notes.example"];
    let args = |rest: &[&'static str]| {
        let mut args = vec!["installers"];
        args.extend(about);
        args.extend(more);
        args.extend(rest);
        args
    };
    fs::create_dir(dir.path("built")).unwrap();
    dir.packs(&["app.wasm", "-o", "built/any-windows-x86_64.exe", "-q", "--no-trial"]);
    dir.packs(&["app.wasm", "-o", "built/any-linux-arm64", "-q", "--no-trial"]);
    dir.write("built/README", b"no executable");
    dir.packs(&args(&["built", "--for", "linux-x86_64=other", "-o", "dist", "--include", "built/README"]));
    assert_eq!(below(&dir.path("dist")), names(false));
    // What was described holds as well.
    dir.write("about.toml", format!("module = 'none'\n{ABOUT}").as_bytes());
    dir.packs(&[
        "installers",
        "--config",
        "about.toml",
        "--for",
        "linux-x86_64=other",
        "-o",
        "one",
        "--installers",
        "npm,sh",
    ]);
    assert_eq!(
        below(&dir.path("one")),
        [
            "SHA256SUMS",
            "install.sh",
            "notes-linux-x86_64-1.2.3.tar.gz",
            "npm",
            "npm/notes-1.2.3.tgz",
            "npm/notes-linux-x64-1.2.3.tgz"
        ]
    );

    for (rest, code, parts) in [
        (&["-o", "new"][..], 2, &["name the executables", "--for linux-x86_64="][..]),
        (&["--for", "linux-x86_64=other"], 2, &["-o dist/"]),
        (&["--for", "toaster=other", "-o", "new"], 2, &["not a target"]),
        (&["--for", "linux-x86_64", "-o", "new"], 2, &["TARGET=EXE"]),
        (&["--for", "linux-x86_64=none", "-o", "new"], 1, &["none: cannot read the executable"]),
        (&["--for", "linux-x86_64=app.wasm", "-o", "new"], 1, &["app.wasm: it is no executable"]),
        (
            &["--for", "windows=built/any-linux-arm64", "-o", "new"],
            1,
            &["it is for linux-arm64, not for windows-x86_64"],
        ),
        (&["--for", "linux-arm64=other", "built", "-o", "new"], 2, &["are both for linux-arm64"]),
        (&["other", "-o", "new"], 2, &["other: the name does not say a target", "--for TARGET=other"]),
        (&["--for", "linux-x86_64=other", "-o", "new", "--installers", "deb"], 2, &["must be sh, ps1"]),
    ] {
        dir.command_fails(&mut dir.wasmpack(&args(rest)), code, parts);
    }
    let bare = ["installers", "--name", "notes", "--for", "linux-x86_64=other", "-o", "new"];
    dir.command_fails(&mut dir.wasmpack(&bare), 2, &["version = \"1.2.3\"", "download-url", "wasmpack.toml"]);
    let mut hostile =
        dir.wasmpack(&["installers", "--name", "a$(b)", "--for", "linux-x86_64=other", "-o", "new"]);
    dir.command_fails(&mut hostile, 2, &["cannot be installed as a command"]);
}

#[test]
fn what_lacks_is_told_before_anything_is_compiled() {
    let dir = Dir::new();
    // It would fail to compile as well.
    dir.wat("app.wasm", "(module)");
    let flags = ["app.wasm", "-t", "linux-x86_64", "-o", "dist", "--archive", "--installers", "sh,brew"];
    dir.command_fails(
        &mut dir.wasmpack(&flags),
        2,
        &[
            "installers (sh) need version, download-url, (brew) need version, description, homepage, license, download-url; write",
            "version = ",
        ],
    );
    let version = [&flags[..], &["--app-version", "1.2-x", "--installers", "npm"]].concat();
    let about = [
        "--homepage",
        "https://a.example",
        "--license",
        "MIT",
        "--description",
        "x",
        "--download-url",
        "https://a.example",
    ];
    let mut command = dir.wasmpack(&[&version[..], &about].concat());
    dir.command_fails(&mut command, 2, &["version: \"1.2-x\": npm takes three numbers"]);
}

#[test]
fn what_has_no_archives_to_go_beside_is_refused() {
    let dir = Dir::new();
    for (args, parts) in [
        (&["app.wasm", "--installers", "sh"][..], ["--installers is for archives", "add --archive"]),
        (&["app.wasm", "--sign", "key"], ["--sign is for archives", "add --archive"]),
        (
            &["app.wasm", "-o", "d/", "--archive", "--npm-name", "x"],
            ["--npm-name is for installers", "add --installers"],
        ),
        (&["app.wasm", "-o", "d/", "--archive", "--sign", "none"], ["none: cannot read the key", ""]),
        (
            &["app.wasm", "-o", "d/", "--archive", "--sign", "stub"],
            ["it is no secret key of minisign", "minisign -G"],
        ),
    ] {
        // A file that cannot be used is no wrong usage.
        let code = if parts[0].contains("key") { 1 } else { 2 };
        dir.command_fails(&mut dir.wasmpack(args), code, &parts);
    }
    // Another build of the same project may have archives.
    dir.write("wasmpack.toml", format!("module = 'app.wasm'\ninstallers = 'sh'\n{ABOUT}").as_bytes());
    let built = dir.packs(&["build", "-o", "built", "--stub", "stub", "--no-trial"]);
    assert!(stderr(&built).contains("installers is ignored"));
}

#[test]
fn when_a_target_fails_there_are_no_installers() {
    let dir = Dir::new();
    fs::create_dir_all(dir.path("dist/notes-linux-arm64-1.2.3.tar.gz")).unwrap();
    dir.write("wasmpack.toml", format!("module = 'app.wasm'\nno-trial = true\n{ABOUT}").as_bytes());
    let build = ["build", "-t", "linux-x86_64,linux-arm64", "-o", "dist", "--archive", "--installers", "all"];
    let output = dir.wasmpack(&build).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no installers were written"), "{}", stderr(&output));
    assert_eq!(
        below(&dir.path("dist")),
        ["SHA256SUMS", "notes-linux-arm64-1.2.3.tar.gz", "notes-linux-x86_64-1.2.3.tar.gz"]
    );
}
