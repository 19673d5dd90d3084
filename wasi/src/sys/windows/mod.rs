//! Windows: the same functions on std and cap-std's portable interfaces.

mod errno;
mod file;
mod interests;
mod listing;
mod names;
mod net;
mod stat;
mod time;

pub(crate) use errno::errno;
pub(crate) use file::*;
pub(crate) use interests::{add_interest, happened, modify_interest, poll, remove_interest};
pub(crate) use listing::entries;
pub(crate) use names::{drive, leaves_directory};
pub(crate) use net::{connect, keep_alive, receive, send};
pub(crate) use stat::{filestat, filestat_by_path, filestat_of, filestat_of_file, filestat_of_name};
pub(crate) use time::{CLOCK_RESOLUTION, cpu_time, readable, yield_now};

pub(crate) use super::inside::{Own, event, interests, pipe};
