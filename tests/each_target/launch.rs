//! The launcher itself: finding the payload wherever the file is, checking it, and saying what is wrong.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::{
    Dir, complains, executable, file_name, fixture, launcher::skipped_when_dynamic, on_windows, pack,
    payload_at, place, prints, put_libraries, run, says, skipped_on_windows, skipped_when_emulated, slot,
    start, target, text,
};
use payload::Target;

#[test]
fn a_program_runs_moved_renamed_linked_and_through_path() {
    let dir = Dir::new();
    let program = dir.pack("hello", &[]);
    let expected = "hello from a packed program, 0 arguments\n";

    let moved = dir.join(&format!("sub folder/{}", file_name("renamed")));
    std::fs::create_dir(moved.parent().unwrap()).unwrap();
    std::fs::rename(&program, &moved).unwrap();
    assert_eq!(prints(&moved, &[], 7), expected);

    let link = dir.join(&file_name("link"));
    std::os::unix::fs::symlink(&moved, &link).unwrap();
    assert_eq!(prints(&link, &[], 7), expected);

    let hard = dir.join(&file_name("hard"));
    std::fs::hard_link(&moved, &hard).unwrap();
    assert_eq!(prints(&hard, &[], 7), expected);

    if skipped_when_emulated("through PATH") {
        return;
    }
    let output =
        Command::new("/bin/sh").args(["-c", "renamed"]).env("PATH", moved.parent().unwrap()).output();
    assert_eq!(text(&output.unwrap().stdout), expected);
}

