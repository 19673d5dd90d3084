//! Every language finds what was granted, under every spelling: `worlds.txt` says what, in `tests/fixtures/names/` are the
//! programs, and docs/sandbox.md shows the table.

pub mod table;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{self, Dir, file_name, on_windows, pack, start, text};
use table::{Cell, Grant};

/// Words for errors. as-wasi has but one.
const ERRORS: [&str; 13] = [
    "acces",
    "badf",
    "exist",
    "inval",
    "isdir",
    "loop",
    "noent",
    "notcapable",
    "notdir",
    "notempty",
    "perm",
    "rofs",
    "xdev",
];

/// A world: a program, and what it carries besides.
pub struct World<'a> {
    pub name: &'a str,
    pub module: PathBuf,
    /// Options besides the grant's.
    pub options: Vec<String>,
    /// Arguments before the commands.
    pub args: Vec<String>,
    /// The names that it carries at the root.
    pub carries: Vec<String>,
    /// It is packed once, because that takes long, and what is granted is said when it starts, if it can be said then.
    pub is_large: bool,
}

impl World<'_> {
    /// The world of a program in `tests/fixtures/names/`.
    pub fn of(name: &str) -> World<'_> {
        World {
            name,
            module: common::fixture(&format!("names/{name}")),
            options: vec!["--no-trial".to_owned()],
            args: Vec::new(),
            carries: Vec::new(),
            is_large: false,
        }
    }

    /// Puts every question of the table, and fails with all that was answered otherwise.
    #[track_caller]
    pub fn check(&self) {
        if on_windows() && !["c", "go", "zig"].contains(&self.name) {
            return skip::because(
                "wine takes a second for each start, and this world asks as another one does",
            );
        }
        let packed = Dir::new();
        let once = packed.join(&file_name(self.name));
        if self.is_large {
            pack(&self.module, &once, &self.options.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let mut wrong = Vec::new();
        for grant in table::read().grants {
            if grant.needs(if on_windows() { "unix" } else { "windows" }) {
                continue;
            }
            let place = Place::new(&grant);
            let options: Vec<String> = grant.options.iter().map(|option| place.fill(option)).collect();
            let at_start = self.is_large && !options.iter().any(|option| option.starts_with("--files"));
            let program = if at_start {
                once.clone()
            } else {
                let own = packed.join(&file_name("program"));
                let all: Vec<&str> = options.iter().chain(&self.options).map(String::as_str).collect();
                pack(&self.module, &own, &all);
                own
            };
            for cells in &grant.starts {
                let said = place.start(&program, at_start.then_some(&options), self, cells);
                let mut lines = said.lines();
                for cell in cells {
                    let got = lines.next().unwrap_or("nothing");
                    let wanted = self.wanted(&place, &grant, cell);
                    // Zig does not know that a file may not be opened for writing.
                    let unknown =
                        self.name == "zig" && wanted.ends_with("rofs") && got.ends_with("unexpected");
                    if wanted != got && wanted != "?" && !unknown {
                        let command = place.shorten(&place.fill(&cell.command));
                        let (got, wanted) = (place.shorten(got), place.shorten(&wanted));
                        wrong.push(format!(
                            "{} | {} | {command}: {got:?}, not {wanted:?}",
                            self.name, grant.title
                        ));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} cells:\n{}\n", wrong.len(), wrong.join("\n"));
    }

    fn wanted(&self, place: &Place, grant: &Grant, cell: &Cell) -> String {
        let wanted = place.fill(cell.answer(self.name));
        let stands = grant.options.iter().any(|option| option == "--native" || option == "--cwd");
        let is_cwd = grant.options.iter().any(|option| option == "--cwd");
        let at_root = (cell.command == "list /" && !is_cwd) || (cell.command == "list ." && !stands);
        if self.name == "as" {
            let told = |word| if ERRORS.contains(&word) { "refused" } else { word };
            return wanted.split(' ').map(told).collect::<Vec<_>>().join(" ");
        }
        if !at_root || self.carries.is_empty() {
            return wanted;
        }
        let mut names: Vec<&str> = wanted.split(' ').filter(|name| !name.is_empty()).collect();
        names.extend(self.carries.iter().map(String::as_str));
        names.sort_unstable();
        names.dedup();
        names.join(" ")
    }
}

/// A folder with what the table says lies there.
struct Place {
    dir: Dir,
    path: String,
    needs_shell: bool,
    is_gone: bool,
}

impl Place {
    fn new(grant: &Grant) -> Place {
        let dir = Dir::new();
        let path = dir.path().canonicalize().expect("the folder is there").display().to_string();
        let path = path.trim_start_matches(r"\\?\").replace('\\', "/");
        for name in ["here/x", "here/d/f", "here/dd/f", "data/x", "data/sub/y", "out/o"] {
            dir.write(name, format!("{name}\n"));
        }
        let place = Place { dir, path, needs_shell: grant.needs("unix"), is_gone: grant.needs("gone") };
        for (name, text) in &grant.files {
            place.dir.write(&format!("here/{}", place.fill(name)), format!("{text}\n"));
        }
        #[cfg(unix)]
        if grant.needs("links") {
            for (link, target) in [
                ("link", place.fill("{T}/out/o")),
                ("up", "../out/o".to_owned()),
                ("down", "../data/sub".to_owned()),
            ] {
                std::os::unix::fs::symlink(target, place.dir.join("here").join(link))
                    .expect("a link can be made");
            }
        }
        place
    }

    /// Fills in what the table leaves open: `{T}`, the folder; `{t}`, the same without the slash before it; `{u}`, with `%`
    /// for the slashes; `{T1}`, its first name; `{V}` and `{W}`, the folder with a drive, as Windows spells it; `{ROOT}`, the
    /// names in the root.
    fn fill(&self, text: &str) -> String {
        let bare = self.path.trim_start_matches('/');
        let mut filled = text
            .replace("{T}", &self.path)
            .replace("{t}", bare)
            .replace("{u}", &bare.replace('/', "%"))
            .replace("{V}", &self.with_drive())
            .replace("{W}", &self.with_drive().replace('/', r"\"))
            .replace("{T1}", bare.split('/').next().unwrap_or_default());
        if filled.contains("{ROOT}") {
            let entries = std::fs::read_dir("/").expect("the root can be read");
            let mut names: Vec<String> = entries
                .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
                .collect();
            names.sort_unstable();
            filled = filled.replace("{ROOT}", &names.join(" "));
        }
        filled
    }

    /// wine has the root of Unix as Z:.
    fn with_drive(&self) -> String {
        if self.path.starts_with('/') { format!("Z:{}", self.path) } else { self.path.clone() }
    }

    fn shorten(&self, text: &str) -> String {
        let bare = self.path.trim_start_matches('/');
        text.replace(&self.path, "{T}").replace(bare, "{t}").replace(&bare.replace('/', "%"), "{u}")
    }

    /// Starts `program`, which is told what is granted where `opts` says it, with the commands, and returns what it printed.
    fn start(&self, program: &Path, opts: Option<&Vec<String>>, world: &World<'_>, cells: &[Cell]) -> String {
        let commands = cells
            .iter()
            .flat_map(|cell| self.fill(&cell.command).split(' ').map(str::to_owned).collect::<Vec<_>>());
        let args: Vec<String> = world.args.iter().cloned().chain(commands).collect();
        let mut command = start(program);
        if self.needs_shell {
            let inner = command;
            command = Command::new("sh");
            let gone = if self.is_gone { "mkdir gone && cd gone && rmdir ../gone && " } else { "" };
            command.arg("-c").arg(format!("{gone} exec \"$0\" \"$@\" 7<'{}/out/o'", self.path));
            command.arg(inner.get_program()).args(inner.get_args());
        }
        let here = self.dir.join("here");
        command.args(args).current_dir(&here).env("PWD", format!("{}/here", self.path));
        if let Some(opts) = opts {
            command.env("WASMPACK_OPTS", opts.join(" "));
        }
        let (input, mut writer) = std::io::pipe().expect("a pipe can be made");
        writer.write_all(b"input\n").expect("a pipe takes a line");
        drop(writer);
        command.stdin(Stdio::from(input));
        let said = finished(&mut command);
        if self.is_gone {
            // What a launcher that takes the root for the folder would leave behind.
            let _ = std::fs::remove_file("/made-by-a-test-of-wasmpack");
            let _ = std::fs::remove_dir("/made-by-a-test-of-wasmpack");
        }
        said
    }
}

/// What `command` prints, and how it ended if not with 0 or 1. It is ended after a minute: what reads a pipe could wait for ever.
fn finished(command: &mut Command) -> String {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let began = Instant::now();
    while child.try_wait().expect("a child can be waited for").is_none() {
        if began.elapsed() > Duration::from_secs(60) {
            child.kill().expect("a child can be ended");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().expect("a child can be waited for");
    let mut said = text(&output.stdout);
    if !matches!(output.status.code(), Some(0 | 1)) {
        said += &format!("{} {}\n", output.status, text(&output.stderr).trim());
    }
    said
}

#[test]
fn c_finds_what_was_granted() {
    World::of("c").check();
}

#[test]
fn c_with_a_working_directory_finds_what_was_granted() {
    World::of("chdir").check();
}

#[test]
fn c_of_2019_finds_what_was_granted() {
    World::of("old").check();
}

#[test]
fn rust_finds_what_was_granted() {
    World::of("rust").check();
}

#[test]
fn go_finds_what_was_granted() {
    World { is_large: true, ..World::of("go") }.check();
}

#[test]
fn zig_finds_what_was_granted() {
    World::of("zig").check();
}

#[test]
fn assemblyscript_finds_what_was_granted() {
    World::of("as").check();
}
