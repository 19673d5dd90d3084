//! Parses the values of options, each alone.

use std::{ffi::OsString, path::PathBuf};

use payload::{Compiler, DirGrant, Variable, grant, info::is_seen};

use crate::{input::files::Folder, pack::Grant, release::Installer};

/// Notes the value of an option that is given once.
///
/// # Errors
/// None; as a value's note in a row.
pub(super) fn once<T>(place: &mut Option<T>, value: T) -> Result<(), String> {
    *place = Some(value);
    Ok(())
}

/// Notes one more value of an option.
///
/// # Errors
/// That of the value.
pub(super) fn each<T>(list: &mut Vec<T>, value: Result<T, String>) -> Result<(), String> {
    list.push(value?);
    Ok(())
}

/// Notes that an option without a value is given.
///
/// # Errors
/// None; as a value's note in a row.
pub(super) fn switch(place: &mut bool) -> Result<(), String> {
    *place = true;
    Ok(())
}

/// Whether this packer has Singlepass: a feature of the crate.
pub(super) const HAS_SINGLEPASS: bool = cfg!(feature = "singlepass");

/// The names of the compilers that it has.
pub(super) const COMPILERS: &[&str] =
    if HAS_SINGLEPASS { &["cranelift", "singlepass"] } else { &["cranelift"] };

/// A compiler.
///
/// # Errors
/// For another name; for that of one that this packer was built without, with the reason.
pub(super) fn compiler(value: OsString) -> Result<Compiler, String> {
    compiler_of(&text(value)?, HAS_SINGLEPASS)
}

/// The compiler called `name`, in a packer that `has_singlepass` or not.
fn compiler_of(name: &str, has_singlepass: bool) -> Result<Compiler, String> {
    match name {
        "cranelift" => Ok(Compiler::Cranelift),
        "singlepass" if has_singlepass => Ok(Compiler::Singlepass),
        "singlepass" => Err("this wasmpack was built without Singlepass, as releases are for its licence \
                             (docs/releasing.md); one that cargo builds has it. Leave the option out: cranelift makes faster code"
            .to_owned()),
        _ if has_singlepass => Err("must be cranelift or singlepass".to_owned()),
        _ => Err("must be cranelift".to_owned()),
    }
}

/// A compression level.
///
/// # Errors
/// If it is not a number, or not a level of zstd.
pub(super) fn level(value: OsString) -> Result<i32, String> {
    let text = text(value)?;
    let level = text.parse().ok().filter(|level| (1..=22).contains(level));
    level.ok_or_else(|| "must be a number from 1 to 22".to_owned())
}

/// Arguments written as one, split as a shell would.
///
/// # Errors
/// If a quotation does not end.
pub(super) fn words(value: OsString) -> Result<Vec<String>, String> {
    shlex::split(&text(value)?).ok_or_else(|| "a quotation in it does not end".to_owned())
}

/// A text for the manifest.
///
/// # Errors
/// If it is not UTF-8 or contains a NUL: the app could not receive it.
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
        return Err(format!("the character U+{:04X} in it is invisible", u32::from(c)));
    }
    match std::path::Path::new(&name).file_name() {
        // A path of the system's is what argv[0] can be; of another only the last part would be used, in silence.
        Some(_) if name.starts_with('/') || !name.contains('/') => Ok(name),
        Some(_) => Err("has a slash; choose a name without, such as notes".to_owned()),
        None => Err("must be a program's name, such as notes".to_owned()),
    }
}

/// A line for people.
///
/// # Errors
/// If it is empty, or has what is not seen.
pub(super) fn line(value: OsString) -> Result<String, String> {
    let line = text(value)?;
    if let Some(c) = line.chars().find(|c| !is_seen(*c)) {
        return Err(format!("the character U+{:04X} in it is invisible", u32::from(c)));
    }
    if line.trim().is_empty() { Err("must not be empty".to_owned()) } else { Ok(line) }
}

