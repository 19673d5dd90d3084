//! Chunks that are decoded when they are first touched.
//!
//! ```text
//! pager        one image: its chunks, and how they get to their places
//! states       which chunks are there
//! images       the images
//! prefetch     chunks that a start is likely to touch, paged in before that by a second thread
//! copy         copies of the process, in which all this goes on
//! record       what was touched, for the packer
//! unreachable  why a chunk cannot be paged in
//! ```
//!
//! A touch raises a signal, whose handler asks [`resolve`]. The kernel does not raise one when a system call is handed memory
//! that is not there, it answers EFAULT: so [`TOUCH`] pages in chunks that are about to be handed to it.

mod copy;
mod images;
mod pager;
mod prefetch;
mod record;
mod states;
#[cfg(test)]
mod tests;
mod unreachable;

use payload::{Encoding, Section};

use super::hints::Hints;
use super::kind::Kind;
use crate::fail::{Context, Failure};
use crate::image::stored::Stored;
use crate::sys::{self, Outcome, Use, memory::Region};
use pager::Pager;

pub(in super::super) use copy::fork;
pub(in super::super) use record::{stop_noting, touched};

/// What makes the app's memory accessible before the system is handed it.
pub(in super::super) const TOUCH: Option<sandbox::Bring> = Some(touch);

/// Puts the image that `section` holds into `region`, which may be longer: mapped from the file, or to be paged in.
pub(in super::super) fn place(
    kind: Kind,
    stored: Stored,
    section: &Section,
    region: Region,
    hints: &Hints,
) -> Result<(), Failure> {
    let Encoding::Chunked { chunk_size } = section.encoding else {
        let (file, offset) = stored.place(section)?;
        let what = match kind {
            Kind::Code => Use::Code,
            Kind::Memory => Use::Data,
        };
        let (region, _) = region.split_at(section.len as usize);
        let mapped = region.map_file(file, offset, what).map_err(sys::Limited);
        return mapped.context(&format!("cannot map the program's {}", kind.name()));
    };
    let is_first = images::get(Kind::Code).is_none();
    let pager = images::set(kind, Pager::new(kind, stored, section, region, &hints.prefetch)?)?;
    if kind == Kind::Code {
        // Where it is not allowed, that is better found out here than in the middle of the program.
        if let Some(first) = pager.first() {
            pager.page_in(first).map_err(|error| Failure::new(error.to_string()))?;
        }
        // Of a program that another one has become chunks come when they are touched.
        if is_first {
            prefetch::start(pager, hints.prefetch.clone(), chunk_size);
        }
    }
    pager.preload(&hints.preload);
    Ok(())
}

/// Pages in what was touched at `address`, if that belongs to an image.
pub(in super::super) fn resolve(address: usize) -> Outcome {
    let found = images::all().find_map(|pager| Some((pager, pager.chunk_at(address)?)));
    let Some((pager, index)) = found else { return Outcome::Foreign };
    match pager.page_in(index) {
        Ok(true) => {
            record::record(pager.touch(index));
            Outcome::PagedIn
        }
        Ok(false) => Outcome::WasThere { published: pager::published() },
        Err(error) => sys::last::end_with(format_args!("{error}")),
    }
}

/// To be called before the app's memory goes, while no thread but the caller's runs the app.
pub(in super::super) fn forget_memory() {
    prefetch::stop();
    images::forget_memory();
}

/// Pages in what lies in `len` bytes of the app's memory at `address`, before the kernel is handed them.
fn touch(address: usize, len: usize) {
    let Some(pager) = images::get(Kind::Memory) else { return };
    for index in pager.missing(address, len) {
        match pager.page_in(index) {
            Ok(_) => record::record(pager.touch(index)),
            Err(error) => sys::last::end_with(format_args!("{error}")),
        }
    }
}
