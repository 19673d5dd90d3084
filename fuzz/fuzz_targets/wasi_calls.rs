//! Every function of WASI preview 1 with pointers, lengths, descriptors and flags from nowhere, against a memory of a real
//! program's size and directories of the host and of the executable.
//!
//! Nothing panics or hangs; nothing is written but to memory, and to that not by a call that fails; nothing changes outside of
//! what was granted for writing. AddressSanitizer watches the ends of memory.
#![no_main]

#[path = "../src/wasi_calls.rs"]
mod wasi_calls;

libfuzzer_sys::fuzz_target!(|data: &[u8]| wasi_calls::run(data));
