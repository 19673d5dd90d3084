//! Grants: what an app may touch, as people write them, as the manifest keeps them, and in plain words.
//!
//! Both sides need all three. The packer reads `--dir HOST[::GUEST]` from a command line and the launcher from
//! `WASMPACK_OPTS`, by the same rules; and both tell the owner of a file, in the same sentences, what it may do.

use crate::guest::GuestName;
use crate::net::{Connect, Listen};
pub use crate::spelling::{names_a_drive, no_drive, split};

/// The app's directory of programs that it may become or start.
pub const PROGRAMS: &str = "/bin";

/// Everything beyond the standard streams, arguments, clocks and randomness that an app may use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Variables that are set, each `NAME=VALUE` with a name that is not empty.
    pub env: Vec<String>,
    /// Names of variables that are passed on when they are set where the app is started.
    pub pass: Vec<String>,
    /// True: all variables are passed on.
    pub env_all: bool,
    /// Directories of the host and carried files, in the order in which they were given. The nth carried one is the nth root
    /// of the payload's tree.
    pub mounts: Vec<Mount>,
    /// True: the app works on files as a native program does. It may read and change what the user may, and starts
    /// where the user stands.
    pub native: bool,
    /// A private directory in memory, gone at the app's end, by the guest's name.
    pub tmp: Option<GuestName>,
    /// The app's working directory, by the guest's name; `None`: what it takes for its root.
    pub cwd: Option<String>,
    /// True: the app may start copies of its own process. It asks for that by what it imports.
    pub fork: bool,
    /// Where it may listen, each once; they are its first sockets, in this order.
    pub listen: Vec<Listen>,
    /// Whom it may connect to, each once.
    pub connect: Vec<Connect>,
}

/// What an app finds under a name: one entry of the list of what was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mount {
    /// A directory of the host.
    Dir(DirGrant),
    /// Files that the executable carries.
    Files(FilesGrant),
}

/// One directory of the host under a name of the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirGrant {
    /// The host's path as it was written; resolved when the executable runs.
    pub host: String,
    /// The path under which the app sees it. The same text as `host`: what that is resolved to.
    pub guest: GuestName,
    /// True: the app may read, and nothing may change.
    pub read_only: bool,
}

/// One tree of files that the executable itself carries, under a name of the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesGrant {
    /// The path under which the app sees it.
    pub guest: GuestName,
    /// True: the app may change it; changes are kept in memory and lost at its end.
    pub writable: bool,
}

/// What `--env` takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// `NAME=VALUE`: it is set.
    Set(String),
    /// `NAME`: it is passed on.
    Pass(String),
}

/// The name of a private directory in memory, where none is given.
pub const TMP: &str = "/tmp";

/// Reads what `--tmp` takes: an absolute name, or nothing for [`TMP`].
///
/// # Errors
/// For a relative name, the root, or a NUL: a sentence for people.
pub fn temporary(text: &str) -> Result<GuestName, String> {
    let guest = GuestName::from(if text.is_empty() { TMP } else { text });
    match () {
        () if text.contains('\0') => Err("a NUL byte cannot be part of a name".to_owned()),
        () if guest.is_root() => Err(format!("the root cannot be a temporary directory; {TMP} was expected")),
        () if !guest.as_str().starts_with('/') => {
            Err(format!("the name begins with no slash; /{text} was expected"))
        }
        () => Ok(guest),
    }
}

/// The variable with which whoever starts an executable changes its grants.
pub const OPTIONS: &str = "WASMPACK_OPTS";

impl DirGrant {
    /// Reads `HOST` or `HOST::GUEST`. Without a guest's name the app sees the directory under the host's.
    ///
    /// # Errors
    /// For an empty name, a NUL, and for more than one `::`: a sentence for people.
    pub fn parse(text: &str, read_only: bool) -> Result<DirGrant, String> {
        let (host, guest) = split(text, text).map_err(|why| match text.ends_with(":ro") {
            true => format!("{why}; what is only to be read is granted by --dir-ro"),
            false => why,
        })?;
        Ok(DirGrant { host, guest: guest.into(), read_only })
    }

    /// Whether it is one word that begins with a drive: a mistake where the app is not for Windows.
    pub fn is_a_drive(&self) -> bool {
        self.guest.as_str() == self.host && names_a_drive(&self.host)
    }

    /// Whether its host's path is `host`, which may be written in another way.
    pub fn is_of(&self, host: &str) -> bool {
        let is_absolute = |path: &str| path.starts_with('/');
        GuestName::from(host).path() == GuestName::from(self.host.as_str()).path()
            && is_absolute(host) == is_absolute(&self.host)
    }
}

impl Variable {
    /// Reads `NAME=VALUE` or `NAME`.
    ///
    /// # Errors
    /// Without a name, or with a NUL: a sentence for people.
    pub fn parse(text: &str) -> Result<Variable, String> {
        if text.contains('\0') {
            return Err("a NUL byte cannot be part of a variable".to_owned());
        }
        if name(text) == OPTIONS {
            return Err(format!("{OPTIONS} is for the launcher, and no program sees it"));
        }
        match text.find('=') {
            Some(1..) => Ok(Variable::Set(text.to_owned())),
            None if !text.is_empty() => Ok(Variable::Pass(text.to_owned())),
            _ => Err("the variable has no name; NAME=VALUE or NAME was expected".to_owned()),
        }
    }
}

