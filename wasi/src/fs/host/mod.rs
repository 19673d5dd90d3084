//! What lies on the host.

pub(super) mod dir;
mod name;
