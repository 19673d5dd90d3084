//! The executable is written whole or not at all, and never at the cost of an older good one.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    process::Stdio,
    time::Duration,
};

use container::testing::elf;

use crate::dir::{Dir, modes_are_ignored, stderr};

const PACK: [&str; 5] = ["app.wasm", "--stub", "stub", "-o", "out"];

/// The arguments that pack `app.wasm` to `out`.
fn to(out: &str) -> [&str; 5] {
    ["app.wasm", "--stub", "stub", "-o", out]
}

#[test]
fn a_missing_output_folder_is_named() {
    Dir::new().fails(&to("no/such/out"), &["the output folder no/such does not exist"]);
}

#[test]
fn a_file_in_the_place_of_the_folder_is_named() {
    Dir::new().fails(&to("stub/out"), &["stub is not a folder"]);
}

#[test]
fn a_folder_takes_the_program_under_its_name() {
    let dir = Dir::new();
    fs::create_dir_all(dir.path("folder/app")).unwrap();
    for out in [".", "new/"] {
        dir.packs(&to(out));
        assert!(dir.path(out).join("app").is_file(), "{out}");
    }
    // What has its name there is not replaced.
    dir.fails(&to("folder"), &["folder/app: the output is a folder"]);
}

#[test]
fn a_device_is_never_replaced() {
    let dir = Dir::new();
    symlink("/dev/null", dir.path("link")).unwrap();
    dir.fails(&to("/dev/null"), &["/dev/null: ", "not a regular file"]);
    dir.fails(&to("link"), &["not a regular file"]);
}

#[test]
fn a_read_only_folder_is_told_before_anything_is_compiled() {
    let dir = Dir::new();
    let folder = dir.path("locked");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    // Root writes where modes forbid it, but not into /sys.
    let out = if !modes_are_ignored(&folder) {
        "locked/out"
    } else if fs::metadata("/sys").is_ok() && !modes_are_ignored("/sys".as_ref()) {
        "/sys/out"
    } else {
        skip::because("this user may write everywhere");
        return;
    };
    // The module is broken too: the folder is what is told first.
    dir.wat("app.wasm", "(module)");
    let before = dir.names();
    let output = dir.wasmpack(&to(out)).output().unwrap();
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1));
    let reasons = ["is not writable", "read-only file system"];
    assert!(reasons.iter().any(|reason| message.contains(reason)), "{message}");
    assert_eq!(dir.names(), before);
}

#[test]
fn the_input_is_never_overwritten_by_whatever_name() {
    let dir = Dir::new();
    fs::hard_link(dir.path("app.wasm"), dir.path("hard")).unwrap();
    symlink("app.wasm", dir.path("soft")).unwrap();
    let input = dir.read("app.wasm");
    for out in ["app.wasm", "./app.wasm", "hard", "soft"] {
        dir.fails(&to(out), &["the output is the same file as the input app.wasm"]);
    }
    dir.fails(&to("stub"), &["the same file as the input stub"]);
    assert_eq!(dir.read("app.wasm"), input);
}

#[test]
fn a_link_is_replaced_and_what_it_points_to_stays() {
    let dir = Dir::new();
    dir.write("elsewhere", b"precious");
    symlink("elsewhere", dir.path("out")).unwrap();
    dir.packs(&PACK);
    assert!(!fs::symlink_metadata(dir.path("out")).unwrap().is_symlink());
    assert_eq!(dir.read("elsewhere"), b"precious");
}

#[test]
fn the_run_bits_follow_the_umask() {
    let dir = Dir::new();
    for (umask, mode) in [("022", 0o755), ("077", 0o700), ("002", 0o775)] {
        let script = format!("umask {umask}; exec \"$WASMPACK\" app.wasm --stub stub -o out");
        assert!(dir.shell(&script).status().unwrap().success());
        let found = fs::metadata(dir.path("out")).unwrap().permissions().mode() & 0o7777;
        assert_eq!(found, mode, "umask {umask}");
    }
}

#[test]
fn a_longer_old_file_leaves_no_tail() {
    let dir = Dir::new();
    dir.packs(&PACK);
    let fresh = dir.read("out");
    dir.write("out", &vec![0xee; fresh.len() * 2]);
    dir.packs(&[&PACK[..], &["--force"]].concat());
    assert!(dir.read("out") == fresh);
}

