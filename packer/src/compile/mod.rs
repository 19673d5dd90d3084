//! From a lean module to machine code for the target: functions, trampolines and tables, not yet linked.
//!
//! Which CPU features the code may use is [`cpu`]'s business.

mod caught;
pub mod cpu;
pub(crate) mod kept;
pub(crate) mod reuse;
mod stack;

use std::num::NonZero;

use payload::{Compiler, CpuFeatures, Target};
// wasmer-vm does not link everywhere without it.
use softfloat as _;
use wasmer_compiler::{ArtifactBuild, Engine, EngineBuilder, ModuleEnvironment};
use wasmer_compiler_cranelift::{Cranelift, CraneliftOptLevel};
#[cfg(feature = "singlepass")]
use wasmer_compiler_singlepass::Singlepass;
use wasmer_types::{CompilationProgressCallback, UserAbort, target::Target as WasmerTarget};

use self::{caught::caught, cpu::Raise};
use crate::{Error, Kind, error::spoken, parallel, progress::Progress};

/// How Singlepass' assembler says that a branch spans more than its instruction can.
const OUT_OF_REACH: &str = "ImpossibleRelocation";

/// The messages of Singlepass and Cranelift when their threads cannot be started.
const NO_THREADS: [&str; 2] = ["failed to build rayon thread pool", "ThreadPoolBuildError"];

/// Whether this packer has `compiler`: Singlepass is a feature of the crate.
pub fn has(compiler: Compiler) -> bool {
    compiler == Compiler::Cranelift || cfg!(feature = "singlepass")
}

/// A compiled app.
pub struct Compiled {
    /// The compiler's result, in wasmer's terms.
    pub build: ArtifactBuild,
    /// CPU features that its code uses.
    pub cpu: CpuFeatures,
}

/// Compiles `module`, which was validated for `compiler`, to code for `target` with its baseline raised by `raise`.
///
/// # Errors
/// `Compile` with wasmer's words, or for a function whose frame [`stack`] finds too large; `Cancelled`.
pub fn compile(
    module: &[u8],
    target: Target,
    compiler: Compiler,
    raise: Raise,
    progress: &Progress,
) -> Result<Compiled, Error> {
    let fail = |error: &dyn std::fmt::Display| {
        let advice = match compiler {
            Compiler::Cranelift => "",
            Compiler::Singlepass => "; pack with --compiler cranelift, which has fewer limits",
        };
        let by = compiler.name();
        let reason = format!("the {by} compiler failed for {}: {error}{advice}", target.name());
        Error::new(Kind::Compile, reason).naming(target)
    };
    if !has(compiler) {
        let reason = format!("this wasmpack was built without the {} compiler", compiler.name());
        return Err(Error::new(Kind::Compile, reason));
    }
    let (machine, cpu) = cpu::machine(target, compiler, raise);
    let no_threads = |why: &str| {
        let reason = format!(
            "no thread can be started to compile it: {why}; raise the limit (ulimit -u or -v, or that of the container)"
        );
        Error::new(Kind::Compile, reason)
    };
    let threads = parallel::threads().map_err(|error| no_threads(&spoken(&error)))?;
    let engine = engine(compiler, machine, threads);
    progress.phase("compiling", module.len() as u64);
    let bar = progress.clone();
    let callback = CompilationProgressCallback::new(move |state| {
        bar.at(state.phase_step().unwrap_or(0), state.phase_step_count().unwrap_or(0));
        if bar.is_cancelled() { Err(UserAbort::new("cancelled")) } else { Ok(()) }
    });

    // What wasmer's own `Artifact::new` does, without its last step: that one would place the code in this
    // process's memory, ready to run, and it is not going to run here.
    let translation = ModuleEnvironment::new().translate(module).map_err(|error| fail(&error))?;
    let info = translation.module;
    let memory_styles = info.memories.values().map(|memory| engine.tunables().memory_style(memory)).collect();
    let table_styles = info.tables.values().map(|table| engine.tunables().table_style(table)).collect();
    let compile = || {
        let inner = &mut engine.inner_mut();
        ArtifactBuild::new(inner, module, engine.target(), memory_styles, table_styles, Some(&callback))
    };
    let build = caught(compile);
    progress.check()?;
    let build = match build {
        Ok(Ok(build)) => build,
        Ok(Err(error)) if error.to_string().contains(OUT_OF_REACH) => {
            return Err(fail(&"a function is so large that a branch in it reaches no farther"));
        }
        // There were some a moment before.
        Ok(Err(error)) if NO_THREADS.iter().any(|words| error.to_string().contains(words)) => {
            return Err(no_threads("they are gone by now"));
        }
        Err(said) if NO_THREADS.iter().any(|words| said.contains(words)) => {
            return Err(no_threads("they are gone by now"));
        }
        Ok(Err(error)) => return Err(fail(&error)),
        Err(said) => return Err(fail(&format!("it broke off ({said})"))),
    };
    stack::check(&build, target, compiler)?;
    Ok(Compiled { build, cpu })
}

