//! The bad vectors: every damaged input fails, with the class that the first line of its vector names.
//!
//! A vector is a head (`expect`: the class; `error`: the sentence; `input`: a payload, a locator or
//! metadata; `comment`),
//! an empty line, and the bytes. `cases/` says how each was made; `WASMPACK_BLESS=1` writes them again.

mod cases;
mod support;

use std::{collections::BTreeSet, fs};

use cases::{Case, Input};
use payload::{Error, Locator, image::Image};
use support::{CLASSES, blessing, class, golden_dir, hex, read_text, reader};

#[test]
fn every_damage_is_refused_with_its_class_and_place() {
    let mut wrong = Vec::new();
    for case in cases::all() {
        match refusal(case.input, &case.bytes) {
            Some(error) if (class(&error), error.at) == (case.class, case.at) => {}
            Some(error) => {
                wrong.push(format!("{}: {} at {:#x} ({error})", case.name, class(&error), error.at))
            }
            None => wrong.push(format!("{}: accepted", case.name)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_vector_is_what_its_case_makes() {
    let dir = golden_dir().join("bad");
    let mut names = BTreeSet::new();
    for case in cases::all() {
        let path = dir.join(case.name).with_extension("hex");
        let expected = text_of(&case);
        if blessing() {
            fs::write(&path, &expected).unwrap();
        }
        assert_eq!(read_text(&path), expected, "{}: see WASMPACK_BLESS", case.name);
        assert!(names.insert(path), "{}: the name is taken", case.name);
    }
    for entry in fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        if blessing() && !names.contains(&path) {
            fs::remove_file(path).unwrap();
        } else {
            assert!(names.contains(&path), "{}: no case makes this vector", path.display());
        }
    }
}

/// Reads the files alone, as another implementation would.
#[test]
fn every_vector_fails_as_its_head_says() {
    if blessing() {
        return; // The files are being rewritten at this moment.
    }
    for entry in fs::read_dir(golden_dir().join("bad")).unwrap() {
        let path = entry.unwrap().path();
        let text = read_text(&path);
        let (head, rows) = text.split_once("\n\n").expect("a head, an empty line, rows");
        let mut head = head.lines();
        let mut next = |key: &str| {
            let line = head.next().unwrap_or_default();
            line.strip_prefix(key).and_then(|rest| rest.strip_prefix(": ")).expect(key).to_owned()
        };
        let (expected, sentence, input) = (next("expect"), next("error"), next("input"));
        let input = [Input::Locator, Input::Payload, Input::Metadata]
            .into_iter()
            .find(|one| one.name() == input)
            .expect("a known input");
        let error =
            refusal(input, &hex::parse(rows)).unwrap_or_else(|| panic!("{}: accepted", path.display()));
        assert_eq!(class(&error), expected, "{}", path.display());
        assert_eq!(error.to_string(), sentence, "{}", path.display());
    }
}

#[test]
fn every_class_has_a_vector() {
    let classes: BTreeSet<&str> = cases::all().iter().map(|case| case.class).collect();
    assert_eq!(classes, BTreeSet::from(CLASSES));
}

/// Why the reader refuses `bytes`, or `None` if it takes them.
fn refusal(input: Input, bytes: &[u8]) -> Option<Error> {
    match input {
        Input::Locator => Locator::parse(bytes.try_into().expect("a slot has 32 bytes")).err(),
        Input::Payload => reader::read(bytes).err(),
        Input::Metadata => Image::parse(bytes, cases::CODE_LEN, cases::MEMORY_LEN).err(),
    }
}

fn text_of(case: &Case) -> String {
    let error = refusal(case.input, &case.bytes).map_or_else(String::new, |error| error.to_string());
    let input = case.input.name();
    let mut text =
        format!("expect: {}\nerror: {error}\ninput: {input}\ncomment: {}\n\n", case.class, case.why);
    hex::rows_marking(&mut text, &case.bytes, &case.base);
    text
}
