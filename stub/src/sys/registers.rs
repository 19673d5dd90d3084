//! The registers with which the CPU trapped, as far as they tell who called whom.

/// The registers a walk starts from.
pub(super) struct Registers {
    pub(super) pc: usize,
    /// The stack pointer.
    pub(super) sp: usize,
    /// The frame pointer.
    pub(super) fp: usize,
    /// Where a function without a frame returns to, on CPUs that keep that in a register.
    #[cfg(not(target_arch = "x86_64"))]
    pub(super) link: usize,
}
