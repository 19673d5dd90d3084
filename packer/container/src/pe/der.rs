//! DER, as far as the way to one field in a signature needs it: one element after the other, each with its content.
//!
//! X.690, sections 8.1 and 10.1: a tag of one byte, a length in the shortest form, the content. Tags above 30 and
//! lengths above 4 bytes do not occur there.

/// `SEQUENCE`.
pub(super) const SEQUENCE: u8 = 0x30;
/// `SET`.
pub(super) const SET: u8 = 0x31;
/// `INTEGER`.
pub(super) const INTEGER: u8 = 0x02;
/// `OCTET STRING`.
pub(super) const OCTETS: u8 = 0x04;
/// `OBJECT IDENTIFIER`.
pub(super) const OID: u8 = 0x06;
/// `[0]`, explicit.
pub(super) const CONTEXT_0: u8 = 0xa0;

/// Elements that follow each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Der<'a>(pub(super) &'a [u8]);

impl<'a> Der<'a> {
    /// The content of the next element, if its tag is `tag`, and it is whole.
    pub(super) fn next(&mut self, tag: u8) -> Option<&'a [u8]> {
        let [found, first, rest @ ..] = self.0 else { return None };
        let (len, rest) = match first {
            0..=0x7f => (usize::from(*first), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (bytes.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(len).filter(|_| *found == tag)?;
        self.0 = rest;
        Some(content)
    }

    /// The elements inside the next one, if its tag is `tag`.
    pub(super) fn enter(&mut self, tag: u8) -> Option<Der<'a>> {
        self.next(tag).map(Der)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_in_turn_and_never_beyond_their_end() {
        let long = [&[OCTETS, 0x82, 1, 0][..], &[7; 256], &[INTEGER, 1, 5]].concat();
        let mut der = Der(&long);
        assert_eq!(der.next(SET), None, "another tag leaves the place");
        assert_eq!(der.next(OCTETS), Some(&[7; 256][..]));
        assert_eq!(der.next(INTEGER), Some(&[5][..]));
        assert_eq!(der.next(INTEGER), None);
        for len in 0..260 {
            assert_eq!(Der(&long[..len]).next(OCTETS), None, "{len}");
        }
        assert_eq!(Der(&[OCTETS, 0x80]).next(OCTETS), None, "a length that is not given");
        assert_eq!(Der(&[OCTETS, 0x85, 0, 0, 0, 0, 0]).next(OCTETS), None);
    }
}
