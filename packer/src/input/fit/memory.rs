//! A bound on memory.
//!
//! The maximum that a memory declares is held by the engine: `memory.grow` beyond it answers -1, as the specification has it.
//! So a bound of the packer's needs nothing of the launcher: it becomes that maximum.

use wasm_encoder::{Encode, EntityType, MemoryType, SectionId};
use wasmer_compiler::wasmparser::{self, BinaryReaderError, Parser, Payload, TypeRef};

use super::parts::Parts;

/// Bytes of a page of memory.
const PAGE: u64 = wasmer_types::WASM_PAGE_SIZE as u64;
/// The most pages that a memory can have.
const MOST: u64 = wasmer_types::WASM_MAX_PAGES as u64;

/// Lowers the maximum of each memory to whole pages within `bytes`; true if that changes one. What is imported is made for the
/// program alone, as it says.
pub(super) fn limit(parts: &mut Parts<'_>, bytes: u64) -> Result<bool, BinaryReaderError> {
    let most = (bytes / PAGE).min(MOST);
    let is_lower = |memory: &wasmparser::MemoryType| memory.maximum.is_none_or(|maximum| maximum > most);
    let lowered = |memory: wasmparser::MemoryType| MemoryType {
        minimum: memory.initial,
        maximum: if is_lower(&memory) { Some(most) } else { memory.maximum },
        memory64: memory.memory64,
        shared: memory.shared,
        page_size_log2: memory.page_size_log2,
    };
    let mut is_changed = false;
    for payload in Parser::new(0).parse_all(parts.module()) {
        match payload? {
            Payload::ImportSection(imports) => {
                let end = imports.range().end;
                let imports: Vec<_> = imports.into_imports_with_offsets().collect::<Result<_, _>>()?;
                let is_one = |ty: &TypeRef| matches!(ty, TypeRef::Memory(memory) if is_lower(memory));
                if !imports.iter().any(|(_, import)| is_one(&import.ty)) {
                    continue;
                }
                let mut content = Vec::new();
                (imports.len() as u32).encode(&mut content);
                let ends = imports.iter().skip(1).map(|(start, _)| *start).chain([end]);
                for ((start, import), end) in imports.iter().zip(ends) {
                    let TypeRef::Memory(memory) = import.ty else {
                        content.extend_from_slice(&parts.module()[*start..end]);
                        continue;
                    };
                    import.module.encode(&mut content);
                    import.name.encode(&mut content);
                    EntityType::Memory(lowered(memory)).encode(&mut content);
                }
                parts.replace(SectionId::Import, content);
                is_changed = true;
            }
            Payload::MemorySection(memories) => {
                let memories: Vec<_> = memories.into_iter().collect::<Result<_, _>>()?;
                if !memories.iter().any(is_lower) {
                    continue;
                }
                let mut content = Vec::new();
                (memories.len() as u32).encode(&mut content);
                memories.into_iter().for_each(|memory| lowered(memory).encode(&mut content));
                parts.replace(SectionId::Memory, content);
                is_changed = true;
            }
            _ => {}
        }
    }
    Ok(is_changed)
}

/// The bytes that the memories of `module` have when it starts.
pub(super) fn declared(module: &[u8]) -> Result<u64, BinaryReaderError> {
    let mut pages = 0_u64;
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if let TypeRef::Memory(memory) = import?.ty {
                        pages = pages.saturating_add(memory.initial);
                    }
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    pages = pages.saturating_add(memory?.initial);
                }
            }
            _ => {}
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
    fn an_imported_memory_is_bound_as_well_and_what_stands_around_it_stays() {
        let module = wat::parse_str(
            r#"(module (type (func (param i32))) (import "a" "first" (func)) (import "env" "memory" (memory 2 65536 shared))
                (import "a" "last" (func (type 0))) (func (export "_start") (call 0) (call 1 (i32.const 1))))"#,
        )
        .unwrap();
        assert_eq!(declared(&module).unwrap(), 2 * PAGE);
        let mut parts = Parts::read(&module).unwrap();
        assert!(limit(&mut parts, 5 * PAGE).unwrap());
        let limited = parts.finish();
        wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
            .validate_all(&limited)
            .unwrap();
        assert_eq!(imports(&limited), imports(&module).replace("65536", "5"));
        let mut parts = Parts::read(&limited).unwrap();
        assert!(!limit(&mut parts, 5 * PAGE).unwrap());
    }

    /// The imports of a module, as text.
    fn imports(module: &[u8]) -> String {
        let mut text = String::new();
        for payload in Parser::new(0).parse_all(module) {
            if let Payload::ImportSection(imports) = payload.unwrap() {
                for import in imports.into_imports() {
                    text += &format!("{:?}\n", import.unwrap());
                }
            }
        }
        text
    }

    #[test]
    fn what_is_declared_is_what_there_is_at_the_start() {
        let declared = |text: &str| declared(&wat::parse_str(text).unwrap()).unwrap();
        assert_eq!(declared("(module)"), 0);
        assert_eq!(declared("(module (memory 2 7))"), 2 * PAGE);
    }
}
