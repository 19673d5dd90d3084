//! What a module with notes is made with: names, and numbers of the module that is read.

use wasm_encoder::reencode;
use wasmparser::{BinaryReaderError, Parser, Payload, TypeRef};

/// The module name of the imports, and the name of the memory with the marks. A null byte keeps them apart from names that
/// programs have.
pub(in crate::trial) const NAME: &str = "\0wasmpack";
/// The name of the global that counts the steps which are left.
pub(in crate::trial) const LEFT: &str = "\0wasmpack left";
/// Bytes of a page whose touches are told apart, as a shift.
pub(in crate::trial) const PAGE_SHIFT: u32 = 12;
/// Where the marks of functions begin: behind those of the pages of 4 GiB.
pub(in crate::trial) const FUNCTIONS: u32 = 1 << (32 - PAGE_SHIFT);
/// What the module tells the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::trial) enum Hook {
    /// The function with this number was entered.
    Entered,
    /// The page with this number is touched.
    Touched,
    /// So many bytes at an address are touched.
    Ranged,
    /// So many entries of a table are moved.
    Moved,
    /// No steps are left.
    Spent,
}

impl Hook {
    pub(in crate::trial) const ALL: [Hook; 5] =
        [Hook::Entered, Hook::Touched, Hook::Ranged, Hook::Moved, Hook::Spent];

    /// The name of its import.
    pub(in crate::trial) fn name(self) -> &'static str {
        match self {
            Hook::Entered => "entered",
            Hook::Touched => "touched",
            Hook::Ranged => "ranged",
            Hook::Moved => "moved",
            Hook::Spent => "spent",
        }
    }

    /// How many numbers it takes.
    pub(super) fn parameters(self) -> u32 {
        match self {
            Hook::Entered | Hook::Touched | Hook::Moved => 1,
            Hook::Ranged => 2,
            Hook::Spent => 0,
        }
    }
}

pub(super) type Error = reencode::Error<std::convert::Infallible>;

/// Numbers of the module that its functions are rewritten with.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// How many parameters each type has.
    pub(super) types: Vec<u32>,
    /// Imported functions.
    imported: u32,
    /// The type of each function that is defined.
    pub(super) functions: Vec<u32>,
    /// Globals, and so the index of that with the steps that are left.
    pub(super) globals: u32,
    /// Memories, and so the index of that with the marks.
    pub(super) memories: u32,
}

impl Plan {
    pub(super) fn read(module: &[u8]) -> Result<Plan, BinaryReaderError> {
        let mut plan = Plan::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(types) => {
                    for function in types.into_iter_err_on_gc_types() {
                        plan.types.push(function?.params().len() as u32);
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        plan.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(functions) => {
                    plan.functions = functions.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::MemorySection(memories) => plan.memories = memories.count(),
                Payload::GlobalSection(globals) => plan.globals = globals.count(),
                Payload::CodeSectionStart { .. } => break,
                _ => {}
            }
        }
        Ok(plan)
    }

    /// The index of a hook's function.
    pub(super) fn hook(&self, hook: Hook) -> u32 {
        self.imported + hook as u32
    }

    /// The index that function `function` has in the module with notes.
    pub(super) fn moved(&self, function: u32) -> u32 {
        if function < self.imported { function } else { function + Hook::ALL.len() as u32 }
    }
}
