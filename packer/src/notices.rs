//! The terms of what others wrote and what lands in executables and in the packer. `scripts/notices` writes them.

use std::{fmt::Write, io::Read};

use payload::Target;

use crate::targets::platform::Platform;

/// `assets/notices.toml`, compressed.
static NOTICES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/notices.zst"));

/// The name of the file in archives.
pub const FILE: &str = "THIRD-PARTY.txt";
/// Its name beside a file of that name that the program brings.
const OTHER_FILE: &str = "THIRD-PARTY-wasmpack.txt";

/// The terms of what is in an executable for `target`: its launcher.
pub fn executable(platform: impl Into<Platform>) -> String {
    let platform = platform.into();
    let head = format!(
        "This executable was made by wasmpack, and contains its launcher for {}. The launcher has the terms of wasmpack, \
         MIT OR Apache-2.0. It contains software of others, whose terms follow. The terms of the program that the executable \
         runs are not among them.",
        platform.name()
    );
    let is_in = |target: Target, part: &Part| part.executables.iter().any(|name| name == target.name());
    text(&head, |part| platform.targets().any(|target| is_in(target, part)))
}

/// The terms of what is in executables for any target.
pub fn executables() -> String {
    let head = "Each executable contains wasmpack's launcher, with the terms of wasmpack, MIT OR Apache-2.0. It contains \
                software of others, whose terms follow; where a part is in the launchers of some targets alone, they are \
                named.";
    text(head, |part| !part.executables.is_empty())
}

/// The terms of what is in packers, which carry all launchers.
pub fn packer() -> String {
    let head = "wasmpack may be used under the terms MIT OR Apache-2.0. It contains software of others, whose terms follow. \
                `wasmpack licenses --executables` prints only what lands in executables.";
    // scripts/release leaves it out (docs/releasing.md).
    text(head, |part| cfg!(feature = "singlepass") || !part.name.starts_with("wasmer-compiler-singlepass "))
}

/// The name of the file with the terms, in an archive with files called `others`: systems that do not tell upper from
/// lower case unpack them too.
pub fn name<'a>(mut others: impl Iterator<Item = &'a str>) -> &'static str {
    if others.any(|other| other.eq_ignore_ascii_case(FILE)) { OTHER_FILE } else { FILE }
}

/// A piece of software under some terms.
struct Part {
    name: String,
    /// Whose it is, as it says, and what else is to be said.
    said: Vec<String>,
    /// The targets whose launchers contain it.
    executables: Vec<String>,
    /// The targets for which the packer contains it.
    packer: Vec<String>,
}

impl Part {
    /// Where it lands, if that is not in everything.
    fn place(&self) -> Option<String> {
        let (what, targets) = match self.executables.is_empty() {
            true => ("wasmpack", &self.packer),
            false => ("executables", &self.executables),
        };
        match targets.len() == Target::ALL.len() {
            true if what == "wasmpack" => Some("in wasmpack, and in no executable".to_owned()),
            true => None,
            false => Some(format!("in {what} for {}", targets.join(", "))),
        }
    }
}

/// The parts that are `wanted`, and their terms, below `head`.
fn text(head: &str, wanted: impl Fn(&Part) -> bool) -> String {
    let mut text = wrapped(head, "");
    for (license, terms, parts) in all() {
        let parts: Vec<&Part> = parts.iter().filter(|part| wanted(part)).collect();
        if parts.is_empty() {
            continue;
        }
        let _ = write!(text, "\n{:=<80}\n", format!("== {license} "));
        for part in parts {
            text += &wrapped(&part.name, "");
            if let Some(place) = part.place() {
                text += &wrapped(&place, "    ");
            }
            part.said.iter().for_each(|said| text += &wrapped(said, "    "));
        }
        if !terms.is_empty() {
            let _ = write!(text, "\n{terms}");
        }
    }
    text
}

