//! What every test of the command needs: a folder of its own, and a way to run `wasmpack` in it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use container::testing::elf;

/// A fresh folder that holds a launcher (`stub`) and a program (`app.wasm`), removed at the end of the test.
pub struct Dir {
    folder: tempfile::TempDir,
}

/// The smallest program.
pub const COMMAND: &str = r#"(module (func (export "_start")))"#;

impl Dir {
    pub fn new() -> Dir {
        let dir = Dir { folder: tempfile::tempdir().unwrap() };
        dir.write("stub", &elf::stub(&payload::Locator::BARE));
        dir.wat("app.wasm", COMMAND);
        dir
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Writes the binary form of WebAssembly text.
    pub fn wat(&self, name: &str, text: &str) {
        self.write(name, &wat::parse_str(text).unwrap());
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// The names of everything in the folder, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// `wasmpack`, to be run in this folder with these arguments.
    pub fn wasmpack(&self, args: &[&str]) -> Command {
        self.command(env!("CARGO_BIN_EXE_wasmpack"), args)
    }

    /// The command, as it is met by signals that whoever runs the tests (`nohup`, a script's `&`) may have ignored.
    pub fn signalled(&self, args: &[&str]) -> Command {
        let mut command =
            self.command("env", &["--default-signal=INT,TERM,HUP", env!("CARGO_BIN_EXE_wasmpack")]);
        command.args(args);
        command
    }

    /// A script of the system's shell; `$WASMPACK` in it is the command.
    pub fn shell(&self, script: &str) -> Command {
        let mut command = self.command("sh", &["-c", script]);
        command.env("WASMPACK", env!("CARGO_BIN_EXE_wasmpack"));
        command
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.folder.path());
        // Not the user's cache.
        command.env("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
        command
    }

    /// Packs with these arguments, which must succeed.
    #[track_caller]
    pub fn packs(&self, args: &[&str]) -> Output {
        let output = self.wasmpack(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        output
    }

    /// Packs with these arguments, which must fail with exit code 1, one message that holds each of `parts`, and
    /// nothing in the folder that was not there before.
    #[track_caller]
    pub fn fails(&self, args: &[&str], parts: &[&str]) {
        self.command_fails(&mut self.wasmpack(args), 1, parts);
    }

    /// The same for any command and exit code.
    #[track_caller]
    pub fn command_fails(&self, command: &mut Command, code: i32, parts: &[&str]) {
        let before = self.names();
        let output = command.output().unwrap();
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{message}");
        for part in parts {
            assert!(message.contains(part), "{part:?} is not in: {message}");
        }
        assert!(code != 1 || message.starts_with("wasmpack: "), "{message}");
        assert_eq!(self.names(), before, "a failed pack left something: {message}");
        assert!(output.stdout.is_empty(), "stdout is for data");
    }
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The payload's prefix in an executable, found as a launcher finds it.
pub fn prefix(file: &[u8]) -> payload::Prefix {
    let at = slot(file);
    let slot = file[at..].first_chunk().unwrap();
    let locator = payload::Locator::parse(slot).unwrap().expect("the slot is patched");
    assert_eq!(locator.offset + locator.len, file.len() as u64);
    let carried = &file[locator.offset as usize..];
    let len = payload::Prefix::len(carried, locator.len).unwrap();
    payload::Prefix::parse(&carried[..len], locator.len).unwrap()
}

/// Where the locator slot of a launcher is.
pub fn slot(file: &[u8]) -> usize {
    let magic = payload::locator::MAGIC;
    file.windows(magic.len()).position(|window| window == magic).unwrap()
}

/// True when this user may write where the mode says no: root.
pub fn modes_are_ignored(folder: &Path) -> bool {
    tempfile::tempfile_in(folder).is_ok() || tempfile::NamedTempFile::new_in(folder).is_ok()
}
