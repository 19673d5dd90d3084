//! Annotates a well-formed payload field by field, from the tables of docs/format.md and not from the reader.

use super::hex;

/// The hex text of `payload` with a name at each field.
pub fn annotate(payload: &[u8]) -> String {
    let mut dump = Dump { bytes: payload, at: 0, out: String::new() };
    let count = header(&mut dump);
    let sections: Vec<Entry> = (1..=count).map(|number| entry(&mut dump, number)).collect();
    for (index, section) in sections.iter().enumerate() {
        let end = (section.offset + section.stored_len) as usize;
        dump.padding(section.offset as usize);
        match section.kind {
            1 => manifest(&mut dump, end),
            _ => chunks(&mut dump, index + 1, section, end),
        }
    }
    assert_eq!(dump.at, payload.len(), "the annotations cover the whole payload");
    dump.out
}

/// The hex text of a locator slot with a name at each field.
pub fn annotate_locator(slot: &[u8]) -> String {
    let mut dump = Dump { bytes: slot, at: 0, out: String::new() };
    dump.field(8, "magic");
    dump.number(4, "version");
    dump.number(2, "format version");
    dump.number(2, "reserved");
    dump.number(8, "payload offset");
    dump.number(8, "payload length");
    dump.out
}

struct Entry {
    kind: u64,
    offset: u64,
    stored_len: u64,
    len: u64,
    chunk_size: u64,
}

struct Dump<'a> {
    bytes: &'a [u8],
    at: usize,
    out: String,
}

impl Dump<'_> {
    fn heading(&mut self, text: &str) {
        self.out.push_str(&format!("# {text}\n"));
    }

    fn field(&mut self, len: usize, note: &str) {
        hex::rows(&mut self.out, self.at, &self.bytes[self.at..self.at + len], note);
        self.at += len;
    }

    fn number(&mut self, len: usize, name: &str) -> u64 {
        let found =
            self.bytes[self.at..self.at + len].iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte));
        self.field(len, &format!("{name}: {found}"));
        found
    }

    fn text(&mut self, len: usize, name: &str) {
        let text = String::from_utf8_lossy(&self.bytes[self.at..self.at + len]).into_owned();
        self.field(len, &format!("{name}: {text:?}"));
    }

    fn padding(&mut self, end: usize) {
        if self.at < end {
            self.field(end - self.at, "padding");
        }
    }
}

fn header(dump: &mut Dump<'_>) -> u64 {
    dump.heading("header");
    dump.field(8, "magic");
    dump.number(2, "format version");
    dump.number(2, "target");
    let count = dump.number(4, "section count");
    dump.number(4, "prefix length");
    dump.number(4, "engine ABI");
    for part in ["major", "minor", "patch"] {
        dump.number(2, &format!("engine version, {part}"));
    }
    dump.number(2, "compiler");
    dump.number(8, "CPU features");
    dump.number(8, "payload length");
    dump.field(16, "reserved");
    dump.field(32, "SHA-256 of the prefix");
    count
}

fn entry(dump: &mut Dump<'_>, number: u64) -> Entry {
    dump.heading(&format!("section table, entry {number}"));
    let kind = dump.number(4, "kind");
    dump.number(4, "encoding");
    let offset = dump.number(8, "offset");
    let stored_len = dump.number(8, "stored length");
    let len = dump.number(8, "length");
    let chunk_size = dump.number(4, "chunk size");
    dump.number(4, "reserved");
    Entry { kind, offset, stored_len, len, chunk_size }
}

/// The records of a manifest by their kinds, which count from 1; the last of them is the last of a manifest.
const RECORDS: [&str; 20] = [
    "producer",
    "app",
    "module",
    "argv0",
    "argument",
    "environment",
    "directory",
    "passed variable",
    "files",
    "switches",
    "working directory",
    "version",
    "author",
    "homepage",
    "license",
    "temporary",
    "memory",
    "listen",
    "connect",
    "program",
];

fn manifest(dump: &mut Dump<'_>, end: usize) {
    dump.heading("section 1: manifest");
    while dump.at < end {
        let kind = dump.bytes[dump.at] as usize;
        let name = if kind == 63 { "content" } else { RECORDS[kind - 1] };
        dump.number(2, &format!("record {name}"));
        let len = dump.number(4, "length") as usize;
        match name {
            "module" => dump.field(len, "SHA-256 of the .wasm"),
            "content" => dump.field(len, "SHA-256 of all that follows"),
            "directory" => {
                dump.number(4, "flags");
                let host = dump.number(4, "host length") as usize;
                dump.text(host, "host");
                dump.text(len - 8 - host, "guest");
            }
            "files" => {
                dump.number(4, "flags");
                dump.text(len - 4, "guest");
            }
            "switches" => drop(dump.number(4, "switches")),
            "program" => {
                dump.number(4, "number");
                dump.text(len - 4, "name");
            }
            "memory" => drop(dump.number(8, "bytes of memory")),
            _ => dump.text(len, name),
        }
    }
}

fn chunks(dump: &mut Dump<'_>, number: usize, section: &Entry, end: usize) {
    dump.heading(&format!("section {number}: metadata, {} bytes once decoded", section.len));
    let count = section.len.div_ceil(section.chunk_size);
    let ends: Vec<u64> = (0..count).map(|index| dump.number(8, &format!("end of chunk {index}"))).collect();
    let mut start = 0;
    for (index, chunk_end) in ends.into_iter().enumerate() {
        let kind = if dump.bytes[dump.at..].starts_with(b"LZ4b") { "an LZ4 block" } else { "a zstd frame" };
        dump.field((chunk_end - start) as usize, &format!("chunk {index}, {kind}"));
        start = chunk_end;
    }
    assert_eq!(dump.at, end, "the last chunk ends where the section does");
}
