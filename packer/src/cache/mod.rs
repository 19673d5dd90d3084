//! What earlier packs made, kept in a folder: compiled programs, stored sections, and what trials found.
//!
//! An entry is a file. Its name is a hash of everything that it was made of ([`key`]): the program, what was asked for, and the
//! sources of this packer, so another build finds nothing of this one. It is written beside its place and renamed, so packers
//! at the same time see it whole or not at all. It begins with its key and a hash of its content: an entry that is damaged, or
//! another's, is none, and goes. When there is more than [`Cache::MOST`], what was not used for the longest time goes.
//!
//! Nothing of it decides what is packed: a pack that finds entries and one that finds none write the same bytes. A folder that
//! cannot be used is as good as none, unless it was asked for.

pub(crate) mod entry;
pub(crate) mod folder;
pub(crate) mod key;

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use self::key::Key;
use crate::{Error, Kind, error::spoken};

/// Where a pack keeps what it makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Keep {
    /// Nowhere.
    #[default]
    Nothing,
    /// In the user's folder for such, if there is one.
    OfUser,
    /// In this folder.
    InFolder(PathBuf),
}

impl Keep {
    /// The cache, if there is to be one.
    ///
    /// # Errors
    /// As [`Cache::in_folder`], for a folder that was asked for.
    pub(crate) fn open(&self) -> Result<Option<Cache>, Error> {
        match self {
            Keep::Nothing => Ok(None),
            Keep::OfUser => Ok(Cache::of_user()),
            Keep::InFolder(folder) => Cache::in_folder(folder).map(Some),
        }
    }
}

/// The folder of a user's packs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    folder: PathBuf,
}

/// How entries begin.
const MAGIC: [u8; 16] = *b"wasmpack cache 1";
/// Bytes before an entry's content: its magic, its key, and the hash of its content.
const HEAD: usize = 16 + 32 + 32;

impl Cache {
    /// The most bytes of all entries.
    pub const MOST: u64 = 2 << 30;

    /// The cache in `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// `OutputPlace` if it cannot be made, or others may write to it: what is in it becomes part of programs.
    pub fn in_folder(folder: &Path) -> Result<Cache, Error> {
        let fail = |why: String| {
            Error::new(Kind::OutputPlace, format!("cannot be the cache: {why}")).in_file(folder)
        };
        if folder.is_file() {
            return Err(fail("it is a file; name a folder (--cache)".to_owned()));
        }
        folder::make(folder).map_err(|error| fail(spoken(&error)))?;
        if folder::is_open_to_others(folder) {
            return Err(fail("other users may write to it; name another folder (--cache)".to_owned()));
        }
        Ok(Cache { folder: folder.to_owned() })
    }

    /// The cache in the user's folder for such, if there is one.
    pub fn of_user() -> Option<Cache> {
        Cache::in_folder(&folder::of_user()?.join("wasmpack")).ok()
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.folder.join(key.name())
    }

    /// The content of the entry of `key`, if there is one.
    pub(crate) fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let path = self.path(key);
        let mut bytes = fs::read(&path).ok()?;
        let is_whole = bytes.len() >= HEAD
            && bytes[..16] == MAGIC
            && bytes[16..48] == key.0
            && bytes[48..HEAD] == payload::sha256(&bytes[HEAD..]);
        if !is_whole {
            let _ = fs::remove_file(&path);
            return None;
        }
        // It was used now.
        let touched = fs::File::options().append(true).open(&path);
        let _ = touched.and_then(|file| file.set_modified(SystemTime::now()));
        bytes.drain(..HEAD);
        Some(bytes)
    }

    /// Keeps `content` under `key`. Where that is not possible, it is not kept.
    pub(crate) fn put(&self, key: &Key, content: &[u8]) {
        if (content.len() + HEAD) as u64 <= Cache::MOST / 4 && self.write(key, content).is_ok() {
            let _ = folder::trim(&self.folder, Cache::MOST);
        }
    }

    fn write(&self, key: &Key, content: &[u8]) -> io::Result<()> {
        let head = [&MAGIC[..], &key.0, &payload::sha256(content)].concat();
        folder::write(&self.folder, &self.path(key), &[&head, content])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(of: &str) -> Key {
        Key::new("test").with(of.as_bytes())
    }

    #[test]
    fn what_is_kept_is_found_under_its_key_alone() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::in_folder(&dir.path().join("new/cache")).unwrap();
        assert_eq!(cache.get(&key("a")), None);
        cache.put(&key("a"), b"content");
        assert_eq!((cache.get(&key("a")).as_deref(), cache.get(&key("b"))), (Some(&b"content"[..]), None));
        // One that lies under another's name is none.
        fs::rename(cache.path(&key("a")), cache.path(&key("b"))).unwrap();
        assert_eq!(cache.get(&key("b")), None);
        assert!(!cache.path(&key("b")).exists());
    }

    #[test]
    fn a_damaged_entry_is_none_whatever_byte_is_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::in_folder(dir.path()).unwrap();
        cache.put(&key("a"), b"content");
        let good = fs::read(cache.path(&key("a"))).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(cache.path(&key("a")), bad).unwrap();
            assert_eq!(cache.get(&key("a")), None, "{at}");
            fs::write(cache.path(&key("a")), &good[..at]).unwrap();
            assert_eq!(cache.get(&key("a")), None, "{at}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_may_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let error = Cache::in_folder(dir.path()).unwrap_err().to_string();
        assert!(error.contains("other users may write"), "{error}");
    }
}
