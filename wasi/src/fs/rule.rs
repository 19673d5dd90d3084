//! Which of two places a name of a native program means, where that is not told: the rule.
//!
//! Newer C libraries of WASI take the slash of `/x` away before anything sees it, so no rule is right every time. This one goes
//! by what is known, the surest first, and of two harms prefers the refusal to the wrong file. It stands in docs/sandbox.md
//! (`--native`), step by step, with what it gets wrong; the steps follow here in the same order.

use super::names::names;
use super::spelled::{self, Evidence, Part, Place, Side, Spelled};

/// What a path is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// To look at what is there.
    Look,
    /// To write to what is there.
    Write,
    /// To make something, or write to what is there.
    Make,
    /// To make something where nothing is.
    New,
    /// To put something in the place of what may be there.
    Replace,
    /// To remove, rename or change what is there.
    Change,
}

/// What a path led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) side: Side,
    /// True if the program made it.
    pub(crate) made: bool,
}

/// What `known` has for the longest start of `path` that it has something for, and how many names that start has.
pub(crate) fn nearest<T>(path: &[&str], known: impl Fn(&str) -> Option<T>) -> Option<(usize, T)> {
    let all = path.join("/");
    let ends = all.rmatch_indices('/').map(|(end, _)| end);
    let mut ends = std::iter::once(all.len()).chain(ends).zip((0..=path.len()).rev());
    ends.find_map(|(end, count)| Some((count, known(&all[..end])?)))
}

/// `names` with slashes between them.
pub(crate) fn joined<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.collect::<Vec<_>>().join("/")
}

/// What is found around a path: how many names that has, and where it is.
pub(crate) type Around = (usize, Found);

/// What the rule asks.
pub(crate) struct Known<'k> {
    /// What the arguments and variables spell.
    pub(crate) spelled: &'k [Spelled],
    /// True if where the user stands is gone, or cannot be opened.
    pub(crate) lost: bool,
    /// Where the nearest directory around a path was found, or the path itself, and how many names that has.
    pub(crate) found: &'k dyn Fn(&[&str]) -> Option<Around>,
    /// Whether a side has a path.
    pub(crate) has: &'k dyn Fn(Side, &str) -> bool,
    /// Whether a path below the root is a symbolic link.
    pub(crate) is_link: &'k dyn Fn(&str) -> bool,
    /// Whether a path below the root is a device that is read and written as a stream.
    pub(crate) is_device: &'k dyn Fn(&str) -> bool,
}

/// The rule; see the head of this file.
pub(crate) fn decide(path: &str, wanted: Wanted, known: &Known<'_>) -> Option<Side> {
    if wanted == Wanted::Look || names(path).all(|name| name != "..") {
        return side_of_start(path, wanted, known);
    }
    // What is known of names in front of `..` says nothing about those behind it, unless it was spelled with it.
    let whole: Vec<&str> = names(path).collect();
    let is_this = |one: &Spelled| {
        let below =
            whole.get(one.names.len()..).filter(|_| one.place == Place::Argument && one.is_around(&whole));
        below.is_some_and(|below| below.is_empty() || one.names.len() > 1 && !below.contains(&".."))
    };
    let spelled = |side: Side| known.spelled.iter().any(|one| one.side == side && is_this(one));
    match [spelled(Side::Here), spelled(Side::Root)] {
        [false, true] => Some(Side::Root),
        [true, false] => Some(Side::Here),
        _ => side_of_start(path, wanted, known).filter(|side| *side == Side::Here),
    }
}

