//! What is replaced unasked: nothing but what an earlier pack wrote under that name.

use crate::dir::{Dir, stderr};

const ABOUT: [&str; 12] = [
    "--name",
    "notes",
    "--app-version",
    "1.0.0",
    "--homepage",
    "https://notes.example",
    "--license",
    "MIT",
    "--description",
    "Takes notes",
    "--download-url",
    "https://notes.example",
];

#[test]
fn what_is_written_beside_archives_replaces_only_its_own_kind() {
    let pack =
        ["app.wasm", "-t", "linux-x86_64,windows", "--archive", "--installers", "all", "-o", "dist", "-q"];
    let order = [&pack[..], &ABOUT].concat();
    let dir = Dir::new();
    dir.packs(&order);
    dir.packs(&order);
    for name in ["install.sh", "install.ps1", "notes.json", "notes.rb", "SHA256SUMS", "npm/notes-1.0.0.tgz"] {
        let own = dir.read(&format!("dist/{name}"));
        dir.write(&format!("dist/{name}"), b"PK of mine");
        dir.fails(&order, &[&format!("{name}: there is a file under this name that"), "--force"]);
        assert_eq!(dir.read(&format!("dist/{name}")), b"PK of mine");
        dir.packs(&[&order[..], &["--force"]].concat());
        assert!(dir.read(&format!("dist/{name}")) == own, "{name}");
    }
    dir.write("dist/notes-windows-x86_64-1.0.0.zip", b"PK of mine");
    dir.fails(
        &order,
        &["notes-windows-x86_64-1.0.0.zip: there is a file under this name that is no archive"],
    );
}

#[test]
fn what_is_read_is_not_written_to() {
    let dir = Dir::new();
    std::fs::create_dir(dir.path("dist")).unwrap();
    dir.write("dist/install.sh", b"# Written by wasmpack.\n");
    let pack = ["app.wasm", "-t", "linux-x86_64", "--archive", "--installers", "sh", "-o", "dist", "-q"];
    let included = [&pack[..], &ABOUT, &["--include", "dist/install.sh"]].concat();
    dir.fails(&included, &["install.sh", "input"]);
    dir.fails(&[&included[..], &["--force"]].concat(), &["install.sh", "input"]);
    let installers = ["installers", "--for", "linux-x86_64=tool", "-o", "dist", "--installers", "sh"];
    dir.write("tool", &payload_elf());
    dir.fails(
        &[&installers[..], &ABOUT, &["--include", "dist/install.sh"]].concat(),
        &["install.sh", "input"],
    );
    assert_eq!(dir.read("dist/install.sh"), b"# Written by wasmpack.\n");
}

fn payload_elf() -> Vec<u8> {
    std::fs::read(env!("CARGO_BIN_EXE_wasmpack")).unwrap()[..4096].to_vec()
}

#[test]
fn installers_are_made_again_of_a_folder_that_has_them() {
    let dir = Dir::new();
    std::fs::create_dir(dir.path("tools")).unwrap();
    dir.write("tools/notes-linux-x86_64", &payload_elf());
    let make = ["installers", "tools", "-o", "tools", "--installers", "sh", "-q"];
    for _ in 0..2 {
        dir.packs(&[&make[..], &ABOUT].concat());
    }
}

#[test]
fn what_wasmpack_packed_has_the_terms_of_its_launcher_and_what_others_made_has_not() {
    let dir = Dir::new();
    dir.packs(&["app.wasm", "-t", "linux-x86_64", "--no-trial", "-q", "-o", "packed"]);
    dir.write("other", &payload_elf());
    for (program, has) in [("packed", true), ("other", false)] {
        let (build, out) = (format!("linux-x86_64={program}"), format!("of-{program}"));
        let make = ["installers", "--for", &build, "-o", &out, "--installers", "npm", "-q"];
        dir.packs(&[&make[..], &ABOUT].concat());
        for archive in ["notes-linux-x86_64-1.0.0.tar.gz", "npm/notes-linux-x64-1.0.0.tgz"] {
            let listed = dir.shell(&format!("tar tzf {out}/{archive}")).output().unwrap();
            let listed = String::from_utf8(listed.stdout).unwrap();
            assert_eq!(listed.contains("THIRD-PARTY.txt"), has, "{archive}: {listed}");
        }
    }
}

