//! What goes beside archives.

use super::row::{ROW, Row, Takes};
use crate::cli::value;

const SECTION: Option<&str> = Some("Publishing");

pub(super) static ROWS: &[Row] = &[
    Row {
        name: "installers",
        section: SECTION,
        text: "Write installers beside archives: sh, ps1, npm, pypi, brew, scoop; several separated by commas, or all",
        takes: Takes::Each("KIND"),
        is_list: true,
        example: "sh",
        in_run: false,
        set: |typed, value| value::installers(&mut typed.installers, value),
        ..ROW
    },
    Row {
        name: "download-url",
        section: SECTION,
        text: "The address of the folder that archives are downloaded from; {version} and {name} stand for what they name",
        takes: Takes::One("URL"),
        example: "https://notes.example/releases/{version}",
        in_run: false,
        set: |typed, value| value::once(&mut typed.release.download_url, value::line(value)?),
        ..ROW
    },
    Row {
        name: "npm-name",
        section: SECTION,
        text: "The package's name on npm, such as @ada/notes [default: the program's]",
        takes: Takes::One("NAME"),
        example: "@ada/notes",
        in_run: false,
        set: |typed, value| value::once(&mut typed.release.npm_name, value::line(value)?),
        ..ROW
    },
    Row {
        name: "pypi-name",
        section: SECTION,
        text: "The package's name on PyPI [default: the program's]",
        takes: Takes::One("NAME"),
        example: "ada-notes",
        in_run: false,
        set: |typed, value| value::once(&mut typed.release.pypi_name, value::line(value)?),
        ..ROW
    },
    Row {
        name: "sign",
        section: SECTION,
        text: "Write signatures beside archives, ARCHIVE.minisig, with this secret key of minisign; a password is asked, or \
               taken from WASMPACK_SIGN_PASSWORD",
        takes: Takes::One("FILE"),
        is_path: true,
        example: "minisign.key",
        in_run: false,
        set: |typed, value| value::once(&mut typed.sign, value.into()),
        ..ROW
    },
];
