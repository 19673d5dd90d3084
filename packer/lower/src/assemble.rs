//! Puts the lowered module together: sections that do not change are copied, others are written anew.
//!
//! The tag section goes, and exports of tags. Custom sections that tell about places in the code would tell lies, so they
//! go, too; the one with names stays.

use std::ops::Range;

use wasm_encoder::{
    ConstExpr, ElementSection, Elements, Encode, ExportKind, ExportSection, FunctionSection, GlobalSection,
    GlobalType, Module as Encoder, RawSection, Section, SectionId, StartSection, TypeSection, ValType,
    reencode::Reencode,
};
use wasmparser::{
    BinaryReader, ElementSectionReader, ExternalKind, FunctionSectionReader, GlobalSectionReader,
    TypeSectionReader,
};

use crate::{
    Error,
    exnref::null_of,
    map::{OffsetMap, Original},
    output::Code,
    plan::Plan,
};

/// The sections that may be added, and all others, in the order in which they must come.
const ORDER: [SectionId; 13] = [
    SectionId::Type,
    SectionId::Import,
    SectionId::Function,
    SectionId::Table,
    SectionId::Memory,
    SectionId::Tag,
    SectionId::Global,
    SectionId::Export,
    SectionId::Start,
    SectionId::Element,
    SectionId::DataCount,
    SectionId::Code,
    SectionId::Data,
];

/// Custom sections with offsets into the code, by how their names begin.
const ABOUT_CODE: [&str; 6] =
    [".debug_", "reloc.", "linking", "metadata.code.", "sourceMappingURL", "external_debug_info"];

/// The module with its bodies as `code` has them, and the map of its offsets.
pub(crate) fn assemble(plan: &Plan<'_, '_>, code: &[Code]) -> Result<(Vec<u8>, OffsetMap), Error> {
    let mut assembly = Assembly { plan, code, out: Encoder::new(), map: OffsetMap::default(), next: 0 };
    for (id, range) in &plan.module.sections {
        if *id == SectionId::Custom as u8 {
            assembly.custom(range.clone())?;
            continue;
        }
        let Some(rank) = ORDER.iter().position(|&other| other as u8 == *id) else { continue };
        assembly.missing(rank)?;
        assembly.section(ORDER[rank], range.clone())?;
        assembly.next = rank + 1;
    }
    assembly.missing(ORDER.len())?;
    Ok((assembly.out.finish(), assembly.map))
}

struct Assembly<'p, 'm, 'a> {
    plan: &'p Plan<'m, 'a>,
    code: &'p [Code],
    out: Encoder,
    map: OffsetMap,
    /// The rank of the section that may come next.
    next: usize,
}

