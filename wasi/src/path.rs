//! A path from the guest: bytes that nobody has checked.
//!
//! WASI paths are UTF-8, relative to a descriptor, separated by `/`. What passes here still goes through cap-std,
//! which confines it; these are the checks that must hold on every system before that.

use crate::errno::Result;
use crate::memory::Memory;
use crate::sys;

/// The longest path a guest may give, in bytes: Linux's PATH_MAX, the same everywhere.
const MAX_LEN: u32 = 4096;
/// As long as nearly all are at most: these are read by way of the stack.
const SHORT: usize = 128;

/// The path of `len` bytes at `ptr`, copied before it is looked at.
///
/// # Errors
/// `fault` if it leaves memory; `nametoolong` above 4096 bytes; `ilseq` if it is not UTF-8; `inval` if it holds a
/// NUL; `noent` if it is empty; `perm` if it is a form that names something outside any directory on this system
/// (on Windows: drives, devices, alternate streams).
pub(crate) fn read(memory: &Memory<'_>, ptr: u32, len: u32) -> Result<String> {
    let piece = memory.piece(ptr, len)?;
    if len > MAX_LEN {
        return Err(wasip1::ERRNO_NAMETOOLONG.into());
    }
    let mut short = [0; SHORT];
    let mut long = Vec::new();
    let bytes = short.get_mut(..len as usize).unwrap_or_else(|| {
        long.resize(len as usize, 0);
        &mut long
    });
    piece.load(bytes);
    let path = std::str::from_utf8(bytes).map_err(|_| wasip1::ERRNO_ILSEQ)?.to_owned();
    if path.contains('\0') {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    if path.is_empty() {
        return Err(wasip1::ERRNO_NOENT.into());
    }
    if sys::leaves_directory(&path) {
        return Err(wasip1::ERRNO_PERM.into());
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errno(bytes: &[u8]) -> wasip1::Errno {
        let mut memory = bytes.to_vec();
        let len = bytes.len() as u32;
        read(&Memory::new(&mut memory), 0, len).unwrap_err().0
    }

    #[test]
    fn what_is_no_path_is_told_apart() {
        assert_eq!(errno(b""), wasip1::ERRNO_NOENT);
        assert_eq!(errno(b"a\0b"), wasip1::ERRNO_INVAL);
        assert_eq!(errno(b"\xff"), wasip1::ERRNO_ILSEQ);
        assert_eq!(errno(&[b'a'; 4097]), wasip1::ERRNO_NAMETOOLONG);
        let mut memory = *b"dir/file";
        assert_eq!(read(&Memory::new(&mut memory), 4, 4), Ok("file".into()));
        assert!(read(&Memory::new(&mut memory), 4, 5).is_err());
    }
}
