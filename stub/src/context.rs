//! From the manifest, the owner's options and the user's arguments to what the app may touch.
//!
//! A granted host path is resolved here, when the program runs: `.` is where the user stands. The app sees none of
//! the host's variables but those passed on, and no directory but those granted.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::PathBuf;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use payload::grant::{self, OPTIONS};
use payload::program::Carried;
use payload::{FilesGrant, Grants, GuestName, Manifest, Mount, launchers};
use sandbox::programs::{DIR, Named};
use sandbox::{Access, Ctx, CtxBuilder};

use crate::fail::{self, Failure};
use crate::image::Stored;
use crate::options::Granted;
use crate::{carried, expand, owner, sockets, started, sys, trial};

/// Opens everything that was granted, to the first of `programs`, which may become the others.
pub(crate) fn open(manifest: &Manifest, granted: &Granted, programs: &[Stored]) -> Result<Ctx, Failure> {
    let grants = &granted.grants;
    if (grants.native || grants.dirs().next().is_some()) && sys::process::ends_for_openat2() {
        return Err(Failure::new(
            "the filter of system calls (seccomp) that it is started under ends whoever asks for openat2, with which \
             granted directories are opened: let it answer with an error (ENOSYS or EPERM), or allow the call",
        ));
    }
    let cwd = grants.cwd.as_deref().map(expand::path).transpose()?;
    let start = working_directory(grants, cwd.as_deref());
    let has_programs = !manifest.programs.is_empty();
    let mut builder = variables(arguments(Ctx::builder(), manifest), granted, start.as_deref(), has_programs);
    if grants.native {
        builder = native(builder)?;
    }
    let mut roots = 0..;
    let mut files = None;
    for mount in &grants.mounts {
        builder = match mount {
            Mount::Dir(grant) => {
                let host = expand::path(&grant.host)?;
                let guest = if grant.guest.as_str() == grant.host { &host } else { grant.guest.as_str() };
                builder.dir(open_dir(&host, guest)?, guest, access(!grant.read_only))
            }
            Mount::Files(FilesGrant { guest, writable }) => {
                let files = files.get_or_insert_with(|| carried::files(programs[0])).clone();
                // One root for each, in their order.
                builder.files(files, roots.next().unwrap_or_default(), guest.as_str(), access(*writable))
            }
        };
    }
    for Carried { number, name } in &manifest.programs {
        let last = programs.get(*number as usize).and_then(|program| program.prefix().sections.last());
        let len = last.map_or(0, |last| last.offset + last.stored_len);
        builder = builder.program(Named { name: name.clone(), number: *number, len });
    }
    if let Some(guest) = &grants.tmp {
        builder = builder.temporary(guest.as_str());
    }
    if let Some(guest) = &cwd {
        builder = builder.cwd(guest);
    }
    if let Some(start) = &start {
        builder = builder.standing(start);
    }
    if !manifest.trial {
        builder = sockets::grant(builder, grants)?;
    }
    for stream in (0..3).filter(|&stream| sys::process::was_closed(stream)) {
        builder = builder.closed(stream as usize);
    }
    if granted.audit {
        builder = builder.audited();
    }
    if manifest.trial {
        // What a start touches must not depend on when and where it is tried.
        builder = builder.repeatable();
    }
    builder.build().map_err(|_| {
        let guest = cwd.unwrap_or_default();
        let name = GuestName::from(guest.as_str());
        let holds = |mount: &&Mount| mount.guest().below(&name).is_some();
        let why = match grants.mounts.iter().find(holds) {
            Some(mount) => {
                format!("is no directory in what the program was granted as {}; make it", mount.guest())
            }
            None => "is in none of the directories that the program was granted; grant one".to_owned(),
        };
        Failure::new(format!(
            "the working directory {guest:?} {why}, or name another with {OPTIONS}='--cwd GUEST'"
        ))
    })
}

/// What a native program could open. A directory that was granted by itself takes the place of what has its name.
fn native(builder: CtxBuilder) -> Result<CtxBuilder, Failure> {
    // A working directory that is gone or cannot be entered has nothing, as for a native program.
    let here = if is_of_launchers(".") { None } else { Dir::open_ambient_dir(".", ambient_authority()).ok() };
    let here = here.map(|dir| (dir, ".".into()));
    let root = std::env::current_dir().ok().and_then(|dir| Some(dir.ancestors().last()?.to_owned()));
    let root = root.unwrap_or_else(|| PathBuf::from(if cfg!(windows) { "\\" } else { "/" }));
    let dir = open_dir(&root.to_string_lossy(), "/")?;
    Ok(builder.native(here, (dir, root)))
}

fn access(writable: bool) -> Access {
    if writable { Access::ReadWrite } else { Access::ReadOnly }
}

/// The app's arguments: its name, those of the manifest, and the user's.
fn arguments(mut builder: CtxBuilder, manifest: &Manifest) -> CtxBuilder {
    let started_as = started::args().next();
    let argv0 = match &manifest.argv0 {
        Some(name) => name.clone().into_bytes(),
        None => file_name(started_as),
    };
    builder = builder.arg(&argv0);
    for arg in &manifest.args {
        builder = builder.arg(arg.as_bytes());
    }
    for arg in owner::for_the_app() {
        builder = builder.arg(arg.as_encoded_bytes());
    }
    builder
}

