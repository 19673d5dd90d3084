//! Profiles as files: what a start touched, for other machines and later versions of the program.
//!
//! ```text
//! wasmpack profile 1
//! start
//! function 8c1f0d4a5be2a771 _start
//! function 02b7c95d11e0f3aa#2 malloc
//! memory 65536
//! ```
//!
//! `start` begins what a bare start touched, `profile` what one did that all are like. Any number of these may follow each
//! other: their functions and addresses are joined, so two files written one behind the other are a file. A function is named by
//! the [hash](super::bodies) of its code, with its number among those with the same hash if it is not the first, and by the name
//! that the module gives it, if any. Lines that are empty or begin with `#` are not read.

use std::collections::{HashMap, HashSet};

use super::{
    bodies::Bodies,
    profile::{Profile, Step},
};
use crate::{Error, Kind};

/// The line that every profile begins with.
pub(crate) const HEAD: &str = "wasmpack profile 1";
/// What begins a bare start.
const START: &str = "start";
/// What begins a start that all others are like.
const CERTAIN: &str = "profile";

/// A profile for a module, of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The profile.
    pub profile: Profile,
    /// How many of the functions in the files the module has.
    pub functions: usize,
    /// How many it has not.
    pub missing: usize,
}

/// The text of `profile`, which is of `module`.
///
/// # Errors
/// `Profile` if the module cannot be read.
pub fn text(profile: &Profile, module: &[u8]) -> Result<String, Error> {
    let bodies = bodies(module)?;
    let mut seen: HashMap<u64, u32> = HashMap::new();
    let mut numbers = Vec::with_capacity(bodies.hashes.len());
    for hash in &bodies.hashes {
        let next = seen.entry(*hash).or_default();
        numbers.push(*next);
        *next += 1;
    }
    let mut text = format!("{HEAD}\n{}\n", if profile.is_certain { CERTAIN } else { START });
    for step in &profile.steps {
        match step {
            Step::Function(index) => {
                let index = *index as usize;
                let Some(hash) = bodies.hashes.get(index) else { continue };
                text += &format!("function {hash:016x}");
                if numbers[index] > 0 {
                    text += &format!("#{}", numbers[index]);
                }
                if let Some(name) = &bodies.names[index] {
                    text += &format!(" {name}");
                }
                text.push('\n');
            }
            Step::Memory(address) => text += &format!("memory {address}\n"),
        }
    }
    Ok(text)
}

/// Whether `text` is a profile.
///
/// # Errors
/// `Profile` if it is none; the message names the line.
pub fn check(text: &str) -> Result<(), Error> {
    if text.trim().is_empty() {
        return Err(Error::new(Kind::Profile, "it is empty, and no profile as --save-profile writes one"));
    }
    lines(text).try_for_each(|line| line.map(drop))
}

/// What `texts` say of `module`, joined.
///
/// # Errors
/// As [`check`].
pub fn read(texts: &[String], module: &[u8]) -> Result<Found, Error> {
    let bodies = bodies(module)?;
    let mut by_hash: HashMap<u64, Vec<u32>> = HashMap::new();
    let mut by_name: HashMap<&str, u32> = HashMap::new();
    for ((hash, name), index) in bodies.hashes.iter().zip(&bodies.names).zip(0..) {
        by_hash.entry(*hash).or_default().push(index);
        if let Some(name) = name {
            by_name.insert(name, index);
        }
    }
    // The one with this name, if its code is the same; one with the same code; or at least the one with this name.
    let function = |hash: u64, number: usize, name: Option<&str>| {
        let named = name.and_then(|name| by_name.get(name)).copied();
        let same = by_hash.get(&hash).map_or(&[][..], Vec::as_slice);
        named.filter(|named| same.contains(named)).or_else(|| same.get(number).copied()).or(named)
    };
    texts.iter().try_for_each(|text| check(text))?;
    let (mut steps, mut known, mut missing) = (Vec::new(), HashSet::new(), HashSet::new());
    let mut runs = Vec::new();
    for line in texts.iter().flat_map(|text| lines(text)) {
        let step = match line? {
            Line::Run { is_certain } => {
                runs.push(is_certain);
                continue;
            }
            Line::Function { hash, number, name } => match function(hash, number, name) {
                Some(index) => Step::Function(index),
                None => {
                    missing.insert((hash, number));
                    continue;
                }
            },
            Line::Memory(address) => Step::Memory(address),
        };
        if known.insert(step) {
            steps.push(step);
        }
    }
    let functions = steps.iter().filter(|step| matches!(step, Step::Function(_))).count();
    // What several starts touch together, no start touches alone.
    let profile = Profile::new(steps, runs == [true]);
    Ok(Found { profile, functions, missing: missing.len() })
}

