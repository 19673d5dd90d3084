//! The code image in its place: a range of addresses that holds it, and behind it the table of runtime functions.

use std::ops::Range;

use payload::SectionKind;
use payload::image::Image;
use wasmer_vm::LibCall;

use super::paging::{self, Hints, Kind};
use super::stored::{DAMAGED, Stored};
use crate::fail::{Context, Failure};
use crate::sys::{self, memory::Region};

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
pub(super) fn place(stored: Stored, image: &Image, hints: &Hints) -> Result<Code, Failure> {
    let section = stored.section(SectionKind::Code)?;
    let table = table(&image.libcalls)?;
    // The table lies behind the code: whoever read the image made sure. What both take may be more than there are numbers.
    let lies_nowhere = || Failure::new(format!("{DAMAGED}: its table of functions lies nowhere"));
    let table_offset = usize::try_from(image.table_offset).map_err(|_| lies_nowhere())?;
    let whole = table_offset.checked_add(table.len()).ok_or_else(lies_nowhere)?;
    let region = Region::reserve(whole).map_err(sys::Limited);
    let (region, behind) =
        region.context("cannot reserve memory for the program's code")?.split_at(table_offset);
    let code = Code { base: region.addresses().start, len: section.len as usize };
    if !table.is_empty() {
        write(behind, &table).map_err(sys::Limited).context("cannot allocate memory")?;
    }
    paging::place(Kind::Code, stored, section, region, hints)?;
    Ok(code)
}

/// Writes `bytes` to a region, which is read-only from then on.
fn write(region: Region, bytes: &[u8]) -> std::io::Result<()> {
    let mut memory = region.writable()?;
    memory.bytes_mut().copy_from_slice(bytes);
    memory.make_readonly()
}

/// The table with the addresses of the runtime's functions.
fn table(numbers: &[u16]) -> Result<Vec<u8>, Failure> {
    let mut table = Vec::with_capacity(numbers.len() * size_of::<usize>());
    for number in numbers {
        table.extend_from_slice(&runtime_function(*number)?.to_ne_bytes());
    }
    Ok(table)
}

/// The address of the runtime's function with this number.
fn runtime_function(number: u16) -> Result<usize, Failure> {
    let found = enum_iterator::all::<LibCall>().find(|libcall| *libcall as u16 == number);
    let libcall = found.ok_or_else(|| Failure::new(format!("{DAMAGED}: no runtime function {number}")))?;
    Ok(wasmer_vm::libcalls::function_pointer(libcall))
}
