//! The app's first memory starts as the memory image: wasmer reserves it, and the image is put over its beginning. It is the app's
//! own, made with its instance, or one that its threads share, made before.

use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use payload::Section;
use wasmer_compiler::{BaseTunables, Tunables};
use wasmer_types::{MemoryError, MemoryStyle, MemoryType, TableStyle, TableType};
use wasmer_vm::{LinearMemory, VMMemory, VMMemoryDefinition, VMTable, VMTableDefinition};

use super::paging::{self, Hints, Kind};
use super::stored::{DAMAGED, Stored};
use crate::fail::Failure;
use crate::sys::{self, memory::Region};

/// What the first memory starts as.
pub(super) struct Initial {
    pub(super) stored: Stored,
    pub(super) section: &'static Section,
    /// The image's first address in the memory.
    pub(super) start: u64,
    /// What is known of the start.
    pub(super) hints: Hints,
}

/// Whether the first memory was made.
static IS_MADE: AtomicBool = AtomicBool::new(false);

/// To be called before a program begins that another one has become: its first memory is to be made.
pub(super) fn begin_anew() {
    IS_MADE.store(false, Ordering::Relaxed);
}

/// Why the app's first memory could not be made: wasmer's error would call everything a want of resources.
static REFUSED: OnceLock<Failure> = OnceLock::new();

/// Why the app's first memory could not be made, if it could not.
pub(crate) fn refused() -> Option<&'static Failure> {
    REFUSED.get()
}

/// Entries that a table can grow to, unless it begins with more. Each takes 8 bytes or 16 in the launcher's own memory, which
/// no declaration of the app's bounds.
const TABLE_MAX: u32 = 16 * 1024 * 1024;

/// wasmer's own decisions, but for what the first memory holds, and how far tables grow.
pub(super) struct ImageTunables {
    pub(super) base: BaseTunables,
    pub(super) initial: Option<Initial>,
}

impl Initial {
    /// Refuses an image that leaves a memory of `len` bytes, or does not begin where a chunk can.
    fn fits(&self, len: usize) -> Result<(), Failure> {
        let end = self.start.checked_add(self.section.len);
        if end.is_none_or(|end| end > len as u64)
            || !self.start.is_multiple_of(payload::chunk::MIN_SIZE.into())
        {
            return Err(Failure::new(format!(
                "{}: an image of {} bytes at {:#x} is not part of a memory of {len} bytes",
                DAMAGED, self.section.len, self.start
            )));
        }
        Ok(())
    }

    /// Puts the image into a region of the memory, which is as long.
    fn place(&self, region: Region) -> Result<(), Failure> {
        paging::place(Kind::Memory, self.stored, self.section, region, &self.hints)
    }
}

/// Notes why a memory could not be made.
fn note(error: &MemoryError) {
    let limits = sys::OfMemory;
    let why = format!("cannot reserve the addresses that the program's memory needs: {error}{limits}");
    REFUSED.set(Failure::new(why)).ok();
}

impl ImageTunables {
    /// Puts the image into a memory that was just made, if it is the first: memories are made in the order of their indices.
    ///
    /// # Safety
    /// The definition is that of the memory, which stays for as long as the process does, and which nobody has seen.
    #[allow(unsafe_code, reason = "the image is put where memory was just made")]
    unsafe fn begin(&self, definition: NonNull<VMMemoryDefinition>) -> Result<(), MemoryError> {
        let is_first = !IS_MADE.swap(true, Ordering::Relaxed);
        let Some(initial) = self.initial.as_ref().filter(|_| is_first) else { return Ok(()) };
        // SAFETY: the caller's promise.
        let VMMemoryDefinition { base, current_length } = unsafe { *definition.as_ptr() };
        let placed = initial.fits(current_length).and_then(|()| {
            // SAFETY: the image lies within the memory, of which the caller promises the rest.
            let region =
                unsafe { Region::adopt(base.add(initial.start as usize), initial.section.len as usize) };
            initial.place(region)
        });
        placed.map_err(|failure| {
            REFUSED.set(failure).ok();
            MemoryError::Generic("its memory image".to_owned())
        })
    }
}

#[allow(unsafe_code, reason = "the trait's hooks are unsafe; each only hands on what it was given")]
impl Tunables for ImageTunables {
    fn memory_style(&self, memory: &MemoryType) -> MemoryStyle {
        self.base.memory_style(memory)
    }

    fn table_style(&self, table: &TableType) -> TableStyle {
        self.base.table_style(table)
    }

    fn create_host_memory(&self, ty: &MemoryType, style: &MemoryStyle) -> Result<VMMemory, MemoryError> {
        let memory = self.base.create_host_memory(ty, style).inspect_err(note)?;
        // SAFETY: the memory was just made, and has a definition for as long as it is there.
        unsafe { self.begin(memory.vmmemory())? };
        Ok(memory)
    }

    // SAFETY: asks of its caller what the trait asks, and no more.
    unsafe fn create_vm_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
        definition: NonNull<VMMemoryDefinition>,
    ) -> Result<VMMemory, MemoryError> {
        // SAFETY: the caller's promise about `definition` is handed on.
        let memory = unsafe { self.base.create_vm_memory(ty, style, definition) }.inspect_err(note)?;
        // SAFETY: the call above has just written the definition.
        unsafe { self.begin(definition)? };
        Ok(memory)
    }

    fn create_host_table(&self, ty: &TableType, style: &TableStyle) -> Result<VMTable, String> {
        self.base.create_host_table(ty, style)
    }

    // SAFETY: asks of its caller what the trait asks, and no more.
    unsafe fn create_vm_table(
        &self,
        ty: &TableType,
        style: &TableStyle,
        definition: NonNull<VMTableDefinition>,
    ) -> Result<VMTable, String> {
        let most = ty.maximum.unwrap_or(u32::MAX).min(TABLE_MAX.max(ty.minimum));
        let bounded = TableType { maximum: Some(most), ..*ty };
        // SAFETY: the caller's promise about `definition` is handed on.
        unsafe { self.base.create_vm_table(&bounded, style, definition) }
    }
}