/// The app's variables: those passed on, those set, and where it starts, if that is not its root.
fn variables(
    mut builder: CtxBuilder,
    granted: &Granted,
    start: Option<&str>,
    has_programs: bool,
) -> CtxBuilder {
    let Granted { grants, denied, .. } = granted;
    let is_set = |name: &OsStr| grants.env.iter().any(|variable| grant::name(variable) == name);
    let start = start.filter(|_| !is_set(WORKING_DIRECTORY.as_ref()));
    // Whoever passes on all does not mean that: the host's programs are not there.
    let passes_path = grants.pass.iter().any(|name| name == PATH) && std::env::var_os(PATH).is_some();
    let sets_path = has_programs && !is_set(PATH.as_ref()) && !passes_path;
    let mut pass = |name: &OsStr, value: &OsStr| {
        // What is for the launcher is not the app's business; Windows keeps a drive's directory in names that begin so.
        let begins = |with: &[u8]| name.as_encoded_bytes().starts_with(with);
        let kept_back = name == OPTIONS || begins(trial::VARIABLE.as_bytes()) || begins(b"=");
        let replaced = is_set(name)
            || name == WORKING_DIRECTORY && start.is_some()
            || name == PATH && sets_path
            || name == TEMPORARY_DIRECTORY && grants.tmp.is_some();
        if !kept_back && !replaced {
            let text = [name.as_encoded_bytes(), b"=", value.as_encoded_bytes()].concat();
            builder = std::mem::take(&mut builder).env(&text);
        }
    };
    if grants.env_all {
        let is_passed = |name: &OsStr| {
            let asked = grants.pass.iter().any(|passed| **passed == *name);
            // The shell's idea of where the user stands, and stood, is not where the app does.
            let is_place = name == WORKING_DIRECTORY || name == "OLDPWD";
            asked || !is_place && !denied.iter().any(|denied| **denied == *name)
        };
        std::env::vars_os().filter(|(name, _)| is_passed(name)).for_each(|(name, value)| pass(&name, &value));
    } else {
        for name in &grants.pass {
            if let Some(value) = std::env::var_os(name) {
                pass(name.as_ref(), &value);
            }
        }
    }
    for variable in &grants.env {
        builder = builder.env(variable.as_bytes());
    }
    if let Some(guest) = grants.tmp.as_ref().filter(|_| !is_set(TEMPORARY_DIRECTORY.as_ref())) {
        builder = builder.env(format!("{TEMPORARY_DIRECTORY}={guest}").as_bytes());
    }
    if sets_path {
        builder = builder.env(format!("{PATH}={DIR}").as_bytes());
    }
    match start {
        Some(guest) => builder.env(format!("{WORKING_DIRECTORY}={guest}").as_bytes()),
        None => builder,
    }
}

/// The variable in which POSIX shells keep the working directory. Go programs take theirs from it.
const WORKING_DIRECTORY: &str = "PWD";

/// The variable that says where programs are.
const PATH: &str = "PATH";

/// The variable in which POSIX programs look for a directory for temporary files.
const TEMPORARY_DIRECTORY: &str = "TMPDIR";

/// Where the app starts, by its own name for it, if that is not its root.
pub(crate) fn working_directory(grants: &Grants, cwd: Option<&str>) -> Option<String> {
    if cwd.is_some() || !grants.native {
        return cwd.map(str::to_owned);
    }
    // Of one that is gone the shell still knows the name: it leads nowhere, as natively.
    let named = || std::env::var_os(WORKING_DIRECTORY).map(PathBuf::from).filter(|dir| dir.is_absolute());
    let dir = std::env::current_dir().ok().or_else(named)?;
    // Without the drive, which is the root.
    let parts = dir.components().filter_map(|part| match part {
        std::path::Component::Normal(name) => Some(name.to_str()),
        _ => None,
    });
    let parts: Vec<&str> = parts.collect::<Option<_>>()?;
    Some(format!("/{}", parts.join("/")))
}

/// True if the directory is the one of launchers, or lies in it: paths below it do not show that.
fn is_of_launchers(host: &str) -> bool {
    // Windows has no such files.
    let whole = if cfg!(windows) { None } else { std::fs::canonicalize(host).ok() };
    whole.is_some_and(|whole| launchers::is_in(&whole.to_string_lossy()))
}

fn open_dir(host: &str, guest: &str) -> Result<Dir, Failure> {
    if is_of_launchers(host) {
        return Err(Failure::new(format!(
            "the directory {host:?}, granted to the program as {guest:?}, is in a folder {}, which no program reaches: grant \
             another one",
            launchers::FOLDER
        )));
    }
    Dir::open_ambient_dir(host, ambient_authority()).map_err(|error| {
        let way = match error.kind() {
            ErrorKind::NotFound => "; create it, or start the program where it exists",
            ErrorKind::NotADirectory => {
                "; a file cannot be granted by itself: grant the directory that it is in"
            }
            ErrorKind::PermissionDenied => "; start the program as somebody who may read it",
            _ => "",
        };
        let error = sys::Limited(error);
        Failure::new(format!(
            "cannot open the directory {host:?}, granted to the program as {guest:?}: {error}{way}"
        ))
    })
}

/// The name the program was started by, without folders: where it lies is not the app's business.
fn file_name(started_as: Option<OsString>) -> Vec<u8> {
    let path = PathBuf::from(started_as.unwrap_or_default());
    match path.file_name() {
        Some(name) => name.as_encoded_bytes().to_vec(),
        None => fail::name().into_bytes(),
    }
}
