//! What the owner of a file is told of its sockets, and changes.

use std::process::Stdio;

use super::{each, is_elsewhere, listening, program};
use crate::common::{Dir, complains, output, prints, start, text, wasmpack};

/// What a start with these options says that must end with `code`.
#[track_caller]
fn said(program: &std::path::Path, opts: &str, args: &[&str], code: i32) -> (String, String) {
    let mut command = start(program);
    command.args(args).env("WASMPACK_OPTS", opts).stdin(Stdio::null());
    let output = output(&mut command);
    assert_eq!(output.status.code(), Some(code), "{:?}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn sockets_are_told_and_the_owner_adds_and_takes_them() {
    let dir = Dir::new();
    let program = program(&dir, &["--listen", "127.0.0.1:0", "--connect", "*.example.com:443"]);
    let info = |opts: &str| said(&program, opts, &["--wasmpack-info"], 0).0;
    let granted = info("");
    for line in [
        "it may listen on a free port of 127.0.0.1\n",
        "it may connect to *.example.com, port 443\n",
        "it starts no other program\n",
    ] {
        assert!(granted.contains(line), "{granted}");
    }
    let taken = info("--deny-listen --deny-connect");
    assert!(taken.contains("it has no sockets, and starts no other program"), "{taken}");
    let changed =
        info("--deny-listen=0 --listen 0.0.0.0:8080 --connect 10.0.0.5:* --deny-connect=*.EXAMPLE.com:443");
    let is_whole = changed.contains("port 8080 of all addresses") && changed.contains("10.0.0.5, any port");
    assert!(is_whole && !changed.contains("example") && !changed.contains("free port"), "{changed}");
    let json = said(&program, "", &["--wasmpack-info", "--json"], 0).0;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["grants"]["listen"], serde_json::json!(["127.0.0.1:0"]));
    assert_eq!(json["grants"]["connect"], serde_json::json!(["*.example.com:443"]));
    let note = said(&program, "--deny-listen=8080", &["env"], 0).1;
    let expected = "--deny-listen=8080: no socket is granted under this name; granted: 127.0.0.1:0";
    assert!(note.contains(expected), "{note}");
    for (opts, why) in [
        ("--listen example.com:80", "--listen: example.com is no address of this machine"),
        ("--connect example.com", "--connect: the port is missing"),
        ("--connect 10.0.0.*:80", "a * is for names"),
        ("--deny-connect *.example.com:443", "for a value of --deny-connect write --deny-connect="),
        ("--listen", "--listen has no value"),
    ] {
        let message = said(&program, opts, &["env"], 125).1;
        assert!(message.contains(why), "{opts}: {message}");
    }
}

#[test]
fn a_sealed_program_keeps_its_sockets() {
    let dir = Dir::new();
    let program = program(&dir, &["--sealed", "--listen", "0", "--connect", "example.com:443"]);
    for (opts, what) in [
        ("--deny-listen", "listening on 127.0.0.1:0"),
        ("--deny-connect=example.com:443", "connecting to example.com:443"),
    ] {
        let message = said(&program, opts, &["env"], 125).1;
        assert!(
            message.contains(&format!("it is sealed, and WASMPACK_OPTS cannot take {what}")),
            "{message}"
        );
    }
    let note = said(&program, "--listen 0.0.0.0:0 --connect 127.0.0.1:*", &["env"], 0).1;
    assert!(note.contains("it is sealed, so WASMPACK_OPTS changes nothing"), "{note}");
}

#[test]
fn a_port_that_is_taken_is_told_before_the_program_begins() {
    let dir = Dir::new();
    // wine lets two bind one port.
    if is_elsewhere() {
        return skip::because("Windows knows no port that is taken by a program of another system");
    }
    let (_taken, port) = listening();
    let program = program(&dir, &["--listen", &port.to_string()]);
    let message = complains(&program, &["env"], 125);
    let start = format!("sockets: cannot listen on 127.0.0.1:{port}, as was granted: ");
    assert!(message.starts_with(&start) && message.lines().count() == 1, "{message}");
    assert!(message.contains("--deny-listen --listen"), "{message}");
    each(&program, "--deny-listen", &[], &[("find", "find badf")]);
}

#[test]
fn an_audit_tells_what_was_used_of_sockets() {
    let dir = Dir::new();
    let (_socket, port) = listening();
    let program =
        program(&dir, &["--listen", "0", "--connect", &format!("127.0.0.1:{port}"), "--connect", "**:443"]);
    let at = format!("connect=127.0.0.1:{port}");
    let (_, audit) = said(&program, "--audit", &["open", &at], 0);
    let enough = "audit: grants that are enough for what it did: ";
    assert!(audit.contains(&format!("{enough}--connect 127.0.0.1:{port}\n")), "{audit}");
    let (_, audit) = said(&program, "--audit", &["open", "bind=127.0.0.1:0", "listen"], 0);
    assert!(audit.contains(&format!("{enough}--listen 127.0.0.1:0\n")), "{audit}");
}

#[test]
fn the_packer_tells_what_it_grants_and_packs_again_with_more() {
    let dir = Dir::new();
    let first = program(&dir, &["--listen", "0", "--keep-module"]);
    let again = dir.join(&crate::common::file_name("again"));
    let mut packer = wasmpack();
    packer.arg(&first).arg("-o").arg(&again).args([
        "--connect",
        "example.com:443",
        "--listen",
        "127.0.0.1:0",
    ]);
    let output = packer.output().unwrap();
    let told = text(&output.stderr);
    for line in ["may listen on a free port of 127.0.0.1\n", "may connect to example.com, port 443\n"] {
        assert!(told.contains(line), "{told}");
    }
    assert_eq!(prints(&again, &["env"], 0).trim_end(), "LISTEN_FDS=1 3");
}
