//! The merged module before it is written: what is in it, and which item of which module becomes which of its own.

use std::collections::HashMap;

use wasm_encoder::{RefType, ValType};
use wasmparser::{ExternalKind, MemoryType};

use crate::{Error, fold::Constant, module::Module, types::Types};

/// A function of the plan. Its index is given when it is known which functions are needed.
pub(crate) type FunctionId = usize;

/// The merged module.
#[derive(Default)]
pub(crate) struct Plan<'a> {
    pub(crate) modules: Vec<Module<'a>>,
    /// Instances of modules, in the order of their instantiation.
    pub(crate) parts: Vec<Part>,
    pub(crate) types: Types,
    pub(crate) functions: Vec<Function<'a>>,
    /// Functions of the host by module and name, and then by type: each is imported once.
    pub(crate) hosts: HashMap<(String, String), HashMap<u32, FunctionId>>,
    pub(crate) tables: Vec<Table>,
    pub(crate) memories: Vec<Memory>,
    pub(crate) globals: Vec<Global>,
    /// The types of tags.
    pub(crate) tags: Vec<u32>,
    /// Element and data segments so far.
    pub(crate) elements: u32,
    pub(crate) data: u32,
}

/// An instance of a module.
pub(crate) struct Part {
    /// The module's number in the plan.
    pub(crate) module: usize,
    // Each index space of the module, imports first: what its items are in the plan.
    pub(crate) types: Vec<u32>,
    pub(crate) functions: Vec<FunctionId>,
    pub(crate) tables: Vec<u32>,
    pub(crate) memories: Vec<u32>,
    pub(crate) globals: Vec<u32>,
    pub(crate) tags: Vec<u32>,
    /// The numbers of its first element and data segments.
    pub(crate) elements: u32,
    pub(crate) data: u32,
    /// Whether it is the adapter, whose memory is given to it at run time.
    pub(crate) is_adapter: bool,
}

/// A function.
pub(crate) struct Function<'a> {
    pub(crate) ty: u32,
    pub(crate) source: Source,
    pub(crate) name: Option<&'a str>,
}

/// Where a function comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// The host: its module and name. One that nobody provides traps with them.
    Host(String, String),
    /// A body of a part, by its number among those of the module.
    Body { part: usize, body: usize },
    /// A call of the adapter.
    Call(Call),
    /// Written by [`crate::made`].
    Made,
}

/// A function that a component imports, and that the adapter has.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The adapter's export.
    pub(crate) export: String,
    /// The name under which it is imported, for messages.
    pub(crate) imported: String,
    /// The function that makes room for its results.
    pub(crate) realloc: Option<FunctionId>,
    /// The memory that it works on.
    pub(crate) memory: Option<u32>,
    /// Where the component lowers it.
    pub(crate) offset: usize,
}

pub(crate) struct Table {
    pub(crate) element: RefType,
    pub(crate) ty: wasmparser::TableType,
    pub(crate) init: Option<Constant>,
}

pub(crate) struct Memory {
    pub(crate) ty: MemoryType,
    /// The part that defines it.
    pub(crate) part: usize,
}

pub(crate) struct Global {
    pub(crate) ty: ValType,
    pub(crate) mutable: bool,
    pub(crate) value: Constant,
}

impl<'a> Plan<'a> {
    pub(crate) fn module_of(&self, part: usize) -> &Module<'a> {
        &self.modules[self.parts[part].module]
    }

    /// A function of the host. Of several types, each but the first has a number behind its name: engines give a name one type.
    pub(crate) fn host(&mut self, module: &str, name: &str, ty: u32) -> FunctionId {
        let same = self.hosts.entry((module.to_owned(), name.to_owned())).or_default();
        if let Some(&function) = same.get(&ty) {
            return function;
        }
        let name = match same.len() {
            0 => name.to_owned(),
            others => format!("{name} ({})", others + 1),
        };
        same.insert(ty, self.functions.len());
        self.function(ty, Source::Host(module.to_owned(), name))
    }

    /// A new function.
    pub(crate) fn function(&mut self, ty: u32, source: Source) -> FunctionId {
        self.functions.push(Function { ty, source, name: None });
        self.functions.len() - 1
    }

    /// The item that a part exports, by its number in the plan.
    ///
    /// # Errors
    /// `Invalid` if it has no such export.
    pub(crate) fn export(&self, part: usize, kind: ExternalKind, name: &str) -> Result<usize, Error> {
        let nowhere = || Error::invalid(format_args!("an export {name:?} that nobody has"));
        let export = self.module_of(part).exports.get(name).ok_or_else(nowhere)?;
        let index = export.index as usize;
        let part = &self.parts[part];
        let found = match (kind, export.kind) {
            (ExternalKind::Func, ExternalKind::Func | ExternalKind::FuncExact) => {
                part.functions.get(index).copied()
            }
            (ExternalKind::Table, ExternalKind::Table) => get(&part.tables, index),
            (ExternalKind::Memory, ExternalKind::Memory) => get(&part.memories, index),
            (ExternalKind::Global, ExternalKind::Global) => get(&part.globals, index),
            (ExternalKind::Tag, ExternalKind::Tag) => get(&part.tags, index),
            _ => None,
        };
        found.ok_or_else(nowhere)
    }
}

fn get(space: &[u32], index: usize) -> Option<usize> {
    space.get(index).map(|&number| number as usize)
}
