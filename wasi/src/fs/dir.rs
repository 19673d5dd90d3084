//! A directory descriptor: where it stands in the name space, the layers that lie there, and what is read through
//! `fd_readdir`.
//!
//! Each verb that takes a path asks the name space first where the path leads; the layers there do the rest.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::file::File;
use super::layer::Layer;
use super::layers::Layers;
use super::listing::{Entry, Listing};
use super::names::{is_itself, joined};
use super::place::{Looked, Place, Way};
use super::rule::Wanted;
use crate::errno::Result;
use crate::kept::Budget;
use crate::path::MAX_LEN;
use crate::sys;
use crate::words::{Filestat, Open, Opened, Times};

/// An open directory.
#[derive(Debug)]
pub(crate) struct Dir {
    layers: Arc<Layers>,
    /// Where it stands, if something was granted around or below it.
    place: Option<Place>,
    /// The name it was granted under; `None` for one that the guest opened.
    guest: Option<String>,
    /// True for the root that is there though nothing was granted as it.
    assumed: bool,
    /// What the guest is reading through `fd_readdir`.
    listing: Mutex<Option<Listing>>,
    /// Natively, that it was only looked for.
    looked: Option<Looked>,
    /// Its path in the program's world, if what is used is to be known; empty for what was granted.
    origin: Option<String>,
}

impl Dir {
    /// The directory granted as `guest`, which stands at `place`.
    pub(crate) fn granted(guest: String, layers: Arc<Layers>, place: Place) -> Dir {
        Dir {
            layers,
            place: Some(place),
            guest: Some(guest),
            assumed: false,
            listing: Mutex::default(),
            looked: None,
            origin: None,
        }
    }

    /// Keeps the paths of what is opened from here on.
    pub(crate) fn follow(&mut self) {
        self.origin = Some(String::new());
    }

    /// Where `path` is about to be looked for, if what is used is to be known.
    pub(crate) fn followed<'s, 'p>(&'s self, path: &'p str, wanted: Wanted) -> Option<Way<'s, 'p>> {
        self.origin.as_ref().and_then(|_| self.way(path, wanted).ok())
    }

    /// The path in the program's world of `path`, which was looked for by `way`, if it is of the host.
    pub(crate) fn used(&self, path: &str, way: &Way<'_, '_>) -> Option<String> {
        // What is gone by now was most likely where the program stands.
        let holder = way.layers.iter().find(|layer| layer.has(way.rest));
        let of_host = |layer: &Layer| layer.is_host();
        let is_used = holder.map_or_else(|| way.layers.iter().any(of_host), of_host);
        let stands = holder.is_none_or(|layer| way.layers.is_own(layer));
        if is_used { self.path_of(path, way, stands) } else { None }
    }

    /// The path of what `way` leads to, if paths are kept. `stands` says that it lies where the program does.
    fn path_of(&self, path: &str, way: &Way<'_, '_>, stands: bool) -> Option<String> {
        let origin = self.origin.as_ref()?;
        Some(match &self.place {
            Some(place) if origin.is_empty() => place.path_of(way, stands),
            // What lies deeper than a path can say is not told.
            _ if origin.len() + path.len() > MAX_LEN => return None,
            _ => joined(origin, path),
        })
    }

    /// The root that is there though nothing was granted as it.
    #[must_use]
    pub(crate) fn assumed(self) -> Dir {
        Dir { assumed: true, ..self }
    }

    /// True for the root that is there though nothing was granted as it.
    pub(crate) fn is_assumed(&self) -> bool {
        self.assumed
    }

    /// The name it was granted under.
    pub(crate) fn guest(&self) -> Option<&str> {
        self.guest.as_deref()
    }

    /// The layers that `path` is looked up in, and what is looked up there.
    pub(crate) fn looked_up<'s, 'p>(&'s self, path: &'p str, wanted: Wanted) -> (&'s Layers, &'p str) {
        self.way(path, wanted).map_or((&self.layers, path), |way| (way.layers, way.rest))
    }

    /// True if `path` was refused only because it is not told which of two places is meant.
    pub(crate) fn is_unclear(&self, path: &str, wanted: Wanted) -> bool {
        self.place.as_ref().is_some_and(|place| place.is_unclear(path, wanted))
    }