/// A paragraph in lines of 80 columns.
fn wrapped(paragraph: &str, indent: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in paragraph.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= 80 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{indent}{word}")),
        }
    }
    lines.join("\n") + "\n"
}

/// Each of the terms: its short name, its text, and what is under it.
fn all() -> Vec<(String, String, Vec<Part>)> {
    let mut toml = String::new();
    zstd::Decoder::new(NOTICES)
        .and_then(|mut zstd| zstd.read_to_string(&mut toml))
        .expect("the build script compressed it");
    let table: toml::Table = toml.parse().expect("a test reads it");
    let list = |value: &toml::Value, key: &str| {
        value.get(key).and_then(toml::Value::as_array).cloned().expect("a test reads it")
    };
    let string = |value: &toml::Value| value.as_str().expect("a test reads it").to_owned();
    let strings = |value: &toml::Value, key: &str| list(value, key).iter().map(string).collect();
    let part = |value: &toml::Value| Part {
        name: string(&value["name"]),
        said: strings(value, "said"),
        executables: strings(value, "executables"),
        packer: strings(value, "packer"),
    };
    let text = |value: &toml::Value| {
        let parts = list(value, "part").iter().map(part).collect();
        (string(&value["license"]), string(&value["text"]), parts)
    };
    list(&toml::Value::Table(table), "text").iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_launcher_has_the_terms_of_what_is_in_it_and_no_others() {
        for target in Target::ALL {
            let terms = executable(target);
            assert!(terms.contains(target.name()), "{terms}");
            // In all of them, with whose they are and the terms.
            for part in
                ["\nwasmer 7.2.0\n", "\nZstandard, in C\n", "Meta Platforms", "Permission is hereby granted"]
            {
                assert!(terms.contains(part), "{}: {part}", target.name());
            }
            // In packers alone.
            for part in ["cranelift", "clap", "singlepass", "Business Source"] {
                assert!(!terms.contains(part), "{}: {part}", target.name());
            }
            let is = |part: &str| terms.contains(&format!("\n{part}\n"));
            assert_eq!(is("musl 1.2.5"), ["linux-x86_64", "linux-arm64"].contains(&target.name()));
            assert_eq!(is("the GNU C Library"), target.name() == "linux-riscv64");
            assert_eq!(is("mingw-w64"), target.name() == "windows-x86_64");
        }
    }

    #[test]
    fn the_packer_has_all_terms() {
        let packer = packer();
        for part in ["cranelift-codegen", "clap", "wasmer-compiler-singlepass", "Business Source", "\nrkyv "]
        {
            assert!(packer.contains(part), "{part}");
        }
        let executables = executables();
        assert!(executables.contains("\nthe GNU C Library\n    in executables for linux-riscv64\n"));
        assert!(executables.len() < packer.len() && !executables.contains("singlepass"));
        // Every part lands somewhere, and every text is of something.
        assert!(packer.contains("\nwinapi-util 0.1.11\n    in wasmpack for windows-x86_64\n"));
        for (license, text, parts) in all() {
            assert!(!parts.is_empty(), "{license}: {text}");
            assert!(
                parts.iter().all(|part| !part.executables.is_empty() || !part.packer.is_empty()),
                "{license}"
            );
        }
    }

    #[test]
    fn lines_are_short() {
        assert_eq!(wrapped("a b", "  "), "  a b\n");
        let long = wrapped("word ".repeat(40).trim_end(), "    ");
        assert!(long.lines().all(|line| line.len() <= 80 && line.starts_with("    word")), "{long}");
        assert_eq!(long.split_whitespace().count(), 40);
    }

    #[test]
    fn a_file_of_the_program_keeps_its_name() {
        assert_eq!(name(["app", "LICENSE"].into_iter()), "THIRD-PARTY.txt");
        assert_eq!(name(["third-party.TXT"].into_iter()), "THIRD-PARTY-wasmpack.txt");
    }
}
