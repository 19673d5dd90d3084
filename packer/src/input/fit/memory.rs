//! A bound on memory.
//!
//! The maximum that a memory declares is held by the engine: `memory.grow` beyond it answers -1, as the specification has it.
//! So a bound of the packer's needs nothing of the launcher: it becomes that maximum.

use wasm_encoder::{Encode, MemoryType, SectionId};
use wasmer_compiler::wasmparser::{BinaryReaderError, Parser, Payload};

use super::parts::Parts;

/// Bytes of a page of memory.
const PAGE: u64 = wasmer_types::WASM_PAGE_SIZE as u64;
/// The most pages that a memory can have.
const MOST: u64 = wasmer_types::WASM_MAX_PAGES as u64;

/// Lowers the maximum of each memory to whole pages within `bytes`; true if that changes one.
pub(super) fn limit(parts: &mut Parts<'_>, bytes: u64) -> Result<bool, BinaryReaderError> {
    let most = (bytes / PAGE).min(MOST);
    let (mut content, mut changed) = (Vec::new(), false);
    for payload in Parser::new(0).parse_all(parts.module()) {
        if let Payload::MemorySection(memories) = payload? {
            memories.count().encode(&mut content);
            for memory in memories {
                let memory = memory?;
                let lower = memory.maximum.is_none_or(|maximum| maximum > most);
                changed |= lower;
                MemoryType {
                    minimum: memory.initial,
                    maximum: if lower { Some(most) } else { memory.maximum },
                    memory64: memory.memory64,
                    shared: memory.shared,
                    page_size_log2: memory.page_size_log2,
                }
                .encode(&mut content);
            }
        }
    }
    if changed {
        parts.replace(SectionId::Memory, content);
    }
    Ok(changed)
}

/// The bytes that the memories of `module` have when it starts.
pub(super) fn declared(module: &[u8]) -> Result<u64, BinaryReaderError> {
    let mut pages = 0_u64;
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::MemorySection(memories) = payload? {
            for memory in memories {
                pages = pages.saturating_add(memory?.initial);
            }
        }
    }
    Ok(pages.saturating_mul(PAGE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(text: &str, bytes: u64) -> Option<String> {
        let module = wat::parse_str(text).unwrap();
        let mut parts = Parts::read(&module).unwrap();
        let changed = limit(&mut parts, bytes).unwrap();
        changed.then(|| {
            for payload in Parser::new(0).parse_all(&parts.finish()) {
                if let Payload::MemorySection(memories) = payload.unwrap() {
                    let memory = memories.into_iter().next().unwrap().unwrap();
                    return format!("{} {:?}", memory.initial, memory.maximum);
                }
            }
            "no memory".to_owned()
        })
    }

    #[test]
    fn a_maximum_is_only_ever_lowered() {
        assert_eq!(limited("(module (memory 1))", 3 * PAGE + 5).as_deref(), Some("1 Some(3)"));
        assert_eq!(limited("(module (memory 1 9))", 3 * PAGE).as_deref(), Some("1 Some(3)"));
        assert_eq!(limited("(module (memory 1 3))", 3 * PAGE), None);
        assert_eq!(limited("(module (memory 0 2))", 3 * PAGE), None);
        assert_eq!(limited("(module)", 0), None);
        assert_eq!(limited("(module (memory 1))", u64::MAX).as_deref(), Some("1 Some(65536)"));
    }

    #[test]
    fn what_is_declared_is_what_there_is_at_the_start() {
        let declared = |text: &str| declared(&wat::parse_str(text).unwrap()).unwrap();
        assert_eq!(declared("(module)"), 0);
        assert_eq!(declared("(module (memory 2 7))"), 2 * PAGE);
    }
}
