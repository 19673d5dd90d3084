//! `--audit`: the fewest grants that would have been enough for this start, as options that can be typed.
//!
//! A file cannot be granted by itself, so what is granted is the directory around it, but never more than was granted. What is
//! below another one that is granted as much is left out. Which variables a program used is not seen, since it reads all of them
//! at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use payload::grant::names_a_drive;
use payload::info::printable;
use payload::{Grants, GuestName, Mount};
use sandbox::{Use, Used};

use crate::{context, expand, fail};

/// Says what would have been enough.
pub(crate) fn tell(used: &Used, grants: &Grants) {
    let (mut options, unnamed) = options(&used.paths, used.variables, grants);
    options.extend(used.listen.iter().filter_map(|listen| expand::quoted("--listen ", listen)));
    options.extend(used.connect.iter().filter_map(|connect| expand::quoted("--connect ", connect)));
    let text = if options.is_empty() { "none".to_owned() } else { options.join(" ") };
    let but =
        if unnamed > 0 { format!(", but for {unnamed} that no option can name") } else { String::new() };
    // Of a program that uses more than is noted, no more is known.
    let first = if used.cut { " at first" } else { "" };
    fail::say(&format!("audit: grants that are enough for what it did{first}{but}: {}", printable(&text)));
}

/// The directories of the host that a program used: the path of each, its name for the program, and whether something in it was
/// changed.
type Held = BTreeMap<(PathBuf, String), bool>;

/// The options, and how much there is that none can name.
fn options(uses: &[Use], variables: bool, grants: &Grants) -> (Vec<String>, usize) {
    let given = grants.cwd.as_deref().and_then(|cwd| expand::path(cwd).ok());
    let (mut held, mut options) = (Held::new(), Vec::new());
    for Use { path, write } in uses {
        match on_host(path, given.as_deref(), grants) {
            Some(Found { host, guest, is_grant }) => {
                let is_whole = is_grant || !*write && host.is_dir();
                let (host, guest) = if is_whole { (host, guest) } else { around(host, guest) };
                *held.entry((host, as_granted(guest, grants))).or_default() |= write;
            }
            None => options.push(None),
        }
    }
    // Where a program starts must be there for what it looks for from there, which may have led elsewhere by `..`.
    let is_from_there = |used: &Use| !grants.native || !is_absolute(&used.path);
    let is_in_memory = |cwd: &str| {
        let is_around = |tmp: &GuestName| tmp.below(&GuestName::from(cwd)).is_some();
        grants.tmp.as_ref().is_some_and(is_around)
    };
    if let Some(cwd) = given.as_deref().filter(|cwd| uses.iter().any(is_from_there) && !is_in_memory(cwd))
        && let Some(Found { host, guest, .. }) = on_host(cwd, None, grants)
    {
        held.entry((host, as_granted(guest, grants))).or_default();
    }
    for ((host, guest), write) in &held {
        let is_around = |((around, name), changed): (&(PathBuf, String), &bool)| {
            let is_other = (around, name) != (host, guest) && changed >= write;
            is_other && below(around, name, guest).is_some_and(|path| path == inside(host))
        };
        if !held.iter().any(is_around) {
            let name = if *write { "--dir" } else { "--dir-ro" };
            options.push(expand::option(name, host, guest));
        }
    }
    if variables && grants.env_all {
        options.push(Some("--env-all".to_owned()));
    } else if variables {
        options.extend(grants.pass.iter().map(|name| expand::quoted("--env ", name)));
    }
    let cwd = match given.as_deref().filter(|cwd| is_in_memory(cwd)) {
        Some(cwd) => Some(cwd.to_owned()),
        None => starts_in(given, &held, uses, grants),
    };
    if let Some(cwd) = cwd {
        options.push(expand::quoted("--cwd ", &expand::escaped(&cwd)));
    }
    options.extend(grants.tmp.iter().map(|guest| expand::quoted("--tmp=", guest.as_str())));
    let all = options.len();
    let named: Vec<String> = options.into_iter().flatten().collect();
    let unnamed = all - named.len();
    (named, unnamed)
}

/// Where the program has to be told that it starts: what was `given`, if that is there with what is `held`. A native one that
/// uses no relative path makes its own of `PWD`, as Go does.
fn starts_in(given: Option<String>, held: &Held, uses: &[Use], grants: &Grants) -> Option<String> {
    let is_held = |cwd: &String| {
        held.keys().any(|(host, name)| below(host, name, cwd).is_some_and(|path| path.is_dir()))
    };
    let Some(cwd) = given else {
        let is_relative = uses.iter().any(|used| !is_absolute(&used.path));
        return context::working_directory(grants, None).filter(|cwd| !is_relative && is_held(cwd));
    };
    let name = GuestName::from(cwd.as_str());
    let around = grants.mounts.iter().filter(|mount| mount.guest().below(&name).is_some());
    let mount = around.max_by_key(|mount| mount.guest().path().len());
    // A directory that is carried, or is in memory, needs no grant.
    let is_there = !matches!(mount, Some(Mount::Dir(_)));
    (is_there || name.is_root() || is_held(&cwd)).then_some(cwd)
}

