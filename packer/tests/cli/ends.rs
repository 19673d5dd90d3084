//! How the command ends, whatever it meets: with a documented exit code and one line, or by the signal that ended it, and
//! with nothing left behind.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{
    dir::{Dir, modes_are_ignored, stderr},
    output::slow_app,
};

const PACK: [&str; 6] = ["app.wasm", "--stub", "stub", "--no-trial", "-o", "out"];

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn a_signal_ends_it_and_leaves_nothing() {
    let dir = Dir::new();
    dir.write("app.wasm", slow_app().as_bytes());
    fs::create_dir(dir.path("tmp")).unwrap();
    let before = dir.names();
    for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1), ("KILL", 9)] {
        let mut child = dir.signalled(&["app.wasm", "--stub", "stub", "-o", "new/deep/out"]);
        let mut child = child.env("TMPDIR", dir.path("tmp")).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(400));
        signal(&child, name);
        let status = child.wait().unwrap();
        assert_eq!((status.signal(), status.code()), (Some(number), None), "{name}");
        assert!(fs::read_dir(dir.path("tmp")).unwrap().next().is_none(), "{name}");
    }
    assert_eq!(dir.names(), before);
}

/// What `nohup`, and a script's `&`, have ignored stays so; what they have not still ends it.
#[test]
fn a_signal_that_is_ignored_says_nothing_about_others() {
    let dir = Dir::new();
    dir.write("app.wasm", slow_app().as_bytes());
    let before = dir.names();
    let script = "trap '' INT HUP; exec \"$WASMPACK\" app.wasm --stub stub --no-trial -o new/out";
    let mut child = dir.shell(script).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(400));
    signal(&child, "INT");
    signal(&child, "HUP");
    std::thread::sleep(Duration::from_millis(100));
    assert!(child.try_wait().unwrap().is_none(), "it goes on");
    signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().signal(), Some(15));
    assert_eq!(dir.names(), before);
}

/// Killed at whatever moment, also while it writes, it leaves the old file or the new one.
#[test]
fn killed_at_any_moment_it_leaves_a_whole_file() {
    let dir = Dir::new();
    dir.packs(&PACK);
    let new = dir.read("out");
    let old = b"older".to_vec();
    for round in 0..40 {
        let kept = round % 2 == 0;
        if kept {
            dir.write("out", &old);
        } else {
            fs::remove_file(dir.path("out")).unwrap();
        }
        let mut children: Vec<Child> =
            (0..2).map(|_| dir.wasmpack(&PACK).stderr(Stdio::null()).spawn().unwrap()).collect();
        std::thread::sleep(Duration::from_micros(2500 * round));
        children.iter().for_each(|child| signal(child, if round % 3 == 0 { "KILL" } else { "TERM" }));
        children.iter_mut().for_each(|child| assert!(child.wait().is_ok()));
        match fs::read(dir.path("out")) {
            Ok(found) => assert!(found == new || kept && found == old, "round {round}"),
            Err(_) => assert!(!kept, "round {round}"),
        }
        assert!(
            dir.names().iter().all(|name| ["app.wasm", "out", "stub"].contains(&&name[..])),
            "{:?}",
            dir.names()
        );
        dir.write("out", &old);
    }
}

