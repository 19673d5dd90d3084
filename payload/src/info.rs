//! What an executable is, in words: what `./app --wasmpack-info` and `wasmpack inspect` print.
//!
//! Both print the same text, so that what the owner of a file is told does not depend on who is asked. What it may touch comes
//! first. Sizes, hashes and the values of variables are in the longer form.

use std::fmt::Write;

use crate::{Detail, Encoding, Grants, Prefix, SectionKind, json::Json, target::Os};
use terms::grant::PROGRAMS;
pub use terms::words::{binary, hex, is_seen, printable, printable_lines, size};

/// Who decides about the grants, beside who packs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Whoever starts it, unless it is sealed.
    Starter,
    /// Nobody: the file has rights of its own, which whoever starts it may lack.
    Nobody,
}

/// What is told about.
#[derive(Clone, Copy, Debug)]
pub struct Info<'a> {
    /// The program.
    pub prefix: &'a Prefix,
    /// The grants that hold when it is started as it is now.
    pub grants: &'a Grants,
    /// Sentences about these.
    pub notes: &'a [String],
    /// Who decides about them.
    pub owner: Owner,
    /// Bytes in the file.
    pub file_len: u64,
    /// Bytes of it that are this executable's: all, but where it holds several.
    pub len: u64,
    /// Whether a script starts it, in a file for all Unix targets.
    pub is_script: bool,
    /// The other executables in a universal file of macOS, or a file for all Unix targets.
    pub others: &'a [Other<'a>],
}

/// Another executable in the same file.
#[derive(Clone, Debug)]
pub struct Other<'a> {
    /// The name of the machine that it is for.
    pub name: String,
    /// Its bytes.
    pub len: u64,
    /// The program in it, where that was read.
    pub prefix: Option<&'a Prefix>,
}

