//! The name under which a program sees a directory.

use std::{fmt, ops::Range};

/// The name under which a program sees a directory, as it was written. Two are equal if they are one name to a program.
#[derive(Clone, Debug, Default)]
pub struct GuestName {
    written: String,
    /// What is left of it for a program.
    path: Range<usize>,
}

impl GuestName {
    /// The name that is written so.
    pub fn new(written: impl Into<String>) -> GuestName {
        let written = written.into();
        let path = path(&written);
        GuestName { written, path }
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// What wasi-libc makes of it: without `/` and `./` in front, and `.` alone is nothing. A slash behind says nothing about a
    /// directory. So `/data`, `./data` and `data/` are one name, and so are `/` and `.`.
    pub fn path(&self) -> &str {
        &self.written[self.path.clone()]
    }

    /// True for the root of what a program sees.
    pub fn is_root(&self) -> bool {
        self.path.is_empty()
    }

    /// True for the root written as where one stands.
    pub fn is_relative_root(&self) -> bool {
        self.is_root() && !self.written.starts_with('/')
    }

    /// What `other` is below this directory, or nothing if it is this one; `None` if it lies elsewhere.
    pub fn below<'a>(&self, other: &'a GuestName) -> Option<&'a str> {
        let rest = other.path().strip_prefix(self.path())?;
        let is_below = self.is_root() || rest.is_empty() || rest.starts_with('/');
        is_below.then(|| rest.trim_start_matches('/'))
    }
}

/// Where the path lies in a name.
fn path(written: &str) -> Range<usize> {
    let whole = written.trim_end_matches('/');
    let mut rest = whole;
    while let Some(shorter) = rest.strip_prefix('/').or_else(|| rest.strip_prefix("./")) {
        rest = shorter;
    }
    let end = whole.len();
    if rest == "." { end..end } else { end - rest.len()..end }
}

impl PartialEq for GuestName {
    fn eq(&self, other: &GuestName) -> bool {
        self.path() == other.path()
    }
}

impl Eq for GuestName {}

impl fmt::Display for GuestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl From<&str> for GuestName {
    fn from(written: &str) -> GuestName {
        GuestName::new(written)
    }
}

impl From<String> for GuestName {
    fn from(written: String) -> GuestName {
        GuestName::new(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_one_to_a_program_are_one_here() {
        for names in [
            &["", "/", ".", "./", "//", "/.", "/./", ".//", "././", "./."][..],
            &["a", "/a", "./a", "a/", "//a//", "././a", "/./a", ".//a"],
            &["a/b", "/a/b/"],
        ] {
            for name in names {
                assert_eq!(GuestName::from(*name), GuestName::from(names[0]), "{name}");
                assert_eq!(GuestName::from(*name).to_string(), *name);
            }
        }
        for name in ["..", ".a", "a/.", "a/./b", "a//b", "...", "../a"] {
            assert_eq!(GuestName::from(name).path(), name);
        }
    }

    #[test]
    fn roots_are_told_and_so_is_what_lies_below() {
        for name in [".", "./", "././", ""] {
            assert!(GuestName::from(name).is_relative_root(), "{name}");
        }
        for name in ["/", "/.", "a", "./a"] {
            assert!(!GuestName::from(name).is_relative_root(), "{name}");
        }
        let below =
            |name: &str, other: &str| GuestName::from(name).below(&GuestName::from(other)).map(str::to_owned);
        assert_eq!(below("/data", "data/a/b"), Some("a/b".to_owned()));
        assert_eq!(below("/data", "./data/"), Some(String::new()));
        assert_eq!(below("/", "x"), Some("x".to_owned()));
        assert_eq!(below("/data", "/database"), None);
    }
}
