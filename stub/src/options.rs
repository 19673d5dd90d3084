//! `WASMPACK_OPTS`: what the owner of a file grants it, or takes from it, when it is started.
//!
//! The packer's options with the packer's names, split as a shell would: `--dir`, `--dir-ro`, `--tmp`, `--env`, `--env-all`,
//! `--cwd`, `--native`, `--listen` and `--connect` add to what was granted when packing, `--deny-dir`, `--deny-env`, `--deny-listen`
//! and `--deny-connect` take from it, all or by name, and `--deny-fork` that it starts copies of itself. `--audit` tells at the end what would have been enough. They are done in the order in which they stand, and names count as the program takes them. A program that has rights
//! which whoever starts it lacks takes none.
//!
//! A sealed program takes none either. The variable may have been exported for a whole session, so a sealed program that would
//! only have been given more says so and starts. One that would have had to do without something does not start: it would do
//! what was forbidden.

use payload::grant::OPTIONS as VARIABLE;
use payload::{Connect, DirGrant, Grants, GuestName, Listen, Manifest, Mount, Variable};

use crate::fail::Failure;
use crate::sockets;

const KNOWN: &str = "--dir, --dir-ro, --tmp, --env, --env-all, --cwd, --native, --listen, --connect, --audit, --deny-dir, --deny-env, --deny-listen, --deny-connect, --deny-fork";

/// What holds for one start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Granted {
    pub(crate) grants: Grants,
    /// Names of variables that are not passed on where all are.
    pub(crate) denied: Vec<String>,
    /// What there is to say about it.
    pub(crate) notes: Vec<String>,
    /// True: at its end it is to be said what would have been enough.
    pub(crate) audit: bool,
}

/// What holds for this start: the manifest's grants, changed as the variable says.
pub(crate) fn granted(manifest: &Manifest) -> Result<Granted, Failure> {
    let packed = Granted { grants: manifest.grants.clone(), ..Granted::default() };
    let Some(text) = std::env::var_os(VARIABLE).filter(|text| !text.is_empty()) else {
        return Ok(packed);
    };
    if crate::sys::process::is_privileged() {
        return Err(Failure::new(format!(
            "it runs with rights that whoever starts it may not have (set-user-ID, set-group-ID or capabilities), and \
             takes no grants from them: unset {VARIABLE} to start it"
        )));
    }
    let understood = || {
        let text = text.to_str().ok_or("not UTF-8")?;
        let words = shlex::split(text).ok_or("a quotation in it does not end")?;
        changed(packed.clone(), &words)
    };
    let changed = understood().map_err(|why| Failure::new(format!("{VARIABLE}: {why}")));
    if !manifest.sealed {
        return changed;
    }
    match changed {
        Ok(changed) => {
            if let Some(taken) = taken(&packed.grants, &changed) {
                return Err(Failure::new(format!(
                    "it is sealed, and {VARIABLE} cannot take {taken} from it: unset {VARIABLE} to start it"
                )));
            }
        }
        // What takes nothing away is not this program's affair, in whatever words.
        Err(why) if may_take(&text.to_string_lossy()) => return Err(why),
        Err(_) => {}
    }
    Ok(Granted { notes: vec![format!("it is sealed, so {VARIABLE} changes nothing")], ..packed })
}

/// Whether `text`, which is not understood, may take something: by `--deny-dir` and its like, or by another directory of a name.
fn may_take(text: &str) -> bool {
    const TAKING: [&str; 3] = ["--deny-", "--dir", "--tmp"];
    match shlex::split(text) {
        Some(words) => words.iter().any(|word| TAKING.iter().any(|option| word.starts_with(option))),
        None => {
            let text = text.replace(['"', '\'', '\\', '\n'], "");
            TAKING.iter().any(|option| text.contains(option))
        }
    }
}

