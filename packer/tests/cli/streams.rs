//! Standard input as the program, standard output as the executable, and files that are no files.

use std::{
    fs,
    io::Write,
    os::unix::fs::symlink,
    process::{Command, Output, Stdio},
};

use crate::dir::{COMMAND, Dir, stderr};

const STUB: [&str; 3] = ["--stub", "stub", "--no-trial"];

/// Runs the command with these arguments and `input` on its standard input, a pipe.
fn with_input(dir: &Dir, args: &[&str], input: &[u8]) -> Output {
    let mut command = dir.wasmpack(args);
    command.args(STUB).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Whoever does not want it is not written to.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[test]
fn a_module_comes_from_a_pipe() {
    let dir = Dir::new();
    let module = dir.read("app.wasm");
    dir.packs(&[&["app.wasm", "-o", "out"], &STUB[..]].concat());
    let expected = dir.read("out");
    for input in ["-", "/dev/stdin", "/dev/fd/0"] {
        let output = with_input(&dir, &[input, "-o", "out"], &module);
        assert!(output.status.success(), "{input}: {}", stderr(&output));
        assert!(dir.read("out") == expected, "{input}");
    }
    let output = with_input(&dir, &["-", "-o", "text"], COMMAND.as_bytes());
    assert!(output.status.success(), "{}", stderr(&output));
    // An executable, and what it is.
    dir.packs(&[&["app.wasm", "-o", "kept", "--keep-module"], &STUB[..]].concat());
    assert!(with_input(&dir, &["-", "-o", "again"], &dir.read("kept")).status.success());
    let mut inspect = dir.wasmpack(&["inspect", "-"]);
    let output = inspect.stdin(fs::File::open(dir.path("kept")).unwrap()).output().unwrap();
    assert!(output.stdout.starts_with(b"name      kept\n"), "{}", stderr(&output));
}

#[test]
fn every_input_may_be_a_pipe() {
    let dir = Dir::new();
    let script = r#"mkfifo fifo && { cat app.wasm > fifo & } &&
        "$WASMPACK" fifo -o one --stub <(cat stub) --no-trial -q &&
        "$WASMPACK" build --config <(printf 'module = "app.wasm"\noutput = "two"') --stub stub --no-trial -q"#;
    let mut bash = Command::new("bash");
    bash.args(["-c", script]).current_dir(dir.path("")).env("WASMPACK", env!("CARGO_BIN_EXE_wasmpack"));
    let Ok(output) = bash.output() else { return skip::because("no bash") };
    assert!(output.status.success(), "{}", stderr(&output));
    // A description in a pipe lies nowhere: what it names is found from here.
    assert!(dir.path("one").is_file() && dir.path("two").is_file());
}

#[test]
fn what_comes_from_a_pipe_needs_a_name() {
    let dir = Dir::new();
    let module = dir.read("app.wasm");
    for args in [&["-"][..], &["/dev/stdin"], &["-", "-o", "dist/"], &["-", "-t", "all", "-o", "dist"]] {
        let output = with_input(&dir, args, &module);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {message}");
        assert!(message.contains("--name") && message.contains("-o"), "{message}");
        assert!(!dir.path("dist").exists());
    }
    assert!(with_input(&dir, &["-", "--name", "called"], &module).status.success());
    assert!(dir.path("called").is_file());
    let output = with_input(&dir, &["-", "-o", "out"], b"");
    assert!(stderr(&output).contains("is empty"), "{}", stderr(&output));
}

#[test]
fn an_executable_goes_to_standard_output() {
    let dir = Dir::new();
    dir.packs(&[&["app.wasm", "-o", "app"], &STUB[..]].concat());
    let before = dir.names();
    let output = dir.packs(&[&["app.wasm", "-o", "-"], &STUB[..]].concat());
    assert!(output.stdout == dir.read("app"));
    assert!(stderr(&output).starts_with("standard output: linux-x86_64, "), "{}", stderr(&output));
    assert_eq!(dir.names(), before);
    for args in [&["-t", "all"][..], &["--archive"]] {
        let mut command = dir.wasmpack(&[&["app.wasm", "-o", "-"], args].concat());
        dir.command_fails(&mut command, 2, &["one executable"]);
    }
    dir.command_fails(
        &mut dir.shell("exec \"$WASMPACK\" app.wasm -o - --stub stub --no-trial >> app.wasm"),
        1,
        &["the same file as the input app.wasm"],
    );
}

#[test]
fn a_full_standard_output_is_told() {
    let dir = Dir::new();
    dir.packs(&[&["app.wasm", "--keep-module", "-o", "app"], &STUB[..]].concat());
    for args in [
        "app.wasm -o - --stub stub --no-trial",
        "extract app -o -",
        "inspect app",
        "inspect app --json",
        "verify app --json",
        "targets",
        "targets --json",
        "entitlements",
        "completions bash",
        "man",
        "--help",
        "-h",
        "--version",
        "help",
        "help build",
        "verify --help",
    ] {
        let mut command = dir.shell(&format!("exec \"$WASMPACK\" {args} > /dev/full"));
        dir.command_fails(&mut command, 1, &["cannot write to standard output: no space left on device"]);
    }
}

#[test]
fn a_reader_that_went_away_has_enough_but_not_of_a_file() {
    let dir = Dir::new();
    dir.packs(&[&["app.wasm", "--keep-module", "-o", "app"], &STUB[..]].concat());
    // The reader ends first: the shell starts the command when it has.
    let closed = |args: &str| {
        let script = format!("mkfifo p; {{ : < p & }}; exec 3> p; wait; exec \"$WASMPACK\" {args} >&3");
        let output = dir.shell(&script).output().unwrap();
        fs::remove_file(dir.path("p")).unwrap();
        output
    };
    for args in ["--help", "targets", "inspect app"] {
        let output = closed(args);
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()), "{args}");
    }
    for args in ["extract app -o -", "app.wasm -o - --stub stub --no-trial"] {
        let output = closed(args);
        assert_eq!(output.status.code(), Some(1), "{args}");
        assert!(stderr(&output).contains("cannot write to standard output"), "{}", stderr(&output));
    }
}

