//! Reads a component: validates it, and lists what each component in it defines, in order.

use std::ops::Range;

use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExport, ComponentImport, ComponentInstance, ComponentType,
    FuncValidatorAllocations, Instance, Parser, Payload, ValidPayload, Validator, WasmFeatures,
};

use crate::Error;

/// A definition, which adds to one of its component's index spaces.
pub(crate) enum Item<'a> {
    /// A core module: its bytes.
    Module(Range<usize>),
    /// A component, by its number in the list.
    Component(usize),
    CoreInstance(Instance<'a>),
    Instance(ComponentInstance<'a>),
    Alias(ComponentAlias<'a>),
    Type {
        /// Whether it is a new resource.
        resource: bool,
    },
    /// A function of the canonical ABI, and where it stands.
    Canon(CanonicalFunction, usize),
    Import(ComponentImport<'a>),
    Export(ComponentExport<'a>),
}

/// A component and those within it; the outermost is the first.
pub(crate) struct Tree<'a> {
    pub(crate) components: Vec<Vec<Item<'a>>>,
}

/// Reads `bytes`, all of which are validated.
///
/// # Errors
/// `Invalid`; `Unsupported` for what no program here needs: start functions and values of components.
pub(crate) fn read(bytes: &[u8]) -> Result<Tree<'_>, Error> {
    let mut validator = Validator::new_with_features(WasmFeatures::all() - WasmFeatures::CM_CANON_NAMES);
    let mut allocations = FuncValidatorAllocations::default();
    let mut tree = Tree { components: Vec::new() };
    // The components that are being read, by number; `None` for a module.
    let mut open: Vec<Option<usize>> = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            let mut function = function.into_validator(allocations);
            function.validate(&body)?;
            allocations = function.into_allocations();
        }
        match payload {
            Payload::Version { encoding, .. } => {
                let outermost = tree.components.is_empty();
                if outermost && encoding == wasmparser::Encoding::Module {
                    return Err(Error::invalid("it is a module"));
                }
                if outermost {
                    tree.components.push(Vec::new());
                    open.push(Some(0));
                }
                continue;
            }
            Payload::ModuleSection { ref unchecked_range, .. } => {
                let range = unchecked_range.start as usize..unchecked_range.end as usize;
                add(&mut tree, &open, Item::Module(range));
                open.push(None);
                continue;
            }
            Payload::ComponentSection { .. } => {
                let number = tree.components.len();
                add(&mut tree, &open, Item::Component(number));
                tree.components.push(Vec::new());
                open.push(Some(number));
                continue;
            }
            Payload::End(_) => {
                open.pop();
                continue;
            }
            _ => {}
        }
        if let Some(&Some(number)) = open.last() {
            section(payload, &mut tree.components[number])?;
        }
    }
    Ok(tree)
}

fn add<'a>(tree: &mut Tree<'a>, open: &[Option<usize>], item: Item<'a>) {
    if let Some(&Some(number)) = open.last() {
        tree.components[number].push(item);
    }
}

/// Adds what a section of a component defines.
fn section<'a>(payload: Payload<'a>, items: &mut Vec<Item<'a>>) -> Result<(), Error> {
    match payload {
        Payload::InstanceSection(section) => {
            for instance in section {
                items.push(Item::CoreInstance(instance?));
            }
        }
        Payload::ComponentInstanceSection(section) => {
            for instance in section {
                items.push(Item::Instance(instance?));
            }
        }
        Payload::ComponentAliasSection(section) => {
            for alias in section {
                items.push(Item::Alias(alias?));
            }
        }
        Payload::ComponentTypeSection(section) => {
            for ty in section {
                let resource = matches!(ty?, ComponentType::Resource { .. });
                items.push(Item::Type { resource });
            }
        }
        Payload::ComponentCanonicalSection(section) => {
            for function in section.into_iter_with_offsets() {
                let (offset, function) = function?;
                items.push(Item::Canon(function, offset as usize));
            }
        }
        Payload::ComponentImportSection(section) => {
            for import in section {
                items.push(Item::Import(import?));
            }
        }
        Payload::ComponentExportSection(section) => {
            for export in section {
                items.push(Item::Export(export?));
            }
        }
        Payload::ComponentStartSection { .. } => {
            return Err(Error::unsupported(
                "a component with a start function of its own, which no command has: remove it",
            ));
        }
        _ => {}
    }
    Ok(())
}
