//! gzip, as every Unix system decompresses it.

use std::io::{Read, Write};

use flate2::{Compression, GzBuilder, read::GzDecoder};
use payload::unix::BLOCK;

/// Bytes that an extra field of a length takes beside its own.
const EXTRA: usize = 2;

/// `data`, compressed to a multiple of [`BLOCK`] bytes.
///
/// What is missing to that is in the header, as a field that decompressors skip: some complain of anything behind the end.
pub(super) fn compress(data: &[u8]) -> Vec<u8> {
    let pack = |builder: GzBuilder| {
        let mut gzip = builder.operating_system(255).write(Vec::new(), Compression::best());
        gzip.write_all(data).and_then(|()| gzip.finish()).expect("memory can be written")
    };
    let bare = pack(GzBuilder::new());
    let missing = (bare.len() + EXTRA).next_multiple_of(BLOCK as usize) - bare.len() - EXTRA;
    pack(GzBuilder::new().extra(vec![0; missing]))
}

/// The `len` bytes that `gzip` was made of.
///
/// # Errors
/// That it is damaged.
pub(super) fn decompress(gzip: &[u8], len: u64) -> Result<Vec<u8>, String> {
    let mut data = Vec::new();
    let mut decoder = GzDecoder::new(gzip);
    // One byte more tells that there is more.
    decoder.by_ref().take(len + 1).read_to_end(&mut data).map_err(|error| format!("damaged ({error})"))?;
    match data.len() as u64 == len {
        true => Ok(data),
        false => Err(format!("{len} bytes expected, {} found", data.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_whole_and_come_back() {
        for len in [0, 1, 4000, 4096, 70_000] {
            let data: Vec<u8> =
                (0..len).map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
            let gzip = compress(&data);
            assert_eq!(gzip.len() % BLOCK as usize, 0);
            assert_eq!(decompress(&gzip, data.len() as u64), Ok(data.clone()));
            assert_eq!(compress(&data), gzip, "the same bytes each time");
            assert!(decompress(&gzip, data.len() as u64 + 1).is_err());
            assert!(decompress(&gzip[..gzip.len() - 1], data.len() as u64).is_err());
        }
    }
}
