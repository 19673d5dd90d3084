//! The descriptor table: what a number means to the guest, and which rights came with it.
//!
//! A call asks for what it needs in one step: the descriptor, of the right sort, with a right. The answers, in
//! this order: `badf` if there is no such descriptor, `isdir` or `notdir` if it is of the other sort, `notcapable`
//! if the right is missing.

use wasip1::{Fdflags, Filetype, Rights};

use crate::Result;
use crate::dir::Dir;
use crate::file::File;

/// One open descriptor.
#[derive(Debug)]
pub(crate) struct Descriptor {
    pub(crate) object: Object,
    /// What this descriptor may be used for.
    pub(crate) rights: Rights,
    /// What descriptors opened through it may be used for at most.
    pub(crate) inheriting: Rights,
    pub(crate) flags: Fdflags,
}

/// What a descriptor stands for.
#[derive(Debug)]
pub(crate) enum Object {
    File(File),
    Dir(Dir),
}

impl Descriptor {
    /// Requires `right`. The right to seek implies the right to tell.
    pub(crate) fn require(&self, right: Rights) -> Result<()> {
        let seeks = self.rights & wasip1::RIGHTS_FD_SEEK != 0;
        let held = self.rights | if seeks { wasip1::RIGHTS_FD_TELL } else { 0 };
        if held & right == right { Ok(()) } else { Err(wasip1::ERRNO_NOTCAPABLE.into()) }
    }

    /// What sort of file it is.
    pub(crate) fn filetype(&self) -> Result<Filetype> {
        match &self.object {
            Object::File(file) => Ok(file.filestat()?.filetype),
            Object::Dir(_) => Ok(wasip1::FILETYPE_DIRECTORY),
        }
    }
}

/// All descriptors. The lowest free number is given out first, as POSIX does.
#[derive(Debug, Default)]
pub(crate) struct Fds {
    slots: Vec<Option<Descriptor>>,
}

impl Fds {
    /// Gives `descriptor` the lowest free number.
    pub(crate) fn insert(&mut self, descriptor: Descriptor) -> u32 {
        let free = self.slots.iter().position(Option::is_none);
        let index = free.unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.slots[index] = Some(descriptor);
        index as u32
    }

    /// Takes `fd` out of the table.
    pub(crate) fn remove(&mut self, fd: u32) -> Result<Descriptor> {
        let slot = self.slots.get_mut(fd as usize);
        slot.and_then(Option::take).ok_or_else(|| wasip1::ERRNO_BADF.into())
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
        let Object::File(file) = &descriptor.object else { return Err(wasip1::ERRNO_ISDIR.into()) };
        descriptor.require(right)?;
        Ok((file, descriptor.flags))
    }

    /// The directory behind `fd`, which must have `right`.
    pub(crate) fn dir(&self, fd: u32, right: Rights) -> Result<&Dir> {
        let descriptor = self.get(fd)?;
        let Object::Dir(dir) = &descriptor.object else { return Err(wasip1::ERRNO_NOTDIR.into()) };
        descriptor.require(right)?;
        Ok(dir)
    }

    /// As [`Fds::dir`], to be changed.
    pub(crate) fn dir_mut(&mut self, fd: u32, right: Rights) -> Result<&mut Dir> {
        let descriptor = self.get_mut(fd)?;
        descriptor.require(right).or_else(|missing| match &descriptor.object {
            Object::Dir(_) => Err(missing),
            Object::File(_) => Ok(()),
        })?;
        match &mut descriptor.object {
            Object::Dir(dir) => Ok(dir),
            Object::File(_) => Err(wasip1::ERRNO_NOTDIR.into()),
        }
    }
}
