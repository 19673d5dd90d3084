//! Tests of the built `wasmpack` command: what it accepts, what it refuses, and what it leaves on the disk.
//!
//! They need no real launcher: `container::testing` has one that launches nothing.

// In a test, a broken expectation is what `unwrap` is for; clippy sees that only in functions marked `#[test]`.
#![allow(clippy::unwrap_used)]

mod api;
mod bad_input;
#[cfg(target_os = "linux")]
mod bar;
mod carried;
mod described;
mod dir;
mod documented;
#[cfg(target_os = "linux")]
mod ends;
mod flags;
#[cfg(target_os = "linux")]
mod hostile;
mod init;
mod json;
mod manual;
mod mistaken;
#[cfg(unix)]
mod output;
mod publish;
mod replaced;
#[cfg(target_os = "linux")]
mod shell;
mod signed;
#[cfg(target_os = "linux")]
mod streams;
mod surface;
mod unprovided;
mod with;
