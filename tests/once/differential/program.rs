//! Random WebAssembly modules, made into WASI commands that tell what they compute.
//!
//! wasm-smith makes the module, valid and certain to end. To it come three imports, and a `_start` that calls functions with
//! fixed arguments and prints a digest after each: of what it returned, of all globals, and of the whole memory. Two engines
//! that print the same lines computed the same. As many arguments as the program is started with choose the function; as
//! many as there are functions, or more, mean one after the other, so that a trap in one does not hide the rest.

use std::convert::Infallible;

use arbitrary::Unstructured;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, ImportSection, Instruction, MemArg, MemArgTarget, MemoryType, Module,
    SectionId, TypeSection, ValType,
};
use wasm_smith::Config;
use wasmparser::{CompositeInnerType, Parser, Payload, ValType as Parsed};

/// What a program that ran to its end exits with.
pub const DONE: i32 = 7;
/// How often a function may call or loop in all, before it traps.
const FUEL: u32 = 5000;
/// How many bytes of randomness a module is made of.
const ENTROPY: usize = 4096;
/// The most pages of memory that a module has.
const PAGES: u64 = 4;
/// Functions that are imported, and so come before the module's own.
const IMPORTS: u32 = 3;
const FD_WRITE: u32 = 0;
const PROC_EXIT: u32 = 1;
const ARGS_SIZES_GET: u32 = 2;
/// The most functions that a module has of its own.
pub const FUNCTIONS: usize = 8;
/// Where `_start` keeps what it prints, in the module's own memory: an iovec, the count of what was written, the text.
const IOVEC: u64 = 0;
const WRITTEN: i32 = 8;
const TEXT: u64 = 16;
/// A digest in hexadecimal, and a line feed.
const LINE: i32 = 17;

/// What a module may be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What both compilers have.
    Common,
    /// And what Cranelift alone has: SIMD, exceptions, wide arithmetic.
    Wide,
}

/// The module of `seed`, which is the same every time.
pub fn module(seed: u64, kind: Kind) -> Vec<u8> {
    let mut random = Random(seed.wrapping_mul(2) | u64::from(kind == Kind::Wide));
    let bytes: Vec<u8> = (0..ENTROPY / 8).flat_map(|_| random.next().to_le_bytes()).collect();
    let mut smith = wasm_smith::Module::new(config(kind, seed), &mut Unstructured::new(&bytes))
        .expect("wasm-smith makes a module of any bytes");
    let fuel = smith.ensure_termination(FUEL).expect("no function is made of invalid bytes");
    let bare = smith.to_bytes();
    let mut command = Command { bare: Bare::read(&bare), fuel, random };
    let mut module = Module::new();
    utils::parse_core_module(&mut command, &mut module, Parser::new(0), &bare)
        .expect("what wasm-smith wrote can be read");
    module.finish()
}

fn config(kind: Kind, seed: u64) -> Config {
    let wide = kind == Kind::Wide;
    Config {
        // Every fourth module stops at nothing: it divides, loads and converts what comes, and may trap.
        disallow_traps: !seed.is_multiple_of(4),
        canonicalize_nans: true,
        simd_enabled: wide,
        exceptions_enabled: wide,
        wide_arithmetic_enabled: wide,
        relaxed_simd_enabled: false,
        threads_enabled: false,
        gc_enabled: false,
        tail_call_enabled: false,
        memory64_enabled: false,
        compact_imports_enabled: false,
        max_imports: 0,
        export_everything: false,
        // Their names could be those of the command's own.
        max_exports: 0,
        allow_start_export: false,
        min_types: 3,
        min_funcs: 3,
        max_funcs: FUNCTIONS,
        min_globals: 2,
        max_globals: 8,
        min_memories: 1,
        max_memory32_bytes: PAGES << 16,
        memory_max_size_required: true,
        max_tables: 3,
        max_table_elements: 100,
        table_max_size_required: true,
        max_instructions: 400,
        max_data_segments: 6,
        ..Config::default()
    }
}

/// SplitMix64: random, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn one_of(&mut self, choices: &[u64]) -> u64 {
        choices[(self.next() >> 33) as usize % choices.len()]
    }
}

/// What `_start` must know of the module it is added to.
struct Bare {
    types: u32,
    functions: Vec<(Vec<Parsed>, Vec<Parsed>)>,
    globals: Vec<Parsed>,
}

impl Bare {
    fn read(bytes: &[u8]) -> Bare {
        let mut signatures = Vec::new();
        let mut bare = Bare { types: 0, functions: Vec::new(), globals: Vec::new() };
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.expect("a section") {
                Payload::TypeSection(types) => {
                    for group in types {
                        for ty in group.expect("a type").into_types() {
                            let CompositeInnerType::Func(ty) = ty.composite_type.inner else {
                                panic!("only functions have types without garbage collection");
                            };
                            signatures.push((ty.params().to_vec(), ty.results().to_vec()));
                        }
                    }
                    bare.types = signatures.len() as u32;
                }
                Payload::FunctionSection(functions) => {
                    for ty in functions {
                        bare.functions.push(signatures[ty.expect("a type's index") as usize].clone());
                    }
                }
                Payload::GlobalSection(globals) => {
                    bare.globals
                        .extend(globals.into_iter().map(|global| global.expect("a global").ty.content_type));
                }
                _ => {}
            }
        }
        bare
    }
}

