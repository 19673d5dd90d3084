//! The images that are paged in, at most one of each kind.

use std::sync::OnceLock;

use super::pager::Pager;
use crate::fail::Failure;
use crate::image::paging::kind::Kind;

static CODE: OnceLock<Pager> = OnceLock::new();
static MEMORY: OnceLock<Pager> = OnceLock::new();

fn cell(kind: Kind) -> &'static OnceLock<Pager> {
    match kind {
        Kind::Code => &CODE,
        Kind::Memory => &MEMORY,
    }
}

/// The image of this kind, once it has its place.
pub(super) fn get(kind: Kind) -> Option<&'static Pager> {
    cell(kind).get()
}

/// Notes an image. From now on touching it pages it in.
pub(super) fn set(kind: Kind, pager: Pager) -> Result<&'static Pager, Failure> {
    if cell(kind).set(pager).is_err() {
        return Err(Failure::new("an image is there twice"));
    }
    get(kind).ok_or_else(|| Failure::new("an image is not there"))
}

/// All that have their places.
pub(super) fn all() -> impl Iterator<Item = &'static Pager> {
    [CODE.get(), MEMORY.get()].into_iter().flatten()
}

/// True where chunks can be paged in while another thread runs the app, without either in the other's way.
pub(super) fn are_filled() -> bool {
    CODE.get().is_some_and(Pager::is_filled)
}

/// True once the image of the app's memory is in its place, if it has one.
pub(super) fn has_memory() -> bool {
    MEMORY.get().is_some()
}

/// Waits until [`has_memory`].
pub(super) fn wait_for_memory() {
    MEMORY.wait();
}
