//! Files for all Unix targets: one script, and behind it the launchers and payloads of several targets.
//!
//! [`join`] puts one together, [`read`] takes it apart again. What several payloads have in common lies in the file once:
//! sections are compared byte by byte, whatever they are.

mod gzip;
mod script;

use std::{collections::HashMap, iter};

use payload::{
    Encoding, Prefix, SectionKind, Target, header,
    section::{ALIGNMENT, IMAGE_ALIGNMENT},
    unix::{BLOCK, Directory, HEAD, Launcher, Piece, Program, SCRIPT_SIZE, SIZE, is_unix},
};

use crate::{
    Error, Kind,
    limit::{MAX_LEN, too_long},
    locator::locator,
};

/// What a file for all Unix targets has for one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The machine that it is for.
    pub target: Target,
    /// The launcher, without a payload.
    pub launcher: Vec<u8>,
    /// The payload, as in an executable of its own.
    pub payload: Vec<u8>,
}

/// What was read of a file for all Unix targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// What it has for one target, as its directory says.
    pub program: Program,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Read {
    /// The launcher in `file`, decompressed and compared with its hash.
    ///
    /// # Errors
    /// Its fault.
    pub fn launcher(&self, file: &[u8]) -> Result<Vec<u8>, String> {
        let Launcher { len, sha256, .. } = self.program.launcher;
        let place = self.program.launcher.place();
        let launcher = gzip::decompress(&file[place.start as usize..place.end as usize], len)?;
        match payload::sha256(&launcher) == sha256 {
            true => Ok(launcher),
            false => Err("its SHA-256 is not the one in the directory".to_owned()),
        }
    }
}

/// The file for all targets of `parts`, each for another one.
///
/// # Errors
/// `Stub` for what is no bare launcher of its target; `TooLarge` from [`MAX_LEN`] bytes on; `Verify` if the result does not
/// read back.
pub fn join(parts: &[Part]) -> Result<Vec<u8>, Error> {
    let mut file = vec![0; HEAD];
    let mut programs = Vec::new();
    for part in parts {
        is_bare(&part.launcher, part.target)?;
        let stored = gzip::compress(&part.launcher);
        let launcher = Launcher {
            offset: file.len() as u64,
            stored_len: stored.len() as u64,
            len: part.launcher.len() as u64,
            sha256: payload::sha256(&part.launcher),
        };
        file.extend_from_slice(&stored);
        let payload_len = part.payload.len() as u64;
        programs.push(Program { target: part.target, launcher, payload_len, pieces: Vec::new() });
    }
    let mut known: HashMap<[u8; 32], u64> = HashMap::new();
    for (program, part) in programs.iter_mut().zip(parts) {
        for (at, len, alignment) in cut(&part.payload)? {
            let bytes = &part.payload[at..at + len];
            let key = payload::sha256(bytes);
            let offset = *known.entry(key).or_insert_with(|| {
                let offset = (file.len() as u64).next_multiple_of(alignment);
                file.resize(offset as usize, 0);
                file.extend_from_slice(bytes);
                offset
            });
            program.pieces.push(Piece { at: at as u64, offset, len: len as u64 });
        }
        if file.len() as u64 >= MAX_LEN {
            return Err(too_long(file.len() as u64));
        }
    }
    let script = script::script(&programs);
    file[..script.len()].copy_from_slice(&script);
    let directory = Directory {
        script_sha256: payload::sha256(&file[..SCRIPT_SIZE]),
        file_len: file.len() as u64,
        programs,
    };
    let directory = directory.to_bytes().map_err(|fault| mistake(&fault.to_string()))?;
    file[SCRIPT_SIZE..HEAD].copy_from_slice(&directory);
    verify(&file, parts)?;
    Ok(file)
}

/// Whether `file` is for all Unix targets, though it may be damaged.
pub fn is(file: &[u8]) -> bool {
    is_unix(file)
}

/// The target of a launcher; `None` for what is none.
pub fn target(launcher: &[u8]) -> Option<Target> {
    crate::format::target_and_slot(launcher).ok().map(|(target, _)| target)
}

/// What is in `file`, which is for all Unix targets.
///
/// # Errors
/// `NotPacked` for a directory that is damaged, and for a file that was cut.
pub fn read(file: &[u8]) -> Result<Vec<Read>, Error> {
    let not_packed =
        |fault: payload::unix::Fault| Error::new(Kind::NotPacked, format!("{fault}: get or pack it again"));
    let directory = file.get(SCRIPT_SIZE..).unwrap_or_default();
    let directory = Directory::parse(directory, file.len() as u64).map_err(not_packed)?;
    let read = |program: Program| {
        let mut payload = Vec::new();
        for piece in &program.pieces {
            payload.resize(piece.at as usize, 0);
            // It lies inside the file, so that it fits.
            let place = piece.place();
            payload.extend_from_slice(&file[place.start as usize..place.end as usize]);
        }
        Read { program, payload }
    };
    Ok(directory.programs.into_iter().map(read).collect())
}

