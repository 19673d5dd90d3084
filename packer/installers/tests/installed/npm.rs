//! Packages for npm, installed from their files.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, Stdio},
};

use installers::Kind;
use terms::Target;

use crate::common::{ALL, Release, meta, stderr, stdout, succeeds, there};

fn installed(release: &Release, folder: &Path, packages: &[&str]) {
    fs::write(folder.join("package.json"), "{\"name\": \"user\", \"version\": \"1.0.0\", \"private\": true}")
        .unwrap();
    let mut npm = Command::new("npm");
    npm.args(["install", "--offline", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]);
    npm.args(packages.iter().map(|name| release.path(&format!("npm/{name}-1.2.3-rc.1.tgz"))));
    // A host that is not there, should it ask one.
    npm.env("npm_config_registry", "http://127.0.0.1:9").env("npm_config_cache", folder.join("cache"));
    npm.env("NO_UPDATE_NOTIFIER", "1").current_dir(folder);
    succeeds(&mut npm);
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn the_launcher_is_the_program() {
    if !there("npm") || !there("node") {
        return;
    }
    let release = Release::new(&meta(""), &[Kind::Npm], &ALL);
    let folder = tempfile::tempdir().unwrap();
    installed(&release, folder.path(), &["notes-linux-x64", "notes"]);
    let notes = folder.path().join("node_modules/.bin/notes");
    let output = Command::new(&notes).args(["a b", "--c", "ö$'"]).output().unwrap();
    assert_eq!(
        (stdout(&output).as_str(), output.status.code()),
        ("a b\n--c\nö$'\n", Some(7)),
        "{}",
        stderr(&output)
    );
    assert_eq!(
        Command::new(&notes).arg("die").status().unwrap().signal(),
        Some(15),
        "it dies of what the program died of"
    );
    let mut child = Command::new(&notes).arg("wait").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "waiting");
    succeeds(Command::new("kill").args(["-TERM", &child.id().to_string()]));
    assert_eq!((lines.next().unwrap().unwrap().as_str(), child.wait().unwrap().code()), ("passed", Some(9)));
    let license = folder.path().join("node_modules/notes/LICENSE");
    assert_eq!(fs::read(license).unwrap(), b"terms");
}

#[test]
fn what_lacks_is_told() {
    if !there("npm") || !there("node") {
        return;
    }
    let release = Release::new(&meta(""), &[Kind::Npm], &ALL);
    let folder = tempfile::tempdir().unwrap();
    let mut main = release.path("npm/notes-1.2.3-rc.1.tgz");
    succeeds(Command::new("tar").arg("xzf").arg(&main).current_dir(folder.path()));
    main = folder.path().join("package/bin/notes.js");
    let output = Command::new("node").arg(&main).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("is not installed") && stderr(&output).lines().count() == 1,
        "{}",
        stderr(&output)
    );
    let other = Release::new(&meta(""), &[Kind::Npm], &[Target::WindowsX86_64]);
    succeeds(
        Command::new("tar").arg("xzf").arg(other.path("npm/notes-1.2.3-rc.1.tgz")).current_dir(folder.path()),
    );
    let output = Command::new("node").arg(&main).output().unwrap();
    assert!(stderr(&output).contains("there is one for win32 arm64, win32 x64"), "{}", stderr(&output));
}

#[test]
fn each_package_says_its_machine() {
    let release = Release::new(&meta(""), &[Kind::Npm], &ALL);
    let member = |name: &str, of: &str| {
        let file = release.path(&format!("npm/{name}-1.2.3-rc.1.tgz"));
        succeeds(Command::new("tar").args(["xzOf"]).arg(file).arg(format!("package/{of}"))).stdout
    };
    let about =
        |name: &str| serde_json::from_slice::<serde_json::Value>(&member(name, "package.json")).unwrap();
    let page = String::from_utf8(member("notes", "README.md")).unwrap();
    assert!(page.starts_with("# notes\n") && page.contains("`npm install -g notes`"), "{page}");
    assert!(page.contains(&meta("").description.unwrap()), "{page}");
    let main = about("notes");
    assert_eq!(main["description"], meta("").description.unwrap());
    let packages = main["optionalDependencies"].as_object().unwrap();
    assert_eq!(packages.len(), ALL.len());
    for (name, system, cpus) in [
        ("notes-linux-x64", "linux", &["x64"][..]),
        ("notes-linux-arm64", "linux", &["arm64"]),
        ("notes-linux-riscv64", "linux", &["riscv64"]),
        ("notes-win32-x64", "win32", &["x64", "arm64"]),
        ("notes-darwin-arm64", "darwin", &["arm64"]),
        ("notes-darwin-x64", "darwin", &["x64"]),
    ] {
        let about = about(name);
        assert_eq!(
            (&about["os"], &about["cpu"]),
            (&serde_json::json!([system]), &serde_json::json!(cpus)),
            "{name}"
        );
        assert_eq!((&packages[name], &about["version"]), (&"1.2.3-rc.1".into(), &"1.2.3-rc.1".into()));
        let page = String::from_utf8(member(name, "README.md")).unwrap();
        assert!(page.starts_with(&format!("# {name}\n")) && page.contains("package `notes`"), "{page}");
    }
}

#[test]
fn a_scope_is_part_of_all_names() {
    let meta = installers::Meta { npm_name: Some("@ada/notes".to_owned()), ..meta("") };
    let release = Release::new(&meta, &[Kind::Npm], &[Target::LinuxX86_64]);
    let names: Vec<&str> = release.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["npm/ada-notes-linux-x64-1.2.3-rc.1.tgz", "npm/ada-notes-1.2.3-rc.1.tgz"]);
}

#[test]
fn a_programs_own_page_is_that_of_its_main_package() {
    let files = [("Readme.md".to_owned(), b"own page".to_vec()), ("LICENSE".to_owned(), b"terms".to_vec())];
    let release = Release::with(&meta(""), &[Kind::Npm, Kind::Pypi], &[Target::LinuxX86_64], &files);
    let page = |name: &str| {
        let file = release.path(&format!("npm/{name}-1.2.3-rc.1.tgz"));
        succeeds(Command::new("tar").args(["xzOf"]).arg(file).arg("package/README.md")).stdout
    };
    assert_eq!(page("notes"), b"own page");
    assert!(page("notes-linux-x64").starts_with(b"# notes-linux-x64\n"));
    if there("python3") {
        let read = "import email, glob, sys, zipfile\n\
            wheel = zipfile.ZipFile(glob.glob(sys.argv[1] + '/*.whl')[0])\n\
            about = wheel.read('notes-1.2.3rc1.dist-info/METADATA').decode()\n\
            sys.stdout.write(email.message_from_string(about).get_payload())";
        let page = succeeds(Command::new("python3").args(["-c", read]).arg(release.path("pypi"))).stdout;
        assert_eq!(page, b"own page");
    }
}
