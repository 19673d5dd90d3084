//! Flattens a component: goes through its definitions as an engine does that instantiates it, and notes what would happen.

use std::collections::HashMap;

use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentOuterAliasKind, ComponentTypeRef, ExternalKind, Instance,
};

use crate::{
    Error, Kind,
    flat::{Canon, CoreInstance, CoreItem, Flat, Func, Options},
    frame::{Closure, Exports, Frame, Type, Value, at, builtin_name},
    read::{Item, Tree},
};

/// How deep components may be instantiated within others.
const DEEPEST: usize = 64;
/// How many definitions may be gone through: a component can instantiate another one twice, which can do the same.
const MOST_STEPS: usize = 1_000_000;
/// How many core modules may be instantiated, and how many bytes they may have together.
const MOST_INSTANCES: usize = 1_000;
const MOST_BYTES: usize = 256 << 20;

/// Flattens the outermost component of `tree`.
///
/// # Errors
/// `Unsupported` for modules and components that it imports, and for functions that one component offers another; `TooLarge`.
pub(crate) fn flatten<'a>(tree: &Tree<'a>) -> Result<Flat<'a>, Error> {
    let mut walk =
        Walk { tree, flat: Flat::default(), frames: Vec::new(), instances: Vec::new(), steps: 0, bytes: 0 };
    let exports = walk.instantiate(Closure { component: 0, frame: None }, None, 0)?;
    let mut flat = walk.flat;
    for (name, value) in exports {
        let run = match value {
            Value::Instance(instance) => match &walk.instances[instance] {
                Exports::Listed(exports) => match exports.get("run") {
                    Some(Value::Func(function)) => Some(*function),
                    _ => None,
                },
                Exports::Imported(interface) => Some(Func::Imported { interface, name: "run" }),
            },
            _ => None,
        };
        flat.exports.push((name, run));
    }
    Ok(flat)
}

struct Walk<'t, 'a> {
    tree: &'t Tree<'a>,
    flat: Flat<'a>,
    frames: Vec<Frame<'a>>,
    instances: Vec<Exports<'a>>,
    steps: usize,
    bytes: usize,
}

