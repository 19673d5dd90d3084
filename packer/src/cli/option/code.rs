//! How the program is compiled and stored.

use super::row::{Key, ROW, Row, Takes};
use crate::{cli::value, compile::cpu::Raise};

const SECTION: Option<&str> = Some("Speed and size");

pub(super) static ROWS: &[Row] = &[
    Row {
        name: "compiler",
        section: SECTION,
        text: match value::HAS_SINGLEPASS {
            true => "cranelift makes faster code, singlepass compiles faster",
            false => "cranelift, the one compiler that this wasmpack has",
        },
        takes: Takes::One("COMPILER"),
        values: value::COMPILERS,
        elsewhere: &["singlepass"],
        default: Some("cranelift"),
        example: if value::HAS_SINGLEPASS { "singlepass" } else { "cranelift" },
        set: |typed, value| value::once(&mut typed.compiler, value::compiler(value)?),
        ..ROW
    },
    Row {
        name: "level",
        section: SECTION,
        text: match value::HAS_SINGLEPASS {
            true => "The compression level, 1 to 22 [default: 13; 3 with singlepass]",
            false => "The compression level, 1 to 22 [default: 13]",
        },
        takes: Takes::One("LEVEL"),
        example: "19",
        set: |typed, value| value::once(&mut typed.level, value::level(value)?),
        ..ROW
    },
    Row {
        name: "no-compress",
        section: SECTION,
        text: "Store the program uncompressed: it starts fastest, and runs where a system forbids new executable memory",
        conflicts: &["level"],
        set: |typed, _| value::switch(&mut typed.no_compress),
        ..ROW
    },
    Row {
        name: "profile",
        section: SECTION,
        text: "Start the program once with these arguments, and lay out what it touches so that it starts faster",
        takes: Takes::One("ARGS"),
        may_be_dashed: true,
        conflicts: &["no-compress"],
        example: "--version",
        in_run: false,
        set: |typed, value| value::once(&mut typed.profile, value::words(value)?),
        ..ROW
    },
    Row {
        name: "use-profile",
        section: SECTION,
        text: "Lay out what this file says that a start touches, and start nothing; of several, all of it",
        takes: Takes::Each("FILE"),
        is_path: true,
        conflicts: &["profile", "no-trial", "no-compress"],
        example: "app.profile",
        set: |typed, value| {
            typed.use_profile.push(value.into());
            Ok(())
        },
        ..ROW
    },
    Row {
        name: "save-profile",
        section: SECTION,
        text: "Write what the start touched to this file, for --use-profile",
        takes: Takes::One("FILE"),
        is_path: true,
        key: Key::None,
        conflicts: &["no-trial", "no-compress"],
        example: "app.profile",
        set: |typed, value| value::once(&mut typed.save_profile, value.into()),
        ..ROW
    },
    Row {
        name: "no-trial",
        section: SECTION,
        text: "Do not start the program when packing [default: the packer starts it once, in an interpreter and alone, and \
               lays out what it touches so that every start is faster]",
        conflicts: &["profile", "no-compress"],
        in_run: false,
        set: |typed, _| value::switch(&mut typed.no_trial),
        ..ROW
    },
    Row {
        name: "cache",
        section: SECTION,
        text: "Keep what is compiled in this folder, and use what is kept there [default: wasmpack in your cache folder]",
        takes: Takes::One("DIR"),
        is_path: true,
        key: Key::None,
        example: "cache",
        set: |typed, value| value::once(&mut typed.cache, value.into()),
        ..ROW
    },
    Row {
        name: "no-cache",
        section: SECTION,
        text: "Use nothing that was kept, and keep nothing",
        key: Key::None,
        conflicts: &["cache"],
        set: |typed, _| value::switch(&mut typed.no_cache),
        ..ROW
    },
    Row {
        name: "cpu",
        section: SECTION,
        text: "Let x86-64 code require CPU features: x86-64-v3, +avx2,+bmi2, or native",
        takes: Takes::One("CPU"),
        example: "x86-64-v3",
        set: |typed, value| value::once(&mut typed.cpu, Raise::parse(&value::text(value)?)?),
        ..ROW
    },
    Row {
        name: "stub",
        section: SECTION,
        text: "Use this launcher instead of the embedded one",
        takes: Takes::One("FILE"),
        is_path: true,
        example: "launcher",
        set: |typed, value| value::once(&mut typed.stub, value.into()),
        ..ROW
    },
];
