//! VERSIONINFO: the texts on the page "Details" of a file's properties, which scanners look at as well.

use editpe::{VersionInfo, VersionStringTable, types::VersionU16, types::VersionU32};

use super::options::PeOptions;
use crate::{Error, Kind};

/// US English; the texts are UTF-16 and may be in any language.
const LANGUAGE: u16 = 0x0409;
/// UTF-16.
const CODE_PAGE: u16 = 0x04b0;

/// The resource's bytes.
///
/// # Errors
/// `Resource` for a name that is empty or given twice, control characters, and more text than 64 KiB.
pub(super) fn build(options: &PeOptions) -> Result<Vec<u8>, Error> {
    let texts = texts(options)?;
    let number = |name: &str| {
        let text = texts.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value);
        let [a, b, c, d] = numbers(text).map(u32::from);
        VersionU32 { major: a << 16 | b, minor: c << 16 | d }
    };
    let mut info = VersionInfo::default();
    info.info.file_version = number("FileVersion");
    info.info.product_version = number("ProductVersion");
    info.vars.push(VersionU16 { major: LANGUAGE, minor: CODE_PAGE });
    let mut table =
        VersionStringTable { key: format!("{LANGUAGE:04x}{CODE_PAGE:04x}"), ..Default::default() };
    table.strings.extend(texts);
    info.strings.push(table);
    info.try_build().map_err(|error| bad(&error.to_string()))
}

/// The given texts, in their order, then those that follow from the app's name.
fn texts(options: &PeOptions) -> Result<Vec<(String, String)>, Error> {
    let mut texts: Vec<(String, String)> = Vec::new();
    for (name, value) in &options.version_info {
        if name.is_empty() || name.chars().chain(value.chars()).any(char::is_control) {
            return Err(bad(&format!("{name:?} is empty, or it or its text has control characters")));
        }
        if texts.iter().any(|(other, _)| other == name) {
            return Err(bad(&format!("{name} is given twice")));
        }
        texts.push((name.clone(), value.clone()));
    }
    if options.app.is_empty() {
        return Ok(texts);
    }
    let app = options.app.replace(char::is_control, " ");
    let file = format!("{app}.exe");
    for (name, value) in [
        ("FileDescription", &app),
        ("ProductName", &app),
        ("InternalName", &app),
        ("OriginalFilename", &file),
    ] {
        if !texts.iter().any(|(other, _)| other == name) {
            texts.push((name.to_owned(), value.clone()));
        }
    }
    Ok(texts)
}

/// The four numbers that a version starts with: `1.2.3-rc1` gives 1, 2, 3, 0. Numbers above 65535 do not fit.
fn numbers(version: &str) -> [u16; 4] {
    let mut numbers = [0; 4];
    for (number, part) in numbers.iter_mut().zip(version.split('.')) {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        *number = part[..digits].parse().unwrap_or(0);
        if digits < part.len() {
            break;
        }
    }
    numbers
}

fn bad(what: &str) -> Error {
    Error::new(Kind::Version, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_start_with_up_to_four_numbers() {
        assert_eq!(numbers("1.2.3.4"), [1, 2, 3, 4]);
        assert_eq!(numbers("v1"), [0; 4]);
        assert_eq!(numbers("1.2.3-rc1.7"), [1, 2, 3, 0]);
        assert_eq!(numbers("70000.1"), [0, 1, 0, 0]);
        assert_eq!(numbers(""), [0; 4]);
    }
}
