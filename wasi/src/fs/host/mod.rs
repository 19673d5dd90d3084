//! What lies on the host: a cap-std handle, and below it the system.
//!
//! Every path here has passed `crate::path::read` and is resolved by cap-std, which never lets it leave the handle's
//! directory, but where nothing is to confine a program (`beyond`). What was granted read-only answers `rofs` to every verb that would change it.

mod beyond;
pub(crate) mod dir;
pub(crate) mod file;
mod name;
mod open;
