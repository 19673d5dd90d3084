//! Random WebAssembly modules, made into WASI commands that tell what they compute.
//!
//! wasm-smith makes the module, valid and certain to end. To it come three imports, and a `_start` that calls functions with
//! fixed arguments and prints a digest after each: of what it returned, of all globals, and of the whole memory. Two engines
//! that print the same lines computed the same. As many arguments as the program is started with choose the function; as
//! many as there are functions, or more, mean one after the other, so that a trap in one does not hide the rest.

mod bare;
mod command;
mod config;
mod digest;
mod random;
mod start;

use arbitrary::Unstructured;
use wasm_encoder::Module;
use wasm_encoder::reencode::utils;
use wasmparser::Parser;

use bare::Bare;
use command::Command;
use random::Random;

/// What a program that ran to its end exits with.
pub const DONE: i32 = 7;
/// How often a function may call or loop in all, before it traps.
const FUEL: u32 = 5000;
/// How many bytes of randomness a module is made of.
const ENTROPY: usize = 4096;
/// The most functions that a module has of its own.
pub const FUNCTIONS: usize = 8;

/// What a module may be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What both compilers have.
    Common,
    /// And what Cranelift alone has: SIMD, exceptions, wide arithmetic.
    Wide,
}

/// The module of `seed`, which is the same every time.
pub fn module(seed: u64, kind: Kind) -> Vec<u8> {
    let mut random = Random(seed.wrapping_mul(2) | u64::from(kind == Kind::Wide));
    let bytes: Vec<u8> = (0..ENTROPY / 8).flat_map(|_| random.next().to_le_bytes()).collect();
    let mut smith = wasm_smith::Module::new(config::config(kind, seed), &mut Unstructured::new(&bytes))
        .expect("wasm-smith makes a module of any bytes");
    let fuel = smith.ensure_termination(FUEL).expect("no function is made of invalid bytes");
    let bare = smith.to_bytes();
    let mut command = Command { bare: Bare::read(&bare), fuel, random };
    let mut module = Module::new();
    utils::parse_core_module(&mut command, &mut module, Parser::new(0), &bare)
        .expect("what wasm-smith wrote can be read");
    module.finish()
}
