//! One chunk, compressed: as small as can be, or so that it decodes at the speed of memory.
//!
//! ```text
//! small   a zstd frame (RFC 8878), with its content size and content checksum
//! fast    magic "LZ4b" · checksum, 4 bytes: the lowest of XXH64 of the content, seed 0, as zstd's · an LZ4 block
//! ```
//!
//! zstd takes a third less room than LZ4 on machine code, and four times as long to decode. Which of the two a chunk is,
//! its first four bytes tell.

use twox_hash::XxHash64;
use zstd::zstd_safe;

/// The first four bytes of a chunk that decodes fast.
const LZ4_MAGIC: [u8; 4] = *b"LZ4b";

/// Compresses one chunk to be small: a zstd frame with content size and checksum. `level` is zstd's, 1 to 22, or below 0 for frames
/// that are larger and decode faster.
pub fn compress(data: &[u8], level: i32) -> Vec<u8> {
    let mut context = zstd_safe::CCtx::create();
    let settings = [
        zstd_safe::CParameter::CompressionLevel(level),
        zstd_safe::CParameter::ChecksumFlag(true),
        zstd_safe::CParameter::ContentSizeFlag(true),
    ];
    for setting in settings {
        context.set_parameter(setting).expect("zstd accepts its own parameters");
    }
    let mut frame = Vec::with_capacity(zstd_safe::compress_bound(data.len()));
    context.compress2(&mut frame, data).expect("the buffer has the size zstd asked for");
    frame
}

/// LZ4's level for chunks that decode fast: its highest, which changes nothing about decoding.
const LZ4_LEVEL: i32 = 12;

/// Compresses one chunk to be decoded fast: checksum and LZ4 block.
pub fn compress_fast(data: &[u8]) -> Vec<u8> {
    let mode = lz4::block::CompressionMode::HIGHCOMPRESSION(LZ4_LEVEL);
    let block = lz4::block::compress(data, Some(mode), false).expect("a chunk is short enough for LZ4");
    [&LZ4_MAGIC[..], &checksum(data), &block].concat()
}

/// The lowest four bytes of the content's XXH64.
fn checksum(content: &[u8]) -> [u8; 4] {
    let [low @ .., _, _, _, _] = XxHash64::oneshot(0, content).to_le_bytes();
    low
}

/// What decoding needs besides its input and output, about 100 KiB; made once and used again and again.
pub struct Decoder(zstd_safe::DCtx<'static>);

impl Decoder {
    /// A new decoder.
    ///
    /// # Panics
    /// When there is no memory for it.
    #[allow(clippy::new_without_default, reason = "making one is work, which a name should show")]
    pub fn new() -> Decoder {
        Decoder::try_new().expect("there is memory for a decoder")
    }

    /// A new decoder; `None` when there is no memory for it.
    pub fn try_new() -> Option<Decoder> {
        zstd_safe::DCtx::try_create().map(Decoder)
    }

    /// Decodes `frame`, one chunk, into `out`, which has the length that it must have. Nothing is allocated.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn decode(&mut self, frame: &[u8], out: &mut [u8]) -> Result<(), &'static str> {
        if frame.starts_with(&LZ4_MAGIC) {
            return decode_lz4(&frame[LZ4_MAGIC.len()..], out);
        }
        check_frame(frame, out.len() as u64)?;
        match self.0.decompress(out, frame) {
            Ok(len) if len == out.len() => Ok(()),
            Ok(_) => Err("shorter than expected"),
            Err(code) => Err(zstd_safe::get_error_name(code)),
        }
    }
}

/// Decodes checksum and block.
fn decode_lz4(frame: &[u8], out: &mut [u8]) -> Result<(), &'static str> {
    let (expected, block) = frame.split_first_chunk().ok_or("no checksum")?;
    let len = i32::try_from(out.len()).map_err(|_| "too long")?;
    match lz4::block::decompress_to_buffer(block, Some(len), out) {
        Ok(len) if len == out.len() => {}
        Ok(_) => return Err("shorter than expected"),
        Err(_) => return Err("no LZ4 block of the expected length"),
    }
    if checksum(out) == *expected { Ok(()) } else { Err("the content does not match its checksum") }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Decoder")
    }
}

/// The first four bytes of a zstd frame: RFC 8878, section 3.1.1.
const FRAME_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// In the byte after them, the flag of a frame with a content checksum: RFC 8878, section 3.1.1.1.1.
const CHECKSUM_FLAG: u8 = 1 << 2;
/// The flags there that no chunk has: a dictionary id, a reserved bit, and one that decoders do not look at.
const FOREIGN_FLAGS: u8 = 0b11 | 1 << 3 | 1 << 4;

/// Requires `frame` to be one whole frame that states its `len` and has a checksum, as [`compress`] writes it.
///
/// The decoder alone would take several frames, skippable ones, and frames that no checksum guards: more than
/// one way to store the same bytes, and damage that nobody notices.
fn check_frame(frame: &[u8], len: u64) -> Result<(), &'static str> {
    if !frame.starts_with(&FRAME_MAGIC) {
        return Err("neither a zstd frame nor an LZ4 block");
    }
    let descriptor = frame.get(FRAME_MAGIC.len()).ok_or("no frame header")?;
    if descriptor & CHECKSUM_FLAG == 0 {
        return Err("no checksum");
    }
    if descriptor & FOREIGN_FLAGS != 0 {
        return Err("foreign frame flags");
    }
    match zstd_safe::get_frame_content_size(frame) {
        Ok(Some(found)) if found == len => {}
        Ok(Some(_)) => return Err("another length than expected"),
        Ok(None) => return Err("no content size"),
        Err(_) => return Err("no frame header"),
    }
    match zstd_safe::find_frame_compressed_size(frame) {
        Ok(found) if found == frame.len() => Ok(()),
        Ok(_) => Err("more than one frame"),
        Err(code) => Err(zstd_safe::get_error_name(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_give_back_what_was_compressed() {
        let content: Vec<u8> = (0..40_000u32).map(|at| (at / 7 % 251) as u8).collect();
        let (small, fast) = (compress(&content, 3), compress_fast(&content));
        for frame in [small, fast] {
            let mut out = vec![0; content.len()];
            assert_eq!(Decoder::new().decode(&frame, &mut out), Ok(()));
            assert!(out == content);
        }
    }

    #[test]
    fn the_checksum_is_that_of_zstd() {
        let content = b"wasmpack";
        let frame = compress(content, 1);
        assert_eq!(checksum(content), frame[frame.len() - 4..]);
    }

    #[test]
    fn no_damage_to_an_lz4_chunk_goes_unnoticed() {
        let content = b"the same again, the same again, the same again, and then something else".repeat(3);
        let frame = compress_fast(&content);
        let decode = |frame: &[u8], len: usize| {
            let mut out = vec![0; len];
            Decoder::new().decode(frame, &mut out).map(|()| out)
        };
        for bit in 0..frame.len() * 8 {
            let mut damaged = frame.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            // One content can be written in several ways, and is then no damage.
            match decode(&damaged, content.len()) {
                Ok(out) => assert!(bit >= 64 && out == content, "bit {bit}"),
                Err(_) => continue,
            }
        }
        for len in 0..frame.len() {
            assert!(decode(&frame[..len], content.len()).is_err(), "{len} bytes");
        }
        assert!(decode(&[&frame[..], &[0]].concat(), content.len()).is_err());
        assert!(decode(&frame, content.len() - 1).is_err());
    }
}
