//! A cursor over bytes that nobody has checked yet: every read is bounded, every failure knows its offset.

use crate::{Error, Kind};

/// Reads little-endian fields one after the other.
pub(crate) struct Cursor<'a> {
    data: &'a [u8],
    /// Offset of `data[0]` from the start of the payload, for error messages.
    origin: u64,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(data: &'a [u8], origin: u64) -> Self {
        Cursor { data, origin, at: 0 }
    }

    /// Offset of the next byte, from the start of the payload.
    pub(crate) fn offset(&self) -> u64 {
        self.origin + self.at as u64
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at == self.data.len()
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], Error> {
        let rest = &self.data[self.at..];
        let Some(found) = rest.get(..len) else {
            let kind = Kind::Truncated { need: len as u64, have: rest.len() as u64 };
            return Err(Error::new(self.offset(), kind));
        };
        self.at += len;
        Ok(found)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        Ok(self.take(N)?.try_into().expect("take returns as many bytes as were asked for"))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        self.array().map(u64::from_le_bytes)
    }

    /// Reads a u32 and requires it to be `expected`.
    pub(crate) fn expect_u32(&mut self, field: &'static str, expected: u32) -> Result<(), Error> {
        let at = self.offset();
        equal(at, field, expected.into(), self.u32()?.into())
    }

    /// Reads a u64 and requires it to be `expected`.
    pub(crate) fn expect_u64(&mut self, field: &'static str, expected: u64) -> Result<(), Error> {
        let at = self.offset();
        equal(at, field, expected, self.u64()?)
    }
}

/// Requires `found` to be `expected`, naming the field and its place if not.
pub(crate) fn equal(at: u64, field: &'static str, expected: u64, found: u64) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    Err(Error::new(at, Kind::Mismatch { field, expected, found }))
}

/// The text that `content` is, which starts at `at`: a field's, UTF-8 without NUL.
pub(crate) fn text(content: &[u8], at: u64, field: &'static str) -> Result<String, Error> {
    match std::str::from_utf8(content) {
        Ok(text) if !text.contains('\0') => Ok(text.to_owned()),
        _ => Err(Error::new(at, Kind::Text { field })),
    }
}
