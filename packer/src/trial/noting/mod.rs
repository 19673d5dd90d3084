//! The module that is tried: the program's own, with notes in it.
//!
//! Every function begins with a look whether it was entered before, and every access to the app's memory with a look whether
//! its page was touched before ([`body`] and [`known`] have where). What happens for the first time is told to the host, by
//! imported functions ([`Hook`]). The marks are bytes of a second memory, so that a look takes a few instructions and no call. A
//! global counts the steps. Apart from that the module does what it did. Functions keep their order; their indices move up by the
//! imports.

mod body;
mod known;
mod plan;

use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, GlobalSection, GlobalType, ImportSection,
    MemorySection, MemoryType, Module, SectionId, TypeSection, ValType,
    reencode::{Reencode, utils},
};
use wasmparser::{
    CodeSectionReader, ExportSectionReader, FunctionBody, GlobalSectionReader, ImportSectionReader,
    MemorySectionReader, Parser, TypeSectionReader,
};

use self::plan::{Error, Plan};
use crate::parallel;

pub(super) use plan::{FUNCTIONS, Hook, LEFT, NAME, PAGE_SHIFT};

/// Bytes of a page of a memory.
const WASM_PAGE: u32 = 0x1_0000;

/// `module`, which is valid, with notes in it, to be run for `steps`.
///
/// # Errors
/// If it uses something that cannot be written again: what nothing here compiles.
pub(super) fn noting(module: &[u8], steps: i32) -> Result<Vec<u8>, Error> {
    let plan = Plan::read(module)?;
    let mut out = Module::new();
    let mut writer = Writer { plan, steps, has_imports: false, has_memories: false, has_globals: false };
    writer.parse_core_module(&mut out, Parser::new(0), module)?;
    Ok(out.finish())
}

/// Writes the module again.
struct Writer {
    plan: Plan,
    steps: i32,
    has_imports: bool,
    has_memories: bool,
    has_globals: bool,
}

impl Writer {
    fn imports(&mut self, imports: &mut ImportSection) {
        self.has_imports = true;
        for hook in Hook::ALL {
            let ty = self.plan.types.len() as u32 + hook.parameters();
            imports.import(NAME, hook.name(), wasm_encoder::EntityType::Function(ty));
        }
    }

    fn globals(&mut self, globals: &mut GlobalSection) {
        self.has_globals = true;
        let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(ty, &ConstExpr::i32_const(self.steps));
    }

    fn memories(&mut self, memories: &mut MemorySection) {
        self.has_memories = true;
        let bytes = FUNCTIONS + self.plan.functions.len() as u32;
        memories.memory(MemoryType {
            minimum: bytes.div_ceil(WASM_PAGE).into(),
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
    }
}

/// The place of a section in a module.
fn rank(section: SectionId) -> u8 {
    match section {
        SectionId::Custom | SectionId::Type => 1,
        SectionId::Import => 2,
        SectionId::Function => 3,
        SectionId::Table => 4,
        SectionId::Memory => 5,
        SectionId::Tag => 6,
        SectionId::Global => 7,
        _ => 8,
    }
}

impl Reencode for Writer {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error> {
        Ok(self.plan.moved(function))
    }

    fn parse_custom_section(
        &mut self,
        _module: &mut Module,
        _section: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), Error> {
        Ok(())
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_type_section(self, types, section)?;
        // By how many numbers they take.
        for count in 0..3 {
            types.ty().function(std::iter::repeat_n(ValType::I32, count), []);
        }
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_import_section(self, imports, section)?;
        self.imports(imports);
        Ok(())
    }

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: MemorySectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_memory_section(self, memories, section)?;
        self.memories(memories);
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_global_section(self, globals, section)?;
        self.globals(globals);
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_export_section(self, exports, section)?;
        exports.export(NAME, ExportKind::Memory, self.plan.memories);
        exports.export(LEFT, ExportKind::Global, self.plan.globals);
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error> {
        let bodies = section.into_iter().collect::<Result<Vec<FunctionBody<'_>>, _>>()?;
        let one = |(): &mut (), index: usize| body::noting(&self.plan, index, &bodies[index]);
        for function in parallel::map(bodies.len(), || (), one) {
            code.raw(&function?);
        }
        Ok(())
    }

    /// Puts in the sections that the module does not have.
    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), Error> {
        let next = before.map_or(u8::MAX, rank);
        if !self.has_imports && next > rank(SectionId::Import) {
            let mut imports = ImportSection::new();
            self.imports(&mut imports);
            module.section(&imports);
        }
        if !self.has_memories && next > rank(SectionId::Memory) {
            let mut memories = MemorySection::new();
            self.memories(&mut memories);
            module.section(&memories);
        }
        if !self.has_globals && next > rank(SectionId::Global) {
            let mut globals = GlobalSection::new();
            self.globals(&mut globals);
            module.section(&globals);
        }
        Ok(())
    }
}
