//! The words that all floors share: plain data, which knows nothing of who uses it.

use wasip1::{Fdflags, Filetype};

/// What may be done below a granted directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everything.
    ReadWrite,
    /// Nothing that changes it: such calls fail with `rofs`, as on a read-only file system.
    ReadOnly,
}

/// How to open a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    pub(crate) follow: bool,
    pub(crate) create: bool,
    pub(crate) exclusive: bool,
    pub(crate) truncate: bool,
    pub(crate) directory: bool,
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) flags: Fdflags,
}

impl Open {
    /// To open a directory, to list it and to go on from there.
    pub(crate) const DIRECTORY: Open = Open {
        follow: true,
        create: false,
        exclusive: false,
        truncate: false,
        directory: true,
        read: true,
        write: false,
        flags: 0,
    };

    /// The same without anything that would change what is there.
    pub(crate) fn unchanged(self) -> Open {
        Open { create: false, exclusive: false, truncate: false, write: false, read: true, ..self }
    }

    /// True if what is there is not only to be read: it is to be cut, or written and nothing else.
    pub(crate) fn is_to_change(self) -> bool {
        self.truncate || self.write && !self.read
    }

    /// True if this would make or change something.
    pub(crate) fn changes(self) -> bool {
        self.create || self.truncate || self.write
    }
}

/// What a path turned out to be: a file or a directory, each of the sort that the opener deals in.
#[derive(Clone, Debug)]
pub(crate) enum Opened<F, D> {
    File(F),
    Dir(D),
}

impl<F, D> Opened<F, D> {
    /// The same, with the file and the directory each made into another sort.
    pub(crate) fn map<G, E>(self, file: impl FnOnce(F) -> G, dir: impl FnOnce(D) -> E) -> Opened<G, E> {
        match self {
            Opened::File(opened) => Opened::File(file(opened)),
            Opened::Dir(opened) => Opened::Dir(dir(opened)),
        }
    }
}

/// New times for a file; `None` leaves one as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) accessed: Option<Time>,
    pub(crate) modified: Option<Time>,
}

/// A time to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    /// The time of the call.
    Now,
    /// Nanoseconds since 1970.
    At(u64),
}

/// What is known about a file or directory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filestat {
    pub(crate) dev: u64,
    pub(crate) ino: u64,
    pub(crate) filetype: Filetype,
    pub(crate) nlink: u64,
    /// Bytes.
    pub(crate) size: u64,
    /// Nanoseconds since 1970.
    pub(crate) atim: u64,
    /// Nanoseconds since 1970.
    pub(crate) mtim: u64,
    /// Nanoseconds since 1970.
    pub(crate) ctim: u64,
}

/// What can be waited for of a descriptor in a list of interests, and what has happened: WASIX's bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ready(pub(crate) u32);

impl Ready {
    pub(crate) const NONE: Ready = Ready(0);
    /// It can be read.
    pub(crate) const IN: Ready = Ready(1);
    /// It can be written.
    pub(crate) const OUT: Ready = Ready(1 << 1);
    /// The other side will write no more.
    pub(crate) const RDHUP: Ready = Ready(1 << 2);
    /// There is something urgent.
    pub(crate) const PRI: Ready = Ready(1 << 3);
    /// It failed. Told without being asked for.
    pub(crate) const ERR: Ready = Ready(1 << 4);
    /// The other side is gone. Told without being asked for.
    pub(crate) const HUP: Ready = Ready(1 << 5);
    /// To be told only of what happens from now on.
    pub(crate) const EDGE: Ready = Ready(1 << 6);
    /// To be told once.
    pub(crate) const ONCE: Ready = Ready(1 << 7);
    /// Every bit that is known.
    pub(crate) const ALL: Ready = Ready((1 << 8) - 1);

    /// True if all of `other` is in it.
    pub(crate) fn has(self, other: Ready) -> bool {
        self.0 & other.0 == other.0
    }

    /// True if any of `other` is in it.
    #[cfg(windows)]
    pub(crate) fn meets(self, other: Ready) -> bool {
        self.0 & other.0 != 0
    }
}

impl std::ops::BitOr for Ready {
    type Output = Ready;

    fn bitor(self, other: Ready) -> Ready {
        Ready(self.0 | other.0)
    }
}
