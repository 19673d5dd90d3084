//! The descriptor table: what a number means to the guest, and which rights came with it.
//!
//! A call asks for what it needs in one step: the descriptor, of the right sort, with a right. The answers, in
//! this order: `badf` if there is no such descriptor, `isdir` or `notdir` if it is of the other sort, `notcapable`
//! if the right is missing.

use wasip1::{Fdflags, Filetype, Rights};

use crate::errno::Result;
use crate::fs::dir::Dir;
use crate::fs::file::File;
use crate::words::Opened;

/// One open descriptor.
#[derive(Debug)]
pub(crate) struct Descriptor {
    /// What it stands for.
    pub(crate) object: Opened<File, Dir>,
    /// What this descriptor may be used for.
    pub(crate) rights: Rights,
    /// What descriptors opened through it may be used for at most.
    pub(crate) inheriting: Rights,
    /// The flags that the guest asked for; see [`Descriptor::flags`].
    pub(crate) flags: Fdflags,
}

impl Descriptor {
    /// Requires `right`. The right to seek implies the right to tell.
    pub(crate) fn require(&self, right: Rights) -> Result<()> {
        let seeks = self.rights & wasip1::RIGHTS_FD_SEEK != 0;
        let held = self.rights | if seeks { wasip1::RIGHTS_FD_TELL } else { 0 };
        if held & right == right { Ok(()) } else { Err(wasip1::ERRNO_NOTCAPABLE.into()) }
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

/// How many descriptors there are at most.
const MAX: usize = 1 << 16;

/// All descriptors. The lowest free number is given out first, as POSIX does.
#[derive(Debug, Default)]
pub(crate) struct Fds {
    slots: Vec<Option<Descriptor>>,
    /// No number below this one is free.
    first: usize,
}

impl Fds {
    /// Gives `descriptor` the number behind all others; `None` is a number that stands for nothing yet.
    pub(crate) fn push(&mut self, descriptor: Option<Descriptor>) {
        self.slots.push(descriptor);
    }

    /// Makes sure that a number is free.
    ///
    /// # Errors
    /// `mfile` if none is.
    pub(crate) fn check_room(&self) -> Result<()> {
        let room = self.slots.len() < MAX || self.slots[self.first..].iter().any(Option::is_none);
        if room { Ok(()) } else { Err(wasip1::ERRNO_MFILE.into()) }
    }

    /// Gives `descriptor` the lowest free number, of which there is one.
    pub(crate) fn insert(&mut self, descriptor: Descriptor) -> u32 {
        self.first += self.slots[self.first..].iter().take_while(|slot| slot.is_some()).count();
        let index = self.first;
        match self.slots.get_mut(index) {
            Some(slot) => *slot = Some(descriptor),
            None => self.slots.push(Some(descriptor)),
        }
        index as u32
    }

    /// Takes `fd` out of the table.
    pub(crate) fn remove(&mut self, fd: u32) -> Result<Descriptor> {
        let slot = self.slots.get_mut(fd as usize);
        let descriptor = slot.and_then(Option::take).ok_or(wasip1::ERRNO_BADF)?;
        self.first = self.first.min(fd as usize);
        Ok(descriptor)
    }

    /// Puts what `from` stands for in the place of `to`, which is closed.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Result<()> {
        self.get(from)?;
        self.get(to)?;
        if from != to {
            let descriptor = self.remove(from)?;
            self.slots[to as usize] = Some(descriptor);
        }
        Ok(())
    }

    pub(crate) fn get(&self, fd: u32) -> Result<&Descriptor> {
        let slot = self.slots.get(fd as usize).and_then(Option::as_ref);
        slot.ok_or_else(|| wasip1::ERRNO_BADF.into())
    }

    pub(crate) fn get_mut(&mut self, fd: u32) -> Result<&mut Descriptor> {
        let slot = self.slots.get_mut(fd as usize).and_then(Option::as_mut);
        slot.ok_or_else(|| wasip1::ERRNO_BADF.into())
    }

    /// The file behind `fd`, which must have `right`; with its descriptor's flags.
    pub(crate) fn file(&self, fd: u32, right: Rights) -> Result<(&File, Fdflags)> {
        let descriptor = self.get(fd)?;
        let Opened::File(file) = &descriptor.object else { return Err(wasip1::ERRNO_ISDIR.into()) };
        descriptor.require(right)?;
        Ok((file, descriptor.flags))
    }

    /// The directory behind `fd`, which must have `right`.
    pub(crate) fn dir(&self, fd: u32, right: Rights) -> Result<&Dir> {
        let descriptor = self.get(fd)?;
        let Opened::Dir(dir) = &descriptor.object else { return Err(wasip1::ERRNO_NOTDIR.into()) };
        descriptor.require(right)?;
        Ok(dir)
    }

    /// As [`Fds::dir`], to be changed.
    pub(crate) fn dir_mut(&mut self, fd: u32, right: Rights) -> Result<&mut Dir> {
        let descriptor = self.get_mut(fd)?;
        descriptor.require(right).or_else(|missing| match &descriptor.object {
            Opened::Dir(_) => Err(missing),
            Opened::File(_) => Ok(()),
        })?;
        match &mut descriptor.object {
            Opened::Dir(dir) => Ok(dir),
            Opened::File(_) => Err(wasip1::ERRNO_NOTDIR.into()),
        }
    }
}
