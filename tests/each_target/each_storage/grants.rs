//! Grants, as the packer gives them, as the owner of a file sees and changes them, and as a program meets them.

use std::path::Path;
use std::process::{Command, Output};

use crate::common::{
    self, Dir, complains, file_name, on_windows, output, prints, run, skipped_on_windows, start, text,
    wasmpack,
};

/// Runs `program` in `folder` with these variables.
pub(super) fn run_in(folder: &Path, program: &Path, args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = start(program);
    command.current_dir(folder).args(args);
    for (name, value) in variables {
        command.env(name, value);
    }
    output(&mut command)
}

/// What it printed, if it ended well.
#[track_caller]
pub(super) fn printed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{:?}", text(&output.stderr));
    text(&output.stdout)
}

/// What it wrote to standard error, if it ended with `code`.
#[track_caller]
fn complained(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{:?}", text(&output.stdout));
    text(&output.stderr)
}

#[test]
fn variables_are_passed_on_by_name() {
    let dir = Dir::new();
    let program = dir.pack("probe", &["--env", "WANTED", "--env", "UNSET", "--env", "ONE=1"]);
    let env = [("WANTED", "yes"), ("OTHER", "no")];
    assert_eq!(printed(&run_in(dir.path(), &program, &["env"], &env)), "WANTED=yes\nONE=1\n");
}

#[test]
fn all_variables_are_passed_on_and_set_ones_win() {
    let dir = Dir::new();
    let program = dir.pack("probe", &["--env-all", "--env", "ONE=1"]);
    let env = [("WANTED", "yes"), ("ONE", "2"), ("WASMPACK_OPTS", "--env TWO=2")];
    let seen = printed(&run_in(dir.path(), &program, &["env"], &env));
    for line in ["WANTED=yes", "ONE=1", "TWO=2"] {
        assert!(seen.lines().any(|seen| seen == line), "{line} in {seen}");
    }
    assert!(!seen.contains("ONE=2") && !seen.contains("WASMPACK_OPTS"), "{seen}");
}

#[test]
fn home_and_variables_in_a_hosts_path_are_found_when_it_runs() {
    let dir = Dir::new();
    dir.write("home/notes/a", "from home");
    dir.write("data/b", "from data");
    // wine has a home directory of its own.
    let notes = if on_windows() { "$HERE/notes::/notes" } else { "~/notes::/notes" };
    let program = dir.pack("probe", &["--dir-ro", notes, "--dir", "$DATA::/data", "--dir", "${DATA}"]);
    let (home, data) = (dir.join("home"), dir.join("data"));
    let (home, data) = (home.to_str().unwrap(), data.to_str().unwrap());
    let env = [("HOME", home), ("HERE", home), ("DATA", data)];
    let args = ["cat", "/notes/a", "and", "cat", "/data/b"];
    assert_eq!(printed(&run_in(dir.path(), &program, &args, &env)), "from homefrom data");
    if !on_windows() {
        // Without a guest's name it is the one that was found.
        assert_eq!(printed(&run_in(dir.path(), &program, &["cat", &format!("{data}/b")], &env)), "from data");
    }
    let missing = complained(&run_in(dir.path(), &program, &args, &env[..2]), 125);
    assert!(missing.contains("the variable DATA is not set"), "{missing}");
}

#[test]
fn a_working_directory_is_where_relative_paths_lead() {
    let dir = Dir::new();
    dir.write("data/sub/file", "found");
    let program = dir.pack("probe", &["--dir", "data::/data", "--cwd", "/data/sub"]);
    let args = ["cat", "file", "and", "cat", "/data/sub/file", "and", "ls", "."];
    assert_eq!(printed(&run_in(dir.path(), &program, &args, &[])), "foundfound.\n..\nfile\n");
    assert_eq!(printed(&run_in(dir.path(), &program, &["env"], &[])), "PWD=/data/sub\n");
    let astray = run_in(dir.path(), &program, &["env"], &[("WASMPACK_OPTS", "--cwd /elsewhere")]);
    let message = complained(&astray, 125);
    assert!(message.contains("working directory \"/elsewhere\""), "{message}");
}

#[test]
fn a_slash_behind_a_file_asks_for_a_directory_on_every_system() {
    let dir = Dir::new();
    dir.write("here/file", "text");
    for options in [&["--dir", "."][..], &["--dir-ro", "."], &["--native"]] {
        let program = dir.pack("probe", options);
        let read = |path: &str| run_in(&dir.join("here"), &program, &["cat", path], &[]);
        assert_eq!(printed(&read("file")), "text", "{options:?}");
        for path in ["file/", "./file//"] {
            let said = complained(&read(path), 1);
            assert!(said.contains("Not a directory"), "{options:?} {path}: {said}");
        }
    }
}

