//! Writes the merged module.

use lower::{OffsetMap, Original};
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementMode, ElementSection, ElementSegment,
    Elements, EntityType, ExportKind, ExportSection, FunctionSection, GlobalSection, GlobalType,
    ImportSection, MemorySection, Module as Encoder, NameMap, NameSection, TableSection, TagKind, TagSection,
    TagType, TypeSection,
    reencode::{self, Reencode},
};
use wasmparser::{DataKind, ElementItems, ElementKind, FunctionBody, MemoryType};

use crate::{
    Error, fold,
    live::Live,
    made::{Adapter, Start, first_start},
    plan::{FunctionId, Part, Plan, Source},
};

/// Everything that is written.
pub(crate) struct Output<'p, 'a> {
    pub(crate) plan: &'p Plan<'a>,
    pub(crate) live: &'p Live,
    pub(crate) adapter: Option<&'p Adapter>,
    pub(crate) start: &'p Start,
    pub(crate) memory: Option<MemoryType>,
}

/// Functions that are needed, in the order of their indices.
struct Order {
    hosts: Vec<FunctionId>,
    others: Vec<FunctionId>,
    /// The index of each function; `u32::MAX` for one that is not needed.
    indices: Vec<u32>,
}

impl Order {
    fn new(plan: &Plan<'_>, live: &Live) -> Order {
        let needed = (0..plan.functions.len()).filter(|&function| live.has(function));
        let is_host = |function: &FunctionId| matches!(plan.functions[*function].source, Source::Host(..));
        let (hosts, others): (Vec<_>, Vec<_>) = needed.partition(is_host);
        let mut indices = vec![u32::MAX; plan.functions.len()];
        for (index, &function) in (0..).zip(hosts.iter().chain(&others)) {
            indices[function] = index;
        }
        Order { hosts, others, indices }
    }
}

impl Output<'_, '_> {
    /// The module, and where in the component its instructions were.
    pub(crate) fn write(&self) -> Result<(Vec<u8>, OffsetMap), Error> {
        let plan = self.plan;
        let order = Order::new(plan, self.live);
        let mut out = Encoder::new();
        let mut types = TypeSection::new();
        for ty in plan.types.all() {
            types.ty().function(ty.params.iter().copied(), ty.results.iter().copied());
        }
        out.section(&types);
        let mut imports = ImportSection::new();
        for &function in &order.hosts {
            if let Source::Host(module, name) = &plan.functions[function].source {
                imports.import(module, name, EntityType::Function(plan.functions[function].ty));
            }
        }
        out.section(&imports);
        let mut functions = FunctionSection::new();
        for &function in &order.others {
            functions.function(plan.functions[function].ty);
        }
        out.section(&functions);
        out.section(&self.tables(&order));
        if let Some(memory) = self.memory {
            let mut memories = MemorySection::new();
            memories.memory(reencode::utils::memory_type(&mut reencode::RoundtripReencoder, memory));
            out.section(&memories);
        }
        if !plan.tags.is_empty() {
            let mut tags = TagSection::new();
            for &func_type_idx in &plan.tags {
                tags.tag(TagType { kind: TagKind::Exception, func_type_idx });
            }
            out.section(&tags);
        }
        let mut globals = GlobalSection::new();
        for global in &plan.globals {
            let ty = GlobalType { val_type: global.ty, mutable: global.mutable, shared: false };
            globals.global(ty, &global.value.expression(|function| order.indices[function]));
        }
        out.section(&globals);
        let mut exports = ExportSection::new();
        exports.export("_start", ExportKind::Func, order.indices[self.start.start]);
        if self.memory.is_some() {
            exports.export("memory", ExportKind::Memory, 0);
        }
        out.section(&exports);
        let (elements, data) = self.segments(&order)?;
        out.section(&elements);
        out.section(&DataCountSection { count: plan.data });
        let (code, distances) = self.code(&order)?;
        out.section(&code);
        let mut map = OffsetMap::default();
        let end = out.as_slice().len();
        map.append(&distances, (end - code.byte_len()) as u32);
        map.push(end as u32, Original::Nothing);
        out.section(&data);
        out.section(&self.names(&order));
        Ok((out.finish(), map))
    }

