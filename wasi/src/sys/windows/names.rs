//! Names that lie in no directory, whatever they look like.

/// True for a path whose form names a drive, a device or an alternate stream: none of these lies in a directory.
/// cap-std refuses most of them as well; a sandbox may look twice.
pub(crate) fn leaves_directory(path: &str) -> bool {
    path.split(['/', '\\']).any(|name| name.contains(':') || is_device(name))
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
    fn drives_devices_and_streams_leave_the_directory() {
        for path in ["C:", "C:/x", "a/b:c", "NUL", "a/con.txt", "aux .", "COM1", "x/lpt9.log", "conout$"] {
            assert!(leaves_directory(path), "{path}");
        }
        for path in ["a", "con1", "nullable", "com0", "a/b.c"] {
            assert!(!leaves_directory(path), "{path}");
        }
    }
}