impl<'a> Assembly<'_, '_, 'a> {
    /// Writes sections that the original does not have, up to that of `rank`.
    fn missing(&mut self, rank: usize) -> Result<(), Error> {
        for id in &ORDER[self.next..rank] {
            match id {
                SectionId::Global => self.globals(None)?,
                SectionId::Export => self.exports(),
                SectionId::Element => self.elements(None)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn reader(&self, range: Range<usize>) -> BinaryReader<'a> {
        BinaryReader::new(&self.plan.module.bytes[range.clone()], range.start as u64)
    }

    fn section(&mut self, id: SectionId, range: Range<usize>) -> Result<(), Error> {
        match id {
            SectionId::Type => self.types(range)?,
            SectionId::Function => self.functions(range)?,
            SectionId::Global => self.globals(Some(range))?,
            SectionId::Export => self.exports(),
            SectionId::Element => self.elements(Some(range))?,
            SectionId::Start => {
                if let Some(function_index) = self.plan.module.start.map(|index| self.entry(index)) {
                    self.out.section(&StartSection { function_index });
                }
            }
            SectionId::Code => self.bodies(),
            SectionId::Tag => {}
            other => self.copy(other as u8, range),
        }
        Ok(())
    }

    fn copy(&mut self, id: u8, range: Range<usize>) {
        self.out.section(&RawSection { id, data: &self.plan.module.bytes[range] });
    }

    fn custom(&mut self, range: Range<usize>) -> Result<(), Error> {
        let name = self.reader(range.clone()).read_string()?;
        if !ABOUT_CODE.iter().any(|about| name.starts_with(about)) {
            self.copy(SectionId::Custom as u8, range);
        }
        Ok(())
    }

    fn types(&mut self, range: Range<usize>) -> Result<(), Error> {
        let plan = self.plan;
        let (mut exnref, mut types) = (plan.exnref, TypeSection::new());
        exnref.parse_type_section(&mut types, TypeSectionReader::new(self.reader(range))?)?;
        let reference = plan.exnref.val_type();
        if plan.take.is_some() {
            types.ty().function([], [reference]);
        }
        if plan.put.is_some() {
            types.ty().function([reference], []);
        }
        for &ty in plan.taking.keys() {
            let params = plan.module.types.function(ty).params().iter();
            let params = params.map(|&ty| Reencode::val_type(&mut exnref, ty));
            types.ty().function(params.collect::<Result<Vec<_>, _>>()?, []);
        }
        self.out.section(&types);
        Ok(())
    }

    fn functions(&mut self, range: Range<usize>) -> Result<(), Error> {
        let plan = self.plan;
        let (mut exnref, mut functions) = (plan.exnref, FunctionSection::new());
        exnref.parse_function_section(&mut functions, FunctionSectionReader::new(self.reader(range))?)?;
        for (_, ty) in plan.take.iter().chain(&plan.put) {
            functions.function(*ty);
        }
        for &function in plan.wrappers.keys() {
            functions.function(plan.module.functions[function as usize]);
        }
        self.out.section(&functions);
        Ok(())
    }

    fn globals(&mut self, range: Option<Range<usize>>) -> Result<(), Error> {
        let plan = self.plan;
        let (mut exnref, mut globals) = (plan.exnref, GlobalSection::new());
        if let Some(range) = range {
            exnref.parse_global_section(&mut globals, GlobalSectionReader::new(self.reader(range))?)?;
        }
        if !plan.module.bodies.is_empty() {
            for &val_type in [ValType::I32, ValType::I32].iter().chain(plan.payloads.globals()) {
                let null = null_of(val_type).expect("payloads that cannot be null lie in globals that can");
                let ty = GlobalType { val_type, mutable: true, shared: false };
                globals.global(ty, &ConstExpr::extended([null]));
            }
        }
        if !globals.is_empty() {
            self.out.section(&globals);
        }
        Ok(())
    }

    fn exports(&mut self) {
        let mut exports = ExportSection::new();
        for export in &self.plan.module.exports {
            let (kind, index) = match export.kind {
                ExternalKind::Func | ExternalKind::FuncExact => (ExportKind::Func, self.entry(export.index)),
                ExternalKind::Table => (ExportKind::Table, export.index),
                ExternalKind::Memory => (ExportKind::Memory, export.index),
                ExternalKind::Global => (ExportKind::Global, export.index),
                ExternalKind::Tag => continue,
            };
            exports.export(export.name, kind, index);
        }
        if let Some(name) = self.plan.origin_name() {
            exports.export(&name, ExportKind::Global, self.plan.origin);
        }
        if !exports.is_empty() {
            self.out.section(&exports);
        }
    }

    /// The function that the outside calls for function `index`.
    fn entry(&self, index: u32) -> u32 {
        self.plan.wrappers.get(&index).copied().unwrap_or(index)
    }

    fn elements(&mut self, range: Option<Range<usize>>) -> Result<(), Error> {
        let plan = self.plan;
        // `ref.func` needs a function that the module names outside of its bodies: an export did, and names a wrapper now.
        let referenced = &plan.module.facts.referenced;
        let declared: Vec<u32> =
            plan.wrappers.keys().copied().filter(|index| referenced.contains(index)).collect();
        let mut elements = ElementSection::new();
        match range {
            Some(range) if declared.is_empty() => {
                self.copy(SectionId::Element as u8, range);
                return Ok(());
            }
            Some(range) => {
                let mut exnref = plan.exnref;
                exnref
                    .parse_element_section(&mut elements, ElementSectionReader::new(self.reader(range))?)?;
            }
            None => {}
        }
        if !declared.is_empty() {
            elements.declared(Elements::Functions(declared.into()));
        }
        if !elements.is_empty() {
            self.out.section(&elements);
        }
        Ok(())
    }

    fn bodies(&mut self) {
        let added = self.plan.wrappers.len()
            + usize::from(self.plan.take.is_some())
            + usize::from(self.plan.put.is_some());
        let count = (self.plan.module.bodies.len() + added) as u32;
        let section = Bodies { count, code: self.code };
        self.out.section(&section);
        let end = self.out.as_slice().len();
        let mut start = end - section.len();
        for code in self.code {
            self.map.append(&code.map, start as u32);
            start += code.bytes.len();
        }
        self.map.push(end as u32, Original::Nothing);
    }
}

/// The code section, of pieces.
struct Bodies<'c> {
    count: u32,
    code: &'c [Code],
}

impl Bodies<'_> {
    /// Bytes of all bodies.
    fn len(&self) -> usize {
        self.code.iter().map(|code| code.bytes.len()).sum()
    }
}

impl Section for Bodies<'_> {
    fn id(&self) -> u8 {
        SectionId::Code as u8
    }
}

impl Encode for Bodies<'_> {
    fn encode(&self, sink: &mut Vec<u8>) {
        let mut count = Vec::new();
        self.count.encode(&mut count);
        (count.len() + self.len()).encode(sink);
        sink.reserve(count.len() + self.len());
        sink.extend(count);
        self.code.iter().for_each(|code| sink.extend_from_slice(&code.bytes));
    }
}
