//! Carried files: which they are, what is said about them, and how they are looked at and taken out.

use std::fs;

use crate::dir::{Dir, prefix, stderr};

const PACK: [&str; 5] = ["app.wasm", "-o", "out", "--stub", "stub"];

fn with(files: &[(&str, &str)]) -> Dir {
    let dir = Dir::new();
    for (name, text) in files {
        fs::create_dir_all(dir.path(name).parent().unwrap()).unwrap();
        dir.write(name, text.as_bytes());
    }
    dir
}

/// What the executable `out` carries: a path and a size a line.
fn listed(dir: &Dir, out: &str) -> Vec<String> {
    let output = dir.packs(&["inspect", out, "--files"]);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn packs(dir: &Dir, flags: &[&str]) -> String {
    stderr(&dir.packs(&[&PACK[..], &["--no-trial"], flags].concat()))
}

#[test]
fn what_is_carried_is_counted_and_hidden_files_are_named() {
    let dir = with(&[("d/a", "12345"), ("d/s/b", "1"), ("d/.env", "SECRET=1"), ("d/.git/config", "x")]);
    let said = packs(&dir, &["--files", "d::/d", "--files-rw", "d/s::/s"]);
    let lines: Vec<&str> = said.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            "grants: carries 4 files (15 bytes) below /d, to read",
            "        carries the file b (1 bytes) below /s, which it may change in memory until it ends",
            "note: hidden files are carried below /d: .env, .git (--exclude NAME: without them)",
        ]
    );
    let said = packs(&dir, &["--files", "d::/d", "--exclude", ".*", "--exclude", "/s/", "--exclude", "none"]);
    let lines: Vec<&str> = said.lines().skip(1).collect();
    assert_eq!(
        lines,
        ["grants: carries the file a (5 bytes) below /d, to read", "note: --exclude none leaves nothing out"]
    );
    assert_eq!(listed(&dir, "out"), ["5 bytes /d/a"]);
}

#[test]
fn that_nothing_is_carried_is_told() {
    let dir = with(&[("d/a.log", "x")]);
    fs::create_dir_all(dir.path("empty/deep")).unwrap();
    let said = packs(&dir, &["--files", "empty::/i", "--files", "d::/d", "--exclude", "*.log"]);
    for (guest, host) in [("/i", "empty"), ("/d", "d")] {
        let note = format!("note: nothing is carried below {guest}: no files were found in {host}\n");
        assert!(said.contains(&note), "{said}");
    }
    let output = dir.packs(&["inspect", "out", "--files"]);
    assert_eq!((stderr(&output).as_str(), output.stdout.len()), ("out: it carries no files\n", 0));
    let output = dir.packs(&["inspect", "out", "--files", "--json"]);
    assert_eq!((stderr(&output).as_str(), &output.stdout[..]), ("", &b"[]\n"[..]));
}

#[test]
fn single_files_are_carried_where_they_belong() {
    let dir = with(&[("a.toml", "one"), ("b.toml", "other"), ("d/etc/x", "x"), ("d/etc/a.toml", "hidden")]);
    let roots = |flags: &[&str]| {
        packs(&dir, flags);
        let grants = prefix(&dir.read("out")).manifest.grants;
        let names: Vec<String> = grants.mounts.iter().map(|mount| mount.guest().to_string()).collect();
        (names, listed(&dir, "out"))
    };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(roots(&["--files", "a.toml"]), (names(&["."]), names(&["3 bytes a.toml"])));
    assert_eq!(
        roots(&["--files", "a.toml::/etc/a.toml", "--files", "b.toml::/etc/"]),
        (names(&["/etc"]), names(&["3 bytes /etc/a.toml", "5 bytes /etc/b.toml"]))
    );
    // It joins what is carried around it, whichever was named first, and hides nothing there but its own name.
    let joined = (names(&["/"]), names(&["3 bytes /etc/a.toml", "1 bytes /etc/x"]));
    assert_eq!(roots(&["--files", "d::/", "--files", "a.toml::/etc/a.toml"]), joined);
    assert_eq!(roots(&["--files", "a.toml::/etc/a.toml", "--files", "d::/"]), joined);
    // So it does over a directory of the host, and over files that may be changed.
    let over = (names(&["/etc", "/etc"]), names(&["3 bytes /etc/s/a.toml"]));
    assert_eq!(roots(&["--dir", "d/etc::/etc", "--files", "a.toml::/etc/s/a.toml"]), over);
    let (mounts, _) = roots(&["--files", "d::/", "--files-rw", "a.toml::/etc/a.toml"]);
    assert_eq!(mounts, ["/", "/"]);
    let (mounts, _) = roots(&["--native", "--files", "a.toml::/etc/a.toml"]);
    assert_eq!(mounts, ["/"]);
    // What stands in its way is told.
    for (guest, why) in [("/etc", "a folder is carried"), ("/etc/x/y", "in the place of its folder")] {
        let file = format!("a.toml::{guest}");
        let flags = ["--files", "d::/", "--files", &file];
        dir.fails(&[&PACK[..], &flags].concat(), &["a.toml", guest, why]);
    }
}

