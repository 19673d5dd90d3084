//! What can come of a fault.

/// What became of a fault. Whoever finds that it cannot be resolved ends the process ([`super::last`]).
#[allow(dead_code, reason = "on some systems no fault is resolved")]
pub(crate) enum Outcome {
    /// The address belongs to nobody here.
    Foreign,
    /// What was touched is there now.
    PagedIn,
    /// It had been there before, and the fault has another reason; or another thread was faster. `published` is how often
    /// anything was put in its place so far.
    WasThere {
        /// That number.
        published: usize,
    },
}
