//! The CPU that code is made for: a baseline for each target, and `--cpu` to raise it.
//!
//! The machine that packs plays no part unless it is asked to (`--cpu native`). What the code may use is written
//! into the header, and the launcher checks it before anything runs.
//!
//! Only x86-64 has anything to raise: wasmer's compilers take no features of the other CPUs. The format's
//! table has every feature that a compiler of wasmer 7.2.0 looks at; of a level's other instructions (FMA, MOVBE, ...) no
//! code is made.

use payload::{Compiler, CpuFeatures, Target, target::Cpu};
use wasmer_types::target::{CpuFeature, Target as WasmerTarget, Triple};

/// `feature` in wasmer's terms, which are the same but for one name.
fn of_wasmer(feature: CpuFeatures) -> CpuFeature {
    let name = feature.to_string();
    let name = if feature == CpuFeatures::BMI1 { "bmi" } else { &name };
    name.parse().expect("wasmer knows every feature of the format")
}

const fn union(features: &[CpuFeatures]) -> CpuFeatures {
    let (mut all, mut at) = (CpuFeatures::NONE, 0);
    while at < features.len() {
        all = all.union(features[at]);
        at += 1;
    }
    all
}

/// Every x86-64 CPU since about 2009. Beyond it every feature would shut out machines in use.
const V2: CpuFeatures = union(&[
    CpuFeatures::SSE3,
    CpuFeatures::SSSE3,
    CpuFeatures::SSE4_1,
    CpuFeatures::SSE4_2,
    CpuFeatures::POPCNT,
]);
const V3: CpuFeatures = union(&[
    V2,
    CpuFeatures::AVX,
    CpuFeatures::AVX2,
    CpuFeatures::BMI1,
    CpuFeatures::BMI2,
    CpuFeatures::LZCNT,
]);
const V4: CpuFeatures = union(&[V3, CpuFeatures::AVX512F, CpuFeatures::AVX512DQ, CpuFeatures::AVX512VL]);

/// The levels of the x86-64 psABI that can be asked for.
const LEVELS: [(&str, CpuFeatures); 3] = [("x86-64-v2", V2), ("x86-64-v3", V3), ("x86-64-v4", V4)];

/// The features of `--cpu`, on top of the baseline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Raise {
    features: CpuFeatures,
    native: bool,
}

impl Raise {
    /// Reads a level (`x86-64-v3`), features (`+avx2,+bmi2`), both (`x86-64-v3,+avx512f`), or `native`.
    ///
    /// # Errors
    /// If a level or feature is unknown; the message lists the known ones.
    pub fn parse(text: &str) -> Result<Raise, String> {
        let mut raise = Raise::default();
        for part in text.split(',') {
            if part == "native" {
                raise = Raise { features: raise.features.union(CpuFeatures::of_this_cpu()), native: true };
                continue;
            }
            let asked = match part.strip_prefix('+') {
                Some(name) => CpuFeatures::ALL.iter().find(|feature| spelled(*feature, name)),
                None => LEVELS
                    .iter()
                    .find(|(name, _)| name.replace('_', "-") == part.replace('_', "-"))
                    .map(|level| level.1),
            };
            raise.features = raise.features.union(asked.ok_or_else(|| unknown(part))?);
        }
        Ok(Raise { features: raise.features.with_needs(), ..raise })
    }

    /// Checks that this can be used for `targets`, of which at least one must be x86-64.
    ///
    /// # Errors
    /// If none is; for `native`, if a target is not this machine.
    pub fn check(&self, targets: &[Target], host: Option<Target>) -> Result<(), String> {
        let names = crate::targets::list(targets);
        if self.native && targets.iter().any(|target| Some(*target) != host) {
            let this = host.map_or("which is not a target", Target::name);
            return Err(format!(
                "--cpu native is for packing for this machine, {this}; the target is {names}"
            ));
        }
        if !targets.iter().any(|target| target.cpu() == Cpu::X86_64) {
            return Err(format!("--cpu is for x86-64 code; it cannot be used for {names}"));
        }
        Ok(())
    }
}

/// Whether a feature is what a person calls `name`: with or without the point in `sse4.2`, which others write `_`.
fn spelled(bit: CpuFeatures, name: &str) -> bool {
    let plain = |text: &str| text.replace(['.', '_', '-'], "").to_ascii_lowercase();
    plain(&bit.to_string()) == plain(name)
}

fn unknown(part: &str) -> String {
    let levels = LEVELS.map(|level| level.0).join(", ");
    let features: Vec<String> = CpuFeatures::ALL.iter().map(|feature| format!("+{feature}")).collect();
    format!("unknown level or feature {part:?}; known are {levels}, native, and {}", features.join(" "))
}

/// The target whose code `target` runs. On x86-64 Linux and macOS have one calling convention (System V), and the compilers
/// make the same of a program for both, to the byte.
pub fn same_code(target: Target) -> Target {
    match target {
        Target::MacosX86_64 => Target::LinuxX86_64,
        other => other,
    }
}

