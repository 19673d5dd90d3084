//! Ranges of guest memory, and copying from and to them.
//!
//! The guest may have other threads, which write to its memory while a call reads it. So no slice of guest memory is ever
//! made: control data (numbers, lists, paths) is copied out once and then looked at, and bulk data is handed to the system
//! as an address and a length. What a thread that does not wait for the call makes of its own bytes is its own affair.
#![allow(unsafe_code, reason = "the one place where bytes of guest memory are read and written")]

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

/// A range of guest memory that was checked. Laid out as the `iovec` of Unix, so that a list of them can be handed over.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Piece<'m> {
    start: *mut u8,
    len: usize,
    memory: PhantomData<&'m ()>,
}

/// Bytes that are moved at once, where there are many.
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
    #[cfg(feature = "wasmer")]
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

    /// True if words of `size` bytes may begin where it does.
    fn is_aligned(self, size: usize) -> bool {
        self.address().is_multiple_of(size)
    }

    /// Copies its first bytes to `out`, as many as there are in both; returns how many.
    #[inline]
    pub(crate) fn load(self, out: &mut [u8]) -> usize {
        let count = out.len().min(self.len);
        let out = &mut out[..count];
        // SAFETY: as many bytes of the range, which can be read, are read, in words where a word may begin. Other threads of the
        // guest may write meanwhile, and all of this is atomic.
        unsafe {
            match count {
                4 if self.is_aligned(4) => out.copy_from_slice(&load_half(self.start)),
                8 if self.is_aligned(4) => {
                    out[..4].copy_from_slice(&load_half(self.start));
                    out[4..].copy_from_slice(&load_half(self.start.add(4)));
                }
                _ => load_all(self.start, out),
            }
        }
        count
    }

    /// Copies `bytes` to its start, as many as fit; returns how many.
    #[inline]
    pub(crate) fn store(self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(self.len);
        let bytes = &bytes[..count];
        // SAFETY: as in `load`, for writing.
        unsafe {
            match bytes {
                [a, b, c, d] if self.is_aligned(4) => store_half(self.start, [*a, *b, *c, *d]),
                [a, b, c, d, e, f, g, h] if self.is_aligned(4) => {
                    store_half(self.start, [*a, *b, *c, *d]);
                    store_half(self.start.add(4), [*e, *f, *g, *h]);
                }
                _ => store_all(self.start, bytes),
            }
        }
        count
    }
}

/// The four bytes at `at`.
///
/// # Safety
/// They can be read, and `at` is a multiple of four.
unsafe fn load_half(at: *mut u8) -> [u8; 4] {
    // SAFETY: as the caller promised.
    unsafe { AtomicU32::from_ptr(at.cast()) }.load(Ordering::Relaxed).to_ne_bytes()
}

/// Sets the four bytes at `at`.
///
/// # Safety
/// They can be written, and `at` is a multiple of four.
unsafe fn store_half(at: *mut u8, bytes: [u8; 4]) {
    // SAFETY: as the caller promised.
    unsafe { AtomicU32::from_ptr(at.cast()) }.store(u32::from_ne_bytes(bytes), Ordering::Relaxed);
}

/// Copies what lies at `at` to `out`, in words as far as it goes.
///
/// # Safety
/// As many bytes can be read there.
unsafe fn load_all(mut at: *mut u8, out: &mut [u8]) {
    let count = out.len();
    let (head, rest) = out.split_at_mut(at.align_offset(WORD).min(count));
    let mut words = rest.chunks_exact_mut(WORD);
    // SAFETY: `at` goes on by as many bytes as were read, and so never beyond those promised; whole words begin behind the
    // head, where a word may.
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
}

/// Copies `bytes` to `at`, in words as far as it goes.
///
/// # Safety
/// As many bytes can be written there.
unsafe fn store_all(mut at: *mut u8, bytes: &[u8]) {
    let (head, rest) = bytes.split_at(at.align_offset(WORD).min(bytes.len()));
    let (words, tail) = rest.as_chunks::<WORD>();
    // SAFETY: as in `load_all`.
    unsafe {
        for byte in head {
            AtomicU8::from_ptr(at).store(*byte, Ordering::Relaxed);
            at = at.add(1);
        }
        for word in words {
            AtomicU64::from_ptr(at.cast()).store(u64::from_ne_bytes(*word), Ordering::Relaxed);
            at = at.add(WORD);
        }
        for byte in tail {
            AtomicU8::from_ptr(at).store(*byte, Ordering::Relaxed);
            at = at.add(1);
        }
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

    /// `scripts/soak races` has Miri look for data races here.
    #[test]
    fn what_other_threads_change_meanwhile_is_copied_in_whatever_state_it_is() {
        for (from, len) in [(0, 8), (0, 48), (3, 41), (8, 4), (5, 1)] {
            let mut bytes = [0; 48];
            let start = std::sync::atomic::AtomicPtr::new(bytes.as_mut_ptr());
            let piece = || Piece { start: start.load(Ordering::Relaxed), len: 48, memory: PhantomData };
            let piece = || piece().from(from).first(len);
            std::thread::scope(|scope| {
                for number in [1, 2] {
                    scope.spawn(move || (0..20).for_each(|_| assert_eq!(piece().store(&[number; 48]), len)));
                }
                scope.spawn(|| {
                    for _ in 0..20 {
                        let mut out = [9; 48];
                        assert_eq!(piece().load(&mut out), len);
                        assert!(out[..len].iter().all(|byte| *byte <= 2), "{out:?}");
                    }
                });
            });
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
