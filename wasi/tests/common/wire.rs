//! What crosses between guest and host, read and written by the layout in the specification: a second opinion on
//! `src/abi.rs`.

use sandbox::rights;
use sandbox::spec::{self, Rights};

/// `filestat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filestat {
    pub dev: u64,
    pub ino: u64,
    pub filetype: u8,
    pub nlink: u64,
    pub size: u64,
    pub atim: u64,
    pub mtim: u64,
    pub ctim: u64,
}

impl Filestat {
    pub fn decode(raw: [u8; 64]) -> Filestat {
        assert_eq!(raw[17..24], [0; 7], "padding");
        let [dev, ino, _, nlink, size, atim, mtim, ctim] = std::array::from_fn(|i| u64_at(&raw, 8 * i));
        Filestat { dev, ino, filetype: raw[16], nlink, size, atim, mtim, ctim }
    }
}

/// `fdstat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fdstat {
    pub filetype: u8,
    pub flags: u16,
    pub base: Rights,
    pub inheriting: Rights,
}

impl Fdstat {
    pub fn decode(raw: [u8; 24]) -> Fdstat {
        assert_eq!((raw[1], u32_at(&raw, 4)), (0, 0), "padding");
        Fdstat {
            filetype: raw[0],
            flags: u16::from_le_bytes([raw[2], raw[3]]),
            base: u64_at(&raw, 8),
            inheriting: u64_at(&raw, 16),
        }
    }
}

/// `dirent`, with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dirent {
    pub next: u64,
    pub ino: u64,
    pub filetype: u8,
    pub name: Vec<u8>,
}

impl Dirent {
    /// The whole entries in `raw`; one that is cut at the end is left out.
    pub fn decode(mut raw: &[u8]) -> Vec<Dirent> {
        let mut entries = Vec::new();
        while raw.len() >= 24 {
            let name_end = 24 + u32_at(raw, 16) as usize;
            assert_eq!(raw[21..24], [0; 3], "padding");
            if raw.len() < name_end {
                break;
            }
            let name = raw[24..name_end].to_vec();
            entries.push(Dirent { next: u64_at(raw, 0), ino: u64_at(raw, 8), filetype: raw[20], name });
            raw = &raw[name_end..];
        }
        entries
    }

    pub fn name(&self) -> String {
        String::from_utf8_lossy(&self.name).into_owned()
    }
}

/// `subscription`.
#[derive(Clone, Copy, Debug)]
pub enum Sub {
    Clock {
        id: u32,
        timeout: u64,
        flags: u16,
    },
    Read(u32),
    Write(u32),
    /// One that the specification does not know.
    Unknown(u8),
}

impl Sub {
    /// A clock that rings `nanos` from now.
    pub fn after(nanos: u64) -> Sub {
        Sub::Clock { id: spec::CLOCKID_MONOTONIC.raw(), timeout: nanos, flags: 0 }
    }

    /// A clock that rings at `nanos` on clock `id`.
    pub fn at(id: spec::Clockid, nanos: u64) -> Sub {
        let flags = spec::SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME;
        Sub::Clock { id: id.raw(), timeout: nanos, flags }
    }

    pub fn encode(self, userdata: u64) -> [u8; 48] {
        let mut raw = [0; 48];
        raw[..8].copy_from_slice(&userdata.to_le_bytes());
        let (tag, fd) = match self {
            Sub::Clock { id, .. } => (0, id),
            Sub::Read(fd) => (1, fd),
            Sub::Write(fd) => (2, fd),
            Sub::Unknown(tag) => (tag, 0),
        };
        raw[8] = tag;
        raw[16..20].copy_from_slice(&fd.to_le_bytes());
        if let Sub::Clock { timeout, flags, .. } = self {
            raw[24..32].copy_from_slice(&timeout.to_le_bytes());
            raw[40..42].copy_from_slice(&flags.to_le_bytes());
        }
        raw
    }
}

/// `event`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub userdata: u64,
    pub errno: u16,
    pub kind: u8,
    pub nbytes: u64,
    pub flags: u16,
}

impl Event {
    pub fn decode(raw: &[u8]) -> Event {
        Event {
            userdata: u64_at(raw, 0),
            errno: u16::from_le_bytes([raw[8], raw[9]]),
            kind: raw[10],
            nbytes: u64_at(raw, 16),
            flags: u16::from_le_bytes([raw[24], raw[25]]),
        }
    }
}

/// The arguments of `path_open` but the path.
#[derive(Clone, Copy, Debug)]
pub struct Open {
    pub lookup: u32,
    pub oflags: u32,
    pub base: Rights,
    pub inheriting: Rights,
    pub fdflags: u32,
}

/// To read.
pub const READ: Open = Open {
    lookup: spec::LOOKUPFLAGS_SYMLINK_FOLLOW,
    oflags: 0,
    base: rights::FILE & !rights::NEED_WRITE,
    inheriting: 0,
    fdflags: 0,
};
/// To read and write.
pub const READ_WRITE: Open = Open { base: rights::FILE, ..READ };
/// To write only.
pub const WRITE: Open = Open { base: rights::FILE & !spec::RIGHTS_FD_READ, ..READ };
/// To read and write, made if it is not there.
pub const CREATE: Open = Open { oflags: spec::OFLAGS_CREAT as u32, ..READ_WRITE };
/// A directory, with all rights.
pub const DIRECTORY: Open = Open {
    oflags: spec::OFLAGS_DIRECTORY as u32,
    base: rights::DIRECTORY,
    inheriting: rights::DIRECTORY | rights::FILE,
    ..READ
};

impl Open {
    pub fn oflags(self, flags: spec::Oflags) -> Open {
        Open { oflags: self.oflags | u32::from(flags), ..self }
    }

    pub fn fdflags(self, flags: spec::Fdflags) -> Open {
        Open { fdflags: self.fdflags | u32::from(flags), ..self }
    }

    pub fn without(self, rights: Rights) -> Open {
        Open { base: self.base & !rights, ..self }
    }

    /// A symbolic link at the end is not followed.
    pub fn itself(self) -> Open {
        Open { lookup: 0, ..self }
    }
}

fn u32_at(raw: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(raw[at..at + 4].try_into().unwrap())
}

fn u64_at(raw: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(raw[at..at + 8].try_into().unwrap())
}
