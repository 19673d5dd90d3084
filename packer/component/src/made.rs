//! Functions that no module has: `_start`, and calls of the adapter.

use std::collections::HashMap;

use wasm_encoder::{BlockType, Function, Instruction as I, ValType};
use wasmparser::{DataKind, ElementKind, ExternalKind};

use crate::{
    Error, adapter,
    fold::{self, Constant},
    live::Live,
    place::{Given, place},
    plan::{Call, FunctionId, Global, Plan, Source, Table},
    types::Signature,
};

/// The adapter as a part of the program.
pub(crate) struct Adapter {
    part: usize,
    /// Where its functions for room are.
    pub(crate) table: u32,
    /// These functions; the first stands at 1.
    reallocs: Vec<FunctionId>,
    slots: HashMap<FunctionId, i32>,
    /// The function that prepares it, before its first call.
    prepare: FunctionId,
    /// The program's own function for memory, if the adapter must use it.
    own: Option<FunctionId>,
    /// Globals: whether it is prepared, its stack, and its static data.
    ready: u32,
    stack: u32,
    base: u32,
}

/// What `_start` does.
pub(crate) struct Start {
    pub(crate) start: FunctionId,
    /// The component's `run`, and what is to be called behind it.
    pub(crate) run: FunctionId,
    pub(crate) post_return: Option<FunctionId>,
    pub(crate) exit: FunctionId,
}

/// Functions and their indices.
pub(crate) type Index<'i> = &'i dyn Fn(FunctionId) -> u32;

impl Adapter {
    /// Adds the adapter to a plan whose program calls it; `memory` is the program's.
    pub(crate) fn place(plan: &mut Plan<'_>, live: &mut Live, memory: u32) -> Result<Adapter, Error> {
        let i32_global = |value| Global { ty: ValType::I32, mutable: true, value: Constant::I32(value) };
        let ready = plan.globals.len() as u32;
        plan.globals.extend([i32_global(0), i32_global(0), i32_global(0)]);
        let (stack, base) = (ready + 1, ready + 2);
        let table_base = ready + 3;
        plan.globals.push(Global { mutable: false, ..i32_global(0) });
        let own = tinygo_realloc(plan);
        let mut reallocs: Vec<FunctionId> =
            own.into_iter().chain(calls(plan, live).filter_map(|call| call.realloc)).collect();
        reallocs.sort_unstable();
        reallocs.dedup();
        let slots = reallocs.iter().copied().zip(1..).collect();
        let table = plan.tables.len() as u32;
        let len = 1 + reallocs.len() as u64;
        let ty = wasmparser::TableType {
            element_type: wasmparser::RefType::FUNCREF,
            table64: false,
            initial: len,
            maximum: Some(len),
            shared: false,
        };
        plan.tables.push(Table { element: wasm_encoder::RefType::FUNCREF, ty, init: None });

        let module = adapter::read()?;
        let types = plan.types.add(&module.types)?;
        let mut given = Vec::new();
        for import in &module.imports {
            given.push(match (import.module, import.name, import.ty) {
                ("env", "memory", _) => Given::Other(memory),
                ("env", "__indirect_function_table", _) => Given::Other(table),
                ("env", "__stack_pointer", _) => Given::Other(stack),
                ("env", "__memory_base", _) => Given::Other(base),
                ("env", "__table_base", _) => Given::Other(table_base),
                (module, name, wasmparser::TypeRef::Func(ty)) => {
                    Given::Function(plan.host(module, name, types[ty as usize]))
                }
                (module, name, _) => return Err(Error::invalid(format_args!("adapter: {module} {name}"))),
            });
        }
        plan.modules.push(module);
        let part = plan.parts.len();
        place(plan, plan.modules.len() - 1, types, &given, true)?;
        let nothing = plan.types.number(Signature { params: Vec::new(), results: Vec::new() });
        let prepare = plan.function(nothing, Source::Made);
        plan.functions[prepare].name = Some("wasi 0.2 prepare");

        let mut exports = vec![adapter::INITIALIZE.to_owned()];
        if plan.module_of(part).exports.contains_key(adapter::RELOCATE) {
            exports.push(adapter::RELOCATE.to_owned());
        }
        exports.extend(calls(plan, live).map(|call| call.export.clone()));
        for export in exports {
            live.mark(plan.export(part, ExternalKind::Func, &export)?);
        }
        reallocs.iter().for_each(|&realloc| live.mark(realloc));
        live.mark(prepare);
        live.follow(plan)?;
        Ok(Adapter { part, table, reallocs, slots, prepare, own, ready, stack, base })
    }

