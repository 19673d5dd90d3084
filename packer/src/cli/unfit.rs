//! Options that do not fit together, or not this machine.

use super::ExitCode;
use crate::error::Causes;

/// Why options cannot be used.
#[derive(Debug)]
pub(super) struct Unfit {
    /// The sentence to say.
    pub(super) reason: String,
    /// The options that it is about.
    pub(super) causes: Causes,
    pub(super) code: ExitCode,
}

impl Unfit {
    /// Wrong usage.
    pub(super) fn new(reason: impl Into<String>) -> Unfit {
        Unfit { reason: reason.into(), causes: Causes::default(), code: ExitCode::Usage }
    }

    /// A program's name that cannot be that of a file, and why; it comes of `option`.
    pub(super) fn of_name(why: &str, option: &'static str) -> Unfit {
        Unfit::new(format!("the program's name {why}; choose another with --name")).of(&[option])
    }

    /// The same about one of these options, or about others if none of these was given.
    pub(super) fn of(mut self, options: &[&'static str]) -> Unfit {
        self.causes.add(options, None);
        self
    }

    /// The same about the value with this number, from 0, of all values of these options.
    pub(super) fn of_value(mut self, options: &[&'static str], number: usize) -> Unfit {
        self.causes.add(options, Some(number));
        self
    }

    /// The same of a file that cannot be used.
    pub(super) fn of_file(self) -> Unfit {
        Unfit { code: ExitCode::Failure, ..self }
    }
}
