//! What other people's tools do to a packed executable: strip, patchelf, objcopy, signing. Afterwards it runs, or it
//! says in one line what is missing; never anything else.

use std::path::Path;
use std::process::Command;

use crate::common::{self, Dir, executable, fixture, runner, text};
use payload::Target;

const GREETING: &str = "hello from a packed program, 0 arguments\n";

/// Packs the hello fixture for `target`.
fn packed(dir: &Dir, target: Target) -> Vec<u8> {
    let out = dir.join(if target == Target::WindowsX86_64 { "packed.exe" } else { "packed" });
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmpack"));
    let output = command
        .arg(fixture("hello"))
        .arg("-o")
        .arg(&out)
        .args(["--force", "--target", target.name()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    std::fs::read(out).unwrap()
}

/// What became of an executable.
#[derive(Debug, PartialEq)]
enum Fate {
    Runs,
    SaysSo,
}

#[track_caller]
fn fate(program: &Path, target: Target, tool: &str) -> Fate {
    let output = common::output(&mut runner::of(target).unwrap().command(program));
    if output.status.code() == Some(7) {
        assert_eq!(text(&output.stdout), GREETING, "{tool}");
        return Fate::Runs;
    }
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(125), "{tool}: {message}");
    assert_eq!(message.lines().count(), 1, "{tool}: {message}");
    assert!(
        message.contains("the payload is missing") && message.contains("pack it again"),
        "{tool}: {message}"
    );
    Fate::SaysSo
}

#[test]
fn after_every_tool_an_elf_file_runs_or_says_what_is_missing() {
    use Fate::{Runs, SaysSo};
    // FILE is the program, OUT another name beside it. The tools of one system refuse the files of others, or not.
    let tools: [(&str, Option<Fate>); 11] = [
        ("strip FILE", Some(SaysSo)),
        ("strip --strip-all FILE", Some(SaysSo)),
        ("strip --strip-debug FILE", Some(SaysSo)),
        ("eu-strip FILE", Some(Runs)),
        ("llvm-strip FILE", Some(SaysSo)),
        // It has nothing to shrink. What it does to set an rpath breaks a static file at a random address.
        ("patchelf --shrink-rpath FILE", Some(Runs)),
        ("objcopy FILE OUT", None),
        // The debug file is another one; the program stays.
        ("objcopy --only-keep-debug FILE OUT", Some(Runs)),
        ("objcopy --add-gnu-debuglink=/dev/null FILE", Some(SaysSo)),
        ("llvm-objcopy FILE", Some(SaysSo)),
        ("chmod 700 FILE", Some(Runs)),
    ];
    let dir = Dir::new();
    let (mut tried, targets) = (0, [Target::LinuxX86_64, Target::LinuxArm64, Target::LinuxRiscv64]);
    for target in targets {
        if runner::or_skip(target).is_none() {
            continue;
        }
        let bytes = packed(&dir, target);
        for (tool, expected) in &tools {
            let mut words = tool.split(' ');
            let name = words.next().unwrap();
            if runner::installed(name).is_none() {
                skip::because(format!("{name} is not here"));
                continue;
            }
            let file = executable(&dir, "app", &bytes);
            let out = dir.join("out");
            let args = words.map(|word| match word {
                "FILE" => file.as_os_str(),
                "OUT" => out.as_os_str(),
                other => other.as_ref(),
            });
            let output = Command::new(name).args(args).output().unwrap();
            let found = fate(&file, target, tool);
            // What a tool for this machine does to a file for another is its own affair.
            if output.status.success() && Some(target) == Target::host() {
                assert!(expected.as_ref().is_none_or(|expected| *expected == found), "{tool}: {found:?}");
            }
            if out.exists() && !tool.contains("only-keep-debug") {
                fate(&out, target, tool);
            }
            let _ = std::fs::remove_file(out);
            tried += 1;
        }
    }
    eprintln!("{tried} times a tool was tried");
}

#[test]
fn bytes_appended_to_a_finished_file_change_nothing() {
    let dir = Dir::new();
    for target in [Target::LinuxX86_64, Target::WindowsX86_64] {
        if runner::or_skip(target).is_none() {
            continue;
        }
        let bytes = [packed(&dir, target), b"a note of somebody".to_vec()].concat();
        let name = if target == Target::WindowsX86_64 { "app.exe" } else { "app" };
        assert_eq!(fate(&executable(&dir, name, &bytes), target, "appended"), Fate::Runs);
    }
}

#[test]
fn a_windows_file_can_be_signed_and_still_runs() {
    let (Some(_), Some(_)) = (runner::installed("osslsigncode"), runner::installed("openssl")) else {
        skip::because("osslsigncode or openssl is not here");
        return;
    };
    let dir = Dir::new();
    let unsigned = executable(&dir, "unsigned.exe", &packed(&dir, Target::WindowsX86_64));
    let does = |program: &str, args: &[&str]| {
        let output = Command::new(program).args(args).current_dir(dir.path()).output().unwrap();
        assert!(
            output.status.success(),
            "{program} {args:?}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        text(&output.stdout)
    };
    let subject = ["-subj", "/CN=Test", "-keyout", "key.pem", "-out", "cert.pem"];
    does(
        "openssl",
        &[&["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"], &subject[..]].concat(),
    );
    let sign = ["sign", "-certs", "cert.pem", "-key", "key.pem", "-in", "unsigned.exe", "-out", "signed.exe"];
    does("osslsigncode", &sign);
    let seen = does("osslsigncode", &["verify", "-CAfile", "cert.pem", "-in", "signed.exe"]);
    assert!(
        seen.contains("Number of verified signatures: 1") || seen.contains("Signature verification: ok"),
        "{seen}"
    );

    let signed = std::fs::read(dir.join("signed.exe")).unwrap();
    let before = std::fs::read(unsigned).unwrap();
    assert_eq!(common::payload_at(&signed), common::payload_at(&before), "the payload stays where it is");
    if runner::or_skip(Target::WindowsX86_64).is_some() {
        assert_eq!(fate(&dir.join("signed.exe"), Target::WindowsX86_64, "osslsigncode"), Fate::Runs);
    }
}

/// LLVM's reader of Mach-O files has no part in writing or checking them here.
#[test]
fn llvm_reads_a_mac_file_and_finds_its_commands_in_order() {
    let Some(objdump) = runner::installed("llvm-objdump") else {
        skip::because("llvm-objdump is not here");
        return;
    };
    let dir = Dir::new();
    for target in [Target::MacosArm64, Target::MacosX86_64] {
        let file = executable(&dir, "app", &packed(&dir, target));
        let output =
            Command::new(&objdump).args(["--macho", "--private-headers"]).arg(file).output().unwrap();
        let (seen, complaints) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success() && complaints.is_empty(), "{}: {complaints}", target.name());
        let places = [
            "segname __TEXT",
            "segname __WASMPACK",
            "segname __LINKEDIT",
            "LC_BUILD_VERSION",
            "LC_CODE_SIGNATURE",
        ]
        .map(|part| seen.find(part).unwrap_or_else(|| panic!("{}: no {part}: {seen}", target.name())));
        assert!(places.is_sorted(), "{}: {places:?}: {seen}", target.name());
    }
}

/// The whole of a packed file, with a real launcher: every page's hash again, and one byte changed in every page.
#[test]
fn a_mac_file_passes_the_independent_check_and_no_changed_byte_passes() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/check-macho");
    let dir = Dir::new();
    for target in [Target::MacosArm64, Target::MacosX86_64] {
        let file = executable(&dir, "app", &packed(&dir, target));
        let mut python = Command::new("python3");
        // The app is called as the output was.
        python.arg(&script).arg(&file).args(["--identifier", "packed", "--flips", "200"]);
        let output = python.output().expect("python3 is there");
        assert!(output.status.success(), "{}: {}", target.name(), text(&output.stderr));
        assert!(text(&output.stdout).contains("all found"), "{}", text(&output.stdout));
    }
}
