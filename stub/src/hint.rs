//! One line for a user whose program failed for want of a grant: what it asked for, and how to grant it.
//!
//! A program looks for many files that are nowhere, and says so in its own words or not at all. So a hint is given only
//! when it failed, somebody reads along, what it asked for was among the last things it did, and is there on this machine:
//! then a grant changes something. What the program asked for is its own text, and what is shown of it can be typed without
//! harm.

use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use payload::grant::OPTIONS;
use payload::info::printable;
use payload::{DirGrant, FilesGrant, Grants, Host, Mount};
use sandbox::{Miss, Refused};

use crate::{expand, fail};

/// Gives the hint after a program that failed, if there is one to give.
pub(crate) fn give(misses: &[Miss], refused: Option<&Refused>, grants: &Grants, sealed: bool) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    // What it asked for last is most likely what it ended for. Of sockets a program asks for little, and for nothing in vain.
    let hint = refused.map(of_sockets);
    let hint = hint.or_else(|| misses.iter().rev().find_map(|miss| hint_at_file(miss, grants)));
    let Some(Hint { path, option, why }) = hint else { return };
    let way = if sealed || matches!(why, Why::Carried) {
        let sealed = if sealed { "it is sealed: " } else { "" };
        format!("{sealed}only packing it again with {} grants it that", printable(&option))
    } else {
        let old = std::env::var(OPTIONS).map(|old| format!("{old} ")).unwrap_or_default();
        let options = printable(&format!("{old}{option}"));
        match cfg!(windows) {
            true => format!("to grant it: set {OPTIONS}={options}"),
            false => format!("to grant it, start it with {OPTIONS}={}", in_shell(&options)),
        }
    };
    let path = printable(&path);
    let asked = match why {
        Why::NotGranted => format!("the program asked for {path}, which was not granted"),
        Why::Socket => format!("the program asked {path}, which was not granted"),
        Why::ReadOnly => format!("the program was to change {path}, which was granted to be read only"),
        Why::Carried => format!("the program was to change {path}, which it carries to be read only"),
        Why::Private => {
            format!("the program asked {path}, which is of a private network and was not granted")
        }
        Why::Unclear => format!(
            "the program was to change {path} or what has this name where it was started, and does not tell which"
        ),
    };
    fail::say(&format!("hint: {asked}; {way}"));
}

struct Hint {
    /// What was asked for, as it is called on this machine.
    path: String,
    /// The option that grants it.
    option: String,
    why: Why,
}

/// Why the program did not get it.
enum Why {
    NotGranted,
    ReadOnly,
    /// It is carried, and not to be changed.
    Carried,
    /// It does not tell `x` from `/x`.
    Unclear,
    /// It is about sockets.
    Socket,
    /// A name led to an address that names must not lead to.
    Private,
}

/// The option that would have granted what was asked of sockets.
fn of_sockets(refused: &Refused) -> Hint {
    let (path, option, why) = match refused {
        Refused::Connect(to) => {
            let to = SocketAddr::new(reached(to.ip()), to.port());
            (format!("to connect to {to}"), format!("--connect {to}"), Why::Socket)
        }
        Refused::Resolve(name) => {
            (format!("to connect to {name}"), format!("--connect {name}:*"), Why::Socket)
        }
        Refused::Private(name, address) => {
            let host = Host::Address(*address);
            (format!("to connect to {name}, at {address}"), format!("--connect {host}:*"), Why::Private)
        }
        Refused::Listen(at) if at.ip().is_loopback() || at.ip().is_unspecified() => {
            let port = at.port();
            (format!("to listen on port {port}"), format!("--listen {port}"), Why::Socket)
        }
        Refused::Listen(at) => (format!("to listen on {at}"), format!("--listen {at}"), Why::Socket),
    };
    Hint { path, option, why }
}

