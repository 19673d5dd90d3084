//! Reads a module: what its sections say, and a first look at all bodies.

use std::ops::Range;

use wasmparser::{
    ConstExpr, ElementItems, ElementKind, Export, ExternalKind, FuncToValidate, FunctionBody, Operator,
    Parser, Payload, TableInit, TypeRef, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

use crate::{
    Error, Kind,
    facts::Facts,
    map::Original,
    parallel,
    scan::{Scan, Scanner},
    types::{self, Types},
};

/// Bytes of code that are worth a piece of work.
pub(crate) const PIECE: usize = 256 * 1024;

/// A module that was read.
pub(crate) struct Module<'a> {
    pub(crate) bytes: &'a [u8],
    /// Its sections in their order: number and content.
    pub(crate) sections: Vec<(u8, Range<usize>)>,
    pub(crate) types: Types,
    /// The type of each function, the imported ones first.
    pub(crate) functions: Vec<u32>,
    /// How many are imported.
    pub(crate) imported: u32,
    /// The type of each tag, and where it is defined.
    pub(crate) tags: Vec<(u32, u64)>,
    pub(crate) globals: u32,
    pub(crate) tables: Vec<Table>,
    pub(crate) exports: Vec<Export<'a>>,
    pub(crate) start: Option<u32>,
    pub(crate) bodies: Vec<FunctionBody<'a>>,
    /// The facts about each body.
    pub(crate) scans: Vec<Scan>,
    /// The facts about all of them.
    pub(crate) facts: Facts,
}

/// A table of functions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    /// Whether anything whose reference is taken may get into it.
    pub(crate) open: bool,
    /// The functions in it from the start.
    pub(crate) functions: Vec<u32>,
}

/// Reads `bytes`.
///
/// # Errors
/// `Invalid` if they are no valid module; another kind if the module has something that cannot be lowered.
pub(crate) fn read(bytes: &[u8]) -> Result<Module<'_>, Error> {
    if bytes.len() as u64 >= Original::LIMIT {
        return Err(Error::new(Kind::Size, "a module that is too large", 0));
    }
    let mut reader = Reader::new(bytes);
    // Which compiler takes what is not known here: everything that there is may stand beside exceptions.
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut functions = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            functions.push((function, body));
            continue;
        }
        if let Payload::CodeSectionStart { .. } = payload {
            let known = validator.types(0).expect("a module is being validated");
            reader.module.types.identify(known);
        }
        reader.section(payload)?;
    }
    reader.bodies(functions)
}