#[test]
fn a_native_program_works_where_its_user_stands_and_anywhere() {
    let dir = Dir::new();
    let here = Dir::new();
    here.write("in", "text");
    dir.write("far", "away");
    let program = dir.pack("probe", &["--native"]);
    let args = ["cat", "in", "and", "write", "out", "written"];
    assert_eq!(printed(&run_in(here.path(), &program, &args, &[])), "text");
    assert_eq!(std::fs::read(here.join("out")).unwrap(), b"written");
    assert_eq!(printed(&run_in(here.path(), &program, &["ls"], &[])), ".\n..\nin\nout\n");
    if !on_windows() {
        let far = dir.join("far");
        assert_eq!(printed(&run_in(here.path(), &program, &["cat", far.to_str().unwrap()], &[])), "away");
    }
    let seen = printed(&run_in(here.path(), &program, &["env"], &[("SEEN", "yes")]));
    assert!(seen.contains("SEEN=yes\n") && seen.contains("PWD=/"), "{seen}");
}

#[test]
fn the_owner_widens_and_narrows() {
    let dir = Dir::new();
    dir.write("data/file", "text");
    let program = dir.pack("probe", &["--env", "ONE=1", "--dir", "data::/packed"]);
    let opts = |args: &[&str], opts: &str| run_in(dir.path(), &program, args, &[("WASMPACK_OPTS", opts)]);
    assert_eq!(printed(&opts(&["cat", "/given/file"], "--dir-ro data::/given")), "text");
    let changed = opts(&["write", "/given/file", "x"], "--dir-ro data::/given");
    assert!(complained(&changed, 1).contains("Read-only file system"));
    assert_eq!(printed(&opts(&["env"], "--deny-env --env TWO='2 2'")), "TWO=2 2\n");
    let denied = complained(&opts(&["cat", "/packed/file"], "--deny-dir"), 1);
    assert!(denied.contains("No such file"), "{denied}");
    assert_eq!(printed(&opts(&["cat", "/packed/file"], "")), "text", "nothing said, nothing changed");
    let wrong = complained(&opts(&["env"], "--dri ."), 125);
    assert!(wrong.contains("WASMPACK_OPTS: --dri is no option; there are --dir"), "{wrong}");
    let missing = complained(&opts(&["env"], "--dir nowhere"), 125);
    assert!(missing.contains("\"nowhere\""), "{missing}");
}

#[test]
fn without_grants_the_root_is_empty_and_fixed() {
    let dir = Dir::new();
    let program = dir.pack("probe", &[]);
    assert_eq!(prints(&program, &["ls", "/"], 0), ".\n..\n");
    assert!(complains(&program, &["write", "/file", "x"], 1).contains("Read-only file system"));
    assert!(complains(&program, &["cat", "/etc/passwd"], 1).contains("No such file"));
}

#[test]
fn what_was_granted_is_said_a_line_each() {
    let dir = Dir::new();
    let said = |options: &[&str]| {
        let out = dir.join(&file_name("hello"));
        let output =
            wasmpack().arg(common::fixture("hello")).arg("-o").arg(out).args(options).output().unwrap();
        text(&output.stderr).lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(said(&[]), ["grants: none"]);
    assert_eq!(
        said(&["--dir-ro", "~/x::/x", "--env", "A=secret", "--sealed"]),
        ["grants: may read files below ~/x, as /x", "        has the variable A", "        sealed"]
    );
}

/// Prints the names of the directories that it starts with, a line each.
const NAMES: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_prestat_get" (func $get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $name (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start") (local $fd i32) (local $len i32)
        (local.set $fd (i32.const 3))
        (loop $next
            (if (i32.eqz (call $get (local.get $fd) (i32.const 0))) (then
                (local.set $len (i32.load (i32.const 4)))
                (drop (call $name (local.get $fd) (i32.const 16) (local.get $len)))
                (i32.store8 (i32.add (i32.const 16) (local.get $len)) (i32.const 10))
                (i32.store (i32.const 8) (i32.const 16))
                (i32.store (i32.const 12) (i32.add (local.get $len) (i32.const 1)))
                (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))
                (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
                (br $next))))))"#;

