//! What packer, format, launcher and WASI must say alike: targets, CPU features, grants and the names in them, and how a text
//! from outside is shown.
//!
//! Nothing here reads or writes a file, or knows the format that these words are stored in.
#![forbid(unsafe_code)]

pub mod cpu;
pub mod grant;
mod guest;
pub mod launchers;
pub mod net;
mod spelling;
pub mod target;
mod telling;
pub mod words;

pub use cpu::CpuFeatures;
pub use grant::{DirGrant, FilesGrant, Grants, Mount, Variable};
pub use guest::GuestName;
pub use net::{Connect, Host, Listen};
pub use target::{Cpu, Os, Target};
pub use telling::{Count, Detail};

/// 1980-01-01 in seconds since 1970: the time of what has none, and the earliest that a zip archive can hold.
pub const YEAR_1980: u64 = 315_532_800;
