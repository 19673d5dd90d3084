//! Ranges of guest memory, and copying from and to them.
//!
//! The guest may have other threads, which write to its memory while a call reads it. So no slice of guest memory is ever
//! made: control data (numbers, lists, paths) is copied out once and then looked at, and bulk data is handed to the system
//! as an address and a length. What a thread that does not wait for the call makes of its own bytes is its own affair.
#![allow(unsafe_code, reason = "the one place where bytes of guest memory are read and written")]

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// A range of guest memory that was checked. Laid out as the `iovec` of Unix, so that a list of them can be handed over.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Piece<'m> {
    start: *mut u8,
    len: usize,
    memory: PhantomData<&'m ()>,
}

/// Bytes that are moved at once.
const WORD: usize = 8;

impl<'m> Piece<'m> {
    /// Nothing.
    pub(crate) const EMPTY: Piece<'static> =
        Piece { start: std::ptr::NonNull::dangling().as_ptr(), len: 0, memory: PhantomData };

    /// All of `bytes`, which nobody else has.
    pub(crate) fn of(bytes: &'m mut [u8]) -> Piece<'m> {
        Piece { start: bytes.as_mut_ptr(), len: bytes.len(), memory: PhantomData }
    }

    /// The `len` bytes at `start`.
    ///
    /// # Safety
    /// They can be read and written for `'m`, and no reference to them is used meanwhile. The guest's own code may read and
    /// write them.
    pub(crate) unsafe fn at(start: *mut u8, len: usize) -> Piece<'m> {
        Piece { start, len, memory: PhantomData }
    }

    /// Where it lies.
    pub(crate) fn address(self) -> usize {
        self.start as usize
    }

    pub(crate) fn len(self) -> usize {
        self.len
    }

    /// What is left of it behind its first `skipped` bytes.
    pub(crate) fn from(self, skipped: usize) -> Piece<'m> {
        let skipped = skipped.min(self.len);
        // SAFETY: that lies within the range, or at its end.
        let start = unsafe { self.start.add(skipped) };
        Piece { start, len: self.len - skipped, ..self }
    }

    /// Its first `len` bytes, or all if there are fewer.
    pub(crate) fn first(self, len: usize) -> Piece<'m> {
        Piece { len: self.len.min(len), ..self }
    }

    /// Copies its first bytes to `out`, as many as there are in both; returns how many.
    pub(crate) fn load(self, out: &mut [u8]) -> usize {
        let count = out.len().min(self.len);
        let (head, rest) = out[..count].split_at_mut(self.start.align_offset(WORD).min(count));
        let (mut words, mut at) = (rest.chunks_exact_mut(WORD), self.start);
        // SAFETY: of the range, which can be read, `count` bytes are looked at, one after the other; whole words begin where
        // a word may. Other threads of the guest may write meanwhile, and all of this is atomic.
        unsafe {
            for byte in head {
                *byte = AtomicU8::from_ptr(at).load(Ordering::Relaxed);
                at = at.add(1);
            }
            for word in &mut words {
                word.copy_from_slice(&AtomicU64::from_ptr(at.cast()).load(Ordering::Relaxed).to_ne_bytes());
                at = at.add(WORD);
            }
            for byte in words.into_remainder() {
                *byte = AtomicU8::from_ptr(at).load(Ordering::Relaxed);
                at = at.add(1);
            }
        }
        count
    }

    /// Copies `bytes` to its start, as many as fit; returns how many.
    pub(crate) fn store(self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(self.len);
        let (head, rest) = bytes[..count].split_at(self.start.align_offset(WORD).min(count));
        let (words, mut at) = (rest.chunks_exact(WORD), self.start);
        let tail = words.remainder();
        // SAFETY: as in `load`, for writing.
        unsafe {
            for byte in head {
                AtomicU8::from_ptr(at).store(*byte, Ordering::Relaxed);
                at = at.add(1);
            }
            for word in words {
                let mut whole = [0; WORD];
                whole.copy_from_slice(word);
                AtomicU64::from_ptr(at.cast()).store(u64::from_ne_bytes(whole), Ordering::Relaxed);
                at = at.add(WORD);
            }
            for byte in tail {
                AtomicU8::from_ptr(at).store(*byte, Ordering::Relaxed);
                at = at.add(1);
            }
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_loaded_wherever_it_lies() {
        for (start, len) in (0..10).flat_map(|start| (0..30).map(move |len| (start, len))) {
            let mut bytes = [0xa5; 48];
            let text: Vec<u8> = (1..=len as u8).collect();
            let piece = Piece::of(&mut bytes).from(start).first(len);
            assert_eq!(piece.store(&[&*text, b"more"].concat()), len);
            let mut out = [0; 40];
            assert_eq!(piece.load(&mut out), len);
            assert_eq!((&out[..len], &out[len..]), (&*text, &[0; 40][len..]));
            assert_eq!(&bytes[start..start + len], text);
            assert!(bytes[..start].iter().chain(&bytes[start + len..]).all(|&byte| byte == 0xa5));
        }
    }

    #[test]
    fn a_part_never_leaves_its_piece() {
        let mut bytes = *b"0123456789";
        let piece = Piece::of(&mut bytes);
        for (from, first, text) in [(0, 3, "012"), (8, 9, "89"), (10, 1, ""), (11, 1, ""), (3, 0, "")] {
            let mut out = [0; 10];
            let count = piece.from(from).first(first).load(&mut out);
            assert_eq!(&out[..count], text.as_bytes());
        }
        assert_eq!(Piece::EMPTY.load(&mut [0; 4]), 0);
    }
}