#[test]
fn a_file_joins_what_an_executable_carries_already() {
    let dir = with(&[("a", "one"), ("d/x", "x"), ("b", "other")]);
    packs(&dir, &["--files", "d::/d", "--keep-module"]);
    let again =
        ["out", "-o", "again", "--stub", "stub", "--no-trial", "--files", "a::/d/a", "--files", "b::/d/x"];
    dir.packs(&again);
    assert_eq!(listed(&dir, "again"), ["3 bytes /d/a", "5 bytes /d/x"]);
}

#[test]
fn the_output_is_never_carried() {
    let dir = with(&[("data", "x"), (".wasmpackignore", "stub\napp.*\nagain*\n")]);
    let rounds = |flags: &[&str], out: &str| {
        let one = || {
            let all = [&["app.wasm", "--stub", "stub", "--no-trial", "-q", "--files", ".::/d", "-o"], flags]
                .concat();
            dir.packs(&all);
            dir.read(out)
        };
        let first = one();
        assert!(one() == first && one() == first, "{flags:?}");
        assert_eq!(listed(&dir, out), ["1 bytes /d/data"], "{flags:?}");
        fs::remove_file(dir.path(out)).unwrap();
    };
    rounds(&["out"], "out");
    fs::create_dir(dir.path("x")).unwrap();
    rounds(&["./x/../out"], "out");
    #[cfg(unix)]
    {
        fs::create_dir(dir.path("real")).unwrap();
        std::os::unix::fs::symlink("real", dir.path("again-link")).unwrap();
        rounds(&["again-link/out"], "real/out");
        fs::remove_dir_all(dir.path("real")).unwrap();
    }
    rounds(&["x/out"], "x/out");
    rounds(&["dist/"], "dist/app");
    rounds(&["dist/", "-t", "linux-x86_64"], "dist/app-linux-x86_64");
}

#[test]
fn neither_are_archives_nor_what_lies_beside_them() {
    let dir = with(&[("data", "x"), (".wasmpackignore", "stub\napp.wasm\n"), ("dist/old", "x")]);
    let archive = |out: &str, version: &str| {
        let flags = ["app.wasm", "--stub", "stub", "--no-trial", "--files", ".::/d", "--archive", "-o", out];
        stderr(&dir.packs(&[&flags[..], &["--app-version", version]].concat()))
    };
    let said = archive("dist", "1");
    assert!(said.contains("grants: carries the file data (1 bytes)"), "{said}");
    assert!(said.contains("note: ./dist is not carried: the output goes there"), "{said}");
    assert_eq!(archive("dist", "2").replace("-2.", "-1.").lines().nth(1), said.lines().nth(1));
    fs::remove_dir_all(dir.path("dist")).unwrap();
    archive(".", "1");
    let said = archive(".", "1");
    assert!(
        said.contains("grants: carries the file data (1 bytes)"),
        "SHA256SUMS and the archive are the output: {said}"
    );
}

