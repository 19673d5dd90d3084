//! The sandbox, seen from outside: what grants allow, and what no program gets out of.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::common::{self, Dir, complains, on_windows, prints, run, skipped_on_windows, text};

#[test]
fn without_a_grant_there_are_no_files() {
    let dir = Dir::new();
    let program = dir.pack("probe", &[]);
    for path in ["/etc/passwd", ".", "/", "..", "/proc/self/environ", program.to_str().unwrap()] {
        complains(&program, &["cat", path], 1);
    }
}

#[test]
fn a_granted_directory_is_where_the_guest_name_says() {
    let dir = Dir::new();
    dir.write("data/in.txt", "inside");
    dir.write("data/sub/deep.txt", "deep");
    let host = dir.join("data");
    let grant = |guest: &str| format!("{}::{guest}", host.display());
    let program = dir.pack("probe", &["--dir", &grant("/data")]);
    assert_eq!(prints(&program, &["cat", "/data/in.txt"], 0), "inside");
    assert_eq!(prints(&program, &["cat", "/data/sub/../in.txt"], 0), "inside");
    assert_eq!(prints(&program, &["ls", "/data"], 0), ".\n..\nin.txt\nsub\n");
    prints(&program, &["write", "/data/out.txt", "written"], 0);
    assert_eq!(std::fs::read_to_string(dir.join("data/out.txt")).unwrap(), "written");
    // Around what is granted is the root, which has nothing else.
    assert_eq!(prints(&program, &["cat", "/data/../data/in.txt"], 0), "inside");
    complains(&program, &["cat", "/data/../../data/in.txt"], 1);

    let root = dir.pack("probe", &["--dir", &grant("/")]);
    assert_eq!(prints(&root, &["cat", "/in.txt"], 0), "inside");
    assert_eq!(prints(&root, &["cat", "sub/deep.txt"], 0), "deep");
}

#[test]
fn a_relative_grant_is_resolved_where_the_user_stands() {
    let dir = Dir::new();
    let program = dir.pack("probe", &["--dir", "."]);
    for place in ["here", "there"] {
        dir.write(&format!("{place}/name"), place);
        let output =
            common::start(&program).args(["cat", "name"]).current_dir(dir.join(place)).output().unwrap();
        assert_eq!(text(&output.stdout), place, "{}", text(&output.stderr));
    }
}

#[test]
fn nested_and_equal_grants_are_resolved_by_the_longest_name() {
    let dir = Dir::new();
    dir.write("outer/file", "outer");
    dir.write("inner/file", "inner");
    let grant = |host: &str, guest: &str| format!("{}::{guest}", dir.join(host).display());
    let program = dir.pack("probe", &["--dir", &grant("outer", "/"), "--dir", &grant("inner", "/in")]);
    assert_eq!(prints(&program, &["cat", "/file"], 0), "outer");
    assert_eq!(prints(&program, &["cat", "/in/file"], 0), "inner");
}

#[test]
fn a_read_only_grant_reads_and_answers_like_a_read_only_file_system() {
    let dir = Dir::new();
    dir.write("data/in.txt", "inside");
    let grant = format!("{}::/data", dir.join("data").display());
    let program = dir.pack("probe", &["--dir-ro", &grant]);
    assert_eq!(prints(&program, &["cat", "/data/in.txt"], 0), "inside");
    for file in ["/data/in.txt", "/data/new.txt"] {
        let message = complains(&program, &["write", file, "changed"], 1);
        assert!(message.contains("Read-only file system"), "{message}");
    }
    assert_eq!(contents(&dir.join("data")), BTreeMap::from([("in.txt".into(), "inside".into())]));
}

