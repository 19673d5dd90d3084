//! From a lean module to machine code for the target: functions, trampolines and tables, not yet linked.
//!
//! The CPU that runs the packer plays no part: the features the code may use are fixed for each target and
//! compiler, written into the header, and checked by the launcher before anything runs.

use payload::{Compiler, CpuFeatures, Target};
use wasmer_compiler::{ArtifactBuild, Engine, EngineBuilder, ModuleEnvironment};
use wasmer_compiler_cranelift::{Cranelift, CraneliftOptLevel};
use wasmer_compiler_singlepass::Singlepass;
use wasmer_types::{
    CompilationProgressCallback,
    target::{CpuFeature, Target as WasmerTarget, Triple},
};

use crate::{Error, Kind, progress::Progress};

/// A compiled app.
pub struct Compiled {
    /// What the compiler made, in wasmer's terms.
    pub build: ArtifactBuild,
    /// CPU features that its code uses.
    pub cpu: CpuFeatures,
}

/// x86-64-v2: every x86-64 CPU since about 2009. Beyond it every feature would shut out machines in use.
const X86_64_V2: &[(CpuFeature, CpuFeatures)] = &[
    (CpuFeature::SSE3, CpuFeatures::SSE3),
    (CpuFeature::SSSE3, CpuFeatures::SSSE3),
    (CpuFeature::SSE41, CpuFeatures::SSE4_1),
    (CpuFeature::SSE42, CpuFeatures::SSE4_2),
    (CpuFeature::POPCNT, CpuFeatures::POPCNT),
];

/// Singlepass without AVX has computed wrong results (a float-to-integer conversion trapped), so it always gets
/// AVX. Cranelift needs none.
const AVX: (CpuFeature, CpuFeatures) = (CpuFeature::AVX, CpuFeatures::AVX);

/// Compiles `module`, which was validated for `compiler`, to code for `target`.
///
/// # Errors
/// `Compile` with wasmer's words.
pub fn compile(
    module: &[u8],
    target: Target,
    compiler: Compiler,
    progress: &Progress,
) -> Result<Compiled, Error> {
    let fail = |error: &dyn std::fmt::Display| {
        let reason = format!("the {} compiler failed: {error}", compiler.name());
        Error::new(Kind::Compile, reason)
    };
    let (machine, cpu) = machine(target, compiler);
    let engine = engine(compiler, machine);
    progress.phase("compiling", module.len() as u64);
    let bar = progress.clone();
    let callback = CompilationProgressCallback::new(move |state| {
        bar.at(state.phase_step().unwrap_or(0), state.phase_step_count().unwrap_or(0));
        Ok(())
    });

    // What wasmer's own `Artifact::new` does, without its last step: that one would place the code in this
    // process's memory, ready to run, and it is not going to run here.
    let translation = ModuleEnvironment::new().translate(module).map_err(|error| fail(&error))?;
    let info = translation.module;
    let memory_styles = info.memories.values().map(|memory| engine.tunables().memory_style(memory)).collect();
    let table_styles = info.tables.values().map(|table| engine.tunables().table_style(table)).collect();
    let build = ArtifactBuild::new(
        &mut engine.inner_mut(),
        module,
        engine.target(),
        memory_styles,
        table_styles,
        Some(&callback),
    )
    .map_err(|error| fail(&error))?;
    Ok(Compiled { build, cpu })
}

/// The machine to compile for, in wasmer's terms, and the features of it that a header must list.
///
/// The header lists all that the compiler was given. That may be more than the artifact itself records:
/// Singlepass leaves out POPCNT, which it uses whether or not it is told that the CPU has it.
fn machine(target: Target, compiler: Compiler) -> (WasmerTarget, CpuFeatures) {
    let triple: Triple = target.triple().parse().expect("the triples of the table are known");
    let mut features = CpuFeature::set();
    let mut listed = CpuFeatures::NONE;
    match target {
        Target::LinuxX86_64 | Target::WindowsX86_64 | Target::MacosX86_64 => {
            features.insert(CpuFeature::SSE2);
            let avx = (compiler == Compiler::Singlepass).then_some(AVX);
            for (wasmer, ours) in X86_64_V2.iter().copied().chain(avx) {
                features.insert(wasmer);
                listed = listed.union(ours);
            }
        }
        // NEON is part of every 64-bit Arm that runs these systems; the header has no bit for it.
        Target::LinuxArm64 | Target::MacosArm64 => drop(features.insert(CpuFeature::NEON)),
        Target::LinuxRiscv64 => {}
    }
    (WasmerTarget::new(triple, features), listed)
}

fn engine(compiler: Compiler, machine: WasmerTarget) -> Engine {
    let builder = match compiler {
        Compiler::Cranelift => {
            let mut cranelift = Cranelift::new();
            cranelift.opt_level(CraneliftOptLevel::Speed);
            EngineBuilder::new(cranelift)
        }
        Compiler::Singlepass => EngineBuilder::new(Singlepass::new()),
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
    fn every_target_compiles_with_both_compilers_to_the_same_bytes_each_time() {
        let text = r#"(module (memory (export "memory") 1) (func (export "_start")
            f64.const 2.5 f64.nearest i64.trunc_f64_s i64.popcnt i32.wrap_i64 i32.clz i32.load8_u drop))"#;
        let module = wat::parse_str(text).unwrap();
        let progress = Progress::hidden();
        for (target, compiler) in Target::ALL.into_iter().flat_map(|target| COMPILERS.map(|by| (target, by)))
        {
            let compile = || compile(&module, target, compiler, &progress).unwrap();
            let (first, second) = (compile(), compile());
            let bytes = |compiled: &Compiled| compiled.build.serialize().unwrap();
            assert!(bytes(&first) == bytes(&second), "{} with {}", target.name(), compiler.name());
            assert_eq!(first.cpu, second.cpu);
        }
    }

    #[test]
    fn singlepass_for_x86_64_always_has_avx_and_cranelift_never() {
        for target in [Target::LinuxX86_64, Target::WindowsX86_64, Target::MacosX86_64] {
            for compiler in COMPILERS {
                let (machine, listed) = machine(target, compiler);
                let avx = compiler == Compiler::Singlepass;
                assert_eq!(machine.cpu_features().contains(CpuFeature::AVX), avx);
                assert_eq!(listed.without(CpuFeatures::AVX) != listed, avx);
            }
        }
    }

    #[test]
    fn the_header_lists_every_feature_that_the_compiler_was_given() {
        for (target, compiler) in Target::ALL.into_iter().flat_map(|target| COMPILERS.map(|by| (target, by)))
        {
            let (machine, listed) = machine(target, compiler);
            // What every CPU of the architecture has is not listed.
            let optional = *machine.cpu_features() - (CpuFeature::SSE2 | CpuFeature::NEON);
            assert_eq!(optional.len(), listed.iter().count(), "{}", target.name());
        }
    }
}
