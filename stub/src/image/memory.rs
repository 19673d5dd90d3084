//! The app's first memory starts as the memory image: wasmer reserves it, and the image is put over its beginning.

use std::num::NonZero;
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use payload::image::Touch;
use payload::{Encoding, Section};
use wasmer_compiler::{BaseTunables, Tunables};
use wasmer_types::{MemoryError, MemoryStyle, MemoryType, TableStyle, TableType};
use wasmer_vm::{VMMemory, VMMemoryDefinition, VMTable, VMTableDefinition};

use super::Stored;
#[cfg(target_os = "linux")]
use crate::fail::Context;
use crate::fail::Failure;
use crate::sys;

/// What the first memory starts as.
pub(super) struct Initial {
    pub(super) stored: Stored,
    pub(super) section: &'static Section,
    /// The image's first address in the memory.
    pub(super) start: u64,
    /// Chunks that a start is known to touch.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "everything is decoded there before the start")
    )]
    pub(super) touched: Vec<Touch>,
    /// Chunks that any start is likely to touch.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "everything is decoded there before the start")
    )]
    pub(super) ahead: Vec<Touch>,
}

/// Where the definition of the first memory lies, in the context that wasmer makes for the instance; 0 until then.
static DEFINITION: AtomicUsize = AtomicUsize::new(0);

/// The address of the first memory's definition, once there is an instance with a memory of its own.
pub(super) fn definition() -> Option<NonZero<usize>> {
    NonZero::new(DEFINITION.load(Ordering::Relaxed))
}

/// All of the first memory as it is now, once there is one.
#[allow(unsafe_code, reason = "the engine's context is not ours")]
pub(crate) fn bytes() -> Option<NonNull<[u8]>> {
    let definition = definition()?.get() as *const VMMemoryDefinition;
    // SAFETY: the instance's context, where the definition lies, is never freed: a launcher has one instance, and ends with
    // it. The app's one thread, which changes it when memory grows, waits for this answer.
    let VMMemoryDefinition { base, current_length } = unsafe { *definition };
    NonNull::new(std::ptr::slice_from_raw_parts_mut(base, current_length))
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
                super::DAMAGED,
                self.section.len,
                self.start
            )));
        }
        Ok(())
    }

    /// Puts the image where a memory that begins at `base` has it.
    fn place(&self, base: usize) -> Result<(), Failure> {
        let address = base + self.start as usize;
        match self.section.encoding {
            #[cfg(target_os = "linux")]
            Encoding::Raw => {
                let (file, offset) = self.stored.packed.place(self.section.offset);
                sys::map_data(file, offset, address, self.section.len as usize)
                    .map_err(sys::Limited)
                    .context("cannot map the program's memory image")
            }
            #[cfg(target_os = "linux")]
            Encoding::Chunked { .. } => {
                super::lazy::manage(
                    super::lazy::Kind::Memory,
                    self.stored,
                    self.section,
                    address,
                    &self.ahead,
                )?;
                super::lazy::bring_known(super::lazy::Kind::Memory, &self.touched);
                Ok(())
            }
            #[cfg(not(target_os = "linux"))]
            Encoding::Raw | Encoding::Chunked { .. } => {
                super::eager::decode(self.stored, self.section, address)
            }
        }
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
        self.base.create_host_memory(ty, style)
    }

    // SAFETY: asks of its caller what the trait asks, and no more.
    unsafe fn create_vm_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
        definition: NonNull<VMMemoryDefinition>,
    ) -> Result<VMMemory, MemoryError> {
        // SAFETY: the caller's promise about `definition` is handed on.
        let memory = unsafe { self.base.create_vm_memory(ty, style, definition) }.inspect_err(|error| {
            let limits = sys::OfMemory;
            let why =
                format!("cannot reserve the addresses that the program's memory needs: {error}{limits}");
            REFUSED.set(Failure::new(why)).ok();
        })?;
        // Memories are made in the order of their indices: the first that comes here is the first.
        let first = DEFINITION.compare_exchange(
            0,
            definition.as_ptr() as usize,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        if let (Ok(_), Some(initial)) = (first, &self.initial) {
            // SAFETY: the call above has just written the definition.
            let VMMemoryDefinition { base, current_length } = unsafe { *definition.as_ptr() };
            let placed = initial.fits(current_length).and_then(|()| initial.place(base as usize));
            placed.map_err(|failure| {
                REFUSED.set(failure).ok();
                MemoryError::Generic("its memory image".to_owned())
            })?;
        }
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
