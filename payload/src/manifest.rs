//! The manifest: what the packer decided about how the app starts and what it may touch.
//!
//! A row of records, each `kind: u16, length: u32, content`. Kinds stand in ascending order; those marked
//! *many* may repeat, in the order they were given; every other stands exactly once. Directories and files are one
//! list, in the order in which they were given: so directories may stand among the files, behind the first of them. There
//! is one way to write a manifest, and a reader need not guess.
//!
//! | kind | name | content | |
//! | --- | --- | --- | --- |
//! | 1 | producer | text: the program that packed, such as `wasmpack 0.1.0` | once |
//! | 2 | app | text: the app's name, for messages | once |
//! | 3 | module | 32 bytes: SHA-256 of the .wasm it came from | once |
//! | 4 | argv0 | text: the app's first argument; without it, the name it was started by | at most once |
//! | 5 | argument | text: baked before the user's own arguments | many |
//! | 6 | environment | text: `NAME=VALUE` | many |
//! | 7 | directory | flags u32 (bit 0: read-only), host length u32, host text, guest text | many |
//! | 8 | passed variable | text: the name of a variable that is passed on when it is set | many |
//! | 9 | files | flags u32 (bit 0: writable), guest text: a root of the [tree](crate::tree) | many |
//! | 10 | switches | u32, not 0 (bit 0: all variables, 1: native, 2: sealed, 3: trial, 4: may start copies of itself) | at most once |
//! | 11 | working directory | text: the guest's name | at most once |
//! | 12 | version | text: the app's version | at most once |
//! | 13 | author | text: who made the app | at most once |
//! | 14 | homepage | text: where the app is told about | at most once |
//! | 15 | license | text: the terms under which the app may be used | at most once |
//! | 16 | temporary | text: the guest's name of a private directory in memory | at most once |
//! | 17 | memory | u64, not 0: the bytes of memory that the app was limited to when it was packed, for people | at most once |
//! | 18 | listen | text: `ADDRESS:PORT`, where the app may listen | many |
//! | 19 | connect | text: `HOST:PORT`, whom it may connect to | many |
//! | 20 | program | number u32, name text: a program that the app may become, in its directory of programs | many |
//! | 63 | content | 32 bytes: SHA-256 of all that follows the prefix | at most once |
//!
//! A text is UTF-8 without NUL; it is not terminated.

use crate::program::{self, Carried};
use crate::{Connect, DirGrant, Error, FilesGrant, Grants, Kind, Listen, Mount, bytes::Cursor, bytes::text};

/// What the packer decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The program that packed, such as `wasmpack 0.1.0`.
    pub producer: String,
    /// The app's name, for messages.
    pub app: String,
    /// SHA-256 of the .wasm it came from.
    pub module_sha256: [u8; 32],
    /// The app's first argument; `None`: the file name it was started by.
    pub argv0: Option<String>,
    /// Arguments before the user's own.
    pub args: Vec<String>,
    /// What the app may touch.
    pub grants: Grants,
    /// True: whoever runs the executable cannot change its grants.
    pub sealed: bool,
    /// True: it was packed for a trial, and a launcher runs it only there.
    pub trial: bool,
    /// The app's own version, for people and for the names of archives.
    pub version: Option<String>,
    /// Who made the app, and where and on which terms it is to be had.
    pub about: About,
    /// Bytes of memory that the app was limited to when it was packed. Its code has the limit; this is for people.
    pub max_memory: Option<u64>,
    /// The programs that the app may become or start, in the order in which they were given.
    pub programs: Vec<Carried>,
    /// SHA-256 of all that follows the prefix; a [`Writer`](crate::Writer) fills it in. It is not looked at when the app
    /// starts, only by who wants to know whether the file is whole.
    pub content: Option<[u8; 32]>,
}

/// What the packer says of an app, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Who made it.
    pub author: Option<String>,
    /// Where it is told about.
    pub homepage: Option<String>,
    /// The terms under which it may be used, such as MIT.
    pub license: Option<String>,
}

