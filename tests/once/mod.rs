//! Tests that are passed once: of the command, of committed files, and those that choose their targets themselves.

mod cache;
mod commands;
mod console;
mod differential;
mod docs;
#[cfg(target_os = "linux")]
mod everyday;
#[cfg(target_os = "linux")]
mod installers;
mod macs;
mod messages;
mod names;
mod numbers;
#[cfg(target_os = "linux")]
mod packer;
#[cfg(target_os = "linux")]
mod release;
#[cfg(target_os = "linux")]
mod reproduce;
mod run;
mod stubs;
mod targets;
mod tools;
#[cfg(target_os = "linux")]
mod unix;
