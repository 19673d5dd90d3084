//! What the owner of a file asks of it: a first argument that begins with `--wasmpack-`. Every executable knows these, sealed ones
//! too, and no app sees them.
//!
//! All such arguments are reserved, so that a misspelt one starts no program. `--` in front hands one on: of any number of `--`
//! before it one is taken off, and nothing else ever is.

use std::ffi::OsString;

use payload::info::{Info, Other, Owner, printable};
use payload::{Hash, Manifest, SectionKind};

use crate::fail::Failure;
use crate::image::Stored;
use crate::locate::Packed;
use crate::options::Granted;
use crate::{check, fail, started, sys};

/// What all of them begin with.
const PREFIX: &str = "--wasmpack-";
const NAMES: [&str; 3] = ["--wasmpack-help", "--wasmpack-info", "--wasmpack-verify"];

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// What the file is, and how it is steered.
    Help,
    /// What it may touch.
    Info {
        /// With sizes, hashes and values.
        long: bool,
        json: bool,
    },
    /// Whether it is as it was packed.
    Verify,
}

/// What the user's arguments ask, if they do.
pub(crate) fn asked() -> Result<Option<Asked>, Failure> {
    read(started::args().skip(1)).map_err(Failure::new)
}

/// The arguments that the app gets.
pub(crate) fn for_the_app() -> impl Iterator<Item = OsString> {
    let args: Vec<OsString> = started::args().skip(1).collect();
    let taken_off = usize::from(is_handed_on(&args));
    args.into_iter().skip(taken_off)
}

fn is_reserved(arg: &OsString) -> bool {
    arg.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}

/// True if one or more `--` stand before one of ours.
fn is_handed_on(args: &[OsString]) -> bool {
    args.first().is_some_and(|first| first == "--")
        && args.iter().find(|arg| *arg != "--").is_some_and(is_reserved)
}

fn read(mut args: impl Iterator<Item = OsString>) -> Result<Option<Asked>, String> {
    let Some(first) = args.next().filter(is_reserved) else { return Ok(None) };
    let first = first.to_string_lossy();
    let mut asked = match &first[PREFIX.len()..] {
        "help" => Asked::Help,
        "info" => Asked::Info { long: false, json: false },
        "verify" => Asked::Verify,
        _ => {
            let advice = match meant(&first[PREFIX.len()..]) {
                Some(name) => format!("did you mean {name}?"),
                None => format!("there are {}", NAMES.join(", ")),
            };
            return Err(format!(
                "{} is unknown; {advice} (for the program itself, write -- {})",
                printable(&first),
                printable(&first)
            ));
        }
    };
    for arg in args {
        match (&mut asked, arg.to_str()) {
            (Asked::Info { long, .. }, Some("--long")) => *long = true,
            (Asked::Info { json, .. }, Some("--json")) => *json = true,
            (Asked::Info { .. }, _) => {
                return Err(format!(
                    "{first} takes --long and --json, not {}",
                    printable(&arg.to_string_lossy())
                ));
            }
            _ => {
                return Err(format!("{first} takes no arguments, not {}", printable(&arg.to_string_lossy())));
            }
        }
    }
    Ok(Some(asked))
}

/// Answers. `granted` is what would hold, or why nothing would start.
pub(crate) fn answer(
    asked: Asked,
    packed: &'static Packed,
    granted: Result<Granted, Failure>,
) -> Result<i32, Failure> {
    match asked {
        Asked::Help => print(&help(&packed.prefix.manifest)),
        Asked::Info { long, json } => print(&info(packed, granted, long, json)),
        Asked::Verify => verify(packed),
    }
}

fn print(text: &str) -> Result<i32, Failure> {
    match sys::console::print(text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(0),
    }
}