impl About {
    /// What is said, each with its name.
    pub fn said(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [("author", &self.author), ("homepage", &self.homepage), ("license", &self.license)];
        all.into_iter().filter_map(|(name, text)| Some((name, text.as_deref()?)))
    }
}

const PRODUCER: u16 = 1;
const APP: u16 = 2;
const MODULE: u16 = 3;
const ARGV0: u16 = 4;
const ARGUMENT: u16 = 5;
const ENVIRONMENT: u16 = 6;
const DIRECTORY: u16 = 7;
const PASSED: u16 = 8;
const FILES: u16 = 9;
const SWITCHES: u16 = 10;
const CWD: u16 = 11;
const VERSION: u16 = 12;
const AUTHOR: u16 = 13;
const HOMEPAGE: u16 = 14;
const LICENSE: u16 = 15;
const TEMPORARY: u16 = 16;
const MEMORY: u16 = 17;
const LISTEN: u16 = 18;
const CONNECT: u16 = 19;
const PROGRAM: u16 = 20;
/// Behind whatever a later version of the format has: a writer finds it at the end.
const CONTENT: u16 = 63;
const READ_ONLY: u32 = 1;
const WRITABLE: u32 = 1;
const ENV_ALL: u32 = 1;
const NATIVE: u32 = 1 << 1;
const SEALED: u32 = 1 << 2;
const TRIAL: u32 = 1 << 3;
const FORK: u32 = 1 << 4;