    /// Where `path` leads, and what is wanted there.
    fn way<'s, 'p>(&'s self, path: &'p str, wanted: Wanted) -> Result<Way<'s, 'p>> {
        if self.looked.as_ref().is_some_and(|looked| !looked.may(&self.layers, path, wanted)) {
            return Err(wasip1::ERRNO_NOTCAPABLE.into());
        }
        match &self.place {
            Some(place) => place.way(path, wanted),
            None if sys::leaves_directory(path) => Err(wasip1::ERRNO_NOTCAPABLE.into()),
            None => Ok(Way::within(&self.layers, path)),
        }
    }

    /// As [`Dir::way`], for a change of what `path` names itself. What was granted keeps its name.
    fn way_to_change<'s, 'p>(&'s self, path: &'p str) -> Result<Way<'s, 'p>> {
        self.way_to(path, Wanted::Change)
    }

    fn way_to<'s, 'p>(&'s self, path: &'p str, wanted: Wanted) -> Result<Way<'s, 'p>> {
        let way = self.way(path, wanted)?;
        if way.is_place && !is_itself(path) { Err(wasip1::ERRNO_BUSY.into()) } else { Ok(way) }
    }

    /// As [`Dir::way`], for something new. What was granted is there.
    fn way_to_make<'s, 'p>(&'s self, path: &'p str) -> Result<Way<'s, 'p>> {
        let way = self.way(path, Wanted::New)?;
        if way.is_place && !is_itself(path) { Err(wasip1::ERRNO_EXIST.into()) } else { Ok(way) }
    }

    /// Opens `path`, a file or a directory.
    pub(crate) fn open(&self, path: &str, how: Open) -> Result<Opened<File, Dir>> {
        let way = self.way(path, Wanted::to_open(how))?;
        // To create may also be to find. Whether something is new matters only where it is not told where it is.
        let made = how.create && (way.is_decided() || self.looked.is_some()) && !Dir::is_there(&way);
        let opened = way.layers.open(way.rest, how)?;
        if made {
            self.made(&way);
        } else if let (Opened::Dir(_), Some(place)) = (&opened, &self.place) {
            place.found(&way);
        }
        let place = self.place.as_ref().and_then(|place| place.opened(&way));
        let looked = || match &self.looked {
            Some(looked) => Some(looked.below(path)),
            None => self.place.as_ref()?.looked(&way),
        };
        let dir = |layers| Dir {
            layers: Arc::new(layers),
            place,
            guest: None,
            assumed: false,
            listing: Mutex::default(),
            looked: looked(),
            origin: self.origin.as_ref().and_then(|_| self.used(path, &way)),
        };
        Ok(opened.map(|file| file, dir))
    }

    fn is_there(way: &Way<'_, '_>) -> bool {
        way.layers.filestat_at(way.rest, true).is_ok()
    }

    /// Notes that the program made what `way` leads to, where it is not told where that is.
    fn made(&self, way: &Way<'_, '_>) {
        if let Some(place) = &self.place {
            place.made(way);
        }
        if let Some(looked) = &self.looked {
            looked.made(way.rest);
        }
    }

    /// Notes that what `way` leads to is there no more.
    fn gone(&self, way: &Way<'_, '_>) {
        if let Some(place) = &self.place {
            place.gone(way);
        }
        if let Some(looked) = &self.looked {
            looked.gone(way.rest);
        }
    }

    /// What is known about the directory itself.
    pub(crate) fn filestat(&self) -> Result<Filestat> {
        self.layers.filestat()
    }

    /// What is known about `path`.
    pub(crate) fn filestat_at(&self, path: &str, follow: bool) -> Result<Filestat> {
        let way = self.way(path, Wanted::Look)?;
        way.layers.filestat_at(way.rest, follow)
    }

    /// Sets the directory's own times.
    pub(crate) fn set_times(&self, times: Times) -> Result<()> {
        if self.looked.as_ref().is_some_and(|looked| !looked.may(&self.layers, ".", Wanted::Change)) {
            return Err(wasip1::ERRNO_NOTCAPABLE.into());
        }
        self.layers.set_times(times)
    }

    /// Sets the times of `path`.
    pub(crate) fn set_times_at(&self, path: &str, times: Times, follow: bool) -> Result<()> {
        let way = self.way(path, if follow { Wanted::Write } else { Wanted::Change })?;
        way.layers.set_times_at(way.rest, times, follow)
    }

    pub(crate) fn create_dir(&self, path: &str) -> Result<()> {
        let way = self.way_to_make(path)?;
        way.layers.create_dir(way.rest)?;
        self.made(&way);
        Ok(())
    }

