//! The damaged inputs that `golden/bad` holds: each one is made from a good vector by one edit, and broken in one
//! place only. Where the edit lies in the prefix, its SHA-256 is made again, so that the intended check answers.

mod chunks;
mod header;
mod locator;
mod manifest;
mod metadata;
mod section;

use crate::support::{samples, samples::Sample};

/// One damaged input.
pub struct Case {
    /// The vector's name, without `.hex`.
    pub name: &'static str,
    /// What it pretends to be.
    pub input: Input,
    /// The class of the failure.
    pub class: &'static str,
    /// Where the failure is reported, in bytes from the start of the input.
    pub at: u64,
    /// What is wrong with it.
    pub why: &'static str,
    /// The damaged bytes.
    pub bytes: Vec<u8>,
    /// The bytes they were made from, to mark what changed.
    pub base: Vec<u8>,
}

/// What kind of input a vector is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The slot of a stub.
    Locator,
    /// A whole payload.
    Payload,
    /// The content of a metadata section, beside images of these lengths.
    Metadata,
}

/// Bytes of the code image beside which a [`Input::Metadata`] is read.
pub const CODE_LEN: u64 = 0x1_0000;
/// And of the memory image.
pub const MEMORY_LEN: u64 = 0x1_4000;

impl Input {
    /// The name in a vector's head.
    pub fn name(self) -> &'static str {
        match self {
            Input::Locator => "locator",
            Input::Payload => "payload",
            Input::Metadata => "metadata",
        }
    }
}

/// Every case.
pub fn all() -> Vec<Case> {
    let of_prefix = [locator::cases(), header::cases(), section::cases(), manifest::cases()];
    of_prefix.into_iter().chain([chunks::cases(), metadata::cases()]).flatten().collect()
}

/// A case whose input is a payload.
fn payload(
    name: &'static str,
    class: &'static str,
    at: u64,
    why: &'static str,
    base: &[u8],
    bytes: Vec<u8>,
) -> Case {
    Case { name, input: Input::Payload, class, at, why, bytes, base: base.to_vec() }
}

/// `base` with the bytes at an offset replaced.
fn put(base: &[u8], at: usize, new: &[u8]) -> Vec<u8> {
    let mut bytes = base.to_vec();
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

/// `bytes` with the SHA-256 of the prefix made again.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let prefix_len = u32::from_le_bytes(bytes[16..20].try_into().expect("four bytes")) as usize;
    bytes[64..96].fill(0);
    let digest = payload::sha256(&bytes[..prefix_len]);
    bytes[64..96].copy_from_slice(&digest);
    bytes
}

/// [`put`], then [`sealed`].
fn put_sealed(base: &[u8], at: usize, new: &[u8]) -> Vec<u8> {
    sealed(put(base, at, new))
}

/// The minimal vector's bytes.
fn minimal() -> Vec<u8> {
    samples::minimal().write()
}

/// A payload with three chunks and little else.
fn chunked() -> Vec<u8> {
    Sample { artifact: Some(samples::content()), ..samples::minimal() }.write()
}
