//! A program for several machines, and its installers.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use installers::{Build, File, Kind, Meta, Plan, bundle};
use sha2::Digest;
use terms::Target;

#[path = "../../../../../tests/common/place.rs"]
pub mod place;
pub mod server;

pub const ALL: [Target; 6] = Target::ALL;

/// The program: it prints its arguments, a line each, and exits with 7, or dies of a signal, or waits.
pub const PROGRAM: &str = "#!/bin/sh\n\
    case ${1-} in\n\
    die) kill -TERM $$ ;;\n\
    wait) trap 'echo passed; exit 9' TERM; echo waiting; for i in 1 2 3 4 5 6 7 8 9; do sleep 1; done; exit 3 ;;\n\
    esac\n\
    printf '%s\\n' \"$@\"\nexit 7\n";

/// The program's data.
pub fn meta(url: &str) -> Meta {
    let some = |text: &str| Some(text.to_owned());
    Meta {
        name: "notes".to_owned(),
        version: some("1.2.3-rc.1"),
        description: some("It's \"notes\" for $(you), #{all} `of` you \u{2019}ö\u{2019}"),
        homepage: some("https://notes.example"),
        license: some("MIT OR Apache-2.0"),
        author: some("Ada Notes"),
        download_url: some(url),
        npm_name: None,
        pypi_name: None,
    }
}

/// A release in a folder: archives and installers.
pub struct Release {
    folder: tempfile::TempDir,
    pub files: Vec<File>,
}

impl Release {
    pub fn new(meta: &Meta, kinds: &[Kind], targets: &[Target]) -> Release {
        Release::with(meta, kinds, targets, &[("LICENSE".to_owned(), b"terms".to_vec())])
    }

    /// With these files in its packages.
    pub fn with(meta: &Meta, kinds: &[Kind], targets: &[Target], extra: &[(String, Vec<u8>)]) -> Release {
        let folder = tempfile::tempdir().unwrap();
        let version = meta.version.clone().unwrap();
        let made: Vec<(Target, String, String, Vec<u8>)> = targets
            .iter()
            .map(|target| {
                let program = format!("{}{}", meta.name, target.os().program_suffix());
                let member = bundle::Member { name: &program, bytes: PROGRAM.as_bytes(), executable: true };
                let archive = match target.os().archive_suffix() {
                    ".zip" => bundle::zip(&[member], None),
                    _ => bundle::tar_gz(&[member], None),
                };
                let name =
                    format!("{}-{}-{version}{}", meta.name, target.name(), target.os().archive_suffix());
                (*target, name, program, archive.unwrap())
            })
            .collect();
        let builds: Vec<Build> = made
            .iter()
            .map(|(target, archive, program, bytes)| Build {
                target: *target,
                archive,
                sha256: sha2::Sha256::digest(bytes).into(),
                program,
                bytes: PROGRAM.as_bytes(),
            })
            .collect();
        let plan = Plan::new(meta, kinds, targets).unwrap().with(extra, None).unwrap();
        let files = plan.files(&builds).unwrap();
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(plan.names(), names, "what is made was announced");
        for (_, name, _, bytes) in &made {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        for file in &files {
            let path = folder.path().join(&file.name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &file.bytes).unwrap();
        }
        Release { folder, files }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The text of a file.
    pub fn text(&self, name: &str) -> String {
        let file = self.files.iter().find(|file| file.name == name).unwrap_or_else(|| panic!("no {name}"));
        String::from_utf8(file.bytes.clone()).unwrap()
    }

    /// The paths of the files whose names begin so.
    pub fn below(&self, start: &str) -> Vec<PathBuf> {
        self.files
            .iter()
            .filter(|file| file.name.starts_with(start))
            .map(|file| self.path(&file.name))
            .collect()
    }
}

/// Whether a program is there; else the test is skipped, which is said.
#[track_caller]
pub fn there(program: &str) -> bool {
    if tool(program).is_some() {
        return true;
    }
    skip::because(format!("there is no {program}"));
    false
}

/// The path of a tool.
pub fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// An executable script.
pub fn script(file: &Path, text: &str) {
    place::executable(file, text.as_bytes());
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs a command, which must succeed.
#[track_caller]
pub fn succeeds(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}{}", stdout(&output), stderr(&output));
    output
}
