//! `--audit`: the fewest grants that would have been enough for this start, as options that can be typed.
//!
//! A file cannot be granted by itself, so what is granted is the directory around it. What is below another one that is granted
//! as much is left out. Which variables a program used is not seen, since it reads all of them at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use payload::info::printable;
use payload::{DirGrant, Grants, GuestName};
use sandbox::Use;

use crate::{expand, fail};

/// Says what would have been enough.
pub(crate) fn tell(uses: &[Use], variables: bool, grants: &Grants) {
    let options = options(uses, variables, grants);
    let text = if options.is_empty() { "none".to_owned() } else { options.join(" ") };
    fail::say(&format!("audit: grants that are enough for what it did: {}", printable(&text)));
}

/// What was used of a directory of the host.
#[derive(Clone, Debug)]
struct Held {
    /// Its name for the program.
    guest: String,
    /// True if something in it was changed.
    write: bool,
}

fn options(uses: &[Use], variables: bool, grants: &Grants) -> Vec<String> {
    let mut held: BTreeMap<PathBuf, Held> = BTreeMap::new();
    for Use { path, write } in uses {
        let Some((host, guest)) = on_host(path, grants) else { continue };
        let (host, guest) = if host.is_dir() && !*write { (host, guest) } else { around(host, guest) };
        let one = held.entry(host).or_insert(Held { guest, write: false });
        one.write |= write;
    }
    let is_covered = |host: &Path, one: &Held| {
        let here = Path::new(".");
        let around =
            host.ancestors().skip(1).map(|path| if path.as_os_str().is_empty() { here } else { path });
        let mut around = around.filter(|path| *path != here || is_inside(host) && host != here);
        around.any(|path| {
            held.get(path)
                .is_some_and(|other| other.write >= one.write && below_name(&other.guest, &one.guest))
        })
    };
    let mut options: Vec<String> = Vec::new();
    for (host, one) in held.iter().filter(|(host, one)| !is_covered(host, one)) {
        let name = if one.write { "--dir" } else { "--dir-ro" };
        options.extend(expand::option(name, host, &one.guest));
    }
    if variables && grants.env_all {
        options.push("--env-all".to_owned());
    } else if variables {
        options.extend(grants.pass.iter().filter_map(|name| expand::quoted("--env ", name)));
    }
    let cwd = grants.cwd.clone().or_else(|| started_in(&held, uses, grants));
    options.extend(cwd.iter().filter_map(|guest| expand::quoted("--cwd ", guest)));
    options.extend(grants.tmp.iter().filter_map(|guest| expand::quoted("--tmp=", guest.as_str())));
    options
}

/// Where a native program has to be told that it starts: one that uses no relative path makes its own of `PWD`, as Go does.
fn started_in(held: &BTreeMap<PathBuf, Held>, uses: &[Use], grants: &Grants) -> Option<String> {
    let here = std::env::current_dir().ok().filter(|_| grants.native)?;
    let is_relative = |used: &Use| !used.path.starts_with('/');
    let stands = here.ancestors().any(|around| held.contains_key(around));
    (stands && !uses.iter().any(is_relative)).then(|| here.to_str().map(str::to_owned)).flatten()
}

/// Where the program's `path` lies on the host, and its name there; `None` for what is not of the host.
fn on_host(path: &str, grants: &Grants) -> Option<(PathBuf, String)> {
    let name = GuestName::from(path);
    // A native program tells where it stands from the root.
    let is_meant =
        |grant: &&DirGrant| !grants.native || grant.guest.as_str().starts_with('/') == path.starts_with('/');
    let granted = grants.dirs().filter(is_meant).filter_map(|grant| Some((grant, grant.guest.below(&name)?)));
    let Some((grant, rest)) = granted.max_by_key(|(grant, _)| grant.guest.path().len()) else {
        return grants.native.then(|| (PathBuf::from(path), path.to_owned()));
    };
    // Where the user stands, a name is the same on both sides.
    if grant.host == "." && grant.guest.is_root() {
        let rest = if rest.is_empty() { "." } else { rest };
        return Some((rest.into(), rest.to_owned()));
    }
    let host = PathBuf::from(expand::path(&grant.host).ok()?);
    Some((if rest.is_empty() { host } else { host.join(rest) }, path.to_owned()))
}

