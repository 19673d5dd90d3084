//! What the program may touch. Those of the four that grant or carry something make one list.

use super::row::{ROW, Row, Takes};
use crate::cli::value;

const SECTION: Option<&str> =
    Some("Grants: what the program may touch, beyond its arguments, streams, clocks and randomness");

pub(super) static ROWS: &[Row] = &[
    Row {
        name: "dir",
        section: SECTION,
        text: "Grant a directory: HOST is found when the executable runs (~ and $NAME as well), GUEST is the program's name \
               for it [default: HOST as written]",
        takes: Takes::Each("HOST[::GUEST]"),
        example: "~/notes::/notes",
        set: |typed, value| value::each(&mut typed.grants, value::directory(value, false)),
        ..ROW
    },
    Row {
        name: "dir-ro",
        section: SECTION,
        text: "Grant a directory for reading only",
        takes: Takes::Each("HOST[::GUEST]"),
        example: "data",
        set: |typed, value| value::each(&mut typed.grants, value::directory(value, true)),
        ..ROW
    },
    Row {
        name: "files",
        section: SECTION,
        text: "Carry the files of this folder in the executable, to be read",
        takes: Takes::Each("FOLDER[::GUEST]"),
        is_path: true,
        example: "assets::/assets",
        set: |typed, value| value::each(&mut typed.grants, value::folder(value, false)),
        ..ROW
    },
    Row {
        name: "files-rw",
        section: SECTION,
        text: "Carry files that the program may change in memory: changes are lost when it ends",
        takes: Takes::Each("FOLDER[::GUEST]"),
        is_path: true,
        example: "assets::/assets",
        set: |typed, value| value::each(&mut typed.grants, value::folder(value, true)),
        ..ROW
    },
    Row {
        name: "env",
        section: SECTION,
        text: "Set a variable, or pass one on when it is set",
        takes: Takes::Each("NAME[=VALUE]"),
        is_table: true,
        example: "MODE=fast",
        set: |typed, value| value::each(&mut typed.variables, value::variable(value)),
        ..ROW
    },
    Row {
        name: "env-all",
        section: SECTION,
        text: "Pass all variables on",
        set: |typed, _| value::switch(&mut typed.env_all),
        ..ROW
    },
    Row {
        name: "cwd",
        section: SECTION,
        text: "Start in this directory, one of those that are granted or carried",
        takes: Takes::One("GUEST"),
        example: "/notes",
        set: |typed, value| value::once(&mut typed.cwd, value::text(value)?),
        ..ROW
    },
    Row {
        name: "native",
        section: SECTION,
        text: "Feel native: all files of the user, the current directory, all variables",
        conflicts: &["cwd"],
        set: |typed, _| value::switch(&mut typed.native),
        ..ROW
    },
    Row {
        name: "max-memory",
        section: SECTION,
        text: "Let the program's memory grow no further than this, such as 64M or 2G [default: as it declares]",
        takes: Takes::One("SIZE"),
        example: "64M",
        set: |typed, value| value::once(&mut typed.max_memory, value::size(&value::text(value)?)?),
        ..ROW
    },
    Row {
        name: "sealed",
        section: SECTION,
        text: "Keep whoever runs the executable from changing its grants",
        set: |typed, _| value::switch(&mut typed.sealed),
        ..ROW
    },
];