impl Mount {
    /// The path under which the app sees it.
    pub fn guest(&self) -> &GuestName {
        match self {
            Mount::Dir(grant) => &grant.guest,
            Mount::Files(grant) => &grant.guest,
        }
    }
}

impl Grants {
    /// The directories of the host, in their order.
    pub fn dirs(&self) -> impl Iterator<Item = &DirGrant> {
        self.mounts.iter().filter_map(|mount| match mount {
            Mount::Dir(grant) => Some(grant),
            Mount::Files(_) => None,
        })
    }

    /// The carried files, in the order of the roots of the payload's tree.
    pub fn files(&self) -> impl Iterator<Item = &FilesGrant> {
        self.mounts.iter().filter_map(|mount| match mount {
            Mount::Dir(_) => None,
            Mount::Files(grant) => Some(grant),
        })
    }

    /// Adds a variable; one of the same name that was there before is replaced.
    pub fn add(&mut self, variable: Variable) {
        let (Variable::Set(text) | Variable::Pass(text)) = &variable;
        self.remove_variable(name(text));
        match variable {
            Variable::Set(text) => self.env.push(text),
            Variable::Pass(text) => self.pass.push(text),
        }
    }

    /// The directory that has the name `guest`, to a program, if there is one.
    pub fn dir(&self, guest: &GuestName) -> Option<&DirGrant> {
        self.dirs().find(|grant| grant.guest == *guest)
    }

    /// Removes the directories of the host that have the name `guest` to a program. What is carried stays.
    pub fn remove_dir(&mut self, guest: &GuestName) {
        self.remove_dirs(|grant| grant.guest == *guest);
    }

    /// Removes all directories of the host. What is carried stays.
    pub fn remove_all_dirs(&mut self) {
        self.remove_dirs(|_| true);
    }

    fn remove_dirs(&mut self, is_removed: impl Fn(&DirGrant) -> bool) {
        self.mounts.retain(|mount| !matches!(mount, Mount::Dir(grant) if is_removed(grant)));
    }

    /// Lets it listen there, once.
    pub fn add_listen(&mut self, listen: Listen) {
        if !self.listen.contains(&listen) {
            self.listen.push(listen);
        }
    }

    /// Lets it connect to these.
    pub fn add_connect(&mut self, connect: Connect) {
        if !self.connect.contains(&connect) {
            self.connect.push(connect);
        }
    }

    /// True if it has sockets.
    pub fn has_sockets(&self) -> bool {
        !self.listen.is_empty() || !self.connect.is_empty()
    }

    /// Removes the variable called `called`, set or passed on.
    pub fn remove_variable(&mut self, called: &str) {
        self.env.retain(|other| name(other) != called);
        self.pass.retain(|other| other != called);
    }
}

/// The name in `NAME=VALUE` or `NAME`.
pub fn name(variable: &str) -> &str {
    variable.split('=').next().unwrap_or(variable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dir(text: &str) -> Result<(String, String), String> {
        DirGrant::parse(text, false).map(|grant| (grant.host, grant.guest.to_string()))
    }

    #[test]
    fn directories_are_read_with_and_without_a_guests_name() {
        let pair = |host: &str, guest: &str| Ok((host.to_owned(), guest.to_owned()));
        assert_eq!(dir("data"), pair("data", "data"));
        assert_eq!(dir("/srv/a b::/data"), pair("/srv/a b", "/data"));
        assert_eq!(dir(r"C:\data::/data"), pair(r"C:\data", "/data"));
        for (text, word) in
            [("", "empty"), ("::/x", "host's"), ("x::", "guest's"), ("a::b::c", "once"), ("a\0", "NUL")]
        {
            assert!(dir(text).unwrap_err().contains(word), "{text}");
        }
    }

    #[test]
    fn a_path_is_one_however_it_is_written() {
        let of = |host: &str, other: &str| DirGrant::parse(host, false).unwrap().is_of(other);
        for (host, other) in [(".", "./"), ("a", "./a/"), ("/a/b", "/a/b//")] {
            assert!(of(host, other), "{host} {other}");
        }
        for (host, other) in [(".", ".."), ("a", "/a"), ("~", ".")] {
            assert!(!of(host, other), "{host} {other}");
        }
    }

    #[test]
    fn variables_are_set_or_passed_on_and_the_last_of_a_name_counts() {
        let mut grants = Grants::default();
        for text in ["A=1", "B=2", "A=3", "AB=4", "B", "EMPTY="] {
            grants.add(Variable::parse(text).unwrap());
        }
        assert_eq!(grants.env, ["A=3", "AB=4", "EMPTY="]);
        assert_eq!(grants.pass, ["B"]);
        for text in ["", "=x", "A\0=1", "WASMPACK_OPTS", "WASMPACK_OPTS=x"] {
            assert!(Variable::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_directory_is_found_and_removed_by_any_of_its_names() {
        let carried = Mount::Files(FilesGrant { guest: "/data".into(), writable: false });
        let mounts = vec![Mount::Dir(DirGrant::parse("d::/data", false).unwrap()), carried.clone()];
        let mut grants = Grants { mounts, ..Grants::default() };
        assert!(grants.dir(&"data/".into()).is_some() && grants.dir(&"/".into()).is_none());
        grants.remove_dir(&"./data".into());
        assert_eq!(grants.mounts, [carried], "what is carried stays");
    }
}
