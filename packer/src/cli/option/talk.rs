//! How much the packer prints, and the arguments for the program.

use super::row::{Key, ROW, Row, Takes};
use crate::cli::value;

pub(super) static ROWS: &[Row] = &[
    Row {
        name: "quiet",
        short: Some('q'),
        key: Key::None,
        text: "Print only errors",
        conflicts: &["verbose"],
        set: |typed, _| value::switch(&mut typed.quiet),
        ..ROW
    },
    Row {
        name: "verbose",
        short: Some('v'),
        key: Key::None,
        text: "Print the parts of the executable and their sizes",
        set: |typed, _| value::switch(&mut typed.verbose),
        ..ROW
    },
    Row {
        name: "json",
        key: Key::None,
        text: "Print the result as JSON on standard output: files, sizes, hashes, grants, notes",
        conflicts: &["verbose"],
        in_run: false,
        set: |typed, _| value::switch(&mut typed.json),
        ..ROW
    },
    Row {
        name: "args",
        text: "Arguments for the program, before those it is started with",
        takes: Takes::Rest("ARG"),
        example: "--color",
        set: |typed, value| value::each(&mut typed.told.args, value::text(value)),
        ..ROW
    },
];
