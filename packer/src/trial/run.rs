//! Runs the program of a trial.

use std::{
    io,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use payload::{Grants, Manifest, Mount, Target, grant::OPTIONS, info::printable};

use crate::{
    Error, Kind,
    container::{self, pe::PeOptions},
    error::spoken,
};

use super::place::Place;

/// The environment variable that tells a launcher where to write what was touched.
const VARIABLE: &str = "WASMPACK_PROFILE";
/// The environment variable that tells a launcher whose child it is: it ends when that does.
const PARENT: &str = "WASMPACK_PROFILE_PARENT";
/// How long a start without arguments may take. What has not ended then does more than start.
const LIMIT: Duration = Duration::from_secs(5);
/// How often to look whether it has ended.
const LOOK: Duration = Duration::from_millis(2);

/// A program that was packed to be looked at.
#[derive(Clone, Copy, Debug)]
pub struct Program<'a> {
    /// Its payload, as [`payload`](fn@super::payload) makes it.
    pub payload: &'a [u8],
    /// This machine.
    pub target: Target,
    /// The launcher.
    pub stub: &'a [u8],
    /// The program's name.
    pub app: &'a str,
}

impl Program<'_> {
    /// Starts it with `args` and waits for its end; returns what its launcher wrote.
    ///
    /// # Errors
    /// `Profile` if it cannot be run, or its launcher wrote nothing; others as for any pack.
    pub fn profile(self, args: &[String]) -> Result<String, Error> {
        let wait = |child: Child| {
            let ended = child.wait_with_output()?;
            Ok((ended.status, ended.stderr))
        };
        self.run(args, true, wait).map_err(|error| match error.kind {
            Kind::Profile => Error { reason: format!("cannot profile: {}", error.reason), ..error },
            _ => error,
        })
    }

    /// Starts it without arguments and waits for its end, but not for long; returns what its launcher wrote.
    ///
    /// # Errors
    /// As [`Program::profile`]; `Profile` if it does not end.
    pub fn trial(self) -> Result<String, Error> {
        self.run(&[], false, |mut child| {
            let since = Instant::now();
            loop {
                if let Some(status) = child.try_wait()? {
                    return Ok((status, Vec::new()));
                }
                if since.elapsed() > LIMIT {
                    child.kill()?;
                    child.wait()?;
                    let reason = format!("the program did not end within {} seconds", LIMIT.as_secs());
                    return Err(io::Error::new(io::ErrorKind::TimedOut, reason));
                }
                std::thread::sleep(LOOK);
            }
        })
    }

    fn run(
        self,
        args: &[String],
        wants_errors: bool,
        wait: impl FnOnce(Child) -> io::Result<(ExitStatus, Vec<u8>)>,
    ) -> Result<String, Error> {
        let shown = PeOptions { app: self.app.to_owned(), ..PeOptions::default() };
        let bytes = container::embed(self.stub, self.target, self.payload, &shown)?;
        let failed = |what: &str| {
            let what = what.to_owned();
            move |error: io::Error| Error::new(Kind::Profile, format!("{what}{}", spoken(&error)))
        };
        let start = |place: &Place| {
            place.with_paths(|program, touched| {
                let mut command = Command::new(program);
                command
                    .args(args)
                    .env(VARIABLE, touched)
                    .env(PARENT, std::process::id().to_string())
                    // Its grants are those that are packed.
                    .env_remove(OPTIONS)
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .stderr(if wants_errors { Stdio::piped() } else { Stdio::null() });
                called(&mut command, self.app);
                start(&mut command)
            })
        };
        let in_memory = Place::in_memory(&bytes).and_then(|place| Some((start(&place).ok()?, place)));
        let (child, place) = match in_memory {
            Some(started) => started,
            None => {
                let place = Place::in_files(&bytes).map_err(failed("cannot write the program: "))?;
                (start(&place).map_err(failed("cannot start the program: "))?, place)
            }
        };
        drop(bytes);
        let (status, said) = wait(child).map_err(failed(""))?;
        let text = place.touched().unwrap_or_default();
        if text.is_empty() {
            let said = String::from_utf8_lossy(&said);
            let said = said.lines().next().map_or_else(String::new, |line| format!(": {}", printable(line)));
            return Err(Error::new(Kind::Profile, format!("the program ended with {status}{said}")));
        }
        Ok(text)
    }
}

/// Starts the program under the name that it will have, since some do what their name says.
#[cfg(unix)]
fn called(command: &mut Command, name: &str) {
    std::os::unix::process::CommandExt::arg0(command, name);
}

#[cfg(not(unix))]
fn called(_command: &mut Command, _name: &str) {}