    fn tables(&self, order: &Order) -> TableSection {
        let mut tables = TableSection::new();
        for table in &self.plan.tables {
            let ty = wasm_encoder::TableType {
                element_type: table.element,
                table64: table.ty.table64,
                minimum: table.ty.initial,
                maximum: table.ty.maximum,
                shared: table.ty.shared,
            };
            match table.init {
                None => tables.table(ty),
                Some(init) => {
                    tables.table_with_init(ty, &init.expression(|function| order.indices[function]))
                }
            };
        }
        tables
    }

    /// Active segments behind the first start function become passive: `_start` writes them when it is their turn.
    fn segments(&self, order: &Order) -> Result<(ElementSection, DataSection), Error> {
        let (mut elements, mut data) = (ElementSection::new(), DataSection::new());
        let first = first_start(self.plan).unwrap_or(usize::MAX);
        for (number, part) in self.plan.parts.iter().enumerate() {
            let mut part = self.encoder(part, order);
            let later = number > first || part.part.is_adapter;
            let module = self.plan.module_of(number);
            for element in &module.elements {
                let items = part.items(&element.items)?;
                let elements_of = |items| match items {
                    Items::Functions(list) => Elements::Functions(list),
                    Items::Expressions(ty, list) => Elements::Expressions(ty, list),
                };
                match &element.kind {
                    ElementKind::Active { table_index, offset_expr } if !later => {
                        let table = part.part.tables[table_index.unwrap_or(0) as usize];
                        let offset = part.fold(offset_expr)?;
                        // The shortest form names no table, and is one of functions.
                        let table = (table != 0 || !matches!(items, Items::Functions(_))).then_some(table);
                        elements.active(table, &offset, elements_of(items));
                    }
                    ElementKind::Active { .. } | ElementKind::Passive => {
                        elements.passive(elements_of(items));
                    }
                    ElementKind::Declared => {
                        elements.declared(elements_of(items));
                    }
                }
            }
            for one in &module.data {
                match &one.kind {
                    DataKind::Active { offset_expr, .. } if !later => {
                        data.active(0, &part.fold(offset_expr)?, one.data.iter().copied());
                    }
                    _ => {
                        data.passive(one.data.iter().copied());
                    }
                }
            }
        }
        if let Some(adapter) = self.adapter {
            let functions: Vec<u32> =
                adapter.reallocs().iter().map(|&realloc| order.indices[realloc]).collect();
            elements.segment(ElementSegment {
                mode: ElementMode::Active { table: Some(adapter.table), offset: &ConstExpr::i32_const(1) },
                elements: Elements::Functions(functions.into()),
            });
        }
        Ok((elements, data))
    }

    fn encoder<'o>(&'o self, part: &'o Part, order: &'o Order) -> Encode<'o> {
        Encode { plan: self.plan, part, indices: &order.indices }
    }

    /// The bodies, and where they were; offsets count from the first of them.
    fn code(&self, order: &Order) -> Result<(CodeSection, OffsetMap), Error> {
        let plan = self.plan;
        let index = |function: FunctionId| order.indices[function];
        let (mut code, mut map) = (CodeSection::new(), OffsetMap::default());
        for &number in &order.others {
            let function = &plan.functions[number];
            let made = match (&function.source, self.adapter) {
                (Source::Body { part, body }, _) => {
                    let body = &plan.module_of(*part).bodies[*body];
                    let from = if plan.parts[*part].is_adapter { None } else { Some(&mut map) };
                    self.encoder(&plan.parts[*part], order).body(&mut code, body, from)?;
                    continue;
                }
                (Source::Call(call), Some(adapter)) => adapter.call(plan, call, function.ty, &index)?,
                (Source::Made, Some(adapter)) if adapter.is_prepare(number) => {
                    adapter.prepare(plan, &index)?
                }
                _ => self.start.body(plan, &index)?,
            };
            let original = match &function.source {
                Source::Call(call) => Original::at(call.offset),
                _ => Original::Nothing,
            };
            map.push(code.byte_len() as u32, original);
            code.function(&made);
        }
        Ok((code, map))
    }

    fn names(&self, order: &Order) -> NameSection {
        let mut map = NameMap::new();
        for (index, &number) in (0..).zip(order.hosts.iter().chain(&order.others)) {
            let function = &self.plan.functions[number];
            match (&function.source, function.name) {
                (Source::Call(call), _) => map.append(index, &call.imported),
                (_, Some(name)) => map.append(index, name),
                _ => {}
            }
        }
        let mut names = NameSection::new();
        names.functions(&map);
        names
    }
}