struct Reader<'a> {
    module: Module<'a>,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let module = Module {
            bytes,
            sections: Vec::new(),
            types: Types::default(),
            functions: Vec::new(),
            imported: 0,
            tags: Vec::new(),
            globals: 0,
            tables: Vec::new(),
            exports: Vec::new(),
            start: None,
            bodies: Vec::new(),
            scans: Vec::new(),
            facts: Facts::default(),
        };
        Self { module }
    }

    fn section(&mut self, payload: Payload<'a>) -> Result<(), Error> {
        if let Some((id, range)) = payload.as_section() {
            self.module.sections.push((id, range.start as usize..range.end as usize));
        }
        match payload {
            Payload::Version { encoding: wasmparser::Encoding::Component, range, .. } => {
                return Err(Error::new(Kind::Invalid, "a component, not a module", range.start));
            }
            Payload::TypeSection(section) => self.module.types.read(section)?,
            Payload::ImportSection(section) => {
                for import in section.into_imports_with_offsets() {
                    let (offset, import) = import?;
                    self.import(&import, offset)?;
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.module.functions.push(ty?);
                }
            }
            Payload::TableSection(section) => {
                for table in section.into_iter_with_offsets() {
                    let (offset, table) = table?;
                    self.table(table.ty, false, offset)?;
                    if let TableInit::Expr(init) = &table.init {
                        let functions = self.references(init)?;
                        let table = self.module.tables.last_mut().expect("one was just added");
                        table.functions.extend(functions);
                    }
                }
            }
            Payload::TagSection(section) => {
                // Even an empty one needs the proposal.
                self.module.facts.uses = true;
                for tag in section.into_iter_with_offsets() {
                    let (offset, tag) = tag?;
                    self.module.tags.push((tag.func_type_idx, offset));
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global?;
                    self.module.facts.uses |= types::is_exception(global.ty.content_type);
                    self.module.globals += 1;
                    self.references(&global.init_expr)?;
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Table {
                        self.module.tables[export.index as usize].open = true;
                    }
                    self.module.exports.push(export);
                }
            }
            Payload::StartSection { func, .. } => self.module.start = Some(func),
            Payload::ElementSection(section) => {
                for element in section.into_iter_with_offsets() {
                    let (offset, element) = element?;
                    self.element(&element, offset)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, import: &wasmparser::Import<'_>, offset: u64) -> Result<(), Error> {
        let name = || format!("{:?} {:?}", import.module, import.name);
        let refuse = |kind, what: &str| Err(Error::new(kind, format!("{what} {}", name()), offset));
        match import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                if types::mentions(self.module.types.function(ty)) {
                    return refuse(Kind::ImportedReference, "the imported function");
                }
                self.module.functions.push(ty);
                self.module.imported += 1;
            }
            TypeRef::Global(ty) => {
                if types::is_exception(ty.content_type) {
                    return refuse(Kind::ImportedReference, "the imported global");
                }
                self.module.globals += 1;
            }
            TypeRef::Tag(_) => return refuse(Kind::ImportedTag, "the imported tag"),
            TypeRef::Table(ty) => self.table(ty, true, offset)?,
            TypeRef::Memory(_) => {}
        }
        Ok(())
    }

    fn table(&mut self, ty: wasmparser::TableType, open: bool, offset: u64) -> Result<(), Error> {
        if types::is_exception_ref(ty.element_type) {
            let what = format!("table {} of exception references", self.module.tables.len());
            return Err(Error::new(Kind::StoredReference, what, offset));
        }
        self.module.tables.push(Table { open, functions: Vec::new() });
        Ok(())
    }

    fn element(&mut self, element: &wasmparser::Element<'_>, offset: u64) -> Result<(), Error> {
        let mut functions = Vec::new();
        match &element.items {
            ElementItems::Functions(list) => {
                for function in list.clone() {
                    functions.push(function?);
                }
                self.module.facts.taken.extend(&functions);
            }
            ElementItems::Expressions(ty, list) => {
                if types::is_exception_ref(*ty) {
                    return Err(Error::new(
                        Kind::StoredReference,
                        "a segment of exception references",
                        offset,
                    ));
                }
                for expression in list.clone() {
                    functions.extend(self.references(&expression?)?);
                }
            }
        }
        if let ElementKind::Active { table_index, offset_expr } = &element.kind {
            self.references(offset_expr)?;
            let table = &mut self.module.tables[table_index.unwrap_or(0) as usize];
            // What a global holds, or an expression computes, is not followed.
            let all_named = matches!(element.items, ElementItems::Functions(_));
            table.open |= !all_named && functions.len() < count(&element.items);
            table.functions.extend(functions);
        }
        Ok(())
    }

    /// The functions whose references `expression` takes.
    fn references(&mut self, expression: &ConstExpr<'_>) -> Result<Vec<u32>, Error> {
        let mut functions = Vec::new();
        let mut ops = expression.get_operators_reader();
        while !ops.eof() {
            match ops.read()? {
                Operator::RefFunc { function_index } => functions.push(function_index),
                Operator::RefNull { hty } => self.module.facts.uses |= types::is_exception_heap(hty),
                _ => {}
            }
        }
        self.module.facts.taken.extend(&functions);
        Ok(functions)
    }

    /// Scans all bodies.
    fn bodies(
        self,
        functions: Vec<(FuncToValidate<ValidatorResources>, FunctionBody<'a>)>,
    ) -> Result<Module<'a>, Error> {
        let mut module = self.module;
        let pieces = parallel::pieces(functions, PIECE, |(_, body)| body.as_bytes().len());
        let (types, tags) = (&module.types, module.tags.len());
        let scanned = parallel::map(pieces, |piece| {
            let mut scanner = Scanner::new(types, tags);
            let mut scans = Vec::with_capacity(piece.len());
            for (function, body) in piece {
                scans.push((scanner.scan(function, &body)?, body));
            }
            Ok::<_, Error>((scans, scanner.facts))
        });
        for piece in scanned {
            let (scans, facts) = piece?;
            module.facts.merge(facts);
            for (scan, body) in scans {
                module.scans.push(scan);
                module.bodies.push(body);
            }
        }
        module.facts.uses |= module.types.mention;
        for &table in &module.facts.written {
            module.tables[table as usize].open = true;
        }
        Ok(module)
    }
}

fn count(items: &ElementItems<'_>) -> usize {
    match items {
        ElementItems::Functions(list) => list.count() as usize,
        ElementItems::Expressions(_, list) => list.count() as usize,
    }
}
