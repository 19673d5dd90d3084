//! WebAssembly proposals: which of them each compiler knows, and which of them a module uses.
//!
//! wasmer reports what it cannot compile late, in its own words, and sometimes by panicking; its own check lets
//! SIMD through to Singlepass, which has none. So a module is validated here first, against exactly the
//! features of the chosen compiler. If it fails, it is validated again with every proposal there is, and then
//! with fewer and fewer: those it cannot do without are those it uses.

use payload::{Compiler, Target};
use wasmer_compiler::wasmparser::{BinaryReaderError, Validator, WasmFeatures};

use crate::{Error, Kind};

/// A proposal by the name under which WebAssembly's site lists it.
struct Proposal {
    name: &'static str,
    flag: WasmFeatures,
    cranelift: bool,
    singlepass: bool,
    /// What it needs beside a compiler that knows it.
    needs: Needs,
}

/// What a target must have for a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// Tables to leave functions by.
    Unwinding,
    /// Vector registers.
    Vectors,
}

impl Needs {
    fn are_met(self, target: Target) -> bool {
        match self {
            Needs::Nothing => true,
            Needs::Unwinding => unwinds(target),
            Needs::Vectors => has_vectors(target),
        }
    }
}

/// What older compilers made of C++ exceptions, and what became of it is another proposal.
const LEGACY: &str = "legacy exception handling";

const fn both(name: &'static str, flag: WasmFeatures) -> Proposal {
    Proposal { name, flag, cranelift: true, singlepass: true, needs: Needs::Nothing }
}

const fn cranelift_only(name: &'static str, flag: WasmFeatures, needs: Needs) -> Proposal {
    Proposal { name, flag, cranelift: true, singlepass: false, needs }
}

const fn neither(name: &'static str, flag: WasmFeatures) -> Proposal {
    Proposal { name, flag, cranelift: false, singlepass: false, needs: Needs::Nothing }
}

/// What wasmer 7.2.0 compiles: `supported_features_for_target` of both compilers, less SIMD for Singlepass,
/// which claims it and panics on the first vector. The order is that in which users learn of them.
const PROPOSALS: &[Proposal] = &[
    both("mutable globals", WasmFeatures::MUTABLE_GLOBAL),
    both("non-trapping float-to-int conversions", WasmFeatures::SATURATING_FLOAT_TO_INT),
    both("sign extension", WasmFeatures::SIGN_EXTENSION),
    both("multi-value", WasmFeatures::MULTI_VALUE),
    both("bulk memory", WasmFeatures::BULK_MEMORY),
    both("reference types", WasmFeatures::REFERENCE_TYPES),
    both("extended constant expressions", WasmFeatures::EXTENDED_CONST),
    both("threads", WasmFeatures::THREADS),
    cranelift_only("SIMD", WasmFeatures::SIMD, Needs::Vectors),
    cranelift_only("relaxed SIMD", WasmFeatures::RELAXED_SIMD, Needs::Vectors),
    cranelift_only("exception handling", WasmFeatures::EXCEPTIONS, Needs::Unwinding),
    cranelift_only("wide arithmetic", WasmFeatures::WIDE_ARITHMETIC, Needs::Nothing),
    neither(LEGACY, WasmFeatures::LEGACY_EXCEPTIONS),
    neither("tail calls", WasmFeatures::TAIL_CALL),
    neither("multiple memories", WasmFeatures::MULTI_MEMORY),
    neither("64-bit memory", WasmFeatures::MEMORY64),
    neither("typed function references", WasmFeatures::FUNCTION_REFERENCES),
    neither("garbage collection", WasmFeatures::GC),
    neither("custom page sizes", WasmFeatures::CUSTOM_PAGE_SIZES),
    neither("memory control", WasmFeatures::MEMORY_CONTROL),
    neither("stack switching", WasmFeatures::STACK_SWITCHING),
    neither("shared-everything threads", WasmFeatures::SHARED_EVERYTHING_THREADS),
    neither("custom descriptors", WasmFeatures::CUSTOM_DESCRIPTORS),
    neither("compact imports", WasmFeatures::COMPACT_IMPORTS),
];

impl Proposal {
    fn is_in(&self, compiler: Compiler, target: Target) -> bool {
        let compiles = match compiler {
            Compiler::Cranelift => self.cranelift,
            Compiler::Singlepass => self.singlepass,
        };
        compiles && self.needs.are_met(target)
    }
}