#[test]
fn two_at_once_leave_a_whole_file() {
    let dir = Dir::new();
    dir.packs(&PACK);
    let whole = dir.read("out");
    let mut others = PACK;
    others[0] = "other.wasm";
    dir.wat("other.wasm", r#"(module (func (export "_start") nop nop nop) (memory 3))"#);
    dir.packs(&others);
    let other = dir.read("out");
    assert!(whole != other);
    for round in 0..10 {
        let mut first = dir.wasmpack(&PACK).stderr(Stdio::null()).spawn().unwrap();
        let mut second = dir.wasmpack(&others).stderr(Stdio::null()).spawn().unwrap();
        assert!(first.wait().unwrap().success() && second.wait().unwrap().success());
        let found = dir.read("out");
        assert!(found == whole || found == other, "round {round}");
    }
    assert_eq!(dir.names(), ["app.wasm", "other.wasm", "out", "stub"]);
}

/// Under limits it does its work, or says in one line why not; it does not panic. Only a failed allocation is Rust's own to
/// report.
#[test]
fn limits_are_no_panic() {
    let dir = Dir::new();
    let limits = ["-n 4", "-n 5", "-n 7", "-n 12", "-f 0", "-f 1", "-s 64", "-s 256", "-c 0"];
    // Less than the file itself takes is the kernel's affair.
    let memory: Vec<String> = (45_000..120_000).step_by(7_500).map(|size| format!("-v {size}")).collect();
    for limit in limits.iter().copied().chain(memory.iter().map(String::as_str)) {
        let script = format!("ulimit {limit}; exec \"$WASMPACK\" {}", PACK.join(" "));
        let output = dir.shell(&script).output().unwrap();
        let message = stderr(&output);
        assert!(!message.contains("panicked") && !message.contains("internal error"), "{limit}: {message}");
        match (output.status.code(), output.status.signal()) {
            (Some(0), _) => {}
            (Some(1), _) => {
                assert!(
                    message.starts_with("wasmpack: ") && message.lines().count() == 1,
                    "{limit}: {message}"
                );
            }
            // The system's loader fails before there is a packer, or memory ends in the middle.
            (Some(127), _) | (None, Some(6)) if limit.starts_with("-v") => {}
            _ => panic!("{limit}: {}: {message}", output.status),
        }
    }
}

#[test]
fn without_threads_it_says_so() {
    let dir = Dir::new();
    let user = if modes_are_ignored("/sys".as_ref()) || modes_are_ignored("/proc".as_ref()) || is_root() {
        // The limit does not hold for root.
        "setpriv --reuid 65533 --regid 65533 --clear-groups"
    } else {
        ""
    };
    let open = "chmod 777 . ; chmod 644 app.wasm stub";
    for compiler in ["cranelift", "singlepass"] {
        let script = format!(
            "{open}; ulimit -u 1; exec {user} \"$WASMPACK\" {} --compiler {compiler}",
            PACK.join(" ")
        );
        let output = dir.shell(&script).output().unwrap();
        let message = stderr(&output);
        if matches!(output.status.code(), Some(126 | 127)) {
            return skip::because(message);
        }
        match output.status.code() {
            Some(0) => {}
            Some(1) => assert!(
                message.contains("no thread can be started") && message.lines().count() == 1,
                "{message}"
            ),
            _ => panic!("{}: {message}", output.status),
        }
    }
    // What needs no compiler needs no threads.
    dir.packs(&PACK);
    let script = format!("chmod 755 out; ulimit -u 1; exec {user} \"$WASMPACK\" verify out -q");
    let output = dir.shell(&script).output().unwrap();
    assert!(!stderr(&output).contains("internal error"), "{}", stderr(&output));
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

#[test]
fn closed_descriptors_and_missing_folders_are_no_panic() {
    let dir = Dir::new();
    for how in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
        for args in [&PACK.join(" "), "targets", "inspect out", "verify out", "--help"] {
            let status = dir.shell(&format!("exec \"$WASMPACK\" {args} {how}")).output().unwrap().status;
            assert!(matches!(status.code(), Some(0 | 1)), "{args} {how}: {status}");
        }
    }
    for folder in ["none", "app.wasm", ""] {
        let output =
            dir.wasmpack(&["app.wasm", "--stub", "stub", "-o", "out"]).env("TMPDIR", folder).output();
        assert!(output.unwrap().status.success(), "{folder}");
    }
}

/// Each command says what is wrong with its file in one line, and exits with 1.
#[test]
fn each_command_names_a_file_that_it_cannot_use() {
    let dir = Dir::new();
    dir.write("empty", b"");
    fs::create_dir(dir.path("folder")).unwrap();
    for file in ["missing", "empty", "folder", "/dev/null", "/dev/zero", "/proc/self/mem"] {
        for before in
            [&["inspect"][..], &["verify"], &["extract", "-o", "x"], &["inspect", "--json"], &["-o", "x"]]
        {
            dir.fails(&[before, &[file]].concat(), &[file]);
        }
        // What a description says is usage; that it cannot be read is a failure.
        let code = if ["empty", "/dev/null"].contains(&file) { 2 } else { 1 };
        let mut build = dir.wasmpack(&["build", "--config", file]);
        dir.command_fails(&mut build, code, &[file]);
        dir.fails(&["app.wasm", "-o", "x", "--stub", file], &[file]);
        let args = ["app.wasm", "-o", "x", "-t", "windows", "--icon", file, "--no-trial"];
        dir.fails(&args, &[]);
        if file != "empty" && file != "/dev/null" {
            dir.fails(&["app.wasm", "-o", "d/", "--archive", "--include", file, "--no-trial"], &[file]);
        }
    }
}

#[test]
fn a_mistyped_command_is_wrong_usage() {
    let dir = Dir::new();
    for args in [
        &["verfy"][..],
        &["verfy", "app.wasm"],
        &["inspct", "app.wasm", "--json"],
        &["taregts"],
        &["rnu"],
        &["rnu", "app.wasm"],
    ] {
        let mut command = dir.wasmpack(args);
        dir.command_fails(&mut command, 2, &["wasmpack: ", args[0], "did you mean the command "]);
    }
    let unknown = ["wasmpack: notes: no such file or command; wasmpack --help lists the commands"];
    dir.command_fails(&mut dir.wasmpack(&["notes", "app.wasm"]), 2, &unknown);
    // A file of such a name is that.
    dir.write("verfy", b"");
    dir.fails(&["verfy"], &["verfy: the file is empty"]);
}

#[test]
fn a_directory_and_one_in_memory_have_two_names() {
    let dir = Dir::new();
    for options in [&["--dir", "/tmp", "--tmp"][..], &["--tmp=/d", "--dir-ro", ".::/d"]] {
        let args = [&["app.wasm", "--stub", "stub"], options].concat();
        let told = ["is a granted directory and one in memory (--tmp); leave one out"];
        dir.command_fails(&mut dir.wasmpack(&args), 2, &told);
    }
}

#[test]
fn a_value_or_an_argument_in_the_wrong_place_is_told_where_it_belongs() {
    let dir = Dir::new();
    for args in [
        &["app.wasm", "--tmp", "/scratch"][..],
        &["--tmp", "/scratch", "app.wasm"],
        &["build", "--tmp", "/scratch"],
    ] {
        let told = ["wasmpack: /scratch: a value is attached to --tmp: --tmp=/scratch"];
        dir.command_fails(&mut dir.wasmpack(args), 2, &told);
    }
    // With nothing attached it stands before the program.
    dir.packs(&["--tmp", "app.wasm", "--stub", "stub", "-o", "out", "--no-trial", "-q"]);
    for args in
        [&["run", "app.wasm", "read", "top.txt"][..], &["run", "--tmp", "app.wasm", "--dir", ".", "read"]]
    {
        let told = ["wasmpack: read: the program's arguments stand behind --: wasmpack run APP.wasm -- read"];
        dir.command_fails(&mut dir.wasmpack(args), 2, &told);
    }
}
