//! Unix: Linux and macOS.

mod errno;
#[cfg(any(not(target_os = "linux"), test))]
mod event;
mod file;
#[cfg(target_os = "linux")]
mod interests;
#[cfg(not(target_os = "linux"))]
mod kqueue;
mod listing;
mod net;
mod own;
mod stat;
mod streams;
mod time;
mod transfer;

pub(crate) use errno::errno;
pub(crate) use file::*;
#[cfg(target_os = "linux")]
pub(crate) use interests::{add_interest, happened, interests, modify_interest, remove_interest};
#[cfg(not(target_os = "linux"))]
pub(crate) use kqueue::{add_interest, happened, interests, modify_interest, remove_interest};
pub(crate) use listing::entries;
pub(crate) use net::{connect, keep_alive, receive, send};
pub(crate) use own::{Own, event, pipe};
pub(crate) use stat::{filestat, filestat_by_path, filestat_of, filestat_of_file, filestat_of_name};
pub(crate) use streams::{read_stream, stream_flags, terminal, write_stream, write_stream_at};
pub(crate) use time::{CLOCK_RESOLUTION, cpu_time, poll, readable, yield_now};
