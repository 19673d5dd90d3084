//! The tables of a program: metadata, unwind, frames, files. What is read is written as the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use payload::{frames::Frames, image::Image, tree, tree::Tree, unwind::Unwind};

fuzz_target!(|data: &[u8]| {
    if let Ok(image) = Image::parse(data, 0x1_0000, 0x1_0000) {
        assert_eq!(image.to_bytes(), data);
    }
    if let Ok(unwind) = Unwind::parse(data) {
        assert_eq!(unwind.to_bytes(), data);
    }
    if let Ok(roots) = Tree::parse(data).and_then(|tree| tree.entries(1, 1 << 20)) {
        let written = tree::to_bytes(&roots);
        assert_eq!(Tree::parse(&written).and_then(|tree| tree.entries(1, 1 << 20)), Ok(roots));
    }
    if let Ok(frames) = Frames::parse(data) {
        assert_eq!(Frames::parse(&frames.to_bytes()).as_ref(), Ok(&frames));
        let _ = frames.find(data.len() as u32);
    }
});