/// What `--wasmpack-help` prints, behind what the file is called.
const HELP: &str = "\
It runs in a sandbox, and touches only what it was granted.

  NAME ARGUMENT...           starts it; all arguments are the program's own
  NAME --wasmpack-info       what it may touch (--long: its sizes, hashes and values, too; --json: all, for programs)
  NAME --wasmpack-verify     whether this file is as it was packed
  NAME --wasmpack-help       this text
  NAME -- --wasmpack-...     starts it with such an argument: the -- is taken off

";
const CHANGE: &str = "\
WASMPACK_OPTS changes its grants for one start:
  WASMPACK_OPTS='--dir . --deny-env=TOKEN' NAME
  --dir HOST[::GUEST], --dir-ro HOST[::GUEST]   a directory to use, or only to read
  --tmp[=GUEST]                                 a directory of its own in memory, /tmp or GUEST
  --env NAME[=VALUE], --env-all                 a variable, or all
  --cwd GUEST                                   where it starts
  --native                                      all files, as for a native program
  --listen [ADDRESS:]PORT, --connect HOST:PORT  where it may listen, whom it may connect to
  --deny-dir[=GUEST], --deny-env[=NAME]         takes back one grant, or all of the kind
  --deny-listen[=...], --deny-connect[=...]     the same of sockets
  --deny-fork                                   lets it start no copies of itself
  --audit                                       tells at the end which grants would have been enough
";
const SEALED: &str = "It is sealed: WASMPACK_OPTS cannot change its grants.\n";
const CODES: &str = "
Exit codes: the program's own; 134 if it trapped; 125 if it could not be started, with a line that says why.
";

fn help(manifest: &Manifest) -> String {
    let name = printable(&fail::name());
    let mut text = printable(&manifest.app);
    if let Some(version) = &manifest.version {
        text.push(' ');
        text.push_str(&printable(version));
    }
    text.push_str(": a WebAssembly program as one executable, made with ");
    text.push_str(&printable(&manifest.producer));
    text.push_str(".\n");
    for part in [HELP, if manifest.sealed { SEALED } else { CHANGE }, CODES] {
        for line in part.split_inclusive('\n') {
            // Only its own name: --env takes one, too.
            match line.find("NAME").filter(|_| !line.starts_with("  --")) {
                Some(at) => {
                    text.push_str(&line[..at]);
                    text.push_str(&name);
                    text.push_str(&line[at + 4..]);
                }
                None => text.push_str(line),
            }
        }
    }
    text
}

fn info(packed: &Packed, granted: Result<Granted, Failure>, long: bool, json: bool) -> String {
    let mut notes = Vec::new();
    let grants = match granted {
        Ok(Granted { grants, denied, notes: said, .. }) => {
            // Where not all variables are passed on, those that are say it all.
            let denied = denied.iter().filter(|_| grants.env_all);
            notes.extend(denied.map(|name| format!("it never sees the variable {name}")));
            notes.extend(said);
            grants
        }
        Err(refused) => {
            notes.push(format!("this is as it was packed: {refused}"));
            packed.prefix.manifest.grants.clone()
        }
    };
    let owner = if sys::process::is_privileged() { Owner::Nobody } else { Owner::Starter };
    let other = |(name, len): &(String, u64)| Other { name: name.clone(), len: *len, prefix: None };
    let others: Vec<Other<'_>> = packed.others().iter().map(other).collect();
    let info = Info {
        prefix: &packed.prefix,
        grants: &grants,
        notes: &notes,
        owner,
        file_len: packed.file_len(),
        len: packed.len(),
        is_script: packed.is_script(),
        others: &others,
    };
    if json { info.json() } else { info.text(long) }
}

