//! Files that an executable carries.

use crate::common::{self, Dir, complains, output, prints, start, text};

/// `FOLDER::GUEST` for a folder of `dir`.
fn folder(dir: &Dir, name: &str, guest: &str) -> String {
    format!("{}::{guest}", dir.join(name).display())
}

#[test]
fn carried_files_are_read_after_the_folder_is_gone() {
    let dir = Dir::new();
    dir.write("lib/a", "first");
    dir.write("lib/sub/b", "second");
    dir.write("lib/empty", "");
    let program = dir.pack("probe", &["--files", &folder(&dir, "lib", "/data")]);
    std::fs::remove_dir_all(dir.join("lib")).unwrap();
    let args = ["cat", "/data/a", "and", "cat", "/data/sub/b", "and", "cat", "/data/empty"];
    assert_eq!(prints(&program, &args, 0), "firstsecond");
    assert_eq!(prints(&program, &["ls", "/data"], 0), ".\n..\na\nempty\nsub\n");
    assert_eq!(prints(&program, &["stat", "/data/sub", "and", "stat", "/data/a"], 0), "dir 0\nfile 5\n");
    assert_eq!(prints(&program, &["mtime", "/data/a"], 0), "315532800\n", "1980-01-01");
    for args in [
        ["write", "/data/a", "x"],
        ["write", "/data/new", "x"],
        ["mkdir", "/data/new", ""],
        ["rm", "/data/a", ""],
    ] {
        let said = complains(&program, &args, 1);
        assert!(said.contains("Read-only file system"), "{args:?}: {said}");
    }
}

#[test]
fn a_single_file_hides_nothing_beside_it() {
    let dir = Dir::new();
    dir.write("app.toml", "carried");
    dir.write("state", "0");
    dir.write("assets/etc/other", "beside");
    dir.write("assets/etc/app.toml", "default");
    let file = folder(&dir, "app.toml", "/etc/app.toml");
    let state = folder(&dir, "state", "/var/state");
    // Among files of a folder, and in another that may be changed.
    let options = ["--files", &file, "--files-rw", &state, "--files", &folder(&dir, "assets", "/")];
    let program = dir.pack("probe", &options);
    let args = ["cat", "/etc/app.toml", "and", "cat", "/etc/other", "and", "write", "/var/state", "1"];
    assert_eq!(prints(&program, &args, 0), "carriedbeside");
    assert_eq!(prints(&program, &["cat", "/var/state"], 0), "0", "it is changed in memory");
    // In a directory of the host, which it is over.
    let program = dir.pack("probe", &["--files", &file, "--dir", &folder(&dir, "assets", "/")]);
    assert_eq!(prints(&program, &args[..5], 0), "carriedbeside");
    assert_eq!(prints(&program, &["write", "/etc/other", "new"], 0), "");
    assert_eq!(std::fs::read_to_string(dir.join("assets/etc/other")).unwrap(), "new");
    assert_eq!(std::fs::read_to_string(dir.join("assets/etc/app.toml")).unwrap(), "default");
    // Alone, under the name that it has.
    let mut packer = common::wasmpack();
    packer.arg(common::fixture("probe")).arg("-o").arg(dir.join(&common::file_name("alone")));
    let packed = output(packer.args(["-q", "--files", "app.toml"]).current_dir(dir.path()));
    assert!(packed.status.success(), "{}", text(&packed.stderr));
    std::fs::remove_file(dir.join("app.toml")).unwrap();
    assert_eq!(prints(&dir.join(&common::file_name("alone")), &["cat", "app.toml"], 0), "carried");
}

