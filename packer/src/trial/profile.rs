//! The profile of a trial: the order of functions, and the chunks to preload.

use std::collections::HashSet;

use payload::image::Touch;

use super::PIECE;
use crate::{
    link::{Linked, Order},
    store::Chunks,
};

/// The chunks and functions that a start touched, in that order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// What it touched.
    pub(super) steps: Vec<Step>,
    /// True: every start is like this one, and so touches all of it.
    pub(super) is_certain: bool,
}

/// What a start touches for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// A function, by its index among those the app defines.
    Function(u32),
    /// A piece of the app's memory that begins at this address.
    Memory(u64),
}

impl Profile {
    /// What a start of this sort touched.
    pub(super) fn new(steps: Vec<Step>, is_certain: bool) -> Profile {
        Profile { steps, is_certain }
    }

    /// True if every start is like the one that was tried: what that touched is brought before the program runs.
    pub fn is_certain(&self) -> bool {
        self.is_certain
    }

    /// Reads what a launcher wrote of a start like all: a line `code N` or `memory N` for each page.
    pub fn parse(text: &str, linked: &Linked) -> Profile {
        let mut by_place: Vec<(u32, u32, u32)> = linked
            .extents
            .iter()
            .zip(0..)
            .map(|((start, len), index)| (*start, start + len, index))
            .collect();
        by_place.sort_unstable();
        let memory_start = linked.memory.as_ref().map_or(0, |memory| memory.start);
        let mut seen = HashSet::new();
        let mut steps = Vec::new();
        for line in text.lines() {
            let Some((kind, Ok(page))) = line.split_once(' ').map(|(kind, page)| (kind, page.parse::<u32>()))
            else {
                continue;
            };
            let start = page.saturating_mul(PIECE);
            let found: Vec<Step> = if kind == "memory" {
                vec![Step::Memory(memory_start + u64::from(start))]
            } else {
                let first = by_place.partition_point(|(_, end, _)| *end <= start);
                let on_page = by_place[first..].iter().take_while(|(from, ..)| *from < start + PIECE);
                on_page.map(|(_, _, index)| Step::Function(*index)).collect()
            };
            steps.extend(found.into_iter().filter(|step| seen.insert(*step)));
        }
        Profile { steps, is_certain: true }
    }

    /// True if no start was tried, or nothing came of it.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// How many functions it touched.
    pub fn functions(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::Function(_))).count()
    }

    /// The order of functions that puts those first that were touched.
    pub fn order(&self) -> Order {
        let function = |step: &Step| match step {
            Step::Function(index) => Some(*index),
            Step::Memory(_) => None,
        };
        Order { first: self.steps.iter().filter_map(function).collect(), ..Order::default() }
    }

    /// The chunks of `linked` that a start touches, in that order, where images are stored in `chunks`.
    pub fn touched(&self, linked: &Linked, chunks: Chunks) -> Vec<Touch> {
        let mut seen = HashSet::new();
        let mut touched = Vec::new();
        let mut put = |touch: Touch, key: (bool, u32)| {
            if seen.insert(key) {
                touched.push(touch);
            }
        };
        for step in &self.steps {
            match step {
                Step::Function(index) => {
                    let Some((start, len)) = linked.extents.get(*index as usize) else { continue };
                    for chunk in start / chunks.code..=(start + len.saturating_sub(1)) / chunks.code {
                        put(Touch::Code(chunk), (false, chunk));
                    }
                }
                Step::Memory(address) => {
                    let image = linked.memory.as_ref();
                    let place = image.and_then(|memory| {
                        address.checked_sub(memory.start).filter(|place| *place < memory.bytes.len() as u64)
                    });
                    // The rest of the memory is in no chunk.
                    let Some(place) = place else { continue };
                    let chunk = place / u64::from(chunks.memory);
                    put(Touch::Memory(chunk as u32), (true, chunk as u32));
                }
            }
        }
        touched
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::MemoryImage;

    fn linked() -> Linked {
        Linked {
            code: vec![0; 0x40_000],
            memory: Some(MemoryImage { start: 0x1_0000, bytes: vec![0; 0x2_0000] }),
            image: payload::image::Image::default(),
            unwind: None,
            frames: Vec::new(),
            // Function 0 lies behind function 1; 2 spans two pages; 3 lies in another chunk.
            extents: vec![(0x900, 0x100), (0x800, 0x100), (0x1800, 0x1000), (0x1_8000, 0x10)],
        }
    }

    #[test]
    fn pages_become_functions_and_pieces_of_memory() {
        let profile = Profile::parse("code 2\nmemory 3\ncode 0\nnonsense\ncode 1\n", &linked());
        let steps = [Step::Function(2), Step::Memory(0x1_3000), Step::Function(1), Step::Function(0)];
        assert_eq!(profile.steps, steps);
        assert_eq!(profile.order().first, [2, 1, 0]);
    }

    #[test]
    fn what_was_touched_is_found_in_chunks_of_the_final_layout() {
        let mut profile = Profile::parse("memory 17\ncode 24\ncode 0\n", &linked());
        profile.steps.extend([Step::Memory(0xf000), Step::Memory(0x3_0000)]);
        let touched = profile.touched(&linked(), Chunks { code: 0x1_0000, memory: 0x1_0000 });
        assert_eq!(touched, [Touch::Memory(1), Touch::Code(1), Touch::Code(0)]);
    }
}
