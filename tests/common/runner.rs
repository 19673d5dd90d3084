//! How a program for each target is run on this machine: by itself, under qemu-user, or under wine.
//!
//! `WASMPACK_TEST_RUNNER` puts another command before the programs for `WASMPACK_TEST_TARGET`. wine gets a folder of
//! its own for what it keeps, and beside each program a library that Debian's lacks; see tests/shim.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use payload::Target;

/// What goes before a program.
#[derive(Clone, Debug)]
pub struct Runner {
    words: Vec<PathBuf>,
    wine: Option<Wine>,
}

#[derive(Clone, Debug)]
struct Wine {
    /// Where wine keeps its settings.
    prefix: PathBuf,
    /// The library to put beside programs.
    shim: PathBuf,
}

/// The runner for `target`.
///
/// # Errors
/// When something is not installed here: its name, and what it is for.
pub fn of(target: Target) -> Result<Runner, String> {
    let plain = |words: Vec<PathBuf>| Ok(Runner { words, wine: None });
    if let Ok(given) = std::env::var("WASMPACK_TEST_RUNNER")
        && target == super::target()
    {
        return plain(given.split_whitespace().map(PathBuf::from).collect());
    }
    if Some(target) == Target::host() {
        return plain(Vec::new());
    }
    let emulator = |names: &[&str]| {
        let found = names.iter().find_map(|name| installed(name));
        found.ok_or_else(|| format!("{} is not here, so {} is not run", names[0], target.name()))
    };
    match target {
        Target::LinuxX86_64 => plain(vec![emulator(&["qemu-x86_64-static", "qemu-x86_64"])?]),
        Target::LinuxArm64 => plain(vec![emulator(&["qemu-aarch64-static", "qemu-aarch64"])?]),
        Target::LinuxRiscv64 => plain(vec![emulator(&["qemu-riscv64-static", "qemu-riscv64"])?]),
        Target::WindowsX86_64 => {
            // Debian has it where PATH does not lead.
            let wine = emulator(&["wine64", "/usr/lib/wine/wine64", "wine"])?;
            let compiler = emulator(&["x86_64-w64-mingw32-gcc"])?;
            Ok(Runner { words: vec![wine.clone()], wine: Some(Wine::prepare(&wine, &compiler)) })
        }
        Target::MacosArm64 | Target::MacosX86_64 => {
            Err(format!("nothing here runs {}: it is checked by its form", target.name()))
        }
    }
}

/// The runner for `target`; where there is none, `None` and a word about it.
#[track_caller]
pub fn or_skip(target: Target) -> Option<Runner> {
    match of(target) {
        Ok(runner) => Some(runner),
        Err(missing) => {
            skip::because(missing);
            None
        }
    }
}

/// The program of this name, if it is in PATH.
pub fn installed(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

impl Runner {
    /// A command that runs `program`.
    pub fn command(&self, program: &Path) -> Command {
        let mut words = self.words.iter().map(PathBuf::as_path).chain([program]);
        let mut command = Command::new(words.next().expect("there is the program at least"));
        command.args(words);
        if let Some(Wine { prefix, shim }) = &self.wine {
            command.env("WINEPREFIX", prefix).env("WINEDEBUG", "-all");
            let beside = program.with_file_name(shim.file_name().expect("a library has a name"));
            if !beside.exists() {
                std::fs::copy(shim, beside).expect("the library can be put beside the program");
            }
        }
        command
    }
}

impl Wine {
    /// Makes wine's folder and the library, once for all tests: that takes seconds.
    fn prepare(wine: &Path, compiler: &Path) -> Wine {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wine");
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let (prefix, shim) = (folder.join("prefix"), folder.join("bcryptprimitives.dll"));
        // Tests are processes of their own: the first one makes it, the others wait.
        let lock = File::create(folder.join("lock")).expect("a file can be made");
        lock.lock().expect("files can be locked");
        let ready = folder.join("ready");
        if !ready.exists() {
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/shim/bcryptprimitives.c");
            let compiled = Command::new(compiler)
                .args(["-shared", "-nostdlib", "-Wl,--entry,entry", "-Os", "-s", "-o"])
                .arg(&shim)
                .arg(source)
                .arg("-ladvapi32")
                .status();
            assert!(
                compiled.expect("the compiler starts").success(),
                "the library for wine does not compile"
            );
            let made = Command::new(wine)
                .args(["wineboot", "--init"])
                .env("WINEPREFIX", &prefix)
                .env("WINEDEBUG", "-all")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            assert!(made.expect("wine starts").success(), "wine cannot make its folder");
            File::create(ready).expect("a file can be made");
        }
        Wine { prefix, shim }
    }
}