/// The machine to compile for, in wasmer's terms, and the features of it that a header must list.
///
/// The header lists all that the compiler was given. That may be more than the artifact itself records:
/// Singlepass leaves out POPCNT, which it uses whether or not it is told that the CPU has it.
pub fn machine(target: Target, compiler: Compiler, raise: Raise) -> (WasmerTarget, CpuFeatures) {
    let triple: Triple = target.triple().parse().expect("the triples of the table are known");
    let mut features = CpuFeature::set();
    let mut listed = CpuFeatures::NONE;
    match target.cpu() {
        Cpu::X86_64 => {
            features.insert(CpuFeature::SSE2);
            listed = V2.union(raise.features);
            if compiler == Compiler::Singlepass {
                // Singlepass without AVX has computed wrong results (a float-to-integer conversion trapped).
                listed = listed.union(CpuFeatures::AVX);
            }
            for feature in listed.iter() {
                features.insert(of_wasmer(feature));
            }
        }
        // NEON is part of every 64-bit Arm that runs these systems; the header has no bit for it.
        Cpu::Arm64 => drop(features.insert(CpuFeature::NEON)),
        Cpu::Riscv64 => {}
    }
    (WasmerTarget::new(triple, features), listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPILERS: [Compiler; 2] = [Compiler::Cranelift, Compiler::Singlepass];
    const X86_64: [Target; 3] = [Target::LinuxX86_64, Target::WindowsX86_64, Target::MacosX86_64];

    fn raised(text: &str) -> CpuFeatures {
        machine(Target::LinuxX86_64, Compiler::Cranelift, Raise::parse(text).unwrap()).1
    }

    #[test]
    fn singlepass_for_x86_64_always_has_avx_and_cranelift_only_when_asked() {
        for (target, compiler) in X86_64.into_iter().flat_map(|target| COMPILERS.map(|by| (target, by))) {
            let (machine, listed) = machine(target, compiler, Raise::default());
            let avx = compiler == Compiler::Singlepass;
            assert_eq!(machine.cpu_features().contains(CpuFeature::AVX), avx);
            assert_eq!(listed.without(CpuFeatures::AVX) != listed, avx);
        }
    }

    #[test]
    fn the_header_lists_every_feature_that_the_compiler_was_given() {
        for (target, compiler) in Target::ALL.into_iter().flat_map(|target| COMPILERS.map(|by| (target, by)))
        {
            for raise in [Raise::default(), Raise { features: CpuFeatures::ALL, native: false }] {
                let (machine, listed) = machine(target, compiler, raise);
                // What every CPU of the architecture has is not listed.
                let optional = *machine.cpu_features() - (CpuFeature::SSE2 | CpuFeature::NEON);
                assert_eq!(optional.len(), listed.iter().count(), "{}", target.name());
            }
        }
    }

    /// Every optional feature that wasmer knows of x86-64 is in the table, and every bit of the header.
    #[test]
    fn no_feature_is_left_out() {
        let ours = CpuFeatures::ALL.iter().map(of_wasmer).collect::<Vec<_>>();
        let known: Vec<CpuFeature> = CpuFeature::all().iter().collect();
        let left: Vec<_> = known.iter().filter(|feature| !ours.contains(feature)).collect();
        // Both compilers take SSE2 and NEON for granted, and neither looks at FMA.
        assert_eq!(left, [&CpuFeature::SSE2, &CpuFeature::FMA, &CpuFeature::NEON]);
    }

    #[test]
    fn levels_and_features_add_up_with_what_they_need() {
        assert_eq!(raised("x86-64-v2"), V2);
        assert_eq!(raised("x86_64_v3"), V3);
        assert_eq!(raised("x86-64-v4"), V4);
        assert_eq!(
            raised("+avx2,+bmi2"),
            union(&[V2, CpuFeatures::AVX, CpuFeatures::AVX2, CpuFeatures::BMI2])
        );
        let vl = [V2, CpuFeatures::AVX, CpuFeatures::AVX2, CpuFeatures::AVX512F, CpuFeatures::AVX512VL];
        assert_eq!(raised("+avx512vl"), union(&vl));
        assert_eq!(raised("+sse4.2,+SSE41,+lzcnt"), V2.union(CpuFeatures::LZCNT));
    }

    #[test]
    fn what_is_neither_is_told_with_what_there_is() {
        for text in ["x86-64", "x86-64-v5", "avx2", "-avx", "+fma", "", "haswell", "+avx2,,"] {
            let error = Raise::parse(text).unwrap_err();
            assert!(error.contains("x86-64-v3") && error.contains("+bmi2"), "{text}: {error}");
        }
    }

    #[test]
    fn targets_with_nothing_to_raise_are_refused() {
        let (v3, host) = (Raise::parse("x86-64-v3").unwrap(), Some(Target::LinuxX86_64));
        assert!(v3.check(&Target::ALL, host).is_ok());
        let error = v3.check(&[Target::LinuxArm64, Target::MacosArm64], host).unwrap_err();
        assert!(error.contains("it cannot be used for linux-arm64, macos-arm64"), "{error}");
        let native = Raise::parse("native").unwrap();
        assert!(native.check(&[Target::LinuxX86_64], host).is_ok());
        let error = native.check(&[Target::MacosX86_64], host).unwrap_err();
        assert!(error.contains("this machine, linux-x86_64; the target is macos-x86_64"), "{error}");
    }
}
