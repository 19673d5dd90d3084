//! `install.sh`, in each shell that is here, with the tools of various systems.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use installers::Kind;
use terms::Target;

use crate::common::{
    ALL, Release, meta, script,
    server::{Fault, Server, serve},
    stderr, stdout, tool,
};

/// Tools that every system has.
const TOOLS: [&str; 14] = [
    "uname", "mktemp", "tar", "gzip", "cp", "chmod", "mv", "rm", "mkdir", "rmdir", "cat", "sleep", "sh",
    "env",
];

/// A machine: a folder with tools, a home.
struct Machine {
    folder: tempfile::TempDir,
    release: Release,
    url: String,
}

impl Machine {
    /// One with these tools beside those of every system.
    fn with(tools: &[&str], targets: &[Target], fault: Fault) -> Machine {
        let (server, listener) = Server::bind();
        let release = Release::new(&meta(&server.url), &[Kind::Sh], targets);
        serve(listener, &release.path(""), fault);
        let folder = tempfile::tempdir().unwrap();
        for name in ["bin", "home", "tmp"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let machine = Machine { folder, release, url: server.url };
        machine.answers("uname", "case $1 in -s) echo Linux ;; *) echo x86_64 ;; esac");
        for name in TOOLS.iter().chain(tools) {
            let Some(path) = tool(name) else { panic!("there is no {name}") };
            let _ = symlink(path, machine.path("bin").join(name));
        }
        machine
    }

    fn new(fault: Fault) -> Machine {
        Machine::with(&["curl", "sha256sum"], &ALL, fault)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a tool of this text.
    fn answers(&self, tool: &str, text: &str) {
        let file = self.path("bin").join(tool);
        let _ = fs::remove_file(&file);
        script(&file, &format!("#!/bin/sh\n{text}\n"));
    }

    fn command(&self, shell: &[&str]) -> Command {
        let mut command = Command::new(tool(shell[0]).unwrap());
        command.args(&shell[1..]).env_clear().current_dir(self.folder.path());
        command.env("PATH", self.path("bin")).env("HOME", self.path("home")).env("TMPDIR", self.path("tmp"));
        command
    }

    /// Runs the script in `shell`, with these arguments.
    fn runs(&self, shell: &[&str], args: &[&str]) -> Output {
        self.command(shell).arg(self.release.path("install.sh")).args(args).output().unwrap()
    }

    /// Everything that is in the home, and what temporary files were left.
    fn left(&self) -> Vec<String> {
        fn add(folder: &Path, found: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.is_symlink() {
                    add(&path, found);
                }
                found.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
        let mut found = Vec::new();
        add(&self.path("home"), &mut found);
        add(&self.path("tmp"), &mut found);
        found.sort();
        found
    }

    /// Installing fails with a message that holds each of `parts`, and leaves nothing.
    #[track_caller]
    fn fails(&self, args: &[&str], parts: &[&str]) {
        shells().iter().for_each(|shell| self.fails_in(shell, args, parts));
    }

    /// The same in shells that have no tools of their own, but those of this machine.
    #[track_caller]
    fn fails_without(&self, args: &[&str], parts: &[&str]) {
        let shells = shells();
        let bare = shells.iter().filter(|shell| shell[0] != "busybox");
        bare.for_each(|shell| self.fails_in(shell, args, parts));
    }

    #[track_caller]
    fn fails_in(&self, shell: &[&str], args: &[&str], parts: &[&str]) {
        let before = self.left();
        let output = self.runs(shell, args);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{shell:?}: {message}");
        for part in parts {
            assert!(message.contains(part), "{shell:?}: {part:?} is not in: {message}");
        }
        assert_eq!(self.left(), before, "{shell:?}: {message}");
    }
}

/// The shells that are here. One that lacks is told once, by the first test.
fn shells() -> Vec<Vec<&'static str>> {
    let all = [vec!["sh"], vec!["dash"], vec!["bash"], vec!["bash", "--posix"], vec!["busybox", "sh"]];
    all.into_iter().filter(|shell| tool(shell[0]).is_some()).collect()
}

#[test]
fn each_shell_installs_and_the_program_runs() {
    for shell in ["dash", "bash", "busybox"] {
        if tool(shell).is_none() {
            skip::because(format!("there is no {shell}"));
        }
    }
    for shell in shells() {
        let machine = Machine::new(Fault::None);
        let output = machine.runs(&shell, &[]);
        assert!(output.status.success(), "{shell:?}: {}", stderr(&output));
        assert_eq!(stderr(&output), "");
        let told = stdout(&output);
        let program = machine.path("home/.local/bin/notes");
        assert!(told.contains(&format!("notes 1.2.3-rc.1 is installed: {}", program.display())), "{told}");
        assert!(told.contains("is not in PATH; add it"), "{told}");
        assert_eq!(machine.left(), [".local", "bin", "notes"], "{shell:?}");
        assert_eq!(fs::metadata(&program).unwrap().permissions().mode() & 0o7777, 0o755);
        let run = Command::new(&program).args(["a b", "c"]).output().unwrap();
        assert_eq!((stdout(&run).as_str(), run.status.code()), ("a b\nc\n", Some(7)));
    }
}

#[test]
fn it_is_piped_into_a_shell_with_arguments() {
    let machine = Machine::new(Fault::None);
    for shell in shells() {
        let mut shell = shell;
        shell.extend(["-s", "--", "--dir", "it's a folder"]);
        let script = fs::File::open(machine.release.path("install.sh")).unwrap();
        let output = machine.command(&shell).stdin(script).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(machine.path("it's a folder/notes").is_file());
        fs::remove_dir_all(machine.path("it's a folder")).unwrap();
    }
}

#[test]
fn a_script_that_was_cut_off_runs_nothing() {
    let machine = Machine::new(Fault::None);
    let script = machine.release.text("install.sh");
    let name = machine.release.path("cut.sh");
    // Everywhere in the last part, and here and there before it; what is whole but for the last line end installs.
    let dense = script.len() - 40..script.len() - "\n".len();
    for end in (0..script.len()).step_by(61).chain(dense) {
        fs::write(&name, &script[..end]).unwrap();
        for shell in [["dash"], ["bash"]].iter().filter(|shell| tool(shell[0]).is_some()) {
            machine.command(shell).arg(&name).stderr(Stdio::null()).status().unwrap();
        }
        assert_eq!(machine.left(), Vec::<String>::new(), "{end}");
    }
}

#[test]
fn each_way_to_download_and_to_hash_does() {
    for tools in [["curl", "sha256sum"], ["wget", "sha256sum"], ["curl", "shasum"], ["curl", "openssl"]] {
        if let Some(lacks) = tools.iter().find(|name| tool(name).is_none()) {
            skip::because(format!("there is no {lacks}"));
            continue;
        }
        // shasum is a program of Perl.
        let perl = tool("perl").map(|_| "perl");
        let tools: Vec<&str> = tools.into_iter().chain(perl).collect();
        let machine = Machine::with(&tools, &ALL, Fault::None);
        let output = machine.runs(&["sh"], &[]);
        assert!(output.status.success(), "{tools:?}: {}", stderr(&output));
        assert!(machine.path("home/.local/bin/notes").is_file(), "{tools:?}");
        let machine = Machine::with(&tools, &ALL, Fault::Other);
        machine.fails(&[], &["is not the file that was released"]);
    }
    Machine::with(&["curl"], &ALL, Fault::None).fails_without(&[], &["needs sha256sum, shasum or openssl"]);
    let machine = Machine::new(Fault::None);
    for name in ["mktemp", "tar", "gzip"] {
        fs::rename(machine.path("bin").join(name), machine.path("bin/hidden")).unwrap();
        machine
            .fails_without(&[], &[&format!("needs {name}, and finds none in PATH; nothing was installed")]);
        fs::rename(machine.path("bin/hidden"), machine.path("bin").join(name)).unwrap();
    }
    Machine::with(&["sha256sum"], &ALL, Fault::None).fails_without(&[], &["needs curl or wget"]);
}

/// As on Alpine.
#[test]
fn a_system_of_busybox_alone_does() {
    let Some(busybox) = tool("busybox") else {
        skip::because("there is no busybox");
        return;
    };
    for (fault, is_installed) in [(Fault::None, true), (Fault::Other, false), (Fault::Cut, false)] {
        let machine = Machine::with(&[], &ALL, fault);
        for name in TOOLS.iter().chain(&["wget", "sha256sum", "uname"]) {
            let link = machine.path("bin").join(name);
            let _ = fs::remove_file(&link);
            symlink(&busybox, link).unwrap();
        }
        let output = machine.runs(&["busybox", "sh"], &[]);
        assert_eq!(output.status.success(), is_installed, "{fault:?}: {}", stderr(&output));
        assert_eq!(machine.path("home/.local/bin/notes").is_file(), is_installed);
    }
}

#[test]
fn another_file_or_half_of_it_is_not_installed() {
    let machine = Machine::new(Fault::Other);
    machine.fails(&[], &["its SHA-256 is", "expected", "nothing was installed", &machine.url]);
    Machine::new(Fault::Cut).fails(&[], &["nothing was installed"]);
    let machine = Machine::new(Fault::None);
    fs::remove_file(machine.release.path("notes-linux-x86_64-1.2.3-rc.1.tar.gz")).unwrap();
    machine.fails(&[], &["cannot download", "notes-linux-x86_64-1.2.3-rc.1.tar.gz"]);
    // The folders that were made for it go again.
    let full = Machine::new(Fault::None);
    full.answers("cp", "exit 1");
    full.fails_without(&[], &["cannot write", "nothing was installed"]);
    full.fails_without(&["--dir", "home/a b/c/"], &["home/a b/c/notes", "nothing was installed"]);
    // An older program survives.
    fs::create_dir_all(machine.path("home/.local/bin")).unwrap();
    fs::write(machine.path("home/.local/bin/notes"), "older").unwrap();
    machine.fails(&[], &["cannot download"]);
    assert_eq!(fs::read(machine.path("home/.local/bin/notes")).unwrap(), b"older");
}

#[test]
fn installing_again_replaces_it_also_while_it_runs() {
    let machine = Machine::new(Fault::None);
    assert!(machine.runs(&["sh"], &[]).status.success());
    let program = machine.path("home/.local/bin/notes");
    let mut running = Command::new(&program).arg("wait").stdout(Stdio::piped()).spawn().unwrap();
    let older = fs::File::open(&program).unwrap();
    assert!(machine.runs(&["sh"], &[]).status.success());
    running.kill().unwrap();
    running.wait().unwrap();
    use std::os::unix::fs::MetadataExt;
    assert_ne!(
        older.metadata().unwrap().ino(),
        fs::metadata(&program).unwrap().ino(),
        "the old file was not written to"
    );
    // A link is replaced, and not what it leads to.
    fs::remove_file(&program).unwrap();
    fs::write(machine.path("precious"), "precious").unwrap();
    symlink(machine.path("precious"), &program).unwrap();
    assert!(machine.runs(&["sh"], &[]).status.success());
    assert!(!program.is_symlink() && fs::read(machine.path("precious")).unwrap() == b"precious");
    // So is one that somebody put where the new file could be made.
    let planted = "ln -s \"$PWD/precious\" home/.local/bin/.notes.$$ && exec sh \"$0\"";
    let mut command = machine.command(&["sh"]);
    command.args(["-c", planted]).arg(machine.release.path("install.sh"));
    command.env("PATH", format!("{}:/usr/bin:/bin", machine.path("bin").display()));
    assert!(command.output().unwrap().status.success());
    assert!(!program.is_symlink() && fs::read(machine.path("precious")).unwrap() == b"precious");
}

#[test]
fn a_place_that_cannot_be_written_is_told_before_anything_is_downloaded() {
    let machine = Machine::with(&["sha256sum"], &ALL, Fault::None);
    // A downloader that must not be asked.
    machine.answers("curl", "echo downloading >&2; exit 1");
    fs::create_dir_all(machine.path("home/.local/bin/notes")).unwrap();
    machine.fails(&[], &["notes is a folder"]);
    fs::write(machine.path("home/file"), "").unwrap();
    let file = machine.path("home/file");
    machine.fails(
        &["--dir", file.to_str().unwrap()],
        &["is no folder that this user can write to", "--dir FOLDER"],
    );
    for order in [&["--dir"][..], &["--dir", ""], &["--dir="]] {
        machine.fails(order, &["--dir needs a folder"]);
    }
    machine.fails(&["--bogus"], &["unknown argument --bogus"]);
    let mut homeless = machine.command(&["sh"]);
    let output = homeless.env_remove("HOME").arg(machine.release.path("install.sh")).output().unwrap();
    assert!(stderr(&output).contains("HOME is not set"), "{}", stderr(&output));

    // Root writes everywhere but there.
    let folder = machine.path("locked");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    if tempfile::tempfile_in(&folder).is_ok() {
        skip::because("this user may write everywhere");
        return;
    }
    machine.fails(&["--dir", folder.to_str().unwrap()], &["can write to"]);
}

#[test]
fn each_machine_gets_its_own_build() {
    let machine = Machine::with(&["sha256sum"], &ALL, Fault::None);
    machine.answers("curl", "for last do :; done; echo \"asked for $last\" >&2; exit 22");
    for (system, cpu, arm, expected) in [
        ("Linux", "x86_64", 0, "linux-x86_64"),
        ("Linux", "amd64", 0, "linux-x86_64"),
        ("Linux", "aarch64", 0, "linux-arm64"),
        ("Linux", "riscv64", 0, "linux-riscv64"),
        ("Darwin", "arm64", 1, "macos-arm64"),
        ("Darwin", "x86_64", 0, "macos-x86_64"),
        // Rosetta.
        ("Darwin", "x86_64", 1, "macos-arm64"),
    ] {
        machine.answers("uname", &format!("case $1 in -s) echo {system} ;; *) echo {cpu} ;; esac"));
        machine.answers("sysctl", &format!("echo {arm}"));
        machine.fails_without(&[], &[&format!("/notes-{expected}-1.2.3-rc.1.tar.gz")]);
    }
    for (system, cpu, told) in [
        ("Linux", "armv7l", "there is no build for linux armv7l; there are linux-x86_64, linux-arm64"),
        ("FreeBSD", "amd64", "there is no build for FreeBSD x86_64"),
        ("MINGW64_NT-10.0", "x86_64", "on Windows use install.ps1"),
    ] {
        machine.answers("uname", &format!("case $1 in -s) echo {system} ;; *) echo {cpu} ;; esac"));
        machine.fails_without(&[], &[told]);
    }
    // A Mac with Apple silicon runs what is for Intel, if there is nothing else.
    let machine = Machine::with(&["sha256sum"], &[Target::MacosX86_64], Fault::None);
    machine.answers("curl", "for last do :; done; echo \"asked for $last\" >&2; exit 22");
    machine.answers("uname", "case $1 in -s) echo Darwin ;; *) echo arm64 ;; esac");
    machine.fails_without(&[], &["/notes-macos-x86_64-1.2.3-rc.1.tar.gz"]);
    machine.answers("uname", "case $1 in -s) echo MSYS_NT ;; *) echo x86_64 ;; esac");
    machine.fails_without(&[], &["there is no build for Windows"]);
}

#[test]
fn variables_choose_folder_and_source() {
    let (other, listener) = Server::bind();
    let machine = Machine::new(Fault::Other);
    serve(listener, &machine.release.path(""), Fault::None);
    let mut command = machine.command(&["sh"]);
    command.arg(machine.release.path("install.sh"));
    command.env("NOTES_INSTALL_DIR", machine.path("there")).env("NOTES_DOWNLOAD_URL", &other.url);
    command.env("PATH", format!("{}:{}", machine.path("bin").display(), machine.path("there").display()));
    let output = command.output().unwrap();
    assert!(output.status.success() && machine.path("there/notes").is_file(), "{}", stderr(&output));
    assert_eq!(stdout(&output).lines().count(), 1, "it is in PATH: {}", stdout(&output));
    // One that is found before it.
    script(&machine.path("bin/notes"), "#!/bin/sh\n");
    let output = command.output().unwrap();
    assert!(stdout(&output).contains("note: notes is still"), "{}", stdout(&output));
}
