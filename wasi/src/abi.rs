//! The layout of the structures that cross between guest and host, as the witx of preview 1 defines them.
//!
//! Types and constants come from the `wasip1` crate; its structs have the layout of the machine they are compiled
//! for, so what goes to the guest is written field by field here.

use wasip1::{Errno, Eventtype, Filetype};

use crate::errno::Result;
use crate::memory::Memory;
use crate::words::{Filestat, Time, Times};

impl Filestat {
    /// Writes the 64 bytes of preview 1's `filestat`.
    pub(crate) fn write(&self, memory: &Memory<'_>, ptr: u32) -> Result<()> {
        let mut out = [0; 64];
        out[0..8].copy_from_slice(&self.dev.to_le_bytes());
        out[8..16].copy_from_slice(&self.ino.to_le_bytes());
        out[16] = self.filetype.raw();
        out[24..32].copy_from_slice(&self.nlink.to_le_bytes());
        out[32..40].copy_from_slice(&self.size.to_le_bytes());
        out[40..48].copy_from_slice(&self.atim.to_le_bytes());
        out[48..56].copy_from_slice(&self.mtim.to_le_bytes());
        out[56..64].copy_from_slice(&self.ctim.to_le_bytes());
        memory.write(ptr, &out)
    }
}

impl Times {
    /// Reads the arguments of the `_set_times` calls.
    ///
    /// # Errors
    /// `inval` for an unknown flag, or both a time and now for the same field.
    pub(crate) fn new(accessed: u64, modified: u64, flags: u32) -> Result<Times> {
        let pick = |value, at: u16, now: u16| match (flags & u32::from(at) != 0, flags & u32::from(now) != 0)
        {
            (true, true) => Err(wasip1::ERRNO_INVAL),
            (true, false) => Ok(Some(Time::At(value))),
            (false, true) => Ok(Some(Time::Now)),
            (false, false) => Ok(None),
        };
        let known = wasip1::FSTFLAGS_ATIM
            | wasip1::FSTFLAGS_ATIM_NOW
            | wasip1::FSTFLAGS_MTIM
            | wasip1::FSTFLAGS_MTIM_NOW;
        if flags & !u32::from(known) != 0 {
            return Err(wasip1::ERRNO_INVAL.into());
        }
        Ok(Times {
            accessed: pick(accessed, wasip1::FSTFLAGS_ATIM, wasip1::FSTFLAGS_ATIM_NOW)?,
            modified: pick(modified, wasip1::FSTFLAGS_MTIM, wasip1::FSTFLAGS_MTIM_NOW)?,
        })
    }
}

/// What `fd_fdstat_get` tells of a descriptor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fdstat {
    pub(crate) filetype: Filetype,
    pub(crate) flags: u16,
    pub(crate) rights: u64,
    pub(crate) inheriting: u64,
}

impl Fdstat {
    /// Size in guest memory, in bytes.
    pub(crate) const SIZE: usize = 24;

    /// Writes the 24 bytes of `fdstat`.
    pub(crate) fn write(&self, memory: &Memory<'_>, ptr: u32) -> Result<()> {
        let mut out = [0; Fdstat::SIZE];
        out[0] = self.filetype.raw();
        out[2..4].copy_from_slice(&self.flags.to_le_bytes());
        out[8..16].copy_from_slice(&self.rights.to_le_bytes());
        out[16..24].copy_from_slice(&self.inheriting.to_le_bytes());
        memory.write(ptr, &out)
    }
}

/// Size of a `dirent` in bytes; the name follows it.
pub(crate) const DIRENT_SIZE: usize = 24;

/// The 24 bytes of a `dirent`.
pub(crate) fn dirent(next: u64, ino: u64, name_len: usize, filetype: Filetype) -> [u8; DIRENT_SIZE] {
    let mut out = [0; DIRENT_SIZE];
    out[0..8].copy_from_slice(&next.to_le_bytes());
    out[8..16].copy_from_slice(&ino.to_le_bytes());
    // Names are at most a few hundred bytes on every file system.
    out[16..20].copy_from_slice(&(name_len as u32).to_le_bytes());
    out[20] = filetype.raw();
    out
}

/// What `poll_oneoff` waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// A point in time.
    Clock {
        id: u32,
        /// Nanoseconds, from now or from the clock's zero.
        timeout: u64,
        /// True: from the clock's zero.
        absolute: bool,
    },
    /// A descriptor that can be read without blocking.
    Read(u32),
    /// A descriptor that can be written without blocking.
    Write(u32),
}

/// One subscription of `poll_oneoff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) userdata: u64,
    pub(crate) wait: Wait,
}

impl Subscription {
    /// Size in guest memory, in bytes.
    pub(crate) const SIZE: u32 = 48;

    /// Reads preview 1's `subscription`.
    pub(crate) fn read(memory: &Memory<'_>, ptr: u32) -> Result<Subscription> {
        let raw: [u8; Subscription::SIZE as usize] = memory.read(ptr)?;
        Subscription::decode(&raw, raw[8], &raw[16..])
    }

    /// Decodes a subscription whose clock fields start with the clock id at `clock[0]`. A descriptor stands at
    /// byte 16 of `raw` in both previews.
    pub(crate) fn decode(raw: &[u8], tag: u8, clock: &[u8]) -> Result<Subscription> {
        let u32_at = |bytes: &[u8], at: usize| {
            u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes are four bytes"))
        };
        let u64_at = |bytes: &[u8], at: usize| {
            u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes are eight bytes"))
        };
        let wait = if tag == wasip1::EVENTTYPE_CLOCK.raw() {
            let flags = u32_at(clock, 24) as u16;
            if flags & !wasip1::SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME != 0 {
                return Err(wasip1::ERRNO_INVAL.into());
            }
            let absolute = flags & wasip1::SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME != 0;
            Wait::Clock { id: u32_at(clock, 0), timeout: u64_at(clock, 8), absolute }
        } else if tag == wasip1::EVENTTYPE_FD_READ.raw() {
            Wait::Read(u32_at(raw, 16))
        } else if tag == wasip1::EVENTTYPE_FD_WRITE.raw() {
            Wait::Write(u32_at(raw, 16))
        } else {
            return Err(wasip1::ERRNO_INVAL.into());
        };
        Ok(Subscription { userdata: u64_at(raw, 0), wait })
    }
}

/// One event of `poll_oneoff`; both previews agree on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) userdata: u64,
    pub(crate) errno: Errno,
    pub(crate) kind: Eventtype,
    /// Bytes that can be read or written.
    pub(crate) nbytes: u64,
    pub(crate) flags: u16,
}

impl Event {
    /// Size in guest memory, in bytes.
    pub(crate) const SIZE: u32 = 32;

    /// Writes the 32 bytes of `event`.
    pub(crate) fn write(&self, memory: &Memory<'_>, ptr: u32) -> Result<()> {
        let mut out = [0; Event::SIZE as usize];
        out[0..8].copy_from_slice(&self.userdata.to_le_bytes());
        out[8..10].copy_from_slice(&self.errno.raw().to_le_bytes());
        out[10] = self.kind.raw();
        out[16..24].copy_from_slice(&self.nbytes.to_le_bytes());
        out[24..26].copy_from_slice(&self.flags.to_le_bytes());
        memory.write(ptr, &out)
    }
}
