//! Grants in plain words.

use crate::grant::{DirGrant, FilesGrant, Grants, Mount, name};
use crate::net::{Connect, Host, Listen};
use crate::words::size;

/// How much of the grants is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Detail<'a> {
    /// True: the values of variables too. They may be secrets, and a log is no place for them.
    pub values: bool,
    /// What is carried, in the order of the carried files; nothing where that is not known.
    pub carried: &'a [Count<'a>],
}

/// How many files are carried under one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count<'a> {
    /// The number of files.
    pub files: u64,
    /// Bytes in them.
    pub bytes: u64,
    /// The only file's name below the grant's, where there is no other.
    pub only: Option<&'a str>,
}

impl Mount {
    fn in_words(&self, count: Option<Count<'_>>) -> String {
        match self {
            Mount::Dir(DirGrant { host, guest, read_only }) => {
                let verb = if *read_only { "read" } else { "read and change" };
                let here = if host == "." { "the directory it is started in" } else { host };
                let name = if guest.as_str() == host { String::new() } else { format!(", as {guest}") };
                format!("may {verb} files below {here}{name}")
            }
            Mount::Files(FilesGrant { guest, writable }) => {
                // The root of what it carries: a dot would be read as the directory that it is started in.
                let guest = if guest.is_root() { "/" } else { guest.as_str() };
                let how = if *writable { "which it may change in memory until it ends" } else { "to read" };
                let what = match count {
                    Some(Count { only: Some(name), bytes, .. }) => {
                        format!("the file {name} ({})", size(bytes))
                    }
                    Some(Count { files, bytes, .. }) => format!("{files} files ({})", size(bytes)),
                    None => "files of its own".to_owned(),
                };
                format!("carries {what} below {guest}, {how}")
            }
        }
    }
}

impl Listen {
    fn in_words(&self) -> String {
        let (address, port) = (self.0.ip(), self.0.port());
        match (address.is_unspecified(), port) {
            (true, 0) => format!("may listen on a free port of all addresses ({address}), for every network"),
            (true, _) => format!("may listen on port {port} of all addresses ({address}), for every network"),
            (false, 0) => format!("may listen on a free port of {address}"),
            (false, _) => format!("may listen on {self}"),
        }
    }
}

impl Connect {
    fn in_words(&self) -> String {
        let host = match &self.host {
            Host::Name(name) if name == "**" => "every host that has a name".to_owned(),
            host => host.to_string(),
        };
        match self.port {
            Some(port) => format!("may connect to {host}, port {port}"),
            None => format!("may connect to {host}, any port"),
        }
    }
}

impl Grants {
    /// What is granted, a sentence each, of which the app is the subject: `may read files below /data`. Directories and
    /// carried files stand in the order in which they were given. Empty when nothing is granted.
    pub fn in_words(&self, detail: Detail<'_>) -> Vec<String> {
        let mut words = Vec::new();
        if self.native {
            words.push(
                "may read and change every file that its user may, from where its user stands".to_owned(),
            );
        }
        let mut counts = detail.carried.iter().copied();
        words.extend(self.mounts.iter().map(|mount| match mount {
            Mount::Dir(_) => mount.in_words(None),
            Mount::Files(_) => mount.in_words(counts.next()),
        }));
        if self.env_all {
            words.push("sees all variables of the environment".to_owned());
        }
        words.extend(self.pass.iter().map(|name| format!("sees the variable {name} where it is set")));
        let shown = |variable: &'_ String| match detail.values {
            true => format!("has the variable {variable}"),
            false => format!("has the variable {}", name(variable)),
        };
        words.extend(self.env.iter().map(shown));
        let own = |guest| format!("has a directory of its own in memory, {guest}, until it ends");
        words.extend(self.tmp.iter().map(own));
        words.extend(self.cwd.iter().map(|guest| format!("has the working directory {guest}")));
        words.extend(self.listen.iter().map(Listen::in_words));
        words.extend(self.connect.iter().map(Connect::in_words));
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_what_is_granted() {
        assert!(Grants::default().in_words(Detail::default()).is_empty());
        let grants = Grants {
            env: vec!["A=1".to_owned()],
            pass: vec!["HOME".to_owned()],
            mounts: vec![
                Mount::Dir(DirGrant::parse(".", false).unwrap()),
                Mount::Files(FilesGrant { guest: "/lib".into(), writable: false }),
                Mount::Dir(DirGrant::parse("~/notes::/notes", true).unwrap()),
            ],
            cwd: Some("/notes".to_owned()),
            listen: ["8080", "0.0.0.0:80", "[::1]:0"].map(|text| Listen::parse(text).unwrap()).to_vec(),
            connect: ["*.example.com:443", "**:*"].map(|text| Connect::parse(text).unwrap()).to_vec(),
            ..Grants::default()
        };
        assert_eq!(
            grants.in_words(Detail::default()),
            [
                "may read and change files below the directory it is started in",
                "carries files of its own below /lib, to read",
                "may read files below ~/notes, as /notes",
                "sees the variable HOME where it is set",
                "has the variable A",
                "has the working directory /notes",
                "may listen on 127.0.0.1:8080",
                "may listen on port 80 of all addresses (0.0.0.0), for every network",
                "may listen on a free port of ::1",
                "may connect to *.example.com, port 443",
                "may connect to every host that has a name, any port",
            ]
        );
        let carried = [Count { files: 1, bytes: 5, only: Some("etc/app.toml") }];
        let words = grants.in_words(Detail { values: false, carried: &carried });
        assert_eq!(words[1], "carries the file etc/app.toml (5 bytes) below /lib, to read");
        let carried = [Count { files: 121, bytes: 8_100_000, only: None }];
        let words = grants.in_words(Detail { values: true, carried: &carried });
        assert_eq!(words[1], "carries 121 files (8.1 MB) below /lib, to read");
        assert_eq!(words[4], "has the variable A=1");
    }
}