#[test]
fn a_profile_is_no_executable_and_replaces_only_a_profile() {
    let dir = Dir::new();
    let pack = ["app.wasm", "-t", "linux-x86_64", "--stub", "stub", "-o", "out", "-q", "--save-profile"];
    dir.fails(&[&pack[..], &["out"]].concat(), &["the profile and another output cannot be one file"]);
    dir.write("notes", b"notes");
    dir.fails(
        &[&pack[..], &["notes"]].concat(),
        &["notes: there is a file under this name that is no profile"],
    );
    for _ in 0..2 {
        dir.packs(&[&pack[..], &["profile"]].concat());
    }
    dir.packs(&[&pack[..], &["notes", "--force"]].concat());
}

#[test]
fn an_executable_of_both_macs_is_replaced_only_by_one_of_both() {
    let dir = Dir::new();
    let pack = |targets: &str| {
        let order = ["app.wasm", "--no-trial", "-q", "-t", targets, "-o", "out"].map(str::to_owned);
        let order: Vec<&str> = order.iter().map(String::as_str).collect();
        dir.wasmpack(&order).output().unwrap()
    };
    assert!(pack("macos").status.success());
    assert!(pack("macos").status.success());
    let whole = dir.read("out");
    let told = stderr(&pack("linux-x86_64"));
    assert!(told.contains("an executable for macos-arm64 and macos-x86_64"), "{told}");
    assert!(!pack("macos-arm64").status.success());
    // One of the two is somebody else's.
    let mut mixed = whole.clone();
    let slices = payload::universal::slices(&whole, whole.len() as u64).unwrap();
    let first = slices[0].place();
    let mine = std::fs::read(env!("CARGO_BIN_EXE_wasmpack")).unwrap();
    mixed[first.start as usize..first.end as usize]
        .copy_from_slice(&mine[..(first.end - first.start) as usize]);
    dir.write("out", &mixed);
    for targets in ["linux-x86_64", "macos", "macos-arm64"] {
        assert!(!pack(targets).status.success(), "{targets}");
        assert!(dir.read("out") == mixed);
    }
}

