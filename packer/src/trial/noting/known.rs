//! Which accesses need no look, because one before them was to the same place: most functions read and write one structure, or
//! their part of the stack, many times.
//!
//! An address that is a local is known from one look to the next assignment of that local, with all offsets in the same page's
//! length. It may lie near the end of a page, so that an access goes to the next one unseen. That is the same on every machine.

use std::collections::{HashMap, HashSet};

use wasmparser::Operator;

use super::plan::PAGE_SHIFT;

/// A local, and an offset in lengths of a page.
type Place = (u32, u64);

/// What is known while the operators of a function are read, in their order.
pub(super) struct Known {
    /// The local that each value on the stack is a copy of, as far as that is known.
    stack: Vec<Option<u32>>,
    /// The places that were looked at.
    places: HashSet<Place>,
    /// The places that were known where each block that is open began, and still are.
    blocks: Vec<HashSet<Place>>,
    /// The locals that each loop assigns, by the index of its operator.
    loops: HashMap<usize, HashSet<u32>>,
}

impl Known {
    pub(super) fn new(operators: &[Operator<'_>]) -> Known {
        let (stack, places) = (Vec::new(), HashSet::new());
        Known { stack, places, blocks: Vec::new(), loops: loops(operators) }
    }

    /// Whether an access at `offset` from the address that is `depth` values below the top needs a look, which it then has.
    pub(super) fn needs_look(&mut self, depth: usize, offset: u64) -> bool {
        let value = self.stack.len().checked_sub(depth + 1).and_then(|at| self.stack[at]);
        value.is_none_or(|local| self.places.insert((local, offset >> PAGE_SHIFT)))
    }

    /// Goes past `operator`, which has this index.
    pub(super) fn pass(&mut self, index: usize, operator: &Operator<'_>) {
        match operator {
            Operator::LocalGet { local_index } => self.stack.push(Some(*local_index)),
            Operator::LocalSet { local_index } => {
                self.stack.pop();
                self.assign(*local_index);
            }
            Operator::LocalTee { local_index } => {
                self.stack.pop();
                self.assign(*local_index);
                self.stack.push(Some(*local_index));
            }
            Operator::Block { .. } | Operator::If { .. } => self.open(),
            Operator::Loop { .. } => {
                // It is come back to with these assigned.
                for local in self.loops.remove(&index).unwrap_or_default() {
                    self.assign(local);
                }
                self.open();
            }
            Operator::Else => {
                self.stack.clear();
                self.places = self.blocks.last().cloned().unwrap_or_default();
            }
            Operator::End => {
                self.stack.clear();
                self.places = self.blocks.pop().unwrap_or_default();
            }
            other => match arity(other) {
                Some((taken, given)) => {
                    self.stack.truncate(self.stack.len().saturating_sub(taken));
                    self.stack.extend(std::iter::repeat_n(None, given));
                }
                None => self.stack.clear(),
            },
        }
    }

    fn open(&mut self) {
        self.stack.clear();
        self.blocks.push(self.places.clone());
    }

    fn assign(&mut self, local: u32) {
        let is_other = |place: &Place| place.0 != local;
        self.places.retain(is_other);
        self.blocks.iter_mut().for_each(|places| places.retain(is_other));
        for value in &mut self.stack {
            *value = value.filter(|other| *other != local);
        }
    }
}

fn loops(operators: &[Operator<'_>]) -> HashMap<usize, HashSet<u32>> {
    let (mut open, mut found) = (Vec::new(), HashMap::new());
    for (index, operator) in operators.iter().enumerate() {
        match operator {
            Operator::Loop { .. } => open.push(Some((index, HashSet::new()))),
            Operator::Block { .. } | Operator::If { .. } => open.push(None),
            Operator::End => found.extend(open.pop().flatten()),
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                open.iter_mut().flatten().for_each(|(_, locals): &mut (usize, HashSet<u32>)| {
                    locals.insert(*local_index);
                });
            }
            _ => {}
        }
    }
    found
}

/// How many values an operator takes from the stack, and gives; `None` where that depends on more than the operator.
fn arity(operator: &Operator<'_>) -> Option<(usize, usize)> {
    macro_rules! of {
        ($(@$proposal:ident $op:ident $({ $($argument:ident: $ty:ty),* })? => $visit:ident (arity $($ann:tt)*))*) => {
            match operator {
                $(Operator::$op { .. } => of!(arity $($ann)*),)*
                _ => None,
            }
        };
        (arity custom) => { None };
        (arity memarg $taken:literal -> $given:literal) => { Some(($taken, $given)) };
        (arity $taken:literal -> $given:literal) => { Some(($taken, $given)) };
        // Constructed from what only the module knows.
        (arity $($other:tt)*) => { None };
    }
    wasmparser::for_each_operator!(of)
}

#[cfg(test)]
mod tests {
    use wasmparser::{Parser, Payload};

    use super::*;

    /// Which of the loads and stores of a function with two i32 parameters need a look.
    fn looks(code: &str) -> Vec<bool> {
        let module = wat::parse_str(format!("(module (memory 1) (func (param i32 i32) {code}))")).unwrap();
        let body = Parser::new(0).parse_all(&module).find_map(|payload| match payload.unwrap() {
            Payload::CodeSectionEntry(body) => Some(body),
            _ => None,
        });
        let operators: Vec<Operator<'_>> =
            body.unwrap().get_operators_reader().unwrap().into_iter().map(Result::unwrap).collect();
        let (mut known, mut looks) = (Known::new(&operators), Vec::new());
        for (index, operator) in operators.iter().enumerate() {
            match operator {
                Operator::I32Load { memarg } => looks.push(known.needs_look(0, memarg.offset)),
                Operator::I32Store { memarg } => looks.push(known.needs_look(1, memarg.offset)),
                _ => {}
            }
            known.pass(index, operator);
        }
        looks
    }

    const READ: &str = "(drop (i32.load (local.get 0)))";

    #[test]
    fn a_local_is_known_until_it_is_assigned() {
        let write = "(i32.store offset=8 (local.get 0) (i32.add (local.get 1) (i32.const 1)))";
        assert_eq!(looks(&format!("{READ}{READ}{write}")), [true, false, false]);
        assert_eq!(looks(&format!("{READ}(local.set 0 (i32.const 1)){READ}")), [true, true]);
        assert_eq!(looks("(drop (i32.load offset=5000 (local.get 0)))".repeat(2).as_str()), [true, false]);
        assert_eq!(looks(&format!("{READ}(drop (i32.load offset=5000 (local.get 0)))")), [true, true]);
        assert_eq!(looks("(drop (i32.load (i32.const 4)))".repeat(2).as_str()), [true, true]);
    }

    #[test]
    fn what_a_branch_may_pass_over_is_not_known_behind_it() {
        assert_eq!(looks(&format!("(if (local.get 1) (then {READ}) (else {READ})){READ}")), [true; 3]);
        assert_eq!(looks(&format!("{READ}(if (local.get 1) (then {READ})){READ}")), [true, false, false]);
        let assigned = "(local.set 0 (i32.const 1))";
        assert_eq!(looks(&format!("{READ}(if (local.get 1) (then {assigned})){READ}")), [true, true]);
        assert_eq!(looks(&format!("{READ}(loop {READ} {assigned} (br 0))")), [true, true]);
        assert_eq!(looks(&format!("{READ}(loop {READ} (br 0))")), [true, false]);
    }
}
