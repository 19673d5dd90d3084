//! Opening below a directory of the host.
//!
//! What is opened through a directory that was granted read-only is read-only as well.

use std::cell::Cell;
use std::path::PathBuf;

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsMaybeDirExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir as CapDir, File as CapFile, OpenOptions};

use super::beyond::{no_launchers, open_dir_beyond};
use super::dir::HostDir;
use super::file::HostFile;
use super::name::{Name, followed};
use crate::errno::Result;
use crate::gate;
use crate::path::MAX_LEN;
use crate::sys;
use crate::unchanged;
use crate::words::{Access, Open, Opened};

impl HostDir {
    /// Opens `path`, a file or a directory.
    pub(crate) fn open(&self, path: &str, how: Open) -> Result<Opened<HostFile, HostDir>> {
        if how.directory {
            return self.open_dir(path, how);
        }
        let (file, is_dir) = match self.access {
            Access::ReadWrite => self.open_file(path, how)?,
            Access::ReadOnly => self.open_unchanged(path, how)?,
        };
        if is_dir {
            if how.write || how.truncate {
                return Err(wasip1::ERRNO_ISDIR.into());
            }
            return Ok(self.opened_dir(CapDir::from_std_file(file.into_std()), path));
        }
        Ok(Opened::File(HostFile::new(file, self.access)))
    }

    /// The file, and whether it is a directory.
    fn open_file(&self, path: &str, how: Open) -> Result<(CapFile, bool)> {
        let name = Name::of(path);
        if how.create && name.slash {
            // Whatever stands there, no file is made; what is on the way is looked at first.
            if let Some(parent) = name.parent() {
                self.filestat_at(&format!("{parent}/."), true)?;
            }
            return Err(wasip1::ERRNO_ISDIR.into());
        }
        // Windows leaves a dot behind a file away.
        if cfg!(windows) && name.slash {
            let stat = self.filestat_at(name.path, how.follow)?;
            if stat.filetype != wasip1::FILETYPE_DIRECTORY {
                return Err(wasip1::ERRNO_NOTDIR.into());
            }
        }
        let path = &*name.followed();
        // To create or truncate, the host's file must be open for writing, whatever the guest may then do with it.
        let mut writes = how.write || how.create || how.truncate;
        let mut options = OpenOptions::new();
        // What must not be changed is not cut either: it is looked at first.
        let cuts_later = how.truncate && (unchanged::is_any() || self.unconfined.is_some());
        options.read(how.read || !how.write).write(writes).truncate(how.truncate && !cuts_later);
        options.create(how.create && !how.exclusive).create_new(how.create && how.exclusive);
        options.follow(follow(how.follow)).maybe_dir(true);
        options.nonblock(how.flags & wasip1::FDFLAGS_NONBLOCK != 0);
        options.sync(how.flags & wasip1::FDFLAGS_SYNC != 0);
        options.dsync(how.flags & wasip1::FDFLAGS_DSYNC != 0);
        options.rsync(how.flags & wasip1::FDFLAGS_RSYNC != 0);
        sys::add_flags(&mut options, how.flags);
        let is_beyond = Cell::new(false);
        let open = |options: &OpenOptions| {
            // Whoever opens a pipe that has a name may wait for its other end.
            gate::outside(|| {
                self.dir.open_with(path, options).or_else(|error| match self.beyond(&error, path) {
                    Some(path) => {
                        let file = CapFile::open_ambient_with(path, options, ambient_authority());
                        is_beyond.set(true);
                        file
                    }
                    None => Err(error),
                })
            })
        };
        let file = match open(&options) {
            // POSIX lets O_CREAT|O_RDONLY open an existing file that may not be written.
            Err(error)
                if error.raw_os_error().is_some()
                    && error.kind() == std::io::ErrorKind::PermissionDenied
                    && !how.write
                    && !how.truncate
                    && how.create
                    && !how.exclusive =>
            {
                writes = false;
                options.create(false).write(false);
                open(&options)?
            }
            opened => opened?,
        };
        if is_beyond.get() {
            no_launchers(sys::name_of(&file))?;
        }
        let stat = sys::filestat_of_file(&file)?;
        // The kernel's view of processes holds the launcher's own memory.
        if writes && sys::is_of_processes(&file, &stat) {
            return Err(wasip1::ERRNO_PERM.into());
        }
        if writes && unchanged::is_kept(&stat) {
            return Err(wasip1::ERRNO_TXTBSY.into());
        }
        if cuts_later && stat.filetype == wasip1::FILETYPE_REGULAR_FILE {
            file.set_len(0)?;
        }
        Ok((file, stat.filetype == wasip1::FILETYPE_DIRECTORY))
    }

    /// Opens in a read-only directory: what exists may be opened to read, whatever else is asked for; only to write is `rofs`, and what
    /// is not there is `noent` unless it was to be created, as POSIX has it. To be new is asked of the name itself,
    /// be it a link that leads nowhere.
    fn open_unchanged(&self, path: &str, how: Open) -> Result<(CapFile, bool)> {
        if how.create && how.exclusive {
            return match self.filestat_at(path, false) {
                Ok(_) => Err(wasip1::ERRNO_EXIST.into()),
                Err(error) if error.0 == wasip1::ERRNO_NOENT => Err(self.not_made(path)),
                Err(error) => Err(error),
            };
        }
        match self.open_file(path, how.unchanged()) {
            Err(error) if error.0 == wasip1::ERRNO_NOENT && how.create => Err(self.not_made(path)),
            Ok((_, false)) if how.is_to_change() => Err(wasip1::ERRNO_ROFS.into()),
            opened => opened,
        }
    }

    fn open_dir(&self, path: &str, how: Open) -> Result<Opened<HostFile, HostDir>> {
        if how.create || how.truncate || how.exclusive {
            return Err(wasip1::ERRNO_INVAL.into());
        }
        let name = &*followed(path);
        let dir = if how.follow { self.dir.open_dir(name) } else { self.dir.open_dir_nofollow(name) };
        let dir = match dir {
            Ok(dir) => dir,
            Err(error) => match self.beyond(&error, name) {
                Some(path) => open_dir_beyond(&path, how.follow)?,
                None => return Err(error.into()),
            },
        };
        if how.write {
            return Err(wasip1::ERRNO_ISDIR.into());
        }
        Ok(self.opened_dir(dir, path))
    }

    fn opened_dir(&self, dir: CapDir, path: &str) -> Opened<HostFile, HostDir> {
        // A program can make the path longer each time: `./././x`. One that is not known any more is not led out of.
        let known = |path: PathBuf| match path.as_os_str().len() <= MAX_LEN {
            true => Some(path),
            false => sys::path_of_dir(&dir).or_else(|| path.canonicalize().ok()),
        };
        let beyond = self.unconfined.as_ref().and_then(|own| known(own.join(path))).map(PathBuf::into);
        Opened::Dir(HostDir { dir, access: self.access, unconfined: beyond })
    }
}

fn follow(yes: bool) -> FollowSymlinks {
    if yes { FollowSymlinks::Yes } else { FollowSymlinks::No }
}
