//! The values of options that go into the manifest: texts, directories, folders, variables.

use std::{ffi::OsString, path::PathBuf};

use clap::builder::{OsStringValueParser, TypedValueParser};
use payload::{DirGrant, Variable, grant, info::is_seen};

use crate::{files::Folder, pack::Grant};

/// A parser for values that may be no text at all, so that the message can say so.
pub(super) fn os<T>(parse: fn(OsString) -> Result<T, String>) -> impl TypedValueParser<Value = T>
where
    T: Clone + Send + Sync + 'static,
{
    OsStringValueParser::new().try_map(parse)
}

/// A text for the manifest.
///
/// # Errors
/// For what is not UTF-8, or holds a NUL: the app could not receive it.
pub(super) fn text(value: OsString) -> Result<String, String> {
    let text =
        value.into_string().map_err(|_| "not UTF-8, and a WASI program receives UTF-8 only".to_owned())?;
    if text.contains('\0') {
        return Err("a NUL byte cannot be passed to a program".to_owned());
    }
    Ok(text)
}

/// A program's name, the last part of which becomes part of file names.
///
/// # Errors
/// When it could not be.
pub(super) fn name(value: OsString) -> Result<String, String> {
    let name = text(value)?;
    if let Some(c) = name.chars().find(|c| !is_seen(*c)) {
        return Err(format!("the character U+{:04X} in it is not seen", u32::from(c)));
    }
    match std::path::Path::new(&name).file_name() {
        Some(_) => Ok(name),
        None => Err("a program's name was expected, such as notes".to_owned()),
    }
}

/// A version, which becomes part of file names.
///
/// # Errors
/// When it could not be.
pub(super) fn version(value: OsString) -> Result<String, String> {
    let version = text(value)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-+_~".contains(c);
    if version.is_empty() || matches!(version.as_str(), "." | "..") || !version.chars().all(fits) {
        return Err("a version has letters, digits and .-+_~ only, such as 1.2.3".to_owned());
    }
    Ok(version)
}

/// `HOST` or `HOST::GUEST`, a directory that is found when the executable runs.
///
/// # Errors
/// As [`DirGrant::parse`].
pub(super) fn directory(value: OsString) -> Result<Grant, String> {
    DirGrant::parse(&text(value)?, false).map(Grant::Dir)
}

/// As [`directory`], for reading only.
///
/// # Errors
/// As [`directory`].
pub(super) fn read_only_directory(value: OsString) -> Result<Grant, String> {
    DirGrant::parse(&text(value)?, true).map(Grant::Dir)
}

/// `FOLDER` or `FOLDER::GUEST`, a folder of this machine.
///
/// # Errors
/// As [`DirGrant::parse`].
pub(super) fn folder(value: OsString) -> Result<Grant, String> {
    carried(value, false)
}

/// As [`folder`], to be changed in memory.
///
/// # Errors
/// As [`folder`].
pub(super) fn writable_folder(value: OsString) -> Result<Grant, String> {
    carried(value, true)
}

fn carried(value: OsString, writable: bool) -> Result<Grant, String> {
    let value = text(value)?;
    let (host, guest) = grant::split(&value, &value)?;
    Ok(Grant::Files(Folder { host: PathBuf::from(host), guest, writable }))
}

/// `NAME=VALUE` or `NAME`.
///
/// # Errors
/// As [`Variable::parse`].
pub(super) fn variable(value: OsString) -> Result<Variable, String> {
    Variable::parse(&text(value)?)
}

/// `KEY=VALUE`, apart.
///
/// # Errors
/// Without a `=`, or with nothing before it.
pub(super) fn pair(value: OsString) -> Result<(String, String), String> {
    let value = text(value)?;
    match value.split_once('=') {
        Some((key, text)) if !key.is_empty() => Ok((key.to_owned(), text.to_owned())),
        _ => Err("KEY=VALUE was expected".to_owned()),
    }
}
