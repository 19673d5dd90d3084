//! How an executable for Windows presents itself.

use super::row::{ROW, Row, Takes};
use crate::cli::value;

const SECTION: Option<&str> = Some("Windows");

pub(super) static ROWS: &[Row] = &[
    Row {
        name: "gui",
        section: SECTION,
        text: "Open no console window",
        in_run: false,
        set: |typed, _| value::switch(&mut typed.gui),
        ..ROW
    },
    Row {
        name: "icon",
        section: SECTION,
        text: "The icon, an .ico file",
        takes: Takes::One("FILE"),
        is_path: true,
        example: "app.ico",
        in_run: false,
        set: |typed, value| value::once(&mut typed.icon, value.into()),
        ..ROW
    },
    Row {
        name: "version-info",
        section: SECTION,
        text: "A string of the version information, such as FileDescription=Notes",
        takes: Takes::Each("KEY=VALUE"),
        is_table: true,
        example: "FileDescription=Notes",
        in_run: false,
        set: |typed, value| value::each(&mut typed.version_info, value::pair(value)),
        ..ROW
    },
];