impl Manifest {
    /// The manifest's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut record = |kind: u16, content: &[u8]| {
            let len = u32::try_from(content.len()).expect("command lines are shorter than 4 GiB");
            out.extend_from_slice(&kind.to_le_bytes());
            out.extend_from_slice(&len.to_le_bytes());
            out.extend_from_slice(content);
        };
        record(PRODUCER, self.producer.as_bytes());
        record(APP, self.app.as_bytes());
        record(MODULE, &self.module_sha256);
        self.argv0.iter().for_each(|text| record(ARGV0, text.as_bytes()));
        self.args.iter().for_each(|text| record(ARGUMENT, text.as_bytes()));
        self.grants.env.iter().for_each(|text| record(ENVIRONMENT, text.as_bytes()));
        let mounts = &self.grants.mounts;
        let is_carried = |mount: &Mount| matches!(mount, Mount::Files(_));
        let first_files = mounts.iter().position(is_carried).unwrap_or(mounts.len());
        let (before, behind) = mounts.split_at(first_files);
        before.iter().map(mounted).for_each(|(kind, content)| record(kind, &content));
        self.grants.pass.iter().for_each(|name| record(PASSED, name.as_bytes()));
        behind.iter().map(mounted).for_each(|(kind, content)| record(kind, &content));
        let switches = self.switches().into_iter().fold(0, |all, (on, bit)| if on { all | bit } else { all });
        if switches != 0 {
            record(SWITCHES, &switches.to_le_bytes());
        }
        self.grants.cwd.iter().for_each(|text| record(CWD, text.as_bytes()));
        self.version.iter().for_each(|text| record(VERSION, text.as_bytes()));
        let About { author, homepage, license } = &self.about;
        for (kind, text) in [(AUTHOR, author), (HOMEPAGE, homepage), (LICENSE, license)] {
            text.iter().for_each(|text| record(kind, text.as_bytes()));
        }
        self.grants.tmp.iter().for_each(|guest| record(TEMPORARY, guest.as_str().as_bytes()));
        self.max_memory.iter().for_each(|bytes| record(MEMORY, &bytes.to_le_bytes()));
        self.grants.listen.iter().for_each(|listen| record(LISTEN, listen.to_string().as_bytes()));
        self.grants.connect.iter().for_each(|connect| record(CONNECT, connect.to_string().as_bytes()));
        self.programs.iter().for_each(|carried| record(PROGRAM, &carried.to_bytes()));
        // Last, so that a writer finds it.
        self.content.iter().for_each(|hash| record(CONTENT, hash));
        out
    }

    fn switches(&self) -> [(bool, u32); 5] {
        let Grants { env_all, native, fork, .. } = self.grants;
        [(env_all, ENV_ALL), (native, NATIVE), (self.sealed, SEALED), (self.trial, TRIAL), (fork, FORK)]
    }

    /// Reads a manifest; `origin` is where `bytes` starts, from the start of the payload.
    ///
    /// # Errors
    /// `Truncated` for a record that ends early; `Value` for an unknown kind or flag; `Mismatch` for a record out
    /// of order, twice, or missing; `Text` for content that is no text, or a variable without a name.
    pub fn parse(bytes: &[u8], origin: u64) -> Result<Manifest, Error> {
        let mut cursor = Cursor::new(bytes, origin);
        let mut manifest = Manifest::default();
        // The highest kind so far.
        let mut highest = 0;
        while !cursor.is_empty() {
            let start = cursor.offset();
            let kind = cursor.u16()?;
            let len = cursor.u32()?;
            let at = cursor.offset();
            let content = cursor.take(len as usize)?;
            let may_repeat = (ARGUMENT..=FILES).contains(&kind) || (LISTEN..=PROGRAM).contains(&kind);
            let repeats = kind == highest && may_repeat;
            let is_among_files = highest == FILES && kind == DIRECTORY;
            if kind <= highest && !repeats && !is_among_files || highest < MODULE && kind != highest + 1 {
                let expected = u64::from(highest) + 1;
                let kind = Kind::Mismatch { field: "manifest record", expected, found: kind.into() };
                return Err(Error::new(start, kind));
            }
            highest = highest.max(kind);
            match kind {
                PRODUCER => manifest.producer = text(content, at, "producer")?,
                APP => manifest.app = text(content, at, "app")?,
                MODULE => manifest.module_sha256 = Cursor::new(content, at).array()?,
                ARGV0 => manifest.argv0 = Some(text(content, at, "argv0")?),
                ARGUMENT => manifest.args.push(text(content, at, "argument")?),
                ENVIRONMENT => manifest.grants.env.push(variable(content, at)?),
                DIRECTORY => manifest.grants.mounts.push(Mount::Dir(directory(content, at)?)),
                PASSED => manifest.grants.pass.push(passed(content, at)?),
                FILES => manifest.grants.mounts.push(Mount::Files(files(content, at)?)),
                SWITCHES => manifest.switch(content, at)?,
                CWD => manifest.grants.cwd = Some(text(content, at, "working directory")?),
                AUTHOR => manifest.about.author = Some(text(content, at, "author")?),
                HOMEPAGE => manifest.about.homepage = Some(text(content, at, "homepage")?),
                LICENSE => manifest.about.license = Some(text(content, at, "license")?),
                TEMPORARY => manifest.grants.tmp = Some(text(content, at, "temporary directory")?.into()),
                LISTEN => manifest.grants.listen.push(spelled(content, at, "listen", Listen::parse)?),
                CONNECT => manifest.grants.connect.push(spelled(content, at, "connect", Connect::parse)?),
                PROGRAM => manifest.programs.push(program::record(content, at, &manifest.programs)?),
                MEMORY => manifest.max_memory = Some(memory(content, at)?),
                CONTENT => manifest.content = Some(Cursor::new(content, at).array()?),
                VERSION => manifest.version = Some(text(content, at, "version")?),
                found => {
                    let kind = Kind::Value { field: "manifest record", found: found.into() };
                    return Err(Error::new(start, kind));
                }
            }
            if [MODULE, CONTENT].contains(&kind) {
                crate::bytes::equal(at, "hash length", 32, len.into())?;
            }
        }
        if highest < MODULE {
            let kind =
                Kind::Mismatch { field: "manifest record", expected: u64::from(highest) + 1, found: 0 };
            return Err(Error::new(cursor.offset(), kind));
        }
        Ok(manifest)
    }

    fn switch(&mut self, content: &[u8], at: u64) -> Result<(), Error> {
        let bits = u32::from_le_bytes(Cursor::new(content, at).array()?);
        crate::bytes::equal(at, "switches length", 4, content.len() as u64)?;
        if bits == 0 || bits & !(ENV_ALL | NATIVE | SEALED | TRIAL | FORK) != 0 {
            return Err(Error::new(at, Kind::Value { field: "switches", found: bits.into() }));
        }
        self.grants.env_all = bits & ENV_ALL != 0;
        self.grants.native = bits & NATIVE != 0;
        self.sealed = bits & SEALED != 0;
        self.trial = bits & TRIAL != 0;
        self.grants.fork = bits & FORK != 0;
        Ok(())
    }
}

