//! The index spaces of a component that is being instantiated, and what is in them.

use std::{collections::HashMap, ops::Range};

use wasmparser::{CanonicalFunction, ComponentExternalKind, ExternalKind};

use crate::{
    Error,
    flat::{CoreItem, Func, InstanceId},
};

/// A type, as far as it matters: where a resource comes from.
#[derive(Clone, Copy)]
pub(crate) enum Type<'a> {
    Imported { interface: &'a str, name: &'a str },
    Own,
    Plain,
}

/// An instance of a component, by its number.
pub(crate) type ComponentInstanceId = usize;

/// The exports of an instance.
pub(crate) enum Exports<'a> {
    /// An imported instance has whatever it is asked for.
    Imported(&'a str),
    Listed(HashMap<&'a str, Value<'a>>),
}

/// Anything that has a name between components.
#[derive(Clone)]
pub(crate) enum Value<'a> {
    Module(Range<usize>),
    Func(Func<'a>),
    Type(Type<'a>),
    Component(Closure),
    Instance(ComponentInstanceId),
}

/// A component, and the frame in which it was defined, to which its outer aliases lead.
#[derive(Clone, Copy)]
pub(crate) struct Closure {
    pub(crate) component: usize,
    pub(crate) frame: Option<usize>,
}

/// The index spaces of an instance of a component.
#[derive(Default)]
pub(crate) struct Frame<'a> {
    pub(crate) outer: Option<usize>,
    pub(crate) modules: Vec<Range<usize>>,
    pub(crate) core_instances: Vec<InstanceId>,
    pub(crate) core_functions: Vec<CoreItem<'a>>,
    /// Tables, memories, globals and tags.
    pub(crate) core_others: [Vec<CoreItem<'a>>; 4],
    pub(crate) types: Vec<Type<'a>>,
    pub(crate) components: Vec<Closure>,
    pub(crate) instances: Vec<ComponentInstanceId>,
    pub(crate) functions: Vec<Func<'a>>,
}

/// The item `index` of an index space.
pub(crate) fn at<T>(space: &[T], index: u32) -> Result<&T, Error> {
    space.get(index as usize).ok_or_else(|| Error::invalid("an index that leads nowhere"))
}

impl<'a> Frame<'a> {
    /// Adds `value` to the index space of its kind.
    pub(crate) fn define(&mut self, value: Value<'a>) {
        match value {
            Value::Module(range) => self.modules.push(range),
            Value::Func(function) => self.functions.push(function),
            Value::Type(ty) => self.types.push(ty),
            Value::Component(closure) => self.components.push(closure),
            Value::Instance(instance) => self.instances.push(instance),
        }
    }

    /// What stands at `index` in the index space of `kind`.
    pub(crate) fn value(&self, kind: ComponentExternalKind, index: u32) -> Result<Value<'a>, Error> {
        Ok(match kind {
            ComponentExternalKind::Module => Value::Module(at(&self.modules, index)?.clone()),
            ComponentExternalKind::Func => Value::Func(*at(&self.functions, index)?),
            ComponentExternalKind::Type => Value::Type(*at(&self.types, index)?),
            ComponentExternalKind::Instance => Value::Instance(*at(&self.instances, index)?),
            ComponentExternalKind::Component => Value::Component(*at(&self.components, index)?),
            ComponentExternalKind::Value => {
                return Err(Error::unsupported("uses values between components, which no command needs"));
            }
        })
    }

    pub(crate) fn core_space(&self, kind: ExternalKind) -> &[CoreItem<'a>] {
        match other_space(kind) {
            Some(other) => &self.core_others[other],
            None => &self.core_functions,
        }
    }

    pub(crate) fn core_space_mut(&mut self, kind: ExternalKind) -> &mut Vec<CoreItem<'a>> {
        match other_space(kind) {
            Some(other) => &mut self.core_others[other],
            None => &mut self.core_functions,
        }
    }
}

fn other_space(kind: ExternalKind) -> Option<usize> {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => None,
        ExternalKind::Table => Some(0),
        ExternalKind::Memory => Some(1),
        ExternalKind::Global => Some(2),
        ExternalKind::Tag => Some(3),
    }
}

/// The name of a built-in function, as the component model writes it: `waitable-set.new`.
pub(crate) fn builtin_name(function: &CanonicalFunction) -> String {
    let debug = format!("{function:?}");
    let end = debug.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(debug.len());
    let mut name = String::new();
    for letter in debug[..end].chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(letter.to_lowercase());
    }
    name
}