#[test]
fn an_older_output_under_another_name_is_told() {
    let dir = with(&[("d/a", "x")]);
    dir.packs(&["app.wasm", "-o", "d/older", "--stub", "stub", "--no-trial", "-q"]);
    let said = packs(&dir, &["--files", "d::/d"]);
    let path = std::path::Path::new("d").join("older");
    let note = format!(
        "note: {} is carried, an executable that wasmpack made (--exclude NAME: without it)",
        path.display()
    );
    assert_eq!(said.lines().last(), Some(&note[..]), "{said}");
    let file = packs(&dir, &["--dir-ro", "d/a", "--force"]);
    assert!(file.contains("note: d/a is a file here, and --dir and --dir-ro grant directories"), "{file}");
    // Many are one line.
    let older = dir.read("d/older");
    (0..9).for_each(|number| dir.write(&format!("d/o{number}"), &older));
    let said = packs(&dir, &["--files", "d::/d", "--force"]);
    assert_eq!(said.matches("wasmpack made").count(), 1, "{said}");
    assert!(
        said.contains("o3, ") && !said.contains("o5") && said.contains(" and 5 more are carried"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn neither_is_standard_output_nor_a_single_file_that_is_the_output() {
    let dir = with(&[("data", "x"), (".wasmpackignore", "stub\napp.wasm\n")]);
    let pack = "\"$WASMPACK\" app.wasm --stub stub --no-trial -q --files .::/d -o - > out && cp out first && \
                rm first && \"$WASMPACK\" app.wasm --stub stub --no-trial -q --files .::/d -o - > out";
    assert!(dir.shell(pack).status().unwrap().success());
    assert_eq!(listed(&dir, "out"), ["1 bytes /d/data"]);
    let flags = [&PACK[..], &["--files", "./out::/x"]].concat();
    dir.fails(&flags, &["./out: ", "the output is the same file"]);
}

#[test]
fn what_is_carried_is_listed_and_extracted() {
    let dir = with(&[("d/a", "text"), ("d/s/b", ""), ("e/c", "more")]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("s/b", dir.path("d/l")).unwrap();
    #[cfg(not(unix))]
    dir.write("d/l", b"");
    packs(&dir, &["--files", "d::/data", "--files-rw", "e"]);
    #[cfg(unix)]
    assert_eq!(
        listed(&dir, "out"),
        ["4 bytes /data/a", "link /data/l -> s/b", "0 bytes /data/s/b", "4 bytes e/c"]
    );
    let json = String::from_utf8(dir.packs(&["inspect", "out", "--files", "--json"]).stdout).unwrap();
    assert!(json.contains(r#""path": "e/c""#) && json.contains(r#""writable": true"#), "{json}");
    let said = stderr(&dir.packs(&["extract", "out", "--files", "to/here"]));
    assert!(said.starts_with("to/here: ") && said.contains(" files, 8 bytes"), "{said}");
    assert_eq!(dir.read("to/here/data/a"), b"text");
    assert_eq!(dir.read("to/here/e/c"), b"more");
    #[cfg(unix)]
    assert_eq!(fs::read_link(dir.path("to/here/data/l")).unwrap().to_str(), Some("s/b"));
    dir.fails(&["extract", "out", "--files", "to/here"], &["to/here: ", "not empty"]);
    dir.fails(&["extract", "out", "--files", "d/a"], &["d/a: ", "not one"]);
    dir.command_fails(&mut dir.wasmpack(&["extract", "out"]), 2, &["--files"]);
    packs(&dir, &[]);
    dir.fails(&["extract", "out", "--files", "none"], &["out: it carries no files"]);
}

#[test]
fn one_colon_is_told_the_right_spelling() {
    let dir = with(&[("d/a", "x"), ("n:m/a", "y")]);
    for option in ["--dir", "--dir-ro", "--files", "--files-rw"] {
        for (typed, right) in [(".:/work", ".::/work"), ("d:/work", "d::/work")] {
            if cfg!(windows) && typed.starts_with('d') {
                continue;
            }
            let flags = [&PACK[..], &["-t", "linux-x86_64", option, typed]].concat();
            dir.command_fails(&mut dir.wasmpack(&flags), 2, &[right]);
        }
    }
    dir.write("wasmpack.toml", b"module = 'app.wasm'\nfiles = ['data:/work']\n");
    dir.command_fails(&mut dir.wasmpack(&["build"]), 2, &["line 2: files: ", "data::/work"]);
    // A drive is one for Windows alone.
    dir.fails(&["app.wasm", "-o", "a.exe", "--dir", r"C:\x", "--stub", "stub"], &["stub"]);
    packs(&dir, &["--files", "n:m::/m", "--dir", r"C:\x::/x", "--dir-ro", "a:b::a:b"]);
    let grants = prefix(&dir.read("out")).manifest.grants;
    let hosts: Vec<&str> = grants.dirs().map(|dir| dir.host.as_str()).collect();
    assert_eq!(hosts, [r"C:\x", "a:b"]);
    assert_eq!(listed(&dir, "out"), ["1 bytes /m/a"]);
}

#[test]
fn a_directory_is_not_granted_in_two_ways() {
    let dir = Dir::new();
    for (one, other) in [(".", "."), (".", "./"), ("d::/", "d::."), ("d", "./d/")] {
        let flags = [&PACK[..], &["--dir", one, "--dir-ro", other]].concat();
        dir.command_fails(&mut dir.wasmpack(&flags), 2, &["--dir-ro", "leave one out"]);
    }
    // One over the other.
    packs(&dir, &["--dir", ".", "--dir-ro", "/"]);
}
