//! Checks names and versions of programs that become parts of file names. They cannot be trusted: an executable that is packed
//! again has its own.

use payload::{
    Target,
    info::{is_seen, printable},
    target::Os,
};

/// The most bytes of a name, and of a version. With both of them, a target and the ending of a signature, names of files stay below
/// the 255 bytes that file systems have room for.
const MOST: usize = 100;

/// Checks that `text`, a name or a version, can be part of the name of a file for `target`, on any system.
///
/// # Errors
/// The text and its problem; the caller puts "the name" or "the version" before it.
pub fn check(text: &str, target: Target) -> Result<(), String> {
    let fail = |why: &str| Err(format!("{} cannot be part of a file's name: {why}", quoted(text)));
    if text.is_empty() {
        return fail("it is empty");
    }
    if text.len() > MOST {
        return fail(&format!("it has more than {MOST} bytes"));
    }
    if text.contains(['/', '\\']) {
        return fail("it has a path separator");
    }
    if matches!(text, "." | "..") {
        return fail("it names a folder");
    }
    if let Some(c) = text.chars().find(|c| !is_seen(*c)) {
        return fail(&format!("it has the invisible character U+{:04X}", u32::from(c)));
    }
    if target.os() != Os::Windows {
        return Ok(());
    }
    windows(text).map_or(Ok(()), |why| fail(&why))
}

/// Why Windows has no file that is called `name`.
pub fn windows(name: &str) -> Option<String> {
    if let Some(c) = name.chars().find(|c| r#"<>:"|?*\/"#.contains(*c) || *c < ' ') {
        return Some(format!("Windows has no names with {}", printable(&c.to_string())));
    }
    if name.ends_with(['.', ' ']) {
        return Some("Windows has no names that end with a dot or a space".to_owned());
    }
    is_device(name).then(|| "for Windows it names a device".to_owned())
}

/// As [`check`], for a program's name, with which files' names begin.
///
/// # Errors
/// As [`check`], and for a name that commands would take for an option.
pub fn check_first(name: &str, target: Target) -> Result<(), String> {
    if name.starts_with('-') {
        return Err(format!(
            "{} cannot begin a file's name: commands would take it for an option",
            quoted(name)
        ));
    }
    check(name, target)
}

/// Whether Windows takes a file of this name, whatever its extension, for a device.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |of: &str| {
        let number = stem.strip_prefix(of).map(|rest| rest.chars().collect::<Vec<_>>());
        number.is_some_and(|rest| matches!(rest[..], ['0'..='9' | '¹' | '²' | '³']))
    };
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&stem.as_str())
        || numbered("COM")
        || numbered("LPT")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", printable(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_elsewhere_is_refused_for_all_targets() {
        for target in Target::ALL {
            for text in
                ["", ".", "..", "../x", "a/b", "/", "a\\b", "a\nb", "a\x1b[2Jb", "a\u{202e}b", "a\u{200b}"]
            {
                assert!(check(text, target).is_err(), "{text:?}");
            }
            for text in
                ["notes", "1.2.3", "a b", "...", "-", "größe", "日本", "a..b", "com", "console", "1.2+x~3"]
            {
                let is_ended_by_dot = text.ends_with('.') && target == Target::WindowsX86_64;
                assert_eq!(check(text, target).is_err(), is_ended_by_dot, "{text:?}");
            }
            assert!(
                check(&"x".repeat(MOST), target).is_ok() && check(&"x".repeat(MOST + 1), target).is_err()
            );
        }
    }

    #[test]
    fn no_files_name_begins_with_a_dash() {
        for name in ["-", "-rf", "--help"] {
            assert!(
                check_first(name, Target::LinuxX86_64).is_err() && check(name, Target::LinuxX86_64).is_ok()
            );
        }
        assert!(check_first("a-b", Target::LinuxX86_64).is_ok());
    }

    #[test]
    fn what_windows_takes_for_something_else_is_refused_there() {
        for text in [
            "con", "NUL.txt", "aux .x", "Com1", "lpt9", "COM²", "CONOUT$", "a:b", "a?", "x.", "x ", "a*",
            "\"a\"",
        ] {
            assert!(check(text, Target::WindowsX86_64).is_err(), "{text:?}");
            assert!(check(text, Target::LinuxX86_64).is_ok(), "{text:?}");
        }
    }
}
