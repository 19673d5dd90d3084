//! WebAssembly proposals: which of them each compiler knows, and which of them a module uses.
//!
//! wasmer reports what it cannot compile late, in its own words, and sometimes by panicking; its own check lets
//! SIMD through to Singlepass, which has none. So a module is validated here first, against exactly the
//! features of the chosen compiler. If it fails, it is validated again with every proposal there is, and then
//! with fewer and fewer: those it cannot do without are those it uses.
//!
//! Exceptions are no compiler's business: a module that uses them is lowered to one that does not
//! ([`crate::input::exceptions`]).

use payload::{Compiler, Target};
use wasmer_compiler::wasmparser::{BinaryReaderError, Validator, WasmFeatures};

use crate::{Error, Kind};

/// A proposal by the name under which WebAssembly's site lists it.
struct Proposal {
    name: &'static str,
    flag: WasmFeatures,
    cranelift: bool,
    singlepass: bool,
    lowered: bool,
    /// Its requirement beside a compiler that knows it.
    needs: Needs,
}

/// A target's requirement for a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// Vector registers.
    Vectors,
}

impl Needs {
    fn are_met(self, target: Target) -> bool {
        match self {
            Needs::Nothing => true,
            Needs::Vectors => has_vectors(target),
        }
    }
}

/// How a compiler can have a module that has nothing else it lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Given,
    /// With its exceptions lowered.
    Lowered,
}

const fn both(name: &'static str, flag: WasmFeatures) -> Proposal {
    Proposal { singlepass: true, ..cranelift_only(name, flag, Needs::Nothing) }
}

const fn cranelift_only(name: &'static str, flag: WasmFeatures, needs: Needs) -> Proposal {
    Proposal { cranelift: true, needs, ..neither(name, flag) }
}

/// A proposal that is lowered before a compiler sees the module.
const fn lowered(name: &'static str, flag: WasmFeatures) -> Proposal {
    Proposal { lowered: true, ..neither(name, flag) }
}

const fn neither(name: &'static str, flag: WasmFeatures) -> Proposal {
    Proposal { name, flag, cranelift: false, singlepass: false, lowered: false, needs: Needs::Nothing }
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
    lowered("exception handling", WasmFeatures::EXCEPTIONS),
    cranelift_only("wide arithmetic", WasmFeatures::WIDE_ARITHMETIC, Needs::Nothing),
    lowered("legacy exception handling", WasmFeatures::LEGACY_EXCEPTIONS),
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
            Compiler::Singlepass => {
                self.singlepass && !(self.flag == WasmFeatures::THREADS && is_arm(target))
            }
        };
        compiles && self.needs.are_met(target)
    }
}

/// Whether code for `target` has vector registers: those of RISC-V are an extension that rv64gc lacks, and Cranelift panics
/// without it.
fn has_vectors(target: Target) -> bool {
    target != Target::LinuxRiscv64
}

/// Whether code for `target` is for 64-bit Arm, where Singlepass' atomic additions, subtractions and exchanges of what is not a
/// constant lose it (wasmer 7.2.0).
fn is_arm(target: Target) -> bool {
    matches!(target, Target::LinuxArm64 | Target::MacosArm64)
}

/// The class of a target: a module is checked once for each class.
pub fn class(target: Target) -> impl Copy + Eq {
    (has_vectors(target), is_arm(target))
}

/// Every feature that `keep` accepts, on top of those that are no proposals but switches of the validator.
fn features(keep: impl Fn(&Proposal) -> bool) -> WasmFeatures {
    PROPOSALS
        .iter()
        .filter(|proposal| keep(proposal))
        .fold(WasmFeatures::MVP, |all, proposal| all.union(proposal.flag))
}

