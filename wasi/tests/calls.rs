//! Every call of preview 1, from the outside, against the words of the specification.
//!
//! A [`common::Guest`] makes the calls as a program would: with numbers, and with pointers into its memory. Each of
//! its calls also checks that nothing but the announced results changed in that memory, and nothing at all if the
//! call failed. The errnos expected are POSIX's, so most of this is for Unix.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

mod args_environ;
mod bounds;
mod clock_random_sched;
mod faults;
mod fd_io;
mod fd_stat;
mod fd_table;
mod layers;
mod made;
mod misses;
#[cfg(target_os = "linux")]
mod native;
mod path_names;
mod path_open;
mod path_other;
mod paths;
mod poll;
mod proc_sock;
mod read_only;
mod readdir;
mod rights;
#[cfg(target_os = "linux")]
mod tree_random;
mod trees;
mod unconfined;
#[cfg(target_os = "linux")]
mod waiting;
