//! A directory of the host, and the verbs that take a path below it; opening has a file of its own.
//!
//! No slash behind a path reaches cap-std; see [`super::name`]. What cap-std refuses because it leads out is done elsewhere where
//! nothing is to confine a program; see [`super::beyond`].

use std::path::{Path, PathBuf};

use cap_fs_ext::{DirExt, OpenOptionsMaybeDirExt, SystemTimeSpec};
use cap_std::ambient_authority;
use cap_std::fs::{Dir as CapDir, OpenOptions};
use cap_std::time::SystemTime;

use super::name::{Name, followed, wants_directory};
use crate::errno::{Error, Result};
use crate::fs::listing::{Each, Entry};
use crate::sys;
use crate::words::{Access, Filestat, Time, Times};

/// An open directory.
#[derive(Debug)]
pub(crate) struct HostDir {
    pub(super) dir: CapDir,
    pub(super) access: Access,
    /// Its path, if a path may lead out of it as for a native program.
    pub(super) unconfined: Option<Box<Path>>,
}

impl HostDir {
    pub(crate) fn granted(dir: CapDir, access: Access) -> HostDir {
        HostDir { dir, access, unconfined: None }
    }

    /// A directory that a path may lead out of, as for a native program. It stands at `path`.
    pub(crate) fn unconfined(dir: CapDir, path: PathBuf) -> HostDir {
        HostDir { dir, access: Access::ReadWrite, unconfined: Some(path.into()) }
    }

    /// The same for the directory at `path`.
    pub(crate) fn unconfined_at(path: PathBuf) -> Result<HostDir> {
        Ok(HostDir::unconfined(CapDir::open_ambient_dir(&path, ambient_authority())?, path))
    }

    /// The same directory once more.
    pub(crate) fn again(&self) -> Result<HostDir> {
        Ok(HostDir { dir: self.dir.try_clone()?, access: self.access, unconfined: self.unconfined.clone() })
    }

    /// What may be done below it.
    pub(crate) fn access(&self) -> Access {
        self.access
    }

    pub(super) fn writable(&self) -> Result<()> {
        match self.access {
            Access::ReadWrite => Ok(()),
            Access::ReadOnly => Err(wasip1::ERRNO_ROFS.into()),
        }
    }

    /// What is known about the directory itself.
    pub(crate) fn filestat(&self) -> Result<Filestat> {
        Ok(sys::filestat_of(&self.dir.dir_metadata()?))
    }

    /// Why nothing is made at `path`, where nothing stands, of a directory granted read-only: that, or there is no directory around it.
    pub(super) fn not_made(&self, path: &str) -> Error {
        let around =
            Name::of(path).parent().map_or(Ok(()), |around| self.filestat_at(around, true).map(drop));
        around.err().unwrap_or(wasip1::ERRNO_ROFS.into())
    }

    /// What is known about `path`.
    pub(crate) fn filestat_at(&self, path: &str, follow: bool) -> Result<Filestat> {
        let follow = follow || wants_directory(path);
        if let Some(found) = sys::filestat_of_name(&self.dir, path, follow) {
            return Ok(found?);
        }
        let name = &*followed(path);
        let metadata = if follow { self.dir.metadata(name) } else { self.dir.symlink_metadata(name) };
        match metadata {
            Ok(metadata) => Ok(sys::filestat_of(&metadata)),
            Err(error) => self.otherwise(error.into(), || self.filestat_beyond(path, follow)),
        }
    }

    /// Sets the directory's own times.
    pub(crate) fn set_times(&self, times: Times) -> Result<()> {
        self.writable()?;
        Ok(self.dir.set_times(".", spec(times.accessed), spec(times.modified))?)
    }

    /// Sets the times of `path`.
    pub(crate) fn set_times_at(&self, path: &str, times: Times, follow: bool) -> Result<()> {
        self.writable()?;
        self.or_beyond(path, follow, |dir, path| dir.set_times_within(path, times, follow))
    }

    fn set_times_within(&self, path: &str, times: Times, follow: bool) -> Result<()> {
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
        self.or_beyond(path, false, |dir, path| Ok(dir.dir.create_dir(Name::of(path).path)?))
    }

    /// Removes a directory. A slash behind its name changes nothing.
    pub(crate) fn remove_dir(&self, path: &str) -> Result<()> {
        self.writable()?;
        self.or_beyond(path, false, |dir, path| Ok(dir.dir.remove_dir(Name::of(path).path)?))
    }

    /// Removes a file or symbolic link. A directory is `isdir`, also where the system has another word for that.
    pub(crate) fn remove_file(&self, path: &str) -> Result<()> {
        self.writable()?;
        self.or_beyond(path, false, HostDir::remove_file_within)
    }

    fn remove_file_within(&self, path: &str) -> Result<()> {
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
        self.both_or_beyond(path, new_dir, new_path, HostDir::rename_within)
    }

    fn rename_within(&self, path: &str, new_dir: &HostDir, new_path: &str) -> Result<()> {
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
        self.both_or_beyond(path, new_dir, new_path, HostDir::hard_link_within)
    }

    fn hard_link_within(&self, path: &str, new_dir: &HostDir, new_path: &str) -> Result<()> {
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

    /// Makes `path` a symbolic link to `target`, which must be relative where paths are confined.
    pub(crate) fn symlink(&self, target: &str, path: &str) -> Result<()> {
        self.writable()?;
        if self.unconfined.is_none() && sys::leaves_directory(target) {
            return Err(wasip1::ERRNO_NOTCAPABLE.into());
        }
        self.or_beyond(path, false, |dir, path| {
            let name = Name::of(path);
            if name.slash {
                return dir.vacant(name);
            }
            match DirExt::symlink(&dir.dir, target, name.path) {
                Err(error) if dir.unconfined.is_some() => {
                    dir.otherwise(error.into(), || dir.symlink_beyond(target, name.path))
                }
                made => Ok(made?),
            }
        })
    }

    /// What the symbolic link `path` points to.
    pub(crate) fn read_link(&self, path: &str) -> Result<Vec<u8>> {
        self.or_beyond(path, false, HostDir::read_link_within)
    }

    fn read_link_within(&self, path: &str) -> Result<Vec<u8>> {
        let name = Name::of(path);
        if name.slash {
            // A slash follows the link.
            self.filestat_at(path, true)?;
            return Err(wasip1::ERRNO_INVAL.into());
        }
        if self.unconfined.is_some() {
            return Ok(self.dir.read_link_contents(name.path)?.into_os_string().into_encoded_bytes());
        }
        let target = self.dir.read_link(name.path)?;
        if target.to_str().is_some_and(sys::leaves_directory) {
            return Err(wasip1::ERRNO_NOTCAPABLE.into());
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
        sys::entries(&self.dir, |name, ino, filetype| each(Entry { name, ino, filetype }))
    }
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