fn memory(content: &[u8], at: u64) -> Result<u64, Error> {
    crate::bytes::equal(at, "memory length", 8, content.len() as u64)?;
    match u64::from_le_bytes(Cursor::new(content, at).array()?) {
        0 => Err(Error::new(at, Kind::Value { field: "memory", found: 0 })),
        bytes => Ok(bytes),
    }
}

/// The record of a mount: its kind and content.
fn mounted(mount: &Mount) -> (u16, Vec<u8>) {
    let mut content = Vec::new();
    match mount {
        Mount::Dir(DirGrant { host, guest, read_only }) => {
            content.extend_from_slice(&(if *read_only { READ_ONLY } else { 0 }).to_le_bytes());
            content.extend_from_slice(&(host.len() as u32).to_le_bytes());
            content.extend_from_slice(host.as_bytes());
            content.extend_from_slice(guest.as_str().as_bytes());
            (DIRECTORY, content)
        }
        Mount::Files(FilesGrant { guest, writable }) => {
            content.extend_from_slice(&(if *writable { WRITABLE } else { 0 }).to_le_bytes());
            content.extend_from_slice(guest.as_str().as_bytes());
            (FILES, content)
        }
    }
}

/// What `parse` makes of a text that is written in the one way to write it.
fn spelled<T: ToString>(
    content: &[u8],
    at: u64,
    field: &'static str,
    parse: fn(&str) -> Result<T, String>,
) -> Result<T, Error> {
    let text = text(content, at, field)?;
    let value = parse(&text).ok().filter(|value| value.to_string() == text);
    value.ok_or(Error::new(at, Kind::Text { field }))
}

fn variable(content: &[u8], at: u64) -> Result<String, Error> {
    let field = "environment";
    let variable = text(content, at, field)?;
    match variable.find('=') {
        Some(1..) => Ok(variable),
        _ => Err(Error::new(at, Kind::Text { field })),
    }
}

fn passed(content: &[u8], at: u64) -> Result<String, Error> {
    let field = "passed variable";
    let name = text(content, at, field)?;
    if name.is_empty() || name.contains('=') {
        return Err(Error::new(at, Kind::Text { field }));
    }
    Ok(name)
}

fn files(content: &[u8], at: u64) -> Result<FilesGrant, Error> {
    let mut cursor = Cursor::new(content, at);
    let flags = cursor.u32()?;
    if flags & !WRITABLE != 0 {
        return Err(Error::new(at, Kind::Value { field: "files flags", found: flags.into() }));
    }
    let guest_at = cursor.offset();
    let guest = text(&content[4..], guest_at, "files guest")?.into();
    Ok(FilesGrant { guest, writable: flags & WRITABLE != 0 })
}

fn directory(content: &[u8], at: u64) -> Result<DirGrant, Error> {
    let mut cursor = Cursor::new(content, at);
    let flags = cursor.u32()?;
    if flags & !READ_ONLY != 0 {
        return Err(Error::new(at, Kind::Value { field: "directory flags", found: flags.into() }));
    }
    let host_len = cursor.u32()?;
    let host_at = cursor.offset();
    let host = text(cursor.take(host_len as usize)?, host_at, "directory host")?;
    let guest_at = cursor.offset();
    let guest_len = content.len() - (guest_at - at) as usize;
    let guest = text(cursor.take(guest_len)?, guest_at, "directory guest")?.into();
    Ok(DirGrant { host, guest, read_only: flags & READ_ONLY != 0 })
}
