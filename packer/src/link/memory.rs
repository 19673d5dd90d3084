//! Folding data segments: what they would copy at every start is laid out once, as the memory image.
//!
//! Segments are applied in their order, and a later one may overwrite an earlier; so those at constant addresses are
//! folded up to the first that cannot be (its address depends on an imported global, it lies outside of the memory and
//! must trap, or belongs to another memory). The rest is left to wasmer, which applies it after the image is there.

use wasmer_compiler::{ArtifactBuild, ArtifactCreate};
use wasmer_types::{
    InitExprOp, MemoryIndex, ModuleInfo, OwnedDataInitializer, WASM_PAGE_SIZE, entity::EntityRef,
};

/// An image may be this many times as long as the data in it, or this many bytes, whichever is more: data at both ends
/// of a memory must not become gigabytes of zeros.
const SPREAD: u64 = 16;
const SMALL: u64 = 64 * 1024 * 1024;

/// What a memory holds at the start.
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
    // An imported memory is made by others, before this module is there.
    let Some(ty) = module.memories.get(memory).filter(|_| module.num_imported_memories == 0) else {
        return Folded { image: None, rest: rest(0) };
    };
    let memory_len = ty.minimum.bytes().0 as u64;

    let mut placed: Vec<(u64, &[u8])> = Vec::new();
    let (mut low, mut high, mut total) = (u64::MAX, 0, 0);
    for segment in segments {
        let Some(address) = constant(segment).filter(|_| segment.location.memory_index == memory) else {
            break;
        };
        let len = segment.data.len() as u64;
        if address + len > memory_len {
            break;
        }
        let (new_low, new_high) = (low.min(address), high.max(address + len));
        if len > 0 && new_high - new_low > SMALL.max(SPREAD * (total + len)) {
            break;
        }
        if len > 0 {
            (low, high, total) = (new_low, new_high, total + len);
        }
        placed.push((address, &segment.data));
    }
    let rest = rest(placed.len());
    if total == 0 {
        return Folded { image: None, rest };
    }
    let start = low / granularity * granularity;
    let mut bytes = vec![0; (high.next_multiple_of(granularity) - start) as usize];
    for (address, data) in placed.into_iter().filter(|(_, data)| !data.is_empty()) {
        bytes[(address - start) as usize..][..data.len()].copy_from_slice(data);
    }
    Folded { image: Some(MemoryImage { start, bytes }), rest }
}

/// The address of a segment that says it outright.
fn constant(segment: &OwnedDataInitializer) -> Option<u64> {
    match segment.location.offset_expr.ops() {
        [InitExprOp::I32Const(address)] => Some(u64::from(*address as u32)),
        _ => None,
    }
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
