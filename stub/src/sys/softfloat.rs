//! Two functions of compiler runtimes that are not there on riscv64 and on Windows.
//!
//! wasmer-vm names them in its table of libcalls, whether or not code calls them. Rust's runtime lacks them; GCC's for
//! riscv64 has them only for CPUs without floating point, and mingw's, which has them, is not linked.
#![allow(unsafe_code)]

/// Changes the sign of a `double`.
// SAFETY: the name and the signature are those of compiler-rt and libgcc, and nothing else here defines it.
#[unsafe(no_mangle)]
extern "C" fn __negdf2(value: f64) -> f64 {
    -value
}

/// The same for a `float`.
// SAFETY: as above.
#[unsafe(no_mangle)]
extern "C" fn __negsf2(value: f32) -> f32 {
    -value
}
