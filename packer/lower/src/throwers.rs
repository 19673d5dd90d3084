//! Finds the functions that may throw, through the graph of calls.
//!
//! It errs on the side of throwing: calls through a table may reach every function of that type that is in the table, or, if
//! the table changes or others see it, every function whose reference is taken. Imported functions never throw: an exception
//! of another module would need its tag.

use std::collections::HashMap;

use crate::{module::Module, sources::Source};

/// Which functions and calls may throw.
pub(crate) struct Throwers {
    /// By function.
    functions: Vec<bool>,
    /// By what calls them through a table or a reference.
    classes: HashMap<Source, bool>,
}

impl Throwers {
    pub(crate) fn of(module: &Module<'_>) -> Self {
        Graph::new(module).solve()
    }

    /// Whether function `index` may throw.
    pub(crate) fn function(&self, index: u32) -> bool {
        self.functions[index as usize]
    }

    /// Whether `source` may.
    pub(crate) fn may(&self, source: Source) -> bool {
        match source {
            Source::Throw(_) | Source::Any => true,
            Source::Call(function) => self.function(function),
            Source::Table { .. } | Source::Reference { .. } => {
                self.classes.get(&source).copied().unwrap_or(false)
            }
        }
    }

    /// How many functions may throw.
    pub(crate) fn count(&self) -> usize {
        self.functions.iter().filter(|&&may| may).count()
    }
}

/// The graph of calls, from the called to their callers. Classes of indirect calls are nodes behind the functions.
struct Graph<'m, 'a> {
    module: &'m Module<'a>,
    /// The numbers of the classes, behind those of the functions.
    classes: HashMap<Source, u32>,
    /// Who may throw if a node does.
    users: Vec<Vec<u32>>,
    may: Vec<bool>,
    /// Nodes whose users are to be told.
    work: Vec<u32>,
}

impl<'m, 'a> Graph<'m, 'a> {
    fn new(module: &'m Module<'a>) -> Self {
        let count = module.functions.len();
        let mut graph = Self {
            module,
            classes: HashMap::new(),
            users: vec![Vec::new(); count],
            may: vec![false; count],
            work: Vec::new(),
        };
        for scan in &module.scans {
            for source in scan.escapes.iter().chain(&scan.tested) {
                if let Source::Table { .. } | Source::Reference { .. } = source {
                    let next = graph.users.len() as u32;
                    if *graph.classes.entry(*source).or_insert(next) == next {
                        graph.users.push(Vec::new());
                        graph.may.push(false);
                    }
                }
            }
        }
        graph.called();
        graph.callers();
        graph
    }

    /// Connects each class with the functions that it may call.
    fn called(&mut self) {
        let module = self.module;
        for (&class, &node) in &self.classes {
            let (ty, functions): (u32, Box<dyn Iterator<Item = u32>>) = match class {
                Source::Table { table, ty } => {
                    let table = &module.tables[table as usize];
                    let named = table.functions.iter().copied();
                    let others = module.facts.taken.iter().copied().filter(|_| table.open);
                    (ty, Box::new(named.chain(others)))
                }
                Source::Reference { ty } => (ty, Box::new(module.facts.taken.iter().copied())),
                Source::Throw(_) | Source::Any | Source::Call(_) => continue,
            };
            for function in functions {
                if module.types.same(module.functions[function as usize]) == ty {
                    self.users[function as usize].push(node);
                }
            }
        }
    }

    /// Connects functions with what they call, and begins with those that throw.
    fn callers(&mut self) {
        for (index, scan) in (self.module.imported..).zip(&self.module.scans) {
            for source in &scan.escapes {
                match source {
                    Source::Throw(_) | Source::Any => self.throws(index),
                    Source::Call(function) => self.users[*function as usize].push(index),
                    Source::Table { .. } | Source::Reference { .. } => {
                        self.users[self.classes[source] as usize].push(index);
                    }
                }
            }
        }
    }

    fn throws(&mut self, node: u32) {
        if !std::mem::replace(&mut self.may[node as usize], true) {
            self.work.push(node);
        }
    }

    fn solve(mut self) -> Throwers {
        while let Some(node) = self.work.pop() {
            for user in std::mem::take(&mut self.users[node as usize]) {
                self.throws(user);
            }
        }
        let classes = self.classes.iter().map(|(&class, &node)| (class, self.may[node as usize])).collect();
        self.may.truncate(self.module.functions.len());
        Throwers { functions: self.may, classes }
    }
}