/// The side of a path's names before the first `..`.
fn side_of_start(path: &str, wanted: Wanted, known: &Known<'_>) -> Option<Side> {
    let Known { spelled, lost, found, has, is_link, is_device } = *known;
    let all: Vec<&str> = names(path).take_while(|name| *name != "..").collect();
    let change = wanted != Wanted::Look;
    let is_written = matches!(wanted, Wanted::Write | Wanted::Make | Wanted::New);
    let first = all.first().copied().unwrap_or(".");
    let is_new = || match wanted {
        Wanted::New => true,
        Wanted::Make | Wanted::Replace => !has(Side::Root, path),
        Wanted::Look | Wanted::Write | Wanted::Change => false,
    };
    let is_made = matches!(wanted, Wanted::New | Wanted::Make | Wanted::Replace);
    let around = joined(all[..all.len().saturating_sub(1)].iter().copied());
    let evidence = if change {
        let is_here = |part| match part {
            Part::Around if !around.is_empty() => has(Side::Here, &around),
            Part::Around | Part::First => has(Side::Here, first),
        };
        spelled::to_change(&all, spelled, &is_new, &is_here)
    } else {
        spelled::to_look(&all, spelled, &|| has(Side::Here, first))
    };
    match evidence {
        Evidence::For(side) => return Some(side),
        Evidence::Both => {
            return match [Side::Here, Side::Root].map(|side| has(side, path)) {
                [true, false] if !change => Some(Side::Here),
                [false, true] if !change => Some(Side::Root),
                [false, false] if !change => Some(Side::Here),
                _ => None,
            };
        }
        Evidence::None => {}
    }
    match found(&all) {
        Some((count, Found { side: Side::Root, made })) if change => {
            // What was made speaks for what lies in it, and not for where a link in it leads.
            let follows = matches!(wanted, Wanted::Write | Wanted::Make);
            // The first name may be one of the system's own links: macOS has such for `/tmp`.
            let mut on_the_way = count.min(2)..all.len() + usize::from(follows);
            let leads_on = on_the_way.any(|count| is_link(&joined(all[..count].iter().copied())));
            if made && !leads_on {
                return Some(Side::Root);
            }
        }
        Some((_, found)) => return Some(found.side),
        None => {}
    }
    // Most relative paths begin with a name that the root lacks: this is asked first.
    if lost || !has(Side::Root, first) {
        return Some(Side::Here);
    }
    match has(Side::Here, first) {
        true if change || all.len() < 2 || !has(Side::Root, path) => Some(Side::Here),
        true => Some(Side::Root),
        false if !change => Some(Side::Root),
        false => match all[..] {
            // What programs do below the root without being told to: new temporary files, and writing to devices.
            ["tmp", _] | ["var", "tmp", _] if is_new() => Some(Side::Root),
            // The starter's own files.
            ["dev", "stdin" | "stdout" | "stderr"] | ["dev", "fd", _] if is_written => Some(Side::Root),
            ["dev", _, ..] if is_written && is_device(path) => Some(Side::Root),
            // What neither has is missing where the user stands.
            [.., _, _] if !has(Side::Root, if is_made { &around } else { path }) => Some(Side::Here),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands where in these tests: below the user, and below the root.
    const HERE: &[&str] = &["src/a.c", "etc/passwd", "usr/share/x", "lib/own", "new"];
    const THERE: &[&str] =
        &["etc/passwd", "etc/hosts", "usr/lib/x", "lib/libc", "tmp/t", "home/me/.rc", "dev/null", "srv/data"];

    fn side(path: &str, change: bool, arguments: &[&str], variables: &[&str]) -> Option<Side> {
        after(path, change, arguments, variables, &[])
    }

    fn after(
        path: &str,
        change: bool,
        arguments: &[&str],
        variables: &[&str],
        found: &[(&str, Side)],
    ) -> Option<Side> {
        let mut spelled = Vec::new();
        arguments.iter().for_each(|text| spelled::read_argument(text, &mut spelled));
        variables.iter().for_each(|text| spelled::read_variable(text, &mut spelled));
        let stands = |all: &[&str], path: &str| {
            let path = joined(names(path));
            path.is_empty() || all.iter().any(|one| *one == path || one.starts_with(&format!("{path}/")))
        };
        let has = |side: Side, path: &str| stands(if side == Side::Here { HERE } else { THERE }, path);
        let found = |path: &[&str]| {
            nearest(path, |path| {
                let (name, side) = found.iter().find(|(one, _)| one.trim_start_matches('+') == path)?;
                Some(Found { side: *side, made: name.starts_with('+') })
            })
        };
        let wanted = if change { Wanted::Make } else { Wanted::Look };
        let is_device = |path: &str| path == "dev/null";
        let is_link = |path: &str| path.ends_with("link");
        let known = Known {
            spelled: &spelled,
            lost: false,
            found: &found,
            has: &has,
            is_link: &is_link,
            is_device: &is_device,
        };
        decide(path, wanted, &known)
    }

    const H: Option<Side> = Some(Side::Here);
    const R: Option<Side> = Some(Side::Root);

    #[test]
    fn what_is_typed_decides() {
        for (path, change, arguments, meant) in [
            ("src/a.c", false, &["src/a.c"][..], H),
            ("src/a.o", true, &["-c", "src/a.c"], H),
            ("tmp/out.txt", true, &["-o", "/tmp/out.txt"], R),
            ("tmp/out.txt", true, &["--out=/tmp/out.txt"], R),
            ("tmp/out.txt.part", true, &["/tmp/out.txt"], R),
            ("tmp/out.txt", true, &["tmp/out.txt"], H),
            ("etc/passwd", false, &["etc/passwd"], H),
            ("etc/passwd", false, &["/etc/passwd"], R),
            ("usr/include/stdio.h", false, &["-I/usr/include"], R),
            ("usr/include/stdio.h", false, &["-Iusr/include"], H),
            ("srv/data/f", true, &["/srv/data"], R),
            ("srv/data/f", true, &["srv/data"], H),
            ("etc/passwd", false, &["etc/passwd", "/etc/passwd"], None),
            ("etc/hosts", false, &["etc/hosts", "/etc/hosts"], R),
            ("etc/passwd", true, &["etc/passwd", "/etc/passwd"], None),
            (".", false, &["/"], R),
            (".", false, &["."], H),
            (".", false, &[], H),
            ("tmp/t", false, &["tmp"], R),
            ("tmp/t", true, &["/tmp/t"], R),
            ("srv/data", true, &["-o/srv/data"], R),
            // Not near enough to change something there.
            ("srv/data/f", true, &["/srv"], None),
            ("srv/data", true, &["/srv/d.txt"], None),
            ("srv/d.part", true, &["/srv/d.txt"], R),
            ("srv/other", true, &["/srv/d.txt"], None),
            ("srv/data", true, &["see /srv/data for more"], None),
            ("srv/data", true, &["http://srv/data"], None),
            ("usr/share/x", true, &["/usr/share"], None),
            ("lib/libc", true, &["--prefix=/lib"], H),
            // One name in common may be any word, and text is no path.
            ("dev/null", true, &["run", "dev"], R),
            ("dev/null", true, &["-m", "fix dev/null build"], R),
            ("tmp/x", true, &["--tmp"], R),
            ("tmp/x", true, &["tmp/y"], R),
            ("lib/x", true, &["lib"], H),
            (".", false, &["--separator=/"], H),
            (".", false, &["-d/"], H),
            ("srv/none/x", true, &[], H),
        ] {
            assert_eq!(side(path, change, arguments, &[]), meant, "{path} {change} {arguments:?}");
        }
    }

    #[test]
    fn a_variable_speaks_for_what_lies_below_it() {
        let home = &["HOME=/home/me", "PATH=/usr/bin:/srv/bin", "USER=srv", "TMPDIR=/srv/tmp"][..];
        assert_eq!(side("home/me/.rc", false, &[], home), R);
        assert_eq!(side("home/me/.rc", true, &[], home), None, "an archive may have it by this name");
        assert_eq!(
            side("home/me/.cache/x", true, &[], home),
            H,
            "there is no such directory, and here neither"
        );
        assert_eq!(side("srv/data/x", true, &[], home), None);
        assert_eq!(side("srv/tmp/x", true, &[], home), R, "a new file for what is temporary");
        assert_eq!(side("usr/bin/x", true, &[], home), H, "there is a usr where the user stands");
        assert_eq!(side("tmp/x", true, &["tmp/x"], &["TMPDIR=/tmp"]), H);
        assert_eq!(side("tmp/t", true, &[], &["TMPDIR=/tmp"]), None, "it is there already");
    }

    #[test]
    fn nothing_is_changed_elsewhere_for_a_name_that_may_be_relative() {
        for (path, meant) in [
            ("srv/data", None),
            ("srv", None),
            ("home/me/.rc", None),
            ("out.txt", H),
            ("build/out.txt", H),
            ("lib/new", H),
            ("tmp", None),
            ("tmp/x", R),
            ("tmp/t", None),
            ("tmp/x/y", H),
            ("tmp/t/y", None),
            ("dev/null", R),
            ("dev/new", None),
            ("var/tmp/x", H),
        ] {
            assert_eq!(side(path, true, &[], &[]), meant, "{path}");
        }
    }

    #[test]
    fn what_stands_before_a_way_up_says_nothing_about_what_is_behind_it() {
        for (path, arguments, meant) in [
            ("tmp/../srv/data", &["/tmp"][..], None),
            ("tmp/../srv/data", &["/tmp/../srv/data"], R),
            ("tmp/x/../../srv/new", &[], None),
            ("dev/../srv/new", &["/dev"], None),
            ("src/../srv/new", &[], H),
            ("src/../lib/own", &["src/a.c"], H),
        ] {
            assert_eq!(side(path, true, arguments, &[]), meant, "{path} {arguments:?}");
        }
        let made = [("+tmp/own", Side::Root)];
        assert_eq!(after("tmp/own/../../srv/data", true, &[], &[], &made), None);
    }

    #[test]
    fn no_file_of_a_checkout_stands_for_one_of_the_system() {
        for (path, meant) in [
            ("etc/passwd", R),
            ("etc/hosts", R),
            ("etc/none", H),
            ("etc", H),
            ("usr/share/x", H),
            ("usr/lib/x", R),
            ("src/a.c", H),
            ("srv/data", R),
            ("nowhere", H),
        ] {
            assert_eq!(side(path, false, &[], &[]), meant, "{path}");
        }
    }

    #[test]
    fn what_was_made_says_nothing_about_where_a_link_in_it_leads() {
        let made = [("+tmp/link", Side::Root), ("+tmp/own", Side::Root)];
        for (path, may) in [
            ("tmp/own/x", true),
            ("tmp/own/link/data", false),
            ("tmp/own/link", false),
            ("tmp/link/x", false),
        ] {
            assert_eq!(after(path, true, &[], &[], &made) == R, may, "{path}: written through the link");
        }
    }

    #[test]
    fn what_a_program_lists_it_finds_where_it_listed_it() {
        assert_eq!(after("etc/passwd", false, &[], &[], &[("etc", Side::Here)]), H);
        assert_eq!(after("tmp/own/x", true, &[], &[], &[("+tmp/own", Side::Root)]), R);
        assert_eq!(after("tmp/t/x", true, &[], &[], &[("tmp/t", Side::Root)]), None);
        assert_eq!(after("srv/data/x", false, &[], &[], &[("srv", Side::Root)]), R);
        assert_eq!(after("srv/data/x", true, &[], &[], &[("srv", Side::Root)]), None);
        assert_eq!(after("etc/passwd", false, &["/etc/passwd"], &[], &[("etc", Side::Here)]), R);
    }
}