/// Something that `packed` grants and `changed` does not.
fn taken(packed: &Grants, changed: &Granted) -> Option<String> {
    let Granted { grants, denied, .. } = changed;
    if packed.native && !grants.native {
        return Some("all files".to_owned());
    }
    if let Some(mount) = packed.mounts.iter().find(|mount| !grants.mounts.contains(mount)) {
        return Some(format!("the directory {}", mount.guest()));
    }
    if let Some(guest) = packed.tmp.as_ref().filter(|_| grants.tmp.is_none()) {
        return Some(format!("the directory {guest}"));
    }
    if packed.fork && !grants.fork {
        return Some("starting copies of itself".to_owned());
    }
    if let Some(sockets) = sockets::taken(packed, grants) {
        return Some(sockets);
    }
    if packed.env_all && !grants.env_all {
        return Some("all variables".to_owned());
    }
    fn all(grants: &Grants) -> impl Iterator<Item = &str> {
        grants.env.iter().chain(&grants.pass).map(|variable| payload::grant::name(variable))
    }
    let gone = all(packed).find(|name| !all(grants).any(|left| left == *name));
    let gone = gone.or_else(|| denied.first().filter(|_| packed.env_all).map(String::as_str));
    gone.map(|name| format!("the variable {name}"))
}

/// The note that `option` takes nothing, since `kind` is not granted under its name; `there` are those that are.
fn nothing(option: &str, kind: &str, there: &[&str], all: bool) -> String {
    let mut there: Vec<&str> = there.to_vec();
    if all {
        there.push("all of the system's");
    }
    let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
    format!("{VARIABLE}: {option}: no {kind} is granted under this name; granted: {there}")
}

/// The options whose value may be left out, and is attached where it is not.
const MAYBE: [&str; 5] = ["--deny-dir", "--deny-env", "--deny-listen", "--deny-connect", "--tmp"];

