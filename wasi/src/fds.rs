//! The descriptor table: what a number means to the guest, and which rights came with it.
//!
//! A call asks for what it needs in one step: the descriptor, of the right sort, with a right. The answers, in
//! this order: `badf` if there is no such descriptor, `isdir` or `notdir` if it is of the other sort, `notcapable`
//! if the right is missing, or `rofs` if that is because what was opened cannot be changed.
//!
//! The table is locked only for as long as it takes to look something up or put it in its place. What a call gets is its own:
//! it may wait on a file for as long as it takes while other calls go on, and one of them may even close the descriptor.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasip1::{Fdflags, Filetype, Rights};

use crate::errno::Result;
use crate::fs::dir::Dir;
use crate::fs::file::File;
use crate::net::socket::Socket;
use crate::rights;
use crate::words::Opened;

/// One open descriptor.
#[derive(Clone, Debug)]
pub(crate) struct Descriptor {
    /// What it stands for.
    pub(crate) object: Opened<Arc<File>, Arc<Dir>>,
    /// What this descriptor may be used for.
    pub(crate) rights: Rights,
    /// Rights that were asked for and left out, because what was opened cannot be changed.
    pub(crate) left_out: Rights,
    /// What descriptors opened through it may be used for at most.
    pub(crate) inheriting: Rights,
    /// The flags that the guest asked for; see [`Descriptor::flags`].
    pub(crate) flags: Fdflags,
    /// Whether it is closed when the program becomes another one.
    pub(crate) close_on_exec: bool,
}

impl Descriptor {
    /// That of a socket.
    pub(crate) fn socket(socket: Socket, flags: Fdflags) -> Descriptor {
        Descriptor {
            object: Opened::File(Arc::new(File::Socket(socket))),
            rights: rights::SOCKET,
            left_out: 0,
            inheriting: rights::SOCKET,
            flags,
            close_on_exec: false,
        }
    }

    /// Requires `right`. The right to seek implies the right to tell.
    ///
    /// # Errors
    /// `rofs` if it was left out because what was opened cannot be changed; `notcapable` if it is missing otherwise.
    pub(crate) fn require(&self, right: Rights) -> Result<()> {
        let seeks = self.rights & wasip1::RIGHTS_FD_SEEK != 0;
        let held = self.rights | if seeks { wasip1::RIGHTS_FD_TELL } else { 0 };
        if held & right == right {
            return Ok(());
        }
        let only_fixed = (held | self.left_out) & right == right;
        Err(if only_fixed { wasip1::ERRNO_ROFS } else { wasip1::ERRNO_NOTCAPABLE }.into())
    }

    /// The flags that hold for it.
    pub(crate) fn flags(&self) -> Fdflags {
        match &self.object {
            Opened::File(file) => file.flags(self.flags),
            Opened::Dir(_) => self.flags,
        }
    }

    /// What sort of file it is.
    pub(crate) fn filetype(&self) -> Result<Filetype> {
        match &self.object {
            Opened::File(file) => Ok(file.filestat()?.filetype),
            Opened::Dir(_) => Ok(wasip1::FILETYPE_DIRECTORY),
        }
    }
}

/// The first descriptor that is no standard stream.
pub(crate) const ROOT: u32 = 3;

/// How many descriptors there are at most.
const MAX: usize = 1 << 16;

/// All descriptors.
#[derive(Debug, Default)]
pub(crate) struct Fds(Mutex<Table>);

/// The lowest free number is given out first, as POSIX does.
#[derive(Debug, Default)]
struct Table {
    slots: Vec<Option<Descriptor>>,
    /// No number below this one is free.
    first: usize,
    /// The directory that paths below [`ROOT`] lead from, if they do not lead from the one that has the number.
    root: Option<Descriptor>,
    leads_from_root: bool,
}

impl Fds {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives `descriptor` the number behind all others; `None` is a number that stands for nothing yet.
    pub(crate) fn push(&self, descriptor: Option<Descriptor>) {
        self.lock().slots.push(descriptor);
    }

    /// From now on paths below descriptor [`ROOT`] lead from the root, the one of absolute names, whatever that number stands for: C
    /// libraries of WASIX look there once, when the program begins, and shells use the number for something else.
    pub(crate) fn keep_root(&self) {
        let mut table = self.lock();
        table.root = table.root.take().or_else(|| table.find_root().cloned());
        table.leads_from_root = true;
    }

    /// Ends that, until it is said again, of the same root.
    pub(crate) fn leave_root(&self) {
        self.lock().leads_from_root = false;
    }

