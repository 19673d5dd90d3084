//! Names that lie in no directory, whatever they look like.

/// True for a path whose form names a drive, a device or an alternate stream: none of these lies in a directory.
/// cap-std refuses most of them as well; a sandbox may look twice.
pub(crate) fn leaves_directory(path: &str) -> bool {
    path.split(['/', '\\']).any(|name| name.contains(':') || is_device(name))
}

/// The drive that a path names in full (`C:/x`, `C:\x`), and what follows. A name before it is where a C library or runtime put
/// what it did not know for an absolute path.
pub(crate) fn drive(path: &str) -> Option<(u8, &str)> {
    let is_separator = |c: char| matches!(c, '/' | '\\');
    let starts = std::iter::once(0).chain(path.match_indices(is_separator).map(|(at, _)| at + 1));
    let drives = starts.filter_map(|at| match path.as_bytes()[at..] {
        [letter, b':', ref rest @ ..] if letter.is_ascii_alphabetic() => {
            let whole = rest.first().is_none_or(|&next| is_separator(next.into()));
            whole.then(|| (letter.to_ascii_uppercase(), path[at + 2..].trim_start_matches(is_separator)))
        }
        _ => None,
    });
    drives.last()
}

/// True for CON, NUL and the like, also with an extension or with spaces and dots behind, which Windows ignores.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end_matches([' ', '.']).to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|n| {
            matches!(n, "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "\u{b9}" | "\u{b2}" | "\u{b3}")
        })
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || numbered("COM")
        || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drive_is_told_with_what_follows() {
        assert_eq!(drive(r"C:\x\y"), Some((b'C', r"x\y")));
        assert_eq!(drive("d:/x"), Some((b'D', "x")));
        assert_eq!(drive("C:"), Some((b'C', "")));
        assert_eq!(drive(r"proj/C:\x"), Some((b'C', "x")));
        for path in ["x", "C:x", "a/b:c", "1:/x", ""] {
            assert_eq!(drive(path), None, "{path}");
        }
    }

    #[test]
    fn drives_devices_and_streams_leave_the_directory() {
        for path in ["C:", "C:/x", "a/b:c", "NUL", "a/con.txt", "aux .", "COM1", "x/lpt9.log", "conout$"] {
            assert!(leaves_directory(path), "{path}");
        }
        for path in ["a", "con1", "nullable", "com0", "a/b.c"] {
            assert!(!leaves_directory(path), "{path}");
        }
    }
}