/// Checks the script: that it is as the directory knows it, and what this packer writes for such a file.
///
/// # Errors
/// What does not hold.
pub fn check_script(file: &[u8]) -> Result<String, String> {
    let directory = file.get(SCRIPT_SIZE..).unwrap_or_default();
    let directory = Directory::parse(directory, file.len() as u64).map_err(|fault| fault.to_string())?;
    let script = &file[..SCRIPT_SIZE];
    if payload::sha256(script) != directory.script_sha256 {
        return Err("its SHA-256 is not the one in the directory".to_owned());
    }
    Ok(match script.starts_with(&script::script(&directory.programs)) {
        true => "SHA-256 matches, and it is the one that this wasmpack writes".to_owned(),
        false => "SHA-256 matches; it is not the one that this wasmpack writes".to_owned(),
    })
}

/// Checks that nothing but zeros lies outside of launchers and pieces.
///
/// # Errors
/// The place of the first byte that is not zero.
pub fn gaps(file: &[u8], programs: &[Read]) -> Result<String, String> {
    let of = |program: &Program| {
        let pieces = program.pieces.iter().map(Piece::place).collect::<Vec<_>>();
        pieces.into_iter().chain([program.launcher.place()]).collect::<Vec<_>>()
    };
    let mut places: Vec<_> = programs.iter().flat_map(|read| of(&read.program)).collect();
    places.sort_by_key(|place| (place.start, place.end));
    let mut end = HEAD as u64;
    for place in places.into_iter().chain(iter::once(file.len() as u64..file.len() as u64)) {
        if let Some(gap) = file.get(end as usize..place.start as usize)
            && let Some(used) = gap.iter().position(|byte| *byte != 0)
        {
            return Err(format!(
                "at {:#x}: a byte that belongs to no launcher and no payload",
                end as usize + used
            ));
        }
        end = end.max(place.end);
    }
    Ok(format!("{} targets", programs.len()))
}

/// The pieces of a payload: where each starts, its length, and of what its place in the file is a multiple.
fn cut(payload: &[u8]) -> Result<Vec<(usize, usize, u64)>, Error> {
    let wrong = |error: payload::Error| mistake(&error.to_string());
    let len = payload.len() as u64;
    let head = &payload[..header::SIZE.min(payload.len())];
    let end = Prefix::len(head, len).map_err(wrong)?;
    let prefix = Prefix::parse(&payload[..end], len).map_err(wrong)?;
    let mut pieces = vec![(0, end, ALIGNMENT)];
    for section in prefix.sections.iter().filter(|section| section.kind != SectionKind::Manifest) {
        let alignment = match section.encoding {
            Encoding::Raw => IMAGE_ALIGNMENT,
            Encoding::Chunked { .. } => ALIGNMENT,
        };
        if section.stored_len > 0 {
            pieces.push((section.offset as usize, section.stored_len as usize, alignment));
        }
    }
    Ok(pieces)
}

/// Checks that `launcher` is one for `target`, and carries nothing.
fn is_bare(launcher: &[u8], target: Target) -> Result<(), Error> {
    let wrong = |what: String| Error::new(Kind::Stub, what);
    let (found, slot) = crate::format::target_and_slot(launcher)?;
    if found != target {
        let (found, target) = (found.name(), target.name());
        return Err(wrong(format!("a launcher for {found}, where one for {target} is needed")));
    }
    match locator(launcher, slot)? {
        None => Ok(()),
        Some(_) => {
            Err(wrong("it already has a payload; a launcher is needed that carries nothing".to_owned()))
        }
    }
}

/// Checks that `file` holds `parts`.
fn verify(file: &[u8], parts: &[Part]) -> Result<(), Error> {
    debug_assert_eq!(SIZE, HEAD - SCRIPT_SIZE);
    let programs = read(file).map_err(|error| mistake(&error.what))?;
    for (read, part) in programs.iter().zip(parts) {
        let launcher = read.launcher(file).map_err(|what| mistake(&what))?;
        if read.program.target != part.target || launcher != part.launcher || read.payload != part.payload {
            return Err(mistake("its parts are not those that were put into it"));
        }
        crate::verify::read_payload(&read.payload, part.target)?;
        let prefix_len = Prefix::len(&read.payload[..header::SIZE], part.payload.len() as u64);
        let prefix =
            prefix_len.and_then(|len| Prefix::parse(&read.payload[..len], part.payload.len() as u64));
        let prefix = prefix.map_err(|error| mistake(&error.to_string()))?;
        read.program.holds(&prefix).map_err(|fault| mistake(&fault.to_string()))?;
        let Launcher { offset, stored_len, .. } = read.program.launcher;
        if !offset.is_multiple_of(BLOCK) || !stored_len.is_multiple_of(BLOCK) {
            return Err(mistake("a launcher in it cannot be cut out"));
        }
    }
    check_script(file).map_err(|what| mistake(&what))?;
    gaps(file, &programs).map_err(|what| mistake(&what))?;
    Ok(())
}

fn mistake(what: &str) -> Error {
    Error::new(Kind::Verify, what)
}
