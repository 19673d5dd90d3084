//! Bytes moved and filled with registers of 32 bytes. Nothing here uses the stack.

use std::arch::asm;
use std::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm_set1_epi8, _mm_storeu_si128, _mm256_loadu_si256, _mm256_set1_epi8,
    _mm256_store_si256, _mm256_storeu_si256,
};
use std::sync::atomic::Ordering;

use super::places::STRINGS;

/// From how many bytes on the processor's string instructions are the fastest, where it says that they are fast.
const LONG: usize = 2048;
/// They need registers that a function on Windows must keep, and keeping them takes stack: they are not used there.
const HAS_STRINGS: bool = cfg!(not(windows));
/// A string instruction is slow if it reads what it wrote a moment ago: so near a destination may not lie before its source.
const NEAR: usize = 64;

/// Loads from the first and stores to the second, at two places each, as `T`: all loads before the first store, since they
/// may overlap.
macro_rules! ends {
    ($from:expr, $to:expr, $len:expr, $type:ty) => {{
        let last = $len - size_of::<$type>();
        let (first, second) =
            ($from.cast::<$type>().read_unaligned(), $from.add(last).cast::<$type>().read_unaligned());
        $to.cast::<$type>().write_unaligned(first);
        $to.add(last).cast::<$type>().write_unaligned(second);
    }};
}

/// Moves `len` bytes, which may overlap.
///
/// # Safety
///
/// Both ranges are memory, and the processor has AVX2.
#[target_feature(enable = "avx2")]
pub(super) unsafe extern "C" fn move_bytes(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: by the contract both ranges are memory of `len` bytes; each access below lies inside of them, as its branch's
    // length says.
    unsafe {
        match len {
            0 => {}
            1 => to.write(from.read()),
            2..4 => ends!(from, to, len, u16),
            4..8 => ends!(from, to, len, u32),
            8..16 => ends!(from, to, len, u64),
            16..=32 => {
                let last = len - 16;
                let (first, second) = (_mm_loadu_si128(from.cast()), _mm_loadu_si128(from.add(last).cast()));
                _mm_storeu_si128(to.cast(), first);
                _mm_storeu_si128(to.add(last).cast(), second);
            }
            33..=64 => {
                let last = len - 32;
                let (first, second) = (load(from), load(from.add(last)));
                store(to, first);
                store(to.add(last), second);
            }
            65..=128 => {
                let last = len - 64;
                let pieces =
                    [load(from), load(from.add(32)), load(from.add(last)), load(from.add(last + 32))];
                store(to, pieces[0]);
                store(to.add(32), pieces[1]);
                store(to.add(last), pieces[2]);
                store(to.add(last + 32), pieces[3]);
            }
            _ if to.addr().wrapping_sub(from.addr()) >= len => forward(to, from, len),
            _ => backward(to, from, len),
        }
    }
}

/// Moves more than 128 bytes from the first on: what lies before its source is not harmed.
///
/// # Safety
///
/// As [`move_bytes`].
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn forward(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: as in move_bytes. The loop ends 64 bytes before the end at the latest, which the last pieces cover.
    unsafe {
        if HAS_STRINGS
            && len >= LONG
            && from.addr().wrapping_sub(to.addr()) >= NEAR
            && STRINGS.load(Ordering::Relaxed)
        {
            asm!("rep movsb", inout("rcx") len => _, inout("rdi") to => _, inout("rsi") from => _,
                options(nostack, preserves_flags));
            return;
        }
        let first = load(from);
        let last = [load(from.add(len - 64)), load(from.add(len - 32))];
        let mut at = 32 - to.addr() % 32;
        while at < len - 64 {
            let pieces = [load(from.add(at)), load(from.add(at + 32))];
            _mm256_store_si256(to.add(at).cast(), pieces[0]);
            _mm256_store_si256(to.add(at + 32).cast(), pieces[1]);
            at += 64;
        }
        store(to.add(len - 64), last[0]);
        store(to.add(len - 32), last[1]);
        store(to, first);
    }
}

/// Moves more than 128 bytes from the last on: what lies behind its source is not harmed.
///
/// # Safety
///
/// As [`move_bytes`].
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn backward(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: as in move_bytes. The loop ends 64 bytes behind the start at the latest, which the first pieces cover.
    unsafe {
        let first = [load(from), load(from.add(32))];
        let last = load(from.add(len - 32));
        let mut end = len - (to.addr() + len) % 32;
        while end > 64 {
            let pieces = [load(from.add(end - 32)), load(from.add(end - 64))];
            _mm256_store_si256(to.add(end - 32).cast(), pieces[0]);
            _mm256_store_si256(to.add(end - 64).cast(), pieces[1]);
            end -= 64;
        }
        store(to, first[0]);
        store(to.add(32), first[1]);
        store(to.add(len - 32), last);
    }
}

