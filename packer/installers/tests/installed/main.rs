//! Installers are made, used, and the installed program is run. That program is a script, so nothing is packed here.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
mod hostile;
mod manifests;
mod npm;
mod pypi;
mod sh;
mod twice;
