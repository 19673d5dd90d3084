//! WASI.
