//! The order of functions. Those that a start runs should lie together, because code is paged in by the chunk.
//!
//! Without knowledge of a real start, the functions are laid out as `_start` reaches them: depth first, in the order in
//! which each function names the ones it calls, so that constructors come first and what they call comes with them.
//! Functions that are only called through tables follow in the order of the module. With a profile of a real start, the
//! functions that it touched come first.

use std::collections::HashSet;

use wasmer_compiler::{ArtifactBuild, ArtifactCreate, types::relocation::RelocationTarget};
use wasmer_types::{ExportIndex, LocalFunctionIndex, entity::EntityRef};

/// How to choose the order.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Functions that a start touched, in that order, by their index among those the app defines.
    pub first: Vec<u32>,
    /// What each function starts at a multiple of, if that is more than the compilers need: a page, to tell functions
    /// apart by the pages that are touched.
    pub alignment: u32,
}

impl Order {
    /// Every function of `build`, once.
    pub(super) fn functions(&self, build: &ArtifactBuild) -> Vec<LocalFunctionIndex> {
        let relocations = build.get_function_relocations();
        let module = build.module_info();
        let calls = |index: usize| {
            let targets = relocations[LocalFunctionIndex::new(index)].iter();
            targets.filter_map(|relocation| match relocation.reloc_target {
                RelocationTarget::LocalFunc(callee) => Some(callee.index()),
                _ => None,
            })
        };
        let start = module.exports.get("_start").and_then(|export| match export {
            ExportIndex::Function(function) => module.local_func_index(*function),
            _ => None,
        });
        let first = self.first.iter().map(|index| *index as usize);
        let roots = module.start_function.and_then(|function| module.local_func_index(function)).into_iter();
        let roots = roots.chain(start).map(|function| function.index());
        order(relocations.len(), first, roots, calls).into_iter().map(LocalFunctionIndex::new).collect()
    }
}

/// All of `0..count`: first those of `first`, then what `roots` reach, depth first, then the others.
fn order<I: Iterator<Item = usize>>(
    count: usize,
    first: impl Iterator<Item = usize>,
    roots: impl Iterator<Item = usize>,
    calls: impl Fn(usize) -> I,
) -> Vec<usize> {
    let mut placed: Vec<usize> = Vec::with_capacity(count);
    let mut seen: HashSet<usize> = HashSet::with_capacity(count);
    placed.extend(first.filter(|index| *index < count && seen.insert(*index)));
    let mut visited: HashSet<usize> = HashSet::with_capacity(count);
    let mut stack: Vec<usize> = roots.collect();
    stack.reverse();
    while let Some(index) = stack.pop() {
        if !visited.insert(index) {
            continue;
        }
        if seen.insert(index) {
            placed.push(index);
        }
        // The last call goes on the stack first, so that the first is visited next.
        let callees: Vec<usize> = calls(index).collect();
        stack.extend(callees.into_iter().rev().filter(|callee| !visited.contains(callee)));
    }
    placed.extend((0..count).filter(|index| !seen.contains(index)));
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 calls 3 and 2, 3 calls 4, 4 calls 1.
    fn calls(index: usize) -> impl Iterator<Item = usize> {
        let callees: &[usize] = match index {
            1 => &[3, 2],
            3 => &[4],
            4 => &[1],
            _ => &[],
        };
        callees.iter().copied()
    }

    #[test]
    fn callees_follow_their_callers_and_the_rest_comes_last() {
        assert_eq!(order(6, [].into_iter(), [1].into_iter(), calls), [1, 3, 4, 2, 0, 5]);
    }

    #[test]
    fn what_a_start_touched_comes_first_and_nothing_comes_twice() {
        assert_eq!(order(6, [5, 4, 5, 77].into_iter(), [1].into_iter(), calls), [5, 4, 1, 3, 2, 0]);
    }

    #[test]
    fn without_a_root_the_order_is_the_modules() {
        assert_eq!(order(3, [].into_iter(), [].into_iter(), calls), [0, 1, 2]);
    }
}
