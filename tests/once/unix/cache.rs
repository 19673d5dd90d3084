//! Where the launcher goes, and what happens where it can go nowhere.

use std::os::unix::fs::{MetadataExt, chown};

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn the_cache_is_the_users_own_whatever_the_umask() {
    let dir = Dir::new();
    put(dir.path(), "app", probe());
    starts(command("sh", &dir).args(["-c", "umask 000; exec ./app \"$@\"", "sh"]));
    let launcher = cache(&dir).join(&names(&cache(&dir))[0]);
    assert_eq!((mode(&cache(&dir)), mode(&launcher)), (0o700, 0o500));
    assert_eq!(mode(&dir.join("home/.cache")), 0o700);
    // Another program of the same wasmpack has the same launcher, and a second start writes nothing.
    let before = fs::metadata(&launcher).unwrap();
    put(dir.path(), "other", probe());
    starts(&mut command(dir.join("other"), &dir));
    let after = fs::metadata(&launcher).unwrap();
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
    assert_eq!(names(&cache(&dir)).len(), 1);
}

#[test]
fn a_link_in_the_place_of_its_folder_is_not_followed() {
    let dir = Dir::new();
    let app = put(dir.path(), "app", probe());
    let (shared, own) = (dir.join("shared"), dir.join("own"));
    [&shared, &own].into_iter().for_each(|folder| fs::create_dir(folder).unwrap());
    fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink(&own, shared.join("wasmpack-launchers")).unwrap();
    for _ in 0..2 {
        starts(command(&app, &dir).env("WASMPACK_CACHE", &shared));
        assert!(mode(&own) == 0o755 && names(&own).is_empty());
    }
}

#[test]
fn options_of_a_shell_and_of_gzip_change_nothing() {
    let dir = Dir::new();
    put(dir.path(), "app", probe());
    for options in ["-u", "-C", "-f", "-e", "-ue"] {
        let _ = fs::remove_dir_all(cache(&dir));
        for _ in 0..2 {
            let (out, err) = ended(command("bash", &dir).args([options, "./app", "args", "ok"]), 0);
            assert!(out.ends_with("args\nok\n") && err.is_empty(), "{options}: {out:?} {err:?}");
        }
    }
    let _ = fs::remove_dir_all(cache(&dir));
    starts(command(dir.join("app"), &dir).env("GZIP", "-l"));
}

#[test]
fn variables_say_where_it_is() {
    let dir = Dir::new();
    let app = put(dir.path(), "app", probe());
    for (name, value) in
        [("XDG_CACHE_HOME", "home/xdg"), ("WASMPACK_CACHE", "own cache"), ("WASMPACK_CACHE", "-x")]
    {
        let folder = dir.join(value);
        starts(command(&app, &dir).env(name, &folder));
        assert_eq!(names(&folder), ["wasmpack-launchers"], "{name}");
    }
    assert!(!cache(&dir).exists());
    // A folder outside of the user's own home may be somebody else's, who could exchange its files.
    for foreign in [dir.join("xdg"), dir.join("home/../xdg"), dir.join("homely")] {
        starts(command(&app, &dir).env("XDG_CACHE_HOME", &foreign));
        assert!(!foreign.exists() && cache(&dir).exists());
    }
    fs::remove_dir_all(cache(&dir)).unwrap();
    // One that is not absolute is none, as XDG has it.
    starts(command(&app, &dir).env("XDG_CACHE_HOME", "relative").env("WASMPACK_CACHE", "."));
    assert!(
        cache(&dir).exists() && !dir.join("relative").exists() && !dir.join("wasmpack-launchers").exists()
    );
}

#[test]
fn entries_that_are_no_launcher_are_not_run_and_are_replaced() {
    let dir = Dir::new();
    let app = put(dir.path(), "app", probe());
    starts(&mut command(&app, &dir));
    let launcher = cache(&dir).join(&names(&cache(&dir))[0]);
    let whole = fs::read(&launcher).unwrap();
    for (what, mode) in
        [(&b""[..], 0o500), (&whole[..whole.len() / 2], 0o400), (b"#!/bin/sh\necho planted", 0o600)]
    {
        fs::remove_file(&launcher).unwrap();
        place::executable(&launcher, what);
        fs::set_permissions(&launcher, fs::Permissions::from_mode(mode)).unwrap();
        starts(&mut command(&app, &dir));
        assert!(fs::read(&launcher).unwrap() == whole, "{mode:o}");
    }
    // What cannot be replaced is left.
    fs::remove_file(&launcher).unwrap();
    fs::create_dir(&launcher).unwrap();
    fs::write(launcher.join("file"), "").unwrap();
    starts(&mut command(&app, &dir));
    assert_eq!(names(&launcher), ["file"]);
    assert_eq!(names(&cache(&dir)).len(), 1);
    fs::remove_dir_all(cache(&dir)).unwrap();
    fs::write(cache(&dir), "").unwrap();
    starts(&mut command(&app, &dir));
    fs::remove_file(cache(&dir)).unwrap();
    std::os::unix::fs::symlink("/nonexistent", cache(&dir)).unwrap();
    starts(&mut command(&app, &dir));
}

