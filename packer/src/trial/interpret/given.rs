//! What a program has in a trial, and so all that it can learn of the pack.

use payload::{Manifest, Mount};

/// The name that a program is started by in a trial, unless it was given one: whoever has the executable can rename it.
const NAME: &str = "program";

/// Its name, arguments and variables, and the files that it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub(super) name: String,
    pub(super) args: Vec<String>,
    pub(super) env: Vec<String>,
    /// The guest name of each carried folder, and whether it can be changed.
    pub(super) files: Vec<(String, bool)>,
    pub(super) cwd: Option<String>,
    /// The guest name of its directory for temporary files.
    pub(super) tmp: Option<String>,
}

impl Given {
    /// What an executable with this manifest has without the machine that it is started on.
    pub fn of(manifest: &Manifest) -> Given {
        let grants = &manifest.grants;
        let files = grants.mounts.iter().filter_map(|mount| match mount {
            Mount::Files(files) => Some((files.guest.as_str().to_owned(), files.writable)),
            Mount::Dir(_) => None,
        });
        // Where it stands may be in a directory of that machine, or depend on the variables there.
        let is_whole = !grants.native && grants.dirs().next().is_none();
        let is_fixed = |guest: &String| is_whole && !guest.starts_with('~') && !guest.contains('$');
        let cwd = grants.cwd.clone().filter(is_fixed);
        let mut env = grants.env.clone();
        if let Some(guest) = cwd.as_ref().filter(|_| !env.iter().any(|variable| variable.starts_with("PWD=")))
        {
            env.push(format!("PWD={guest}"));
        }
        let tmp = grants.tmp.as_ref().map(|guest| guest.as_str().to_owned());
        if let Some(guest) =
            tmp.as_ref().filter(|_| !env.iter().any(|variable| variable.starts_with("TMPDIR=")))
        {
            env.push(format!("TMPDIR={guest}"));
        }
        Given {
            name: manifest.argv0.clone().unwrap_or_else(|| NAME.to_owned()),
            args: manifest.args.clone(),
            env,
            files: files.collect(),
            cwd,
            tmp,
        }
    }
}

#[cfg(test)]
mod tests {
    use payload::{DirGrant, FilesGrant, Grants};

    use super::*;

    #[test]
    fn a_program_that_is_tried_has_nothing_of_this_machine() {
        let dir = DirGrant { host: "data".to_owned(), guest: "/data".into(), read_only: false };
        let files = |guest: &str| Mount::Files(FilesGrant { guest: guest.into(), writable: false });
        let mut manifest = Manifest {
            app: "notes".to_owned(),
            args: vec!["--color".to_owned()],
            grants: Grants {
                mounts: vec![Mount::Dir(dir), files("/lib")],
                env: vec!["MODE=fast".to_owned()],
                pass: vec!["HOME".to_owned()],
                env_all: true,
                native: true,
                cwd: Some("/data".to_owned()),
                ..Grants::default()
            },
            ..Manifest::default()
        };
        let given = Given::of(&manifest);
        let expected = Given {
            name: "program".to_owned(),
            args: vec!["--color".to_owned()],
            env: vec!["MODE=fast".to_owned()],
            files: vec![("/lib".to_owned(), false)],
            cwd: None,
            tmp: None,
        };
        assert_eq!(given, expected);
        // In files that it carries it stands where it will stand.
        manifest.grants.native = false;
        manifest.grants.mounts.remove(0);
        manifest.grants.cwd = Some("/lib".to_owned());
        let given = Given::of(&manifest);
        assert_eq!(
            (given.cwd.as_deref(), given.env.last().map(String::as_str)),
            (Some("/lib"), Some("PWD=/lib"))
        );
        manifest.grants.cwd = Some("$HOME".to_owned());
        assert_eq!(Given::of(&manifest).cwd, None);
    }
}