/// The directory around a file, by both of its names.
fn around(host: PathBuf, guest: String) -> (PathBuf, String) {
    let up = |path: &Path| match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        // All of the system is more than was used of a folder in it.
        Some(parent) if parent.parent().is_none() && path.is_dir() => path.to_owned(),
        Some(parent) => parent.to_owned(),
        None => path.to_owned(),
    };
    let host = up(&host);
    let guest = up(Path::new(&guest)).to_string_lossy().into_owned();
    (host, guest)
}

/// True for a relative path that leads down from where the user stands.
fn is_inside(path: &Path) -> bool {
    !path.has_root() && path.is_relative() && !path.starts_with("..")
}

/// True if `name` is `around` or lies below it, to a program.
fn below_name(around: &str, name: &str) -> bool {
    GuestName::from(around).below(&GuestName::from(name)).is_some()
}

#[cfg(test)]
mod tests {
    use payload::{DirGrant, Mount};

    use super::*;

    fn told(uses: &[(&str, bool)], grants: &Grants) -> String {
        let uses: Vec<Use> =
            uses.iter().map(|(path, write)| Use { path: (*path).to_owned(), write: *write }).collect();
        options(&uses, false, grants).join(" ")
    }

    #[test]
    fn the_fewest_directories_are_told() {
        let native = Grants { native: true, ..Grants::default() };
        assert_eq!(told(&[], &native), "");
        assert_eq!(told(&[("x", false), ("d/y", false)], &native), "--dir-ro .");
        assert_eq!(told(&[("x", true), ("d/y", false)], &native), "--dir .");
        assert_eq!(told(&[("x", false), ("d/y", true)], &native), "--dir-ro . --dir d");
        assert_eq!(told(&[("/none/a/b", false), ("/none/a/c/d", false)], &native), "--dir-ro /none/a");
        assert_eq!(
            told(&[("/none/a/b", false), ("/none/a/c/d", true)], &native),
            "--dir-ro /none/a --dir /none/a/c"
        );
        assert_eq!(
            told(&[("../x", false), ("/none/it's/x", true)], &native),
            "--dir \"/none/it's\" --dir-ro .."
        );
    }

    #[test]
    fn a_native_program_tells_where_it_stands_from_the_root() {
        let mounts = vec![Mount::Dir(DirGrant::parse(".", false).unwrap())];
        let grants = Grants { native: true, mounts, ..Grants::default() };
        assert_eq!(told(&[("/none/a/b", false), ("x", true)], &grants), "--dir-ro /none/a --dir .");
        let here = std::env::current_dir().unwrap();
        let native = Grants { native: true, ..Grants::default() };
        let file = here.join("no such file");
        let absolute = told(&[(file.to_str().unwrap(), false)], &native);
        assert_eq!(absolute, format!("--dir-ro {0} --cwd {0}", here.display()), "as Go names it");
    }

    #[test]
    fn what_was_granted_under_a_name_is_told_under_it() {
        let mounts = [".", "/none/srv::/data"].map(|text| Mount::Dir(DirGrant::parse(text, false).unwrap()));
        let grants = Grants { mounts: mounts.to_vec(), ..Grants::default() };
        assert_eq!(told(&[("/x", false)], &grants), "--dir-ro .");
        assert_eq!(told(&[("/data/a/x", false)], &grants), "--dir-ro /none/srv/a::/data/a");
        assert_eq!(told(&[("/data/x", true), ("/d/x", false)], &grants), "--dir /none/srv::/data --dir-ro d");
    }
}
