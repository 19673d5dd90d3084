//! Places modules in the plan: each import is what another instance exports, or a function of the canonical ABI.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

use wasmparser::{ExternalKind, Operator, TableInit, TypeRef};

use crate::{
    Error, Kind, adapter,
    flat::{Canon, CoreInstance, CoreItem, Flat, InstanceId, Options},
    fold,
    module::{Module, kind_of},
    plan::{Call, Function, FunctionId, Global, Memory, Part, Plan, Source, Table},
    types::{Known, Signature},
};

/// An item that an import stands for.
#[derive(Clone, Copy)]
pub(crate) enum Given {
    Function(FunctionId),
    Other(u32),
}

/// Places the instances of a component.
pub(crate) struct Placement<'f, 'a> {
    bytes: &'a [u8],
    flat: &'f Flat<'a>,
    pub(crate) plan: Plan<'a>,
    /// The adapter's module, for its exports; it is placed later.
    adapter: Module<'static>,
    /// Modules by where they start.
    modules: HashMap<usize, usize>,
    /// The parts of instances that are of a module.
    parts: HashMap<InstanceId, usize>,
    /// Functions of the canonical ABI that were placed.
    canons: HashMap<usize, FunctionId>,
    /// Interfaces of which something is imported that the adapter does not have.
    pub(crate) missing: BTreeSet<&'a str>,
}

impl<'f, 'a> Placement<'f, 'a> {
    /// Places all instances of `flat`.
    ///
    /// # Errors
    /// `Import` for functions that are not WASI's; `Unsupported`.
    pub(crate) fn new(bytes: &'a [u8], flat: &'f Flat<'a>) -> Result<Self, Error> {
        let mut placement = Placement {
            bytes,
            flat,
            plan: Plan::default(),
            adapter: adapter::read()?,
            modules: HashMap::new(),
            parts: HashMap::new(),
            canons: HashMap::new(),
            missing: BTreeSet::new(),
        };
        for (id, instance) in flat.instances.iter().enumerate() {
            if let CoreInstance::Module { bytes, imports } = instance {
                placement.instance(id, bytes, imports)?;
            }
        }
        Ok(placement)
    }

