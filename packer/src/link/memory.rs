//! Folding data segments: what they would copy at every start is laid out once, as the memory image.
//!
//! Which segments that are is the business of [`segments`]. The rest is left to wasmer, which applies it after the image is
//! there.

use wasmer_compiler::{ArtifactBuild, ArtifactCreate};
use wasmer_types::{
    InitExprOp, MemoryIndex, MemoryType, ModuleInfo, OwnedDataInitializer, WASM_PAGE_SIZE, entity::EntityRef,
};

use crate::input::segments;

/// The content of a memory at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryImage {
    /// The address of the first byte, a multiple of the chunk size.
    pub start: u64,
    /// The bytes; their number is a multiple of the chunk size.
    pub bytes: Vec<u8>,
}

/// The image, and what could not become part of it.
#[derive(Debug)]
pub(super) struct Folded {
    pub(super) image: Option<MemoryImage>,
    pub(super) rest: Box<[OwnedDataInitializer]>,
}

/// Folds the data of `build`'s first memory. Start and length of the image are multiples of `granularity`, a divisor
/// of a wasm page.
pub(super) fn fold(build: &ArtifactBuild, granularity: u64) -> Folded {
    let segments: Vec<&OwnedDataInitializer> = build.data_initializers().collect();
    fold_segments(build.module_info(), &segments, granularity)
}

fn fold_segments(module: &ModuleInfo, segments: &[&OwnedDataInitializer], granularity: u64) -> Folded {
    debug_assert!((WASM_PAGE_SIZE as u64).is_multiple_of(granularity));
    let rest = |from: usize| segments[from..].iter().map(|segment| (*segment).clone()).collect();
    let memory = MemoryIndex::new(0);
    // A memory that is imported and not shared is made by others. One that is shared the launcher makes, once for all threads: what
    // is part of the image is not put there once more for each of them.
    let is_its = |ty: &&MemoryType| module.num_imported_memories == 0 || ty.shared;
    let Some(ty) = module.memories.get(memory).filter(is_its) else {
        return Folded { image: None, rest: rest(0) };
    };
    let memory_len = ty.minimum.bytes().0 as u64;

    let address = |segment: &OwnedDataInitializer| {
        constant(segment).filter(|_| segment.location.memory_index == memory)
    };
    let places = segments.iter().map(|segment| (address(segment), segment.data.len() as u64));
    let count = segments::foldable(memory_len, places);
    let placed: Vec<(u64, &[u8])> = segments[..count]
        .iter()
        .filter_map(|segment| address(segment).map(|address| (address, &segment.data[..])))
        .filter(|(_, data)| !data.is_empty())
        .collect();
    let rest = rest(count);
    let Some(low) = placed.iter().map(|(address, _)| *address).min() else {
        return Folded { image: None, rest };
    };
    let high = placed.iter().map(|(address, data)| address + data.len() as u64).max().unwrap_or(low);
    let start = low / granularity * granularity;
    let mut bytes = vec![0; (high.next_multiple_of(granularity) - start) as usize];
    for (address, data) in placed {
        bytes[(address - start) as usize..][..data.len()].copy_from_slice(data);
    }
    Folded { image: Some(MemoryImage { start, bytes }), rest }
}

/// The address of a segment, if no import takes part in it.
fn constant(segment: &OwnedDataInitializer) -> Option<u64> {
    let mut stack: Vec<i32> = Vec::new();
    for op in segment.location.offset_expr.ops() {
        let operation: fn(i32, i32) -> i32 = match op {
            InitExprOp::I32Const(value) => {
                stack.push(*value);
                continue;
            }
            InitExprOp::I32Add => i32::wrapping_add,
            InitExprOp::I32Sub => i32::wrapping_sub,
            InitExprOp::I32Mul => i32::wrapping_mul,
            _ => return None,
        };
        let (right, left) = (stack.pop()?, stack.pop()?);
        stack.push(operation(left, right));
    }
    stack.pop().map(|address| u64::from(address as u32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmer_compiler::ModuleEnvironment;

    fn folded(text: &str) -> Folded {
        let wasm = wat::parse_str(text).unwrap();
        let translation = ModuleEnvironment::new().translate(&wasm).unwrap();
        let owned: Vec<_> = translation.data_initializers.iter().map(OwnedDataInitializer::new).collect();
        fold_segments(&translation.module, &owned.iter().collect::<Vec<_>>(), 0x1000)
    }

    #[test]
    fn later_segments_overwrite_earlier_ones() {
        let folded = folded(
            r#"(module (memory 1)
                (data (i32.const 0x2010) "abcdef") (data (i32.const 0x2012) "XY") (data (i32.const 0x3fff) "z"))"#,
        );
        let image = folded.image.unwrap();
        assert_eq!((image.start, image.bytes.len()), (0x2000, 0x2000));
        assert_eq!(&image.bytes[0x10..0x16], b"abXYef");
        assert_eq!(image.bytes[0x1fff], b'z');
        assert!(folded.rest.is_empty());
    }

    #[test]
    fn what_must_trap_is_left_with_all_that_follows() {
        let folded = folded(
            r#"(module (memory 1)
                (data (i32.const 0) "in") (data (i32.const 0xffff) "out") (data (i32.const 8) "after"))"#,
        );
        assert_eq!(&folded.image.unwrap().bytes[..2], b"in");
        assert_eq!(folded.rest.len(), 2);
    }

    #[test]
    fn an_address_that_is_computed_is_folded_as_well() {
        let folded = folded(
            r#"(module (memory 65536) (data (i32.sub (i32.const 0x10) (i32.mul (i32.const 4) (i32.const 3))) "x")
                (data (i32.add (i32.const 1) (i32.const 4)) "y"))"#,
        );
        assert_eq!(&folded.image.unwrap().bytes[3..7], b"\0xy\0");
        assert!(folded.rest.is_empty());
    }

    #[test]
    fn an_address_from_a_global_is_left() {
        let folded = folded(
            r#"(module (import "env" "base" (global i32)) (memory 1)
                (data (i32.const 4) "x") (data (global.get 0) "y") (data (i32.const 8) "z"))"#,
        );
        assert_eq!(folded.image.unwrap().bytes[4], b'x');
        assert_eq!(folded.rest.len(), 2);
    }

    #[test]
    fn imported_memories_and_second_ones_are_left() {
        let imported = folded(r#"(module (import "env" "memory" (memory 1)) (data (i32.const 0) "x"))"#);
        assert!(imported.image.is_none() && imported.rest.len() == 1);
        let shared =
            folded(r#"(module (import "env" "memory" (memory 1 1 shared)) (data (i32.const 8) "x"))"#);
        assert!(shared.image.is_some_and(|image| image.bytes[8] == b'x') && shared.rest.is_empty());
        let none = folded("(module (memory 1))");
        assert!(none.image.is_none() && none.rest.is_empty());
        let empty = folded(r#"(module (memory 1) (data (i32.const 0x10000) ""))"#);
        assert!(empty.image.is_none() && empty.rest.is_empty());
    }

    #[test]
    fn data_at_both_ends_of_a_large_memory_is_not_an_image_of_its_size() {
        let folded = folded(
            r#"(module (memory 65536) (data (i32.const 0) "low") (data (i32.const 0xfffffff0) "high"))"#,
        );
        assert_eq!(folded.image.unwrap().bytes.len(), 0x1000);
        assert_eq!(folded.rest.len(), 1);
    }
}
