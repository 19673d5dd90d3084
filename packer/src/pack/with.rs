//! Names and files of programs that are carried beside the app: it may become them, or start them.

use std::path::PathBuf;

use payload::{
    info::{is_seen, printable},
    program::MAX_NAME,
};

/// A program that is carried, and the names under which the app finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct With {
    /// The names.
    pub names: Vec<String>,
    /// A .wasm module, WebAssembly text or a component.
    pub file: PathBuf,
}

impl With {
    /// Reads `NAME[,NAME...]=FILE`.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<With, String> {
        let (names, file) = text
            .split_once('=')
            .filter(|(_, file)| !file.is_empty())
            .ok_or("must be NAME=FILE, such as grep=grep.wasm")?;
        let names: Vec<String> = names.split(',').map(str::to_owned).collect();
        names.iter().try_for_each(|name| check(name))?;
        Ok(With { names, file: file.into() })
    }
}

/// Checks the name of a program.
pub(super) fn check(name: &str) -> Result<(), String> {
    let fail = |why: &str| Err(format!("the name {:?} {why}", printable(name)));
    match name {
        "" => Err("a name is empty; write NAME=FILE, such as grep=grep.wasm".to_owned()),
        "." | ".." => fail("is that of a directory; choose another"),
        _ if name.contains('/') => {
            fail("has a slash; programs have no directories but /bin: write the name alone")
        }
        _ if name.len() > MAX_NAME => fail(&format!("is longer than {MAX_NAME} bytes; choose a shorter one")),
        _ if name.chars().any(|c| !is_seen(c)) => fail("has characters that are not seen; choose another"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_a_file_are_read_and_bad_names_are_told() {
        let with = With::parse("ls,cat=tools/core=utils.wasm").unwrap();
        assert_eq!(
            (with.names.join("+"), with.file.to_str()),
            ("ls+cat".to_owned(), Some("tools/core=utils.wasm"))
        );
        for (text, why) in [
            ("grep.wasm", "must be NAME=FILE"),
            ("grep=", "must be NAME=FILE"),
            ("=grep.wasm", "a name is empty"),
            ("a,,b=grep.wasm", "a name is empty"),
            (".=x", "\".\" is that of a directory"),
            ("..=x", "\"..\" is that of a directory"),
            ("bin/grep=x", "\"bin/grep\" has a slash"),
            ("a\u{200b}=x", "not seen"),
            (&format!("{}=x", "a".repeat(256)), "is longer than 255 bytes"),
        ] {
            let error = With::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
