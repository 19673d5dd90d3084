//! Wheels, installed from their files.

use std::{fs, process::Command};

use installers::Kind;
use terms::Target;

use crate::common::{ALL, Release, meta, stderr, stdout, succeeds, there};

#[test]
fn wheels_are_whole_and_say_their_platforms() {
    if !there("python3") {
        return;
    }
    let release = Release::new(&meta(""), &[Kind::Pypi], &ALL);
    let wheels = release.below("pypi/");
    let platforms: Vec<String> = wheels
        .iter()
        .map(|wheel| wheel.file_stem().unwrap().to_str().unwrap().rsplit_once("-none-").unwrap().1.to_owned())
        .collect();
    assert_eq!(
        platforms,
        [
            "manylinux2014_x86_64.manylinux_2_17_x86_64.musllinux_1_1_x86_64",
            "manylinux2014_aarch64.manylinux_2_17_aarch64.musllinux_1_1_aarch64",
            "manylinux_2_31_riscv64.musllinux_1_1_riscv64",
            "win_amd64.win_arm64",
            "macosx_13_0_arm64",
            "macosx_13_0_x86_64",
        ]
    );
    // Somebody else's reader: every file is in RECORD, with its hash and size, and the headers parse.
    let check = "import base64, csv, email, hashlib, io, sys, zipfile\n\
        for path in sys.argv[1:]:\n\
        \x20   wheel = zipfile.ZipFile(path)\n\
        \x20   assert wheel.testzip() is None\n\
        \x20   names = wheel.namelist()\n\
        \x20   info = 'notes-1.2.3rc1.dist-info/'\n\
        \x20   rows = list(csv.reader(io.StringIO(wheel.read(info + 'RECORD').decode())))\n\
        \x20   assert [row[0] for row in rows] == names, (rows, names)\n\
        \x20   for name, hash, size in rows[:-1]:\n\
        \x20       data = wheel.read(name)\n\
        \x20       digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')\n\
        \x20       assert (hash, int(size)) == ('sha256=' + digest, len(data)), name\n\
        \x20   assert rows[-1] == [info + 'RECORD', '', '']\n\
        \x20   about = email.message_from_string(wheel.read(info + 'METADATA').decode())\n\
        \x20   assert (about['Name'], about['Version']) == ('notes', '1.2.3rc1')\n\
        \x20   print(about['Summary'])\n\
        \x20   page = about.get_payload()\n\
        \x20   assert about['Description-Content-Type'] == 'text/markdown', about\n\
        \x20   assert page.startswith('# notes\\n') and '`pip install notes`' in page and about['Summary'] in page, page\n\
        \x20   tags = email.message_from_bytes(wheel.read(info + 'WHEEL')).get_all('Tag')\n\
        \x20   assert '.'.join(tag.rsplit('-', 1)[1] for tag in tags) in path, tags\n";
    let output =
        succeeds(Command::new("python3").args(["-c", check]).args(&wheels).env("PYTHONIOENCODING", "utf-8"));
    let summary = meta("").description.unwrap();
    assert_eq!(stdout(&output).lines().collect::<Vec<_>>(), vec![summary.as_str(); ALL.len()]);
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn pip_installs_the_one_for_this_machine_and_it_runs() {
    if !there("python3") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new("python3").args(["-m", "venv", "v"]).current_dir(folder.path()).output().unwrap();
    if !made.status.success() {
        skip::because("python3 makes no environments");
        return;
    }
    let release = Release::new(&meta(""), &[Kind::Pypi], &ALL);
    let mut pip = Command::new(folder.path().join("v/bin/pip"));
    pip.args([
        "install",
        "--no-index",
        "--no-cache-dir",
        "--disable-pip-version-check",
        "--pre",
        "notes",
        "--find-links",
    ]);
    pip.arg(release.path("pypi")).current_dir(folder.path());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PIP_")) {
        pip.env_remove(name);
    }
    succeeds(&mut pip);
    let output = Command::new(folder.path().join("v/bin/notes")).args(["a b", "c"]).output().unwrap();
    assert_eq!(
        (stdout(&output).as_str(), output.status.code()),
        ("a b\nc\n", Some(7)),
        "{}",
        stderr(&output)
    );
    let licenses =
        succeeds(Command::new("find").arg(folder.path().join("v")).args(["-path", "*licenses/LICENSE"]));
    assert_eq!(fs::read(stdout(&licenses).trim()).unwrap(), b"terms");
    succeeds(Command::new(folder.path().join("v/bin/pip")).args(["check", "--disable-pip-version-check"]));
    succeeds(Command::new(folder.path().join("v/bin/pip")).args([
        "uninstall",
        "-y",
        "--disable-pip-version-check",
        "notes",
    ]));
    assert!(!folder.path().join("v/bin/notes").exists());
}

#[test]
fn a_build_for_intel_alone_is_for_all_macs() {
    let release = Release::new(&meta(""), &[Kind::Pypi], &[Target::MacosX86_64]);
    assert!(release.files[0].name.ends_with("-none-macosx_13_0_x86_64.macosx_13_0_arm64.whl"));
}