#[test]
fn what_is_somebody_elses_is_not_used() {
    if !rustix_is_root() {
        skip::because("only root can give files away");
        return;
    }
    let dir = Dir::new();
    let app = put(dir.path(), "app", probe());
    starts(&mut command(&app, &dir));
    let launcher = cache(&dir).join(&names(&cache(&dir))[0]);
    let planted = || {
        fs::remove_file(&launcher).unwrap();
        put(&cache(&dir), launcher.file_name().unwrap(), b"#!/bin/sh\necho planted");
    };
    planted();
    chown(&launcher, Some(12345), Some(12345)).unwrap();
    starts(&mut command(&app, &dir));
    planted();
    chown(cache(&dir), Some(12345), Some(12345)).unwrap();
    starts(&mut command(&app, &dir));
    assert!(fs::read(&launcher).unwrap().ends_with(b"planted"), "nothing is written there either");
    // Another user's home, as sudo may leave it: nothing is made there.
    fs::remove_dir_all(dir.join("home")).unwrap();
    fs::create_dir(dir.join("home")).unwrap();
    chown(dir.join("home"), Some(12345), Some(12345)).unwrap();
    starts(&mut command(&app, &dir));
    assert_eq!(names(&dir.join("home")), [""; 0]);
    starts(command(&app, &dir).env("HOME", dir.join("nonexistent/home")));
    assert!(!dir.join("nonexistent").exists());
}

/// Whoever is ended while it puts the launcher somewhere takes that away.
#[test]
fn a_first_start_that_is_ended_leaves_nothing() {
    let dir = Dir::new();
    put(dir.path(), "app", probe());
    let temporary = dir.join("temporary");
    fs::create_dir(&temporary).unwrap();
    let mut ended = 0;
    for (at, signal) in ["TERM", "INT", "HUP"].into_iter().cycle().take(24).enumerate() {
        let mut command = command("sh", &dir);
        // A shell in the background ignores SIGINT; this one is none.
        let script = "./app args ok >/dev/null 2>&1 & app=$!; sleep $0; kill -$1 $app; wait $app";
        let delay = format!("0.0{:02}", 2 + 3 * (at % 12));
        command.args(["-c", script, &delay, signal]).env("HOME", "/dev/null").env("TMPDIR", &temporary);
        ended += u32::from(!output(&mut command).status.success());
        assert_eq!(names(&temporary), [""; 0], "{signal} after {delay}");
    }
    assert!(ended > 0, "each had started when it was to be ended");
}

fn rustix_is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

#[test]
fn without_a_place_that_can_be_written_it_runs_from_a_file_without_a_name() {
    let dir = Dir::new();
    let app = put(dir.path(), "app", probe());
    let temporary = dir.join("temporary");
    fs::create_dir(&temporary).unwrap();
    for home in [None, Some(""), Some("/dev/null"), Some("/proc")] {
        let mut command = command(&app, &dir);
        command.env("TMPDIR", &temporary);
        match home {
            Some(home) => command.env("HOME", home),
            None => command.env_remove("HOME"),
        };
        starts(&mut command);
        assert_eq!(names(&temporary), [""; 0], "{home:?}");
    }
}

/// In a mount namespace of its own, where that is allowed: on mounts that nothing is run from.
#[test]
fn where_nothing_may_run_it_says_so() {
    let dir = Dir::new();
    let app = put(dir.path(), "app", probe());
    let script = "exec 5<\"$0\"; for place in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o noexec none $place || exit 99; done; \
                  mkdir -p \"$HOME\" && cat <&5 >/var/tmp/app && exec 5<&- && cd / && \
                  if [ -n \"$2\" ]; then mkdir \"$2\" && mount -t tmpfs none \"$2\" && export WASMPACK_CACHE=\"$2\"; fi || exit 99; \
                  exec $1 /var/tmp/app args ok";
    let mut ran = false;
    for shell in ["dash", "bash", "busybox sh", "zsh", "mksh"] {
        if runner::installed(shell.split(' ').next().unwrap()).is_none() {
            continue;
        }
        let mut inside = command("unshare", &dir);
        inside.args(["-rm", "sh", "-c", script]).arg(&app).arg(shell);
        let outcome = output(&mut inside);
        if [Some(1), Some(99)].contains(&outcome.status.code()) {
            skip::because("no mount namespace can be made here");
            return;
        }
        ran = true;
        let err = text(&outcome.stderr);
        assert_eq!(outcome.status.code(), Some(125), "{shell}: {err}");
        for word in ["app: found no folder", "/home/.cache", "/dev/shm", "WASMPACK_CACHE"] {
            assert!(err.contains(word), "{shell}: {word}: {err}");
        }
        // With one place that may run programs.
        let mut inside = command("unshare", &dir);
        inside.args(["-rm", "sh", "-c", script]).arg(&app).args([shell, "/tmp/place"]);
        let (out, _) = ended(&mut inside, 0);
        assert!(out.ends_with("args\nok\n"), "{shell}: {out}");
    }
    assert!(ran);
}

