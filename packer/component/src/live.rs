//! What the program needs: functions that can be called, and memories that something works on.
//!
//! Libraries and adapters bring along what a program never calls; it would be compiled, and imports of it would be imports of
//! the program.

use wasm_encoder::reencode::{self, Reencode};
use wasmparser::{DataKind, ElementItems, FunctionBody, Operator};

use crate::{
    Error,
    fold::Constant,
    plan::{FunctionId, Part, Plan, Source},
};

/// What is needed.
pub(crate) struct Live {
    functions: Vec<bool>,
    /// Empty where there is one memory at most: nobody asks then.
    memories: Vec<bool>,
    queue: Vec<FunctionId>,
}

impl Live {
    /// What the segments, tables and globals of a plan need, and its modules' start functions.
    pub(crate) fn of_modules(plan: &Plan<'_>) -> Result<Live, Error> {
        let count = plan.memories.len();
        let memories = if count > 1 { vec![false; count] } else { Vec::new() };
        let mut live = Live { functions: Vec::new(), memories, queue: Vec::new() };
        let tables = plan.tables.iter().filter_map(|table| table.init);
        for constant in plan.globals.iter().map(|global| global.value).chain(tables) {
            if let Constant::Function(function) = constant {
                live.mark(function);
            }
        }
        for part in &plan.parts {
            live.segments(plan, part)?;
        }
        live.follow(plan)?;
        Ok(live)
    }

    fn segments(&mut self, plan: &Plan<'_>, part: &Part) -> Result<(), Error> {
        let module = &plan.modules[part.module];
        let start = module.start.map(|start| part.functions[start as usize]);
        start.into_iter().for_each(|start| self.mark(start));
        for element in &module.elements {
            match &element.items {
                ElementItems::Functions(functions) => {
                    for function in functions.clone() {
                        self.mark(part.functions[function? as usize]);
                    }
                }
                ElementItems::Expressions(_, expressions) => {
                    for expression in expressions.clone() {
                        for operator in expression?.get_operators_reader() {
                            if let Operator::RefFunc { function_index } = operator? {
                                self.mark(part.functions[function_index as usize]);
                            }
                        }
                    }
                }
            }
        }
        for data in &module.data {
            if let (DataKind::Active { memory_index, .. }, false) = (&data.kind, data.data.is_empty()) {
                self.use_memory(part.memories[*memory_index as usize]);
            }
        }
        Ok(())
    }

    /// Whether a function is needed.
    pub(crate) fn has(&self, function: FunctionId) -> bool {
        self.functions.get(function).copied().unwrap_or_default()
    }

    /// The memories that are needed, of several.
    pub(crate) fn memories(&self) -> impl Iterator<Item = u32> {
        (0..).zip(&self.memories).filter(|(_, is_needed)| **is_needed).map(|(number, _)| number)
    }

    /// Notes that a function is needed; what it calls is noted by [`Live::follow`].
    pub(crate) fn mark(&mut self, function: FunctionId) {
        if self.functions.len() <= function {
            self.functions.resize(function + 1, false);
        }
        if !std::mem::replace(&mut self.functions[function], true) {
            self.queue.push(function);
        }
    }

    fn use_memory(&mut self, memory: u32) {
        if let Some(is_needed) = self.memories.get_mut(memory as usize) {
            *is_needed = true;
        }
    }

    /// Goes through the bodies of all functions that were marked, and marks what they call.
    pub(crate) fn follow(&mut self, plan: &Plan<'_>) -> Result<(), Error> {
        while let Some(function) = self.queue.pop() {
            match &plan.functions[function].source {
                Source::Body { part, body } => {
                    let body = &plan.module_of(*part).bodies[*body];
                    let part = &plan.parts[*part];
                    if self.memories.is_empty() {
                        self.calls(part, body)?;
                    } else {
                        self.everything(part, body)?;
                    }
                }
                Source::Call(call) => {
                    call.memory.into_iter().for_each(|memory| self.use_memory(memory));
                    call.realloc.into_iter().for_each(|realloc| self.mark(realloc));
                }
                Source::Host(..) | Source::Made => {}
            }
        }
        Ok(())
    }

    fn calls(&mut self, part: &Part, body: &FunctionBody<'_>) -> Result<(), Error> {
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            if let Operator::Call { function_index }
            | Operator::ReturnCall { function_index }
            | Operator::RefFunc { function_index } = reader.read()?
            {
                self.mark(part.functions[function_index as usize]);
            }
        }
        Ok(())
    }

    fn everything(&mut self, part: &Part, body: &FunctionBody<'_>) -> Result<(), Error> {
        let mut uses = Uses { live: self, part };
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            uses.instruction(reader.read()?)?;
        }
        Ok(())
    }
}

/// Notes what an instruction names.
struct Uses<'l, 'p> {
    live: &'l mut Live,
    part: &'p Part,
}

impl Reencode for Uses<'_, '_> {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error> {
        self.live.mark(self.part.functions[function as usize]);
        Ok(0)
    }

    fn memory_index(&mut self, memory: u32) -> Result<u32, reencode::Error> {
        self.live.use_memory(self.part.memories[memory as usize]);
        Ok(0)
    }
}