impl Info<'_> {
    /// The text about the program; `long`: with sizes, hashes and the values of variables.
    pub fn text(&self, long: bool) -> String {
        let Prefix { header, manifest, .. } = self.prefix;
        let mut out = String::new();
        let mut line = |title: &str, content: &str| {
            let _ = writeln!(out, "{title:10}{}", printable(content));
        };
        let version = manifest.version.as_ref().map_or_else(String::new, |version| format!(" {version}"));
        line("name", &format!("{}{version}", manifest.app));
        manifest.about.said().for_each(|(title, text)| line(title, text));
        for (index, word) in self.granted(long).iter().enumerate() {
            line(if index == 0 { "grants" } else { "" }, word);
        }
        if !manifest.args.is_empty() || manifest.argv0.is_some() {
            let argv0 = manifest.argv0.as_deref().unwrap_or("(the name it is started by)");
            let args: String = manifest.args.iter().map(|arg| format!(" {arg:?}")).collect();
            line("arguments", &format!("{argv0}{args}, and those it is started with"));
        }
        if let Some(bytes) = manifest.max_memory {
            line("memory", &format!("{} at most", binary(bytes)));
        }
        line("target", &format!("{}{}", header.target.name(), features(self.prefix)));
        for Other { name, prefix, .. } in self.others {
            line("", &format!("{name}{}", prefix.map_or_else(String::new, features)));
        }
        if long {
            self.stored(&mut line);
        }
        out
    }

    /// What it may touch, a sentence each.
    fn granted(&self, long: bool) -> Vec<String> {
        let manifest = &self.prefix.manifest;
        let mut words = self.grants.in_words(Detail { values: long, ..Detail::default() });
        if words.is_empty() {
            words.push("sees no file, no directory and no variable".to_owned());
        }
        let copies = if self.may_fork() { ", but it may start copies of itself" } else { "" };
        let sockets = if self.grants.has_sockets() { "" } else { "has no sockets, and " };
        let names: Vec<&str> = manifest.programs.iter().map(|carried| &carried.name[..]).collect();
        let other = match &names[..] {
            [] => "other program".to_owned(),
            _ => format!("program but those in it ({PROGRAMS}): {}", listed(&names, long)),
        };
        words.push(format!("{sockets}starts no {other}{copies}"));
        let mut words: Vec<String> = words.iter().map(|word| format!("it {word}")).collect();
        words.extend_from_slice(self.notes);
        if manifest.trial {
            words.push("packed for a trial: only the packer starts it".to_owned());
        }
        let change = match (manifest.sealed, self.owner) {
            (true, _) => "sealed: grants cannot be changed when it is started",
            (false, Owner::Nobody) => {
                "set-user-ID, set-group-ID or with capabilities: grants cannot be changed by whoever starts it"
            }
            (false, Owner::Starter) => {
                "grants can be changed with the variable WASMPACK_OPTS, such as WASMPACK_OPTS='--dir /data --deny-env'"
            }
        };
        words.push(change.to_owned());
        words
    }

    /// True if it may start copies of its own process, which Windows has no way to make.
    fn may_fork(&self) -> bool {
        self.grants.fork && self.prefix.header.target.os() != Os::Windows
    }

    /// What it consists of.
    fn stored(&self, line: &mut dyn FnMut(&str, &str)) {
        let Prefix { header, manifest, .. } = self.prefix;
        line("packed by", &format!("{}, {}, {}", manifest.producer, header.compiler.name(), header.engine));
        let kept = match self.prefix.section(SectionKind::Module) {
            Some(_) => "kept: wasmpack can pack it for other targets",
            None => "not kept",
        };
        line("module", &format!("SHA-256 {}, {kept}", hex(&manifest.module_sha256)));
        if let Some(content) = &manifest.content {
            line("content", &format!("SHA-256 {}", hex(content)));
        }
        line("size", &format!("{}, of which", size(self.file_len)));
        if !self.others.is_empty() {
            line("", &format!("{} {}, of which", size(self.len), header.target.name()));
        }
        parts(self.prefix, self.len, line);
        for Other { name, len, prefix } in self.others {
            let of_which = if prefix.is_some() { ", of which" } else { "" };
            line("", &format!("{} {name}{of_which}", size(*len)));
            prefix.iter().for_each(|prefix| parts(prefix, *len, line));
        }
    }

    /// All of it as JSON, with the values of variables.
    pub fn json(&self) -> String {
        let Prefix { header, manifest, .. } = self.prefix;
        let mut json = Json::default();
        json.open("", '{');
        json.text("name", &manifest.app);
        json.maybe("version", manifest.version.as_deref());
        json.maybe("author", manifest.about.author.as_deref());
        json.maybe("homepage", manifest.about.homepage.as_deref());
        json.maybe("license", manifest.about.license.as_deref());
        granted(&mut json, self.grants, self.may_fork());
        json.texts("notes", &mut self.notes.iter().map(String::as_str));
        json.texts("programs", &mut manifest.programs.iter().map(|carried| &carried.name[..]));
        json.bool("sealed", manifest.sealed);
        json.bool("trial", manifest.trial);
        if let Some(bytes) = manifest.max_memory {
            json.number("max_memory", bytes);
        }
        json.maybe("argv0", manifest.argv0.as_deref());
        json.texts("args", &mut manifest.args.iter().map(String::as_str));
        json.text("target", header.target.name());
        json.text(
            "format",
            match header.target.os() {
                _ if self.is_script => "script",
                Os::Linux => "ELF",
                Os::Windows => "PE",
                Os::Macos => "Mach-O",
            },
        );
        cpu(&mut json, self.prefix);
        json.text("producer", &manifest.producer);
        json.text("compiler", header.compiler.name());
        json.text("engine", &header.engine.to_string());
        json.open("module", '{');
        json.text("sha256", &hex(&manifest.module_sha256));
        json.bool("kept", self.prefix.section(SectionKind::Module).is_some());
        json.close('}');
        json.maybe("content_sha256", manifest.content.map(|content| hex(&content)).as_deref());
        json.number("size", self.file_len);
        stored(&mut json, self.prefix, self.len);
        if !self.others.is_empty() {
            json.open("others", '[');
            for Other { name, len, prefix } in self.others {
                json.open("", '{');
                json.text("target", name);
                json.number("size", *len);
                if let Some(prefix) = prefix {
                    cpu(&mut json, prefix);
                    stored(&mut json, prefix, *len);
                }
                json.close('}');
            }
            json.close(']');
        }
        json.close('}');
        json.finish()
    }
}