#[test]
fn many_first_starts_at_once_leave_one_launcher() {
    let dir = Dir::new();
    let app = put(dir.path(), "app", probe());
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..60).map(|_| scope.spawn(|| starts(&mut command(&app, &dir)))).collect();
        all.into_iter().for_each(|one| one.join().unwrap());
    });
    assert_eq!(names(&cache(&dir)).len(), 1, "{:?}", names(&cache(&dir)));
}

#[test]
fn a_first_start_that_is_interrupted_leaves_nothing_half_written() {
    let dir = Dir::new();
    let app = put(dir.path(), "app", probe());
    let tools = dir.join("tools");
    fs::create_dir(&tools).unwrap();
    put(&tools, "gzip", b"#!/bin/sh\nkill -TERM $PPID; sleep 0.2; exit 1\n");
    let path = std::env::join_paths([tools, "/usr/bin".into(), "/bin".into()]).unwrap();
    let outcome = output(command(&app, &dir).env("PATH", path).env("TMPDIR", dir.path()));
    assert!(!outcome.status.success());
    let left: Vec<String> =
        names(&cache(&dir)).into_iter().filter(|name| !name.starts_with(".new-")).collect();
    assert_eq!(left, [""; 0]);
    starts(&mut command(&app, &dir));
}

#[test]
fn damage_and_what_is_missing_are_told() {
    let dir = Dir::new();
    let name = |bytes: &[u8]| put(dir.path(), "app", bytes);
    let cold = |app: &Path| {
        let _ = fs::remove_dir_all(dir.join("home"));
        command(app, &dir)
    };
    // Cut in the launchers; in the payload; line ends.
    refused(&mut cold(&name(&probe()[..100_000])), &["app: ", "is damaged", "fetch it again"]);
    refused(&mut cold(&name(&probe()[..probe().len() - 1])), &["cut short", "fetch it again"]);
    let windows: Vec<u8> = probe().split(|byte| *byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
    let windows = name(&windows);
    for shell in shells() {
        refused(command(&shell[0], &dir).args(&shell[1..]).arg(&windows), &["line ends", "as a binary file"]);
    }
    // A byte of each launcher.
    let directory =
        payload::unix::Directory::parse(&probe()[payload::unix::SCRIPT_SIZE..], probe().len() as u64);
    let mut changed = probe().to_vec();
    for program in directory.unwrap().programs {
        changed[(program.launcher.offset + program.launcher.stored_len / 2) as usize] ^= 0x55;
    }
    refused(&mut cold(&name(&changed)), &["is damaged"]);
    // Programs that a first start needs.
    let tools = dir.join("few");
    fs::create_dir(&tools).unwrap();
    for tool in ["sh", "dd", "mktemp", "mkdir", "chmod", "mv", "rm", "sync"] {
        std::os::unix::fs::symlink(runner::installed(tool).unwrap(), tools.join(tool)).unwrap();
    }
    let app = name(probe());
    refused(cold(&app).env("PATH", &tools), &["needs gzip", "PATH"]);
    // Not for later ones.
    starts(&mut command(&app, &dir));
    starts(command(&app, &dir).env("PATH", "/nonexistent"));
}

#[test]
fn other_systems_are_told_what_there_is() {
    let dir = Dir::new();
    let (file, path) = asking_uname(&dir, "FreeBSD amd64");
    let app = put(dir.path(), "app", &file);
    refused(
        command(&app, &dir).env("PATH", &path),
        &[
            "carries no code for FreeBSD amd64",
            "Linux x86_64, Linux aarch64, Linux riscv64, Darwin x86_64, Darwin arm64",
        ],
    );
    let (_, path) = asking_uname(&dir, "Linux x86_64");
    starts(command(&app, &dir).env("PATH", &path));
    let (_, path) = asking_uname(&dir, "MINGW64_NT-10.0-19045 x86_64");
    refused(command(&app, &dir).env("PATH", &path), &["app.exe is needed"]);
    put(dir.path(), "app.exe", b"#!/bin/sh\necho the other: \"$@\"\n");
    let (out, _) = ended(command(&app, &dir).env("PATH", &path).args(["a", "b c"]), 0);
    assert_eq!(out, "the other: a b c\n");
    // A Mac's launcher is cut out, tried, and refused by this system: as far as that goes here.
    let (_, path) = asking_uname(&dir, "Darwin arm64");
    refused(
        command(&app, &dir).env("PATH", &path).env("TMPDIR", dir.path()),
        &["found no folder", "Library/Caches"],
    );
}