#[test]
fn a_typed_option_for_archives_needs_archives_in_a_project_as_well() {
    let dir = Dir::new();
    dir.write("wasmpack.toml", b"module = 'app.wasm'\noutput = 'out'\n");
    for (option, value) in [("--sign", "nokey"), ("--installers", "sh"), ("--include", "stub")] {
        let output = dir.wasmpack(&["build", "-q", option, value]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{option}");
        assert!(stderr(&output).contains(&format!("{option} ")) && stderr(&output).contains("add --archive"));
    }
    assert!(!dir.path("out").exists());
}

#[test]
fn what_another_program_or_a_user_wrote_beside_archives_stays() {
    let pack = ["app.wasm", "-t", "linux-x86_64", "--archive", "--installers", "sh", "-o", "dist", "-q"];
    let order = [&pack[..], &ABOUT].concat();
    let dir = Dir::new();
    dir.packs(&order);
    let later = order.iter().map(|word| if *word == "1.0.0" { "1.1.0" } else { word });
    dir.packs(&later.collect::<Vec<_>>());
    let other: Vec<&str> = order.iter().map(|word| if *word == "notes" { "other" } else { word }).collect();
    dir.fails(&other, &["there is a file under this name that was not written by wasmpack"]);
    let sums = format!("{}  source.tar\n", "0".repeat(64));
    dir.write("dist/SHA256SUMS", sums.as_bytes());
    dir.fails(&order, &["SHA256SUMS: there is a file under this name that was not written by wasmpack"]);
    assert_eq!(dir.read("dist/SHA256SUMS"), sums.as_bytes());
}

#[test]
fn a_module_is_extracted_over_itself_and_over_nothing_else_unasked() {
    let dir = Dir::new();
    dir.packs(&["app.wasm", "--keep-module", "--no-trial", "-q", "-t", "linux-x86_64", "-o", "packed"]);
    for _ in 0..2 {
        dir.packs(&["extract", "packed", "-o", "out.wasm"]);
    }
    dir.write("key", b"secret");
    dir.fails(&["extract", "packed", "-o", "key"], &["key: there is a file under this name", "--force"]);
    assert_eq!(dir.read("key"), b"secret");
    dir.packs(&["extract", "packed", "-o", "key", "--force"]);
    assert!(dir.read("key") == dir.read("app.wasm"));
}

#[cfg(unix)]
#[test]
fn man_pages_replace_man_pages_and_links() {
    let dir = Dir::new();
    for _ in 0..2 {
        dir.packs(&["man", "--dir", "man"]);
    }
    dir.write("mine", b"mine");
    std::fs::remove_file(dir.path("man/wasmpack.1")).unwrap();
    std::os::unix::fs::symlink("../mine", dir.path("man/wasmpack.1")).unwrap();
    dir.packs(&["man", "--dir", "man"]);
    assert_eq!(dir.read("mine"), b"mine");
    dir.write("man/wasmpack-build.1", b"mine");
    dir.fails(&["man", "--dir", "man"], &["wasmpack-build.1: there is a file under this name"]);
    assert_eq!(dir.read("man/wasmpack-build.1"), b"mine");
}

#[test]
fn a_profile_goes_where_no_other_output_goes_and_over_no_input() {
    let dir = Dir::new();
    std::fs::create_dir(dir.path("dist")).unwrap();
    let pack = ["app.wasm", "-t", "linux-x86_64", "-q", "--name", "p", "--save-profile"];
    let archive = ["--archive", "-o", "dist"];
    for (profile, more) in [
        ("./out", &["-o", "out"][..]),
        ("./dist/SHA256SUMS", &archive),
        ("dist/../dist/p-linux-x86_64.tar.gz", &archive),
    ] {
        let order = [&pack[..], &[profile], more, &["--force"]].concat();
        dir.fails(&order, &["the profile and another output cannot be one file"]);
    }
    dir.write("text", b"text");
    let order = [&pack[..], &["text"], &archive, &["--include", "text", "--force"]].concat();
    dir.fails(&order, &["text", "input"]);
    assert_eq!(dir.read("text"), b"text");
}

#[test]
fn files_that_no_archive_can_have_are_refused() {
    let dir = Dir::new();
    dir.write("P.EXE", b"mine");
    let order = ["app.wasm", "-t", "windows", "--name", "p", "--archive", "--include", "P.EXE", "-o", "d"];
    dir.fails(&order, &["P.EXE", "two files have it"]);
    std::fs::create_dir(dir.path("a")).unwrap();
    dir.write("a/NOTES", b"notes");
    dir.write("notes", b"notes");
    let order = ["app.wasm", "--archive", "--include", "a/NOTES", "--include", "notes", "-o", "d"];
    dir.fails(&order, &["notes: it cannot be in an archive together with a/NOTES"]);
    // What Windows lacks is told before an archive for another target is written.
    dir.write("con", b"notes");
    let order = ["app.wasm", "-t", "linux,windows", "--archive", "--include", "con", "-o", "d"];
    dir.fails(&order, &["con: the name", "for Windows it names a device"]);
    assert!(!dir.path("d").exists());
    #[cfg(unix)]
    {
        assert!(dir.shell("mkfifo pipe").status().unwrap().success());
        let order = ["app.wasm", "--archive", "--include", "pipe", "-o", "d"];
        dir.fails(&order, &["pipe: it is no regular file"]);
    }
    dir.fails(
        &["app.wasm", "--archive", "--include", "a", "-o", "d"],
        &["a: it is a folder", "name those in it"],
    );
}

#[test]
fn hashes_are_of_what_is_there() {
    let dir = Dir::new();
    let pack = ["app.wasm", "--name", "n", "--archive", "-o", "d", "-q"];
    dir.packs(&[&pack[..], &["-t", "linux-x86_64,linux-arm64"]].concat());
    let sums = || String::from_utf8(dir.read("d/SHA256SUMS")).unwrap();
    assert_eq!(sums().lines().count(), 2);
    // The second fails: what is there is listed, and nothing else.
    std::fs::remove_file(dir.path("d/n-linux-arm64.tar.gz")).unwrap();
    std::fs::create_dir(dir.path("d/n-linux-arm64.tar.gz")).unwrap();
    dir.fails(&[&pack[..], &["-t", "linux-x86_64,linux-arm64"]].concat(), &["n-linux-arm64.tar.gz"]);
    assert!(sums().lines().count() == 1 && sums().contains("n-linux-x86_64.tar.gz"), "{}", sums());
}
