//! Options for the output: its place, target, names and form.

use super::row::{Key, ROW, Row, Takes};
use crate::cli::{value, wanted};

const SECTION: Option<&str> = Some("Output");

pub(super) static ROWS: &[Row] = &[
    Row {
        name: "output",
        short: Some('o'),
        section: SECTION,
        text: "The executable to write; for several targets or archives, their folder; - for standard output \
               [default: the program's name, in the current folder]",
        takes: Takes::One("OUT"),
        is_path: true,
        example: "app",
        in_run: false,
        set: |typed, value| value::once(&mut typed.output, value.into()),
        ..ROW
    },
    Row {
        name: "force",
        key: Key::None,
        section: SECTION,
        text: "Replace whatever is under OUT's name; else only what was packed before for the same target is replaced",
        in_run: false,
        set: |typed, _| value::switch(&mut typed.force),
        ..ROW
    },
    Row {
        name: "target",
        short: Some('t'),
        key: Key::Other("targets"),
        section: SECTION,
        text: "The target, such as linux-arm64 or apple-arm64; macos: one file for both Macs; unix: one for Linux and macOS, and \
               universal: with an .exe beside it; several separated by commas, or all [default: from OUT's name, else this machine]",
        takes: Takes::Each("TARGET"),
        is_list: true,
        example: "linux-arm64",
        in_run: false,
        set: |typed, value| value::each(&mut typed.targets, wanted::parse(&value::text(value)?)),
        ..ROW
    },
    Row {
        name: "name",
        section: SECTION,
        text: "The program's name, its argv[0] [default: the name it is started by]",
        takes: Takes::One("NAME"),
        example: "notes",
        set: |typed, value| value::once(&mut typed.name, value::name(value)?),
        ..ROW
    },
    Row {
        name: "app-version",
        key: Key::Other("version"),
        section: SECTION,
        text: "The program's version, for the names of archives, --wasmpack-info and Windows",
        takes: Takes::One("VERSION"),
        example: "1.2.3",
        set: |typed, value| value::once(&mut typed.version, value::version(value)?),
        ..ROW
    },
    Row {
        name: "author",
        section: SECTION,
        text: "Who made the program, for --wasmpack-info and Windows",
        takes: Takes::One("NAME"),
        example: "Ada Notes",
        set: |typed, value| value::once(&mut typed.about.author, value::line(value)?),
        ..ROW
    },
    Row {
        name: "homepage",
        section: SECTION,
        text: "Where the program is told about",
        takes: Takes::One("URL"),
        example: "https://notes.example",
        set: |typed, value| value::once(&mut typed.about.homepage, value::homepage(value)?),
        ..ROW
    },
    Row {
        name: "license",
        section: SECTION,
        text: "The terms under which the program may be used, such as MIT",
        takes: Takes::One("TERMS"),
        example: "MIT",
        set: |typed, value| value::once(&mut typed.about.license, value::line(value)?),
        ..ROW
    },
    Row {
        name: "description",
        section: SECTION,
        text: "A sentence about the program, for installers and Windows",
        takes: Takes::One("TEXT"),
        example: "Takes notes",
        in_run: false,
        set: |typed, value| value::once(&mut typed.description, value::line(value)?),
        ..ROW
    },
    Row {
        name: "archive",
        section: SECTION,
        text: "Write archives for publishing, NAME-TARGET-VERSION.tar.gz or .zip, and SHA256SUMS",
        in_run: false,
        set: |typed, _| value::switch(&mut typed.archive),
        ..ROW
    },
    Row {
        name: "include",
        section: SECTION,
        text: "Add this file to the archives, such as a license",
        takes: Takes::Each("FILE"),
        is_path: true,
        example: "LICENSE",
        in_run: false,
        set: |typed, value| value::each(&mut typed.include, Ok(value.into())),
        ..ROW
    },
    Row {
        name: "keep-module",
        section: SECTION,
        text: "Keep the .wasm in the executable, so that it can be extracted, or packed again for other targets",
        in_run: false,
        set: |typed, _| value::switch(&mut typed.keep_module),
        ..ROW
    },
    Row {
        name: "strict",
        section: SECTION,
        text: "Refuse a program that imports functions that wasmpack does not provide",
        set: |typed, _| value::switch(&mut typed.strict),
        ..ROW
    },
];
