//! The good vectors: writing gives exactly these bytes, reading gives exactly this value.
//!
//! `WASMPACK_BLESS=1 cargo test -p wasmpack-payload` rewrites the vectors, and the dump in docs/format.md with
//! them. Review the difference: a change here is a change of the format.

mod support;

use std::{fs, path::PathBuf};

use payload::{Kind, Locator, Manifest, SectionKind};
use support::{blessing, golden_dir, hex, layout, read_text, reader, samples, samples::Sample};

/// A patched slot, as the locator vector holds it.
const LOCATOR: Locator = Locator { offset: 0x11_0000, len: 0x2345 };

#[test]
fn minimal_payload_is_its_vector() {
    check(&samples::minimal());
}

#[test]
fn full_payload_is_its_vector() {
    check(&samples::full());
}

/// The compiler does not ask for a new record there: what is not named is left out.
#[test]
fn full_payload_has_every_record() {
    let minimal = samples::minimal().manifest.to_bytes();
    let is_known = |kind: &u16| {
        let record = [&kind.to_le_bytes()[..], &[0; 4]].concat();
        let unknown = |kind| matches!(kind, Kind::Value { field: "manifest record", .. });
        !Manifest::parse(&[minimal.clone(), record].concat(), 0).is_err_and(|error| unknown(error.kind))
    };
    let known: Vec<u16> = (1..u16::MAX).filter(is_known).collect();
    // The writer adds the last one, the hash of what follows.
    let full = samples::full().manifest;
    let mut records = Manifest { content: Some([7; 32]), ..full }.to_bytes();
    let mut written = Vec::new();
    while let [kind, kind2, a, b, c, d, ..] = records[..] {
        written.push(u16::from_le_bytes([kind, kind2]));
        records.drain(..6 + u32::from_le_bytes([a, b, c, d]) as usize);
    }
    written.sort_unstable();
    written.dedup();
    assert_eq!(written, known);
}

#[test]
fn patched_locator_is_its_vector() {
    let slot = LOCATOR.to_bytes();
    compare("locator", &["the slot of a stub with a payload"], &slot, layout::annotate_locator(&slot));
    let read: [u8; 32] = vector("locator").try_into().unwrap();
    assert_eq!(Locator::parse(&read), Ok(Some(LOCATOR)));
}

#[test]
fn bare_locator_is_its_vector() {
    let slot = Locator::BARE;
    compare(
        "locator-bare",
        &["the slot of a stub without a payload"],
        &slot,
        layout::annotate_locator(&slot),
    );
    let read: [u8; 32] = vector("locator-bare").try_into().unwrap();
    assert_eq!(Locator::parse(&read), Ok(None));
}

#[test]
fn specification_shows_the_full_vector() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/format.md");
    let text = read_text(&path);
    let (before, rest) = text.split_once("```hex\n").expect("docs/format.md has a hex block");
    let (block, after) = rest.split_once("```\n").expect("the hex block ends");
    let expected = text_of(&samples::full());
    if blessing() {
        fs::write(&path, format!("{before}```hex\n{expected}```\n{after}")).unwrap();
    } else {
        assert_eq!(block, expected, "run with WASMPACK_BLESS=1 and review the difference");
    }
}

/// Holds a sample against its vector, in both directions.
fn check(sample: &Sample) {
    let written = sample.write();
    compare(sample.name, sample.story, &written, layout::annotate(&written));
    let read = reader::read(&vector(sample.name)).expect("the vector is well-formed");
    assert_eq!(read.prefix.header, sample.header);
    assert_eq!(read.prefix.sections, samples::sections(sample));
    let manifest = &read.prefix.sections[0];
    let follows = &written[(manifest.offset + manifest.stored_len) as usize..];
    let content = sample.artifact.as_ref().map(|_| payload::sha256(follows));
    assert_eq!(read.prefix.manifest, Manifest { content, ..sample.manifest.clone() });
    let contents: Vec<_> =
        sample.artifact.iter().map(|content| (SectionKind::Metadata, content.clone())).collect();
    assert!(read.contents == contents, "the sections decode to what they were");
}

/// The bytes that a vector holds.
fn vector(name: &str) -> Vec<u8> {
    hex::parse(&read_text(&golden_dir().join(name).with_extension("hex")))
}

/// Compares the bytes and the text of a vector, or rewrites it.
fn compare(name: &str, story: &[&str], bytes: &[u8], dump: String) {
    let expected = with_story(story, &dump);
    let path = golden_dir().join(name).with_extension("hex");
    if blessing() {
        fs::write(&path, &expected).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    assert!(vector(name) == bytes, "{name}.hex: other bytes are written; expected text:\n{expected}");
    assert_eq!(read_text(&path), expected, "{name}.hex: the bytes are right, the annotations are not");
}

fn text_of(sample: &Sample) -> String {
    with_story(sample.story, &layout::annotate(&sample.write()))
}

fn with_story(story: &[&str], dump: &str) -> String {
    let story: String = story.iter().map(|line| format!("# {line}\n")).collect();
    format!("{story}\n{dump}")
}
