//! What came of a start.

use std::fmt;

use super::limits::MOST_MEMORY;
use crate::trial::profile::{Profile, Step};

/// What came of a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// What it touched, in order.
    pub(super) steps: Vec<Step>,
    /// How it ended.
    pub ended: Ended,
    /// Steps that it took.
    pub took: u64,
}

/// How a start ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this exit code.
    Exit(u32),
    /// By a trap.
    Trap,
    /// By the trial, when it had taken all of its steps.
    Steps,
    /// By the trial, when it wanted too much memory.
    Memory,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Exit(code) => write!(f, "it ended with {code}"),
            Ended::Trap => f.write_str("it trapped"),
            Ended::Steps => f.write_str("it was ended then: a trial has no more"),
            Ended::Memory => write!(f, "it was ended when it wanted more than {} MiB", MOST_MEMORY >> 20),
        }
    }
}

impl Tried {
    /// What it touched, as a profile.
    pub fn into_profile(self) -> Profile {
        Profile::new(self.steps, false)
    }

    /// This as text.
    pub(crate) fn text(&self) -> String {
        let ended = match self.ended {
            Ended::Exit(code) => format!("exit {code}"),
            Ended::Trap => "trap".to_owned(),
            Ended::Steps => "steps".to_owned(),
            Ended::Memory => "memory".to_owned(),
        };
        let mut text = format!("{ended}\n{}\n", self.took);
        for step in &self.steps {
            text += &match step {
                Step::Function(index) => format!("f{index}\n"),
                Step::Memory(address) => format!("m{address}\n"),
            };
        }
        text
    }

    /// What [`Tried::text`] was made of; `None` if this is none.
    pub(crate) fn from_text(text: &str) -> Option<Tried> {
        let mut lines = text.lines();
        let ended = match lines.next()? {
            "trap" => Ended::Trap,
            "steps" => Ended::Steps,
            "memory" => Ended::Memory,
            exit => Ended::Exit(exit.strip_prefix("exit ")?.parse().ok()?),
        };
        let took = lines.next()?.parse().ok()?;
        let step = |line: &str| match line.split_at_checked(1)? {
            ("f", index) => Some(Step::Function(index.parse().ok()?)),
            ("m", address) => Some(Step::Memory(address.parse().ok()?)),
            _ => None,
        };
        Some(Tried { steps: lines.map(step).collect::<Option<_>>()?, ended, took })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_of_a_start_comes_back_as_it_was() {
        for ended in [Ended::Exit(3), Ended::Trap, Ended::Steps, Ended::Memory] {
            let steps = vec![Step::Function(7), Step::Memory(0x1_0000), Step::Function(0)];
            let tried = Tried { steps, ended, took: 12 };
            assert_eq!(Tried::from_text(&tried.text()), Some(tried));
        }
        assert_eq!(Tried::from_text("exit 0\n1\nx"), None);
        assert_eq!(Tried::from_text(""), None);
    }
}
