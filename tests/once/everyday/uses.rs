//! What `uses.txt` says.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The programs that there are uses of.
const PROGRAMS: [&str; 7] = ["python", "sqlite", "esbuild", "clang", "wasm-ld", "php", "ruby"];

/// One use.
#[derive(Debug, Default)]
pub struct Use {
    pub name: String,
    /// For a shell.
    pub commands: String,
    /// What native tools print, and how they end.
    pub answer: String,
    /// Why a packed program prints something else, and what.
    pub otherwise: Option<(String, String)>,
}

impl Use {
    /// The program that it is a use of.
    pub fn program(&self) -> &str {
        self.name.split(' ').next().unwrap_or_default()
    }

    /// All programs that its commands start.
    pub fn programs(&self) -> Vec<&'static str> {
        let words: Vec<&str> = self.commands.split_whitespace().collect();
        PROGRAMS.into_iter().filter(|program| words.contains(program)).collect()
    }

    /// What a packed program prints.
    pub fn expected(&self) -> &str {
        self.otherwise.as_ref().map_or(&self.answer, |(_, answer)| answer)
    }
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/once/everyday/uses.txt")
}

fn text() -> String {
    std::fs::read_to_string(file()).expect("the uses can be read")
}

pub fn read() -> Vec<Use> {
    let mut uses: Vec<Use> = Vec::new();
    for line in text().lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (mark, rest) = line.split_at(line.len().min(2));
        if mark == "= " {
            uses.push(Use { name: rest.to_owned(), ..Use::default() });
            continue;
        }
        let one = uses.last_mut().expect("a name comes first");
        match mark {
            "$ " => one.commands = rest.to_owned(),
            "> " | ">" => one.answer += &format!("{rest}\n"),
            "! " => one.otherwise = Some((rest.to_owned(), String::new())),
            "< " | "<" => one.otherwise.as_mut().expect("a reason comes first").1 += &format!("{rest}\n"),
            _ => panic!("{line:?} begins with no mark"),
        }
    }
    uses
}

/// Writes the uses back, with the comment at the head of the file.
pub fn write(uses: &[Use]) {
    let mut out: String =
        text().lines().take_while(|line| line.starts_with('#')).flat_map(|line| [line, "\n"]).collect();
    let lines = |out: &mut String, mark: char, text: &str| {
        for line in text.lines() {
            let space = if line.is_empty() { "" } else { " " };
            writeln!(out, "{mark}{space}{line}").expect("text grows");
        }
    };
    for one in uses {
        write!(out, "\n= {}\n$ {}\n", one.name, one.commands).expect("text grows");
        lines(&mut out, '>', &one.answer);
        if let Some((why, answer)) = &one.otherwise {
            lines(&mut out, '!', why);
            lines(&mut out, '<', answer);
        }
    }
    std::fs::write(file(), out).expect("the uses can be written");
}
