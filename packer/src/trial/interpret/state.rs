//! What the functions that a tried program imports work on.

use std::fmt;

use sandbox::{Ctx, Exit};
use wasmi::Memory;

use super::limits::Limits;
use crate::trial::profile::Step;

/// What the host functions work on.
pub(super) struct State {
    pub(super) ctx: Ctx,
    pub(super) notes: Notes,
    pub(super) limits: Limits,
}

/// What was touched so far, in order.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) steps: Vec<Step>,
    /// The memory with the marks of what is known.
    pub(super) marks: Option<Memory>,
}

/// The end of a program by its own will.
#[derive(Debug)]
pub(super) struct Ends(pub(super) Exit);

impl fmt::Display for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl wasmi::errors::HostError for Ends {}
