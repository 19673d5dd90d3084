//! The checksum in the optional header.
//!
//! Windows checks it for drivers and for libraries of the system; scanners look at it everywhere. The way to
//! compute it is that of `CheckSumMappedFile` in imagehlp.dll: the sum of all 16-bit words with each carry added
//! again, the field itself taken as zero, plus the length of the file.

/// The checksum of `file`, whose field for it lies at `field`, an even number of bytes from its start.
pub(super) fn of(file: &[u8], field: usize) -> u32 {
    let sum = add(add(0, &file[..field]), &file[field + 4..]);
    u32::from(sum).wrapping_add(file.len() as u32)
}

fn add(sum: u16, bytes: &[u8]) -> u16 {
    // 2^48 words would fit before this overflows.
    let words = bytes.chunks(2).map(|pair| u64::from(pair[0]) | u64::from(*pair.get(1).unwrap_or(&0)) << 8);
    let mut sum = u64::from(sum) + words.sum::<u64>();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carries_come_back_and_the_length_is_added() {
        assert_eq!(of(&[0; 8], 4), 8);
        assert_eq!(of(&[0xff, 0xff, 2, 0, 9, 9, 9, 9], 4), 2 + 8);
        assert_eq!(of(&[0xff, 0xff, 0, 0, 9, 9, 9, 9, 0xff, 0xff], 4), 0xffff + 10);
    }

    #[test]
    fn the_last_byte_of_an_odd_file_counts() {
        assert_eq!(of(&[0, 0, 0, 0, 9, 9, 9, 9, 7], 4), 7 + 9);
    }
}