#[test]
fn large_files_and_many_files_come_as_they_were() {
    let dir = Dir::new();
    // Numbers of a small generator: they do not compress, and span many chunks.
    let mut state = 1u64;
    let bytes: Vec<u8> = (0..1_000_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .collect();
    dir.write("lib/large", &bytes);
    for index in 0..3000 {
        dir.write(&format!("lib/many/{index:04}"), format!("file {index}"));
    }
    let program = dir.pack("probe", &["--files", &folder(&dir, "lib", "/")]);
    let large = output(start(&program).args(["cat", "/large"]));
    assert!(large.stdout == bytes, "{} bytes", large.stdout.len());
    assert_eq!(prints(&program, &["cat", "many/2999", "and", "cat", "many/0000"], 0), "file 2999file 0");
    assert_eq!(prints(&program, &["ls", "many"], 0).lines().count(), 3002);
}

#[test]
fn changes_in_memory_are_seen_and_lost() {
    let dir = Dir::new();
    dir.write("lib/a", "old");
    let program = dir.pack("probe", &["--files-rw", &folder(&dir, "lib", "/data")]);
    let args = [
        "append",
        "/data/a",
        " and more",
        "and",
        "cat",
        "/data/a",
        "and",
        "mkdir",
        "/data/new",
        "and",
        "mv",
        "/data/a",
        "/data/new/b",
        "and",
        "ls",
        "/data",
        "and",
        "cat",
        "/data/new/b",
    ];
    assert_eq!(prints(&program, &args, 0), "old and more.\n..\nnew\nold and more");
    assert_eq!(prints(&program, &["cat", "/data/a"], 0), "old", "the next start begins anew");
}

#[test]
fn carried_files_and_directories_of_the_host_share_a_name() {
    let dir = Dir::new();
    dir.write("lib/both", "carried");
    dir.write("lib/carried", "carried");
    let here = Dir::new();
    here.write("both", "of the host");
    here.write("host", "of the host");
    let program = dir.pack("probe", &["--files", &folder(&dir, "lib", "/"), "--dir", "."]);
    let run = |args: &[&str]| text(&output(start(&program).current_dir(here.path()).args(args)).stdout);
    assert_eq!(
        run(&["cat", "both"]),
        "carried",
        "what a program brings along is not replaced by what lies about"
    );
    assert_eq!(run(&["cat", "/host", "and", "cat", "carried"]), "of the hostcarried");
    assert_eq!(run(&["write", "new", "x", "and", "ls", "."]), ".\n..\nboth\ncarried\nhost\nnew\n");
    assert_eq!(std::fs::read(here.join("new")).unwrap(), b"x");
}

#[test]
fn the_longest_name_decides() {
    let dir = Dir::new();
    dir.write("lib/data/file", "carried below the root");
    dir.write("host/file", "of the host");
    dir.write("deep/file", "carried above the host");
    let program = dir.pack(
        "probe",
        &[
            "--files",
            &folder(&dir, "lib", "/"),
            "--dir",
            &format!("{}::/data", dir.join("host").display()),
            "--files",
            &folder(&dir, "deep", "/data/deep"),
        ],
    );
    assert_eq!(
        prints(&program, &["cat", "/data/file", "and", "cat", "/data/deep/file"], 0),
        "of the hostcarried above the host"
    );
}

#[test]
fn the_same_folder_gives_the_same_bytes() {
    let one = Dir::new();
    let two = Dir::new();
    for (dir, names) in [(&one, ["a", "b", "c"]), (&two, ["c", "b", "a"])] {
        names.iter().for_each(|name| drop(dir.write(&format!("lib/{name}"), format!("file {name}"))));
    }
    let packed =
        |dir: &Dir| std::fs::read(dir.pack("probe", &["--files", &folder(dir, "lib", "/")])).unwrap();
    assert!(packed(&one) == packed(&two));
}

#[cfg(unix)]
#[test]
fn links_are_carried_where_they_stay_inside() {
    let dir = Dir::new();
    dir.write("lib/sub/file", "text");
    std::os::unix::fs::symlink("sub/file", dir.join("lib/link")).unwrap();
    let program = dir.pack("probe", &["--files", &folder(&dir, "lib", "/data")]);
    assert_eq!(prints(&program, &["cat", "/data/link", "and", "stat", "/data/link"], 0), "textlink 8\n");
    std::os::unix::fs::symlink("/etc/passwd", dir.join("lib/away")).unwrap();
    let refused = common::wasmpack()
        .arg(common::fixture("probe"))
        .args(["--files", &folder(&dir, "lib", "/data"), "-o"])
        .arg(dir.join("away"))
        .output()
        .unwrap();
    let said = text(&refused.stderr);
    assert!(
        said.contains("away: is a link to /etc/passwd") && said.contains("copy what it points to"),
        "{said}"
    );
    assert!(!dir.join("away").exists());
}