/// Writes the module again, with what makes it a command.
struct Command {
    bare: Bare,
    fuel: u32,
    random: Random,
}

/// The command's own functions, counted from behind the module's.
const MIX: u32 = 0;
const PRINT: u32 = 1;
const START: u32 = 2;
/// The command's own types, counted from behind the module's.
const TYPE_MIX: u32 = 0;
const TYPE_NOTHING: u32 = 1;
const TYPE_FD_WRITE: u32 = 2;
const TYPE_EXIT: u32 = 3;
const TYPE_ARGS: u32 = 4;

impl Command {
    fn own(&self, function: u32) -> u32 {
        IMPORTS + self.bare.functions.len() as u32 + function
    }

    /// The global that holds the digest.
    fn digest(&self) -> u32 {
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

    /// `digest = rotl((digest ^ value) * prime, 23)`
    fn mix(&self) -> Function {
        let mut body = Function::new([]);
        for instruction in [
            Instruction::GlobalGet(self.digest()),
            Instruction::LocalGet(0),
            Instruction::I64Xor,
            Instruction::I64Const(0x100_0000_01b3),
            Instruction::I64Mul,
            Instruction::I64Const(23),
            Instruction::I64Rotl,
            Instruction::GlobalSet(self.digest()),
            Instruction::End,
        ] {
            body.instruction(&instruction);
        }
        body
    }

    /// Mixes all of memory and all globals into the digest, and prints it.
    fn print(&self) -> Function {
        let word = |offset| MemArg { offset, align: 0, target: MemArgTarget::Memory(0), ordering: None };
        // 0: an address, then a place in the text. 1: the size of memory in bytes.
        let mut body = Function::new([(2, ValType::I32)]);
        let mut add = |instruction: &Instruction<'_>| {
            body.instruction(instruction);
        };
        add(&Instruction::MemorySize(0));
        add(&Instruction::I32Const(16));
        add(&Instruction::I32Shl);
        add(&Instruction::LocalSet(1));
        add(&Instruction::Loop(BlockType::Empty));
        add(&Instruction::LocalGet(0));
        add(&Instruction::I64Load(word(0)));
        add(&Instruction::Call(self.own(MIX)));
        add(&Instruction::LocalGet(0));
        add(&Instruction::I32Const(8));
        add(&Instruction::I32Add);
        add(&Instruction::LocalTee(0));
        add(&Instruction::LocalGet(1));
        add(&Instruction::I32LtU);
        add(&Instruction::BrIf(0));
        add(&Instruction::End);
        for (index, ty) in self.bare.globals.iter().enumerate() {
            add(&Instruction::GlobalGet(index as u32));
            // A vector is looked at twice.
            if *ty == Parsed::V128 {
                add(&Instruction::I64x2ExtractLane(1));
                add(&Instruction::Call(self.own(MIX)));
                add(&Instruction::GlobalGet(index as u32));
            }
            for instruction in as_i64(*ty) {
                add(&instruction);
            }
            add(&Instruction::Call(self.own(MIX)));
        }
        // The text, its last digit first.
        add(&Instruction::I32Const(LINE - 1));
        add(&Instruction::LocalSet(0));
        add(&Instruction::Loop(BlockType::Empty));
        add(&Instruction::LocalGet(0));
        add(&Instruction::I32Const(1));
        add(&Instruction::I32Sub);
        add(&Instruction::LocalTee(0));
        // 'a' and the 15 letters behind it are digits as well.
        add(&Instruction::GlobalGet(self.digest()));
        add(&Instruction::LocalGet(0));
        add(&Instruction::I64ExtendI32U);
        add(&Instruction::I64Const(4));
        add(&Instruction::I64Mul);
        add(&Instruction::I64ShrU);
        add(&Instruction::I64Const(15));
        add(&Instruction::I64And);
        add(&Instruction::I64Const(i64::from(b'a')));
        add(&Instruction::I64Add);
        add(&Instruction::I64Store8(word(TEXT)));
        add(&Instruction::LocalGet(0));
        add(&Instruction::BrIf(0));
        add(&Instruction::End);
        add(&Instruction::I32Const(LINE - 1));
        add(&Instruction::I32Const(i32::from(b'\n')));
        add(&Instruction::I32Store8(word(TEXT)));
        add(&Instruction::I32Const(0));
        add(&Instruction::I32Const(TEXT as i32));
        add(&Instruction::I32Store(word(IOVEC)));
        add(&Instruction::I32Const(0));
        add(&Instruction::I32Const(LINE));
        add(&Instruction::I32Store(word(IOVEC + 4)));
        add(&Instruction::I32Const(1));
        add(&Instruction::I32Const(IOVEC as i32));
        add(&Instruction::I32Const(1));
        add(&Instruction::I32Const(WRITTEN));
        add(&Instruction::Call(FD_WRITE));
        add(&Instruction::Drop);
        add(&Instruction::End);
        body
    }

