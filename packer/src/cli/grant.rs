//! The values of `--dir`, `--dir-ro` and `--env`, and every other text that goes into the manifest.

use std::ffi::OsString;

use payload::DirGrant;

/// What stands between the host's name of a directory and the guest's.
const SEPARATOR: &str = "::";

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

/// `HOST` or `HOST::GUEST`. Without a guest's name the app sees the directory under the host's.
///
/// # Errors
/// For an empty name, and for more than one `::`.
pub(super) fn directory(value: OsString) -> Result<DirGrant, String> {
    let value = text(value)?;
    let (host, guest) = value.split_once(SEPARATOR).unwrap_or((&value, &value));
    if host.is_empty() {
        return Err("the host's directory is empty; HOST or HOST::GUEST was expected".to_owned());
    }
    if guest.is_empty() {
        return Err("the guest's name is empty; leave the :: out to use the host's".to_owned());
    }
    if value.matches(SEPARATOR).count() > 1 {
        return Err(format!("{SEPARATOR} stands in it more than once; HOST or HOST::GUEST was expected"));
    }
    Ok(DirGrant { host: host.to_owned(), guest: guest.to_owned(), read_only: false })
}

/// `NAME=VALUE`.
///
/// # Errors
/// Without a `=`, or with nothing before it.
pub(super) fn variable(value: OsString) -> Result<String, String> {
    let value = text(value)?;
    match value.find('=') {
        Some(1..) => Ok(value),
        Some(_) => Err("the variable has no name; NAME=VALUE was expected".to_owned()),
        None => Err("the variable has no value; NAME=VALUE was expected".to_owned()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn names(value: &str) -> Option<(String, String)> {
        directory(value.into()).ok().map(|grant| (grant.host, grant.guest))
    }

    #[test]
    fn directories_are_taken_as_written() {
        let both = |host: &str, guest: &str| Some((host.to_owned(), guest.to_owned()));
        assert_eq!(names("."), both(".", "."));
        assert_eq!(names("../a b/"), both("../a b/", "../a b/"));
        assert_eq!(names("/srv/data::/data"), both("/srv/data", "/data"));
        assert_eq!(names("C:\\x::/x"), both("C:\\x", "/x"));
        assert_eq!(names("a:b"), both("a:b", "a:b"));
    }

    #[test]
    fn empty_and_ambiguous_directories_are_refused() {
        for value in ["", "::/data", "/data::", "::", "a::b::c", "a::::b"] {
            assert_eq!(names(value), None, "{value}");
        }
    }

    #[test]
    fn variables_need_a_name_but_no_value() {
        assert_eq!(variable("A=".into()).as_deref(), Ok("A="));
        assert_eq!(variable("A=b=c".into()).as_deref(), Ok("A=b=c"));
        assert!(variable("A".into()).is_err());
        assert!(variable("=b".into()).is_err());
        assert!(variable("A=b\0c".into()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_refused() {
        use std::os::unix::ffi::OsStringExt;
        let value = OsString::from_vec(b"A=\xff".to_vec());
        assert!(variable(value.clone()).unwrap_err().contains("UTF-8"));
        assert!(directory(value).unwrap_err().contains("UTF-8"));
    }
}
