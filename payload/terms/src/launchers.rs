//! The folder in which files for all Unix targets keep their launchers. No program reaches a folder of this name, whatever it was
//! granted: what it put there would run outside of the sandbox.

/// The folder's name, below the user's folder of caches.
pub const FOLDER: &str = "wasmpack-launchers";

/// How FAT begins a short name of it, before a number.
const SHORT: &str = "wasmpa~";

/// True if a part of `path` is [`FOLDER`], or is taken for it by a file system that makes no difference of capitals, leaves out
/// characters that are not seen or dots and blanks at the end, or has short names as well.
pub fn is_in(path: &str) -> bool {
    path.len() > SHORT.len() && path.split(['/', '\\']).any(means)
}

fn means(part: &str) -> bool {
    if part.get(..SHORT.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(SHORT)) {
        return true;
    }
    let folded = part.trim_end_matches(['.', ' ']).chars().filter_map(|char| match char {
        // The two characters beyond ASCII whose other case is a letter of the name.
        '\u{17f}' => Some('s'),
        '\u{212a}' => Some('k'),
        char => char.is_ascii().then(|| char.to_ascii_lowercase()),
    });
    folded.eq(FOLDER.chars())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_known_in_every_spelling() {
        for path in [
            "wasmpack-launchers",
            "/home/ada/.cache/wasmpack-launchers/linux-x86_64-0",
            "../x/./Wasmpack-LAUNCHERS/",
            "wa\u{17f}mpac\u{212a}-launchers",
            "wasm\u{200c}pack-launchers/x",
            "c:\\wasmpack-launchers",
            ".cache/wasmpack-launchers./x",
            "wasmpack-launchers .. /x",
            "WASMPA~1/x",
        ] {
            assert!(is_in(path), "{path}");
        }
        for path in [
            "",
            "wasmpack",
            "wasmpack-launchers2/x",
            "my-wasmpack-launchers",
            "wasmpack-/launchers",
            "wasmpa",
            "x~1",
        ] {
            assert!(!is_in(path), "{path}");
        }
    }
}