    /// Gives `descriptor` the lowest free number.
    ///
    /// # Errors
    /// `mfile` if none is free.
    pub(crate) fn insert(&self, descriptor: Descriptor) -> Result<u32> {
        self.lock().insert(descriptor)
    }

    /// Gives the two the lowest free numbers, or neither.
    ///
    /// # Errors
    /// `mfile` if not as many are free.
    pub(crate) fn insert_two(&self, one: Descriptor, other: Descriptor) -> Result<(u32, u32)> {
        let mut table = self.lock();
        let one = table.insert(one)?;
        match table.insert(other) {
            Ok(other) => Ok((one, other)),
            Err(error) => {
                let taken = table.remove(one);
                drop(table);
                taken.and(Err(error))
            }
        }
    }

    /// Gives what `fd` stands for another number as well: the lowest free one that is at least `least`.
    ///
    /// # Errors
    /// `badf`; `inval` if there are no numbers as high; `mfile` if none is free.
    pub(crate) fn copy(&self, fd: u32, least: u32, close_on_exec: bool) -> Result<u32> {
        let mut table = self.lock();
        let copied = Descriptor { close_on_exec, ..table.get(fd)?.clone() };
        let least = least as usize;
        if least >= MAX {
            return Err(wasip1::ERRNO_INVAL.into());
        }
        if least <= table.first {
            return table.insert(copied);
        }
        let taken =
            table.slots.get(least..).unwrap_or_default().iter().take_while(|slot| slot.is_some()).count();
        table.put(least + taken, copied).map_err(|_| wasip1::ERRNO_MFILE)?;
        Ok((least + taken) as u32)
    }

    /// Lets `to` stand for what `from` does as well; what it stood for is closed. It need stand for nothing.
    ///
    /// # Errors
    /// `badf` if `from` is not open, or there are no numbers as high as `to`.
    pub(crate) fn copy_to(&self, from: u32, to: u32) -> Result<()> {
        let mut table = self.lock();
        let copied = Descriptor { close_on_exec: false, ..table.get(from)?.clone() };
        if from != to {
            let closed = table.put(to as usize, copied)?;
            drop(table);
            drop(closed);
        }
        Ok(())
    }

    /// Takes `fd` out of the table.
    pub(crate) fn remove(&self, fd: u32) -> Result<Descriptor> {
        self.lock().remove(fd)
    }

    /// Closes what is not for the program that this one becomes.
    pub(crate) fn close_on_exec(&self) {
        let mut table = self.lock();
        let is_to_close = |slot: &&mut Option<Descriptor>| slot.as_ref().is_some_and(|one| one.close_on_exec);
        let closed: Vec<_> = table.slots.iter_mut().filter(is_to_close).map(Option::take).collect();
        table.first = 0;
        drop(table);
        drop(closed);
    }

    /// Lets `fd` stand for `descriptor`; what it stood for is closed.
    ///
    /// # Errors
    /// `badf` if there are no numbers as high.
    pub(crate) fn put(&self, fd: u32, descriptor: Descriptor) -> Result<()> {
        let closed = self.lock().put(fd as usize, descriptor);
        closed.map(drop)
    }

    /// Puts what `from` stands for in the place of `to`, which is closed.
    pub(crate) fn renumber(&self, from: u32, to: u32) -> Result<()> {
        let mut table = self.lock();
        table.get(from)?;
        table.get(to)?;
        if from != to {
            let descriptor = table.remove(from)?;
            let closed = table.slots[to as usize].replace(descriptor);
            drop(table);
            drop(closed);
        }
        Ok(())
    }

    /// What `fd` stands for, and with which rights.
    pub(crate) fn get(&self, fd: u32) -> Result<Descriptor> {
        self.lock().get(fd).cloned()
    }

    /// The descriptor as the program is told of `fd`. C libraries ask it for the rights that a directory hands on before they open
    /// anything below it, so where paths lead from the root, that hands them on under this number.
    pub(crate) fn as_told(&self, fd: u32) -> Result<Descriptor> {
        let table = self.lock();
        match table.root.as_ref().filter(|_| fd == ROOT && table.leads_from_root) {
            Some(root) => Ok(match table.get(fd) {
                Ok(other) => Descriptor { inheriting: root.inheriting, ..other.clone() },
                Err(_) => root.clone(),
            }),
            None => table.get(fd).cloned(),
        }
    }

    /// Changes rights or flags of `fd`, which must not take long.
    pub(crate) fn change(&self, fd: u32, change: impl FnOnce(&mut Descriptor) -> Result<()>) -> Result<()> {
        let mut table = self.lock();
        let slot = table.slots.get_mut(fd as usize).and_then(Option::as_mut);
        change(slot.ok_or(wasip1::ERRNO_BADF)?)
    }

