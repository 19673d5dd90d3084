//! What the owner of a file asks of it, with arguments that begin with `--wasmpack-`; and what a sealed one makes of options.

use std::path::Path;
use std::process::{Command, Output};

use crate::common::{
    self, Dir, complains, executable, file_name, output, payload_at, prints, run, says, start, text,
};

/// Runs `program` in the folder of `dir` with these options of its owner.
fn with_opts(dir: &Dir, program: &Path, args: &[&str], opts: &str) -> Output {
    output(start(program).current_dir(dir.path()).args(args).env("WASMPACK_OPTS", opts))
}

#[test]
fn an_executable_says_what_it_is_and_may_touch() {
    let dir = Dir::new();
    dir.write("lib/file", "text");
    let lib = format!("{}::/lib", dir.join("lib").display());
    let options = [
        &["--dir", ".", "--env", "HOME", "--env", "TOKEN=secret", "--files", &lib][..],
        &["--app-version", "1.2.3", "--author", "Ada Notes"],
        &["--homepage", "https://notes.example", "--license", "MIT"],
    ]
    .concat();
    let program = dir.pack("probe", &options);
    let info = prints(&program, &["--wasmpack-info"], 0);
    let target = format!("target    {}", common::target().name());
    let lines = [
        "name      probe 1.2.3",
        "author    Ada Notes",
        "homepage  https://notes.example",
        "license   MIT",
        "grants    it may read and change files below the directory it is started in",
        "          it carries files of its own below /lib, to read",
        "          it sees the variable HOME where it is set",
        "          it has the variable TOKEN",
        "          it has no sockets, and starts no other program",
        "          grants can be changed with the variable WASMPACK_OPTS, such as WASMPACK_OPTS='--dir /data --deny-env'",
        &target,
    ];
    let told: Vec<&str> = info.lines().collect();
    assert_eq!(told[..lines.len() - 1], lines[..lines.len() - 1], "{info}");
    assert!(told.len() == lines.len() && told[lines.len() - 1].starts_with(&target), "{info}");
    let long = prints(&program, &["--wasmpack-info", "--long"], 0);
    for line in
        ["it has the variable TOKEN=secret", "module    SHA-256 ", "packed by ", " launcher\n", " memory"]
    {
        assert!(long.contains(line), "{line} in:\n{long}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&prints(&program, &["--wasmpack-info", "--json"], 0)).unwrap();
    assert_eq!(json["author"], "Ada Notes");
    assert_eq!(json["grants"]["env"], serde_json::json!(["TOKEN=secret"]));
    assert_eq!(
        json["grants"]["dirs"],
        serde_json::json!([{ "host": ".", "guest": ".", "read_only": false }])
    );
    assert_eq!(json["grants"]["files"], serde_json::json!([{ "guest": "/lib", "writable": false }]));
    for (asked, flags) in [("--wasmpack-info", &[][..]), ("--long", &["--long"]), ("--json", &["--json"])] {
        let inspected =
            Command::new(env!("CARGO_BIN_EXE_wasmpack")).arg("inspect").arg(&program).args(flags).output();
        let asked = if flags.is_empty() { vec![asked] } else { vec!["--wasmpack-info", asked] };
        assert_eq!(
            text(&inspected.unwrap().stdout),
            prints(&program, &asked, 0),
            "wasmpack inspect says the same"
        );
    }
    // As it would start now.
    let denied = with_opts(&dir, &program, &["--wasmpack-info"], "--deny-dir --deny-env=HOME --deny-env=X");
    let denied = text(&denied.stdout);
    assert!(!denied.contains("HOME") && !denied.contains("started in"), "{denied}");
    assert!(
        denied.contains("--deny-env=X: no variable is granted under this name; granted: TOKEN"),
        "{denied}"
    );
}

#[test]
fn arguments_that_are_reserved_start_no_program_unless_they_are_handed_on() {
    let dir = Dir::new();
    let program = dir.pack("probe", &["--sealed"]);
    let name = file_name("probe");
    let help = prints(&program, &["--wasmpack-help"], 0);
    for part in ["--wasmpack-info", "--wasmpack-verify", "134", "125", "It is sealed"] {
        assert!(help.contains(part), "{part} in {help}");
    }
    let wrong = complains(&program, &["--wasmpack-inof"], 125);
    let expected = "--wasmpack-inof is unknown; did you mean --wasmpack-info? (for the program itself, write -- \
                    --wasmpack-inof)\n";
    assert_eq!(wrong, format!("{}{expected}", says("probe")));
    assert!(complains(&program, &["--wasmpack-info", "args"], 125).contains("not args"));
    let args = |typed: &[&str]| prints(&program, typed, 0);
    for (typed, seen) in [
        // The probe's first argument is its command.
        (&["args", "--wasmpack-info"][..], "args\n--wasmpack-info\n"),
        (&["args", "--", "--wasmpack-info"], "args\n--\n--wasmpack-info\n"),
    ] {
        assert_eq!(args(typed), format!("{name}\n{seen}"), "{typed:?}");
    }
    let baked = dir.join(&file_name("baked"));
    common::pack(&common::fixture("probe"), &baked, &["--", "args"]);
    for (typed, seen) in [
        (&["--", "--wasmpack-info"][..], "--wasmpack-info\n"),
        (&["--", "--", "--wasmpack-x", "y"], "--\n--wasmpack-x\ny\n"),
        (&["--", "x", "--wasmpack-info"], "--\nx\n--wasmpack-info\n"),
        (&["--"], "--\n"),
    ] {
        assert_eq!(prints(&baked, typed, 0), format!("{}\nargs\n{seen}", file_name("baked")), "{typed:?}");
    }
}

#[test]
fn an_executable_finds_out_that_it_is_damaged() {
    let dir = Dir::new();
    dir.write("lib/file", "some text that is carried along");
    let program = dir.pack("probe", &["--files", &format!("{}::/lib", dir.join("lib").display())]);
    let told = prints(&program, &["--wasmpack-verify"], 0);
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("ok      header and manifest: SHA-256 matches"), "{told}");
    assert!(lines[1].starts_with("ok      content: SHA-256 matches"), "{told}");
    assert!(lines[2].starts_with("ok      target: "), "{told}");
    let good = std::fs::read(&program).unwrap();
    let payload = &good[payload_at(&good)..];
    // A file may go on behind it: its header says how long it is.
    let len = u64::from_le_bytes(payload[40..48].try_into().unwrap());
    let behind = payload_at(&good) + payload::Prefix::len(payload, len).unwrap();
    let last = good.iter().rposition(|byte| *byte != 0).unwrap();
    // In the first section's chunks, the middle, and the last byte that says something.
    for at in
        [behind + 64, behind + (last - behind) / 2, if common::on_windows() { behind + 80 } else { last }]
    {
        let mut bad = good.clone();
        bad[at] ^= 1;
        let bad = executable(&dir, "bad", &bad);
        let output = run(&bad, &["--wasmpack-verify"]);
        assert_eq!(output.status.code(), Some(125), "{at:#x}: {}", text(&output.stdout));
        assert!(text(&output.stdout).contains("FAILED  content: "), "{}", text(&output.stdout));
        assert!(text(&output.stderr).contains("it is damaged"), "{}", text(&output.stderr));
    }
    let mut bad = good;
    bad[behind - 40] ^= 1;
    let bad = executable(&dir, "bad", &bad);
    assert!(complains(&bad, &["--wasmpack-verify"], 125).contains("the file is damaged"));
}

#[test]
fn a_sealed_program_takes_no_options() {
    let dir = Dir::new();
    let program = dir.pack("probe", &["--sealed", "--env", "ONE=1"]);
    assert_eq!(prints(&program, &["env"], 0), "ONE=1\n");
    let info = prints(&program, &["--wasmpack-info"], 0);
    assert!(info.contains("sealed: grants cannot be changed"), "{info}");
    // Nothing that a whole session may have exported stops it, and nothing changes.
    for opts in ["--env TWO=2 --dir .", "--env-all", "--native", "--audit", "--deny-env=SECRET --deny-dir"] {
        let ran = with_opts(&dir, &program, &["env"], opts);
        assert_eq!((ran.status.code(), text(&ran.stdout)), (Some(0), "ONE=1\n".to_owned()), "{opts}");
        let note = format!("{}note: it is sealed, so WASMPACK_OPTS changes nothing\n", says("probe"));
        assert_eq!(text(&ran.stderr), note, "{opts}");
    }
    // But it does nothing that its owner forbids.
    for opts in ["--deny-env", "--deny-env=ONE"] {
        let ran = with_opts(&dir, &program, &["env"], opts);
        assert_eq!((ran.status.code(), text(&ran.stdout)), (Some(125), String::new()), "{opts}");
        let said = text(&ran.stderr);
        assert!(
            said.contains("it is sealed, and WASMPACK_OPTS cannot take the variable ONE from it"),
            "{said}"
        );
    }
}

#[test]
fn a_denial_of_what_is_not_granted_is_told() {
    let dir = Dir::new();
    dir.write("notes/a", "text");
    let program = dir.pack("probe", &["--dir", "notes::/notes"]);
    let ran = with_opts(&dir, &program, &["cat", "/notes/a"], "--deny-dir=/note");
    assert_eq!((ran.status.code(), text(&ran.stdout)), (Some(0), "text".to_owned()));
    let note =
        "note: WASMPACK_OPTS: --deny-dir=/note: no directory is granted under this name; granted: /notes\n";
    assert_eq!(text(&ran.stderr), format!("{}{note}", says("probe")));
}
