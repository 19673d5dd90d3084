//! A directory of the host: a cap-std handle, and the verbs that take a path below it.
//!
//! Every path here has passed [`crate::path::read`] and is resolved by cap-std, which never lets it leave the
//! handle's directory, not even through symbolic links that change while it looks. No slash behind a path reaches it; see
//! [`super::name`]. A directory granted read-only
//! answers `rofs` to every verb that would change it, and hands that on to all that is opened through it.

use cap_fs_ext::{
    DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsMaybeDirExt, OpenOptionsSyncExt, SystemTimeSpec,
};
use cap_std::fs::{Dir as CapDir, OpenOptions};
use cap_std::time::SystemTime;

use super::name::{Name, followed, wants_directory};
use crate::abi::Filestat;
use crate::ctx::Access;
use crate::fs::dir::{Each, Entry, Open, Opened};
use crate::fs::file::{File, Time, Times};
use crate::{Result, sys};

/// An open directory.
#[derive(Debug)]
pub(crate) struct HostDir {
    dir: CapDir,
    access: Access,
}

impl HostDir {
    pub(crate) fn granted(dir: CapDir, access: Access) -> HostDir {
        HostDir { dir, access }
    }

    /// The same directory once more.
    pub(crate) fn again(&self) -> Result<HostDir> {
        Ok(HostDir { dir: self.dir.try_clone()?, access: self.access })
    }

    /// What may be done below it.
    pub(crate) fn access(&self) -> Access {
        self.access
    }

    fn writable(&self) -> Result<()> {
        match self.access {
            Access::ReadWrite => Ok(()),
            Access::ReadOnly => Err(wasip1::ERRNO_ROFS.into()),
        }
    }