#[test]
fn a_program_that_was_deleted_while_it_runs_still_runs() {
    if skipped_when_emulated("by the system itself") {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("probe", &[]);
    // It has begun by the time that spawn returns.
    let child =
        start(&program).args(["sleep", "50"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::fs::remove_file(program).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(text(&output.stdout), "slept\n", "{}", text(&output.stderr));
}

/// A folder that a process can be confined to, with `program` in it as `/app`, and no /proc.
fn chroot(dir: &Dir, program: &Path) -> PathBuf {
    let root = dir.join("root");
    std::fs::create_dir_all(root.join("bin")).unwrap();
    place::executable(&root.join("bin/app"), &std::fs::read(program).unwrap());
    put_libraries(program, &root);
    root
}

#[test]
fn a_program_runs_where_there_is_no_proc() {
    if skipped_when_emulated("by the system itself") {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("hello", &[]);
    let root = chroot(&dir, &program);
    // A user namespace of one's own may change its root without being root; where neither is allowed, say so.
    let confined = |start: &str| {
        let direct = Command::new("chroot").arg(&root).arg(start).output();
        direct
            .ok()
            .filter(|output| output.status.code() != Some(125) || output.stderr.starts_with(b"app"))
            .or_else(|| {
                Command::new("unshare")
                    .args(["--user", "--map-root-user", "chroot"])
                    .arg(&root)
                    .arg(start)
                    .output()
                    .ok()
            })
    };
    match confined("/bin/app") {
        Some(output)
            if text(&output.stderr).contains("unshare") || text(&output.stderr).contains("chroot:") =>
        {
            skip::because(format!(
                "neither chroot nor a user namespace is allowed here: {}",
                text(&output.stderr)
            ));
        }
        Some(output) => {
            assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
            // By a path relative to where it starts: the root.
            assert_eq!(confined("bin/app").unwrap().status.code(), Some(7));
        }
        None => skip::because("there is no chroot here"),
    }
}

#[test]
fn a_bare_launcher_says_so() {
    let dir = Dir::new();
    let program = dir.pack("hello", &[]);
    let mut bytes = std::fs::read(&program).unwrap();
    let slot = slot(&bytes);
    bytes[slot + 16..slot + 32].fill(0);
    let bare = executable(&dir, "bare", &bytes);
    let message = complains(&bare, &[], 125);
    assert!(message.starts_with(&says("bare")) && message.contains("carries no program"), "{message}");
}

#[test]
fn a_file_cut_short_says_that_the_payload_is_missing() {
    if skipped_on_windows("files cut short: it does not start one whose sections are not whole") {
        return;
    }
    let dir = Dir::new();
    let bytes = std::fs::read(dir.pack("hello", &[])).unwrap();
    for len in [bytes.len() - 1, payload_at(&bytes) + 100, payload_at(&bytes)] {
        let cut = executable(&dir, "cut", &bytes[..len]);
        let message = complains(&cut, &[], 125);
        assert!(message.starts_with(&format!("{}the payload is missing", says("cut"))), "{len}: {message}");
        assert_eq!(message.lines().count(), 1);
    }
}

#[test]
fn a_damaged_byte_is_found_before_it_is_used() {
    let dir = Dir::new();
    let program = dir.pack("hello", &[]);
    let good = run(&program, &["x"]);
    let bytes = std::fs::read(program).unwrap();
    let start = payload_at(&bytes);
    let prefix = u32::from_le_bytes(bytes[start + 16..start + 20].try_into().unwrap()) as usize;
    // All of the prefix, then a sample of the rest; of both less where a start takes long.
    let thin = if target() == Target::host().unwrap() { 1 } else { 9 };
    let rest = (start + prefix..bytes.len()).step_by(97 * thin);
    let places = (start..start + prefix).step_by(thin).chain(rest);
    let mut found = 0;
    for at in places {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        let output = run(&executable(&dir, "damaged", &damaged), &["x"]);
        // A chunk that nothing touches is not looked at.
        if at >= start + prefix && output.status.code() == Some(7) {
            assert_eq!(output.stdout, good.stdout, "byte {at:#x}");
            continue;
        }
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(125), "byte {at:#x}: {message}");
        assert!(
            message.starts_with(&says("damaged")) && message.lines().count() == 1,
            "byte {at:#x}: {message}"
        );
        found += 1;
    }
    assert!(found > prefix / thin + 2, "{found} damaged bytes were found");
}

#[test]
fn a_granted_directory_that_is_missing_is_named() {
    let dir = Dir::new();
    let program = dir.pack("hello", &["--dir", "no/such/dir::/data"]);
    let message = complains(&program, &[], 125);
    // wine speaks in the words of Windows.
    let missing = if on_windows() { "os error 3" } else { "No such file" };
    for part in [says("hello").as_str(), "no/such/dir", "/data", missing] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert_eq!(message.lines().count(), 1);
}

#[test]
fn a_missing_cpu_feature_or_another_engine_is_refused_in_one_line() {
    let dir = Dir::new();
    let bytes = std::fs::read(dir.pack("hello", &[])).unwrap();
    let start = payload_at(&bytes);
    let edited = |at: usize, new: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[start + at..start + at + new.len()].copy_from_slice(new);
        seal(&mut bytes[start..]);
        complains(&executable(&dir, "edited", &bytes), &[], 125)
    };
    // Offsets from docs/format.md: engine ABI at 20, target at 10.
    let message = edited(20, &22u32.to_le_bytes());
    assert!(message.contains("another engine (wasmer 7.2.0, abi 22)"), "{message}");
    let other = if bytes[start + 10] == 1 { 2u16 } else { 1 };
    let message = edited(10, &other.to_le_bytes());
    assert!(message.starts_with(&format!("{}it was packed for linux-", says("edited"))), "{message}");
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn starting_opens_nothing_but_the_program_itself_and_writes_nothing() {
    if skipped_when_emulated("by the system itself") || skipped_when_dynamic("without libraries") {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("probe", &[]);
    let log = dir.join("log");
    let status = Command::new("strace")
        .args(["-f", "-e", "trace=file,desc,write", "-o"])
        .arg(&log)
        .arg(&program)
        .args(["exit", "0"])
        .status();
    let Ok(status) = status else {
        skip::because("strace is not installed");
        return;
    };
    assert!(status.success());
    let log = std::fs::read_to_string(log).unwrap();
    let calls: Vec<&str> = log.lines().filter(|line| !line.contains("execve(")).collect();
    let opened: Vec<_> = calls.iter().filter(|line| line.contains("open")).collect();
    assert!(
        opened.iter().all(|line| line.contains("\"/proc/self/exe\"")) && opened.len() == 1,
        "{opened:#?}"
    );
    let written: Vec<_> = calls.iter().filter(|line| line.contains("write")).collect();
    assert!(written.is_empty(), "{written:#?}");
}

#[test]
fn packing_twice_gives_the_same_program() {
    let dir = Dir::new();
    let [one, two] = ["one", "two"].map(|folder| dir.join(&format!("{folder}/{}", file_name("app"))));
    for out in [&one, &two] {
        std::fs::create_dir(out.parent().unwrap()).unwrap();
        pack(&fixture("probe"), out, &["--dir", ".", "--env", "A=b"]);
    }
    assert!(std::fs::read(one).unwrap() == std::fs::read(two).unwrap());
}

/// Puts the digest right after an edit of the prefix, so that the check behind it is what is tested.
fn seal(payload: &mut [u8]) {
    let len = u32::from_le_bytes(payload[16..20].try_into().unwrap()) as usize;
    payload[64..96].fill(0);
    let digest = payload::sha256(&payload[..len]);
    payload[64..96].copy_from_slice(&digest);
}
