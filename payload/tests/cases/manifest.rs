//! Damaged manifests: the minimal payload with other records. The manifest starts at 0x90.

use super::{Case, minimal, payload, put, sealed};

/// Where the manifest starts.
const START: u64 = 144;
/// Where the record after the three that every manifest has starts.
const FOURTH: u64 = 213;
/// Bytes of a record before its content.
const HEAD: u64 = 6;

type Record<'a> = (u16, &'a [u8]);

pub fn cases() -> Vec<Case> {
    let base = minimal();
    let producer: Record<'_> = (1, b"wasmpack 0.1.0");
    let app: Record<'_> = (2, b"hello");
    let module: Record<'_> = (3, &base[181..213]);
    let case = |name, class, at, why, records: &[Record<'_>]| {
        payload(name, class, at, why, &base, with_manifest(&base, &records_bytes(records)))
    };
    // The three records that every manifest has, and these.
    let after = |name, class, at, why, records: &[Record<'_>]| {
        case(name, class, at, why, &[&[producer, app, module], records].concat())
    };
    let cut = |name, at, why, rest: &[u8]| {
        payload(name, "Truncated", at, why, &base, with_manifest(&base, &[&base[144..], rest].concat()))
    };
    let content = FOURTH + HEAD;
    vec![
        case("manifest-empty", "Mismatch", START, "no record", &[]),
        case("manifest-order", "Mismatch", START, "app before producer", &[app, producer, module]),
        case("manifest-no-app", "Mismatch", 164, "module follows producer", &[producer, module]),
        case("manifest-no-module", "Mismatch", 175, "it ends after app", &[producer, app]),
        case(
            "manifest-module-left-out",
            "Mismatch",
            175,
            "argv0 follows app",
            &[producer, app, (4, b"hello")],
        ),
        case(
            "manifest-producer-twice",
            "Mismatch",
            164,
            "a second producer",
            &[producer, producer, app, module],
        ),
        after("manifest-argv0-twice", "Mismatch", 224, "a second argv0", &[(4, b"hello"), (4, b"hello")]),
        after(
            "manifest-order-later",
            "Mismatch",
            222,
            "an argument after a variable",
            &[(6, b"A=1"), (5, b"-v")],
        ),
        after(
            "manifest-directory-back",
            "Mismatch",
            237,
            "a directory after a variable that is passed on, with no files between",
            &[(7, b"\0\0\0\0\x01\0\0\0./w"), (8, b"A"), (7, b"\0\0\0\0\x01\0\0\0./w")],
        ),
        after(
            "manifest-passed-back",
            "Mismatch",
            244,
            "a variable that is passed on after a directory among files",
            &[(9, b"\0\0\0\0/lib"), (7, b"\0\0\0\0\x01\0\0\0./w"), (8, b"A")],
        ),
        after("manifest-record", "Value", FOURTH, "kind 62 is not in the table", &[(62, b"")]),
        after("passed-empty", "Text", content, "nothing at all", &[(8, b"")]),
        after("passed-value", "Text", content, "an equals sign", &[(8, b"A=1")]),
        after("files-no-flags", "Truncated", content, "three bytes", &[(9, b"\0\0\0")]),
        after("files-flags", "Value", content, "flag bit 1 has no meaning", &[(9, b"\x02\0\0\0/lib")]),
        after("files-guest", "Text", content + 4, "a NUL", &[(9, b"\0\0\0\0/li\0b")]),
        after("switches-none", "Value", content, "a record that says nothing", &[(10, b"\0\0\0\0")]),
        after("switches-unknown", "Value", content, "bit 31 has no meaning", &[(10, b"\0\0\0\x80")]),
        after("switches-short", "Truncated", content, "three bytes", &[(10, b"\x01\0\0")]),
        after("switches-long", "Mismatch", content, "five bytes", &[(10, b"\x01\0\0\0\0")]),
        after("cwd-twice", "Mismatch", 221, "a second working directory", &[(11, b"/w"), (11, b"/w")]),
        after("text-cwd", "Text", content, "a NUL", &[(11, b"/w\0")]),
        after("content-short", "Truncated", content, "a hash of 31 bytes", &[(63, &[7; 31])]),
        after("content-long", "Mismatch", content, "a hash of 33 bytes", &[(63, &[7; 33])]),
        after("text-author", "Text", content, "a NUL", &[(13, b"A\0")]),
        after("text-homepage", "Text", content, "not UTF-8", &[(14, b"https://\xff")]),
        after("license-twice", "Mismatch", 222, "a second license", &[(15, b"MIT"), (15, b"MIT")]),
        after("text-temporary", "Text", content, "a NUL", &[(16, b"/tmp\0")]),
        after("memory-none", "Value", content, "a limit of nothing", &[(17, &[0; 8])]),
        after("memory-short", "Mismatch", content, "seven bytes", &[(17, &[1; 7])]),
        after("memory-long", "Mismatch", content, "nine bytes", &[(17, &[1; 9])]),
        after("listen-port", "Text", content, "a number above 65535", &[(18, b"127.0.0.1:65536")]),
        after("listen-short", "Text", content, "no address", &[(18, b"8080")]),
        after("listen-mapped", "Text", content, "IPv4 written as IPv6", &[(18, b"[::ffff:127.0.0.1]:80")]),
        after("listen-back", "Mismatch", 222, "behind connect", &[(19, b"a:1"), (18, b"127.0.0.1:80")]),
        after("connect-port", "Text", content, "port 0", &[(19, b"example.com:0")]),
        after("connect-zero", "Text", content, "a zero in front of the port", &[(19, b"example.com:080")]),
        after("connect-case", "Text", content, "a capital letter", &[(19, b"Example.com:80")]),
        after("connect-dot", "Text", content, "a dot behind the last label", &[(19, b"example.com.:80")]),
        after("connect-number", "Text", content, "an address in another form", &[(19, b"127.1:80")]),
        after("connect-all", "Text", content, "the address of no machine", &[(19, b"0.0.0.0:80")]),
        after("text-version", "Text", content, "not UTF-8", &[(12, b"1.\xff")]),
        after("manifest-record-0", "Mismatch", FOURTH, "kind 0 is no kind", &[(0, b"")]),
        after("program-cut", "Truncated", content, "no number", &[(20, b"\0\0\0")]),
        after("program-no-name", "Text", content + 4, "no name", &[(20, b"\0\0\0\0")]),
        after("program-slash", "Text", content + 4, "a slash in a name", &[(20, b"\0\0\0\0a/b")]),
        after("program-dots", "Text", content + 4, "the name of a directory", &[(20, b"\0\0\0\0..")]),
        after("program-nul", "Text", content + 4, "a NUL in a name", &[(20, b"\0\0\0\0a\0")]),
        after(
            "program-long",
            "Text",
            content + 4,
            "a name of 256 bytes",
            &[(20, &[&[0; 4][..], &[b'a'; 256]].concat())],
        ),
        after(
            "program-twice",
            "Text",
            content + 5 + HEAD + 4,
            "the same name twice",
            &[(20, b"\0\0\0\0a"), (20, b"\0\0\0\0a")],
        ),
        after(
            "program-gap",
            "Value",
            content,
            "the second program without the first",
            &[(20, b"\x02\0\0\0a")],
        ),
        after("program-no-section", "Mismatch", 96, "no section has it", &[(20, b"\x01\0\0\0a")]),
        cut("manifest-cut-kind", FOURTH, "it ends within a record's kind", &[5]),
        cut("manifest-cut-length", FOURTH + 2, "it ends within a record's length", &[5, 0, 1]),
        cut("manifest-cut-content", content, "it ends within a record's content", &[5, 0, 2, 0, 0, 0, b'x']),
        cut("manifest-endless", content, "a record of 4 GiB", &[5, 0, 0xff, 0xff, 0xff, 0xff, b'x']),
        case("module-short", "Truncated", 181, "a hash of 31 bytes", &[producer, app, (3, &[7; 31])]),
        case("module-long", "Mismatch", 181, "a hash of 33 bytes", &[producer, app, (3, &[7; 33])]),
        case("text-producer", "Text", 150, "not UTF-8", &[(1, b"wasmpack \xff"), app, module]),
        case("text-app", "Text", 170, "a NUL", &[producer, (2, b"he\0lo"), module]),
        after("text-argv0", "Text", content, "a NUL at the end", &[(4, b"hello\0")]),
        after("text-argument", "Text", content, "a cut UTF-8 sequence", &[(5, b"na\xc3")]),
        after("text-environment", "Text", content, "a surrogate", &[(6, b"A=\xed\xa0\x80")]),
        after("environment-no-value", "Text", content, "no equals sign", &[(6, b"LANG")]),
        after("environment-no-name", "Text", content, "nothing before the equals sign", &[(6, b"=C")]),
        after("environment-empty", "Text", content, "nothing at all", &[(6, b"")]),
        after(
            "directory-flags",
            "Value",
            content,
            "flag bit 1 has no meaning",
            &[(7, b"\x02\0\0\0\x01\0\0\0./w")],
        ),
        after("directory-no-flags", "Truncated", content, "three bytes", &[(7, b"\0\0\0")]),
        after("directory-no-length", "Truncated", content + 4, "flags only", &[(7, b"\0\0\0\0")]),
        after("directory-host-long", "Truncated", content + 8, "the host leaves the record", {
            &[(7, b"\0\0\0\0\x04\0\0\0./w")]
        }),
        after("directory-host", "Text", content + 8, "a NUL", &[(7, b"\0\0\0\0\x01\0\0\0\0/w")]),
        after("directory-guest", "Text", content + 9, "not UTF-8", &[(7, b"\0\0\0\0\x01\0\0\0.\xff")]),
    ]
}

fn records_bytes(records: &[Record<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, content) in records {
        bytes.extend_from_slice(&kind.to_le_bytes());
        bytes.extend_from_slice(&(content.len() as u32).to_le_bytes());
        bytes.extend_from_slice(content);
    }
    bytes
}

/// `base` with these bytes as its manifest, and every length that counts them set right.
fn with_manifest(base: &[u8], manifest: &[u8]) -> Vec<u8> {
    let mut bytes = [&base[..START as usize], manifest].concat();
    let total = bytes.len() as u32;
    for (at, len) in [(16, total), (40, total), (112, manifest.len() as u32), (120, manifest.len() as u32)] {
        bytes = put(&bytes, at, &len.to_le_bytes());
    }
    sealed(bytes)
}
