//! What every end-to-end test needs: a folder of its own, programs packed into it, and what they print.

#[cfg(target_os = "linux")]
pub mod confine;
pub mod console;
pub mod launcher;
pub mod place;
pub mod runner;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use payload::Target;

/// The repository's folder.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of a file of the repository.
pub fn read(name: &str) -> String {
    let file = repository().join(name);
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A fresh folder for one test, gone when the test ends.
pub struct Dir(tempfile::TempDir);

impl Dir {
    pub fn new() -> Dir {
        Dir(tempfile::tempdir().expect("a temporary folder can be made"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file, with the folders it lies in.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        std::fs::create_dir_all(path.parent().expect("a joined path has a parent"))
            .expect("folders can be made");
        std::fs::write(&path, content).expect("a file can be written");
        path
    }

    /// Packs a fixture under its own name with `options`, as [`pack`] does.
    pub fn pack(&self, fixture: &str, options: &[&str]) -> PathBuf {
        let out = self.join(&file_name(fixture));
        pack(&self::fixture(fixture), &out, options);
        out
    }

    /// Packs WebAssembly text under `name`.
    pub fn pack_text(&self, name: &str, text: &str, options: &[&str]) -> PathBuf {
        let source = self.write(&format!("{name}.wat"), text);
        let out = self.join(&file_name(name));
        pack(&source, &out, options);
        out
    }
}

/// A program of `tests/fixtures`, whose source lies beside it.
pub fn fixture(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures").join(name);
    path.with_extension("wasm")
}

/// The target that programs are packed for: `WASMPACK_TEST_TARGET`, or this machine.
pub fn target() -> Target {
    match std::env::var("WASMPACK_TEST_TARGET") {
        Ok(name) => Target::parse(&name).unwrap_or_else(|| panic!("WASMPACK_TEST_TARGET={name}")),
        Err(_) => Target::host().expect("this machine is a target"),
    }
}

/// True when programs are packed for Windows.
pub fn on_windows() -> bool {
    target() == Target::WindowsX86_64
}

/// The file name of a program: Windows starts only files that end in `.exe`.
pub fn file_name(name: &str) -> String {
    if on_windows() { format!("{name}.exe") } else { name.to_owned() }
}

/// True, with a word about it, where programs run on Windows, which does not do `what`.
#[track_caller]
pub fn skipped_on_windows(what: &str) -> bool {
    if on_windows() {
        skip::because(format!("Windows knows no {what}"));
    }
    on_windows()
}

/// The packer, for the target that `WASMPACK_TEST_TARGET` names and with the launcher that [`launcher::path`] chooses;
/// with `WASMPACK_TEST_RAW` it does not compress.
pub fn wasmpack() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmpack"));
    // Not the user's.
    command.env("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
    if let Some(target) = std::env::var_os("WASMPACK_TEST_TARGET") {
        command.arg("--target").arg(target);
    }
    if let Some(launcher) = launcher::path() {
        command.arg("--stub").arg(launcher);
    }
    if std::env::var_os("WASMPACK_TEST_RAW").is_some() {
        command.arg("--no-compress");
    }
    command
}

/// True, with a word about it, where packed programs run behind an emulator and so cannot be started `how`.
#[track_caller]
pub fn skipped_when_emulated(how: &str) -> bool {
    let emulated = Some(target()) != Target::host();
    if emulated {
        skip::because(format!("an emulated program cannot be started {how}"));
    }
    emulated
}

/// Packs `module` to `out`, which must succeed. Options from `--` on are the app's.
pub fn pack(module: &Path, out: &Path, options: &[&str]) {
    let output = wasmpack().arg(module).arg("-o").arg(out).args(options).output().expect("the packer starts");
    assert!(output.status.success(), "packing {}: {}", module.display(), text(&output.stderr));
}

/// A command that runs a packed program, behind an emulator where this machine needs one.
pub fn start(program: &Path) -> Command {
    runner::of(target()).unwrap_or_else(|missing| panic!("{missing}")).command(program)
}

/// Runs a packed program with nothing on standard input.
pub fn run<S: AsRef<OsStr>>(program: &Path, args: &[S]) -> Output {
    output(start(program).args(args).stdin(Stdio::null()))
}

/// Runs `command`.
///
/// Under wine, a start in thousands fails for wine's server alone. On a busy machine one in hundreds ends with 1 and no word (of a C
/// program as well, whose thread is about to end when it ends), is killed, or has a fault of wine's own services, which it had to
/// start, in its standard error. That is tried a second time.
pub fn output(command: &mut Command) -> Output {
    const TRIES: u32 = 200;
    let mut is_second = target().os() != payload::target::Os::Windows;
    for _ in 0..TRIES {
        match command.output() {
            Ok(output) if text(&output.stderr).starts_with("wine client error:") => {
                println!("started again: {}", text(&output.stderr));
            }
            Ok(output) if !is_second && is_of_wine(&output) => {
                println!(
                    "started again: wine ended with {} and said {:?}",
                    output.status,
                    text(&output.stderr)
                );
                is_second = true;
            }
            outcome => return outcome.expect("the program starts"),
        }
    }
    panic!("{command:?}: wine's server starts nothing");
}

/// True for an end that is wine's own. `None` is the code of a process that was killed.
fn is_of_wine(output: &Output) -> bool {
    /// The exit code that an access violation leaves, of which Linux keeps one byte. Then the fault was the program's own.
    const VIOLATION: i32 = 0xc000_0005_u32 as u8 as i32;
    let code = output.status.code();
    let is_silent = output.stdout.is_empty() && output.stderr.is_empty();
    let faults = text(&output.stderr).contains("wine: Unhandled page fault");
    code == Some(1) && is_silent || code.is_none() || faults && code != Some(VIOLATION)
}

/// Runs a packed program that must end with `code`; returns what it printed.
#[track_caller]
pub fn prints(program: &Path, args: &[&str], code: i32) -> String {
    let output = run(program, args);
    assert_eq!(
        output.status.code(),
        Some(code),
        "exit code; stdout {:?}, stderr {:?}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// Runs a packed program that must end with `code`; returns what it wrote to standard error.
#[track_caller]
pub fn complains(program: &Path, args: &[&str], code: i32) -> String {
    let output = run(program, args);
    assert_eq!(output.status.code(), Some(code), "exit code; stderr {:?}", text(&output.stderr));
    text(&output.stderr)
}

/// Puts the libraries of a program into a root of its own, at their places; a static program has none.
pub fn put_libraries(program: &Path, root: &Path) {
    let listed =
        Command::new("ldd").arg(program).output().map(|output| text(&output.stdout)).unwrap_or_default();
    for library in listed.split_whitespace().filter(|word| word.starts_with('/')) {
        let place = root.join(&library[1..]);
        std::fs::create_dir_all(place.parent().expect("a library lies in a folder"))
            .expect("folders can be made");
        place::executable(&place, &std::fs::read(library).expect("a library can be read"));
    }
}

/// Output as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// How the launcher's messages start in the program `name`.
pub fn says(name: &str) -> String {
    format!("{}: ", file_name(name))
}

/// Writes `bytes` as the program `name`.
pub fn executable(dir: &Dir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(&file_name(name));
    place::executable(&path, bytes);
    path
}

/// Where the locator slot lies in an executable. Code that looks for the magic holds it too, but not what follows.
pub fn slot(bytes: &[u8]) -> usize {
    let head = &payload::Locator::BARE[..16];
    bytes.windows(16).position(|window| window == head).expect("a packed program has a slot")
}

/// Where the payload starts in a packed executable.
pub fn payload_at(bytes: &[u8]) -> usize {
    let at = slot(bytes) + 16;
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes")) as usize
}