/// Adds a kind of installer to `kinds`, or all of them.
///
/// # Errors
/// For another word.
pub(super) fn installers(kinds: &mut Vec<Installer>, value: OsString) -> Result<(), String> {
    let name = text(value)?;
    if name == "all" {
        kinds.extend(Installer::ALL);
        return Ok(());
    }
    let kind = Installer::parse(&name).ok_or_else(|| {
        let names: Vec<&str> = Installer::ALL.into_iter().map(Installer::name).collect();
        format!("must be {}, or all", names.join(", "))
    })?;
    kinds.push(kind);
    Ok(())
}

/// An address on the web.
///
/// # Errors
/// As [`line`]; if it is none.
pub(super) fn homepage(value: OsString) -> Result<String, String> {
    let address = line(value)?;
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !address.contains(char::is_whitespace) => Ok(address),
        _ => Err("must be an address, such as https://notes.example".to_owned()),
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
        return Err("must have only letters, digits and .-+_~, such as 1.2.3".to_owned());
    }
    Ok(version)
}

/// A number of bytes, or of the units that K, M and G stand for: 1024 of the one before. A B or iB behind them changes nothing.
///
/// # Errors
/// For anything else.
pub(super) fn size(value: &str) -> Result<u64, String> {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = value.split_at(digits);
    let shift = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => Some(0),
        "k" | "kb" | "kib" => Some(10),
        "m" | "mb" | "mib" => Some(20),
        "g" | "gb" | "gib" => Some(30),
        _ => None,
    };
    let bytes =
        number.parse::<u64>().ok().zip(shift).and_then(|(number, shift)| number.checked_mul(1 << shift));
    bytes.ok_or_else(|| "must be a size, such as 64M or 2G".to_owned())
}

/// `HOST` or `HOST::GUEST`, a directory that is found when the executable runs.
///
/// # Errors
/// As [`DirGrant::parse`].
pub(super) fn directory(value: OsString, read_only: bool) -> Result<Grant, String> {
    DirGrant::parse(&text(value)?, read_only).map(Grant::Dir)
}

/// `PATH` or `PATH::GUEST`, a folder or file of this machine.
///
/// # Errors
/// As [`DirGrant::parse`].
pub(super) fn folder(value: OsString, writable: bool) -> Result<Grant, String> {
    let value = text(value)?;
    let (host, guest) = grant::split(&value, &value)?;
    if cfg!(not(windows)) && host == guest && grant::names_a_drive(&host) {
        return Err(grant::no_drive(&host));
    }
    Ok(Grant::Files(Folder { host: PathBuf::from(host), guest: guest.into(), writable }))
}

/// A name or glob, a line of a .gitignore.
///
/// # Errors
/// If it is not UTF-8, or says nothing.
pub(super) fn glob(value: OsString) -> Result<String, String> {
    let glob = text(value)?;
    match glob.trim().trim_start_matches('!') {
        "" => Err("must be a name or glob, such as *.log".to_owned()),
        comment if comment.starts_with('#') => Err(format!("begins with a comment; write \\{glob}")),
        _ => Ok(glob),
    }
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
        _ => Err("must be KEY=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_that_this_packer_lacks_is_told_with_the_reason() {
        assert_eq!(compiler_of("singlepass", true), Ok(Compiler::Singlepass));
        let why = compiler_of("singlepass", false).unwrap_err();
        assert!(
            why.starts_with("this wasmpack was built without Singlepass")
                && why.contains("docs/releasing.md")
        );
        assert_eq!(compiler_of("llvm", false), Err("must be cranelift".to_owned()));
        assert!(compiler("llvm".into()).unwrap_err().contains(&COMPILERS.join(" or ")));
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [
            ("0", 0),
            ("65536", 65536),
            ("64K", 65536),
            ("64kb", 65536),
            ("64 KiB", 65536),
            ("3M", 3 << 20),
            ("2g", 2 << 30),
            ("7B", 7),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "M", "1.5G", "-1", "1T", "1i", "1Mi", "1bb", "1 M B", "99999999999G"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
