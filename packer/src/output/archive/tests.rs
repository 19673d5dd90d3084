//! Archives are unpacked by the system's own tools, as users will.

use std::{fs, path::Path, process::Command};

use super::*;

use payload::Target;

const LINUX: Target = Target::LinuxX86_64;
const WINDOWS: Target = Target::WindowsX86_64;
/// 2024-02-29 12:34:56 UTC.
const TIME: u64 = 1_709_210_096;

const MEMBERS: &[Member] = &[
    Member { name: "notes-1.0/notes", bytes: &[7; 100_000], executable: true },
    Member { name: "notes-1.0/README.md", bytes: b"# Notes\n", executable: false },
    Member { name: "notes-1.0/nothing", bytes: b"", executable: false },
    Member { name: "notes-1.0/ein Ä.txt", bytes: b"text", executable: false },
];

/// Runs `program` in `dir`, in UTC; what it prints.
fn run(dir: &Path, program: &str, args: &[&str]) -> String {
    let mut command = Command::new(program);
    let output =
        command.args(args).current_dir(dir).env("TZ", "UTC").env("LC_ALL", "C.UTF-8").output().unwrap();
    let shown =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{program}: {shown}");
    shown
}

#[track_caller]
fn assert_unpacked(dir: &Path) {
    for member in MEMBERS {
        let file = dir.join(member.name);
        assert!(fs::read(&file).unwrap() == member.bytes, "{}", member.name);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let found = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
            assert_eq!(found, if member.executable { 0o755 } else { 0o644 }, "{}", member.name);
        }
    }
}

#[test]
fn names_say_what_is_inside() {
    assert_eq!(name("notes", LINUX, Some("1.2.0")), "notes-linux-x86_64-1.2.0.tar.gz");
    assert_eq!(name("notes", Target::MacosArm64, None), "notes-macos-arm64.tar.gz");
    assert_eq!(name("notes", WINDOWS, Some("1.2.0")), "notes-windows-x86_64-1.2.0.zip");
}

#[test]
fn tar_unpacks_what_was_packed() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.tar.gz"), archive(LINUX, MEMBERS, Some(TIME)).unwrap()).unwrap();
    let listed = run(dir.path(), "tar", &["-tvzf", "a.tar.gz", "--full-time", "--quoting-style=literal"]);
    let first = listed.lines().next().unwrap();
    assert!(first.starts_with("-rwxr-xr-x root/root    100000 2024-02-29 12:34:56 "), "{listed}");
    let names: Vec<&str> =
        listed.lines().filter_map(|line| line.split_once("56 ")).map(|line| line.1).collect();
    assert_eq!(names, MEMBERS.iter().map(|member| member.name).collect::<Vec<_>>());
    run(dir.path(), "tar", &["-xpzf", "a.tar.gz"]);
    assert_unpacked(dir.path());
}

#[test]
fn unzip_unpacks_what_was_packed() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.zip"), archive(WINDOWS, MEMBERS, Some(TIME)).unwrap()).unwrap();
    run(dir.path(), "unzip", &["-tq", "a.zip"]);
    run(dir.path(), "unzip", &["-q", "a.zip"]);
    assert_unpacked(dir.path());
}

#[test]
fn python_agrees_on_every_field() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.zip"), archive(WINDOWS, MEMBERS, Some(TIME)).unwrap()).unwrap();
    fs::write(dir.path().join("a.tar.gz"), archive(LINUX, MEMBERS, None).unwrap()).unwrap();
    let script = "\
import zipfile, tarfile
z = zipfile.ZipFile('a.zip')
assert z.testzip() is None
for i in z.infolist(): print(i.filename, oct(i.external_attr >> 16 & 0o777), i.file_size, *i.date_time)
t = tarfile.open('a.tar.gz')
for i in t: print(i.name, oct(i.mode), i.size, i.mtime, i.uid, i.gid, i.uname, i.gname, i.isreg())
print(open('a.tar.gz', 'rb').read(10).hex())
";
    let expected = "\
notes-1.0/notes 0o755 100000 2024 2 29 12 34 56
notes-1.0/README.md 0o644 8 2024 2 29 12 34 56
notes-1.0/nothing 0o644 0 2024 2 29 12 34 56
notes-1.0/ein Ä.txt 0o644 4 2024 2 29 12 34 56
notes-1.0/notes 0o755 100000 315532800 0 0 root root True
notes-1.0/README.md 0o644 8 315532800 0 0 root root True
notes-1.0/nothing 0o644 0 315532800 0 0 root root True
notes-1.0/ein Ä.txt 0o644 4 315532800 0 0 root root True
1f8b08000000000002ff
";
    assert_eq!(run(dir.path(), "python3", &["-c", script]), expected);
}

#[test]
fn the_same_members_give_the_same_bytes() {
    for target in [LINUX, WINDOWS] {
        for time in [None, Some(0), Some(TIME), Some(u64::MAX)] {
            assert!(archive(target, MEMBERS, time) == archive(target, MEMBERS, time));
        }
        assert!(archive(target, MEMBERS, None) == archive(target, MEMBERS, Some(0)), "the earliest is 1980");
        assert!(archive(target, &[], None).is_ok());
    }
}

#[test]
fn a_name_longer_than_a_header_is_kept() {
    let name = format!("{}/{}", "folder".repeat(20), "file".repeat(30));
    let members = [Member { name: &name, bytes: b"x", executable: false }];
    for (target, unpack) in [(LINUX, "tar -xzf a"), (WINDOWS, "unzip -q a")] {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), archive(target, &members, None).unwrap()).unwrap();
        let words: Vec<&str> = unpack.split(' ').collect();
        run(dir.path(), words[0], &words[1..]);
        assert_eq!(fs::read(dir.path().join(&name)).unwrap(), b"x");
    }
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in ["", "/etc/passwd", "../a", "a/../../b", "a/./b", "a//b", "a/", "a\\b", "a\nb", "a\0b"] {
        for target in [LINUX, WINDOWS] {
            let error = archive(target, &[Member { name, bytes: b"", executable: false }], None).unwrap_err();
            assert_eq!(error.kind, Kind::Archive, "{name:?}");
        }
    }
    for name in ["C:evil", "con", "a/nul.txt", "LPT1.md", "x.", "x "] {
        let members = [Member { name, bytes: b"", executable: false }];
        assert!(archive(WINDOWS, &members, None).unwrap_err().reason.contains("indows"), "{name:?}");
        assert!(archive(LINUX, &members, None).is_ok(), "{name:?}");
    }
    let twice = archive(LINUX, &[MEMBERS[0], MEMBERS[0]], None).unwrap_err();
    assert!(twice.reason.contains("two files have it"), "{twice}");
}

#[test]
fn sha256sum_accepts_the_sums() {
    let dir = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for name in [
        "b.zip",
        "a.tar.gz",
        "c with space",
        #[cfg(unix)]
        "d\\e\nf",
    ] {
        fs::write(dir.path().join(name), name).unwrap();
        files.push((name.to_owned(), payload::sha256(name.as_bytes())));
    }
    let text = sums(&files);
    assert!(text.find("a.tar.gz") < text.find("b.zip"));
    fs::write(dir.path().join("SHA256SUMS"), text).unwrap();
    run(dir.path(), "sha256sum", &["--strict", "-c", "SHA256SUMS"]);
}
