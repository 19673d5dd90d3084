//! The names in a path, where nothing is looked up: what is done with text alone.

/// `path` behind `origin`, both in the program's world, without `.`, and without `..` where a name is before it.
pub(crate) fn joined(origin: &str, path: &str) -> String {
    let absolute = origin.starts_with('/');
    let mut all: Vec<&str> = Vec::new();
    for name in names(origin).chain(names(path)) {
        match (name, all.last()) {
            ("..", Some(&last)) if last != ".." => drop(all.pop()),
            ("..", None) if absolute => {}
            _ => all.push(name),
        }
    }
    let all = all.join("/");
    match (absolute, all.is_empty()) {
        (true, _) => format!("/{all}"),
        (false, true) => ".".to_owned(),
        (false, false) => all,
    }
}

/// The names in a path but `.`.
pub(crate) fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split(is_separator).filter(|name| !matches!(*name, "" | "."))
}

/// The first name of a path that does not begin with a slash, and what follows behind its slashes.
pub(crate) fn split(path: &str) -> (&str, &str) {
    match path.find(is_separator) {
        Some(end) => (&path[..end], path[end..].trim_start_matches(is_separator)),
        None => (path, ""),
    }
}

/// What lies around the last name of `path`, with the separator behind it; `None` for a single name.
pub(crate) fn around(path: &str) -> Option<&str> {
    let path = path.trim_end_matches(is_separator);
    path.rfind(is_separator).map(|end| &path[..=end])
}

/// True for a path that names no more than where it begins.
pub(crate) fn is_itself(path: &str) -> bool {
    !path.starts_with(is_separator) && names(path).next().is_none()
}

/// True for what stands between names.
pub(crate) fn is_separator(c: char) -> bool {
    c == '/' || cfg!(windows) && c == '\\'
}
