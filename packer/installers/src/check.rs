//! Names, versions and addresses, as those who take them allow.

use crate::meta::{Fault, Key, Meta};

/// The most bytes of a name, and of a version: the name of a wheel has both, and names of systems. File systems have room for 255.
const MOST_NAME: usize = 100;
const MOST_VERSION: usize = 64;

/// The program's name: a command that can be typed and stands in files of every language without being quoted.
pub(crate) fn command(meta: &Meta) -> Result<&str, Fault> {
    let name = meta.name.as_str();
    let fits = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    let is_long = name.len() > MOST_NAME;
    if is_long || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.chars().all(fits) {
        return Err(Key::Name.fault(format!(
            "{name:?} cannot be installed as a command; take ASCII letters, digits and ._+-, {MOST_NAME} at most, such as notes"
        )));
    }
    Ok(name)
}

/// The version, which is part of file names and addresses.
pub(crate) fn version(meta: &Meta) -> Result<&str, Fault> {
    let version = meta.version.as_deref().unwrap_or_default();
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-+_~".contains(c);
    if version.is_empty() || version.len() > MOST_VERSION || !version.chars().all(fits) {
        return Err(Key::Version.fault(format!(
            "{version:?} must have only letters, digits and .-+_~, {MOST_VERSION} at most, such as 1.2.3"
        )));
    }
    Ok(version)
}

/// The address below which archives lie, without a slash at its end.
pub(crate) fn download_url(meta: &Meta) -> Result<String, Fault> {
    let given = meta.download_url.as_deref().unwrap_or_default();
    let wrong = |why: &str| Err(Key::DownloadUrl.fault(format!("{given:?} {why}")));
    let address = given.replace("{version}", version(meta)?).replace("{name}", command(meta)?);
    let host = address.strip_prefix("https://").or_else(|| {
        // Nobody else hears what is sent to the machine itself.
        let host = address.strip_prefix("http://")?;
        let name = host.split(['/', ':']).next().unwrap_or_default();
        ["127.0.0.1", "localhost"].contains(&name).then_some(host)
    });
    let Some(host) = host else {
        return wrong(match address.starts_with("http://") {
            true => {
                "must begin with https://, since others could change what is sent; http:// is for this machine alone (127.0.0.1)"
            }
            false => "must be an address, such as https://notes.example/releases/{version}",
        });
    };
    if host.starts_with('/') || host.is_empty() {
        return wrong("names no host");
    }
    // RFC 3986, without what begins a query or a fragment: names of archives come behind it.
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._~:/@!$&'()*+,;=%[]".contains(c);
    match address.chars().find(|c| !fits(*c)) {
        Some('?' | '#') => wrong("has a query or a fragment; names of archives are put behind it"),
        Some('{' | '}') => wrong("has a brace; {version} and {name} can stand in it"),
        Some(_) => wrong("has a character that no address has; write it as %XX"),
        None => Ok(address.trim_end_matches('/').to_owned()),
    }
}

/// The package's name on npm, and without its scope.
pub(crate) fn npm_name(meta: &Meta) -> Result<(&str, &str), Fault> {
    let name = meta.npm_name.as_deref().unwrap_or(&meta.name);
    let part = |text: &str| {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()) && text.chars().all(fits)
    };
    let bare = match name.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').filter(|(scope, _)| part(scope)).map(|(_, bare)| bare),
        None => Some(name),
    };
    let is_taken = |name: &str| ["node_modules", "favicon.ico"].contains(&name);
    match bare.filter(|bare| part(bare) && !is_taken(bare) && name.len() <= MOST_NAME) {
        Some(bare) => Ok((name, bare)),
        None => Err(Key::NpmName.fault(format!(
            "{name:?} cannot be a package's on npm; choose one of a-z, 0-9 and ._-, {MOST_NAME} at most, such as npm-name = \"@ada/notes\""
        ))),
    }
}

/// The version for npm.
pub(crate) fn npm_version(meta: &Meta) -> Result<&str, Fault> {
    let version = version(meta)?;
    let number = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    let is_short = |text: &str| number(text) && (text == "0" || !text.starts_with('0')) && text.len() < 16;
    let (rest, build) = version.split_once('+').map_or((version, None), |(rest, build)| (rest, Some(build)));
    let (core, before) = rest.split_once('-').map_or((rest, None), |(core, before)| (core, Some(before)));
    let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let parts: Vec<&str> = core.split('.').collect();
    let is_good = parts.len() == 3
        && parts.iter().all(|part| is_short(part))
        && before
            .is_none_or(|text| text.split('.').all(|part| word(part) && (!number(part) || is_short(part))))
        && build.is_none();
    if is_good {
        return Ok(version);
    }
    let why = match build {
        Some(_) => "npm leaves out what stands behind +, so two builds would be one",
        None => {
            "npm takes three numbers, and what comes before a release behind a -, such as 1.2.3 or 1.2.3-rc.1"
        }
    };
    Err(Key::Version.fault(format!("{version:?}: {why}")))
}

