//! A path from the guest: bytes that nobody has checked.
//!
//! WASI paths are UTF-8, relative to a descriptor, separated by `/`. What passes here still goes through cap-std,
//! which confines it; these are the checks that must hold on every system before that.

use crate::errno::Result;
use crate::memory::Memory;

/// The longest path a guest may give, in bytes: Linux's PATH_MAX, the same everywhere.
pub(crate) const MAX_LEN: usize = 4096;
/// As long as nearly all are at most: these lie on the stack.
const SHORT: usize = 128;

/// Where the copy of a path lies, for the length of a call.
pub(crate) struct Room {
    short: [u8; SHORT],
    long: Vec<u8>,
}

impl Room {
    pub(crate) fn new() -> Room {
        Room { short: [0; SHORT], long: Vec::new() }
    }

    fn of(&mut self, len: usize) -> &mut [u8] {
        self.short.get_mut(..len).unwrap_or_else(|| {
            self.long.resize(len, 0);
            &mut self.long
        })
    }
}

/// The path of `len` bytes at `ptr`, copied to `room` before it is looked at.
///
/// # Errors
/// `fault` if it leaves memory; `nametoolong` above 4096 bytes; `ilseq` if it is not UTF-8; `inval` if it holds a
/// NUL; `noent` if it is empty; `acces` if it leads through the folder of launchers.
pub(crate) fn read<'r>(memory: &Memory<'_>, ptr: u32, len: u32, room: &'r mut Room) -> Result<&'r str> {
    let piece = memory.piece(ptr, len)?;
    if len as usize > MAX_LEN {
        return Err(wasip1::ERRNO_NAMETOOLONG.into());
    }
    let bytes = room.of(len as usize);
    piece.load(bytes);
    let path = std::str::from_utf8(bytes).map_err(|_| wasip1::ERRNO_ILSEQ)?;
    if path.contains('\0') {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    if path.is_empty() {
        return Err(wasip1::ERRNO_NOENT.into());
    }
    // What a symbolic link holds comes through here as well.
    if terms::launchers::is_in(path) {
        return Err(wasip1::ERRNO_ACCES.into());
    }
    Ok(path)
}

/// Reads lookup flags of a call: whether a symbolic link at the end of the path is followed.
pub(crate) fn follows(flags: u32) -> Result<bool> {
    if flags & !wasip1::LOOKUPFLAGS_SYMLINK_FOLLOW != 0 {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    Ok(flags & wasip1::LOOKUPFLAGS_SYMLINK_FOLLOW != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errno(bytes: &[u8]) -> wasip1::Errno {
        let mut memory = bytes.to_vec();
        let len = bytes.len() as u32;
        read(&Memory::new(&mut memory), 0, len, &mut Room::new()).unwrap_err().0
    }

    #[test]
    fn what_is_no_path_is_told_apart() {
        assert_eq!(errno(b""), wasip1::ERRNO_NOENT);
        assert_eq!(errno(b"a\0b"), wasip1::ERRNO_INVAL);
        assert_eq!(errno(b"\xff"), wasip1::ERRNO_ILSEQ);
        assert_eq!(errno(&[b'a'; 4097]), wasip1::ERRNO_NAMETOOLONG);
        assert_eq!(errno(b".cache/wasmpack-launchers/x"), wasip1::ERRNO_ACCES);
        let mut memory = *b"dir/file";
        let (memory, room) = (&Memory::new(&mut memory), &mut Room::new());
        assert_eq!(read(memory, 4, 4, room), Ok("file"));
        assert!(read(memory, 4, 5, room).is_err());
    }

    #[test]
    fn a_long_path_is_read_whole() {
        for len in [SHORT - 1, SHORT, SHORT + 1, MAX_LEN] {
            let path: String = ('a'..='z').cycle().take(len).collect();
            let mut memory = path.clone().into_bytes();
            let (memory, room) = (&Memory::new(&mut memory), &mut Room::new());
            assert_eq!(read(memory, 0, len as u32, room), Ok(&*path));
        }
    }
}