    /// Calls the functions of the module that are asked for.
    fn start(&mut self) -> Function {
        let word = MemArg { offset: 0, align: 0, target: MemArgTarget::Memory(0), ordering: None };
        let functions = std::mem::take(&mut self.bare.functions);
        let count = functions.len() as u32;
        let (mix, print) = (IMPORTS + count + MIX, IMPORTS + count + PRINT);
        // 0: what memory held where the arguments are counted. 1: which function is asked for.
        let mut locals = vec![(1, ValType::I64), (1, ValType::I32)];
        for result in functions.iter().flat_map(|(_, results)| results) {
            locals.push((1, self.val_type(*result).expect("a type of a result")));
        }
        let mut body = Function::new(locals);
        for instruction in [
            Instruction::I32Const(0),
            Instruction::I64Load(word),
            Instruction::LocalSet(0),
            Instruction::I32Const(0),
            Instruction::I32Const(4),
            Instruction::Call(ARGS_SIZES_GET),
            Instruction::Drop,
            Instruction::I32Const(0),
            Instruction::I32Load(word),
            Instruction::I32Const(1),
            Instruction::I32Sub,
            Instruction::LocalSet(1),
            Instruction::I32Const(0),
            Instruction::LocalGet(0),
            Instruction::I64Store(word),
        ] {
            body.instruction(&instruction);
        }
        let mut local = 2;
        for (index, (params, results)) in (0..).zip(&functions) {
            for instruction in [
                Instruction::LocalGet(1),
                Instruction::I32Const(index),
                Instruction::I32Eq,
                Instruction::LocalGet(1),
                Instruction::I32Const(count as i32),
                Instruction::I32GeU,
                Instruction::I32Or,
                Instruction::If(BlockType::Empty),
                Instruction::I32Const(FUEL as i32),
                Instruction::GlobalSet(self.fuel),
            ] {
                body.instruction(&instruction);
            }
            for param in params {
                body.instruction(&self.constant(*param));
            }
            body.instruction(&Instruction::Call(IMPORTS + index as u32));
            for at in (0..results.len() as u32).rev() {
                body.instruction(&Instruction::LocalSet(local + at));
            }
            for (at, result) in (local..).zip(results) {
                body.instruction(&Instruction::LocalGet(at));
                if *result == Parsed::V128 {
                    body.instruction(&Instruction::I64x2ExtractLane(1));
                    body.instruction(&Instruction::Call(mix));
                    body.instruction(&Instruction::LocalGet(at));
                }
                for instruction in as_i64(*result) {
                    body.instruction(&instruction);
                }
                body.instruction(&Instruction::Call(mix));
            }
            local += results.len() as u32;
            body.instruction(&Instruction::Call(print));
            body.instruction(&Instruction::End);
        }
        self.bare.functions = functions;
        body.instruction(&Instruction::I32Const(DONE));
        body.instruction(&Instruction::Call(PROC_EXIT));
        body.instruction(&Instruction::End);
        body
    }

    /// An argument: more often than not one at which functions turn.
    fn constant(&mut self, ty: Parsed) -> Instruction<'static> {
        const EDGES: [u64; 8] = [0, 1, u64::MAX, 1 << 31, 1 << 63, 0x7fff_ffff, 0xffff, 64];
        let value = if self.random.next().is_multiple_of(2) {
            self.random.next()
        } else {
            self.random.one_of(&EDGES)
        };
        // Neither infinite nor no number: what is done to those is compared where functions make them.
        let finite = (value >> 40) as f64 - 8192.5;
        match ty {
            Parsed::I32 => Instruction::I32Const(value as i32),
            Parsed::I64 => Instruction::I64Const(value as i64),
            Parsed::F32 => Instruction::F32Const((finite as f32).into()),
            Parsed::F64 => Instruction::F64Const(finite.into()),
            Parsed::V128 => Instruction::V128Const(i128::from(value).wrapping_mul(0x1_0000_0001_0000_0001)),
            Parsed::Ref(ty) => {
                Instruction::RefNull(self.heap_type(ty.heap_type()).expect("a type of references"))
            }
        }
    }
}

/// What makes an i64 of a value; the lower half of a vector, and of a reference whether it is null.
fn as_i64(ty: Parsed) -> Vec<Instruction<'static>> {
    match ty {
        Parsed::I32 => vec![Instruction::I64ExtendI32U],
        Parsed::I64 => vec![],
        Parsed::F32 => vec![Instruction::I32ReinterpretF32, Instruction::I64ExtendI32U],
        Parsed::F64 => vec![Instruction::I64ReinterpretF64],
        Parsed::V128 => vec![Instruction::I64x2ExtractLane(0)],
        Parsed::Ref(_) => vec![Instruction::RefIsNull, Instruction::I64ExtendI32U],
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
