//! Machines, and which build each of them runs.

use terms::{
    Target,
    target::{Cpu, Os},
};

/// The CPUs of `os` that run a build for `target`, when `targets` are all that there are: its own, and those that emulate it and
/// have no build of their own.
pub(crate) fn cpus(target: Target, targets: &[Target]) -> Vec<Cpu> {
    let mut cpus = vec![target.cpu()];
    let emulates = matches!(target.os(), Os::Windows | Os::Macos) && target.cpu() == Cpu::X86_64;
    let has_own = targets.iter().any(|other| other.os() == target.os() && other.cpu() == Cpu::Arm64);
    if emulates && !has_own {
        cpus.push(Cpu::Arm64);
    }
    cpus
}

/// The build for machines of `os` with `cpu`, by its place in `targets`.
pub(crate) fn build(os: Os, cpu: Cpu, targets: &[Target]) -> Option<usize> {
    targets.iter().position(|target| target.os() == os && cpus(*target, targets).contains(&cpu))
}
