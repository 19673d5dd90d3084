//! From stored sections to a module that is ready to run, with nothing copied and nothing relocated.
//!
//! ```text
//! stored   the sections, as the file has them
//! code     the code image in its place, the table of runtime functions filled in
//! memory   the app's first memory, which starts as the memory image
//! lazy     chunks that are decoded when they are touched (Linux); elsewhere all of them at the start
//! ahead    chunks that a start is likely to touch, decoded before that by a second thread
//! loader   the engine's metadata and finished function pointers  →  a module
//! unwind   tables for exceptions, made and registered when the first one is thrown
//! ```
//!
//! With a compressed file on Linux the images are ranges of inaccessible memory at first. Touching one raises a fault,
//! whose handler decodes the chunk and puts it there. A raw file is simply mapped. Where faults cannot be handled that
//! way, everything is decoded before the start, on all CPUs.

#[cfg(target_os = "linux")]
mod ahead;
mod code;
#[cfg(not(target_os = "linux"))]
mod eager;
#[cfg(target_os = "linux")]
mod lazy;
#[cfg(all(test, target_os = "linux"))]
mod lazy_tests;
mod loader;
pub(crate) mod memory;
#[cfg(target_os = "linux")]
mod outcome;
#[cfg(target_os = "linux")]
mod record;
mod stored;
pub(crate) mod unwind;

use payload::SectionKind;
use payload::chunk::Decoder;
use payload::image::Image;
use wasmer::{Module, Store};

use crate::fail::{Context, Failure};
use crate::{sys, trace};

pub(crate) use code::Code;
#[cfg(target_os = "linux")]
pub(crate) use lazy::{fault, published};
pub(crate) use memory::bytes as memory_now;
#[cfg(target_os = "linux")]
pub(crate) use outcome::Outcome;
pub(crate) use stored::Stored;

/// What makes the app's memory accessible before the system is handed it; nothing is needed where it is from the start.
#[cfg(target_os = "linux")]
pub(crate) const BRING: Option<wasi::Bring> = Some(lazy::touch);
#[cfg(not(target_os = "linux"))]
pub(crate) const BRING: Option<wasi::Bring> = None;

/// What is said where memory that was written cannot become executable.
const FORBIDDEN: &str = "this system forbids making memory executable, which a compressed program needs; packed with \
                         --no-compress it runs here";

/// The variable that tells where to write what was touched, and what the names of all the packer's variables begin with.
pub(crate) const PROFILE: &str = "WASMPACK_PROFILE";
/// The variable that tells which process packs.
#[cfg(target_os = "linux")]
const PROFILE_PARENT: &str = "WASMPACK_PROFILE_PARENT";

/// What every error about the payload's bytes begins with.
const DAMAGED: &str = "the file is damaged, fetch it again or pack it again";

/// What decodes chunks.
///
/// # Errors
/// When there is no memory for it.
fn decoder() -> Result<Decoder, Failure> {
    Decoder::try_new()
        .ok_or_else(|| Failure::new(format!("the system has no memory for a decoder{}", sys::OfMemory)))
}

/// The program's module, in a store of its own.
pub(crate) fn module(stored: Stored) -> Result<(Store, Module), Failure> {
    let memory_len = stored.find(SectionKind::Memory).map_or(0, |section| section.len);
    let metadata = stored.whole(SectionKind::Metadata)?;
    let image =
        Image::parse(&metadata, stored.section(SectionKind::Code)?.len, memory_len).context(DAMAGED)?;
    let code = code::place(stored, &image)?;
    trace::attach(stored, code);
    unwind::attach(stored, code)?;
    loader::module(stored, image, code)
}

/// Where the packer tries this program: the process ends when the packer does, however that ends. The app has no way to
/// change that.
#[cfg_attr(not(target_os = "linux"), allow(unused_variables, reason = "nothing is tried there"))]
pub(crate) fn end_with_packer(stored: Stored) -> Result<(), Failure> {
    #[cfg(target_os = "linux")]
    if stored.is_profiled()
        && let Some(parent) = std::env::var_os(PROFILE_PARENT)
    {
        let parent = parent.to_str().and_then(|text| text.parse().ok());
        if !parent.is_some_and(sys::end_with_parent) {
            return Err(Failure::new("the packer that tries this program has ended"));
        }
    }
    Ok(())
}

/// Writes down what was touched, where the packer asked for it: it packs a program in pieces of a page to find out what
/// a start needs. A program that was packed for use never looks at the variable.
#[cfg_attr(not(target_os = "linux"), allow(unused_variables, reason = "nothing is noted there"))]
pub(crate) fn write_profile(stored: Stored) {
    #[cfg(target_os = "linux")]
    if stored.is_profiled()
        && !sys::is_privileged()
        && let Some(file) = std::env::var_os(PROFILE)
    {
        // Without the file the packer says that nothing was written.
        let _ = std::fs::write(file, record::touched());
    }
}
