//! Reads a core module, which is known to be valid.

use std::{collections::HashMap, ops::Range};

use wasmparser::{
    CompositeInnerType, Data, Element, Export, ExternalKind, FuncType, FunctionBody, Global, Import,
    KnownCustom, MemoryType, Name, Parser, Payload, Table, TagType, TypeRef,
};

use crate::Error;

/// A module, taken apart.
#[derive(Default)]
pub(crate) struct Module<'a> {
    pub(crate) types: Vec<FuncType>,
    pub(crate) imports: Vec<Import<'a>>,
    /// The types of the functions that it defines.
    pub(crate) functions: Vec<u32>,
    pub(crate) tables: Vec<Table<'a>>,
    pub(crate) memories: Vec<MemoryType>,
    pub(crate) globals: Vec<Global<'a>>,
    pub(crate) tags: Vec<TagType>,
    pub(crate) exports: HashMap<&'a str, Export<'a>>,
    pub(crate) start: Option<u32>,
    pub(crate) elements: Vec<Element<'a>>,
    pub(crate) data: Vec<Data<'a>>,
    pub(crate) bodies: Vec<FunctionBody<'a>>,
    /// Its own name, if it says one.
    pub(crate) name: Option<&'a str>,
    pub(crate) function_names: HashMap<u32, &'a str>,
    /// Whether TinyGo made it.
    pub(crate) is_tinygo: bool,
}

impl<'a> Module<'a> {
    /// Reads the module that stands at `range` of `bytes`.
    ///
    /// # Errors
    /// `Unsupported` for types of the garbage collection proposal; `Invalid`.
    pub(crate) fn read(bytes: &'a [u8], range: Range<usize>) -> Result<Module<'a>, Error> {
        let mut module = Module::default();
        let content = bytes.get(range.clone()).ok_or_else(|| Error::invalid("a module that is cut short"))?;
        for payload in Parser::new(range.start as u64).parse_all(content) {
            module.section(payload?)?;
        }
        Ok(module)
    }

    fn section(&mut self, payload: Payload<'a>) -> Result<(), Error> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        let CompositeInnerType::Func(function) = &ty.composite_type.inner else {
                            return Err(Error::unsupported(
                                "uses garbage collection, which no compiler of this version has: build it without",
                            ));
                        };
                        self.types.push(function.clone());
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    self.imports.push(import?);
                }
            }
            Payload::FunctionSection(section) => self.functions = collect(section)?,
            Payload::TableSection(section) => self.tables = collect(section)?,
            Payload::MemorySection(section) => self.memories = collect(section)?,
            Payload::GlobalSection(section) => self.globals = collect(section)?,
            Payload::TagSection(section) => self.tags = collect(section)?,
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    self.exports.insert(export.name, export);
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(section) => self.elements = collect(section)?,
            Payload::DataSection(section) => self.data = collect(section)?,
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::CustomSection(section) => self.custom(section.as_known()),
            _ => {}
        }
        Ok(())
    }

    /// Notes what a custom section says. One that is broken says nothing: it is for people.
    fn custom(&mut self, section: KnownCustom<'a>) {
        match section {
            KnownCustom::Name(names) => {
                for name in names.into_iter().map_while(Result::ok) {
                    match name {
                        Name::Module { name, .. } => self.name = Some(name),
                        Name::Function(names) => {
                            let names = names.into_iter().map_while(Result::ok);
                            self.function_names = names.map(|name| (name.index, name.name)).collect();
                        }
                        _ => {}
                    }
                }
            }
            KnownCustom::Producers(fields) => {
                for field in fields.into_iter().map_while(Result::ok) {
                    let mut values = field.values.into_iter().map_while(Result::ok);
                    self.is_tinygo |= values.any(|value| value.name == "TinyGo");
                }
            }
            _ => {}
        }
    }

    /// How many of its imports are of one kind.
    pub(crate) fn imported(&self, kind: ExternalKind) -> usize {
        self.imports.iter().filter(|import| kind_of(&import.ty) == kind).count()
    }
}

fn collect<'a, T: wasmparser::FromReader<'a>>(
    section: wasmparser::SectionLimited<'a, T>,
) -> Result<Vec<T>, Error> {
    Ok(section.into_iter().collect::<Result<_, _>>()?)
}

/// The kind of an import; functions of exact types are functions.
pub(crate) fn kind_of(ty: &TypeRef) -> ExternalKind {
    match ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => ExternalKind::Func,
        TypeRef::Table(_) => ExternalKind::Table,
        TypeRef::Memory(_) => ExternalKind::Memory,
        TypeRef::Global(_) => ExternalKind::Global,
        TypeRef::Tag(_) => ExternalKind::Tag,
    }
}
