//! Where a program's randomness comes from.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::errno::Result;

/// What each number adds to the state.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The source behind `random_get`.
#[derive(Debug)]
pub(crate) enum Randomness {
    /// The operating system's generator for cryptographic use.
    System,
    /// Numbers that are the same at every run: SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number
    /// Generators", 2014), from this state on.
    Repeatable(AtomicU64),
}

impl Randomness {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// `io` if the system has no randomness to give.
    pub(crate) fn fill(&self, bytes: &mut [u8]) -> Result<()> {
        let Randomness::Repeatable(state) = self else {
            return getrandom::fill(bytes).map_err(|_| wasip1::ERRNO_IO.into());
        };
        for piece in bytes.chunks_mut(8) {
            let mut number = state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
            number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            number ^= number >> 31;
            piece.copy_from_slice(&number.to_le_bytes()[..piece.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeatable_numbers_are_those_of_splitmix64() {
        // The generator's first numbers from the state 0, as its reference implementation gives them.
        let mut bytes = [0; 16];
        assert!(Randomness::Repeatable(AtomicU64::new(0)).fill(&mut bytes).is_ok());
        assert_eq!(bytes[..8], 0xe220_a839_7b1d_cdaf_u64.to_le_bytes());
        assert_eq!(bytes[8..], 0x6e78_9e6a_a1b9_65f4_u64.to_le_bytes());
    }
}