/// Whether exceptions find their way on `target`.
///
/// Cranelift passes an exception in registers, and names none for the calling convention of Windows; wasmer has no tables
/// for unwinding there either. For Apple silicon it writes tables of Apple's own kind, which are not registered as others
/// are: the launcher would need a way that nobody here could try.
fn unwinds(target: Target) -> bool {
    !matches!(target, Target::WindowsX86_64 | Target::MacosArm64)
}

/// Whether code for `target` has vector registers: those of RISC-V are an extension that rv64gc lacks, and Cranelift panics
/// without it.
fn has_vectors(target: Target) -> bool {
    target != Target::LinuxRiscv64
}

/// What tells targets apart whose modules have to be checked by themselves.
pub fn class(target: Target) -> impl Copy + Eq {
    (unwinds(target), has_vectors(target))
}

/// Every feature that `keep` accepts, on top of those that are no proposals but switches of the validator.
fn features(keep: impl Fn(&Proposal) -> bool) -> WasmFeatures {
    PROPOSALS
        .iter()
        .filter(|proposal| keep(proposal))
        .fold(WasmFeatures::MVP, |all, proposal| all.union(proposal.flag))
}

/// Validates `module` for `compiler` and `target`.
///
/// # Errors
/// `Invalid`, with the offset, when no proposal would make it valid; `Proposal`, with the names of those it
/// uses and the compiler that has them, when the compiler lacks some.
pub fn check(module: &[u8], compiler: Compiler, target: Target) -> Result<(), Error> {
    let valid_with = |extra: &[&Proposal]| {
        let keep = |proposal: &Proposal| {
            proposal.is_in(compiler, target) || extra.iter().any(|other| other.name == proposal.name)
        };
        validate(module, features(keep))
    };
    if valid_with(&[]).is_ok() {
        return Ok(());
    }
    let lacks = |proposal: &&Proposal| !proposal.is_in(compiler, target);
    let mut missing: Vec<&Proposal> = PROPOSALS.iter().filter(lacks).collect();
    valid_with(&missing).map_err(|error| invalid(&error))?;
    // The table lists what others build on first, so from the end each can go unless the module needs it.
    for at in (0..missing.len()).rev() {
        let fewer: Vec<&Proposal> = [&missing[..at], &missing[at + 1..]].concat();
        if valid_with(&fewer).is_ok() {
            missing = fewer;
        }
    }
    let names: Vec<&str> = missing.iter().map(|proposal| proposal.name).collect();
    let other = match compiler {
        Compiler::Cranelift => Compiler::Singlepass,
        Compiler::Singlepass => Compiler::Cranelift,
    };
    let them = if names.len() == 1 { "it" } else { "them" };
    let advice = if names == [LEGACY] {
        "no compiler of this version has it; rebuild with a newer toolchain, or translate the module with \
         wasm-opt --translate-to-exnref and pack with cranelift"
            .to_owned()
    } else if missing.iter().all(|proposal| proposal.is_in(other, target)) {
        format!("pack with --compiler {}, which has {them}", other.name())
    } else {
        let elsewhere = missing.iter().any(|proposal| proposal.cranelift && !proposal.needs.are_met(target));
        let on = if elsewhere { format!(" for {}", target.name()) } else { String::new() };
        format!("no compiler of this version has {them}{on}; build the app without {them}")
    };
    let reason =
        format!("uses {}, which the {} compiler lacks: {advice}", names.join(" and "), compiler.name());
    Err(Error::new(Kind::Proposal, reason))
}

fn validate(module: &[u8], features: WasmFeatures) -> Result<(), BinaryReaderError> {
    Validator::new_with_features(features).validate_all(module).map(drop)
}

