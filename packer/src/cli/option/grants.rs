//! Grants. `--dir`, `--dir-ro`, `--files` and `--files-rw` share one list, which keeps their order.

use super::row::{ROW, Row, Takes};
use crate::{cli::value, pack::With};
use payload::{Connect, Listen};

const SECTION: Option<&str> = Some("Grants (arguments, streams, clocks and randomness need none)");

pub(super) static ROWS: &[Row] = &[
    Row {
        name: "dir",
        section: SECTION,
        text: "Grant a directory. HOST is looked up when the executable starts, and so are ~ and $NAME in it; GUEST is the \
               program's name for it [default: HOST as written]",
        takes: Takes::Each("HOST[::GUEST]"),
        example: "~/notes::/notes",
        set: |typed, value| value::each(&mut typed.grants, value::directory(value, false)),
        ..ROW
    },
    Row {
        name: "dir-ro",
        section: SECTION,
        text: "Grant a directory, read-only",
        takes: Takes::Each("HOST[::GUEST]"),
        example: "data",
        set: |typed, value| value::each(&mut typed.grants, value::directory(value, true)),
        ..ROW
    },
    Row {
        name: "files",
        section: SECTION,
        text: "Carry the files of this folder, or this file, in the executable, read-only",
        takes: Takes::Each("PATH[::GUEST]"),
        is_path: true,
        example: "assets::/assets",
        set: |typed, value| value::each(&mut typed.grants, value::folder(value, false)),
        ..ROW
    },
    Row {
        name: "files-rw",
        section: SECTION,
        text: "Carry files that the program may change in memory; changes are lost when it ends",
        takes: Takes::Each("PATH[::GUEST]"),
        is_path: true,
        example: "assets::/assets",
        set: |typed, value| value::each(&mut typed.grants, value::folder(value, true)),
        ..ROW
    },
    Row {
        name: "with",
        section: SECTION,
        text: "Carry another program, which this one finds as /bin/NAME and may become or start; several names may share one",
        takes: Takes::Each("NAME[,NAME]=FILE"),
        is_path: true,
        is_table: true,
        example: "grep=grep.wasm",
        set: |typed, value| value::each(&mut typed.with, With::parse(&value::text(value)?)),
        ..ROW
    },
    Row {
        name: "tmp",
        section: SECTION,
        text: "Give it a directory of its own in memory, gone when it ends, and TMPDIR with its name [default: /tmp]",
        takes: Takes::Maybe("GUEST"),
        example: "/scratch",
        set: |typed, value| {
            let guest = payload::grant::temporary(&value::text(value)?)?;
            value::once(&mut typed.told.tmp, guest)
        },
        ..ROW
    },
    Row {
        name: "exclude",
        section: SECTION,
        text: "Do not carry files of this name or glob, as in a .gitignore; a file .wasmpackignore in a carried folder lists \
               such globs",
        takes: Takes::Each("GLOB"),
        example: "*.log",
        set: |typed, value| value::each(&mut typed.choice.exclude, value::glob(value)),
        ..ROW
    },
    Row {
        name: "gitignore",
        section: SECTION,
        text: "Do not carry what git ignores",
        set: |typed, _| value::switch(&mut typed.choice.gitignore),
        ..ROW
    },
    Row {
        name: "env",
        section: SECTION,
        text: "Set a variable; NAME alone passes it on if it is set at the start",
        takes: Takes::Each("NAME[=VALUE]"),
        is_table: true,
        example: "MODE=fast",
        set: |typed, value| value::each(&mut typed.told.variables, value::variable(value)),
        ..ROW
    },
    Row {
        name: "env-all",
        section: SECTION,
        text: "Pass on all variables",
        set: |typed, _| value::switch(&mut typed.told.env_all),
        ..ROW
    },
    Row {
        name: "listen",
        section: SECTION,
        text: "Let it listen for connections on this port [default ADDRESS: 127.0.0.1, for this machine alone; 0.0.0.0: for all]",
        takes: Takes::Each("[ADDRESS:]PORT"),
        example: "8080",
        set: |typed, value| value::each(&mut typed.told.listen, Listen::parse(&value::text(value)?)),
        ..ROW
    },
    Row {
        name: "connect",
        section: SECTION,
        text: "Let it connect to this name or address, such as example.com:443, *.example.com:443 or 10.0.0.5:*",
        takes: Takes::Each("HOST:PORT"),
        example: "example.com:443",
        set: |typed, value| value::each(&mut typed.told.connect, Connect::parse(&value::text(value)?)),
        ..ROW
    },
    Row {
        name: "cwd",
        section: SECTION,
        text: "Start in this directory, which must be granted or carried",
        takes: Takes::One("GUEST"),
        example: "/notes",
        set: |typed, value| value::once(&mut typed.told.cwd, value::text(value)?),
        ..ROW
    },
    Row {
        name: "native",
        section: SECTION,
        text: "Behave like a native tool: all files of the user, the current directory, all variables",
        conflicts: &["cwd"],
        set: |typed, _| value::switch(&mut typed.told.native),
        ..ROW
    },
    Row {
        name: "max-memory",
        section: SECTION,
        text: "Limit the program's memory, such as 64M or 2G [default: the module's own limit]",
        takes: Takes::One("SIZE"),
        example: "64M",
        set: |typed, value| value::once(&mut typed.max_memory, value::size(&value::text(value)?)?),
        ..ROW
    },
    Row {
        name: "sealed",
        section: SECTION,
        text: "Let nobody change its grants when it starts (with WASMPACK_OPTS)",
        set: |typed, _| value::switch(&mut typed.told.sealed),
        ..ROW
    },
];
