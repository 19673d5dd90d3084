//! Ways to start one.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::Duration;

use super::*;

#[test]
fn every_shell_starts_it_the_first_time_later_and_without_a_cache() {
    let shells = shells();
    for (number, shell) in shells.iter().enumerate() {
        let dir = Dir::new();
        let file = put(dir.path(), format!("my app {number}"), probe());
        let by = |arg: &str| {
            let mut command = command(&shell[0], &dir);
            command.args(&shell[1..]).arg(arg).args(["args", "a b", "", "*", "-n"]);
            command
        };
        for name in [file.to_str().unwrap(), &format!("my app {number}"), &format!("./my app {number}")] {
            for time in ["first", "later"] {
                let (out, err) = ended(&mut by(name), 0);
                assert!(out.ends_with("args\na b\n\n*\n-n\n"), "{shell:?}, {time}: {out:?}");
                assert!(out.starts_with(&format!("my app {number}\n")), "{shell:?}, {time}: {out:?}");
                assert_eq!(err, "", "{shell:?}, {time}");
            }
        }
        assert_eq!(names(&cache(&dir)).len(), 1, "{shell:?}");
        let temporary = dir.join("temporary");
        fs::create_dir(&temporary).unwrap();
        let mut nameless = by("./my app 0".replace('0', &number.to_string()).as_str());
        nameless.env_remove("HOME").env("TMPDIR", &temporary);
        let (out, err) = ended(&mut nameless, 0);
        assert!(out.ends_with("args\na b\n\n*\n-n\n") && err.is_empty(), "{shell:?}: {out:?} {err:?}");
        assert_eq!(names(&temporary), [""; 0], "{shell:?}");
    }
}

#[test]
fn whatever_starts_programs_starts_it() {
    let dir = Dir::new();
    put(dir.path(), "app", probe());
    let python = "import os, subprocess, sys\n\
                  subprocess.run(['./app', 'exit', '3']).returncode == 3 or sys.exit('subprocess')\n\
                  os.waitpid(os.posix_spawn('./app', ['x', 'exit', '3'], os.environ), 0)[1] == 768 or sys.exit('spawn')\n\
                  os.execv('./app', ['x', 'args', 'python'])\n";
    fs::write(dir.join("Makefile"), "all:\n\t./app args make\n").unwrap();
    let ways: [(&str, &[&str], &str); 8] = [
        ("./app", &["args", "exec"], "exec"),
        ("env", &["./app", "args", "env"], "env"),
        ("nice", &["./app", "args", "nice"], "nice"),
        ("setsid", &["-w", "./app", "args", "setsid"], "setsid"),
        ("find", &["app", "-exec", "./app", "args", "{}", ";"], "app"),
        ("sh", &["-c", "./app args sh"], "sh"),
        ("python3", &["-c", python], "python"),
        ("make", &["-s"], "make"),
    ];
    for (program, args, said) in ways {
        if program != "./app" && runner::installed(program).is_none() {
            continue;
        }
        let program = if program == "./app" { dir.join("app").into_os_string() } else { program.into() };
        let (out, _) = ended(command(&program, &dir).args(args), 0);
        assert!(out.ends_with(&format!("{said}\n")), "{program:?}: {out:?}");
    }
}

#[test]
fn it_finds_itself_by_any_name() {
    let dir = Dir::new();
    let folder = dir.join("a\nb 'c' $HOME");
    fs::create_dir(&folder).unwrap();
    let names: [&[u8]; 5] = [b"-x", b"new\nline", b"quote'\"$(exit)`", b"not\xffutf8", b"*"];
    for name in names {
        let file = put(&folder, OsStr::from_bytes(name), probe());
        let (out, _) = ended(command(&file, &dir).args(["args", "ok"]), 0);
        assert!(out.ends_with("args\nok\n"), "{out:?}");
        // By its name alone, by a shell and through PATH.
        let mut by_shell = command("sh", &dir);
        by_shell.current_dir(&folder).arg("--").arg(OsStr::from_bytes(name)).args(["args", "ok"]);
        let (out, _) = ended(&mut by_shell, 0);
        assert!(out.ends_with("args\nok\n"), "{out:?}");
        let path = std::env::var_os("PATH").unwrap();
        let path =
            std::env::join_paths([folder.clone()].into_iter().chain(std::env::split_paths(&path))).unwrap();
        let mut by_path = command("env", &dir);
        by_path.env("PATH", path).arg("--").arg(OsStr::from_bytes(name)).args(["args", "ok"]);
        if name != b"-x" {
            let (out, _) = ended(&mut by_path, 0);
            assert!(out.ends_with("args\nok\n"), "{out:?}");
        }
    }
    let link = dir.join("link");
    std::os::unix::fs::symlink(folder.join("-x"), &link).unwrap();
    let (out, _) = ended(command(&link, &dir).args(["args"]), 0);
    assert!(out.starts_with("link\n"), "as its own file: by the name it was started by: {out:?}");
    fs::set_permissions(folder.join("-x"), fs::Permissions::from_mode(0o555)).unwrap();
    ended(command(&link, &dir).args(["args"]), 0);
    // The execute bit is lost: a shell does without.
    fs::set_permissions(folder.join("-x"), fs::Permissions::from_mode(0o444)).unwrap();
    ended(command("sh", &dir).arg(&link).args(["args"]), 0);
}