/// `granted` with what `words` say.
fn changed(granted: Granted, words: &[String]) -> Result<Granted, String> {
    let Granted { mut grants, mut denied, mut notes, mut audit } = granted;
    // What is granted here stands behind what was packed.
    let mut added = Grants::default();
    let mut rest = words.iter();
    let mut before = "";
    while let Some(word) = rest.next() {
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ => (word.as_str(), None),
        };
        let mut value = || {
            let next = || rest.next().map(String::as_str);
            attached.or_else(next).ok_or_else(|| format!("{name} has no value"))
        };
        match name {
            "--dir" | "--dir-ro" => {
                let grant =
                    DirGrant::parse(value()?, name == "--dir-ro").map_err(|why| format!("{name}: {why}"))?;
                if cfg!(not(windows)) && grant.is_a_drive() {
                    return Err(format!("{name}: {}", payload::grant::no_drive(&grant.host)));
                }
                grants.remove_dir(&grant.guest);
                grants.tmp = grants.tmp.filter(|tmp| *tmp != grant.guest);
                // The root may have several, as when packing: one lies below the other. The same one has it once.
                let is_again = |other: &DirGrant| {
                    other.guest == grant.guest && (!grant.guest.is_root() || other.is_of(&grant.host))
                };
                added.mounts.retain(|mount| !matches!(mount, Mount::Dir(other) if is_again(other)));
                added.mounts.push(Mount::Dir(grant));
            }
            "--env" => {
                let variable = Variable::parse(value()?).map_err(|why| format!("{name}: {why}"))?;
                let (Variable::Set(text) | Variable::Pass(text)) = &variable;
                denied.retain(|other| other != payload::grant::name(text));
                grants.add(variable);
            }
            // Without a name it is /tmp, so a name must be attached.
            "--tmp" => {
                let guest = payload::grant::temporary(attached.unwrap_or_default());
                let guest = guest.map_err(|why| format!("{name}: {why}"))?;
                grants.remove_dir(&guest);
                added.remove_dir(&guest);
                grants.tmp = Some(guest);
            }
            "--listen" => {
                grants.add_listen(Listen::parse(value()?).map_err(|why| format!("{name}: {why}"))?);
            }
            "--connect" => {
                grants.add_connect(Connect::parse(value()?).map_err(|why| format!("{name}: {why}"))?);
            }
            "--cwd" => grants.cwd = Some(value()?.to_owned()),
            // Without a name these take everything, so a name must be attached.
            "--deny-dir" => match attached {
                Some("") => return Err(format!("{name}= has no name behind it")),
                Some(guest) => {
                    let guest = GuestName::from(guest);
                    let is_native = grants.native && guest.is_root();
                    let is_tmp = grants.tmp.as_ref() == Some(&guest);
                    if !is_native && !is_tmp && grants.dir(&guest).is_none() && added.dir(&guest).is_none() {
                        let there: Vec<&str> =
                            grants.dirs().chain(added.dirs()).map(|grant| grant.guest.as_str()).collect();
                        notes.push(nothing(word, "directory", &there, grants.native));
                    }
                    grants.remove_dir(&guest);
                    added.remove_dir(&guest);
                    grants.tmp = grants.tmp.filter(|tmp| *tmp != guest);
                    // Its directories are `/` and `.`, which are one name.
                    grants.native &= !guest.is_root();
                }
                None => {
                    grants.remove_all_dirs();
                    added.remove_all_dirs();
                    grants = Grants { native: false, tmp: None, cwd: None, ..grants };
                }
            },
            "--deny-env" => match attached {
                Some("") => return Err(format!("{name}= has no name behind it")),
                Some(called) => {
                    let names = grants.env.iter().chain(&grants.pass);
                    let there: Vec<&str> = names.map(|variable| payload::grant::name(variable)).collect();
                    if !grants.env_all && !there.contains(&called) {
                        notes.push(nothing(word, "variable", &there, false));
                    }
                    grants.remove_variable(called);
                    denied.push(called.to_owned());
                }
                None => grants = Grants { env: Vec::new(), pass: Vec::new(), env_all: false, ..grants },
            },
            "--deny-listen" | "--deny-connect" => {
                let denied = match name {
                    "--deny-listen" => sockets::deny(&mut grants.listen, attached, Listen::parse),
                    _ => sockets::deny(&mut grants.connect, attached, Connect::parse),
                };
                let there = denied.map_err(|why| format!("{word}: {why}"))?;
                notes.extend(there.map(|there| nothing(word, "socket", &[&there], false)));
            }
            _ if attached.is_some() => return Err(format!("{word} is no option; there are {KNOWN}")),
            "--env-all" => grants.env_all = true,
            "--audit" => audit = true,
            "--deny-fork" => grants.fork = false,
            "--native" => grants = Grants { native: true, env_all: true, ..grants },
            value if MAYBE.contains(&before) && !value.starts_with('-') => {
                return Err(format!("{value} is no option; for a value of {before} write {before}={value}"));
            }
            _ => return Err(format!("{word} is no option; there are {KNOWN}")),
        }
        before = word;
    }
    grants.mounts.append(&mut added.mounts);
    Ok(Granted { grants, denied, notes, audit })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opts(text: &str) -> Result<Grants, String> {
        Ok(of(text)?.grants)
    }

    fn of(text: &str) -> Result<Granted, String> {
        let packed = Grants {
            env: vec!["A=1".to_owned()],
            pass: vec!["HOME".to_owned()],
            mounts: vec![Mount::Dir(DirGrant::parse("data::/data", false).unwrap())],
            ..Grants::default()
        };
        changed(Granted { grants: packed, ..Granted::default() }, &shlex::split(text).unwrap())
    }

    fn hosts(grants: &Grants) -> Vec<&str> {
        grants.dirs().map(|grant| grant.host.as_str()).collect()
    }

    #[test]
    fn grants_are_widened() {
        let grants = opts("--dir '/a b' --dir-ro=/c::/data --env B=2 --env A --env-all --cwd /data").unwrap();
        assert_eq!(hosts(&grants), ["/a b", "/c"], "the second has the name of what was packed");
        assert!(grants.dirs().nth(1).unwrap().read_only && grants.env_all);
        assert_eq!(
            (grants.env, grants.pass),
            (vec!["B=2".to_owned()], vec!["HOME".to_owned(), "A".to_owned()])
        );
        assert_eq!(grants.cwd.as_deref(), Some("/data"));
        let native = opts("--native").unwrap();
        assert!(native.native && native.env_all);
    }

    #[test]
    fn grants_are_narrowed() {
        let grants = opts("--deny-env --deny-dir").unwrap();
        assert_eq!(grants, Grants::default());
        let grants = opts("--deny-env=A --deny-dir=/other").unwrap();
        assert_eq!((grants.env.len(), grants.pass.len(), grants.mounts.len()), (0, 1, 1));
        for name in ["/data", "data", "data/", "./data"] {
            assert!(opts(&format!("--deny-dir={name}")).unwrap().mounts.is_empty(), "{name}");
            assert_eq!(hosts(&opts(&format!("--dir-ro e::{name}")).unwrap()), ["e"], "{name}");
        }
        let narrowed = of("--native --deny-dir=/ --deny-env=SECRET").unwrap();
        assert!(!narrowed.grants.native && narrowed.grants.env_all);
        assert_eq!(narrowed.denied, ["SECRET"]);
        assert!(of("--deny-env=A --env A=2").unwrap().denied.is_empty(), "in the order in which they stand");
        assert_eq!(hosts(&opts("--deny-dir --dir .").unwrap()), ["."], "in the order in which they stand");
    }

    #[test]
    fn a_name_that_is_not_granted_is_told() {
        let notes = |text: &str| of(text).unwrap().notes;
        assert_eq!(
            notes("--deny-dir=/dta --deny-env=B --dir x"),
            [
                "WASMPACK_OPTS: --deny-dir=/dta: no directory is granted under this name; granted: /data",
                "WASMPACK_OPTS: --deny-env=B: no variable is granted under this name; granted: A, HOME",
            ]
        );
        for text in
            ["--deny-dir=data --deny-env=A --deny-env=HOME", "--dir x --deny-dir=x", "--deny-dir --deny-env"]
        {
            assert!(notes(text).is_empty(), "{text}");
        }
        assert!(notes("--env-all --deny-env=B --native --deny-dir=/").is_empty());
        assert!(notes("--native --deny-dir=/etc")[0].ends_with("granted: /data, all of the system's"));
    }

    #[test]
    fn what_is_not_understood_may_take_something_in_any_spelling() {
        for text in [
            "--deny-dir '",
            "--xyz --deny\"-dir\"",
            "--deny'-dir' --xyz",
            "--den\\y-dir '",
            "--dir-ro x::/data --xyz",
        ] {
            assert!(may_take(text), "{text}");
        }
        for text in ["--xyz", "'", "--env A=--deny-dir --xyz"] {
            assert!(!may_take(text), "{text}");
        }
    }

    #[test]
    fn a_directory_takes_the_place_of_one_in_memory_and_the_other_way_round() {
        assert_eq!(opts("--tmp --dir /tmp").unwrap().tmp, None);
        let grants = opts("--dir /tmp --tmp").unwrap();
        assert!(grants.tmp.is_some() && grants.dir(&"/tmp".into()).is_none());
    }

    #[test]
    fn what_is_taken_is_told_from_what_is_added() {
        let packed = of("").unwrap().grants;
        let taken = |text: &str| taken(&packed, &of(text).unwrap());
        for text in ["--dir x", "--env B=1 --env A=2 --env HOME=x", "--native", "--deny-env=B", "--cwd /x"] {
            assert_eq!(taken(text), None, "{text}");
        }
        for (text, what) in [
            ("--deny-dir", "the directory /data"),
            ("--dir-ro e::/data", "the directory /data"),
            ("--deny-env", "the variable A"),
            ("--deny-env=HOME", "the variable HOME"),
        ] {
            assert_eq!(taken(text).as_deref(), Some(what), "{text}");
        }
        let all = Grants { env_all: true, ..Grants::default() };
        let denied =
            changed(Granted { grants: all.clone(), ..Granted::default() }, &["--deny-env=X".to_owned()]);
        assert_eq!(super::taken(&all, &denied.unwrap()).as_deref(), Some("the variable X"));
    }

    #[test]
    fn directories_keep_their_order_behind_those_that_were_packed() {
        let grants = opts("--dir-ro a::/ --dir b::/ --dir c::/x --dir-ro d::x").unwrap();
        assert_eq!(
            hosts(&grants),
            ["data", "a", "b", "d"],
            "of one name the last; the root may have several"
        );
        assert_eq!(hosts(&opts("--dir . --dir a::/ --deny-dir=/").unwrap()), ["data"]);
        let grants = opts("--dir . --dir-ro ./").unwrap();
        assert_eq!(hosts(&grants), ["data", "./"]);
        assert!(grants.dirs().nth(1).unwrap().read_only, "the last counts");
    }

    #[test]
    fn what_is_no_option_is_named() {
        for (text, word) in [
            ("--dri x", "--dri is no option"),
            ("x", "x is no option"),
            ("--env-all=yes", "--env-all=yes is no option"),
            ("--dir", "--dir has no value"),
            ("--dir ''", "--dir: the host's directory is empty"),
            ("--dir .:/work", "--dir: two names are separated by two colons: .::/work;"),
            #[cfg(not(windows))]
            ("--dir-ro d:/work", "--dir-ro: two names are separated by two colons: d::/work;"),
            ("--env =", "--env: the variable has no name"),
            ("--deny-dir=", "--deny-dir= has no name"),
            ("--deny-env=", "--deny-env= has no name"),
        ] {
            let error = opts(text).unwrap_err();
            assert!(error.starts_with(word), "{text}: {error}");
        }
    }
}