/// Where one comes to by an address: by that of no machine, to this one.
fn reached(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

/// The option that would have granted what `miss` asked for, if that is there.
fn hint_at_file(miss: &Miss, grants: &Grants) -> Option<Hint> {
    let asked = &miss.path;
    if miss.unclear {
        let absolute = PathBuf::from(format!("/{}", asked.trim_start_matches('/')));
        let dir = absolute.parent().filter(|dir| dir.is_dir())?;
        return grant("--dir", dir, &absolute, Why::Unclear);
    }
    if let Some((option, why)) = changeable(miss, grants) {
        return Some(Hint { path: asked.clone(), option: option?, why });
    }
    let name = if miss.write { "--dir" } else { "--dir-ro" };
    let is_dir = |path: &Path| path.as_os_str().is_empty() || path.is_dir();
    let there =
        |path: &Path| path.symlink_metadata().is_ok() || miss.write && path.parent().is_some_and(is_dir);
    if asked.split('/').any(|name| name == "..") {
        // Above where the user stands, if it begins so: what is around that is granted under the same name.
        let names = asked.split('/');
        let up = names.clone().take_while(|name| *name == "..").count();
        let down = names.clone().skip(up).all(|name| name != "..") && up > 0 && !grants.native;
        let (path, around) = (Path::new(asked), Path::new(asked).parent().filter(|_| down)?);
        let dir = if path.is_dir() { path } else { around };
        let option = expand::option(name, dir, dir.to_str()?).filter(|_| there(path))?;
        return Some(Hint { path: asked.clone(), option, why: Why::NotGranted });
    }
    // Whether it was relative or absolute cannot be told. Relative paths are found where the user stands is granted.
    let relative = asked.trim_start_matches('/').trim_start_matches("./");
    let stands = grants.native || grants.dirs().any(|grant| grant.guest.is_root());
    if !stands && !relative.is_empty() && there(Path::new(relative)) {
        return Some(Hint { path: relative.to_owned(), option: format!("{name} ."), why: Why::NotGranted });
    }
    let absolute = PathBuf::from(format!("/{relative}"));
    let dir = if absolute.is_dir() { Some(absolute.as_path()) } else { absolute.parent() };
    let dir = dir.filter(|_| !grants.native && there(&absolute))?;
    grant(name, dir, &absolute, Why::NotGranted)
}

/// Where `miss` was refused for being in something that may only be read: the option that lets it change.
fn changeable(miss: &Miss, grants: &Grants) -> Option<(Option<String>, Why)> {
    let asked = Path::new(miss.path.trim_start_matches("./").trim_start_matches('/'));
    let around = grants.mounts.iter().filter(|mount| miss.fixed && asked.starts_with(mount.guest().path()));
    match around.max_by_key(|mount| mount.guest().path().len())? {
        Mount::Dir(DirGrant { read_only: true, host, guest }) => {
            let names = if guest.as_str() == host { host.clone() } else { format!("{host}::{guest}") };
            Some((expand::quoted("--dir ", &names), Why::ReadOnly))
        }
        Mount::Files(FilesGrant { writable: false, guest }) => {
            Some((expand::quoted("--files-rw ", &format!("FOLDER::{guest}")), Why::Carried))
        }
        _ => None,
    }
}

/// The hint that `name` grants `dir` for `asked`. A link on the way is told with where it leads: the program may have made it.
fn grant(name: &str, dir: &Path, asked: &Path, why: Why) -> Option<Hint> {
    let real = if cfg!(windows) { dir.to_owned() } else { dir.canonicalize().ok()? };
    // All of the system is more than a hint should ask for.
    let option = real.parent().and_then(|_| expand::option(name, &real, dir.to_str()?))?;
    Some(Hint { path: asked.to_string_lossy().into_owned(), option, why })
}

/// `text` as one word of a shell.
fn in_shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn option(path: &str, write: bool, grants: &Grants) -> Option<String> {
        hint_at_file(&Miss { path: path.to_owned(), write, unclear: false, fixed: write }, grants)
            .map(|hint| hint.option)
    }

    #[test]
    fn what_is_shown_can_be_typed_without_harm() {
        let dir = std::env::temp_dir().join(format!("it's $(touch x) {}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("f"), "").unwrap();
        let asked = dir.join("f").to_string_lossy().into_owned();
        let option = option(&asked, false, &Grants::default()).unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
        let shell = shlex::split(&in_shell(&option)).unwrap();
        assert_eq!(shell.len(), 1);
        assert_eq!(shell[0], option);
        let words = shlex::split(&shell[0]).unwrap();
        let host = dir.to_string_lossy().replace('$', "$$");
        assert_eq!(words, ["--dir-ro".to_owned(), format!("{host}::{}", dir.display())]);
    }

    #[test]
    fn what_was_asked_of_sockets_is_hinted_at_with_the_least_that_grants_it() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        for (refused, option) in [
            (Refused::Connect(at("10.0.0.5:80")), "--connect 10.0.0.5:80"),
            (Refused::Connect(at("[2001:db8::1]:80")), "--connect [2001:db8::1]:80"),
            (Refused::Connect(at("0.0.0.0:80")), "--connect 127.0.0.1:80"),
            (Refused::Resolve("example.com".to_owned()), "--connect example.com:*"),
            (Refused::Private("db.example".to_owned(), at("[::1]:0").ip()), "--connect [::1]:*"),
            (Refused::Listen(at("0.0.0.0:8080")), "--listen 8080"),
            (Refused::Listen(at("10.0.0.5:80")), "--listen 10.0.0.5:80"),
        ] {
            let hint = of_sockets(&refused);
            assert_eq!(hint.option, option);
            let words: Vec<&str> = hint.option.split(' ').collect();
            match words[0] {
                "--connect" => drop(payload::Connect::parse(words[1]).unwrap()),
                _ => drop(payload::Listen::parse(words[1]).unwrap()),
            }
        }
    }

    #[test]
    fn only_what_is_there_and_was_not_granted_is_hinted_at() {
        let none = Grants::default();
        assert_eq!(option("etc/passwd", false, &none).as_deref(), Some("--dir-ro /etc"));
        assert_eq!(option("no such file", false, &none), None);
        assert_eq!(option("../no such folder/x", false, &none), None);
        assert_eq!(option("../stub/Cargo.toml", false, &none).as_deref(), Some("--dir-ro ../stub"));
        assert_eq!(option("../stub/../x", false, &none), None, "the way may lead through links");
        assert_eq!(option("Cargo.toml", false, &none).as_deref(), Some("--dir-ro ."));
        assert_eq!(option("new file", true, &none).as_deref(), Some("--dir ."));
        let dir = DirGrant::parse(".", false).unwrap();
        let here = Grants { mounts: vec![Mount::Dir(dir)], ..Grants::default() };
        assert_eq!(option("Cargo.toml", false, &here), None);
        assert_eq!(option("etc/passwd", false, &here).as_deref(), Some("--dir-ro /etc"));
        assert_eq!(option("etc/passwd", false, &Grants { native: true, ..Grants::default() }), None);
    }
}
