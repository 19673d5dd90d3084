//! A component without its nesting: core modules, in the order in which they are instantiated, and what their imports are.

use std::{collections::HashMap, ops::Range};

use wasmparser::ExternalKind;

/// The number of a core instance.
pub(crate) type InstanceId = usize;

/// A flattened component.
#[derive(Default)]
pub(crate) struct Flat<'a> {
    /// The instances, in their order.
    pub(crate) instances: Vec<CoreInstance<'a>>,
    /// Functions that are no core module's, and where they stand in the component.
    pub(crate) canons: Vec<(Canon<'a>, usize)>,
    /// The interfaces that the outermost component imports.
    pub(crate) imports: Vec<&'a str>,
    /// The names that it exports, with the function `run` of those that have one.
    pub(crate) exports: Vec<(&'a str, Option<Func<'a>>)>,
}

/// A core instance.
pub(crate) enum CoreInstance<'a> {
    /// Of a module, by its bytes; its imports come from other instances.
    Module { bytes: Range<usize>, imports: HashMap<&'a str, InstanceId> },
    /// A selection from others.
    Bundle(HashMap<&'a str, CoreItem<'a>>),
}

/// An item of a core instance.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CoreItem<'a> {
    /// What an instance exports.
    Export { kind: ExternalKind, instance: InstanceId, name: &'a str },
    /// A function of the canonical ABI, by its number.
    Canon(usize),
}

/// A function of the canonical ABI, as a core module calls it.
pub(crate) enum Canon<'a> {
    /// A function that the component imports.
    Lowered { interface: &'a str, name: &'a str, options: Options<'a> },
    /// A function of another component within this one, by its core function.
    Composed { core: CoreItem<'a> },
    /// The drop of a resource that it imports.
    Drop { interface: &'a str, resource: &'a str },
    /// Anything else, by its name: it traps when it is called.
    Other(String),
}

/// How a function is lowered.
#[derive(Clone, Copy, Default)]
pub(crate) struct Options<'a> {
    pub(crate) memory: Option<CoreItem<'a>>,
    pub(crate) realloc: Option<CoreItem<'a>>,
    /// Whether strings are UTF-8.
    pub(crate) utf8: bool,
    pub(crate) is_async: bool,
}

/// A function of a component.
#[derive(Clone, Copy)]
pub(crate) enum Func<'a> {
    /// It is imported, by itself (without an interface) or in an instance.
    Imported { interface: &'a str, name: &'a str },
    /// It is a core function.
    Lifted { core: CoreItem<'a>, post_return: Option<CoreItem<'a>>, is_async: bool },
}