/// A link like `/dev/stdout`, wherever it lies, is the system's and not the place of a file.
#[test]
fn what_stands_for_something_open_is_never_replaced() {
    let dir = Dir::new();
    fs::create_dir(dir.path("dev")).unwrap();
    for (target, name) in [
        ("/proc/self/fd/1", "dev/stdout"),
        ("dev/stdout", "link"),
        ("link", "further"),
        ("/proc/self/fd/9", "dangling"),
        ("/proc/none/there", "nowhere"),
        ("/dev/stdout", "out"),
        ("/dev/new-device", "device"),
    ] {
        symlink(target, dir.path(name)).unwrap();
        dir.write("file", b"");
        for command in ["app.wasm --stub stub --no-trial", "build"] {
            dir.write("wasmpack.toml", b"module = 'app.wasm'\nstub = 'stub'\nno-trial = true\n");
            let script = format!("exec \"$WASMPACK\" {command} -q -o {name} > file");
            let output = dir.shell(&script).output().unwrap();
            let message = stderr(&output);
            assert_eq!(output.status.code(), Some(1), "{name}: {message}");
            assert!(
                message.starts_with(&format!("wasmpack: {name}: ")) && message.lines().count() == 1,
                "{message}"
            );
            assert!(fs::symlink_metadata(dir.path(name)).unwrap().is_symlink(), "{name}");
            assert_eq!(dir.read("file"), b"", "{name}");
        }
    }
    for path in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/proc/self/exe", "/dev/wasmpack-test"] {
        let output = dir.wasmpack(&[&["app.wasm", "-o", path], &STUB[..]].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{path}: {}", stderr(&output));
    }
    assert!(!std::path::Path::new("/dev/wasmpack-test").exists());
}

#[test]
fn a_pipe_or_a_socket_is_no_place_either() {
    let dir = Dir::new();
    let _socket = std::os::unix::net::UnixListener::bind(dir.path("socket")).unwrap();
    assert!(dir.shell("mkfifo pipe").status().unwrap().success());
    symlink("pipe", dir.path("link")).unwrap();
    for name in ["socket", "pipe", "link"] {
        dir.fails(&[&["app.wasm", "-o", name], &STUB[..]].concat(), &[name, "not a regular file"]);
    }
}
