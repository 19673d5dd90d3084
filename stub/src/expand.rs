//! Host paths as they were written when packing: `~` and `$NAME` are what they are for whoever runs the program.

use std::path::Path;

use payload::DirGrant;

use crate::fail::Failure;

/// The path that `written` means: `~` alone or before a `/` is the home directory, `$NAME` and `${NAME}` are variables,
/// `$$` is a dollar sign. A variable that is empty is taken for one that is not set: it would turn `$DIR/` into the root.
pub(crate) fn path(written: &str) -> Result<String, Failure> {
    let variable = |name: &str| {
        // Variables are those of whoever starts it. They must not say what a program with more rights than theirs is granted.
        let taken = if crate::sys::process::is_privileged() { None } else { std::env::var(name).ok() };
        taken.filter(|value| !value.is_empty())
    };
    expanded(written, variable).map_err(|missing| {
        if crate::sys::process::is_privileged() {
            return Failure::new(format!(
                "the directory {written:?}, which is granted to the program, is named by a variable of whoever starts it; \
                 with rights of its own (set-user-ID, set-group-ID or capabilities) it takes none: pack it with the \
                 directory's own path"
            ));
        }
        Failure::new(format!(
            "cannot find the directory {written:?}, which is granted to the program: {missing}; set it, or grant \
             another directory with {}",
            payload::grant::OPTIONS
        ))
    })
}

/// The text that [`path`] expands to `meant`.
pub(crate) fn escaped(meant: &str) -> String {
    let written = meant.replace('$', "$$");
    if written.starts_with('~') { format!("./{written}") } else { written }
}

/// The option `name` that grants the directory `host` as `guest`; `None` if no text says just that: a name may hold what
/// separates two.
pub(crate) fn option(name: &str, host: &Path, guest: &str) -> Option<String> {
    let host = host.to_str()?;
    let written = escaped(host);
    let value = if written == guest { written } else { format!("{written}::{guest}") };
    let grant = DirGrant::parse(&value, false).ok()?;
    let meant = path(&grant.host).ok()?;
    let is_this = meant == host || meant.strip_prefix("./") == Some(host);
    (is_this && grant.guest.as_str() == guest).then(|| quoted(&format!("{name} "), &value)).flatten()
}

/// An option with a value, as words of a shell.
pub(crate) fn quoted(option: &str, value: &str) -> Option<String> {
    let plain = !value.chars().any(char::is_control);
    shlex::try_quote(value).ok().filter(|_| plain).map(|value| format!("{option}{value}"))
}

/// As [`path`], with variables from `variable`.
fn expanded(written: &str, variable: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let get =
        |name: &str| variable(name).ok_or_else(|| format!("the variable {name} is not set, or is no text"));
    let mut out = String::new();
    let mut rest = written;
    if let Some(after) = written.strip_prefix('~')
        && (after.is_empty() || after.starts_with(['/', '\\']))
    {
        // Windows has no HOME of its own, but programs from elsewhere set it there.
        let home =
            variable("HOME").map_or_else(|| get(if cfg!(windows) { "USERPROFILE" } else { "HOME" }), Ok)?;
        out.push_str(&home);
        rest = after;
    }
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let (name, after) = match after.strip_prefix('{') {
            Some(braced) => braced.split_once('}').ok_or("a ${ in it has no }")?,
            None => {
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                after.split_at(after.find(|c| !is_name(c)).unwrap_or(after.len()))
            }
        };
        if name.is_empty() {
            return Err("a $ in it has no name; a dollar sign is written $$".to_owned());
        }
        out.push_str(&get(name)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(written: &str) -> Result<String, String> {
        expanded(written, |name| match name {
            "HOME" => Some("/home/me".to_owned()),
            "A_1" => Some("one".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn home_and_variables_are_replaced() {
        for (written, meant) in [
            ("~", "/home/me"),
            ("~/notes", "/home/me/notes"),
            ("~other/notes", "~other/notes"),
            ("a~", "a~"),
            ("$A_1/x", "one/x"),
            ("/x/${A_1}y/$A_1", "/x/oney/one"),
            ("~/$A_1", "/home/me/one"),
            ("/price$$", "/price$"),
            (".", "."),
        ] {
            assert_eq!(of(written).as_deref(), Ok(meant), "{written}");
        }
    }

    #[test]
    fn what_cannot_be_replaced_is_named() {
        for (written, word) in
            [("$NONE/x", "NONE is not set"), ("${A", "no }"), ("$/x", "$$"), ("${}", "no name")]
        {
            assert!(of(written).unwrap_err().contains(word), "{written}");
        }
    }
}