impl<'a> Walk<'_, 'a> {
    /// Instantiates a component; the outermost has no arguments. What it exports.
    fn instantiate(
        &mut self,
        closure: Closure,
        arguments: Option<&HashMap<&'a str, Value<'a>>>,
        depth: usize,
    ) -> Result<Vec<(&'a str, Value<'a>)>, Error> {
        if depth > DEEPEST {
            return Err(too_many("components are instantiated within others more than 64 deep"));
        }
        let number = self.frames.len();
        self.frames.push(Frame { outer: closure.frame, ..Frame::default() });
        let mut exports = Vec::new();
        let tree = self.tree;
        for item in &tree.components[closure.component] {
            self.step(1)?;
            match item {
                Item::Module(range) => self.frames[number].modules.push(range.clone()),
                Item::Component(component) => {
                    let closure = Closure { component: *component, frame: Some(number) };
                    self.frames[number].components.push(closure);
                }
                Item::CoreInstance(instance) => self.core_instance(number, instance)?,
                Item::Instance(instance) => self.instance(number, instance, depth)?,
                Item::Alias(alias) => self.alias(number, alias)?,
                Item::Type { resource } => {
                    self.frames[number].types.push(if *resource { Type::Own } else { Type::Plain });
                }
                Item::Canon(function, offset) => self.canon(number, function, *offset)?,
                Item::Import(import) => {
                    let name = import.name.name;
                    let value = match arguments {
                        Some(arguments) => arguments.get(name).cloned(),
                        None => Some(self.imported(name, &import.ty)?),
                    };
                    // A type can be left out: the validator knows it from elsewhere.
                    let value = match value {
                        Some(value) => value,
                        None if matches!(import.ty, ComponentTypeRef::Type(_)) => Value::Type(Type::Plain),
                        None => return Err(Error::invalid("an argument is missing")),
                    };
                    self.frames[number].define(value);
                }
                Item::Export(export) => {
                    let value = self.frames[number].value(export.kind, export.index)?;
                    exports.push((export.name.name, value.clone()));
                    self.frames[number].define(value);
                }
            }
        }
        Ok(exports)
    }

    fn step(&mut self, steps: usize) -> Result<(), Error> {
        self.steps += steps;
        if self.steps > MOST_STEPS {
            return Err(too_many("it defines more than a million things"));
        }
        Ok(())
    }

    /// An import of the outermost component.
    fn imported(&mut self, name: &'a str, ty: &ComponentTypeRef) -> Result<Value<'a>, Error> {
        match ty {
            ComponentTypeRef::Instance(_) => {
                self.flat.imports.push(name);
                self.instances.push(Exports::Imported(name));
                Ok(Value::Instance(self.instances.len() - 1))
            }
            ComponentTypeRef::Func(_) => {
                self.flat.imports.push(name);
                Ok(Value::Func(Func::Imported { interface: "", name }))
            }
            ComponentTypeRef::Type(_) => Ok(Value::Type(Type::Imported { interface: "", name })),
            ComponentTypeRef::Module(_) | ComponentTypeRef::Component(_) | ComponentTypeRef::Value(_) => {
                let reason = format!(
                    "imports the {} {name:?}, which somebody else would have to provide: build it as one complete component",
                    ty.kind().desc()
                );
                Err(Error::new(Kind::Import, reason))
            }
        }
    }

    fn core_instance(&mut self, number: usize, instance: &Instance<'a>) -> Result<(), Error> {
        let frame = &self.frames[number];
        let made = match instance {
            Instance::Instantiate { module_index, args } => {
                let bytes = at(&frame.modules, *module_index)?.clone();
                let mut imports = HashMap::new();
                for argument in args {
                    imports.insert(argument.name, *at(&frame.core_instances, argument.index)?);
                }
                self.bytes = self.bytes.saturating_add(bytes.len());
                if self.flat.instances.len() >= MOST_INSTANCES {
                    return Err(too_many("it has more than 1000 core instances"));
                }
                if self.bytes > MOST_BYTES {
                    return Err(too_many("its modules have more than 256 MiB together"));
                }
                self.step(imports.len())?;
                CoreInstance::Module { bytes, imports }
            }
            Instance::FromExports(exports) => {
                let mut bundle = HashMap::new();
                for export in exports {
                    bundle.insert(export.name, *at(frame.core_space(export.kind), export.index)?);
                }
                self.step(bundle.len())?;
                CoreInstance::Bundle(bundle)
            }
        };
        self.flat.instances.push(made);
        self.frames[number].core_instances.push(self.flat.instances.len() - 1);
        Ok(())
    }

    fn instance(
        &mut self,
        number: usize,
        instance: &ComponentInstance<'a>,
        depth: usize,
    ) -> Result<(), Error> {
        let exports = match instance {
            ComponentInstance::Instantiate { component_index, args } => {
                let closure = *at(&self.frames[number].components, *component_index)?;
                let mut arguments = HashMap::new();
                for argument in args {
                    arguments
                        .insert(argument.name, self.frames[number].value(argument.kind, argument.index)?);
                }
                self.step(arguments.len())?;
                self.instantiate(closure, Some(&arguments), depth + 1)?.into_iter().collect()
            }
            ComponentInstance::FromExports(exports) => {
                let mut listed = HashMap::new();
                for export in exports {
                    listed.insert(export.name.name, self.frames[number].value(export.kind, export.index)?);
                }
                self.step(listed.len())?;
                listed
            }
        };
        self.instances.push(Exports::Listed(exports));
        self.frames[number].instances.push(self.instances.len() - 1);
        Ok(())
    }

    fn alias(&mut self, number: usize, alias: &ComponentAlias<'a>) -> Result<(), Error> {
        match *alias {
            ComponentAlias::CoreInstanceExport { kind, instance_index, name } => {
                let frame = &mut self.frames[number];
                let instance = *at(&frame.core_instances, instance_index)?;
                let item = match &self.flat.instances[instance] {
                    CoreInstance::Module { .. } => CoreItem::Export { kind, instance, name },
                    CoreInstance::Bundle(items) => {
                        *items.get(name).ok_or_else(|| Error::invalid("an alias that leads nowhere"))?
                    }
                };
                frame.core_space_mut(kind).push(item);
            }
            ComponentAlias::InstanceExport { kind, instance_index, name } => {
                let instance = *at(&self.frames[number].instances, instance_index)?;
                let value = match &self.instances[instance] {
                    Exports::Listed(exports) => {
                        let found = exports.get(name).cloned();
                        found.ok_or_else(|| Error::invalid("an alias that leads nowhere"))?
                    }
                    Exports::Imported(interface) => {
                        let interface = *interface;
                        self.of_imported(interface, kind, name)?
                    }
                };
                self.frames[number].define(value);
            }
            ComponentAlias::Outer { kind, count, index } => {
                let mut frame = number;
                for _ in 0..count {
                    let outer = self.frames[frame].outer;
                    frame = outer.ok_or_else(|| Error::invalid("an alias that leads nowhere"))?;
                }
                let kind = match kind {
                    ComponentOuterAliasKind::CoreModule => ComponentExternalKind::Module,
                    // What core types are is known to the modules.
                    ComponentOuterAliasKind::CoreType => return Ok(()),
                    ComponentOuterAliasKind::Type => ComponentExternalKind::Type,
                    ComponentOuterAliasKind::Component => ComponentExternalKind::Component,
                };
                let value = self.frames[frame].value(kind, index)?;
                self.frames[number].define(value);
            }
        }
        Ok(())
    }

    fn of_imported(
        &mut self,
        interface: &'a str,
        kind: ComponentExternalKind,
        name: &'a str,
    ) -> Result<Value<'a>, Error> {
        match kind {
            ComponentExternalKind::Func => Ok(Value::Func(Func::Imported { interface, name })),
            ComponentExternalKind::Type => Ok(Value::Type(Type::Imported { interface, name })),
            ComponentExternalKind::Instance => {
                self.instances.push(Exports::Imported(name));
                Ok(Value::Instance(self.instances.len() - 1))
            }
            other => {
                let reason = format!(
                    "imports the {} {name:?} of {interface}, which somebody else would have to provide: build it as one complete \
                     component",
                    other.desc()
                );
                Err(Error::new(Kind::Import, reason))
            }
        }
    }

    fn canon(&mut self, number: usize, function: &CanonicalFunction, offset: usize) -> Result<(), Error> {
        let canon = match function {
            CanonicalFunction::Lift { core_func_index, options, .. } => {
                let core = *at(&self.frames[number].core_functions, *core_func_index)?;
                let (_, post_return) = self.options(number, options)?;
                let is_async = options.contains(&CanonicalOption::Async);
                self.frames[number].functions.push(Func::Lifted { core, post_return, is_async });
                return Ok(());
            }
            CanonicalFunction::Lower { func_index, options } => {
                let (options, _) = self.options(number, options)?;
                match *at(&self.frames[number].functions, *func_index)? {
                    Func::Imported { interface, name } => Canon::Lowered { interface, name, options },
                    Func::Lifted { core, .. } => Canon::Composed { core },
                }
            }
            CanonicalFunction::ResourceDrop { resource } => {
                match *at(&self.frames[number].types, *resource)? {
                    Type::Imported { interface, name } => Canon::Drop { interface, resource: name },
                    Type::Own | Type::Plain => Canon::Other("resource.drop".to_owned()),
                }
            }
            other => Canon::Other(builtin_name(other)),
        };
        self.flat.canons.push((canon, offset));
        self.frames[number].core_functions.push(CoreItem::Canon(self.flat.canons.len() - 1));
        Ok(())
    }

    /// How a function is lowered, and what is called when its results were read.
    fn options(
        &self,
        number: usize,
        options: &[CanonicalOption],
    ) -> Result<(Options<'a>, Option<CoreItem<'a>>), Error> {
        let frame = &self.frames[number];
        let mut found = Options { utf8: true, ..Options::default() };
        let mut post_return = None;
        for option in options {
            match *option {
                CanonicalOption::UTF16 | CanonicalOption::CompactUTF16 => found.utf8 = false,
                CanonicalOption::Memory(index) => {
                    found.memory = Some(*at(frame.core_space(ExternalKind::Memory), index)?);
                }
                CanonicalOption::Realloc(index) => found.realloc = Some(*at(&frame.core_functions, index)?),
                CanonicalOption::PostReturn(index) => post_return = Some(*at(&frame.core_functions, index)?),
                CanonicalOption::Async => found.is_async = true,
                _ => {}
            }
        }
        Ok((found, post_return))
    }
}

fn too_many(what: &str) -> Error {
    Error::new(Kind::TooLarge, format!("too large to be merged: {what}"))
}