/// Of several grants under one name, and for the order of descriptors, what counts is the order in which they were typed,
/// whatever options they were given by.
#[test]
fn grants_keep_the_order_in_which_they_were_typed() {
    let dir = Dir::new();
    for name in ["a", "b"] {
        dir.write(&format!("{name}/file"), name);
    }
    let at = |name: &str| format!("{}::/", dir.join(name).to_str().unwrap());
    let (a, b) = (at("a"), at("b"));
    let carried_a = format!("{}::/a", dir.join("a").to_str().unwrap());
    let granted_b = format!("{}::/b", dir.join("b").to_str().unwrap());
    for (options, expected) in [
        // Directories of the host: the last one lies on top.
        (["--dir-ro", &a, "--dir", &b], "b"),
        (["--dir", &a, "--dir-ro", &b], "b"),
        (["--dir", &b, "--dir-ro", &a], "a"),
        // Carried files: the first one does.
        (["--files-rw", &a, "--files", &b], "a"),
        (["--files", &a, "--files-rw", &b], "a"),
        (["--files", &b, "--files-rw", &a], "b"),
        // What is carried lies over what is granted, in either order.
        (["--files", &a, "--dir", &b], "a"),
        (["--dir", &b, "--files", &a], "a"),
    ] {
        let program = dir.pack("probe", &options);
        assert_eq!(prints(&program, &["cat", "/file"], 0), expected, "{options:?}");
        let opts = match options {
            [one @ ("--dir" | "--dir-ro"), first, two @ ("--dir" | "--dir-ro"), second] => {
                format!("{one} {first} {two} {second}")
            }
            _ => continue,
        };
        // The same when it is started.
        let program = dir.pack("probe", &[]);
        let started = run_in(dir.path(), &program, &["cat", "/file"], &[("WASMPACK_OPTS", &opts)]);
        assert_eq!(printed(&started), expected, "{opts}");
    }
    for (options, names) in [
        (["--files", &carried_a, "--dir", &granted_b], "/\n.\n/a\n/b\n"),
        (["--dir", &granted_b, "--files", &carried_a], "/\n.\n/b\n/a\n"),
    ] {
        let program = dir.pack_text("names", NAMES, &options);
        assert_eq!(prints(&program, &[], 0), names, "{options:?}");
        // A description says it in its own order.
        let words: Vec<String> = options
            .chunks(2)
            .map(|pair| format!("{} = [{:?}]\n", pair[0].trim_start_matches("--"), pair[1]))
            .collect();
        let mut description = "module = \"names.wat\"\n".to_owned() + &words.concat();
        if let Some(stub) = common::launcher::path() {
            description += &format!("stub = {:?}\n", stub.display().to_string());
        }
        dir.write("wasmpack.toml", &description);
        let out = dir.join(&file_name("built"));
        let built = Command::new(env!("CARGO_BIN_EXE_wasmpack"))
            .args(["build", "-q", "--target", common::target().name(), "--config"])
            .arg(dir.join("wasmpack.toml"))
            .arg("-o")
            .arg(&out)
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", text(&built.stderr));
        assert_eq!(prints(&out, &[], 0), names, "wasmpack.toml");
    }
}