    /// The functions in its table, from 1 on.
    pub(crate) fn reallocs(&self) -> &[FunctionId] {
        &self.reallocs
    }

    pub(crate) fn is_prepare(&self, function: FunctionId) -> bool {
        self.prepare == function
    }

    /// The place of a function for room in the adapter's table; 0 is none.
    fn slot(&self, realloc: Option<FunctionId>) -> i32 {
        realloc.and_then(|realloc| self.slots.get(&realloc)).copied().unwrap_or(0)
    }

    /// A call of the adapter, as the component calls it.
    pub(crate) fn call(
        &self,
        plan: &Plan<'_>,
        call: &Call,
        ty: u32,
        index: Index<'_>,
    ) -> Result<Function, Error> {
        let mut out = Function::new([]);
        let Signature { params, .. } = plan.types.get(ty);
        out.instruction(&I::GlobalGet(self.ready))
            .instruction(&I::I32Eqz)
            .instruction(&I::If(BlockType::Empty));
        out.instruction(&I::Call(index(self.prepare))).instruction(&I::End);
        for param in 0..params.len() as u32 {
            out.instruction(&I::LocalGet(param));
        }
        if call.realloc.is_some() {
            out.instruction(&I::I32Const(self.slot(call.realloc)));
        }
        let export = plan.export(self.part, ExternalKind::Func, &call.export)?;
        out.instruction(&I::Call(index(export))).instruction(&I::End);
        Ok(out)
    }

    /// Gives the adapter its memory: the stack below the static data.
    pub(crate) fn prepare(&self, plan: &Plan<'_>, index: Index<'_>) -> Result<Function, Error> {
        let part = &plan.parts[self.part];
        let mut out = Function::new([]);
        out.instruction(&I::I32Const(1)).instruction(&I::GlobalSet(self.ready));
        match self.own {
            Some(own) => {
                for value in [0, 0, 16, adapter::MEMORY as i32] {
                    out.instruction(&I::I32Const(value));
                }
                out.instruction(&I::Call(index(own)));
            }
            None => {
                out.instruction(&I::I32Const((adapter::MEMORY / 65536) as i32));
                out.instruction(&I::MemoryGrow(0)).instruction(&I::GlobalSet(self.base));
                out.instruction(&I::GlobalGet(self.base))
                    .instruction(&I::I32Const(-1))
                    .instruction(&I::I32Eq);
                out.instruction(&I::If(BlockType::Empty)).instruction(&I::Unreachable).instruction(&I::End);
                out.instruction(&I::GlobalGet(self.base))
                    .instruction(&I::I32Const(16))
                    .instruction(&I::I32Shl);
            }
        }
        out.instruction(&I::I32Const(adapter::STACK as i32)).instruction(&I::I32Add);
        out.instruction(&I::GlobalSet(self.base));
        out.instruction(&I::GlobalGet(self.base)).instruction(&I::GlobalSet(self.stack));
        for (number, data) in (part.data..).zip(&plan.module_of(self.part).data) {
            let DataKind::Active { offset_expr, .. } = &data.kind else { continue };
            // Its base counts from 0 here.
            let offset = fold::fold(offset_expr, &[], |_| Some(Constant::I32(0)), |_| None)?;
            let Constant::I32(offset) = offset else { continue };
            out.instruction(&I::GlobalGet(self.base))
                .instruction(&I::I32Const(offset))
                .instruction(&I::I32Add);
            copy_data(&mut out, number, data.data.len());
        }
        for (export, argument) in
            [(adapter::RELOCATE, None), (adapter::INITIALIZE, Some(self.slot(self.own)))]
        {
            if plan.module_of(self.part).exports.contains_key(export) {
                if let Some(slot) = argument {
                    out.instruction(&I::I32Const(slot));
                }
                out.instruction(&I::Call(index(plan.export(self.part, ExternalKind::Func, export)?)));
            }
        }
        out.instruction(&I::End);
        Ok(out)
    }
}

