//! Sections as the content of an entry.

use std::sync::Arc;

use payload::SectionKind;

use crate::store::{Content, Stored};

/// The kinds of sections that are kept, by their number here.
const KINDS: [SectionKind; 8] = [
    SectionKind::Metadata,
    SectionKind::Code,
    SectionKind::Memory,
    SectionKind::Unwind,
    SectionKind::Frames,
    SectionKind::Tree,
    SectionKind::Files,
    SectionKind::Module,
];

/// `sections` as bytes.
pub(crate) fn bytes(sections: &[Stored]) -> Vec<u8> {
    let mut out = Vec::new();
    for section in sections {
        let Some(kind) = KINDS.iter().position(|kind| *kind == section.kind) else { continue };
        let mut number = |number: u64| out.extend_from_slice(&number.to_le_bytes());
        number(kind as u64);
        match &*section.content {
            Content::Raw(bytes) => {
                number(0);
                number(bytes.len() as u64);
                out.extend_from_slice(bytes);
            }
            Content::Frames { len, chunk_size, frames } => {
                number((*chunk_size).into());
                number(*len);
                number(frames.len() as u64);
                frames.iter().for_each(|frame| number(frame.len() as u64));
                frames.iter().for_each(|frame| out.extend_from_slice(frame));
            }
        }
    }
    out
}

/// The sections in `bytes`; `None` if they are not what [`bytes`] writes.
pub(crate) fn sections(bytes: &[u8]) -> Option<Vec<Stored>> {
    let mut rest = bytes;
    let mut sections = Vec::new();
    while !rest.is_empty() {
        let kind = *KINDS.get(number(&mut rest)?)?;
        let content = match number(&mut rest)? {
            0 => {
                let len = number(&mut rest)?;
                Content::Raw(take(&mut rest, len)?.to_vec())
            }
            chunk_size => {
                let (len, count) = (number(&mut rest)? as u64, number(&mut rest)?);
                let lens = take(&mut rest, count.checked_mul(8)?)?.chunks(8).map(|mut len| number(&mut len));
                let lens = lens.collect::<Option<Vec<usize>>>()?;
                let frames = lens.into_iter().map(|len| take(&mut rest, len).map(<[u8]>::to_vec));
                let frames = frames.collect::<Option<_>>()?;
                Content::Frames { len, chunk_size: u32::try_from(chunk_size).ok()?, frames }
            }
        };
        sections.push(Stored { kind, content: Arc::new(content) });
    }
    Some(sections)
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(len)?;
    *rest = left;
    Some(taken)
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    let (number, left) = rest.split_first_chunk::<8>()?;
    *rest = left;
    usize::try_from(u64::from_le_bytes(*number)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_come_back_as_they_were_and_less_is_none() {
        let frames = Content::Frames { len: 9, chunk_size: 4, frames: vec![vec![1, 2], vec![], vec![3]] };
        let section = |kind, content| Stored { kind, content: Arc::new(content) };
        let kept = [
            section(SectionKind::Code, Content::Raw(vec![7; 5])),
            section(SectionKind::Memory, frames),
            section(SectionKind::Unwind, Content::Frames { len: 0, chunk_size: 4, frames: Vec::new() }),
        ];
        let bytes = bytes(&kept);
        assert_eq!(sections(&bytes).unwrap(), kept);
        assert_eq!(sections(&[]).unwrap(), []);
        let first = 3 * 8 + 5;
        for len in (1..bytes.len()).filter(|len| *len != first && *len != bytes.len() - 32) {
            assert_eq!(sections(&bytes[..len]), None, "{len}");
        }
    }
}
