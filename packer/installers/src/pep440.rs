//! Versions as Python has them (PEP 440).

/// The version of a wheel for `version`: Python's spelling of it, normalised.
///
/// # Errors
/// Why Python has none.
pub(crate) fn version(version: &str) -> Result<String, &'static str> {
    if version.contains('+') {
        return Err("PyPI takes no version with a + in it");
    }
    const WRONG: &str = "Python takes numbers with dots, and then at most a pre-release of alpha, beta or rc, such as 1.2.3 or 1.2.3-rc.1";
    let text = version.to_ascii_lowercase();
    let text = text.strip_prefix('v').unwrap_or(&text);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (release, mut rest) = text.split_at(end);
    let numbers: Option<Vec<String>> = release.trim_end_matches('.').split('.').map(plain).collect();
    let mut normal = numbers.ok_or(WRONG)?.join(".");
    if release.ends_with("..") {
        return Err(WRONG);
    }
    if release.ends_with('.') {
        // A dot before a word separates it.
        rest = &text[end - 1..];
    }
    for (words, spelled) in [
        (&["alpha", "a"][..], "a"),
        (&["beta", "b"], "b"),
        (&["preview", "pre", "rc", "c"], "rc"),
        (&["post", "rev", "r"], ".post"),
        (&["dev"], ".dev"),
    ] {
        let word = rest.strip_prefix(['-', '_', '.']).unwrap_or(rest);
        let Some(behind) = words.iter().find_map(|name| word.strip_prefix(name)) else { continue };
        let number = behind
            .strip_prefix(['-', '_', '.'])
            .filter(|text| text.starts_with(|c: char| c.is_ascii_digit()));
        let number = number.unwrap_or(behind);
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        let (digits, behind) = number.split_at(end);
        normal += spelled;
        normal += &if digits.is_empty() { "0".to_owned() } else { plain(digits).ok_or(WRONG)? };
        rest = behind;
        if spelled == "a" || spelled == "b" {
            // One of these at most.
            let word = rest.trim_start_matches(['-', '_', '.']);
            if ["beta", "b", "preview", "pre", "rc", "c"].iter().any(|other| word.starts_with(other)) {
                return Err(WRONG);
            }
        }
    }
    if rest.is_empty() { Ok(normal) } else { Err(WRONG) }
}

/// A number without zeros before it.
fn plain(digits: &str) -> Option<String> {
    let is_number = !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit());
    let short = digits.trim_start_matches('0');
    is_number.then(|| if short.is_empty() { "0".to_owned() } else { short.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn semantic_versions_become_pythons() {
        for (text, python) in [
            ("1.2.3", "1.2.3"),
            ("1", "1"),
            ("01.002", "1.2"),
            ("v2.0", "2.0"),
            ("1.2.3-rc.1", "1.2.3rc1"),
            ("1.2.3-alpha", "1.2.3a0"),
            ("1.2.3-beta.11", "1.2.3b11"),
            ("1.2.3rc1", "1.2.3rc1"),
            ("1.0.0-pre.2", "1.0.0rc2"),
            ("1.0.post1", "1.0.post1"),
            ("1.0.dev3", "1.0.dev3"),
            ("1.0a1.post2.dev3", "1.0a1.post2.dev3"),
            ("2026.11.27", "2026.11.27"),
        ] {
            assert_eq!(version(text).as_deref(), Ok(python), "{text}");
        }
        for text in [
            "",
            "x",
            "1.2.3+5",
            "1.2.3-nightly",
            "1..2",
            "1.2.3-alpha.1.2",
            "1.a1b1",
            "1.2.",
            "1.2..rc1",
            "1.2.3-rc.1-x",
            "~1",
        ] {
            assert!(version(text).is_err(), "{text}: {:?}", version(text));
        }
    }
}