enum Line<'a> {
    Run { is_certain: bool },
    Function { hash: u64, number: usize, name: Option<&'a str> },
    Memory(u64),
}

/// The lines of a profile that say something.
fn lines(text: &str) -> impl Iterator<Item = Result<Line<'_>, Error>> {
    let wrong = |number: usize, what: &str| {
        let reason = format!("line {number}: {what}; it is no profile as --save-profile writes one");
        Err(Error::new(Kind::Profile, reason))
    };
    let mut begun = false;
    text.lines().zip(1..).filter_map(move |(line, number)| {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        if line == HEAD {
            begun = true;
            return None;
        }
        if !begun {
            begun = true;
            return Some(wrong(number, &format!("must be {HEAD:?}")));
        }
        Some(match parse(line) {
            Some(line) => Ok(line),
            None => wrong(number, "unknown"),
        })
    })
}

fn parse(line: &str) -> Option<Line<'_>> {
    let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
    Some(match (kind, rest) {
        (START, "") => Line::Run { is_certain: false },
        (CERTAIN, "") => Line::Run { is_certain: true },
        ("memory", address) => Line::Memory(address.parse().ok()?),
        ("function", function) => {
            let (key, name) = match function.split_once(' ') {
                Some((key, name)) => (key, Some(name)),
                None => (function, None),
            };
            let (hash, number) = key.split_once('#').unwrap_or((key, "0"));
            Line::Function { hash: u64::from_str_radix(hash, 16).ok()?, number: number.parse().ok()?, name }
        }
        _ => return None,
    })
}

fn bodies(module: &[u8]) -> Result<Bodies, Error> {
    let unread = |error| Error::new(Kind::Profile, format!("its functions cannot be told apart: {error}"));
    Bodies::of(module).map_err(unread)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(fields: &str) -> Vec<u8> {
        wat::parse_str(format!("(module (memory 1) {fields})")).unwrap()
    }

    const A: &str = "(func $a (drop (i32.const 1)))";
    const B: &str = "(func $b (drop (i32.load offset=70000 (i32.const 2))))";
    const TWIN: &str = "(func (call 0))";

    fn profile(steps: &[Step], is_certain: bool) -> Profile {
        Profile::new(steps.to_vec(), is_certain)
    }

    #[test]
    fn functions_are_found_again_when_others_come_and_addresses_move() {
        let before = module(&format!("{A} {B} {TWIN} {TWIN}"));
        let steps = [Step::Function(3), Step::Memory(0x1_0000), Step::Function(1), Step::Function(0)];
        let text = text(&profile(&steps, true), &before).unwrap();
        assert!(text.starts_with("wasmpack profile 1\nprofile\nfunction "), "{text}");
        let found = read(std::slice::from_ref(&text), &before).unwrap();
        assert_eq!(found, Found { profile: profile(&steps, true), functions: 3, missing: 0 });
        let b = B.replace("70000", "80000");
        let after = module(&format!("(func (drop (f32.const 0))) {A} {b} {TWIN} (func (call 2))"));
        let steps = [Step::Function(4), Step::Memory(0x1_0000), Step::Function(2), Step::Function(1)];
        assert_eq!(read(std::slice::from_ref(&text), &after).unwrap().profile.steps, steps);
        // Another body under the name is better than nothing; what is gone is counted.
        let gone = module("(func $a (drop (i32.const 3)) (drop (i32.const 3)))");
        let found = read(&[text], &gone).unwrap();
        assert_eq!((found.functions, found.missing), (1, 2));
    }

    #[test]
    fn several_runs_are_joined_and_are_no_longer_certain() {
        let module = module(&format!("{A} {B}"));
        let one = text(&profile(&[Step::Function(0)], true), &module).unwrap();
        let other = text(&profile(&[Step::Function(1), Step::Function(0)], true), &module).unwrap();
        let steps = [Step::Function(0), Step::Function(1)];
        let joined = read(&[one.clone(), other.clone()], &module).unwrap().profile;
        assert_eq!(joined, profile(&steps, false));
        assert_eq!(read(&[one + "\n# noted\n" + &other], &module).unwrap().profile, joined);
    }

    #[test]
    fn what_is_no_profile_is_told_with_its_line() {
        for (text, message) in [
            (" \n", "it is empty"),
            ("start\n", "line 1: must be \"wasmpack profile 1\""),
            ("wasmpack profile 1\nstart\n\nfunction x\n", "line 4: unknown"),
            ("wasmpack profile 1\nstart\nmemory -1", "line 3: unknown"),
            ("wasmpack profile 1\nstart now", "line 2: unknown"),
        ] {
            let read = read(&[text.to_owned()], &module(A));
            let reason = read.unwrap_err().reason;
            assert!(reason.starts_with(message), "{text}: {reason}");
        }
    }
}