/// The calls of WASI 0.2 that are needed.
fn calls<'p>(plan: &'p Plan<'_>, live: &'p Live) -> impl Iterator<Item = &'p Call> {
    plan.functions.iter().enumerate().filter_map(|(number, function)| match &function.source {
        Source::Call(call) if live.has(number) => Some(call),
        _ => None,
    })
}

/// The function that gives memory in a program of TinyGo, which takes all behind the memory it has for its heap. Elsewhere
/// functions of this name may keep a list of what they gave, and take it back.
fn tinygo_realloc(plan: &Plan<'_>) -> Option<FunctionId> {
    let part = (0..plan.parts.len()).find(|&part| plan.module_of(part).is_tinygo)?;
    let function = plan.export(part, ExternalKind::Func, "cabi_realloc").ok()?;
    let i32s = |count| vec![ValType::I32; count];
    let ty = plan.types.get(plan.functions[function].ty);
    (*ty == Signature { params: i32s(4), results: i32s(1) }).then_some(function)
}

/// The rest of a copy of `len` bytes of a data segment, whose destination is on the stack.
fn copy_data(out: &mut Function, segment: u32, len: usize) {
    out.instruction(&I::I32Const(0)).instruction(&I::I32Const(len as i32));
    out.instruction(&I::MemoryInit { mem: 0, data_index: segment }).instruction(&I::DataDrop(segment));
}

/// The part before whose start function active segments are written by the engine; `None` if there is no start function.
pub(crate) fn first_start(plan: &Plan<'_>) -> Option<usize> {
    (0..plan.parts.len()).find(|&part| plan.module_of(part).start.is_some())
}

impl Start {
    /// `_start`: what instantiating the modules would have done, and the program.
    pub(crate) fn body(&self, plan: &Plan<'_>, index: Index<'_>) -> Result<Function, Error> {
        let mut out = Function::new([(1, ValType::I32)]);
        let first = first_start(plan).unwrap_or(plan.parts.len());
        for number in first..plan.parts.len() {
            let (part, module) = (&plan.parts[number], plan.module_of(number));
            if part.is_adapter {
                continue;
            }
            if number > first {
                segments(&mut out, plan, number)?;
            }
            if let Some(start) = module.start {
                out.instruction(&I::Call(index(part.functions[start as usize])));
            }
        }
        out.instruction(&I::Call(index(self.run)));
        if let Some(post_return) = self.post_return {
            out.instruction(&I::LocalTee(0))
                .instruction(&I::LocalGet(0))
                .instruction(&I::Call(index(post_return)));
        }
        out.instruction(&I::If(BlockType::Empty)).instruction(&I::I32Const(1));
        out.instruction(&I::Call(index(self.exit))).instruction(&I::End).instruction(&I::End);
        Ok(out)
    }
}

/// Writes the active segments of a part, in their order: elements, then data.
fn segments(out: &mut Function, plan: &Plan<'_>, number: usize) -> Result<(), Error> {
    let (part, module) = (&plan.parts[number], plan.module_of(number));
    let offset = |out: &mut Function, expression| {
        let global =
            |index: u32| part.globals.get(index as usize).map(|&global| plan.globals[global as usize].value);
        let value = fold::fold(expression, &part.types, global, |_| None)?;
        match value {
            Constant::I32(offset) => out.instruction(&I::I32Const(offset)),
            Constant::I64(offset) => out.instruction(&I::I64Const(offset)),
            _ => return Err(Error::invalid("a segment at an offset that is no number")),
        };
        Ok(())
    };
    for (segment, element) in (part.elements..).zip(&module.elements) {
        if let ElementKind::Active { table_index, offset_expr } = &element.kind {
            let len = match &element.items {
                wasmparser::ElementItems::Functions(items) => items.count(),
                wasmparser::ElementItems::Expressions(_, items) => items.count(),
            };
            offset(out, offset_expr)?;
            out.instruction(&I::I32Const(0)).instruction(&I::I32Const(len as i32));
            let table = part.tables[table_index.unwrap_or(0) as usize];
            out.instruction(&I::TableInit { elem_index: segment, table }).instruction(&I::ElemDrop(segment));
        }
    }
    for (segment, data) in (part.data..).zip(&module.data) {
        if let DataKind::Active { offset_expr, .. } = &data.kind {
            offset(out, offset_expr)?;
            copy_data(out, segment, data.data.len());
        }
    }
    Ok(())
}
