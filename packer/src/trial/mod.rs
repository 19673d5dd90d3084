//! The trial: starts the program once, to see what a start touches.
//!
//! By default the program is interpreted, in the packer itself, for a counted number of steps ([`interpret`]): what that finds
//! depends on the program, its options and the version of the packer alone. With `--profile` it is packed for this machine in
//! pieces of one page each, every function on pages of its own, and run with what it was granted ([`run`](mod@run)); its
//! launcher writes down which pages it touched, in their order. What was found can be saved in a file and used on any machine
//! ([`saved`]). The final pack lays those functions out side by side, first, and its launcher brings what the start will need
//! before the app asks for it.
//!
//! Functions have the same numbers on every target, so one profile serves all of them.

mod bodies;
mod carried;
pub mod interpret;
mod noting;
mod place;
mod profile;
mod run;
pub mod saved;

use std::path::PathBuf;

use payload::{Header, Manifest, Target};

use crate::{
    Error, Kind,
    link::{Linked, Order},
    progress::Progress,
    store::{self, Stored},
};

pub use carried::Carried;
pub use profile::Profile;
pub use run::{Program, asked};

/// Bytes a piece: a page, and the least that a chunk can have.
pub const PIECE: u32 = payload::chunk::MIN_SIZE;
/// zstd's level: the file is run once.
const LEVEL: i32 = 1;

/// The start that the packer tries.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trial {
    /// None. Functions are in the order of their calls.
    None,
    /// One without arguments, alone with what the executable carries. What it touches, any start is likely to touch: so that
    /// lies together, and is brought by a CPU that is idle.
    Bare,
    /// One with these arguments, and with the grants that were asked for in this pack (those that an executable brings along
    /// are for whoever starts that). What it touches is brought before every start.
    With(Vec<String>),
    /// None here: these files tell what other trials found.
    Saved(Vec<PathBuf>),
}

/// The payload of a program that is run to see what it touches: `linked` for this machine with a granularity of
/// [`PIECE`], and stored in pieces of that.
pub fn payload(
    linked: &Linked,
    header: Header,
    manifest: &Manifest,
    shared: &[Stored],
    progress: &Progress,
) -> Vec<u8> {
    let own = store::in_pieces(linked, PIECE, LEVEL, progress);
    store::payload(header, manifest, &own, shared)
}

/// The layout that tells functions apart by the pages that are touched: each begins on one of its own.
pub fn apart() -> Order {
    Order { alignment: PIECE, ..Order::default() }
}

/// The target that a start with arguments can be tried for on this machine.
///
/// # Errors
/// `Profile` if there is none.
pub fn target() -> Result<Target, Error> {
    Target::host().filter(|_| cfg!(target_os = "linux")).ok_or_else(|| {
        let reason = "a start with arguments can be tried on Linux only; save what it finds there (--save-profile), and use \
                      that here (--use-profile)";
        Error::new(Kind::Profile, reason)
    })
}
