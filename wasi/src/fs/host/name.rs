//! A path for the system: without the slashes behind it, which it may take for leave to follow a link.
//!
//! POSIX wants a directory where a slash stands behind a name. Systems differ in what else they make of it: Linux renames no
//! link by `link/`, Darwin renames what it leads to, wherever that is. So none is ever handed one. A path that is followed
//! gets the dot that POSIX says a slash stands for; for a name that is not followed the verb itself decides.

use std::borrow::Cow;

use super::super::names::is_separator;

/// A path, and whether slashes stood behind the name at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name<'p> {
    pub(super) path: &'p str,
    /// True if a directory was asked for. Never for `.` and `..`, which are directories anyway.
    pub(super) slash: bool,
}

impl<'p> Name<'p> {
    pub(super) fn of(path: &'p str) -> Name<'p> {
        // Nearly all paths are as they are to be.
        if !path.ends_with(is_separator) {
            return Name { path, slash: false };
        }
        let trimmed = path.trim_end_matches(is_separator);
        if trimmed.is_empty() {
            // The root of the host: what resolves the path refuses it.
            return Name { path: "/.", slash: false };
        }
        let last = trimmed.rsplit(is_separator).next();
        Name { path: trimmed, slash: !matches!(last, Some("." | "..")) }
    }

    /// The path for a call that follows a link at its end.
    pub(super) fn followed(self) -> Cow<'p, str> {
        if self.slash { Cow::Owned(format!("{}/.", self.path)) } else { Cow::Borrowed(self.path) }
    }

    /// The directory around it, if the path names one.
    pub(super) fn parent(&self) -> Option<&str> {
        self.path.rfind(is_separator).map(|slash| &self.path[..slash])
    }
}

/// `path` for a call that follows a link at its end.
pub(super) fn followed(path: &str) -> Cow<'_, str> {
    Name::of(path).followed()
}

/// True for a path that wants a directory at its end. A symbolic link there is followed, whatever the call.
pub(super) fn wants_directory(path: &str) -> bool {
    let Name { path, slash } = Name::of(path);
    slash || path.strip_suffix('.').is_some_and(|rest| rest.ends_with(is_separator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_keeps_a_slash_behind_it() {
        for (path, name, slash, follow) in [
            ("a", "a", false, "a"),
            ("a/", "a", true, "a/."),
            ("a//b///", "a//b", true, "a//b/."),
            ("a/.", "a/.", false, "a/."),
            ("a/./", "a/.", false, "a/."),
            ("../", "..", false, ".."),
            ("a/..//", "a/..", false, "a/.."),
            (".", ".", false, "."),
            ("..a/", "..a", true, "..a/."),
            ("/", "/.", false, "/."),
            ("//", "/.", false, "/."),
            ("/a/", "/a", true, "/a/."),
            ("", "", false, ""),
        ] {
            assert_eq!(Name::of(path), Name { path: name, slash }, "{path}");
            assert_eq!(followed(path), follow, "{path}");
        }
        assert!(["a/", "a/.", "a/./", "a//"].into_iter().all(wants_directory));
        assert!(!["a", ".", "./", "a.", "a/..", "a/../"].into_iter().any(wants_directory));
    }

    #[test]
    fn the_directory_around_a_name() {
        let parents = ["a", "a/b/", "a//b", "/a"].map(|path| Name::of(path).parent().map(str::to_owned));
        assert_eq!(parents, [None, Some("a".into()), Some("a/".into()), Some(String::new())]);
    }
}
