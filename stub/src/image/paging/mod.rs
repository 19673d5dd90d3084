//! How an image gets into its place: chunk by chunk when it is touched, or all of it before the start. Both ways have one face.
//!
//! ```text
//! place     puts an image into a region
//! resolve   what is to be done about a fault at an address
//! TOUCH     what makes the app's memory accessible before the system is handed it
//! touched   what was touched so far, until nothing is noted any more
//! fork      makes a copy of the process, in which chunks come as before
//! forget_memory  what is to be done before the app's memory goes
//! ```

mod hints;
mod kind;

#[cfg(not(target_os = "linux"))]
#[path = "eager.rs"]
mod way;
#[cfg(target_os = "linux")]
#[path = "lazy/mod.rs"]
mod way;

pub(super) use hints::Hints;
pub(super) use kind::Kind;
#[cfg_attr(windows, allow(unused_imports, reason = "it makes no copies"))]
pub(super) use way::fork;
pub(super) use way::{TOUCH, forget_memory, place, resolve, stop_noting, touched};
