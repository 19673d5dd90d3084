//! The images that are paged in: that of the app's memory, and the code of each program that ran.
//!
//! A signal handler looks for them, so they are found through pointers.
#![allow(unsafe_code)]

use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::pager::Pager;
use crate::fail::Failure;
use crate::image::paging::kind::Kind;

/// The code of a program, and of those that ran before.
struct Code {
    pager: Pager,
    before: Option<&'static Code>,
}

/// The code that was put in its place last.
static CODE: AtomicPtr<Code> = AtomicPtr::new(null_mut());
/// The image of the app's memory.
static MEMORY: AtomicPtr<Pager> = AtomicPtr::new(null_mut());
/// Set once there is one.
static HAS_MEMORY: OnceLock<()> = OnceLock::new();

fn code() -> Option<&'static Code> {
    // SAFETY: it is nothing, or what `set` leaked, which is not changed.
    unsafe { CODE.load(Ordering::Acquire).as_ref() }
}

fn memory() -> Option<&'static Pager> {
    // SAFETY: it is nothing, or what `set` leaked, which stays until `forget_memory`: nobody holds it then.
    unsafe { MEMORY.load(Ordering::Acquire).as_ref() }
}

/// The image of this kind, once it has its place; of several, the last.
pub(super) fn get(kind: Kind) -> Option<&'static Pager> {
    match kind {
        Kind::Code => code().map(|code| &code.pager),
        Kind::Memory => memory(),
    }
}

/// Notes an image. From now on touching it pages it in.
pub(super) fn set(kind: Kind, pager: Pager) -> Result<&'static Pager, Failure> {
    match kind {
        Kind::Code => {
            let code: &'static mut Code = Box::leak(Box::new(Code { pager, before: code() }));
            CODE.store(code, Ordering::Release);
        }
        Kind::Memory if memory().is_some() => return Err(Failure::new("an image is there twice")),
        Kind::Memory => {
            MEMORY.store(Box::leak(Box::new(pager)), Ordering::Release);
            let _ = HAS_MEMORY.set(());
        }
    }
    get(kind).ok_or_else(|| Failure::new("an image is not there"))
}

/// Forgets the image of the app's memory. To be called when no other thread runs the app, or pages in anything.
pub(super) fn forget_memory() {
    let memory = MEMORY.swap(null_mut(), Ordering::AcqRel);
    if !memory.is_null() {
        // SAFETY: `set` leaked it, it is forgotten once, and nobody else uses it.
        unsafe { Box::from_raw(memory) }.free();
    }
}

/// All that have their places.
pub(super) fn all() -> impl Iterator<Item = &'static Pager> {
    let codes = std::iter::successors(code(), |code| code.before).map(|code| &code.pager);
    codes.chain(memory())
}

/// True once the image of the app's memory is in its place, if it has one.
pub(super) fn has_memory() -> bool {
    HAS_MEMORY.get().is_some()
}

/// Waits until [`has_memory`].
pub(super) fn wait_for_memory() {
    HAS_MEMORY.wait();
}