    /// Opens `path`, a file or a directory.
    pub(crate) fn open(&self, path: &str, how: Open) -> Result<Opened<HostDir>> {
        if how.directory {
            return self.open_dir(path, how);
        }
        let file = match self.access {
            Access::ReadWrite => self.open_file(path, how)?,
            Access::ReadOnly => self.open_unchanged(path, how)?,
        };
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            if how.write || how.truncate {
                return Err(wasip1::ERRNO_ISDIR.into());
            }
            return Ok(self.opened_dir(CapDir::from_std_file(file.into_std())));
        }
        Ok(Opened::File(File::new(file, self.access)))
    }

    fn open_file(&self, path: &str, how: Open) -> Result<cap_std::fs::File> {
        let name = Name::of(path);
        if how.create && name.slash {
            // Whatever stands there, no file is made; what is on the way is looked at first.
            if let Some(parent) = name.parent() {
                self.filestat_at(&format!("{parent}/."), true)?;
            }
            return Err(wasip1::ERRNO_ISDIR.into());
        }
        let path = &*name.followed();
        // To create or truncate, the host's file must be open for writing, whatever the guest may then do with it.
        let changes = how.create || how.truncate;
        let mut options = OpenOptions::new();
        options.read(how.read || !how.write).write(how.write || changes).truncate(how.truncate);
        options.create(how.create && !how.exclusive).create_new(how.create && how.exclusive);
        options.follow(follow(how.follow)).maybe_dir(true);
        options.nonblock(how.flags & wasip1::FDFLAGS_NONBLOCK != 0);
        options.sync(how.flags & wasip1::FDFLAGS_SYNC != 0);
        options.dsync(how.flags & wasip1::FDFLAGS_DSYNC != 0);
        options.rsync(how.flags & wasip1::FDFLAGS_RSYNC != 0);
        sys::add_flags(&mut options, how.flags);
        let opened = self.dir.open_with(path, &options);
        match opened {
            // POSIX lets O_CREAT|O_RDONLY open an existing file that may not be written.
            Err(error)
                if error.raw_os_error().is_some()
                    && error.kind() == std::io::ErrorKind::PermissionDenied
                    && !how.write
                    && !how.truncate
                    && how.create
                    && !how.exclusive =>
            {
                options.create(false).write(false);
                Ok(self.dir.open_with(path, &options)?)
            }
            opened => {
                let file = opened?;
                // The kernel's view of processes holds the launcher's own memory.
                if (how.write || changes) && sys::is_of_processes(&file) {
                    return Err(wasip1::ERRNO_PERM.into());
                }
                Ok(file)
            }
        }
    }

    /// Opens in a read-only directory: what exists may be opened for reading, anything more is `rofs`, and what
    /// is not there is `noent` unless it was to be created, as POSIX has it. To be new is asked of the name itself,
    /// be it a link that leads nowhere.
    fn open_unchanged(&self, path: &str, how: Open) -> Result<cap_std::fs::File> {
        if how.create && how.exclusive {
            return match self.filestat_at(path, false) {
                Ok(_) => Err(wasip1::ERRNO_EXIST.into()),
                Err(error) if error.0 == wasip1::ERRNO_NOENT => Err(wasip1::ERRNO_ROFS.into()),
                Err(error) => Err(error),
            };
        }
        match self.open_file(path, how.unchanged()) {
            Err(error) if error.0 == wasip1::ERRNO_NOENT && how.create => Err(wasip1::ERRNO_ROFS.into()),
            Err(error) => Err(error),
            Ok(file) if (how.write || how.truncate) && !file.metadata()?.is_dir() => {
                Err(wasip1::ERRNO_ROFS.into())
            }
            Ok(file) => Ok(file),
        }
    }

    fn open_dir(&self, path: &str, how: Open) -> Result<Opened<HostDir>> {
        if how.create || how.truncate || how.exclusive {
            return Err(wasip1::ERRNO_INVAL.into());
        }
        let path = &*followed(path);
        let dir = if how.follow { self.dir.open_dir(path)? } else { self.dir.open_dir_nofollow(path)? };
        if how.write {
            return Err(wasip1::ERRNO_ISDIR.into());
        }
        Ok(self.opened_dir(dir))
    }

    fn opened_dir(&self, dir: CapDir) -> Opened<HostDir> {
        Opened::Dir(HostDir { dir, access: self.access })
    }

    /// What is known about the directory itself.
    pub(crate) fn filestat(&self) -> Result<Filestat> {
        Ok(sys::filestat_of(&self.dir.dir_metadata()?))
    }

    /// What is known about `path`.
    pub(crate) fn filestat_at(&self, path: &str, follow: bool) -> Result<Filestat> {
        let follow = follow || wants_directory(path);
        let path = &*followed(path);
        let metadata = if follow { self.dir.metadata(path)? } else { self.dir.symlink_metadata(path)? };
        Ok(sys::filestat_of(&metadata))
    }

    /// Sets the directory's own times.
    pub(crate) fn set_times(&self, times: Times) -> Result<()> {
        self.writable()?;
        Ok(self.dir.set_times(".", spec(times.accessed), spec(times.modified))?)
    }

    /// Sets the times of `path`.
    pub(crate) fn set_times_at(&self, path: &str, times: Times, follow: bool) -> Result<()> {
        self.writable()?;
        let (accessed, modified) = (spec(times.accessed), spec(times.modified));
        if wants_directory(path) || follow && cfg!(windows) {
            return Ok(self.dir.set_times(&*followed(path), accessed, modified)?);
        }
        let path = Name::of(path).path;
        if follow && self.dir.symlink_metadata(path)?.is_symlink() {
            // To follow a link cap-std opens what it leads to, and waits for a pipe's other end.
            let path = self.dir.canonicalize(path)?;
            return Ok(self.dir.set_symlink_times(path, accessed, modified)?);
        }
        Ok(self.dir.set_symlink_times(path, accessed, modified)?)
    }

    /// Makes a directory. A slash behind its name changes nothing.
    pub(crate) fn create_dir(&self, path: &str) -> Result<()> {
        self.writable()?;
        Ok(self.dir.create_dir(Name::of(path).path)?)
    }

    /// Removes a directory. A slash behind its name changes nothing.
    pub(crate) fn remove_dir(&self, path: &str) -> Result<()> {
        self.writable()?;
        Ok(self.dir.remove_dir(Name::of(path).path)?)
    }

    /// Removes a file or symbolic link. A directory is `isdir`, also where the system has another word for that.
    pub(crate) fn remove_file(&self, path: &str) -> Result<()> {
        self.writable()?;
        let Name { path, slash } = Name::of(path);
        let is_dir = || self.dir.symlink_metadata(path).map(|metadata| metadata.is_dir());
        if slash {
            return Err(if is_dir()? { wasip1::ERRNO_ISDIR } else { wasip1::ERRNO_NOTDIR }.into());
        }
        self.dir.remove_file_or_symlink(path).map_err(|error| match is_dir() {
            Ok(true) => wasip1::ERRNO_ISDIR.into(),
            _ => error.into(),
        })
    }

    /// Renames `path` to `new_path` below `new_dir`. Both must be writable: a name is taken here and given there.
    pub(crate) fn rename(&self, path: &str, new_dir: &HostDir, new_path: &str) -> Result<()> {
        self.writable()?;
        new_dir.writable()?;
        let (old, new) = (Name::of(path), Name::of(new_path));
        // A slash behind either name says that a directory moves, which no link is.
        if (old.slash || new.slash) && !self.dir.symlink_metadata(old.path)?.is_dir() {
            return match new_dir.filestat_at(new.path, false) {
                Err(error) if error.0 != wasip1::ERRNO_NOENT => Err(error),
                _ => Err(wasip1::ERRNO_NOTDIR.into()),
            };
        }
        Ok(self.dir.rename(old.path, &new_dir.dir, new.path)?)
    }

    /// Makes `new_path` below `new_dir` another name of the file `path`. Both must be writable: a second name in a
    /// writable directory would make a read-only file writable.
    pub(crate) fn hard_link(&self, path: &str, new_dir: &HostDir, new_path: &str) -> Result<()> {
        self.writable()?;
        new_dir.writable()?;
        let (old, new) = (Name::of(path), Name::of(new_path));
        if !old.slash && !new.slash {
            return Ok(self.dir.hard_link(old.path, &new_dir.dir, new.path)?);
        }
        // A slash asks for a directory, which has one name and is made in another way.
        self.filestat_at(path, false)?;
        new_dir.vacant(new)?;
        Err(wasip1::ERRNO_PERM.into())
    }

    /// Looks at where something else than a directory is to be made: nothing may stand there, nor a slash behind the name.
    fn vacant(&self, name: Name<'_>) -> Result<()> {
        match self.dir.symlink_metadata(name.path) {
            Ok(_) => Err(wasip1::ERRNO_EXIST.into()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !name.slash => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes `path` a symbolic link to `target`, which must be relative.
    pub(crate) fn symlink(&self, target: &str, path: &str) -> Result<()> {
        self.writable()?;
        let name = Name::of(path);
        if name.slash {
            return self.vacant(name);
        }
        Ok(DirExt::symlink(&self.dir, target, name.path)?)
    }

    /// What the symbolic link `path` points to.
    pub(crate) fn read_link(&self, path: &str) -> Result<Vec<u8>> {
        let name = Name::of(path);
        if name.slash {
            // A slash follows the link.
            self.filestat_at(path, true)?;
            return Err(wasip1::ERRNO_INVAL.into());
        }
        let target = self.dir.read_link(name.path)?;
        if target.to_str().is_some_and(sys::leaves_directory) {
            return Err(wasip1::ERRNO_PERM.into());
        }
        Ok(target.into_os_string().into_encoded_bytes())
    }

    /// Waits until the directory's entries are on the device.
    pub(crate) fn sync(&self) -> Result<()> {
        // cap-std's handle is good for finding things only.
        let mut options = OpenOptions::new();
        options.read(true).maybe_dir(true);
        Ok(sys::sync_dir(&self.dir.open_with(".", &options)?)?)
    }

    /// Hands the entries but `.` and `..` to `each`.
    pub(crate) fn entries(&self, each: Each<'_>) -> Result<()> {
        for entry in self.dir.entries()? {
            let entry = entry?;
            // An entry that went away since is one that is not there.
            let (Ok(filetype), Ok(ino)) = (entry.file_type(), sys::entry_ino(&entry)) else { continue };
            each(Entry {
                name: entry.file_name().into_encoded_bytes(),
                ino,
                filetype: sys::filetype(filetype),
            })?;
        }
        Ok(())
    }
}

fn follow(yes: bool) -> FollowSymlinks {
    if yes { FollowSymlinks::Yes } else { FollowSymlinks::No }
}

fn spec(time: Option<Time>) -> Option<SystemTimeSpec> {
    time.map(|time| match time {
        Time::Now => SystemTimeSpec::SymbolicNow,
        Time::At(nanos) => {
            let since = std::time::Duration::from_nanos(nanos);
            SystemTimeSpec::Absolute(SystemTime::from_std(std::time::SystemTime::UNIX_EPOCH + since))
        }
    })
}
