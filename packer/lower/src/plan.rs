//! The additions to a lowered module: globals, types and functions. They come after the existing ones, so no index changes.

use std::collections::BTreeMap;

use wasmparser::ExternalKind;

use crate::{Error, exnref::Exnref, module::Module, payload::Payloads, throwers::Throwers};

/// Everything that is decided before the first body is rewritten.
pub(crate) struct Plan<'m, 'a> {
    pub(crate) module: &'m Module<'a>,
    pub(crate) throwers: Throwers,
    pub(crate) exnref: Exnref,
    /// The global that tells what is in flight: one more than the index of the tag, or 0 for nothing.
    pub(crate) tag: u32,
    /// The global that tells where the last exception was thrown: the offset of its `throw` in the original.
    pub(crate) origin: u32,
    pub(crate) payloads: Payloads,
    /// For types of tries with parameters: the type that takes the same and gives nothing.
    pub(crate) taking: BTreeMap<u32, u32>,
    /// The function that makes a reference of the exception in flight, and its type.
    pub(crate) take: Option<(u32, u32)>,
    /// The function that throws a reference, and its type.
    pub(crate) put: Option<(u32, u32)>,
    /// The functions that the outside calls instead of those that may throw.
    pub(crate) wrappers: BTreeMap<u32, u32>,
}

impl<'m, 'a> Plan<'m, 'a> {
    pub(crate) fn new(module: &'m Module<'a>) -> Result<Self, Error> {
        let throwers = Throwers::of(module);
        let exnref = Exnref::choose(module)?;
        let mut types = module.types.len()..;
        let mut functions = module.functions.len() as u32..;
        let mut function = |needed: bool| needed.then(|| functions.next().zip(types.next())).flatten();
        let take = function(!module.facts.by_reference.is_empty());
        let put = function(module.facts.throws_references);
        let taking = module.facts.tries.iter().copied().zip(types).collect();
        let is_function = |kind| matches!(kind, ExternalKind::Func | ExternalKind::FuncExact);
        let exported = module.exports.iter().filter(|export| is_function(export.kind));
        let mut wrapped: Vec<u32> = exported
            .map(|export| export.index)
            .chain(module.start)
            .filter(|&index| throwers.function(index))
            .collect();
        wrapped.sort_unstable();
        wrapped.dedup();
        let tag = module.globals;
        let origin = tag + 1;
        Ok(Self {
            module,
            exnref,
            tag,
            origin,
            payloads: Payloads::new(module, exnref, origin + 1)?,
            taking,
            take,
            put,
            wrappers: wrapped.into_iter().zip(functions).collect(),
            throwers,
        })
    }

    /// The name under which the origin is exported: one that nothing else has.
    pub(crate) fn origin_name(&self) -> Option<String> {
        if self.wrappers.is_empty() {
            return None;
        }
        let mut name = "wasmpack.thrown-at".to_owned();
        while self.module.exports.iter().any(|export| export.name == name) {
            name.push('\'');
        }
        Some(name)
    }

    /// Whether the body of function `index` changes.
    pub(crate) fn changes(&self, index: u32) -> bool {
        let scan = &self.module.scans[(index - self.module.imported) as usize];
        scan.changes || scan.tested.iter().any(|&source| self.throwers.may(source))
    }
}