/// Compares what the file holds with the hash in its manifest, which is under the header's own. Where they differ, the sections
/// whose chunks are damaged are named.
fn verify(packed: &'static Packed) -> Result<i32, Failure> {
    let stored = Stored::new(packed)?;
    let (mut text, mut failed) = (String::new(), false);
    let mut line = |what: &str, found: Result<&str, &str>| {
        failed |= found.is_err();
        text.push_str(if found.is_ok() { "ok      " } else { "FAILED  " });
        text.push_str(what);
        text.push_str(": ");
        text.push_str(&printable(found.unwrap_or_else(|why| why)));
        text.push('\n');
    };
    // Without that it would not have come here.
    line("header and manifest", Ok(MATCHES));
    let mut hash = Hash::default();
    stored.behind_the_prefix().for_each(|bytes| hash.update(bytes));
    if packed.prefix.manifest.content == Some(hash.finish()) {
        line("content", Ok(MATCHES));
    } else {
        line("content", Err("its SHA-256 is not the one in the manifest"));
        for section in packed.prefix.sections.iter().filter(|section| section.kind != SectionKind::Manifest) {
            if let Err(why) = stored.whole(section.kind) {
                line(section.kind.name(), Err(&why.to_string()));
            }
        }
    }
    match check::may_run(&packed.prefix.header) {
        Ok(()) => line("target", Ok(packed.prefix.header.target.name())),
        Err(why) => line("target", Err(&why.to_string())),
    }
    text.push_str("the launcher, which says this, cannot check itself: wasmpack verify compares it, too\n");
    print(&text)?;
    match failed {
        false => Ok(0),
        true => Err(Failure::new("it is damaged, or for another machine: fetch it again, or pack it again")),
    }
}

const MATCHES: &str = "SHA-256 matches";

/// The one that `word` is likely to mean. There are few, and no two begin alike.
fn meant(word: &str) -> Option<&'static str> {
    let first = word.chars().next()?.to_ascii_lowercase();
    // The version stands in what is told.
    let first = if word.starts_with("vers") { 'i' } else { first };
    NAMES.into_iter().find(|name| name[PREFIX.len()..].starts_with(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> impl Iterator<Item = OsString> {
        words.iter().map(OsString::from).collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn only_a_first_argument_is_asked() {
        assert_eq!(read(of(&["--wasmpack-help"])), Ok(Some(Asked::Help)));
        assert_eq!(
            read(of(&["--wasmpack-info", "--json"])),
            Ok(Some(Asked::Info { long: false, json: true }))
        );
        for words in
            [&[][..], &["x", "--wasmpack-info"], &["--", "--wasmpack-info"], &["--wasmpac", "-wasmpack-info"]]
        {
            assert_eq!(read(of(words)), Ok(None), "{words:?}");
        }
    }

    #[test]
    fn a_misspelt_one_is_told_the_right_one_and_the_way_on() {
        for (typed, meant) in
            [("inof", "info"), ("verfy", "verify"), ("hlp", "help"), ("Info", "info"), ("version", "info")]
        {
            let error = read(of(&[&format!("--wasmpack-{typed}")])).unwrap_err();
            assert!(error.contains(&format!("did you mean --wasmpack-{meant}?")), "{error}");
            assert!(error.contains(&format!("write -- --wasmpack-{typed}")), "{error}");
        }
        assert!(read(of(&["--wasmpack-"])).unwrap_err().contains("there are --wasmpack-help, "));
        assert!(read(of(&["--wasmpack-info", "x"])).unwrap_err().contains("not x"));
        assert!(read(of(&["--wasmpack-help", "x"])).unwrap_err().contains("not x"));
    }

    #[test]
    fn one_of_the_dashes_before_is_taken_off() {
        for words in [&["--", "--wasmpack-info"][..], &["--", "--", "--wasmpack-"]] {
            assert!(is_handed_on(&of(words).collect::<Vec<_>>()), "{words:?}");
        }
        for words in [
            &[][..],
            &["--"],
            &["--wasmpack-info"],
            &["--", "x", "--wasmpack-info"],
            &["x", "--", "--wasmpack-info"],
        ] {
            assert!(!is_handed_on(&of(words).collect::<Vec<_>>()), "{words:?}");
        }
    }
}
