//! Reading the prefix: header, section table and manifest, checked together.
//!
//! A launcher reads [`header::SIZE`] bytes, asks [`Prefix::len`] how many more it needs, reads those, and gets
//! everything it must know before anything runs.

use crate::{
    CpuFeatures, Encoding, Error, Header, Kind, Manifest, Section, SectionKind, bytes::Cursor, bytes::equal,
    header, program, sha256,
};

/// The checked prefix of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// Who may run it.
    pub header: Header,
    /// Every section, the manifest's included, in file order.
    pub sections: Vec<Section>,
    /// How the app starts.
    pub manifest: Manifest,
}

impl Prefix {
    /// How many bytes the prefix has, told from the first [`header::SIZE`] bytes of a payload that is
    /// `payload_len` bytes long according to its locator.
    ///
    /// # Errors
    /// As the header's fields deserve; `Truncated` if the payload is shorter than its prefix.
    pub fn len(head: &[u8], payload_len: u64) -> Result<usize, Error> {
        let (_, extent) = Header::read(head, payload_len)?;
        let need = u64::from(extent.prefix_len);
        if need > payload_len {
            return Err(Error::new(0, Kind::Truncated { need, have: payload_len }));
        }
        Ok(extent.prefix_len as usize)
    }

    /// Reads a prefix from exactly its [`Prefix::len`] bytes.
    ///
    /// # Errors
    /// `Digest` if a byte was changed; otherwise as the fields deserve.
    pub fn parse(bytes: &[u8], payload_len: u64) -> Result<Prefix, Error> {
        let need = Prefix::len(bytes, payload_len)?;
        if bytes.len() != need {
            let kind = Kind::Truncated { need: need as u64, have: bytes.len() as u64 };
            return Err(Error::new(0, kind));
        }
        if digest(bytes) != bytes[header::DIGEST_AT..header::SIZE] {
            return Err(Error::new(header::DIGEST_AT as u64, Kind::Digest));
        }
        let (header, extent) = Header::read(bytes, payload_len)?;
        let mut cursor = Cursor::new(&bytes[header::SIZE..], header::SIZE as u64);
        let table_end = header::SIZE + extent.section_count as usize * crate::section::ENTRY_SIZE;
        let mut floor = table_end as u64;
        let mut sections: Vec<Section> = Vec::with_capacity(extent.section_count as usize);
        for _ in 0..extent.section_count {
            let at = cursor.offset();
            let section = Section::read(&mut cursor, floor, payload_len)?;
            let previous = sections.last().map_or(0, |section| section.kind.id());
            if section.kind.id() <= previous {
                let found = section.kind.id().into();
                let kind =
                    Kind::Mismatch { field: "section order", expected: u64::from(previous) + 1, found };
                return Err(Error::new(at, kind));
            }
            floor = section.offset + section.stored_len;
            sections.push(section);
        }
        equal(header::PAYLOAD_LEN_AT, "payload length", floor, payload_len)?;

        let first = sections[0];
        equal(
            header::SIZE as u64,
            "first section",
            SectionKind::Manifest.id().into(),
            first.kind.id().into(),
        )?;
        if first.encoding != Encoding::Raw {
            let kind = Kind::Value { field: "manifest encoding", found: 1 };
            return Err(Error::new(header::SIZE as u64 + 4, kind));
        }
        equal(16, "prefix length", first.offset + first.stored_len, extent.prefix_len.into())?;
        for (at, byte) in (table_end as u64..first.offset).zip(&bytes[table_end..]) {
            equal(at, "padding", 0, (*byte).into())?;
        }
        let manifest = Manifest::parse(&bytes[first.offset as usize..], first.offset)?;
        let has_programs = sections.iter().any(|section| section.kind == SectionKind::Programs);
        let needs_programs = program::count(&manifest.programs) > 0;
        equal(header::SIZE as u64, "section programs", needs_programs.into(), has_programs.into())?;
        Ok(Prefix { header, sections, manifest })
    }

    /// The section of this kind, if the payload has one.
    pub fn section(&self, kind: SectionKind) -> Option<&Section> {
        self.sections.iter().find(|section| section.kind == kind)
    }

    /// CPU features this payload needs and `cpu` lacks.
    pub fn missing_features(&self, cpu: CpuFeatures) -> CpuFeatures {
        self.header.cpu.without(cpu)
    }
}

/// SHA-256 of the prefix with the digest's own bytes as zero.
pub(crate) fn digest(prefix: &[u8]) -> [u8; 32] {
    let mut copy = prefix.to_vec();
    copy[header::DIGEST_AT..header::SIZE].fill(0);
    sha256(&copy)
}
