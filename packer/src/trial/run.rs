//! Runs the program of a trial.

use std::{
    io::{self, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
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
/// How long a start may take: nobody waits for more. What takes longer is an error, so nothing depends on how long this is.
const LIMIT: Duration = Duration::from_secs(60);
/// Bytes of what it says that are kept.
const SAID: u64 = 64 * 1024;
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
    /// Starts it with `args` and waits for its end; returns what its launcher wrote, and how it ended.
    ///
    /// # Errors
    /// `Profile` if it cannot be run, does not end, or its launcher wrote nothing; others as for any pack.
    pub fn profile(self, args: &[String]) -> Result<(String, ExitStatus), Error> {
        self.run(args).map_err(|error| match error.kind {
            Kind::Profile => Error { reason: format!("cannot profile: {}", error.reason), ..error },
            _ => error,
        })
    }

    fn run(self, args: &[String]) -> Result<(String, ExitStatus), Error> {
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
                    .stderr(Stdio::piped());
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
        let (status, said) = end(child).map_err(failed(""))?;
        let Some(status) = status else {
            let limit = LIMIT.as_secs();
            let reason = format!(
                "the program did not end within {limit} seconds, and was ended; choose arguments with which it ends by itself, or \
                 pack without --profile"
            );
            return Err(Error::new(Kind::Profile, reason));
        };
        let text = place.touched().unwrap_or_default();
        if text.is_empty() {
            let said = String::from_utf8_lossy(&said);
            let said = said.lines().next().map_or_else(String::new, |line| format!(": {}", printable(line)));
            return Err(Error::new(Kind::Profile, format!("the program ended with {status}{said}")));
        }
        Ok((text, status))
    }
}

/// Waits for the end of `child`, but not for long: `None` if it had to be ended. With what it said.
fn end(mut child: Child) -> io::Result<(Option<ExitStatus>, Vec<u8>)> {
    let mut stderr = child.stderr.take();
    // A program that says more than a pipe holds must not wait for a reader. The thread ends when the program's output does, which a
    // process that the program left behind could hold open: nobody waits for that.
    let (sender, said) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let (mut kept, from) = (Vec::new(), stderr.as_mut());
        if let Some(from) = from {
            let _ = from.by_ref().take(SAID).read_to_end(&mut kept);
            let _ = sender.send(kept);
            let _ = io::copy(from, &mut io::sink());
        }
    })?;
    let since = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if since.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            break None;
        }
        thread::sleep(LOOK);
    };
    Ok((status, said.recv_timeout(LOOK * 50).unwrap_or_default()))
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
                thread::sleep(LOOK);
            }
            result => return result,
        }
    }
}

/// The manifest of a program that is tried as it was asked for: it has what the executable carries, and of this machine what
/// `asked` grants, but for sockets. What an executable that is packed again was granted is for those who start that, and not for this.
pub fn asked(manifest: &Manifest, asked: &Grants) -> Manifest {
    let Grants { mounts, env, native, cwd, tmp, .. } = &manifest.grants;
    let is_its = |mount: &&Mount| is_carried(mount) || asked.mounts.contains(mount);
    let its: Vec<Mount> = mounts.iter().filter(is_its).cloned().collect();
    let is_all = its.len() == mounts.len() && *native == asked.native;
    let cwd = asked.cwd.clone().or_else(|| cwd.clone().filter(|_| is_all));
    let (env, tmp) = (env.clone(), tmp.clone());
    // What comes over a network is not the same twice.
    let (listen, connect) = (Vec::new(), Vec::new());
    let grants = Grants { mounts: its, env, cwd, tmp, listen, connect, ..asked.clone() };
    // It carries no other program.
    Manifest { grants, trial: true, programs: Vec::new(), ..manifest.clone() }
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
    fn what_an_executable_brings_along_is_not_granted_to_a_profile() {
        let typed = Grants { mounts: vec![dir("mine")], pass: vec!["LANG".to_owned()], ..Grants::default() };
        let connect = vec![payload::Connect::parse("example.com:80").unwrap()];
        let networked = Grants { connect, ..typed.clone() };
        let merged = Grants {
            mounts: vec![dir("/etc"), carried(), dir("mine")],
            env: vec!["MODE=fast".to_owned()],
            pass: vec!["TOKEN".to_owned(), "LANG".to_owned()],
            env_all: true,
            native: true,
            cwd: Some("/data".to_owned()),
            listen: vec![payload::Listen::parse("80").unwrap()],
            ..Grants::default()
        };
        let manifest = Manifest { grants: merged, ..Manifest::default() };
        let tried = asked(&manifest, &networked).grants;
        let (mounts, env) = (vec![carried(), dir("mine")], vec!["MODE=fast".to_owned()]);
        assert_eq!(tried, Grants { mounts, env, ..typed.clone() });
        let manifest = Manifest { grants: typed.clone(), ..Manifest::default() };
        assert_eq!(asked(&manifest, &typed).grants, typed);
    }
}
