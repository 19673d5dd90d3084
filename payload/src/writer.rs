//! Putting a payload together: the caller hands over the content, this computes every length and offset.

use crate::{
    Encoding, Header, Manifest, Section, SectionKind, chunk, header, header::Extent, prefix,
    section::ENTRY_SIZE, sha256,
};

/// Bytes of a SHA-256.
const HASH: usize = 32;

/// Builds a payload from its header, manifest and sections.
#[derive(Debug)]
pub struct Writer {
    header: Header,
    manifest: Manifest,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    kind: SectionKind,
    encoding: Encoding,
    len: u64,
    stored: Vec<u8>,
}

impl Writer {
    /// A payload with this header and manifest, and no other section yet.
    pub fn new(header: Header, manifest: &Manifest) -> Writer {
        Writer { header, manifest: manifest.clone(), parts: Vec::new() }
    }

    /// Adds a section of compressed chunks; `frames` come from [`chunk::compress`] over pieces of `chunk_size`
    /// bytes of content that has `len` bytes.
    ///
    /// # Panics
    /// If the kinds do not ascend, the chunk size is not valid, or there are not as many frames as `len` needs:
    /// mistakes of the caller, not of its input.
    #[must_use]
    pub fn chunked(mut self, kind: SectionKind, len: u64, chunk_size: u32, frames: &[Vec<u8>]) -> Writer {
        self.check_order(kind);
        assert!(chunk::is_valid_size(chunk_size), "chunk size {chunk_size}");
        assert_eq!(frames.len() as u64, len.div_ceil(chunk_size.into()), "one frame a chunk");
        let stored = chunk::assemble(frames);
        self.parts.push(Part { kind, encoding: Encoding::Chunked { chunk_size }, len, stored });
        self
    }

    /// Adds an image that is stored byte for byte.
    ///
    /// # Panics
    /// If the kinds do not ascend, or this one [may not be raw](SectionKind::may_be_raw): mistakes of the caller, not of
    /// its input.
    #[must_use]
    pub fn raw(mut self, kind: SectionKind, content: Vec<u8>) -> Writer {
        self.check_order(kind);
        assert!(kind.may_be_raw(), "the section {} is stored in chunks", kind.name());
        let len = content.len() as u64;
        self.parts.push(Part { kind, encoding: Encoding::Raw, len, stored: content });
        self
    }

    fn check_order(&self, kind: SectionKind) {
        let last = self.parts.last().map_or(SectionKind::Manifest, |part| part.kind);
        assert!(last < kind, "sections are added in order");
    }

    /// The payload's bytes.
    pub fn finish(mut self) -> Vec<u8> {
        // The hash's place is known before what it is of: it ends the manifest.
        self.manifest.content = (!self.parts.is_empty()).then_some([0; HASH]);
        let stored = self.manifest.to_bytes();
        let manifest =
            Part { kind: SectionKind::Manifest, encoding: Encoding::Raw, len: stored.len() as u64, stored };
        self.parts.insert(0, manifest);
        let mut sections = Vec::with_capacity(self.parts.len());
        let mut end = (header::SIZE + self.parts.len() * ENTRY_SIZE) as u64;
        for part in &self.parts {
            let offset = end.next_multiple_of(part.kind.alignment(part.encoding));
            end = offset + part.stored.len() as u64;
            let Part { kind, encoding, len, .. } = *part;
            sections.push(Section { kind, encoding, offset, stored_len: part.stored.len() as u64, len });
        }
        let prefix_len = sections[0].offset + sections[0].stored_len;
        let extent = Extent {
            section_count: sections.len() as u32,
            prefix_len: u32::try_from(prefix_len).expect("a manifest is shorter than 4 GiB"),
            payload_len: end,
        };
        let mut out = Vec::with_capacity(end as usize);
        out.extend_from_slice(&self.header.write(extent));
        sections.iter().for_each(|section| section.write(&mut out));
        for (section, part) in sections.iter().zip(&self.parts) {
            out.resize(section.offset as usize, 0);
            out.extend_from_slice(&part.stored);
        }
        if self.manifest.content.is_some() {
            let end = prefix_len as usize;
            let content = sha256(&out[end..]);
            out[end - HASH..end].copy_from_slice(&content);
        }
        let digest = prefix::digest(&out[..prefix_len as usize]);
        out[header::DIGEST_AT..header::SIZE].copy_from_slice(&digest);
        out
    }
}