/// The package's name on PyPI, normalised, with `_` for `-`, as it stands in names of files.
pub(crate) fn pypi_name(meta: &Meta) -> Result<String, Fault> {
    let name = meta.pypi_name.as_deref().unwrap_or(&meta.name);
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let is_long = name.len() > MOST_NAME;
    if is_long || !is_end(name.chars().next()) || !is_end(name.chars().last()) || !name.chars().all(fits) {
        return Err(Key::PypiName.fault(format!(
            "{name:?} cannot be a package's on PyPI; choose one of letters, digits and ._-, {MOST_NAME} at most, such as pypi-name = \"ada-notes\""
        )));
    }
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    Ok(words.collect::<Vec<_>>().join("_").to_ascii_lowercase())
}

/// A text for people that stays in its line: what a terminal would not show is left out.
pub(crate) fn line(text: Option<&str>) -> Option<String> {
    let text = text?;
    let shown = |c: char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
    let text: String = text.chars().map(|c| if shown(c) { c } else { ' ' }).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(name: &str, version: &str, url: &str) -> Meta {
        let some = |text: &str| Some(text.to_owned());
        Meta { name: name.to_owned(), version: some(version), download_url: some(url), ..Meta::default() }
    }

    #[test]
    fn names_are_what_each_takes() {
        for name in ["notes", "a.b-c_d", "7z"] {
            let meta = meta(name, "1", "");
            assert!(command(&meta).is_ok() && npm_name(&meta).is_ok() && pypi_name(&meta).is_ok(), "{name}");
        }
        for name in
            ["", "-x", ".x", "a b", "a'b", "a\"b", "a$(b)", "a`b`", "größe", "a\nb", "a/b", "../x", "a;b"]
        {
            let meta = meta(name, "1", "");
            assert!(
                command(&meta).is_err() && npm_name(&meta).is_err() && pypi_name(&meta).is_err(),
                "{name}"
            );
        }
        let longest = "x".repeat(MOST_NAME);
        for (name, is_good) in [(longest.clone(), true), (longest + "x", false)] {
            let meta = meta(&name, "1", "");
            assert_eq!(command(&meta).is_ok(), is_good);
            assert_eq!((npm_name(&meta).is_ok(), pypi_name(&meta).is_ok()), (is_good, is_good));
        }
        assert_eq!(pypi_name(&meta("A--b_.C", "1", "")).unwrap(), "a_b_c");
        let named = |npm: &str| Meta { npm_name: Some(npm.to_owned()), ..meta("Notes", "1", "") };
        assert!(npm_name(&meta("Notes", "1", "")).is_err());
        assert_eq!(npm_name(&named("@me/notes")).unwrap(), ("@me/notes", "notes"));
        for name in ["@/x", "@me", "@me/", "@me/x/y", "@Me/x", "me/x", "node_modules", "_x"] {
            assert!(npm_name(&named(name)).is_err(), "{name}");
        }
    }

    #[test]
    fn npm_takes_semantic_versions() {
        for version in ["1.2.3", "0.0.1", "1.2.3-rc.1", "1.0.0-alpha-x.7"] {
            assert!(npm_version(&meta("x", version, "")).is_ok(), "{version}");
        }
        for version in [
            "1.2",
            "1.2.3.4",
            "01.2.3",
            "1.2.3-",
            "1.2.3-01",
            "1.2.3rc1",
            "1.2.3+5",
            "v1.2.3",
            "",
            "1.2.3-a..b",
        ] {
            assert!(npm_version(&meta("x", version, "")).is_err(), "{version}");
        }
    }

    #[test]
    fn addresses_stay_addresses() {
        let url = |url: &str| download_url(&meta("notes", "1.2", url));
        assert_eq!(url("https://a.example/{name}/v{version}/").unwrap(), "https://a.example/notes/v1.2");
        assert!(url("http://127.0.0.1:8000").is_ok() && url("https://a.example/it's($x)").is_ok());
        for bad in [
            "http://a.example",
            "ftp://a",
            "a.example",
            "https://",
            "https:///x",
            "https://a/{x}",
            "https://a/\"",
            "https://a/ b",
            "https://a/`id`",
            "https://a/\n",
            "https://a/?x=",
            "https://a/#x",
            "https://ä.example",
            "http://127.0.0.1.evil/",
        ] {
            assert!(url(bad).is_err(), "{bad}");
        }
    }
}