    fn instance(
        &mut self,
        id: InstanceId,
        range: &Range<usize>,
        imports: &HashMap<&'a str, InstanceId>,
    ) -> Result<(), Error> {
        let module = match self.modules.get(&range.start) {
            Some(&module) => module,
            None => {
                self.plan.modules.push(Module::read(self.bytes, range.clone())?);
                self.modules.insert(range.start, self.plan.modules.len() - 1);
                self.plan.modules.len() - 1
            }
        };
        let types = {
            let Plan { modules, types, .. } = &mut self.plan;
            types.add(&modules[module].types)?
        };
        let mut given = Vec::new();
        for at in 0..self.plan.modules[module].imports.len() {
            let import = self.plan.modules[module].imports[at];
            let nowhere = || {
                Error::invalid(format_args!(
                    "an import {:?} {:?} that nobody gives",
                    import.module, import.name
                ))
            };
            let from = *imports.get(import.module).ok_or_else(nowhere)?;
            let item = match &self.flat.instances[from] {
                CoreInstance::Module { .. } => {
                    CoreItem::Export { kind: kind_of(&import.ty), instance: from, name: import.name }
                }
                CoreInstance::Bundle(items) => *items.get(import.name).ok_or_else(nowhere)?,
            };
            given.push(match import.ty {
                TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                    let ty = types.get(ty as usize).copied();
                    Given::Function(self.function(item, ty)?)
                }
                _ => Given::Other(self.item(item)?),
            });
        }
        self.parts.insert(id, self.plan.parts.len());
        place(&mut self.plan, module, types, &given, false)
    }

    /// The function of an item; `ty` is the type that it is imported with.
    pub(crate) fn function(&mut self, item: CoreItem<'a>, ty: Option<u32>) -> Result<FunctionId, Error> {
        match item {
            CoreItem::Export { instance, name, .. } => {
                self.plan.export(self.part(instance)?, ExternalKind::Func, name)
            }
            CoreItem::Canon(number) => {
                if let Some(&function) = self.canons.get(&number) {
                    return Ok(function);
                }
                // What nobody imports has no type here, and is never called.
                let ty = ty.ok_or_else(|| {
                    Error::unsupported(
                        "hands an imported function to the canonical ABI, which no toolchain does",
                    )
                })?;
                let function = self.canon(number, ty)?;
                self.canons.insert(number, function);
                Ok(function)
            }
        }
    }

    fn part(&self, instance: InstanceId) -> Result<usize, Error> {
        self.parts.get(&instance).copied().ok_or_else(|| Error::invalid("an instance that is none"))
    }

    /// A table, memory, global or tag, by its number in the plan.
    fn item(&self, item: CoreItem<'a>) -> Result<u32, Error> {
        match item {
            CoreItem::Export { kind, instance, name } => {
                Ok(self.plan.export(self.part(instance)?, kind, name)? as u32)
            }
            CoreItem::Canon(_) => Err(Error::invalid("a function where none can be")),
        }
    }

    fn canon(&mut self, number: usize, ty: u32) -> Result<FunctionId, Error> {
        let flat = self.flat;
        let (canon, offset) = &flat.canons[number];
        match canon {
            Canon::Lowered { interface, name, options } => {
                self.lowered((interface, name), *options, ty, *offset)
            }
            Canon::Composed { core } => self.composed(*core, ty),
            Canon::Drop { interface, resource } if adapter::has_resource(interface, resource) => {
                let call = Call {
                    export: adapter::DROP.to_owned(),
                    imported: format!("{interface}#[resource-drop]{resource}"),
                    realloc: None,
                    memory: None,
                    offset: *offset,
                };
                self.call(call, ty)
            }
            Canon::Drop { interface, resource } => {
                self.miss(interface)?;
                Ok(self.plan.host(interface, &format!("[resource-drop]{resource}"), ty))
            }
            Canon::Other(name) => Ok(self.plan.host("component-model", name, ty)),
        }
    }

    /// A function of another component. One that does nothing but trap, as those of stubs do, can be called without it.
    ///
    /// # Errors
    /// `Unsupported` for any other.
    fn composed(&mut self, core: CoreItem<'a>, ty: u32) -> Result<FunctionId, Error> {
        let function = self.function(core, None)?;
        if let Source::Body { part, body } = &self.plan.functions[function].source {
            let mut operators = self.plan.module_of(*part).bodies[*body].get_operators_reader()?;
            if matches!(operators.read()?, Operator::Unreachable) {
                return Ok(self.plan.host("component-model", "a function that only traps", ty));
            }
        }
        Err(Error::unsupported(
            "composed of several components that call each other, which are not merged yet: pack the command by itself, or link its \
             parts into one core module",
        ))
    }

    fn lowered(
        &mut self,
        (interface, name): (&'a str, &'a str),
        options: Options<'a>,
        ty: u32,
        offset: usize,
    ) -> Result<FunctionId, Error> {
        let export =
            adapter::export_of(interface, name).filter(|name| self.adapter.exports.contains_key(&**name));
        let Some(export) = export.filter(|_| !options.is_async) else {
            self.miss(if interface.is_empty() { name } else { interface })?;
            return Ok(self.plan.host(interface, name, ty));
        };
        if !options.utf8 {
            return Err(Error::unsupported(format!(
                "takes strings of {interface} as UTF-16, which is not supported: build it with UTF-8"
            )));
        }
        let memory = options.memory.map(|memory| self.item(memory)).transpose()?;
        let realloc = options.realloc.map(|realloc| self.function(realloc, None)).transpose()?;
        self.call(Call { export, imported: format!("{interface}#{name}"), realloc, memory, offset }, ty)
    }

    /// A call of the adapter, if the function has the type that it has in WASI 0.2.
    fn call(&mut self, mut call: Call, ty: u32) -> Result<FunctionId, Error> {
        let index = self.adapter.exports[&*call.export].index as usize;
        let imported = self.adapter.imported(ExternalKind::Func);
        let own = self.adapter.functions[index - imported] as usize;
        let own = self.adapter.types[own].clone();
        let mut known = Known(Vec::new());
        let params: Vec<_> = own.params().iter().map(|&ty| known.val_type(ty)).collect::<Result<_, _>>()?;
        let results: Vec<_> = own.results().iter().map(|&ty| known.val_type(ty)).collect::<Result<_, _>>()?;
        let Signature { params: asked, results: given } = self.plan.types.get(ty);
        let takes_realloc = params.len() == asked.len() + 1;
        if params[..asked.len().min(params.len())] != asked[..]
            || *given != results
            || params.len() > asked.len() + usize::from(takes_realloc)
            || takes_realloc && call.realloc.is_none()
        {
            return Err(Error::new(
                Kind::Import,
                format!(
                    "imports {} with another type than WASI 0.2 gives it: build it with the WIT of WASI 0.2",
                    call.imported
                ),
            ));
        }
        if !takes_realloc {
            call.realloc = None;
        }
        Ok(self.plan.function(ty, Source::Call(call)))
    }

    /// Notes that something of `interface` is missing.
    ///
    /// # Errors
    /// `Import` if it is not WASI's.
    fn miss(&mut self, interface: &'a str) -> Result<(), Error> {
        if !interface.starts_with("wasi:") {
            let reason = format!(
                "imports {interface}, a WIT interface of its own that nobody provides: build it as a command that imports nothing \
                 but WASI"
            );
            return Err(Error::new(Kind::Import, reason));
        }
        self.missing.insert(interface);
        Ok(())
    }
}

