//! Backtraces without frames: of the crate of this name, what wasmer calls.
//!
//! wasmer walks over the stack whenever an error is raised, an exit as well, to say which functions were active. The launcher finds
//! these by itself, from what it notes when the CPU traps, and never asks wasmer. Walking took a lock that a copy of the process,
//! made in that moment, would have found held for ever; it needed tables of frames of the whole launcher, and time at each end.

/// Where a function was left. There are none.
#[derive(Clone, Debug)]
pub enum BacktraceFrame {}

impl BacktraceFrame {
    /// The address at which it goes on.
    pub fn ip(&self) -> *mut std::ffi::c_void {
        match *self {}
    }
}

/// The functions that were active at a moment: none.
#[derive(Clone, Debug, Default)]
pub struct Backtrace {
    frames: Vec<BacktraceFrame>,
}

impl Backtrace {
    /// Those of now.
    pub fn new_unresolved() -> Backtrace {
        Backtrace::default()
    }

    /// Them, innermost first.
    pub fn frames(&self) -> &[BacktraceFrame] {
        &self.frames
    }
}

impl From<Vec<BacktraceFrame>> for Backtrace {
    fn from(frames: Vec<BacktraceFrame>) -> Backtrace {
        Backtrace { frames }
    }
}
