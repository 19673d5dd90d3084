//! From offsets in the lowered module back to those in the module as given.
//!
//! Function bodies are copied in runs, with instructions put in between. The map is a sorted list of ranges: of a run, which
//! moves by one distance as a whole; of what was put in, all of which stands for one instruction of the original; and
//! of functions that the original does not have, which stand for nothing. A range takes eight bytes.

/// Offsets in a lowered module, and what they were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetMap {
    /// Where each range begins in the lowered module, ascending.
    starts: Vec<u32>,
    /// The original of its start, as [`Original::bits`].
    originals: Vec<u32>,
}

/// The original of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Original {
    /// A run that was copied from here on.
    Run(u32),
    /// Instructions for the one that is here.
    At(u32),
    /// Nothing in the original.
    Nothing,
}

impl Original {
    /// Offsets have 31 bits; the highest says that it is no run.
    const FIXED: u32 = 1 << 31;

    /// The first offset that a map cannot hold.
    pub const LIMIT: u64 = Self::FIXED as u64 - 1;

    /// A run from `offset` of a module on; nothing where that is so far behind that a map cannot hold it.
    pub fn run(offset: usize) -> Self {
        Self::known(offset).map_or(Self::Nothing, Self::Run)
    }

    /// Instructions for the one at `offset` of a module; nothing where a map cannot hold that.
    pub fn at(offset: usize) -> Self {
        Self::known(offset).map_or(Self::Nothing, Self::At)
    }

    fn known(offset: usize) -> Option<u32> {
        u32::try_from(offset).ok().filter(|&offset| u64::from(offset) < Self::LIMIT)
    }

    fn bits(self) -> u32 {
        match self {
            Self::Run(offset) => offset,
            Self::At(offset) => offset | Self::FIXED,
            Self::Nothing => u32::MAX,
        }
    }

    /// The original of what lies `distance` behind the start of a range.
    fn of(bits: u32, distance: u32) -> Option<u32> {
        match bits {
            u32::MAX => None,
            bits if bits & Self::FIXED != 0 => Some(bits & !Self::FIXED),
            bits => Some(bits + distance),
        }
    }
}

impl OffsetMap {
    /// The offset, in the module as given, of the instruction that the one at `offset` of the lowered module is, or is
    /// for. `None` outside of function bodies and in functions that were added.
    pub fn original(&self, offset: u32) -> Option<u32> {
        self.cursor().original(offset)
    }

    /// A reader that is quick when offsets come in order, in whichever direction.
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor { map: self, range: 0 }
    }

    /// How many ranges there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether it has no range at all.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Appends a range, which must begin behind those there are; one that goes on as the last does is not written.
    pub fn push(&mut self, start: u32, original: Original) {
        let bits = original.bits();
        if let (Some(&last), Some(&last_bits)) = (self.starts.last(), self.originals.last()) {
            debug_assert!(last <= start, "ranges ascend");
            let goes_on = match original {
                Original::Run(offset) => {
                    last_bits & Original::FIXED == 0 && offset.wrapping_sub(last_bits) == start - last
                }
                _ => last_bits == bits,
            };
            if goes_on {
                return;
            }
            // An empty range is never looked at.
            if last == start {
                self.starts.pop();
                self.originals.pop();
            }
        }
        self.starts.push(start);
        self.originals.push(bits);
    }

    /// Appends the ranges of `other`, all of which begin `distance` later here.
    pub fn append(&mut self, other: &Self, distance: u32) {
        self.starts.reserve(other.len());
        self.originals.reserve(other.len());
        for (&start, &bits) in other.starts.iter().zip(&other.originals) {
            let original = match bits {
                u32::MAX => Original::Nothing,
                bits if bits & Original::FIXED != 0 => Original::At(bits & !Original::FIXED),
                bits => Original::Run(bits),
            };
            self.push(start + distance, original);
        }
    }

    /// Forgets all ranges and keeps their room.
    pub(crate) fn clear(&mut self) {
        self.starts.clear();
        self.originals.clear();
    }
}

/// Reads an [`OffsetMap`] from where it read last.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    map: &'a OffsetMap,
    range: usize,
}

impl Cursor<'_> {
    /// As [`OffsetMap::original`].
    pub fn original(&mut self, offset: u32) -> Option<u32> {
        let starts = &self.map.starts;
        let holds = |range: usize| {
            starts.get(range).is_some_and(|&start| start <= offset)
                && starts.get(range + 1).is_none_or(|&next| offset < next)
        };
        if !holds(self.range) {
            self.range = if holds(self.range + 1) {
                self.range + 1
            } else {
                starts.partition_point(|&start| start <= offset).checked_sub(1)?
            };
        }
        Original::of(self.map.originals[self.range], offset - starts[self.range])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> OffsetMap {
        let mut map = OffsetMap::default();
        map.push(100, Original::Run(50));
        map.push(110, Original::At(58));
        map.push(114, Original::Run(60));
        map.push(130, Original::Nothing);
        map
    }

    #[test]
    fn runs_move_and_insertions_stand_for_one_instruction() {
        let map = sample();
        let found = [99, 100, 109, 110, 113, 114, 129, 130, 1000].map(|offset| map.original(offset));
        let expected = [None, Some(50), Some(59), Some(58), Some(58), Some(60), Some(75), None, None];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_cursor_finds_the_same_in_any_order() {
        let map = sample();
        let mut cursor = map.cursor();
        for offset in (90..140).chain((90..140).rev()).chain((0..50).map(|n| 90 + n * 37 % 50)) {
            assert_eq!(cursor.original(offset), map.original(offset), "{offset}");
        }
        assert_eq!(OffsetMap::default().original(0), None);
    }

    #[test]
    fn ranges_that_go_on_are_one() {
        let mut map = sample();
        let len = map.len();
        map.push(200, Original::Nothing);
        assert_eq!(map.len(), len);
        let mut runs = OffsetMap::default();
        runs.push(10, Original::Run(5));
        runs.push(20, Original::Run(15));
        assert_eq!(runs.len(), 1);
        runs.push(30, Original::Run(26));
        assert_eq!((runs.len(), runs.original(29), runs.original(30)), (2, Some(24), Some(26)));
        runs.push(30, Original::At(7));
        assert_eq!((runs.len(), runs.original(30)), (2, Some(7)), "an empty range gives way");
        let mut moved = OffsetMap::default();
        moved.append(&runs, 100);
        assert_eq!((moved.original(115), moved.original(131)), (Some(10), Some(7)));
    }
}