/// The items of an element segment.
enum Items {
    Functions(std::borrow::Cow<'static, [u32]>),
    Expressions(wasm_encoder::RefType, std::borrow::Cow<'static, [ConstExpr]>),
}

/// Gives what a part names its number in the merged module.
struct Encode<'o> {
    plan: &'o Plan<'o>,
    part: &'o Part,
    indices: &'o [u32],
}

impl Encode<'_> {
    fn fold(&self, expression: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr, Error> {
        let value = fold::fold(
            expression,
            &self.part.types,
            |index| {
                self.part.globals.get(index as usize).map(|&global| self.plan.globals[global as usize].value)
            },
            |index| self.part.functions.get(index as usize).copied(),
        )?;
        Ok(value.expression(|function| self.indices[function]))
    }

    /// Writes a body, and into `map` where its instructions were; without one they were nowhere.
    fn body(
        &mut self,
        code: &mut CodeSection,
        body: &FunctionBody<'_>,
        mut map: Option<&mut OffsetMap>,
    ) -> Result<(), Error> {
        let mut function = self.new_function_with_parsed_locals(body)?;
        let mut reader = body.get_operators_reader()?;
        let mut places = Vec::new();
        while !reader.eof() {
            if map.is_some() {
                places.push((function.byte_len(), reader.original_position()));
            }
            let instruction = self.parse_instruction(&mut reader)?;
            function.instruction(&instruction);
        }
        let start = code.byte_len();
        code.function(&function);
        // Its length stands before it.
        let start = start + (code.byte_len() - start - function.byte_len());
        match &mut map {
            None => {}
            Some(map) => {
                for (at, original) in places {
                    map.push((start + at) as u32, Original::run(original as usize));
                }
            }
        }
        Ok(())
    }

    fn items(&mut self, items: &ElementItems<'_>) -> Result<Items, Error> {
        match items {
            ElementItems::Functions(functions) => {
                let mut list = Vec::new();
                for function in functions.clone() {
                    list.push(self.indices[self.part.functions[function? as usize]]);
                }
                Ok(Items::Functions(list.into()))
            }
            ElementItems::Expressions(ty, expressions) => {
                let mut list = Vec::new();
                for expression in expressions.clone() {
                    list.push(self.fold(&expression?)?);
                }
                Ok(Items::Expressions(Reencode::ref_type(self, *ty)?, list.into()))
            }
        }
    }
}

impl Reencode for Encode<'_> {
    type Error = std::convert::Infallible;

    fn type_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.part.types[index as usize])
    }

    fn function_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.indices[self.part.functions[index as usize]])
    }

    fn table_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.part.tables[index as usize])
    }

    // There is one memory, or none that is worked on.
    fn memory_index(&mut self, _: u32) -> Result<u32, reencode::Error> {
        Ok(0)
    }

    fn global_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.part.globals[index as usize])
    }

    fn tag_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.part.tags[index as usize])
    }

    fn element_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.part.elements + index)
    }

    fn data_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.part.data + index)
    }
}
