//! A module taken apart: its sections as they are, and what comes behind their content.

use std::collections::BTreeMap;
use std::ops::Range;

use wasm_encoder::{Encode, SectionId};
use wasmer_compiler::wasmparser::{BinaryReader, BinaryReaderError, FunctionBody, Parser, Payload, TypeRef};

/// Bytes before the first section.
const HEAD: usize = 8;

/// The sections of a module, in their order, and what is to be changed in them.
pub(super) struct Parts<'a> {
    module: &'a [u8],
    /// Sections in their order: kind and content.
    sections: Vec<(u8, Range<usize>)>,
    /// Function types that come behind those that there are, encoded.
    types: Vec<Vec<u8>>,
    /// Functions that do: the index of their type, and their body.
    functions: Vec<(u32, Vec<u8>)>,
    /// Global variables that do, encoded.
    globals: Vec<Vec<u8>>,
    /// Bodies that replace others, by the index among those that the module defines.
    bodies: BTreeMap<usize, Vec<u8>>,
    /// Whole sections that replace others, or are added.
    replaced: BTreeMap<u8, Vec<u8>>,
    /// Kinds of sections that are left out.
    removed: Vec<u8>,
}

impl<'a> Parts<'a> {
    pub(super) fn read(module: &'a [u8]) -> Result<Parts<'a>, BinaryReaderError> {
        let mut reader = BinaryReader::new(module, 0);
        reader.read_bytes(HEAD)?;
        let mut sections = Vec::new();
        while !reader.eof() {
            let kind = reader.read_u8()?;
            let content = reader.read_reader()?;
            sections.push((kind, content.range()));
        }
        let (types, functions, globals) = (Vec::new(), Vec::new(), Vec::new());
        let (bodies, replaced) = (BTreeMap::new(), BTreeMap::new());
        Ok(Parts { module, sections, types, functions, globals, bodies, replaced, removed: Vec::new() })
    }

    pub(super) fn module(&self) -> &'a [u8] {
        self.module
    }

    /// How many items the section of this kind has, which begins with their number.
    fn count(&self, kind: SectionId) -> Result<u32, BinaryReaderError> {
        match self.content(kind as u8) {
            Some(content) => BinaryReader::new(content, 0).read_var_u32(),
            None => Ok(0),
        }
    }