/// Where a module breaks the rules.
pub(crate) fn invalid(error: &BinaryReaderError) -> Error {
    let reason = format!("not a valid wasm module: at {:#x}: {}", error.offset(), error.message());
    Error::new(Kind::Invalid, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body of a function, or fields of a module, that need one proposal.
    fn refusal(fields: &str, compiler: Compiler) -> String {
        refusal_for(Target::LinuxX86_64, fields, compiler)
    }

    fn refusal_for(target: Target, fields: &str, compiler: Compiler) -> String {
        let module = wat::parse_str(format!("(module {fields})")).unwrap();
        check(&module, compiler, target).map_or_else(|error| error.reason, |()| String::new())
    }

    #[track_caller]
    fn assert_only_in_cranelift(fields: &str, names: &str) {
        assert_eq!(refusal(fields, Compiler::Cranelift), "");
        let reason = refusal(fields, Compiler::Singlepass);
        assert!(
            reason.starts_with(&format!("uses {names}, which the singlepass compiler lacks")),
            "{reason}"
        );
        assert!(reason.contains("--compiler cranelift"), "{reason}");
    }

    #[track_caller]
    fn assert_nowhere(fields: &str, name: &str) {
        for compiler in [Compiler::Cranelift, Compiler::Singlepass] {
            let reason = refusal(fields, compiler);
            assert!(reason.contains(name) && reason.contains("no compiler of this version"), "{reason}");
        }
    }

    #[test]
    fn what_only_cranelift_has_is_named() {
        assert_only_in_cranelift("(func (result v128) v128.const i64x2 0 0)", "SIMD");
        let relaxed = "(func (param v128 v128) (result v128) local.get 0 local.get 1 i8x16.relaxed_swizzle)";
        assert_only_in_cranelift(relaxed, "SIMD and relaxed SIMD");
        assert_only_in_cranelift("(tag $t) (func throw $t)", "exception handling");
        let wide = "(func (param i64 i64) (result i64 i64) local.get 0 local.get 1 i64.mul_wide_u)";
        assert_only_in_cranelift(wide, "wide arithmetic");
    }

    #[test]
    fn exceptions_are_refused_where_they_cannot_be_caught_before_the_compiler_meets_them() {
        let throws = "(tag $t) (func throw $t)";
        let refusal = |target| refusal_for(target, throws, Compiler::Cranelift);
        for target in [Target::WindowsX86_64, Target::MacosArm64] {
            let reason = refusal(target);
            assert!(reason.contains(&format!("has it for {}", target.name())), "{reason}");
        }
        assert_eq!(refusal(Target::MacosX86_64), "");
        let simd = "(func (result v128) v128.const i64x2 0 0)";
        assert_eq!(refusal_for(Target::WindowsX86_64, simd, Compiler::Cranelift), "");
    }

    #[test]
    fn vectors_are_refused_where_the_cpu_may_have_none() {
        let simd = "(func (result v128) v128.const i64x2 0 0)";
        for compiler in [Compiler::Cranelift, Compiler::Singlepass] {
            let reason = refusal_for(Target::LinuxRiscv64, simd, compiler);
            assert!(reason.contains("no compiler of this version has it for linux-riscv64"), "{reason}");
        }
        for target in Target::ALL.into_iter().filter(|target| *target != Target::LinuxRiscv64) {
            assert_eq!(refusal_for(target, simd, Compiler::Cranelift), "");
        }
    }

    #[test]
    fn what_no_compiler_has_is_named() {
        assert_nowhere("(func $f return_call $f)", "tail calls");
        assert_nowhere("(memory 1) (memory 1)", "multiple memories");
        assert_nowhere("(memory i64 1)", "64-bit memory");
        assert_nowhere("(type (struct))", "garbage collection");
        assert_nowhere("(type $f (func)) (func (param (ref $f)))", "typed function references");
        assert_nowhere("(memory 1 (pagesize 1))", "custom page sizes");
        let reason = refusal("(tag $t) (func try catch_all end)", Compiler::Cranelift);
        assert!(
            reason.starts_with("uses legacy exception handling") && reason.contains("wasm-opt"),
            "{reason}"
        );
    }

    #[test]
    fn what_both_compilers_have_passes() {
        for fields in [
            "(func (param f32) (result i32) local.get 0 i32.trunc_sat_f32_s)",
            "(func (result i32 i32) i32.const 1 i32.const 2)",
            "(memory 1) (func i32.const 0 i32.const 0 i32.const 0 memory.fill)",
            "(table 1 externref) (func (param externref))",
            "(memory 1 1 shared) (func (result i32) i32.const 0 i32.atomic.load)",
            "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
        ] {
            for compiler in [Compiler::Cranelift, Compiler::Singlepass] {
                assert_eq!(refusal(fields, compiler), "", "{fields}");
            }
        }
    }

    #[test]
    fn a_broken_rule_is_told_with_its_offset() {
        let mut module = wat::parse_str("(module (func (result i32) i32.const 1))").unwrap();
        let at = module.len() - 2;
        module[at - 1] = 0x42;
        let error = check(&module, Compiler::Cranelift, Target::LinuxX86_64).unwrap_err();
        assert_eq!(error.kind, Kind::Invalid);
        assert!(error.reason.contains("at 0x"), "{error}");
    }
}
