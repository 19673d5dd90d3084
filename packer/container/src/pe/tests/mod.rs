//! Tests on a launcher made by hand. While packing, goblin reads every result; here pelite does.

mod golden;
mod properties;
mod refusals;
mod shown;

use payload::{Locator, Target};

use super::*;
use crate::{Kind, testing::pe as pe_stub};

const WINDOWS: Target = Target::WindowsX86_64;

fn bare() -> Vec<u8> {
    pe_stub::stub(&Locator::BARE)
}

fn options() -> PeOptions {
    PeOptions { app: "hello".to_owned(), ..PeOptions::default() }
}

#[track_caller]
fn packed(stub: &[u8], options: &PeOptions) -> Vec<u8> {
    embed(stub, WINDOWS, b"the payload", options).unwrap()
}

/// An .ico file with `images`, each a PNG image as far as anyone looks.
fn ico(images: &[usize]) -> Vec<u8> {
    let mut file = vec![0, 0, 1, 0, images.len() as u8, 0];
    let mut offset = 6 + 16 * images.len();
    for (number, len) in images.iter().enumerate() {
        file.extend_from_slice(&[16 * (number as u8 + 1), 16 * (number as u8 + 1), 0, 0, 1, 0, 32, 0]);
        file.extend_from_slice(&(*len as u32).to_le_bytes());
        file.extend_from_slice(&(offset as u32).to_le_bytes());
        offset += len;
    }
    for len in images {
        file.extend((0..*len).map(|at| *b"\x89PNG".get(at).unwrap_or(&(at as u8))));
    }
    file
}