/// Adds an instance of the module with number `module`. `given` is what its imports are, in their order.
pub(crate) fn place(
    plan: &mut Plan<'_>,
    module: usize,
    types: Vec<u32>,
    given: &[Given],
    is_adapter: bool,
) -> Result<(), Error> {
    let number = plan.parts.len();
    let mut known = Known(types);
    let mut part = Part {
        module,
        types: Vec::new(),
        functions: Vec::new(),
        tables: Vec::new(),
        memories: Vec::new(),
        globals: Vec::new(),
        tags: Vec::new(),
        elements: plan.elements,
        data: plan.data,
        is_adapter,
    };
    let module = &plan.modules[module];
    for (import, given) in module.imports.iter().zip(given) {
        match (kind_of(&import.ty), *given) {
            (ExternalKind::Func, Given::Function(function)) => part.functions.push(function),
            (ExternalKind::Table, Given::Other(table)) => part.tables.push(table),
            (ExternalKind::Memory, Given::Other(memory)) => part.memories.push(memory),
            (ExternalKind::Global, Given::Other(global)) => part.globals.push(global),
            (ExternalKind::Tag, Given::Other(tag)) => part.tags.push(tag),
            _ => return Err(Error::invalid("an import of another kind than what it gets")),
        }
    }
    for (body, &ty) in module.functions.iter().enumerate() {
        let name = module.function_names.get(&(part.functions.len() as u32)).copied();
        let ty = known.0[ty as usize];
        part.functions.push(plan.functions.len());
        plan.functions.push(Function { ty, source: Source::Body { part: number, body }, name });
    }
    for memory in &module.memories {
        part.memories.push(plan.memories.len() as u32);
        plan.memories.push(Memory { ty: *memory, part: number });
    }
    for tag in &module.tags {
        part.tags.push(plan.tags.len() as u32);
        plan.tags.push(known.0[tag.func_type_idx as usize]);
    }
    let constant = |expression, known: &Known, globals: &[Global], part: &Part| {
        fold::fold(
            expression,
            &known.0,
            |index| part.globals.get(index as usize).map(|&global| globals[global as usize].value),
            |index| part.functions.get(index as usize).copied(),
        )
    };
    for global in &module.globals {
        let value = constant(&global.init_expr, &known, &plan.globals, &part)?;
        part.globals.push(plan.globals.len() as u32);
        let ty = known.val_type(global.ty.content_type)?;
        plan.globals.push(Global { ty, mutable: global.ty.mutable, value });
    }
    for table in &module.tables {
        let init = match &table.init {
            TableInit::RefNull => None,
            TableInit::Expr(expression) => Some(constant(expression, &known, &plan.globals, &part)?),
        };
        part.tables.push(plan.tables.len() as u32);
        let element = known.ref_type(table.ty.element_type)?;
        plan.tables.push(Table { element, ty: table.ty, init });
    }
    plan.elements += module.elements.len() as u32;
    plan.data += module.data.len() as u32;
    part.types = known.0;
    plan.parts.push(part);
    check_size(plan)
}

/// Checks that no module would be refused for the number of what is in it.
///
/// # Errors
/// `TooLarge`.
fn check_size(plan: &Plan<'_>) -> Result<(), Error> {
    let counts = [
        ("functions", plan.functions.len(), 1_000_000),
        ("globals", plan.globals.len(), 1_000_000),
        ("tags", plan.tags.len(), 1_000_000),
        ("tables", plan.tables.len(), 100_000),
        ("element segments", plan.elements as usize, 100_000),
        ("data segments", plan.data as usize, 100_000),
    ];
    match counts.into_iter().find(|(_, count, most)| count > most) {
        None => Ok(()),
        Some((what, _, most)) => Err(Error::new(
            Kind::TooLarge,
            format!("too large to be merged: its modules have more than {most} {what} together"),
        )),
    }
}