fn engine(compiler: Compiler, machine: WasmerTarget, threads: NonZero<usize>) -> Engine {
    let builder = match compiler {
        Compiler::Cranelift => {
            let mut cranelift = Cranelift::new();
            cranelift.opt_level(CraneliftOptLevel::Speed).num_threads(threads);
            EngineBuilder::new(cranelift)
        }
        #[cfg(not(feature = "singlepass"))]
        Compiler::Singlepass => unreachable!("refused before"),
        #[cfg(feature = "singlepass")]
        Compiler::Singlepass => {
            let mut singlepass = Singlepass::new();
            singlepass.num_threads(threads);
            EngineBuilder::new(singlepass)
        }
    };
    builder.set_target(Some(machine)).engine()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmer_compiler::ArtifactCreate;

    const COMPILERS: [Compiler; 2] = [Compiler::Cranelift, Compiler::Singlepass];

    #[test]
    fn the_pinned_engine_is_the_one_that_is_linked() {
        let pinned = payload::Engine::PINNED;
        let version: Vec<u16> =
            wasmer_compiler::VERSION.split('.').map(|part| part.parse().unwrap()).collect();
        assert_eq!(pinned.abi, wasmer_types::MetadataHeader::CURRENT_VERSION);
        assert_eq!(pinned.version.as_slice(), version);
    }

    #[test]
    fn what_a_compiler_panics_at_is_an_error_with_a_way_out() {
        // More imports than lie within 2 KiB of a register.
        let imports = r#"(import "a" "b" (func))"#.repeat(100);
        let module = wat::parse_str(format!("(module {imports} (func (call 99)))")).unwrap();
        let reason = |target| {
            let result =
                compile(&module, target, Compiler::Singlepass, Raise::default(), &Progress::hidden());
            result.map_or_else(|error| error.reason, |_| String::new())
        };
        let refused = reason(Target::LinuxRiscv64);
        assert!(
            refused.starts_with("the singlepass compiler failed for linux-riscv64: it broke off ("),
            "{refused}"
        );
        assert!(refused.contains("--compiler cranelift") && refused.lines().count() == 1, "{refused}");
        assert_eq!(reason(Target::LinuxX86_64), "");
    }

    #[test]
    fn every_target_compiles_with_both_compilers_to_the_same_bytes_each_time() {
        let text = r#"(module (memory (export "memory") 1) (func (export "_start")
            f64.const 2.5 f64.nearest i64.trunc_f64_s i64.popcnt i32.wrap_i64 i32.clz i32.load8_u drop))"#;
        let module = wat::parse_str(text).unwrap();
        let progress = Progress::hidden();
        for (target, compiler) in Target::ALL.into_iter().flat_map(|target| COMPILERS.map(|by| (target, by)))
        {
            let compile = || compile(&module, target, compiler, Raise::default(), &progress).unwrap();
            let (first, second) = (compile(), compile());
            let kept = kept::build(&kept::bytes(&first.build).unwrap()).unwrap();
            assert!(kept.serialize().unwrap() == first.build.serialize().unwrap(), "{}", target.name());
            let bytes = |compiled: &Compiled| compiled.build.serialize().unwrap();
            assert!(bytes(&first) == bytes(&second), "{} with {}", target.name(), compiler.name());
            assert_eq!(first.cpu, second.cpu);
            let same = super::compile(&module, cpu::same_code(target), compiler, Raise::default(), &progress);
            let same = same.unwrap();
            assert!(bytes(&first) == bytes(&same), "{} with {}", target.name(), compiler.name());
            assert_eq!(first.cpu, same.cpu);
        }
    }
}
