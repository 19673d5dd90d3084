//! How a pipe or an event stands.

use crate::words::Ready;

/// How something stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct State {
    /// What can be done at once.
    pub(super) ready: Ready,
    /// How often something happened that may make it readable.
    pub(super) reads: u64,
    /// How often something happened that may make it writable.
    pub(super) writes: u64,
}