/// Every file and link below `path`, with what is in it.
fn contents(path: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_symlink() {
            found.insert(name, format!("-> {}", std::fs::read_link(entry.path()).unwrap().display()));
        } else if kind.is_dir() {
            found.insert(name.clone(), "directory".into());
            for (inner, content) in contents(&entry.path()) {
                found.insert(format!("{name}/{inner}"), content);
            }
        } else {
            let modified = entry.metadata().unwrap().modified().unwrap();
            assert!(modified.elapsed().unwrap_or_default().as_secs() < 24 * 3600, "{name}: its time was set");
            found.insert(name, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
    found
}

/// The place the escape program runs in: `granted`, `ro`, and `outside`, which nobody granted.
fn prison() -> Dir {
    let dir = Dir::new();
    dir.write("granted/file", "inside");
    dir.write("granted/sub/deep/file", "inside");
    dir.write("ro/kept", "kept");
    std::fs::create_dir(dir.join("ro/keptdir")).unwrap();
    dir.write("outside/secret", "SECRET outside");
    dir.write("outside/victim", "outside");
    std::fs::create_dir(dir.join("outside/empty")).unwrap();
    symlink("secret", dir.join("outside/link")).unwrap();
    let outside = dir.join("outside");
    let links: [(&str, &Path); 16] = [
        ("up", "..".as_ref()),
        ("rel", "../outside".as_ref()),
        ("abs", &outside),
        ("filelink", "../outside/secret".as_ref()),
        ("absfile", &outside.join("secret")),
        ("chain1", "chain2".as_ref()),
        ("chain2", "sub/../rel".as_ref()),
        ("sub/link", "../../outside".as_ref()),
        ("loop", "loop".as_ref()),
        ("dangling", "../outside/created".as_ref()),
        ("absdangling", &outside.join("created")),
        ("procfd", "/proc/self/fd".as_ref()),
        ("procroot", "/proc/self/root".as_ref()),
        ("devfd", "/dev/fd".as_ref()),
        ("absself", &dir.join("granted")),
        ("sub/deep/uplink", "../../..".as_ref()),
    ];
    for (name, target) in links {
        symlink(target, dir.join("granted").join(name)).unwrap();
    }
    dir
}

#[test]
fn no_attempt_to_escape_succeeds_and_each_is_listed() {
    // wine shows a link of this machine as what it points to, so that nobody could tell it from a directory.
    if skipped_on_windows("links of this machine") {
        return;
    }
    let dir = prison();
    let before = contents(&dir.join("outside"));
    let kept = contents(&dir.join("ro"));
    let outside = dir.join("outside").display().to_string();
    for compiler in ["cranelift", "singlepass"] {
        let program = dir.pack(
            "escape",
            &[
                "--compiler",
                compiler,
                "--dir",
                &format!("{}::/", dir.join("granted").display()),
                "--dir-ro",
                &format!("{}::/ro", dir.join("ro").display()),
            ],
        );
        let output = run(&program, &[&outside]);
        let attempts = text(&output.stdout);
        let escaped: Vec<&str> = attempts.lines().filter(|line| line.ends_with(": ESCAPED")).collect();
        assert!(escaped.is_empty(), "{escaped:#?}");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(contents(&dir.join("outside")), before, "something outside has changed");
        assert_eq!(contents(&dir.join("ro")), kept, "something read-only has changed");
        assert!(
            !dir.join("new").exists() && !dir.join("sub").exists(),
            "something was made beside the grant"
        );

        let names: Vec<&str> =
            attempts.lines().filter_map(|line| line.split_once(": refused (")).map(|(n, _)| n).collect();
        assert!(names.len() >= 60 && names.len() == attempts.lines().count(), "{attempts}");
        listed(&names);
        // What it made itself inside, so that the second round starts alike.
        for own in ["own1", "own2", "own3", "own4", "sub/own6"] {
            let _ = std::fs::remove_file(dir.join("granted").join(own));
        }
    }
}

#[test]
fn a_component_escapes_as_little() {
    if skipped_on_windows("links of this machine") {
        return;
    }
    // What it reaches that it should not.
    let escaped = |fixture: &str| {
        let dir = prison();
        let (before, kept) = (contents(&dir.join("outside")), contents(&dir.join("ro")));
        let grants = [("--dir", "granted", "/"), ("--dir-ro", "ro", "/ro")];
        let grants = grants.map(|(option, host, guest)| {
            [option.to_owned(), format!("{}::{guest}", dir.join(host).display())]
        });
        let options: Vec<&str> = grants.iter().flatten().map(String::as_str).collect();
        let program = dir.join("escape");
        common::pack(&common::fixture(fixture), &program, &options);
        let attempts = text(&run(&program, &[&dir.join("outside").display().to_string()]).stdout);
        assert!(attempts.lines().count() >= 200, "{attempts}");
        assert_eq!(contents(&dir.join("outside")), before, "something outside has changed");
        assert_eq!(contents(&dir.join("ro")), kept, "something read-only has changed");
        let escaped = attempts.lines().filter(|line| line.ends_with(": ESCAPED")).map(str::to_owned);
        escaped.collect::<Vec<String>>()
    };
    // The same attempts, as calls of WASI 0.2; at one of the last the adapter that the component brings along gives up.
    let (by_component, by_module) = (escaped("component/escape"), escaped("escape"));
    assert!(by_component.iter().all(|line| by_module.contains(line)), "{by_component:#?}");
}

/// A slash behind a link is leave to follow it, to Darwin also where Linux sees none. What the system is handed is seen here.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn no_slash_behind_a_path_reaches_the_system() {
    if skipped_on_windows("links of this machine") || common::skipped_when_emulated("by the system itself") {
        return;
    }
    let dir = prison();
    let grant = format!("{}::/", dir.join("granted").display());
    let read_only = format!("{}::/ro", dir.join("ro").display());
    let program = dir.pack("escape", &["--dir", &grant, "--dir-ro", &read_only]);
    let log = dir.join("log");
    let mut command = std::process::Command::new("strace");
    command.args(["-f", "-s", "8192", "-e", "trace=%file", "-o"]).arg(&log);
    let Ok(output) = command.arg(&program).arg(dir.join("outside")).output() else {
        skip::because("strace is not installed");
        return;
    };
    assert!(output.status.success(), "{}", text(&output.stderr));
    let log = std::fs::read_to_string(log).unwrap();
    let own = |line: &str| line.contains("exec") || line.contains("\"/proc/self/exe\"");
    let calls: Vec<&str> = log.lines().filter(|line| !own(line)).collect();
    assert!(calls.iter().any(|line| line.contains("renameat")) && calls.len() > 1000, "{}", calls.len());
    // The root itself is refused by the system, which was told not to leave the grant.
    let refused =
        |line: &str| line.contains("\"/\"") && line.contains("RESOLVE_BENEATH") && line.contains("EXDEV");
    let slashed: Vec<&&str> = calls.iter().filter(|line| line.contains("/\"") && !refused(line)).collect();
    assert!(slashed.is_empty(), "{slashed:#?}");
}

#[test]
fn a_path_with_a_drive_or_a_stream_in_it_is_refused_by_every_call_on_windows() {
    if !on_windows() {
        skip::because("only Windows knows drives");
        return;
    }
    let dir = Dir::new();
    dir.write("granted/sub/file", "inside");
    dir.write("granted/file", "inside");
    let program = dir.pack("probe", &["--dir", &format!("{}::/", dir.join("granted").display())]);
    let paths = [
        "C:",
        "C:/windows",
        "C:windows",
        "sub/C:",
        "sub/C:/windows",
        "sub\\C:\\windows",
        "sub/c:x",
        "file:stream",
    ];
    for path in paths {
        let calls = [
            &["cat", path][..],
            &["ls", path],
            &["stat", path],
            &["mkdir", path],
            &["rm", path],
            &["append", path, "x"],
            &["write", path, "x"],
            &["mv", path, "taken"],
            &["mv", "file", path],
        ];
        for call in calls {
            let said = complains(&program, call, 1);
            assert!(said.contains("Capabilities insufficient"), "{call:?}: {said}");
        }
    }
    assert_eq!(std::fs::read_dir(dir.join("granted")).unwrap().count(), 2);
}

/// Compares the list in tests/attempts.md with what was tried; `WASMPACK_BLESS=1` writes it.
fn listed(names: &[&str]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/attempts.md");
    let written = std::fs::read_to_string(&path).unwrap();
    let (head, found) = written.split_once("\n\n1. ").expect("tests/attempts.md has a list");
    // The real absolute path differs from run to run, and is not in the name.
    let list: String = names.iter().enumerate().map(|(i, name)| format!("{}. {name}\n", i + 1)).collect();
    if std::env::var_os("WASMPACK_BLESS").is_some() {
        std::fs::write(&path, format!("{head}\n\n{list}")).unwrap();
    } else {
        assert_eq!(
            format!("1. {found}"),
            list,
            "tests/attempts.md lists other attempts; run with WASMPACK_BLESS=1"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_directory_exchanged_for_a_link_in_a_race_lets_nothing_out() {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    const ROUNDS: &str = "120000";
    // Only Linux exchanges two names at once, and it is wine, not Windows, that would resolve them here.
    if skipped_on_windows("exchange of two names") {
        return;
    }

    let dir = Dir::new();
    dir.write("granted/real/secret", "inside");
    dir.write("outside/secret", "SECRET outside");
    dir.write("outside/victim", "outside");
    let granted = dir.join("granted");
    std::fs::rename(granted.join("real"), granted.join("swap")).unwrap();
    symlink("../outside", granted.join("other")).unwrap();
    let before = contents(&dir.join("outside"));
    let program = dir.pack("race", &["--dir", &format!("{}::/", granted.display())]);

    let done = AtomicBool::new(false);
    let exchanges = AtomicU64::new(0);
    let line = std::thread::scope(|scope| {
        scope.spawn(|| {
            let here = std::fs::File::open(&granted).unwrap();
            while !done.load(Ordering::Relaxed) {
                let flags = rustix::fs::RenameFlags::EXCHANGE;
                rustix::fs::renameat_with(&here, "swap", &here, "other", flags).unwrap();
                exchanges.fetch_add(1, Ordering::Relaxed);
            }
        });
        let output = run(&program, &[ROUNDS]);
        done.store(true, Ordering::Relaxed);
        assert_eq!(output.status.code(), Some(0), "{} {}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    });
    let counts: Vec<u64> = line.split_whitespace().map(|n| n.parse().unwrap()).collect();
    let [rounds, inside, refused, escaped] = counts[..] else { panic!("{line}") };
    assert_eq!((rounds, escaped), (120_000, 0), "{line}");
    assert!(inside > 0 && refused > 0, "the race was never run: {line}");
    assert!(exchanges.load(Ordering::Relaxed) > 1000, "the other side hardly moved");
    assert_eq!(contents(&dir.join("outside")), before, "something outside has changed");
}