/// The names, or the first of many.
fn listed(names: &[&str], all: bool) -> String {
    let shown = if all || names.len() <= NAMED + 1 { names.len() } else { NAMED };
    let more = if shown < names.len() { format!(" and {} more", names.len() - shown) } else { String::new() };
    let mut text = String::new();
    for name in &names[..shown] {
        text.push_str(if text.is_empty() { "" } else { ", " });
        text.push_str(name);
    }
    text + &more
}

/// Names of programs that are told, unless all are.
const NAMED: usize = 8;

/// What the CPU must have, behind a target's name.
fn features(prefix: &Prefix) -> String {
    match prefix.header.cpu.is_empty() {
        true => String::new(),
        false => format!("; the CPU must have {}", prefix.header.cpu),
    }
}

/// A line for the launcher and for each section of an executable of `len` bytes.
fn parts(prefix: &Prefix, len: u64, line: &mut dyn FnMut(&str, &str)) {
    line("", &format!("{} launcher", size(launcher_len(prefix, len))));
    for section in &prefix.sections {
        let decoded = match section.len == section.stored_len {
            true => String::new(),
            false => format!(", {} once decoded", size(section.len)),
        };
        line("", &format!("{} {}{decoded}", size(section.stored_len), section.kind.name()));
    }
}

/// What of an executable of `len` bytes is not payload.
fn launcher_len(prefix: &Prefix, len: u64) -> u64 {
    len.saturating_sub(prefix.sections.last().map_or(0, |last| last.offset + last.stored_len))
}

fn cpu(json: &mut Json, prefix: &Prefix) {
    let features = prefix.header.cpu.to_string();
    json.texts("cpu", &mut features.split(", ").filter(|name| !name.is_empty()));
}

/// The launcher and the sections of an executable of `len` bytes.
fn stored(json: &mut Json, prefix: &Prefix, len: u64) {
    json.number("launcher_size", launcher_len(prefix, len));
    json.open("sections", '[');
    for section in &prefix.sections {
        json.open("", '{');
        json.text("name", section.kind.name());
        json.number("offset", section.offset);
        json.number("stored", section.stored_len);
        json.number("length", section.len);
        json.bool("compressed", section.encoding != Encoding::Raw);
        json.close('}');
    }
    json.close(']');
}

fn granted(json: &mut Json, grants: &Grants, fork: bool) {
    json.open("grants", '{');
    json.open("dirs", '[');
    for grant in grants.dirs() {
        json.open("", '{');
        json.text("host", &grant.host);
        json.text("guest", grant.guest.as_str());
        json.bool("read_only", grant.read_only);
        json.close('}');
    }
    json.close(']');
    json.open("files", '[');
    for grant in grants.files() {
        json.open("", '{');
        json.text("guest", grant.guest.as_str());
        json.bool("writable", grant.writable);
        json.close('}');
    }
    json.close(']');
    json.texts("env", &mut grants.env.iter().map(String::as_str));
    json.texts("env_passed", &mut grants.pass.iter().map(String::as_str));
    json.bool("env_all", grants.env_all);
    json.bool("native", grants.native);
    json.maybe("tmp", grants.tmp.as_ref().map(|guest| guest.as_str()));
    json.maybe("cwd", grants.cwd.as_deref());
    json.bool("fork", fork);
    let listen: Vec<String> = grants.listen.iter().map(ToString::to_string).collect();
    json.texts("listen", &mut listen.iter().map(String::as_str));
    let connect: Vec<String> = grants.connect.iter().map(ToString::to_string).collect();
    json.texts("connect", &mut connect.iter().map(String::as_str));
    json.close('}');
}