/// No hint where nobody reads along: a test of the terminal is in tests/terminal.rs.
#[test]
fn output_that_is_no_terminal_gets_no_hint() {
    if skipped_on_windows("/etc") {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("probe", &[]);
    let output = run(&program, &["cat", "/etc/passwd"]);
    assert_eq!(text(&output.stderr), "/etc/passwd: No such file or directory\n");
}

#[test]
fn an_audit_tells_the_fewest_grants_and_only_when_it_is_asked_for() {
    let dir = Dir::new();
    dir.write("here/in", "text");
    dir.write("there/other", "text");
    std::fs::create_dir(dir.join("here/out")).unwrap();
    let there = dir.join("there/other").display().to_string();
    let here = dir.join("here");
    let program = dir.pack("probe", &["--native"]);
    let args = ["cat", "in", "and", "write", "out/new", "x", "and", "cat", &there];
    let audited = run_in(&here, &program, &args, &[("WASMPACK_OPTS", "--audit")]);
    assert_eq!(printed(&audited), "texttext");
    let said = text(&audited.stderr);
    let line =
        said.lines().find_map(|line| line.split_once("audit: grants that are enough for what it did: "));
    let options = line.expect(&said).1;
    // What it says is enough, and less is not.
    let alone = dir.pack("probe", &[]);
    let again = run_in(&here, &alone, &args, &[("WASMPACK_OPTS", options)]);
    assert_eq!(printed(&again), "texttext", "{options}");
    assert!(options.contains("--dir out") && options.contains("--dir-ro ."), "{options}");
    let less = options.replace("--dir out", "");
    assert_ne!(run_in(&here, &alone, &args, &[("WASMPACK_OPTS", &less)]).status.code(), Some(0), "{less}");
    let quiet = run_in(&here, &program, &args, &[]);
    assert!(!text(&quiet.stderr).contains("audit"));
    let sealed = dir.pack("probe", &["--sealed"]);
    let refused = run_in(&here, &sealed, &["cat", "in"], &[("WASMPACK_OPTS", "--audit")]);
    assert!(!text(&refused.stderr).contains("enough"), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("it is sealed, so WASMPACK_OPTS changes nothing"));

    // A program that stands elsewhere is told the directory that it stands in, by its own name.
    let stands = dir.pack("probe", &["--dir", ".::/work", "--cwd", "/work"]);
    let args = ["cat", "in", "and", "write", "new", "x"];
    let audited = run_in(&here, &stands, &args, &[("WASMPACK_OPTS", "--audit")]);
    let said = text(&audited.stderr);
    let options = said.trim_end().split_once("enough for what it did: ").expect(&said).1;
    assert_eq!(options, "--dir .::/work --cwd /work");
    assert_eq!(printed(&run_in(&here, &alone, &args, &[("WASMPACK_OPTS", options)])), "text");

    // A packed `.` beside `--native` is for relative paths.
    let both = dir.pack("probe", &["--dir", "."]);
    let args = ["cat", "in", "and", "cat", &there];
    let audited = run_in(&here, &both, &args, &[("WASMPACK_OPTS", "--audit --native")]);
    let said = text(&audited.stderr);
    let options = said.trim_end().split_once("enough for what it did: ").expect(&said).1;
    assert_eq!(
        printed(&run_in(&here, &alone, &args, &[("WASMPACK_OPTS", options)])),
        "texttext",
        "{options}"
    );

    let above = dir.pack("probe", &["--dir", ".."]);
    let args = ["cat", "../there/other"];
    let audited = run_in(&here, &above, &args, &[("WASMPACK_OPTS", "--audit")]);
    let said = text(&audited.stderr);
    let options = said.trim_end().split_once("enough for what it did: ").expect(&said).1;
    assert_eq!(options, "--dir-ro ../there");
    assert_eq!(printed(&run_in(&here, &alone, &args, &[("WASMPACK_OPTS", options)])), "text");

    // Where it starts is told with the directory that is there, and by a name that is read again.
    dir.write("here/$HOME/in", "text");
    let stands = dir.pack("probe", &["--dir", "$$HOME::/a$b", "--cwd", "/a$$b"]);
    let args = ["cat", "in"];
    for opts in ["--audit", "--audit --native"] {
        let audited = run_in(&here, &stands, &args, &[("WASMPACK_OPTS", opts)]);
        assert_eq!(printed(&audited), "text", "{opts}");
        let said = text(&audited.stderr);
        let options = said.trim_end().split_once("enough for what it did: ").expect(&said).1;
        let again = run_in(&here, &alone, &args, &[("WASMPACK_OPTS", options)]);
        assert_eq!(printed(&again), "text", "{opts}: {options}");
    }
}

#[test]
fn a_mistake_in_the_options_is_told_with_the_way_out() {
    let dir = Dir::new();
    let program = dir.pack("probe", &["--dir", "."]);
    for (opts, words) in [
        ("--deny-dir /nope", "for a value of --deny-dir write --deny-dir=/nope"),
        ("--tmp /scratch", "for a value of --tmp write --tmp=/scratch"),
        ("--cwd /nowhere", "is no directory in what the program was granted as ."),
    ] {
        let output = run_in(dir.path(), &program, &["env"], &[("WASMPACK_OPTS", opts)]);
        assert_eq!(output.status.code(), Some(125), "{opts}");
        assert!(text(&output.stderr).contains(words), "{opts}: {}", text(&output.stderr));
    }
}

#[test]
fn a_temporary_directory_is_in_memory_and_takes_a_name_and_its_place_in_what_is_told() {
    let dir = Dir::new();
    let program = dir.pack("probe", &["--tmp=/scratch", "--env", "A=1"]);
    let args = ["write", "/scratch/f", "text", "and", "cat", "scratch/f", "and", "ls", "/"];
    assert_eq!(prints(&program, &args, 0), "text.\n..\nscratch\n");
    complains(&program, &["cat", "/scratch/f"], 1);
    let told = prints(&program, &["--wasmpack-info"], 0);
    assert!(told.contains("it has a directory of its own in memory, /scratch, until it ends"), "{told}");
    let alone = dir.pack("probe", &[]);
    let granted = run_in(
        dir.path(),
        &alone,
        &["write", "/tmp/f", "x", "and", "cat", "/tmp/f"],
        &[("WASMPACK_OPTS", "--tmp")],
    );
    assert_eq!(printed(&granted), "x");
    assert!(std::fs::read_dir(dir.path()).unwrap().all(|entry| entry.unwrap().file_name() != "tmp"));
    let denied = run_in(
        dir.path(),
        &program,
        &["write", "/scratch/f", "x"],
        &[("WASMPACK_OPTS", "--deny-dir=/scratch")],
    );
    assert_eq!(denied.status.code(), Some(1));
    for (name, word) in [("/", "root"), ("tmp", "/tmp was expected")] {
        let wrong = run_in(dir.path(), &alone, &[], &[("WASMPACK_OPTS", &format!("--tmp={name}"))]);
        assert!(text(&wrong.stderr).contains(word), "{}", text(&wrong.stderr));
    }
}
