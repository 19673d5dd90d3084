//! A component as input: it becomes a module for preview 1 before anything else looks at it.

use component::{Command, Way};
use lower::OffsetMap;

use super::unprovided::sentence;
use crate::{Error, Kind};

/// What is told of a component that was packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// The interfaces that it imports, in its order.
    pub imports: Vec<String>,
    /// Those of which a call ends the program, because nothing provides it.
    pub missing: Vec<String>,
    /// Whether it was a module of preview 1 with the official adapter, which was taken out as it is.
    pub unwrapped: bool,
    /// From offsets in the module that it became to those in the component.
    pub map: OffsetMap,
}

impl Component {
    /// A sentence about what it imports and nobody provides.
    pub fn note(&self) -> Option<String> {
        sentence(&self.missing, String::clone)
    }
}

/// The module that the component in `bytes` becomes.
///
/// # Errors
/// As [`component::command`].
pub(super) fn read(bytes: &[u8]) -> Result<(Vec<u8>, Component), Error> {
    let Command { wasm, map, way, imports, missing } = component::command(bytes).map_err(|error| {
        let kind = match error.kind {
            component::Kind::Invalid => Kind::Invalid,
            component::Kind::NotACommand => Kind::NotACommand,
            component::Kind::Import => Kind::Import,
            component::Kind::TooLarge => Kind::TooLarge,
            _ => Kind::Component,
        };
        Error::new(kind, error.reason)
    })?;
    // Nobody comes to call what a socket can do: there is none to be had, which the program is told.
    let missing = missing.into_iter().filter(|name| !name.starts_with("wasi:sockets/")).collect();
    Ok((wasm, Component { imports, missing, unwrapped: way == Way::Unwrapped, map }))
}