/// Validates `module` for `compiler` and `target`, and tells how they can have it.
///
/// # Errors
/// `Invalid`, with the offset, when no proposal would make it valid; `Proposal`, with the names of those it
/// uses and the compiler that has them, when the compiler lacks some that are not lowered.
pub fn check(module: &[u8], compiler: Compiler, target: Target) -> Result<Form, Error> {
    let valid_with = |extra: &[&Proposal]| {
        let keep = |proposal: &Proposal| {
            proposal.is_in(compiler, target) || extra.iter().any(|other| other.name == proposal.name)
        };
        validate(module, features(keep))
    };
    if valid_with(&[]).is_ok() {
        return Ok(Form::Given);
    }
    let lacks = |proposal: &&Proposal| !proposal.is_in(compiler, target);
    let (lowered, lacking): (Vec<&Proposal>, Vec<&Proposal>) =
        PROPOSALS.iter().filter(lacks).partition(|proposal| proposal.lowered);
    if valid_with(&lowered).is_ok() {
        return Ok(Form::Lowered);
    }
    valid_with(&[&lacking[..], &lowered].concat()).map_err(|error| invalid(&error))?;
    // The table lists what others build on first, so from the end each can go unless the module needs it.
    let mut missing = lacking;
    for at in (0..missing.len()).rev() {
        let fewer: Vec<&Proposal> = [&missing[..at], &missing[at + 1..]].concat();
        if valid_with(&[&fewer[..], &lowered].concat()).is_ok() {
            missing = fewer;
        }
    }
    let names: Vec<&str> = missing.iter().map(|proposal| proposal.name).collect();
    let other = match compiler {
        Compiler::Cranelift => Compiler::Singlepass,
        Compiler::Singlepass => Compiler::Cranelift,
    };
    let them = if names.len() == 1 { "it" } else { "them" };
    let (mut named, mut is_chosen) = (None, false);
    let advice = if missing.iter().all(|proposal| proposal.is_in(other, target)) {
        is_chosen = true;
        format!("pack with --compiler {}, which has {them}", other.name())
    } else {
        let elsewhere = missing.iter().any(|proposal| proposal.cranelift && !proposal.needs.are_met(target));
        if elsewhere {
            named = Some(target);
        }
        let on = named.map_or_else(String::new, |target| format!(" for {}", target.name()));
        format!("no compiler of this version has {them}{on}; build the app without {them}")
    };
    let reason =
        format!("uses {}, which the {} compiler lacks: {advice}", names.join(" and "), compiler.name());
    let error = Error { target: named, ..Error::new(Kind::Proposal, reason) };
    Err(if is_chosen { error.of(&["compiler"]) } else { error })
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
        check(&module, compiler, target).map_or_else(|error| error.reason, |_| String::new())
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
        let wide = "(func (param i64 i64) (result i64 i64) local.get 0 local.get 1 i64.mul_wide_u)";
        assert_only_in_cranelift(wide, "wide arithmetic");
    }

    #[test]
    fn exceptions_of_both_encodings_are_to_be_lowered_everywhere() {
        let standard = "(tag $t) (func (block $h (try_table (catch_all $h) (throw $t))))";
        let legacy = "(tag $t) (func try throw $t catch_all end)";
        let reference = "(func (local exnref))";
        for target in Target::ALL {
            for compiler in [Compiler::Cranelift, Compiler::Singlepass] {
                let form = |fields: &str| {
                    check(&wat::parse_str(format!("(module {fields})")).unwrap(), compiler, target)
                };
                for fields in [standard, legacy, reference, &format!("{standard} (func try end)")] {
                    assert_eq!(form(fields), Ok(Form::Lowered), "{fields}");
                }
                assert_eq!(form("(func nop)"), Ok(Form::Given));
            }
        }
    }

    #[test]
    fn exceptions_are_not_named_where_something_else_is_lacking() {
        let reason =
            refusal("(tag $t) (func try catch_all end) (func $f return_call $f)", Compiler::Cranelift);
        assert!(reason.starts_with("uses tail calls, which the cranelift compiler lacks"), "{reason}");
        let broken = "(tag $t (param i32)) (func throw $t)";
        assert!(refusal(broken, Compiler::Cranelift).starts_with("not a valid wasm module: at 0x"));
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
    fn atomics_are_refused_where_singlepass_gets_them_wrong() {
        let atomic = "(memory 1 1 shared) (func (result i32) i32.const 0 i32.atomic.load)";
        for target in Target::ALL {
            assert_eq!(refusal_for(target, atomic, Compiler::Cranelift), "");
            let reason = refusal_for(target, atomic, Compiler::Singlepass);
            match is_arm(target) {
                true => assert_eq!(
                    reason,
                    "uses threads, which the singlepass compiler lacks: pack with --compiler cranelift, which has it"
                ),
                false => assert_eq!(reason, ""),
            }
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
