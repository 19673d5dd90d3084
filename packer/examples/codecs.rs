//! How much room the two ways to compress a chunk take, and how fast each decodes: the table "Codecs" of
//! docs/performance.md.
//!
//! `cargo run --release -p wasmpack --example codecs -- APP...`, with executables that wasmpack made, for Linux on x86-64.
//! One thread, the best of several runs over the first 8 MiB of each image: what the machine does besides only adds.

use std::time::{Duration, Instant};

use wasmpack::{
    Executable,
    payload::{SectionKind, chunk},
};

/// Decoded bytes a chunk.
const SIZE: usize = 16 * 1024;
/// How much of an image is looked at.
const MOST: usize = 8 * 1024 * 1024;
/// How often each is decoded.
const RUNS: usize = 9;

/// A name, and what it compresses a chunk with.
type Codec = (&'static str, fn(&[u8]) -> Vec<u8>);

const CODECS: [Codec; 6] = [
    ("zstd, level 19", |piece| chunk::compress(piece, 19)),
    ("zstd, level 16", |piece| chunk::compress(piece, 16)),
    ("zstd, level 1", |piece| chunk::compress(piece, 1)),
    ("zstd, level -1", |piece| chunk::compress(piece, -1)),
    ("zstd, level -100", |piece| chunk::compress(piece, -100)),
    ("LZ4", chunk::compress_fast),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("| image | codec | of its size | GB/s |\n| --- | --- | --- | --- |");
    for app in std::env::args_os().skip(1) {
        let executable = Executable::open(app.as_ref())?;
        for kind in [SectionKind::Code, SectionKind::Memory] {
            let Some(mut content) = executable.section(kind)? else { continue };
            content.truncate(MOST);
            let name = format!("{}, {}", executable.manifest().app, kind.name());
            for codec in CODECS {
                println!("| {name} | {} |", row(&content, codec)?);
            }
        }
    }
    Ok(())
}

/// What one codec makes of `content`.
fn row(content: &[u8], (name, compress): Codec) -> Result<String, &'static str> {
    let pieces: Vec<&[u8]> = content.chunks(SIZE).collect();
    let frames: Vec<Vec<u8>> = pieces.iter().map(|piece| compress(piece)).collect();
    let (mut decoder, mut out) = (chunk::Decoder::new(), vec![0; SIZE]);
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        let start = Instant::now();
        for (frame, piece) in frames.iter().zip(&pieces) {
            decoder.decode(frame, &mut out[..piece.len()])?;
        }
        best = best.min(start.elapsed());
    }
    let share = frames.iter().map(Vec::len).sum::<usize>() as f64 / content.len() as f64;
    Ok(format!("{name} | {:.0} % | {:.1}", share * 100.0, content.len() as f64 / best.as_secs_f64() / 1e9))
}
