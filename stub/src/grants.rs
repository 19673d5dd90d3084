//! From the manifest, the owner's options and the user's arguments to what the app may touch.
//!
//! A granted host path is resolved here, when the program runs: `.` is where the user stands. The app sees none of
//! the host's variables but those passed on, and no directory but those granted.

use std::ffi::{OsStr, OsString};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use payload::{FilesGrant, Grants, Manifest, grant};
use wasi::{Access, Ctx, CtxBuilder};

use crate::fail::{self, Failure};
use crate::image::Stored;
use crate::{carried, expand, options};

/// Opens everything that was granted.
pub(crate) fn context(manifest: &Manifest, grants: &Grants, stored: Stored) -> Result<Ctx, Failure> {
    let mut builder = variables(arguments(Ctx::builder(), manifest), grants);
    for grant in &grants.dirs {
        let host = expand::path(&grant.host)?;
        let guest = if grant.guest == grant.host { &host } else { &grant.guest };
        builder = builder.dir(open(&host, guest)?, guest, access(!grant.read_only));
    }
    if grants.native {
        let root = std::env::current_dir().ok().and_then(|dir| Some(dir.ancestors().last()?.to_owned()));
        let root = root.map_or_else(|| "/".to_owned(), |root| root.to_string_lossy().into_owned());
        if cfg!(windows) {
            let drive = root.trim_end_matches(['/', '\\']);
            builder = builder.dir(open(&root, drive)?, drive, Access::ReadWrite);
        }
        builder = builder.dir(open(&root, "/")?, "/", Access::ReadWrite);
        if grants.cwd.is_none() {
            builder = builder.dir(open(".", ".")?, ".", Access::ReadWrite);
        }
    }
    if !manifest.files.is_empty() {
        let files = carried::files(stored);
        for (root, FilesGrant { guest, writable }) in (0..).zip(&manifest.files) {
            builder = builder.files(files.clone(), root, guest, access(*writable));
        }
    }
    if let Some(guest) = &grants.cwd {
        builder = builder.cwd(guest);
    }
    builder.build().map_err(|_| {
        let guest = grants.cwd.as_deref().unwrap_or_default();
        Failure::new(format!(
            "the working directory {guest:?} is in none of the directories that the program was granted; grant one, or \
             name another with {}='--cwd GUEST'",
            options::VARIABLE
        ))
    })
}

fn access(writable: bool) -> Access {
    if writable { Access::ReadWrite } else { Access::ReadOnly }
}

/// The app's arguments: its name, those of the manifest, and the user's.
fn arguments(mut builder: CtxBuilder, manifest: &Manifest) -> CtxBuilder {
    let mut started_with = std::env::args_os();
    let started_as = started_with.next();
    let argv0 = match &manifest.argv0 {
        Some(name) => name.clone().into_bytes(),
        None => file_name(started_as),
    };
    builder = builder.arg(&argv0);
    for arg in &manifest.args {
        builder = builder.arg(arg.as_bytes());
    }
    for arg in started_with {
        builder = builder.arg(arg.as_encoded_bytes());
    }
    builder
}

/// The app's variables: those passed on, then those set, and where it starts.
fn variables(mut builder: CtxBuilder, grants: &Grants) -> CtxBuilder {
    let is_set = |name: &OsStr| grants.env.iter().any(|variable| grant::name(variable) == name);
    let mut pass = |name: &OsStr, value: &OsStr| {
        // What is for the launcher is not the app's business; Windows keeps a drive's directory in names that begin so.
        let kept_back = name == options::VARIABLE || name.as_encoded_bytes().starts_with(b"=");
        if !is_set(name) && !kept_back {
            let text = [name.as_encoded_bytes(), b"=", value.as_encoded_bytes()].concat();
            builder = std::mem::take(&mut builder).env(&text);
        }
    };
    if grants.env_all {
        std::env::vars_os()
            // The shell's idea of where the user stands is not where the app does.
            .filter(|(name, _)| {
                name != WORKING_DIRECTORY || grants.pass.iter().any(|passed| passed == WORKING_DIRECTORY)
            })
            .for_each(|(name, value)| pass(&name, &value));
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
    match working_directory(grants) {
        Some(guest) if !is_set(WORKING_DIRECTORY.as_ref()) => {
            builder.env(format!("{WORKING_DIRECTORY}={guest}").as_bytes())
        }
        _ => builder,
    }
}

/// The variable in which POSIX shells keep the working directory. Go programs take theirs from it.
const WORKING_DIRECTORY: &str = "PWD";

/// Where the app starts, by its own name for it, if that is not its root.
fn working_directory(grants: &Grants) -> Option<String> {
    if grants.cwd.is_some() || !grants.native {
        return grants.cwd.clone();
    }
    let dir = std::env::current_dir().ok()?;
    // Without the drive, which is the root.
    let parts = dir.components().filter_map(|part| match part {
        std::path::Component::Normal(name) => Some(name.to_str()),
        _ => None,
    });
    let parts: Vec<&str> = parts.collect::<Option<_>>()?;
    Some(format!("/{}", parts.join("/")))
}

fn open(host: &str, guest: &str) -> Result<Dir, Failure> {
    Dir::open_ambient_dir(host, ambient_authority()).map_err(|error| {
        Failure::new(format!(
            "cannot open the directory {host:?}, granted to the program as {guest:?}: {error}; create it, or start \
             the program where it exists"
        ))
    })
}

/// The name the program was started by, without folders: where it lies is not the app's business.
fn file_name(started_as: Option<OsString>) -> Vec<u8> {
    let path = std::path::PathBuf::from(started_as.unwrap_or_default());
    match path.file_name() {
        Some(name) => name.as_encoded_bytes().to_vec(),
        None => fail::name().into_bytes(),
    }
}
