//! Unix: Linux and macOS.

mod errno;
mod file;
mod listing;
mod stat;
mod streams;
mod time;
mod transfer;

pub(crate) use errno::errno;
pub(crate) use file::*;
pub(crate) use listing::entries;
pub(crate) use stat::{filestat, filestat_by_path, filestat_of, filestat_of_file, filestat_of_name};
pub(crate) use streams::{read_stream, stream_flags, write_stream, write_stream_at};
pub(crate) use time::{CLOCK_RESOLUTION, cpu_time, poll, readable, yield_now};
