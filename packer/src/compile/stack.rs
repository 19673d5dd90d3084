//! How far a function moves the stack pointer before it touches the stack.
//!
//! The launcher keeps a guard of 1 MiB below every stack that an app's code runs on: what steps into it is a trap. A step over
//! it would be none. Cranelift's code touches a large frame page by page from its top (x86-64, arm64), so no frame is too large.
//! Two others are not that careful, and their functions are measured here:
//!
//! - Singlepass' code touches nothing of what it reserves for results, arguments, operands and the results of blocks.
//! - Cranelift's for riscv64 touches the pages of a large frame from its end upwards: the first is as far away as the frame is
//!   large.
//!
//! Every function writes where its frame begins, so steps of two functions do not add up.

use payload::{Compiler, Target};
use wasmer_compiler::{ArtifactBuild, ArtifactCreate};
use wasmer_types::{FunctionIndex, entity::EntityRef};

use crate::{Error, Kind};

/// The most bytes a function may reserve, as the compilers count them. With Singlepass for arm64 and riscv64 an operand takes
/// twice the bytes that are counted, so the step is up to 896 KiB. 50,000 locals, WebAssembly's limit, take 391 KiB.
const MOST: u64 = 448 * 1024;

/// Refuses what could step over the guard.
///
/// # Errors
/// `Compile`, naming the first function that reserves too much.
pub fn check(build: &ArtifactBuild, target: Target, compiler: Compiler) -> Result<(), Error> {
    let bodies = build.get_function_bodies_ref().values();
    let mut steps: Box<dyn Iterator<Item = u64>> = match (compiler, target) {
        (Compiler::Singlepass, _) => {
            let reserved = build.get_function_max_stack_usage().values();
            // Unknown is as bad as endless; Singlepass always knows.
            Box::new(reserved.map(|bytes| bytes.map_or(u64::MAX, |bytes| bytes as u64)))
        }
        (Compiler::Cranelift, Target::LinuxRiscv64) => {
            Box::new(bodies.map(|body| probed_at_once(&body.body)))
        }
        (Compiler::Cranelift, _) => return Ok(()),
    };
    let Some((index, step)) = steps.by_ref().enumerate().find(|(_, step)| *step > MOST) else {
        return Ok(());
    };
    let module = build.module_info();
    let index = FunctionIndex::new(module.num_imported_functions + index);
    let name = module.function_names.get(&index).map(|name| format!(" ({})", payload::info::printable(name)));
    let advice = match compiler {
        Compiler::Singlepass => "pack with --compiler cranelift, or split the function",
        Compiler::Cranelift => "split the function",
    };
    let reason = format!(
        "function {}{} reserves {step} bytes of stack at once with the {} compiler for {}, more than the {MOST} that an overflow \
         is sure to be caught with: it has too many values alive at a time; {advice}",
        index.index(),
        name.unwrap_or_default(),
        compiler.name(),
        target.name()
    );
    Err(Error::new(Kind::Compile, reason).naming(target))
}

/// RISC-V, as cranelift-codegen 0.133 writes its loop of probes: `sub t5, sp, t6` ...
const SUB_T5_SP_T6: u32 = 0x41f1_0f33;
/// ... three instructions behind `lui t6, PAGES`. Between them are `lui t3, 1` and the way out of the loop.
const LUI_T6: u32 = 0xfb7;
/// The loop begins within so many instructions.
const PROLOGUE: usize = 24;

/// How far below the stack pointer the first probe of a function for riscv64 is; 0 if it has no loop of them.
fn probed_at_once(body: &[u8]) -> u64 {
    let words: Vec<u32> = body
        .chunks_exact(4)
        .take(PROLOGUE)
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect();
    let Some(at) = words.iter().position(|word| *word == SUB_T5_SP_T6) else { return 0 };
    match at.checked_sub(3).map(|at| words[at]) {
        // A frame of 2 GiB or more takes more instructions.
        Some(lui) if lui & 0xfff == LUI_T6 && lui < 1 << 31 => u64::from(lui & !0xfff),
        _ => u64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{compile::compile, compile::cpu::Raise, progress::Progress};

    fn refusal(text: &str, target: Target, compiler: Compiler) -> Option<String> {
        let module = wat::parse_str(text).unwrap();
        let result = compile(&module, target, compiler, Raise::default(), &Progress::hidden());
        result.err().map(|error| error.reason)
    }

    /// A function with so many values alive at a time.
    fn alive(count: usize) -> String {
        format!(
            "(module (global $sink (mut i64) (i64.const 0)) (func $make (result i64) (i64.const 1)) (func $big {} {}))",
            "(call $make) ".repeat(count),
            "(global.set $sink) ".repeat(count)
        )
    }

    #[test]
    fn what_is_measured_is_what_the_code_reserves() {
        let module = wat::parse_str(alive(20_000)).unwrap();
        let one = |target, compiler| {
            compile(&module, target, compiler, Raise::default(), &Progress::hidden()).unwrap().build
        };
        // 20,000 slots of 8 bytes, less some registers, in whole pages.
        let build = one(Target::LinuxRiscv64, Compiler::Cranelift);
        let body = &build.get_function_bodies_ref().values().nth(1).unwrap().body;
        assert_eq!(probed_at_once(body), 0x27000);
        for target in [Target::LinuxX86_64, Target::LinuxArm64, Target::LinuxRiscv64] {
            let build = one(target, Compiler::Singlepass);
            let reserved = build.get_function_max_stack_usage().values().nth(1).unwrap().unwrap();
            assert!((159_000..162_000).contains(&reserved), "{reserved}");
        }
    }

    #[test]
    fn frames_that_step_over_the_guard_are_refused_where_nothing_touches_them() {
        let of_singlepass = Target::ALL.map(|target| (target, Compiler::Singlepass));
        for (target, compiler) in
            of_singlepass.into_iter().chain([(Target::LinuxRiscv64, Compiler::Cranelift)])
        {
            let reason = refusal(&alive(58_000), target, compiler).unwrap_or_default();
            assert!(reason.starts_with("function 1 (big) reserves 46"), "{}: {reason}", target.name());
        }
        // What touches its frame from the top may have any.
        assert_eq!(refusal(&alive(58_000), Target::LinuxArm64, Compiler::Cranelift), None);
    }

    #[test]
    fn results_of_nested_blocks_count_as_well() {
        // Of 20 results each.
        let blocks = |count: usize| {
            format!(
                "(module (func {} {} {} {}))",
                format!("block (result {}) ", "i64 ".repeat(20)).repeat(count),
                "i64.const 1 ".repeat(20),
                "end ".repeat(count),
                "drop ".repeat(20)
            )
        };
        let refused = refusal(&blocks(3000), Target::LinuxX86_64, Compiler::Singlepass).unwrap();
        assert!(refused.contains("--compiler cranelift"), "{refused}");
        assert_eq!(refusal(&blocks(2500), Target::LinuxX86_64, Compiler::Singlepass), None);
    }
}
