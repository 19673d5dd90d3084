//! The module, written again with what makes it a command: imports, exports, a global, and three functions.

use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, FunctionSection, GlobalSection,
    GlobalType, ImportSection, MemoryType, Module, SectionId, TypeSection, ValType,
};

use super::{bare::Bare, random::Random};

/// Functions that are imported, and so come before the module's own.
pub(super) const IMPORTS: u32 = 3;
pub(super) const FD_WRITE: u32 = 0;
pub(super) const PROC_EXIT: u32 = 1;
pub(super) const ARGS_SIZES_GET: u32 = 2;

/// Writes the module again, with what makes it a command.
pub(super) struct Command {
    pub(super) bare: Bare,
    pub(super) fuel: u32,
    pub(super) random: Random,
}

/// The command's own functions, counted from behind the module's.
pub(super) const MIX: u32 = 0;
pub(super) const PRINT: u32 = 1;
const START: u32 = 2;
/// The command's own types, counted from behind the module's.
const TYPE_MIX: u32 = 0;
const TYPE_NOTHING: u32 = 1;
const TYPE_FD_WRITE: u32 = 2;
const TYPE_EXIT: u32 = 3;
const TYPE_ARGS: u32 = 4;

impl Command {
    pub(super) fn own(&self, function: u32) -> u32 {
        IMPORTS + self.bare.functions.len() as u32 + function
    }

    /// The global that holds the digest.
    pub(super) fn digest(&self) -> u32 {
        self.bare.globals.len() as u32
    }

    fn imports(&self) -> ImportSection {
        let mut imports = ImportSection::new();
        for (name, ty) in
            [("fd_write", TYPE_FD_WRITE), ("proc_exit", TYPE_EXIT), ("args_sizes_get", TYPE_ARGS)]
        {
            imports.import("wasi_snapshot_preview1", name, EntityType::Function(self.bare.types + ty));
        }
        imports
    }

    fn exports(&self) -> ExportSection {
        let mut exports = ExportSection::new();
        exports.export("memory", ExportKind::Memory, 0);
        exports.export("_start", ExportKind::Func, self.own(START));
        exports
    }
}

impl Reencode for Command {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error> {
        Ok(function + IMPORTS)
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_type_section(self, types, section)?;
        let i32 = ValType::I32;
        types.ty().function([ValType::I64], []);
        types.ty().function([], []);
        types.ty().function([i32, i32, i32, i32], [i32]);
        types.ty().function([i32], []);
        types.ty().function([i32, i32], [i32]);
        Ok(())
    }

    /// Makes the sections for imports and exports where wasm-smith has left them out.
    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), Error> {
        if after == Some(SectionId::Type) && before != Some(SectionId::Import) {
            module.section(&self.imports());
        }
        if after == Some(SectionId::Global) && before != Some(SectionId::Export) {
            module.section(&self.exports());
        }
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        _: wasmparser::ImportSectionReader<'_>,
    ) -> Result<(), Error> {
        *imports = self.imports();
        Ok(())
    }

    /// What wasm-smith exports has names that could be the command's own.
    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        _: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), Error> {
        *exports = self.exports();
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_function_section(self, functions, section)?;
        for ty in [TYPE_MIX, TYPE_NOTHING, TYPE_NOTHING] {
            functions.function(self.bare.types + ty);
        }
        Ok(())
    }

    /// There is a page for what is printed.
    fn memory_type(&mut self, memory: wasmparser::MemoryType) -> Result<MemoryType, Error> {
        let memory = utils::memory_type(self, memory);
        let minimum = memory.minimum.max(1);
        Ok(MemoryType { minimum, maximum: memory.maximum.map(|maximum| maximum.max(minimum)), ..memory })
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_global_section(self, globals, section)?;
        let ty = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
        globals.global(ty, &ConstExpr::i64_const(0));
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_code_section(self, code, section)?;
        code.function(&self.mix());
        code.function(&self.print());
        code.function(&self.start());
        Ok(())
    }
}
