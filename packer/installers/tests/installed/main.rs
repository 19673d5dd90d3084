//! What is made is installed and run. The program is a script, so nothing is packed for it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
mod hostile;
mod manifests;
mod npm;
mod pypi;
mod sh;
mod twice;