    /// The file behind `fd`, which must have `right`; with its descriptor's flags.
    pub(crate) fn file(&self, fd: u32, right: Rights) -> Result<(Arc<File>, Fdflags)> {
        let table = self.lock();
        let descriptor = table.get(fd)?;
        let Opened::File(file) = &descriptor.object else { return Err(wasip1::ERRNO_ISDIR.into()) };
        descriptor.require(right)?;
        Ok((Arc::clone(file), descriptor.flags))
    }

    /// The directory behind `fd`, which must have `right`.
    pub(crate) fn dir(&self, fd: u32, right: Rights) -> Result<Arc<Dir>> {
        Ok(Arc::clone(self.lock().dir(fd, right)?.0))
    }

    /// The root that absolute names lead to. It must have `right`.
    ///
    /// # Errors
    /// `notcapable` if the program closed it.
    pub(crate) fn root(&self, right: Rights) -> Result<Arc<Dir>> {
        self.root_opener(right).map(|(root, _)| root)
    }

    /// As [`Fds::root`], to open something below it: with the rights that it hands on.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn root_opener(&self, right: Rights) -> Result<(Arc<Dir>, Rights)> {
        let table = self.lock();
        let kept = table.root.as_ref().filter(|_| table.leads_from_root);
        let root = kept.or_else(|| table.find_root()).ok_or(wasip1::ERRNO_NOTCAPABLE)?;
        root.require(right)?;
        match &root.object {
            Opened::Dir(dir) => Ok((Arc::clone(dir), root.inheriting)),
            Opened::File(_) => Err(wasip1::ERRNO_NOTCAPABLE.into()),
        }
    }

    /// As [`Fds::dir`], to open something below it: with the rights that it hands on.
    ///
    /// # Errors
    /// `mfile` if no number is free.
    pub(crate) fn opener(&self, fd: u32, right: Rights) -> Result<(Arc<Dir>, Rights)> {
        let table = self.lock();
        let (dir, handed_on) = table.dir(fd, right)?;
        table.check_room()?;
        Ok((Arc::clone(dir), handed_on))
    }
}

impl Table {
    /// The root that absolute names lead to.
    fn find_root(&self) -> Option<&Descriptor> {
        self.slots.iter().flatten().find(|descriptor| match &descriptor.object {
            Opened::Dir(dir) => dir.guest() == Some("/"),
            Opened::File(_) => false,
        })
    }

    /// `mfile` if no number is free.
    fn check_room(&self) -> Result<()> {
        let room = self.slots.len() < MAX || self.slots[self.first..].iter().any(Option::is_none);
        if room { Ok(()) } else { Err(wasip1::ERRNO_MFILE.into()) }
    }

    fn insert(&mut self, descriptor: Descriptor) -> Result<u32> {
        self.check_room()?;
        let first = self.first;
        let index = first + self.slots[first..].iter().take_while(|slot| slot.is_some()).count();
        self.first = index;
        self.put(index, descriptor)?;
        Ok(index as u32)
    }

    /// Lets number `index` stand for `descriptor`; returns what it stood for.
    ///
    /// # Errors
    /// `badf` if there are no numbers as high.
    fn put(&mut self, index: usize, descriptor: Descriptor) -> Result<Option<Descriptor>> {
        if index >= MAX {
            return Err(wasip1::ERRNO_BADF.into());
        }
        if index >= self.slots.len() {
            self.slots.resize_with(index + 1, || None);
        }
        Ok(self.slots[index].replace(descriptor))
    }

    fn get(&self, fd: u32) -> Result<&Descriptor> {
        let slot = self.slots.get(fd as usize).and_then(Option::as_ref);
        slot.ok_or_else(|| wasip1::ERRNO_BADF.into())
    }

    /// The directory behind `fd`, which must have `right`; with the rights that it hands on.
    fn dir(&self, fd: u32, right: Rights) -> Result<(&Arc<Dir>, Rights)> {
        let descriptor = match &self.root {
            Some(root) if fd == ROOT && self.leads_from_root => root,
            _ => self.get(fd)?,
        };
        let Opened::Dir(dir) = &descriptor.object else { return Err(wasip1::ERRNO_NOTDIR.into()) };
        descriptor.require(right)?;
        Ok((dir, descriptor.inheriting))
    }

    fn remove(&mut self, fd: u32) -> Result<Descriptor> {
        let slot = self.slots.get_mut(fd as usize);
        let descriptor = slot.and_then(Option::take).ok_or(wasip1::ERRNO_BADF)?;
        self.first = self.first.min(fd as usize);
        Ok(descriptor)
    }
}