#[test]
fn only_what_was_packed_for_the_same_target_is_replaced_unasked() {
    let dir = Dir::new();
    dir.write("arm", &elf::elf(183, &[(elf::SECTION, &payload::Locator::BARE)]));
    dir.packs(&PACK);
    dir.packs(&PACK);
    let fresh = dir.read("out");
    let other = ["app.wasm", "-t", "linux-arm64", "--stub", "arm", "-o", "out"];
    dir.fails(&other, &["out: there is an executable for linux-x86_64 under this name", "--force"]);
    assert!(dir.read("out") == fresh);
    dir.packs(&[&other[..], &["--force"]].concat());
    dir.fails(&PACK, &["out: there is an executable for linux-arm64 under this name"]);
    for text in [&b"notes"[..], b"\x7fELF", b"\0asm\x01\0\0\0"] {
        dir.write("out", text);
        dir.fails(&PACK, &["out: there is a file that wasmpack did not pack under this name", "--force"]);
        assert_eq!(dir.read("out"), text);
    }
    // `mktemp` makes an empty one; what was damaged is of no use to anybody.
    let mut damaged = fresh.clone();
    let at = damaged.len() - 8;
    damaged[at..].fill(0x55);
    for nothing in [Vec::new(), damaged, elf::stub(&payload::Locator::BARE)] {
        dir.write("out", &nothing);
        dir.packs(&PACK);
        assert!(dir.read("out") == fresh);
    }
}

#[test]
fn only_archives_are_replaced_by_archives_unasked() {
    let dir = Dir::new();
    let archive = ["app.wasm", "--stub", "stub", "-t", "linux-x86_64", "--archive", "-o", "dist/", "-q"];
    dir.packs(&archive);
    dir.packs(&archive);
    dir.write("dist/app-linux-x86_64.tar.gz", b"notes");
    dir.fails(&archive, &["app-linux-x86_64.tar.gz: there is a file under this name that is no archive"]);
    dir.packs(&[&archive[..], &["--force"]].concat());
}

#[test]
fn an_older_output_survives_a_failed_pack() {
    let dir = Dir::new();
    dir.packs(&PACK);
    let good = dir.read("out");
    dir.wat("app.wasm", "(module)");
    dir.fails(&PACK, &["a library"]);
    assert!(dir.read("out") == good);
}

/// A limit on the size of files stands for a full disk: both end a write halfway, and this one needs no root.
#[test]
fn without_space_an_older_output_survives_and_the_size_is_told() {
    let dir = Dir::new();
    dir.write("out", b"older");
    let mut limited =
        dir.shell("trap '' XFSZ; ulimit -f 16; exec \"$WASMPACK\" app.wasm --stub stub --force -o out");
    dir.command_fails(&mut limited, 1, &["out: no space for the file in folder .", "bytes are needed"]);
    assert_eq!(dir.read("out"), b"older");
}

/// An app that takes seconds to compile.
pub fn slow_app() -> String {
    let body = "local.get 0 i32.const 3 i32.mul local.tee 0 i32.const 7 i32.xor local.set 0 ".repeat(400);
    let function = format!("(func (param i32) (result i32) {body} local.get 0)");
    format!("(module {} (func (export \"_start\")))", function.repeat(1500))
}

#[test]
fn an_interrupted_pack_leaves_the_older_output_and_nothing_else() {
    let dir = Dir::new();
    dir.write("app.wasm", slow_app().as_bytes());
    dir.write("out", b"older");
    let before = dir.names();
    for signal in ["-INT", "-TERM", "-KILL"] {
        let mut child =
            dir.signalled(&[&PACK[..], &["--force"]].concat()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(500));
        let killed = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(killed.unwrap().success());
        let status = child.wait().unwrap();
        // On Linux it dies by the signal, as a shell's own commands do.
        let code = (!cfg!(target_os = "linux") && signal != "-KILL").then_some(130);
        assert_eq!(status.code(), code, "{signal}");
        assert_eq!(dir.names(), before, "{signal}");
        assert_eq!(dir.read("out"), b"older");
    }
}
