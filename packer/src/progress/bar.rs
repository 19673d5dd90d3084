//! The progress bar of the command: on a terminal one line on stderr, anywhere else nothing.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Observer;

/// Steps of the bar, which has no use for smaller ones.
const STEPS: f64 = 1000.0;

/// Shows how far a pack is, and how long the rest will take. Clones show the same bar.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// Shows nothing.
    pub(crate) fn hidden() -> Bar {
        Bar { bar: ProgressBar::hidden() }
    }

    /// Shows a bar on stderr if that is a terminal, else nothing.
    pub(crate) fn on_terminal() -> Bar {
        if !std::io::stderr().is_terminal() {
            return Bar::hidden();
        }
        let style = ProgressStyle::with_template("{msg:12} [{bar:40}] {percent:>3} %  {eta} left")
            .expect("the template is a constant")
            .progress_chars("=> ");
        let target = ProgressDrawTarget::stderr();
        Bar { bar: ProgressBar::with_draw_target(Some(STEPS as u64), target).with_style(style) }
    }

    /// Takes the bar away while `print` writes lines of its own.
    pub(crate) fn aside(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    /// Removes the bar from the terminal.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Bar {
    fn progress(&self, done: f64, doing: &'static str) {
        self.bar.set_message(doing);
        self.bar.set_position((done * STEPS) as u64);
    }
}
