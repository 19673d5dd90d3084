//! How people write two names of a directory: `HOST::GUEST`.

/// What stands between the host's name of a directory and the guest's.
const SEPARATOR: &str = "::";

/// Reads `HOST` or `HOST::GUEST` as two names; `guest` is the second where it is left out.
///
/// # Errors
/// As [`DirGrant::parse`].
pub fn split(text: &str, guest: &str) -> Result<(String, String), String> {
    let (host, guest) = text.split_once(SEPARATOR).unwrap_or((text, guest));
    if host.is_empty() {
        return Err("the host's directory is empty; HOST or HOST::GUEST was expected".to_owned());
    }
    if guest.is_empty() {
        return Err("the guest's name is empty; leave the :: out to use the host's".to_owned());
    }
    if text.matches(SEPARATOR).count() > 1 {
        return Err(format!("{SEPARATOR} stands in it more than once; HOST or HOST::GUEST was expected"));
    }
    if text.contains('\0') {
        return Err("a NUL byte cannot be part of a name".to_owned());
    }
    if !text.contains(SEPARATOR)
        && let Some(colon) = single_colon(text)
    {
        return Err(not_docker(text, colon));
    }
    Ok((host.to_owned(), guest.to_owned()))
}

/// Whether `text` begins with a drive of Windows: `C:`, `C:\x`. Elsewhere that is a colon like any other.
pub fn names_a_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':'] | [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}

/// Where a colon stands in `text` that is not the one of a drive.
fn single_colon(text: &str) -> Option<usize> {
    let drive = if names_a_drive(text) { 2 } else { 0 };
    text[drive..].find(':').map(|at| drive + at)
}

/// What to write instead of `text`, which begins with a drive where there are none.
pub fn no_drive(text: &str) -> String {
    not_docker(text, 1)
}

/// What to write instead of `text`, which has a colon where other tools separate names.
fn not_docker(text: &str, colon: usize) -> String {
    let (host, guest) = (&text[..colon], &text[colon + 1..]);
    let guest = match guest.rsplit_once(':') {
        Some((guest, "ro" | "rw")) => guest,
        _ => guest,
    };
    let meant = match (host, guest) {
        ("", _) | (_, "" | "ro" | "rw") => "HOST::GUEST".to_owned(),
        _ => format!("{host}::{guest}"),
    };
    format!(
        "two names are separated by two colons: {meant}; a path with a colon in it needs both names: {text}::GUEST"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_colon_is_no_separator_and_the_right_spelling_is_told() {
        for (text, spelling) in [
            (".:/work", ".::/work;"),
            (".:/work:ro", ".::/work;"),
            ("/srv/a b:/data:rw", "/srv/a b::/data;"),
            (r"C:\data:/data", r"C:\data::/data;"),
            ("C:/data:/data:ro", "C:/data::/data;"),
            ("a:b", "a:b::GUEST"),
            ("xy:", "HOST::GUEST;"),
            (":/x", "HOST::GUEST;"),
            ("C:data", "C::data;"),
        ] {
            let error = split(text, text).unwrap_err();
            assert!(error.contains(spelling), "{text}: {error}");
        }
        for (text, host) in
            [("C:", "C:"), (r"C:\x", r"C:\x"), ("d:/x y", "d:/x y"), ("a:b::/x", "a:b"), ("a:b::a:b", "a:b")]
        {
            assert_eq!(split(text, text).unwrap().0, host, "{text}");
        }
    }
}
