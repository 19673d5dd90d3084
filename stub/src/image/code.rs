//! The code image in its place: a range of addresses that holds it, and behind it the table of runtime functions.

use std::ops::Range;

use payload::image::Image;
use payload::{Encoding, SectionKind};
use wasmer_vm::LibCall;

use super::{DAMAGED, Stored};
use crate::fail::{Context, Failure};
use crate::sys;

/// Where the code image lies in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Code {
    base: usize,
    len: usize,
}

impl Code {
    /// The address of `offset`.
    pub(crate) fn at(self, offset: u32) -> usize {
        self.base + offset as usize
    }

    /// The offset of an address, if it lies in the code.
    pub(crate) fn offset(self, address: usize) -> Option<u32> {
        self.range().contains(&address).then(|| (address - self.base) as u32)
    }

    /// The addresses of all of it.
    pub(crate) fn range(self) -> Range<usize> {
        self.base..self.base + self.len
    }
}

/// Puts the code image where it can run.
pub(super) fn place(stored: Stored, image: &Image) -> Result<Code, Failure> {
    let section = stored.section(SectionKind::Code)?;
    let table_len = image.libcalls.len() * size_of::<usize>();
    let len = section.len as usize;
    // The table lies behind the code: whoever read the image made sure. What both take may be more than there are numbers.
    let whole = usize::try_from(image.table_offset).ok().and_then(|offset| offset.checked_add(table_len));
    let whole =
        whole.ok_or_else(|| Failure::new(format!("{DAMAGED}: its table of functions lies nowhere")))?;
    let base =
        sys::reserve(whole).map_err(sys::Limited).context("cannot reserve memory for the program's code")?;
    let code = Code { base, len };
    fill_table(base + image.table_offset as usize, &image.libcalls)?;
    match section.encoding {
        #[cfg(target_os = "linux")]
        Encoding::Raw => {
            let (file, offset) = stored.packed.place(section.offset);
            sys::map_code(file, offset, base, len)
                .map_err(sys::Limited)
                .context("cannot map the program's code")?;
        }
        #[cfg(target_os = "linux")]
        Encoding::Chunked { chunk_size } => {
            super::lazy::manage(super::lazy::Kind::Code, stored, section, base, &image.ahead)?;
            // Where it is not allowed, that is better found out here than in the middle of the program.
            super::lazy::bring_first().map_err(|error| Failure::new(error.to_string()))?;
            super::ahead::start(image.ahead.clone(), chunk_size);
            super::lazy::bring_known(super::lazy::Kind::Code, &image.touched);
        }
        #[cfg(not(target_os = "linux"))]
        Encoding::Raw | Encoding::Chunked { .. } => {
            sys::allow_writing(base, len).map_err(sys::Limited).context("cannot allocate memory")?;
            super::eager::decode(stored, section, base)?;
            sys::make_executable(base, len).context(super::FORBIDDEN)?;
        }
    }
    Ok(code)
}

/// Writes the addresses of the runtime's functions to the table at `address`.
fn fill_table(address: usize, numbers: &[u16]) -> Result<(), Failure> {
    if numbers.is_empty() {
        return Ok(());
    }
    let addresses: Result<Vec<usize>, Failure> =
        numbers.iter().map(|number| runtime_function(*number)).collect();
    sys::write_table(address, &addresses?).map_err(sys::Limited).context("cannot allocate memory")
}

/// The address of the runtime's function with this number.
pub(super) fn runtime_function(number: u16) -> Result<usize, Failure> {
    let found = enum_iterator::all::<LibCall>().find(|libcall| *libcall as u16 == number);
    let libcall = found.ok_or_else(|| Failure::new(format!("{DAMAGED}: no runtime function {number}")))?;
    Ok(wasmer_vm::libcalls::function_pointer(libcall))
}