/// Fills `len` bytes with `value`.
///
/// # Safety
///
/// The range is memory, and the processor has AVX2.
#[target_feature(enable = "avx2")]
pub(super) unsafe extern "C" fn fill_bytes(to: *mut u8, value: u8, len: usize) {
    let word = u64::from(value) * 0x0101_0101_0101_0101;
    // SAFETY: by the contract the range is memory of `len` bytes; each access lies inside of it, as its branch's length says.
    unsafe {
        match len {
            0 => {}
            1 => to.write(value),
            2..4 => {
                to.cast::<u16>().write_unaligned(word as u16);
                to.add(len - 2).cast::<u16>().write_unaligned(word as u16);
            }
            4..8 => {
                to.cast::<u32>().write_unaligned(word as u32);
                to.add(len - 4).cast::<u32>().write_unaligned(word as u32);
            }
            8..16 => {
                to.cast::<u64>().write_unaligned(word);
                to.add(len - 8).cast::<u64>().write_unaligned(word);
            }
            16..=32 => {
                let piece: __m128i = _mm_set1_epi8(value.cast_signed());
                _mm_storeu_si128(to.cast(), piece);
                _mm_storeu_si128(to.add(len - 16).cast(), piece);
            }
            _ => fill_wide(to, value, len),
        }
    }
}

/// Fills more than 32 bytes.
///
/// # Safety
///
/// As [`fill_bytes`].
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn fill_wide(to: *mut u8, value: u8, len: usize) {
    let piece = _mm256_set1_epi8(value.cast_signed());
    // SAFETY: as in fill_bytes.
    unsafe {
        store(to, piece);
        store(to.add(len - 32), piece);
        if len <= 64 {
            return;
        }
        store(to.add(32), piece);
        store(to.add(len - 64), piece);
        if len <= 128 {
            return;
        }
        if HAS_STRINGS && len >= LONG && STRINGS.load(Ordering::Relaxed) {
            asm!("rep stosb", inout("rcx") len => _, inout("rdi") to => _, in("al") value,
                options(nostack, preserves_flags));
            return;
        }
        // In assembly, since the compiler would make a call to the C library's memset of it.
        asm!(
            "2:",
            "vmovdqa ymmword ptr [{at}], {piece}",
            "vmovdqa ymmword ptr [{at} + 32], {piece}",
            "add {at}, 64",
            "cmp {at}, {end}",
            "jb 2b",
            at = inout(reg) to.add(64 - to.addr() % 32) => _,
            end = in(reg) to.add(len - 64),
            piece = in(ymm_reg) piece,
            options(nostack),
        );
    }
}

/// # Safety
///
/// 32 bytes can be read there.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load(from: *const u8) -> __m256i {
    // SAFETY: by the contract; the load needs no alignment.
    unsafe { _mm256_loadu_si256(from.cast()) }
}

/// # Safety
///
/// 32 bytes can be written there.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store(to: *mut u8, piece: __m256i) {
    // SAFETY: by the contract; the store needs no alignment.
    unsafe { _mm256_storeu_si256(to.cast(), piece) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every length up to 400 and some beyond, at every distance that makes a difference, forwards, backwards and apart.
    #[test]
    fn bytes_are_moved_as_the_standard_library_moves_them() {
        if !std::arch::is_x86_feature_detected!("avx2") {
            eprintln!("skipped: this processor has no AVX2");
            return;
        }
        let lengths = (0..400).chain([2047, 2048, 2049, 4096, 5000]);
        for (round, len) in lengths.enumerate() {
            STRINGS.store(round % 2 == 0, Ordering::Relaxed);
            for distance in
                [-5001_isize, -129, -65, -64, -63, -33, -32, -8, -1, 0, 1, 7, 31, 32, 33, 64, 65, 200, 5001]
            {
                for start in [5100_usize, 5103, 5119] {
                    let mut ours: Vec<u8> =
                        (0..16_000_usize).map(|index| (index * 31 + index / 256) as u8).collect();
                    let mut theirs = ours.clone();
                    let to = start.wrapping_add_signed(distance);
                    theirs.copy_within(start..start + len, to);
                    let bytes = ours.as_mut_ptr();
                    // SAFETY: both ranges lie in the vector: 5100 - 5001 and 5119 + 5001 + 5000 are inside.
                    unsafe { move_bytes(bytes.add(to), bytes.add(start), len) };
                    assert!(ours == theirs, "{len} bytes from {start} to {to}");
                }
            }
        }
    }

    #[test]
    fn bytes_are_filled_and_no_others() {
        if !std::arch::is_x86_feature_detected!("avx2") {
            eprintln!("skipped: this processor has no AVX2");
            return;
        }
        for strings in [false, true] {
            STRINGS.store(strings, Ordering::Relaxed);
            for len in (0..600).chain([2047, 2048, 2049, 5000]) {
                for start in 64..97 {
                    let mut ours = vec![7_u8; 5200];
                    let mut theirs = ours.clone();
                    theirs[start..start + len].fill(0xc3);
                    // SAFETY: the range lies in the vector: 96 + 5000 is inside.
                    unsafe { fill_bytes(ours.as_mut_ptr().add(start), 0xc3, len) };
                    assert!(ours == theirs, "{len} bytes from {start}");
                }
            }
        }
    }
}
