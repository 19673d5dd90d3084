//! Which image.

use payload::SectionKind;
use payload::image::Touch;

/// Which image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Kind {
    Code,
    Memory,
}

#[allow(dead_code, reason = "where everything is decoded before the start, chunks have no names")]
impl Kind {
    /// Its section.
    pub(in super::super) fn section(self) -> SectionKind {
        match self {
            Kind::Code => SectionKind::Code,
            Kind::Memory => SectionKind::Memory,
        }
    }

    /// What it is called in messages.
    pub(in super::super) fn name(self) -> &'static str {
        match self {
            Kind::Code => "code",
            Kind::Memory => "memory image",
        }
    }

    /// Which image a chunk is of, and its number there.
    pub(super) fn of(touch: Touch) -> (Kind, usize) {
        match touch {
            Touch::Code(index) => (Kind::Code, index as usize),
            Touch::Memory(index) => (Kind::Memory, index as usize),
        }
    }
}
