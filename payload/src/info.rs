//! What an executable is, in words: what `./app --wasmpack-info` and `wasmpack inspect` print.
//!
//! Both print the same text, so that what the owner of a file is told does not depend on who is asked. What it may touch comes
//! first. Sizes, hashes and the values of variables are in the longer form.

use std::fmt::Write;

use crate::{Detail, Encoding, Grants, Mount, Prefix, SectionKind, json::Json, target::Os};
pub use terms::words::{hex, is_seen, printable, printable_lines, size};

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
    /// Bytes in the executable.
    pub file_len: u64,
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
        let features = match header.cpu.is_empty() {
            true => String::new(),
            false => format!("; the CPU must have {}", header.cpu),
        };
        line("target", &format!("{}{features}", header.target.name()));
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
        words.push("has no sockets, and starts no other program".to_owned());
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
        line("", &format!("{} launcher", size(self.launcher_len())));
        for section in &self.prefix.sections {
            let decoded = match section.len == section.stored_len {
                true => String::new(),
                false => format!(", {} once decoded", size(section.len)),
            };
            line("", &format!("{} {}{decoded}", size(section.stored_len), section.kind.name()));
        }
    }

    fn launcher_len(&self) -> u64 {
        let payload_len = self.prefix.sections.last().map_or(0, |last| last.offset + last.stored_len);
        self.file_len.saturating_sub(payload_len)
    }

    /// All of it as JSON, with the values of variables.
    pub fn json(&self) -> String {
        let Prefix { header, manifest, sections, .. } = self.prefix;
        let sections = sections.iter().map(|section| {
            Json::Object(vec![
                ("name", Json::Text(section.kind.name())),
                ("offset", Json::Number(section.offset)),
                ("stored", Json::Number(section.stored_len)),
                ("length", Json::Number(section.len)),
                ("compressed", Json::Bool(section.encoding != Encoding::Raw)),
            ])
        });
        let mut features = header.cpu.to_string();
        features.retain(|c| c != ' ');
        let features = features.split(',').filter(|name| !name.is_empty());
        let kept = self.prefix.section(SectionKind::Module).is_some();
        let value = Json::Object(vec![
            ("name", Json::Text(&manifest.app)),
            ("version", Json::maybe(&manifest.version)),
            ("author", Json::maybe(&manifest.about.author)),
            ("homepage", Json::maybe(&manifest.about.homepage)),
            ("license", Json::maybe(&manifest.about.license)),
            ("grants", granted(self.grants)),
            ("notes", Json::texts(self.notes)),
            ("sealed", Json::Bool(manifest.sealed)),
            ("trial", Json::Bool(manifest.trial)),
            ("argv0", Json::maybe(&manifest.argv0)),
            ("args", Json::texts(&manifest.args)),
            ("target", Json::Text(header.target.name())),
            ("format", {
                Json::Text(match header.target.os() {
                    Os::Linux => "ELF",
                    Os::Windows => "PE",
                    Os::Macos => "Mach-O",
                })
            }),
            ("cpu", Json::List(features.map(|name| Json::Made(name.to_owned())).collect())),
            ("producer", Json::Text(&manifest.producer)),
            ("compiler", Json::Text(header.compiler.name())),
            ("engine", Json::Made(header.engine.to_string())),
            ("module", {
                let sha256 = Json::Made(hex(&manifest.module_sha256));
                Json::Object(vec![("sha256", sha256), ("kept", Json::Bool(kept))])
            }),
            ("content_sha256", manifest.content.map_or(Json::Null, |content| Json::Made(hex(&content)))),
            ("size", Json::Number(self.file_len)),
            ("launcher_size", Json::Number(self.launcher_len())),
            ("sections", Json::List(sections.collect())),
        ]);
        let mut out = String::new();
        value.write(0, &mut out);
        out.push('\n');
        out
    }
}

fn granted(grants: &Grants) -> Json<'_> {
    let mount = |mount: &'_ Mount| match mount {
        Mount::Dir(grant) => (
            true,
            vec![
                ("host", Json::Made(grant.host.clone())),
                ("guest", Json::Made(grant.guest.to_string())),
                ("read_only", Json::Bool(grant.read_only)),
            ],
        ),
        Mount::Files(grant) => (
            false,
            vec![("guest", Json::Made(grant.guest.to_string())), ("writable", Json::Bool(grant.writable))],
        ),
    };
    let list = |of_host: bool| {
        let mounts = grants.mounts.iter().map(mount).filter(|(is_dir, _)| *is_dir == of_host);
        Json::List(mounts.map(|(_, fields)| Json::Object(fields)).collect())
    };
    Json::Object(vec![
        ("dirs", list(true)),
        ("files", list(false)),
        ("env", Json::texts(&grants.env)),
        ("env_passed", Json::texts(&grants.pass)),
        ("env_all", Json::Bool(grants.env_all)),
        ("native", Json::Bool(grants.native)),
        ("cwd", Json::maybe(&grants.cwd)),
    ])
}
