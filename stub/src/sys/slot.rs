//! The locator slot: bytes of this executable that the packer patches.

use payload::{Locator, locator};

#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".wasmpack"))]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__wasmpack"))]
#[cfg_attr(target_os = "windows", unsafe(link_section = ".wasmpck"))]
#[allow(unsafe_code, reason = "the slot needs a section of its own, which is nobody else's")]
static SLOT: [u8; locator::SIZE] = Locator::BARE;

/// The slot as it is in the file: the packer changed it after the compiler saw it.
#[allow(unsafe_code, reason = "the compiler must not assume the slot's first value")]
pub(crate) fn read() -> [u8; locator::SIZE] {
    // SAFETY: a reference to a static is valid to read from; volatile, so that its initial value is not assumed.
    unsafe { std::ptr::read_volatile(&raw const SLOT) }
}