    fn content(&self, kind: u8) -> Option<&'a [u8]> {
        let range = self.sections.iter().find(|(of, _)| *of == kind).map(|(_, range)| range.clone())?;
        Some(&self.module[range])
    }

    /// Adds the function type that `encoded` says; its index.
    pub(super) fn add_type(&mut self, encoded: Vec<u8>) -> Result<u32, BinaryReaderError> {
        let mut first = 0;
        for payload in Parser::new(0).parse_all(self.module) {
            if let Payload::TypeSection(types) = payload? {
                for group in types {
                    first += group?.types().len() as u32;
                }
                break;
            }
        }
        let index = match self.types.iter().position(|one| *one == encoded) {
            Some(index) => index,
            None => {
                self.types.push(encoded);
                self.types.len() - 1
            }
        };
        Ok(first + index as u32)
    }

    /// Adds a function of type `ty`, whose locals and instructions are in `body`; its index. `imported` is how many functions
    /// the module imports.
    pub(super) fn add_function(
        &mut self,
        imported: u32,
        ty: u32,
        body: Vec<u8>,
    ) -> Result<u32, BinaryReaderError> {
        let index = imported + self.count(SectionId::Function)? + self.functions.len() as u32;
        self.functions.push((ty, body));
        Ok(index)
    }

    /// Adds the global variable that `encoded` says; its index.
    pub(super) fn add_global(&mut self, encoded: Vec<u8>) -> Result<u32, BinaryReaderError> {
        let mut imported = 0;
        for payload in Parser::new(0).parse_all(self.module) {
            if let Payload::ImportSection(imports) = payload? {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Global(_)));
                }
                break;
            }
        }
        let index = imported + self.count(SectionId::Global)? + self.globals.len() as u32;
        self.globals.push(encoded);
        Ok(index)
    }

    /// Replaces the body of the function with this index among those that the module defines.
    pub(super) fn replace_body(&mut self, index: usize, body: Vec<u8>) {
        self.bodies.insert(index, body);
    }

    /// Replaces the section of this kind, or adds it.
    pub(super) fn replace(&mut self, kind: SectionId, content: Vec<u8>) {
        self.replaced.insert(kind as u8, content);
    }

    /// Leaves out the section of this kind.
    pub(super) fn remove(&mut self, kind: SectionId) {
        self.removed.push(kind as u8);
    }

    /// The module with all changes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let types = self.types.concat();
        self.grow(SectionId::Type, self.types.len(), &types);
        let mut functions = Vec::new();
        self.functions.iter().for_each(|(ty, _)| ty.encode(&mut functions));
        self.grow(SectionId::Function, self.functions.len(), &functions);
        let globals = self.globals.concat();
        self.grow(SectionId::Global, self.globals.len(), &globals);
        if !self.bodies.is_empty() || !self.functions.is_empty() {
            let code = self.code();
            self.replaced.insert(SectionId::Code as u8, code);
        }

        let mut out = self.module[..HEAD].to_vec();
        // A section's own head stands between the end of the one before and its content.
        let mut before = HEAD;
        for (kind, range) in &self.sections {
            let head = before;
            before = range.end;
            // Sections that the module does not have stand where the order of kinds wants them.
            while let Some((id, data)) = self.replaced.pop_first_before(*kind) {
                put(&mut out, id, &data);
            }
            match self.replaced.remove(kind) {
                Some(data) => put(&mut out, *kind, &data),
                None if self.removed.contains(kind) => {}
                None => out.extend_from_slice(&self.module[head..range.end]),
            }
        }
        while let Some((id, data)) = self.replaced.pop_first_before(u8::MAX) {
            put(&mut out, id, &data);
        }
        out
    }

    /// Puts `count` items, which are `encoded`, behind those of a section.
    fn grow(&mut self, kind: SectionId, count: usize, encoded: &[u8]) {
        if count == 0 {
            return;
        }
        let old = self.content(kind as u8).unwrap_or(&[0]);
        let mut reader = BinaryReader::new(old, 0);
        let before = reader.read_var_u32().expect("the module is valid");
        let mut content = Vec::new();
        (before + count as u32).encode(&mut content);
        content.extend_from_slice(&old[reader.current_position()..]);
        content.extend_from_slice(encoded);
        self.replaced.insert(kind as u8, content);
    }

    /// The code section, with bodies replaced and added.
    fn code(&self) -> Vec<u8> {
        let bodies = bodies(self.module).expect("the module is valid");
        let mut content = Vec::new();
        ((bodies.len() + self.functions.len()) as u32).encode(&mut content);
        for (index, body) in bodies.iter().enumerate() {
            match self.bodies.get(&index) {
                Some(changed) => changed.encode(&mut content),
                None => self.module[body.range()].encode(&mut content),
            }
        }
        self.functions.iter().for_each(|(_, body)| body.encode(&mut content));
        content
    }
}

/// Writes a section.
fn put(out: &mut Vec<u8>, id: u8, data: &[u8]) {
    out.push(id);
    data.encode(out);
}

/// The functions that `module` defines.
pub(super) fn bodies(module: &[u8]) -> Result<Vec<FunctionBody<'_>>, BinaryReaderError> {
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CodeSectionEntry(body) = payload? {
            bodies.push(body);
        }
    }
    Ok(bodies)
}

/// Where a section stands: the numbers of kinds are not in the order of sections.
fn rank(kind: u8) -> u8 {
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
    // Custom sections stand anywhere: nothing has to come before them.
    let place = ORDER.iter().position(|one| *one as u8 == kind);
    place.map_or(0, |place| place as u8 + 1)
}

trait PopBefore {
    /// Takes the first section that stands before those of `kind`.
    fn pop_first_before(&mut self, kind: u8) -> Option<(u8, Vec<u8>)>;
}

impl PopBefore for BTreeMap<u8, Vec<u8>> {
    fn pop_first_before(&mut self, kind: u8) -> Option<(u8, Vec<u8>)> {
        let end = if kind == u8::MAX { u8::MAX } else { rank(kind) };
        let first = self.keys().copied().filter(|one| rank(*one) < end).min_by_key(|one| rank(*one))?;
        self.remove_entry(&first)
    }
}