/// Starts `command`, whose program was just written: another thread of this process may have started a program at that
/// moment, which then holds the file open until it is under way.
fn start(command: &mut Command) -> io::Result<Child> {
    let since = Instant::now();
    loop {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && since.elapsed() < LIMIT => {
                std::thread::sleep(LOOK);
            }
            result => return result,
        }
    }
}

/// The manifest of a program that is tried alone: it has what the executable carries, and nothing of this machine.
pub fn alone(manifest: &Manifest) -> Manifest {
    let Grants { mounts, env, native, cwd, tmp, .. } = &manifest.grants;
    let carried: Vec<Mount> = mounts.iter().filter(|mount| is_carried(mount)).cloned().collect();
    // Where it would stand may be in a directory that it does not have now.
    let cwd = cwd.clone().filter(|_| carried.len() == mounts.len() && !native);
    let (env, tmp) = (env.clone(), tmp.clone());
    let grants = Grants { mounts: carried, env, cwd, tmp, ..Grants::default() };
    Manifest { grants, trial: true, ..manifest.clone() }
}

/// The manifest of a program that is tried as it was asked for: it has what the executable carries, and of this machine what
/// `asked` grants. What an executable that is packed again was granted is for those who start that, and not for this.
pub fn asked(manifest: &Manifest, asked: &Grants) -> Manifest {
    let Grants { mounts, env, native, cwd, tmp, .. } = &manifest.grants;
    let is_its = |mount: &&Mount| is_carried(mount) || asked.mounts.contains(mount);
    let its: Vec<Mount> = mounts.iter().filter(is_its).cloned().collect();
    let is_all = its.len() == mounts.len() && *native == asked.native;
    let cwd = asked.cwd.clone().or_else(|| cwd.clone().filter(|_| is_all));
    let (env, tmp) = (env.clone(), tmp.clone());
    let grants = Grants { mounts: its, env, cwd, tmp, ..asked.clone() };
    Manifest { grants, trial: true, ..manifest.clone() }
}

fn is_carried(mount: &Mount) -> bool {
    matches!(mount, Mount::Files(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use payload::{DirGrant, FilesGrant};

    fn dir(host: &str) -> Mount {
        Mount::Dir(DirGrant { host: host.to_owned(), guest: "/data".into(), read_only: false })
    }

    fn carried() -> Mount {
        Mount::Files(FilesGrant { guest: "/lib".into(), writable: false })
    }

    #[test]
    fn a_program_that_is_tried_alone_has_nothing_of_this_machine() {
        let manifest = Manifest {
            app: "notes".to_owned(),
            args: vec!["--color".to_owned()],
            grants: Grants {
                mounts: vec![dir("data"), carried()],
                env: vec!["MODE=fast".to_owned()],
                pass: vec!["HOME".to_owned()],
                env_all: true,
                native: true,
                tmp: None,
                cwd: Some("/data".to_owned()),
            },
            ..Manifest::default()
        };
        let tried = alone(&manifest);
        let (mounts, env) = (vec![carried()], vec!["MODE=fast".to_owned()]);
        assert_eq!(tried.grants, Grants { mounts, env, ..Grants::default() });
        assert_eq!((tried.app, tried.args), (manifest.app, manifest.args));
    }

    #[test]
    fn what_an_executable_brings_along_is_not_granted_to_a_profile() {
        let typed = Grants { mounts: vec![dir("mine")], pass: vec!["LANG".to_owned()], ..Grants::default() };
        let merged = Grants {
            mounts: vec![dir("/etc"), carried(), dir("mine")],
            env: vec!["MODE=fast".to_owned()],
            pass: vec!["TOKEN".to_owned(), "LANG".to_owned()],
            env_all: true,
            native: true,
            tmp: None,
            cwd: Some("/data".to_owned()),
        };
        let manifest = Manifest { grants: merged, ..Manifest::default() };
        let tried = asked(&manifest, &typed).grants;
        let (mounts, env) = (vec![carried(), dir("mine")], vec!["MODE=fast".to_owned()]);
        assert_eq!(tried, Grants { mounts, env, ..typed.clone() });
        let manifest = Manifest { grants: typed.clone(), ..Manifest::default() };
        assert_eq!(asked(&manifest, &typed).grants, typed);
    }

    #[test]
    fn where_it_stands_in_files_that_it_carries_it_stands_when_it_is_tried() {
        let grants = Grants { mounts: vec![carried()], cwd: Some("/lib".to_owned()), ..Grants::default() };
        let manifest = Manifest { grants: grants.clone(), ..Manifest::default() };
        assert_eq!(alone(&manifest).grants, grants);
    }
}
