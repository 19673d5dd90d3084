//! The module that is compiled, and the way from it back to the one that was given.
//!
//! Messages and traces speak of the module as given: its functions, and offsets as other tools show them. Functions keep their
//! indices; offsets are led back by [`Origin`].

use lower::{Added, Cursor, Lowered, OffsetMap, Role};

use super::{
    fit::{self, Fitted},
    lean::{self, Lean},
};
use crate::Error;

/// A module as it is compiled: without exceptions and what a running program never looks at, and fitted to the compilers.
pub struct Program {
    /// The module.
    pub wasm: Vec<u8>,
    /// Where things in it come from.
    pub origin: Origin,
}

/// From a module that is compiled to the one that was given.
#[derive(Debug, Default)]
pub struct Origin {
    /// The offsets that fitting moved.
    fitted: Option<OffsetMap>,
    /// How far dropped sections moved the code.
    moved: u32,
    /// The offsets that lowering moved.
    lowered: Option<OffsetMap>,
    /// The offsets in a component that became a module.
    component: Option<OffsetMap>,
    /// Functions that lowering added, in the order of their indices.
    added: Vec<Added>,
    /// The exported global that tells where the last exception was thrown.
    thrown_at: Option<String>,
}

impl Program {
    /// The module to compile for `module`, which is valid, with at most `max_memory` bytes of memory. `lowered` is without its
    /// exceptions, if it has any.
    ///
    /// # Errors
    /// As those of [`fit::fit`].
    pub fn new(module: &[u8], lowered: Option<Lowered>, max_memory: Option<u64>) -> Result<Program, Error> {
        let Lean { wasm, moved } = {
            let module = lowered.as_ref().map_or(module, |lowered| &lowered.wasm);
            lean::lean(module).expect("the module was validated")
        };
        let Fitted { wasm, map: fitted } = fit::fit(wasm, max_memory)?;
        let mut origin = Origin { fitted, moved, ..Origin::default() };
        if let Some(Lowered { map, added, uncaught, .. }) = lowered {
            origin.lowered = Some(map);
            origin.added = added;
            origin.thrown_at = uncaught.map(|uncaught| uncaught.export);
        }
        Ok(Program { wasm, origin })
    }
}

impl Origin {
    /// Lets offsets lead on into the component that the module was.
    pub fn lead_into(&mut self, component: OffsetMap) {
        self.component = Some(component);
    }

    /// A reader of offsets, which is quick when they come in order.
    pub fn offsets(&self) -> Offsets<'_> {
        let maps = [&self.fitted, &self.lowered, &self.component];
        let [fitted, lowered, component] = maps.map(|map| map.as_ref().map(OffsetMap::cursor));
        Offsets { fitted, moved: self.moved, lowered, component }
    }

    /// The purpose of function `index`, if lowering added it.
    pub fn role(&self, index: u32) -> Option<Role> {
        let found = self.added.binary_search_by_key(&index, |added| added.index).ok()?;
        Some(self.added[found].role)
    }

    /// The name of the exported i32 global that holds the offset, in the module that was given, of the last `throw`.
    pub fn thrown_at(&self) -> Option<&str> {
        self.thrown_at.as_deref()
    }
}

/// Reads where offsets come from.
pub struct Offsets<'a> {
    fitted: Option<Cursor<'a>>,
    moved: u32,
    lowered: Option<Cursor<'a>>,
    component: Option<Cursor<'a>>,
}

impl Offsets<'_> {
    /// The offset, in the module that was given, of what lies at `offset` of the code that is compiled; `None` for what was added.
    pub fn given(&mut self, offset: u32) -> Option<u32> {
        let lean = match &mut self.fitted {
            Some(fitted) => fitted.original(offset)?,
            None => offset,
        };
        let whole = lean + self.moved;
        let module = match &mut self.lowered {
            Some(lowered) => lowered.original(whole)?,
            None => whole,
        };
        match &mut self.component {
            Some(component) => component.original(module),
            None => Some(module),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmer_compiler::wasmparser::{Operator, Parser, Payload};

    /// Where the `f64.sqrt`s of a module are.
    fn roots(module: &[u8]) -> Vec<u32> {
        let mut found = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            let Payload::CodeSectionEntry(body) = payload.unwrap() else { continue };
            let mut operators = body.get_operators_reader().unwrap();
            while !operators.eof() {
                let at = operators.original_position();
                if let Operator::F64Sqrt = operators.read().unwrap() {
                    found.push(at as u32);
                }
            }
        }
        found
    }

    fn assert_leads_back(text: &str) {
        let module = wat::parse_str(text).unwrap();
        let program = Program::new(&module, lower::exceptions(&module).unwrap(), None).unwrap();
        let (given, mut offsets) = (roots(&module), program.origin.offsets());
        let back: Vec<_> = roots(&program.wasm).into_iter().map(|at| offsets.given(at)).collect();
        assert_eq!(back, given.iter().map(|at| Some(*at)).collect::<Vec<_>>());
        assert!(given.len() > 1 && roots(&program.wasm) != given, "something moved");
    }

    const ROOT: &str = "(drop (f64.sqrt (f64.const 2)))";

    #[test]
    fn dropped_sections_lowered_exceptions_and_divided_tables_are_led_back_alone_and_together() {
        let custom = r#"(@custom "notes" (before code) "0123456789")"#;
        let throws =
            format!("(tag $t) (func $t {ROOT} (throw $t)) (func (export \"t\") {ROOT} (call $t) {ROOT})");
        let labels = "0 ".repeat(100_000);
        let table = format!("(func (param i32) {ROOT} (block (br_table {labels} 0 (local.get 0))) {ROOT})");
        let after = format!("(func {ROOT})");
        for fields in [
            format!("{custom} {after} {after}"),
            format!("{throws} {after}"),
            format!("{table} {after}"),
            format!("{custom} {throws} {table} {after}"),
        ] {
            assert_leads_back(&format!("(module {fields})"));
        }
    }

    #[test]
    fn what_was_added_comes_from_nowhere() {
        let text = r#"(module (tag $t) (func (export "f") (throw $t)))"#;
        let module = wat::parse_str(text).unwrap();
        let program = Program::new(&module, lower::exceptions(&module).unwrap(), None).unwrap();
        let origin = program.origin;
        assert_eq!(origin.role(0), None);
        assert_eq!(origin.role(1), Some(Role::Entry { function: 0 }));
        assert_eq!(origin.thrown_at(), Some("wasmpack.thrown-at"));
        assert_eq!(origin.offsets().given(program.wasm.len() as u32 - 1), None);
    }
}
