//! That no program reaches the folder of launchers.

use super::*;

/// A program whose grant to write covers the cache neither changes a launcher nor puts anything in its place.
#[test]
fn no_program_reaches_the_launchers() {
    let dir = Dir::new();
    let app = put(dir.path(), "app", probe());
    put(dir.path(), "tool", b"#!/bin/sh\necho planted\n");
    starts(&mut command(&app, &dir));
    let launcher = cache(&dir).join(&names(&cache(&dir))[0]);
    let whole = fs::read(&launcher).unwrap();
    let guests = launcher.strip_prefix(dir.path()).unwrap().to_string_lossy().into_owned();
    let folder = guests.rsplit_once('/').unwrap().0.to_owned();
    let other = folder.to_uppercase();
    fs::create_dir_all(dir.join("HOME/.CACHE")).unwrap();
    for words in [
        &["mv", "tool", &guests][..],
        &["mv", &guests, "away"],
        &["mv", &folder, "home/.cache/away"],
        &["write", &guests, "planted"],
        &["write", &format!("{folder}/.new-planted"), "planted"],
        &["rm", &guests],
        &["cat", &guests],
        &["ls", &folder],
        &["mkdir", &other],
    ] {
        let outcome = output(command(&app, &dir).args(words));
        let err = text(&outcome.stderr);
        assert!(!outcome.status.success() && err.contains("Permission denied"), "{words:?}: {err}");
        assert!(fs::read(&launcher).unwrap() == whole && names(&cache(&dir)).len() == 1, "{words:?}");
    }
    // Nor is the folder granted by itself, or a folder that somebody made in it.
    fs::create_dir(cache(&dir).join("within")).unwrap();
    for grant in [format!("--dir {folder}::/x"), format!("--dir {folder}/within::/x")] {
        refused(command(&app, &dir).env("WASMPACK_OPTS", grant), &["no program reaches", "grant another"]);
    }
    let mut standing = command(&app, &dir);
    refused(standing.current_dir(cache(&dir)), &["no program reaches"]);
    fs::remove_dir(cache(&dir).join("within")).unwrap();
    starts(&mut command(&app, &dir));
}

/// The kernel's links, and those that somebody else made, lead there without its name.
#[test]
#[cfg(target_os = "linux")]
fn no_link_leads_a_native_program_to_the_launchers() {
    let dir = Dir::new();
    let app = put(dir.path(), "app", probe());
    starts(&mut command(&app, &dir));
    put(dir.path(), "tool", b"#!/bin/sh\necho planted\n");
    let name = names(&cache(&dir)).remove(0);
    let whole = fs::read(cache(&dir).join(&name)).unwrap();
    let native = dir.join("native");
    crate::common::pack(&fixture("probe"), &native, &["--native"]);
    std::os::unix::fs::symlink(cache(&dir), dir.join("lead")).unwrap();
    let mut standing = Command::new("sleep").arg("300").current_dir(cache(&dir)).spawn().unwrap();
    let mut running = command(&app, &dir).args(["wait", "60000"]).stdin(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let (cwd, lead) = (format!("/proc/{}/cwd", standing.id()), dir.join("lead").display().to_string());
    let (tool, exe) = (dir.join("tool").display().to_string(), format!("/proc/{}/exe", running.id()));
    let is_launcher =
        fs::read_link(&exe).is_ok_and(|exe| exe.starts_with(cache(&dir).canonicalize().unwrap()));
    assert!(is_launcher, "the launcher is what runs");
    for folder in [&cwd, &lead] {
        for words in [
            &["ls", folder][..],
            &["mkdir", &format!("{folder}/made")],
            &["mv", &tool, &format!("{folder}/{name}")],
            &["mv", &format!("{folder}/{name}"), &tool],
            &["cat", &format!("{folder}/{name}")],
            &["write", &format!("{folder}/{name}"), "planted"],
            &["cat", &exe],
        ] {
            let outcome = output(command(&native, &dir).args(words));
            let err = text(&outcome.stderr);
            // It runs.
            let is_busy = words[0] == "write" && err.contains("Text file busy");
            assert!(
                !outcome.status.success() && (is_busy || err.contains("Permission denied")),
                "{words:?}: {err}"
            );
            assert!(fs::read(cache(&dir).join(&name)).unwrap() == whole, "{words:?}");
            assert_eq!(names(&cache(&dir)), [&*name], "{words:?}");
        }
    }
    [&mut standing, &mut running].into_iter().for_each(|child| {
        child.kill().unwrap();
        child.wait().unwrap();
    });
}
