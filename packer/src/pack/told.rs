//! Options for the launcher, which go into the manifest as they were given.

use payload::{Connect, Grants, GuestName, Listen, Manifest, Variable};

/// Options that the packer itself does not look at. The command line fills this, and it writes itself into the manifest.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Told {
    /// Arguments before the user's own.
    pub args: Vec<String>,
    /// Variables that are set or passed on; of several with one name the last one counts.
    pub variables: Vec<Variable>,
    /// True: all variables are passed on.
    pub env_all: bool,
    /// True: the app works on files as a native program does, and all variables are passed on.
    pub native: bool,
    /// A private directory in memory, gone at the app's end.
    pub tmp: Option<GuestName>,
    /// The app's working directory.
    pub cwd: Option<String>,
    /// Where it may listen.
    pub listen: Vec<Listen>,
    /// Whom it may connect to.
    pub connect: Vec<Connect>,
    /// True: the grants cannot be changed when the executable starts.
    pub sealed: bool,
}

impl Told {
    /// Adds this to a manifest, which an executable that is packed again may have brought along.
    pub(super) fn write(&self, manifest: &mut Manifest) {
        if !self.args.is_empty() {
            manifest.args.clone_from(&self.args);
        }
        self.grant(&mut manifest.grants);
        manifest.sealed |= self.sealed;
    }

    /// Adds what it says of variables, of sockets and of the working directory; of variables with one name the new one counts.
    pub(super) fn grant(&self, grants: &mut Grants) {
        self.variables.iter().cloned().for_each(|variable| grants.add(variable));
        grants.env_all |= self.env_all || self.native;
        grants.native |= self.native;
        if self.tmp.is_some() {
            grants.tmp.clone_from(&self.tmp);
        }
        self.listen.iter().for_each(|listen| grants.add_listen(*listen));
        self.connect.iter().cloned().for_each(|connect| grants.add_connect(connect));
        if self.cwd.is_some() {
            grants.cwd.clone_from(&self.cwd);
        }
    }
}