/// Something that was used.
struct Found {
    host: PathBuf,
    /// Its name for the program.
    guest: String,
    /// True if it is what was granted, so that what is around it was not.
    is_grant: bool,
}

/// Where the program's `path` lies on the host; `None` for what is not of the host. `cwd` is where it was told to start.
fn on_host(path: &str, cwd: Option<&str>, grants: &Grants) -> Option<Found> {
    let standing = cwd.filter(|_| grants.native && !is_absolute(path)).map(|cwd| match path {
        "." => cwd.to_owned(),
        _ => format!("{}/{path}", cwd.trim_end_matches('/')),
    });
    let path = standing.as_deref().unwrap_or(path);
    let name = GuestName::from(path);
    let granted = grants.dirs().filter_map(|grant| {
        let host = expand::path(&grant.host).ok()?;
        let guest =
            if grant.guest.as_str() == grant.host { host.as_str().into() } else { grant.guest.clone() };
        // A native program tells where it stands from the root.
        let is_meant = !grants.native || is_absolute(guest.as_str()) == is_absolute(path);
        let rest = guest.below(&name).filter(|_| is_meant)?;
        Some((guest.path().len(), host, guest.is_root(), rest))
    });
    let Some((_, host, is_root, rest)) = granted.max_by_key(|(len, ..)| *len) else {
        let found = || Found { host: path.into(), guest: path.to_owned(), is_grant: false };
        return grants.native.then(found);
    };
    let is_grant = rest.is_empty();
    // Where the user stands, a name is the same on both sides.
    if host == "." && is_root {
        let rest = if is_grant { "." } else { rest };
        return Some(Found { host: rest.into(), guest: rest.to_owned(), is_grant });
    }
    let host = if is_grant { host } else { format!("{}/{rest}", host.trim_end_matches('/')) };
    Some(Found { host: host.into(), guest: path.to_owned(), is_grant })
}

/// `guest` as it was written when it was granted, so that one directory has one name. Natively `d` and `/d` are two.
fn as_granted(guest: String, grants: &Grants) -> String {
    let name = GuestName::from(guest.as_str());
    let mut written = grants.mounts.iter().map(Mount::guest).filter(|_| !grants.native);
    written.find(|written| **written == name).map_or(guest, |written| written.as_str().to_owned())
}

/// The directory around something, by both of its names.
fn around(host: PathBuf, guest: String) -> (PathBuf, String) {
    let up = |path: &Path| match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) => parent.to_owned(),
        None => path.to_owned(),
    };
    // What ends with `..` is a directory with no other name, and all of the system is more than was used of a folder in it.
    let in_root = host.parent().is_none_or(|parent| parent.parent().is_none() && parent.has_root());
    if host.file_name().is_none() || in_root && host.is_dir() {
        return (host, guest);
    }
    let name = up(Path::new(&guest)).to_string_lossy().into_owned();
    (up(&host), name)
}

/// Where the program's `path` lies if the directory `host` is granted as `name`; `None` if it is not in that.
fn below(host: &Path, name: &str, path: &str) -> Option<PathBuf> {
    let (name, path) = (GuestName::from(name), GuestName::from(path));
    let rest = name.below(&path).filter(|rest| !Path::new(rest).starts_with(".."))?;
    Some(inside(&host.join(rest)).to_owned())
}

/// `path` without a `.` in front, unless that is all of it.
fn inside(path: &Path) -> &Path {
    path.strip_prefix(".").ok().filter(|inside| !inside.as_os_str().is_empty()).unwrap_or(path)
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || cfg!(windows) && names_a_drive(path)
}

#[cfg(test)]
mod tests {
    use payload::{DirGrant, Mount};

    use super::*;

    fn told(uses: &[(&str, bool)], grants: &Grants) -> String {
        let uses: Vec<Use> =
            uses.iter().map(|(path, write)| Use { path: (*path).to_owned(), write: *write }).collect();
        let (options, unnamed) = options(&uses, false, grants);
        assert_eq!(unnamed, 0);
        options.join(" ")
    }

    fn granted<const N: usize>(dirs: [&str; N]) -> Grants {
        let mounts = dirs.map(|text| Mount::Dir(DirGrant::parse(text, false).unwrap())).to_vec();
        Grants { mounts, ..Grants::default() }
    }

