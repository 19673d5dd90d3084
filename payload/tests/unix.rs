//! Directories of files for all Unix targets: read as they were written, and refused where they make no sense.

use payload::{
    Target,
    unix::{self, BLOCK, Directory, Fault, HEAD, Launcher, Piece, Program, SCRIPT_SIZE, SIZE},
};
use proptest::prelude::*;

const LEN: u64 = 0x9_0000;

fn launcher(offset: u64) -> Launcher {
    Launcher { offset, stored_len: 2 * BLOCK, len: 10_000, sha256: [7; 32] }
}

fn directory() -> Directory {
    let piece = |at, offset, len| Piece { at, offset, len };
    let pieces =
        vec![piece(0, 0x7000, 0x200), piece(0x200, 0x7200, 0x101), piece(0x1_0000, 0x1_0000, 0x8_0000)];
    let program = |target, launcher, pieces| Program { target, launcher, payload_len: 0x9_0000, pieces };
    let mut others = pieces.clone();
    others[0].offset = 0x7400;
    Directory {
        script_sha256: [9; 32],
        file_len: LEN,
        programs: vec![
            program(Target::LinuxX86_64, launcher(HEAD as u64), pieces),
            program(Target::MacosX86_64, launcher(HEAD as u64 + 2 * BLOCK), others),
        ],
    }
}

#[test]
fn a_directory_is_read_as_it_was_written() {
    let bytes = directory().to_bytes().unwrap();
    assert_eq!(bytes.len(), SIZE);
    assert_eq!(Directory::parse(&bytes, LEN), Ok(directory()));
    assert_eq!(Directory::parse(&bytes, LEN + 1), Ok(directory()), "something may be appended");
    let mac = directory();
    assert_eq!(mac.program(Target::MacosX86_64), Some(&directory().programs[1]));
    assert_eq!(mac.program(Target::LinuxArm64), None);
    let mut file = b"#!/bin/sh\nexit\n".to_vec();
    file.resize(SCRIPT_SIZE, 0);
    assert!(!unix::is_unix(&file));
    file.extend_from_slice(&bytes);
    assert!(unix::is_unix(&file) && !unix::is_unix(&file[1..]));
}

#[test]
fn what_makes_no_sense_is_refused() {
    type Change = fn(&mut Directory);
    let changes: [(Change, &str); 17] = [
        (|one| one.programs.clear(), "number of targets"),
        (|one| one.programs[1].target = Target::LinuxX86_64, "target"),
        (|one| one.programs[0].target = Target::WindowsX86_64, "target"),
        (|one| one.programs[0].launcher.offset = 4096, "place of a launcher"),
        (|one| one.programs[0].launcher.offset += 1, "place of a launcher"),
        (|one| one.programs[0].launcher.stored_len = 0, "place of a launcher"),
        (|one| one.programs[0].launcher.stored_len = u64::MAX - 4095, "place of a launcher"),
        (|one| one.programs[0].launcher.len = 0, "length of a launcher"),
        (|one| one.programs[0].launcher.len = 1 << 40, "length of a launcher"),
        (
            |one| {
                // The same bytes again and again.
                let Program { pieces, payload_len, .. } = &mut one.programs[0];
                let last = pieces[2];
                pieces.extend((1..12).map(|times| Piece { at: last.at + times * last.len, ..last }));
                *payload_len = last.at + 12 * last.len;
            },
            "payload length",
        ),
        (|one| one.programs[1].pieces.clear(), "number of pieces"),
        (|one| one.programs[1].pieces[0].offset = 100, "place of a piece"),
        (|one| one.programs[1].pieces[2].offset += 1, "place of a piece"),
        (|one| one.programs[1].pieces[2].len = u64::MAX, "place of a piece"),
        (|one| one.programs[1].pieces[0].at = 1, "place in a payload"),
        (|one| one.programs[1].pieces[1].at = 0x1ff, "place in a payload"),
        (|one| one.programs[1].payload_len -= 1, "payload length"),
    ];
    for (change, field) in changes {
        let mut changed = directory();
        change(&mut changed);
        assert_eq!(changed.to_bytes(), Err(Fault::Field(field)), "{field}");
    }
    let bytes = directory().to_bytes().unwrap();
    assert_eq!(Directory::parse(&bytes, LEN - 1), Err(Fault::Cut { need: LEN, have: LEN - 1 }));
    assert_eq!(Directory::parse(&bytes[..SIZE - 1], LEN), Err(Fault::None));
    assert_eq!(Directory::parse(b"", 0), Err(Fault::None));
    for (at, byte) in bytes.iter().enumerate() {
        let mut changed = bytes.clone();
        changed[at] = !byte;
        let fault = Directory::parse(&changed, LEN).unwrap_err();
        match at {
            0..8 => assert_eq!(fault, Fault::None),
            8..10 => assert!(matches!(fault, Fault::Version(_))),
            _ => assert_eq!(fault, Fault::Digest, "{at}"),
        }
    }
}

proptest! {
    /// Also with a digest that is right, no bytes make the reader panic, and what it accepts it writes again.
    #[test]
    fn whatever_else_is_there_is_read_or_refused(changes in prop::collection::vec((96..600usize, any::<u8>()), 1..20)) {
        let mut bytes = directory().to_bytes().unwrap();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        bytes[64..96].fill(0);
        let digest = payload::sha256(&bytes);
        bytes[64..96].copy_from_slice(&digest);
        if let Ok(read) = Directory::parse(&bytes, LEN) {
            prop_assert!(read.programs.iter().flat_map(|one| &one.pieces).all(|piece| piece.place().end <= LEN));
            prop_assert!(Directory::parse(&read.to_bytes().unwrap(), LEN) == Ok(read));
        }
    }
}
