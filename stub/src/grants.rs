//! From the manifest, and the user's arguments, to what the app may touch.
//!
//! A granted host path is resolved here, when the program runs: `.` is where the user stands. The app sees none of
//! the host's variables, and no directory but those granted.

use std::ffi::OsString;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use payload::{DirGrant, Manifest};
use wasi::{Access, Ctx};

use crate::fail::{self, Failure};

/// Opens everything that was granted.
pub(crate) fn context(manifest: &Manifest) -> Result<Ctx, Failure> {
    let mut started_with = std::env::args_os();
    let started_as = started_with.next();
    let argv0 = match &manifest.argv0 {
        Some(name) => name.clone().into_bytes(),
        None => file_name(started_as),
    };
    let mut builder = Ctx::builder().arg(&argv0);
    for arg in &manifest.args {
        builder = builder.arg(arg.as_bytes());
    }
    for arg in started_with {
        builder = builder.arg(arg.as_encoded_bytes());
    }
    for variable in &manifest.env {
        builder = builder.env(variable.as_bytes());
    }
    for grant in &manifest.dirs {
        let access = if grant.read_only { Access::ReadOnly } else { Access::ReadWrite };
        builder = builder.dir(open(grant)?, &grant.guest, access);
    }
    Ok(builder.build())
}

fn open(grant: &DirGrant) -> Result<Dir, Failure> {
    Dir::open_ambient_dir(&grant.host, ambient_authority()).map_err(|error| {
        let DirGrant { host, guest, .. } = grant;
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
