//! The sections as the file has them: where each lies, and its content as a whole where that is wanted.

use std::borrow::Cow;
use std::fs::File;

use payload::chunk::{ChunkTable, Decoder};
use payload::{Compiler, Encoding, Prefix, Section, SectionKind, programs, section::IMAGE_ALIGNMENT};

use crate::fail::{Context, Failure};
use crate::locate::{Packed, View};
use crate::sys;

/// What every error about the payload's bytes begins with.
pub(super) const DAMAGED: &str = "the file is damaged, fetch it again or pack it again";

/// What is said where memory that was written cannot become executable.
pub(super) const FORBIDDEN: &str = "this system forbids making memory executable, which a compressed program needs; packed \
                                    with --no-compress it runs here";

/// What decodes chunks.
///
/// # Errors
/// When there is no memory for it.
pub(super) fn decoder() -> Result<Decoder, Failure> {
    Decoder::try_new()
        .ok_or_else(|| Failure::new(format!("the system has no memory for a decoder{}", sys::OfMemory)))
}

/// The payload of this executable, for as long as the process lives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored {
    packed: &'static Packed,
    /// The payload's parts, in its order.
    views: &'static [View],
    prefix: &'static Prefix,
    /// Where it begins in the whole payload: a program that comes with another one has a payload of its own in that.
    start: u64,
}

impl Stored {
    pub(crate) fn new(packed: &'static Packed) -> Result<Stored, Failure> {
        Ok(Stored { packed, views: Vec::leak(packed.views()?), prefix: &packed.prefix, start: 0 })
    }

    /// This program, and the `count` that come with it. What is read of them stays for as long as the process.
    pub(crate) fn programs(self, count: u32) -> Result<Vec<Stored>, Failure> {
        let (mut all, mut at) = (vec![self], 0);
        for _ in 0..count {
            let section = self.section(SectionKind::Programs)?;
            let (prefix, bytes) = programs::read(self.raw(section), at).context(DAMAGED)?;
            let start = section.offset + at as u64;
            at = programs::behind(at, bytes.len());
            all.push(Stored { prefix: Box::leak(Box::new(prefix)), start, ..self });
        }
        Ok(all)
    }

    /// The program's prefix.
    pub(crate) fn prefix(self) -> &'static Prefix {
        self.prefix
    }

    /// A payload that is in no file.
    #[cfg(test)]
    #[allow(dead_code, reason = "tested where chunks are decoded when they are touched")]
    pub(super) fn of(payload: Vec<u8>) -> Stored {
        let bytes: &'static [u8] = Vec::leak(payload);
        let len = bytes.len() as u64;
        let prefix = Prefix::len(&bytes[..payload::header::SIZE], len).expect("a header");
        let prefix = Prefix::parse(&bytes[..prefix], len).expect("a prefix");
        let views = Vec::leak(vec![View { at: 0, bytes }]);
        let packed: &'static Packed = Box::leak(Box::new(Packed::of(prefix)));
        Stored { packed, views, prefix: &packed.prefix, start: 0 }
    }

    /// All that follows the prefix, in pieces: what lies between views are zeros.
    pub(crate) fn behind_the_prefix(self) -> impl Iterator<Item = &'static [u8]> {
        // Few, as they are part of every launcher's file.
        static ZEROS: [u8; 512] = [0; 512];
        let start = self.find(SectionKind::Manifest).map_or(0, |section| section.offset + section.stored_len);
        let mut end = start;
        self.views.iter().flat_map(move |view| {
            let gap = view.at.saturating_sub(end).min(IMAGE_ALIGNMENT) as usize;
            end = end.max(view.at + view.bytes.len() as u64);
            let skipped = start.saturating_sub(view.at) as usize;
            let zeros = std::iter::repeat_n(&ZEROS[..], gap / ZEROS.len());
            zeros.chain([&ZEROS[..gap % ZEROS.len()], view.bytes.get(skipped..).unwrap_or_default()])
        })
    }

    /// A range of the payload, which lies in one of its parts: the prefix was checked.
    fn range(self, start: u64, end: u64) -> &'static [u8] {
        let (start, end) = (self.start + start, self.start + end);
        let is_in = |view: &&View| view.at <= start && end <= view.at + view.bytes.len() as u64;
        let found = self.views.iter().find(is_in);
        found.map_or(&[], |view| &view.bytes[(start - view.at) as usize..(end - view.at) as usize])
    }

    /// The section of this kind, if there is one.
    pub(crate) fn find(self, kind: SectionKind) -> Option<&'static Section> {
        self.prefix.section(kind)
    }

    /// The compiler that made the code.
    pub(crate) fn compiler(self) -> Compiler {
        self.prefix.header.compiler
    }

    /// The section of this kind, which every program has.
    pub(super) fn section(self, kind: SectionKind) -> Result<&'static Section, Failure> {
        self.find(kind).ok_or_else(|| Failure::new(format!("{DAMAGED}: it has no section {}", kind.id())))
    }

    /// What the file holds of `section`. The prefix was checked: the range lies in the payload.
    pub(crate) fn raw(self, section: &Section) -> &'static [u8] {
        self.range(section.offset, section.offset + section.stored_len)
    }

    /// The file that has the content of `section` as it is, and where.
    #[allow(dead_code, reason = "on some systems no part of the file is mapped over others")]
    pub(super) fn place(self, section: &Section) -> Result<(&'static File, u64), Failure> {
        self.packed.place(self.start + section.offset).ok_or_else(|| Failure::new(DAMAGED))
    }

    /// The table of a section in chunks.
    pub(crate) fn table(self, section: &Section) -> Result<ChunkTable, Failure> {
        let table = match section.encoding {
            Encoding::Chunked { chunk_size } => {
                let size = ChunkTable::size(section.len, chunk_size).min(section.stored_len);
                &self.raw(section)[..size as usize]
            }
            Encoding::Raw => &[],
        };
        ChunkTable::parse(table, section).context(DAMAGED)
    }

    /// The frame of chunk `index`.
    pub(crate) fn frame(self, table: &ChunkTable, index: usize) -> &'static [u8] {
        let range = table.stored_range(index);
        self.range(range.start, range.end)
    }

    /// The content of the section of this kind.
    pub(crate) fn whole(self, kind: SectionKind) -> Result<Cow<'static, [u8]>, Failure> {
        let section = self.section(kind)?;
        if section.encoding == Encoding::Raw {
            return Ok(Cow::Borrowed(self.raw(section)));
        }
        let table = self.table(section)?;
        let mut content = vec![0; section.len as usize];
        let mut decoder = decoder()?;
        for index in 0..table.count() {
            let range = table.decoded_range(index);
            let out = &mut content[range.start as usize..range.end as usize];
            table.decode_with(&mut decoder, index, self.frame(&table, index), out).context(DAMAGED)?;
        }
        Ok(Cow::Owned(content))
    }
}
