//! The files of a trial: the program, and the profile that its launcher writes. On Linux they are in memory, so nothing is left
//! however the packer ends; where that is impossible, they are temporary files.

use std::{io, path::Path};

use crate::output::Temporary;

/// A program and an empty file for what it touched.
pub(super) enum Place {
    /// In memory.
    #[cfg(target_os = "linux")]
    Memory(memory::Place),
    /// In the system's folder for temporary files.
    Files { program: Temporary, touched: Temporary },
}

impl Place {
    /// A place in memory; `None` where there is none for programs.
    #[cfg(target_os = "linux")]
    pub(super) fn in_memory(program: &[u8]) -> Option<Place> {
        memory::Place::new(program).map(Place::Memory)
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn in_memory(_program: &[u8]) -> Option<Place> {
        None
    }

    /// Temporary files.
    pub(super) fn in_files(program: &[u8]) -> io::Result<Place> {
        let program = Temporary::with(program, true)?;
        Ok(Place::Files { program, touched: Temporary::with(&[], false)? })
    }

    /// Hands `start` the two paths, which hold for a process that is started there.
    pub(super) fn with_paths<T>(&self, start: impl FnOnce(&Path, &Path) -> io::Result<T>) -> io::Result<T> {
        match self {
            #[cfg(target_os = "linux")]
            Place::Memory(place) => place.with_paths(start),
            Place::Files { program, touched } => start(program.path(), touched.path()),
        }
    }

    /// The list of what it touched, as it was written.
    pub(super) fn touched(&self) -> io::Result<String> {
        match self {
            #[cfg(target_os = "linux")]
            Place::Memory(place) => place.touched(),
            Place::Files { touched, .. } => std::fs::read_to_string(touched.path()),
        }
    }
}

#[cfg(target_os = "linux")]
mod memory {
    use std::{
        fs::File,
        io::{self, Read, Seek, Write},
        os::fd::AsRawFd,
        path::Path,
        sync::{Mutex, PoisonError},
    };

    use rustix::{
        fs::{MemfdFlags, memfd_create},
        io::{FdFlags, fcntl_setfd},
    };

    /// Two files in memory.
    pub(in super::super) struct Place {
        program: File,
        touched: File,
    }

    /// Held while a file is open for what is started: nothing else that this packer starts inherits it.
    static OPEN: Mutex<()> = Mutex::new(());

    impl Place {
        pub(super) fn new(program: &[u8]) -> Option<Place> {
            // The paths below lead nowhere without it.
            std::fs::symlink_metadata("/proc/self/fd").ok()?;
            // Systems may forbid programs in memory unless it is said that they are meant (Linux 6.3); older ones do not
            // know the word.
            let executable = memfd_create("wasmpack-trial", MemfdFlags::CLOEXEC | MemfdFlags::EXEC)
                .or_else(|_| memfd_create("wasmpack-trial", MemfdFlags::CLOEXEC));
            let touched = memfd_create("wasmpack-touched", MemfdFlags::CLOEXEC).ok()?;
            let mut executable = File::from(executable.ok()?);
            executable.write_all(program).ok()?;
            Some(Place { program: executable, touched: File::from(touched) })
        }

        pub(super) fn with_paths<T>(
            &self,
            start: impl FnOnce(&Path, &Path) -> io::Result<T>,
        ) -> io::Result<T> {
            let path = |file: &File| format!("/proc/self/fd/{}", file.as_raw_fd());
            let _open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
            // The program is found before its process closes what it does not inherit; the other file is for later.
            fcntl_setfd(&self.touched, FdFlags::empty())?;
            let started = start(path(&self.program).as_ref(), path(&self.touched).as_ref());
            fcntl_setfd(&self.touched, FdFlags::CLOEXEC)?;
            started
        }

        pub(super) fn touched(&self) -> io::Result<String> {
            let mut text = String::new();
            let mut file = &self.touched;
            file.rewind()?;
            file.read_to_string(&mut text)?;
            Ok(text)
        }
    }
}