    #[test]
    fn no_more_is_told_than_was_granted() {
        assert_eq!(told(&[("/notes", true)], &granted(["src::/notes"])), "--dir src::/notes");
        // Whether the host has such a name says nothing about the program's.
        let grants = granted(["/none/srv::/etc"]);
        assert_eq!(told(&[("/etc/x", true)], &grants), "--dir /none/srv::/etc");
        assert_eq!(told(&[("/etc", true)], &grants), "--dir /none/srv::/etc");
        // A name that is written once is what the host's path is found to be.
        assert_eq!(told(&[("/$x/f", false)], &granted(["$$x"])), "--dir-ro '$$x::/$x'");
        let grants = granted(["/none::/"]);
        assert_eq!(told(&[("/etc", true)], &grants), "--dir /none::/");
        assert_eq!(told(&[(".", true)], &granted(["src::."])), "--dir src::.");
        assert_eq!(told(&[("../f", false), ("../d/f", true)], &granted([".."])), "--dir-ro .. --dir ../d");
    }

    #[test]
    fn a_directory_with_two_names_is_told_by_both() {
        let grants = granted(["/none/a::/x", "/none/a::/y"]);
        let both = "--dir-ro /none/a::/x --dir /none/a::/y";
        assert_eq!(told(&[("/x/1", false), ("/y/1", true)], &grants), both);
        let grants = granted(["/none/a::/x", "/none/a/b::/x/c"]);
        let both = "--dir-ro /none/a::/x --dir-ro /none/a/b::/x/c";
        assert_eq!(told(&[("/x/1", false), ("/x/c/1", false)], &grants), both, "not the /x/b of the first");
    }

    #[test]
    fn what_lies_above_is_told_by_its_own_name() {
        let native = Grants { native: true, ..Grants::default() };
        assert_eq!(told(&[("..", true)], &native), "--dir ..");
        assert_eq!(told(&[("../..", true)], &native), "--dir ../..");
        assert_eq!(told(&[("..", true), ("../../x", true)], &native), "--dir .. --dir ../..");
    }

    #[test]
    fn what_no_option_can_name_is_counted() {
        let native = Grants { native: true, ..Grants::default() };
        let uses = ["/none/a::b/x", "/none/a\nb/x", "/none/c/x"];
        let uses = uses.map(|path| Use { path: path.to_owned(), write: false });
        assert_eq!(options(&uses, false, &native), (vec!["--dir-ro /none/c".to_owned()], 2));
    }

    #[test]
    fn where_it_starts_is_told_with_what_is_granted_there() {
        let cwd = |cwd: &str, grants| Grants { cwd: Some(cwd.to_owned()), ..grants };
        let native = |grants| Grants { native: true, ..grants };
        let grants = cwd("/data", native(granted(["src::/data"])));
        assert_eq!(told(&[("x", false)], &grants), "--dir-ro src::/data --cwd /data");
        assert_eq!(told(&[(".", false)], &grants), "--dir-ro src::/data --cwd /data");
        assert_eq!(told(&[("/none/x", false)], &grants), "--dir-ro /none");
        assert_eq!(told(&[], &cwd("/data", granted(["src::/data"]))), "");
        let own = cwd("src", granted(["src", "."]));
        assert_eq!(told(&[("/src/x", false)], &own), "--dir-ro src --cwd src");
        let here = cwd("/w", granted([".::/w"]));
        assert_eq!(told(&[("/w/d/x", false)], &here), "--dir-ro .::/w --cwd /w");
        let below = "--dir-ro .::/w --dir ./d::/w/d --cwd /w";
        assert_eq!(told(&[("/w/d/x", true)], &here), below);
        let here = cwd("/srv", granted([".::/srv"]));
        assert_eq!(told(&[("/srv/x", true)], &here), "--dir .::/srv --cwd /srv");
        assert_eq!(told(&[], &cwd("/a$$b", Grants::default())), "--cwd '/a$$b'", "is carried");
        let files = Mount::Files(payload::FilesGrant { guest: "/data".into(), writable: false });
        let files = Grants { mounts: vec![files], ..Grants::default() };
        assert_eq!(told(&[], &cwd("/data/x", files)), "--cwd /data/x");
    }

    #[cfg(windows)]
    #[test]
    fn a_path_with_a_drive_is_absolute() {
        let native = Grants { native: true, ..Grants::default() };
        let here = context::working_directory(&native, None).unwrap();
        let uses = [("C:/none/x", false), (&*format!("{here}/x"), false)];
        assert!(told(&uses, &native).contains(&format!("--cwd {here}")));
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
        let native = Grants { native: true, ..Grants::default() };
        let here = context::working_directory(&native, None).unwrap();
        let absolute = told(&[(&format!("{here}/no such file"), false)], &native);
        assert_eq!(absolute, format!("--dir-ro {here} --cwd {here}"), "as Go names it");
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
