//! `wasmpack run`: packs a program into memory, and starts it at once with the same options.
//!
//! What is started is what would be packed, so what it may touch is the same. It is packed to be there soon: by Singlepass
//! where that can, without a trial, hardly compressed ([`order`]). `place` is where it lies meanwhile, [`start`] starts it, and
//! [`watch`] does so again.

mod order;
mod place;
mod start;
mod watch;

use self::order::Order;
use super::{ExitCode, command::Run};

/// Packs and starts it. Comes back if it could not be started, and where the system cannot put it in the place of this process.
pub(super) fn run(flags: Run) -> ExitCode {
    let Run { input, config, watch, audit, given } = flags;
    let order = Order { input, config, options: given.options, args: given.args, audit };
    if watch {
        return watch::run(&order);
    }
    match order.pack() {
        Ok(packed) => start::start(&packed, &order.args),
        Err(code) => code,
    }
}
