//! Where a program lies while it runs: in memory, where Linux has that, or in a temporary folder of this user.

use std::{ffi::OsString, io, path::PathBuf, process::Command};

use payload::{Target, grant::OPTIONS};

use super::order::Packed;
use crate::{output::Scratch, targets::name};

/// A program that can be started.
pub(super) struct Place {
    path: PathBuf,
    name: String,
    options: Option<&'static str>,
    _kept: Kept,
}

/// What the path leads to for as long as it is held.
#[allow(dead_code, reason = "it is held, and not looked at")]
enum Kept {
    #[cfg(target_os = "linux")]
    Memory(std::fs::File),
    Folder(Scratch),
}

impl Place {
    /// In memory; `None` where there is none for programs.
    #[cfg(target_os = "linux")]
    pub(super) fn in_memory(packed: &Packed) -> Option<Place> {
        use std::{io::Write, os::fd::AsRawFd};

        use rustix::fs::{MemfdFlags, memfd_create};

        // The path below leads nowhere without it.
        std::fs::symlink_metadata("/proc/self/fd").ok()?;
        // Systems may forbid programs in memory unless it is said that they are meant (Linux 6.3); older ones do not know the
        // word.
        let file = memfd_create("wasmpack-run", MemfdFlags::CLOEXEC | MemfdFlags::EXEC)
            .or_else(|_| memfd_create("wasmpack-run", MemfdFlags::CLOEXEC));
        let mut file = std::fs::File::from(file.ok()?);
        file.write_all(&packed.bytes).ok()?;
        // It is found before the process closes what the program does not inherit.
        let path = format!("/proc/self/fd/{}", file.as_raw_fd()).into();
        Some(Place { path, name: packed.name.clone(), options: packed.options, _kept: Kept::Memory(file) })
    }

    /// In a temporary folder, which goes with this.
    pub(super) fn in_files(packed: &Packed) -> io::Result<Place> {
        let scratch = Scratch::new()?;
        let target = Target::host().unwrap_or(Target::LinuxX86_64);
        let path = scratch.join(&name::bare(&packed.name, target));
        std::fs::write(&path, &packed.bytes)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700))?;
        }
        Ok(Place { path, name: packed.name.clone(), options: packed.options, _kept: Kept::Folder(scratch) })
    }

    /// What starts it with `args`, under its own name.
    pub(super) fn command(&self, args: &[OsString]) -> Command {
        let mut command = Command::new(&self.path);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::arg0(&mut command, &self.name);
        #[cfg(not(unix))]
        let _ = &self.name;
        if let Some(options) = self.options {
            let old = std::env::var(OPTIONS).map(|old| format!("{old} ")).unwrap_or_default();
            command.env(OPTIONS, old + options);
        }
        command.args(args);
        command
    }
}