    pub(crate) fn remove_dir(&self, path: &str) -> Result<()> {
        let way = self.way_to_change(path)?;
        way.layers.remove_dir(way.rest)?;
        self.gone(&way);
        Ok(())
    }

    /// Removes a file or symbolic link. A directory is `isdir`, also where the system has another word for that.
    pub(crate) fn remove_file(&self, path: &str) -> Result<()> {
        let way = self.way(path, Wanted::Change)?;
        way.layers.remove_file(way.rest)?;
        self.gone(&way);
        Ok(())
    }

    /// Renames `path` to `new_path` below `new`.
    pub(crate) fn rename(&self, path: &str, new: &Dir, new_path: &str) -> Result<()> {
        let (from, to) = (self.way_to_change(path)?, new.way_to(new_path, Wanted::Replace)?);
        from.layers.rename(from.rest, to.layers, to.rest)?;
        self.gone(&from);
        new.gone(&to);
        new.made(&to);
        Ok(())
    }

    /// Makes `new_path` below `new` another name of the file `path`.
    pub(crate) fn hard_link(&self, path: &str, new: &Dir, new_path: &str) -> Result<()> {
        let (from, to) = (self.way(path, Wanted::Change)?, new.way_to_make(new_path)?);
        from.layers.hard_link(from.rest, to.layers, to.rest)?;
        new.made(&to);
        Ok(())
    }

    /// Makes `path` a symbolic link to `target`.
    pub(crate) fn symlink(&self, target: &str, path: &str) -> Result<()> {
        let way = self.way_to_make(path)?;
        way.layers.symlink(target, way.rest)?;
        self.made(&way);
        Ok(())
    }

    /// What the symbolic link `path` points to.
    pub(crate) fn read_link(&self, path: &str) -> Result<Vec<u8>> {
        let way = self.way(path, Wanted::Look)?;
        way.layers.read_link(way.rest)
    }

    /// Waits until the directory's entries are on the device.
    pub(crate) fn sync(&self) -> Result<()> {
        self.layers.sync()
    }

    /// Hands `look` the entries from number `cookie` on. They are read once, when the guest starts at 0, so that a number
    /// means the same entry however the directory changes meanwhile. They count against `budget`.
    pub(crate) fn entries<T>(
        &self,
        cookie: u64,
        budget: &Budget,
        look: impl FnOnce(&[Entry]) -> T,
    ) -> Result<T> {
        let mut listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        if cookie == 0 {
            *listing = None;
        }
        let read = match listing.take() {
            Some(read) => read,
            None => self.read_entries(budget)?,
        };
        Ok(look(listing.insert(read).from(cookie)))
    }

    fn read_entries(&self, budget: &Budget) -> Result<Listing> {
        // The parent's number would be a fact about the host that was not granted.
        let ino = self.filestat()?.ino;
        let special =
            |name: &[u8], ino| Entry { name: name.to_vec(), ino, filetype: wasip1::FILETYPE_DIRECTORY };
        let mut listing = Listing::new(budget);
        listing.push(special(b".", ino))?;
        listing.push(special(b"..", ino))?;
        let mut granted: HashSet<&str> = self.place.iter().flat_map(Place::names).collect();
        self.layers.entries(&mut |mut entry| {
            // What was granted by this name is what a path leads to.
            if std::str::from_utf8(&entry.name).is_ok_and(|name| granted.remove(name)) {
                entry = self.named(entry.name);
            }
            listing.push(entry)
        })?;
        let mut granted: Vec<&str> = granted.into_iter().collect();
        granted.sort_unstable();
        granted.into_iter().try_for_each(|name| listing.push(self.named(name.as_bytes().to_vec())))?;
        Ok(listing)
    }

    /// The entry of something granted below this directory.
    fn named(&self, name: Vec<u8>) -> Entry {
        let stat = std::str::from_utf8(&name).ok().and_then(|name| self.filestat_at(name, true).ok());
        let ino = stat.map_or(0, |stat| stat.ino);
        Entry { name, ino, filetype: wasip1::FILETYPE_DIRECTORY }
    }
}

impl Wanted {
    /// What is wanted by opening something.
    pub(crate) fn to_open(how: Open) -> Wanted {
        match how {
            Open { create: true, exclusive: true, .. } => Wanted::New,
            Open { create: true, .. } => Wanted::Make,
            _ if how.changes() => Wanted::Write,
            _ => Wanted::Look,
        }
    }
}