/// What a program sees and leaves does not tell that it was started by a script.
#[test]
fn the_program_notices_nothing() {
    let dir = Dir::new();
    let file = put(dir.path(), "app", probe());
    let own = alone(&dir);
    let outcome = |program: &Path, args: &[&str], change: &dyn Fn(&mut Command)| {
        let mut command = command(program, &dir);
        command.args(args);
        change(&mut command);
        let Output { status, stdout, stderr } = output(&mut command);
        (status.code(), text(&stdout), text(&stderr))
    };
    let nothing = |_: &mut Command| {};
    let variables = |command: &mut Command| {
        command.env("_wasmpack", "mine").env("A", "b\nc").env("WASMPACK_OPTS", "--deny-env=PATH");
    };
    type Change<'a> = &'a dyn Fn(&mut Command);
    let cases: [(&[&str], Change<'_>); 7] = [
        (&["args", "--", "--wasmpack-info", "x"], &nothing),
        (&["--", "--wasmpack-info"], &nothing),
        (&["exit", "42"], &nothing),
        (&["cat", "none"], &nothing),
        (&["recurse"], &nothing),
        (&["--wasmpack-inof"], &nothing),
        (&["--wasmpack-from=3"], &nothing),
    ];
    for (args, change) in cases {
        assert_eq!(outcome(&file, args, change), outcome(&own, args, change), "{args:?}");
    }
    let sorted = |program: &Path| {
        let (code, out, err) = outcome(program, &["env"], &variables);
        // Shells set these.
        let own = ["PWD=", "OLDPWD=", "SHLVL=", "_="];
        let mut lines: Vec<String> = out.lines().map(str::to_owned).collect();
        lines.retain(|line| !own.iter().any(|name| line.starts_with(name)));
        lines.sort();
        (code, lines, err)
    };
    assert_eq!(sorted(&file), sorted(&own));
    assert!(sorted(&file).1.contains(&"_wasmpack=mine".to_owned()), "{:?}", sorted(&file));
    let info = |program: &Path| outcome(program, &["--wasmpack-info"], &nothing).1;
    let (of_file, of_own) = (info(&file), info(&own));
    assert!(of_file.starts_with(of_own.trim_end()), "{of_file}\n{of_own}");
    assert_eq!(of_file.lines().count(), of_own.lines().count() + 4, "it names the other targets: {of_file}");
    let verified = outcome(&file, &["--wasmpack-verify"], &nothing);
    assert_eq!((verified.0, verified.1.contains("ok      content")), (Some(0), true), "{verified:?}");
}

#[test]
fn streams_signals_and_descriptors_are_the_programs() {
    use std::io::{Read, Write};
    let dir = Dir::new();
    let file = put(dir.path(), "app", probe());
    // The first time with another descriptor in use, and standard input untouched.
    for time in ["first", "later"] {
        let mut child =
            command(&file, &dir).arg("copy").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        stdin.write_all(b"all of it\n").unwrap();
        drop(stdin);
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(child.wait().unwrap().success());
        assert_eq!(said, "all of it\n", "{time}");
    }
    let mut child =
        command(&file, &dir).args(["prompt"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 2];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    // The shell is gone: it is the launcher that has the process, which holds the file and nothing else.
    let process = PathBuf::from(format!("/proc/{}", child.id()));
    let launcher = fs::read_link(process.join("exe")).unwrap();
    assert_eq!(launcher.parent(), Some(fs::canonicalize(cache(&dir)).unwrap().as_path()));
    assert_eq!(fs::read_to_string(process.join("comm")).unwrap(), "app\n");
    let open: Vec<PathBuf> = fs::read_dir(process.join("fd"))
        .unwrap()
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .filter(|target| target.starts_with(dir.path()))
        .collect();
    assert_eq!(open.iter().filter(|target| **target == file).count(), 1, "{open:?}");
    assert!(open.iter().all(|target| *target == file || target == dir.path()), "{open:?}");
    // It runs on when its file is gone, or is another.
    fs::remove_file(&file).unwrap();
    put(dir.path(), "app", b"another");
    child.stdin.as_mut().unwrap().write_all(b"x\n").unwrap();
    let mut answer = [0; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"got x\n");
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(child.wait().unwrap().signal(), Some(15));
}

#[test]
fn the_program_cannot_write_the_file_it_is_in() {
    let dir = Dir::new();
    let file = put(dir.path(), "app", probe());
    fs::hard_link(&file, dir.join("other")).unwrap();
    for (verb, name) in [("write", "app"), ("append", "app"), ("write", "other"), ("append", "./other")] {
        let (_, err) = ended(command(&file, &dir).args([verb, name, "text"]), 1);
        assert!(err.contains("Text file busy"), "{verb} {name}: {err:?}");
        assert!(fs::read(&file).unwrap() == probe(), "{verb} {name}");
    }
    ended(command(&file, &dir).args(["write", "new", "some text"]), 0);
    ended(command(&file, &dir).args(["write", "new", "text"]), 0);
    assert_eq!(fs::read_to_string(dir.join("new")).unwrap().trim(), "text", "others are cut as before");
    ended(command(&file, &dir).args(["cat", "new"]), 0);
}

/// Who starts a launcher with arguments of their own gets no more than they have.
#[test]
fn a_launcher_takes_no_file_from_strangers() {
    let dir = Dir::new();
    let file = put(dir.path(), "app", probe());
    ended(command(&file, &dir).args(["args"]), 0);
    let launcher = cache(&dir).join(&names(&cache(&dir))[0]);
    let by = |script: &str| {
        let mut command = command("bash", &dir);
        command.args(["-c", script, "bash"]).arg(&launcher).arg(&file);
        command
    };
    let refused = |script: &str, words: &str| {
        let (out, err) = ended(&mut by(script), 125);
        assert!(out.is_empty() && err.contains(words) && err.lines().count() == 1, "{script}: {err:?}");
    };
    refused("exec \"$1\"", "bare wasmpack launcher");
    refused("exec \"$1\" --wasmpack-from=4 x", "bare wasmpack launcher");
    refused("exec \"$1\" --wasmpack-from=3 x 3<&-", "cannot read the program's own file");
    refused("exec \"$1\" --wasmpack-from=3 x 3</dev/null", "it is not a file");
    refused("exec \"$1\" --wasmpack-from=3 x 3<\"$1\"", "the directory behind the script is missing");
    refused("exec \"$1\" --wasmpack-is=00", "its SHA-256 is another one");
    ended(&mut by("exec \"$1\" --wasmpack-from=3 x args 3<\"$2\""), 0);
    let mut not_told = probe().to_vec();
    not_told[8192 + 200] ^= 1;
    put(dir.path(), "changed", &not_told);
    refused("exec \"$1\" --wasmpack-from=3 x 3<changed", "does not match its SHA-256");
}

#[test]
fn programs_of_other_cpus_run_under_qemu() {
    if launcher::path().is_some() {
        skip::because("the committed launchers are older than their sources, and others are not built");
        return;
    }
    for (cpu, qemu) in [("aarch64", "qemu-aarch64-static"), ("riscv64", "qemu-riscv64-static")] {
        let Some(qemu) = runner::installed(qemu) else {
            skip::because(format!("{qemu} is not here"));
            continue;
        };
        let dir = Dir::new();
        // As the script cuts it out, and calls it.
        let script = String::from_utf8_lossy(&probe()[..8192]).into_owned();
        let line = script.lines().find(|line| line.starts_with(&format!("\"Linux {cpu}\")"))).unwrap();
        let number = |name: &str| {
            let (_, rest) = line.split_once(&format!("_wasmpack_{name}=")).unwrap();
            rest.split(' ').next().unwrap().parse::<usize>().unwrap() * 4096
        };
        let packed = &probe()[number("b")..number("b") + number("k")];
        let mut gzip =
            Command::new("gzip").arg("-dc").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = gzip.stdin.take().unwrap();
        let packed = packed.to_vec();
        let writer = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, &packed));
        let launcher = gzip.wait_with_output().unwrap().stdout;
        writer.join().unwrap().unwrap();
        put(dir.path(), "launcher", &launcher);
        put(dir.path(), "app", probe());
        let mut start = command("bash", &dir);
        start.args(["-c", "exec \"$1\" ./launcher --wasmpack-from=3 ./app args x 3<app", "bash"]).arg(&qemu);
        assert_eq!(ended(&mut start, 0).0, "app\nargs\nx\n", "{cpu}");
    }
}
