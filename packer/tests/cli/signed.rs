//! Keys and signatures.

use std::{fs, process::Command};

use minisign::KeyPair;

use crate::{
    dir::{Dir, stderr},
    publish::keys,
};

#[test]
fn a_protected_key_takes_its_password_from_a_variable() {
    let dir = Dir::new();
    let KeyPair { sk, pk } = KeyPair::generate_encrypted_keypair(Some("open".to_owned())).unwrap();
    dir.write("key", sk.to_box(None).unwrap().into_string().as_bytes());
    let sign = || {
        let mut command =
            dir.wasmpack(&["app.wasm", "-o", "dist", "--archive", "--no-trial", "-q", "--sign", "key"]);
        command.stdin(std::process::Stdio::null());
        command
    };
    dir.command_fails(&mut sign(), 1, &["protected by a password", "WASMPACK_SIGN_PASSWORD"]);
    dir.command_fails(
        sign().env("WASMPACK_SIGN_PASSWORD", "shut"),
        1,
        &["key: cannot open the key: the password is wrong"],
    );
    let signed = sign().env("WASMPACK_SIGN_PASSWORD", "open").output().unwrap();
    assert!(signed.status.success(), "{}", stderr(&signed));
    dir.packs(&["verify", "dist/SHA256SUMS", "--pubkey", &pk.to_base64()]);
}

#[test]
fn verify_checks_a_signature_and_an_executable() {
    let dir = Dir::new();
    let key = keys(&dir);
    dir.packs(&[
        "app.wasm",
        "-o",
        "dist",
        "--archive",
        "--no-trial",
        "-q",
        "--sign",
        "key",
        "--name",
        "notes",
        "-t",
        "linux-x86_64",
    ]);
    let archive = "dist/notes-linux-x86_64.tar.gz";
    dir.packs(&["verify", archive, "--pubkey", &key]);
    // Another file under its name, and the file under another name.
    let good = dir.read(archive);
    dir.write(archive, b"other");
    let verify = ["verify", archive, "--pubkey", &key, "-q"];
    let output = dir.wasmpack(&verify).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stdout)
            .contains("FAILED  minisign signature: the file is not the one")
    );
    dir.write("renamed", &good);
    let signature = format!("{archive}.minisig");
    let verify = ["verify", "renamed", "--pubkey", &key, "--signature", &signature];
    let output = dir.wasmpack(&verify).output().unwrap();
    assert!(
        String::from_utf8_lossy(&output.stdout)
            .contains("it is that of a file called notes-linux-x86_64.tar.gz")
    );
    let missing = ["verify", "stub", "--pubkey", &key];
    dir.command_fails(&mut dir.wasmpack(&missing), 1, &["stub.minisig: cannot read the signature"]);
    let bad = ["verify", archive, "--pubkey", "RWnothing"];
    dir.command_fails(
        &mut dir.wasmpack(&bad),
        1,
        &["RWnothing: there is no such file, and it is no public key"],
    );
    // Without a key it is what it was.
    dir.command_fails(&mut dir.wasmpack(&["verify", "renamed"]), 1, &["renamed: "]);

    // minisign itself, where it is there, agrees; else only its crate was asked.
    dir.write(archive, &good);
    match Command::new("minisign").args(["-Vm"]).arg(dir.path(archive)).args(["-P", &key]).output() {
        Ok(output) => assert!(output.status.success(), "{}", stderr(&output)),
        Err(_) => skip::because("there is no minisign"),
    }
}

#[test]
fn the_key_is_in_nothing_that_is_handed_on() {
    let dir = Dir::new();
    keys(&dir);
    fs::create_dir(dir.path("data")).unwrap();
    dir.write("data/file", b"file");
    // Under its name or another.
    for name in ["data/key", "data/copy"] {
        fs::copy(dir.path("key"), dir.path(name)).unwrap();
        let archive = ["app.wasm", "-o", "dist", "--archive", "--no-trial", "-q", "--sign", "key"];
        let installers =
            ["installers", "--name", "n", "--for", "linux-x86_64=stub", "-o", "dist", "--sign", "key"];
        for (order, more) in [
            (&archive[..], ["--files", "data"]),
            (&archive, ["--files-rw", "data"]),
            (&archive, ["--files", name]),
            (&archive, ["--include", name]),
            (&installers, ["--include", name]),
        ] {
            let order = [order, &more].concat();
            dir.fails(&order, &[name, "it is the secret key that signs", "keep it elsewhere"]);
            assert!(!dir.path("dist").exists(), "{order:?}");
        }
        // Left out, or where nothing is signed, it is a file.
        dir.packs(&[&archive[..], &["--files", "data", "--exclude", &name["data/".len()..]]].concat());
        fs::remove_dir_all(dir.path("dist")).unwrap();
        dir.packs(&["app.wasm", "-o", "app", "--stub", "stub", "--no-trial", "-q", "--files", "data"]);
        fs::remove_file(dir.path(name)).unwrap();
    }
}

#[test]
fn what_is_too_large_to_be_checked_is_told_at_once() {
    let dir = Dir::new();
    let key = keys(&dir);
    let file = fs::File::create(dir.path("large")).unwrap();
    file.set_len(6 << 30).unwrap();
    let verify = ["verify", "large", "--pubkey", &key];
    dir.fails(&verify, &["large: ", "it has more than", "`minisign -V` takes a file of any length"]);
}
