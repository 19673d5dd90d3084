//! Checks before anything runs: machine code of another engine, system or CPU must not even be loaded.

use payload::{CpuFeatures, Engine, Header, Target};

use crate::fail::Failure;

/// Refuses a payload that this launcher, on this machine, cannot run.
pub(crate) fn may_run(header: &Header) -> Result<(), Failure> {
    refusal(header, Target::host(), CpuFeatures::of_this_cpu()).map_or(Ok(()), |why| Err(Failure::new(why)))
}

fn refusal(header: &Header, host: Option<Target>, cpu: CpuFeatures) -> Option<String> {
    if header.engine != Engine::PINNED {
        return Some(format!(
            "it was packed for another engine ({}) than its launcher has ({}): pack it again",
            header.engine,
            Engine::PINNED
        ));
    }
    if Some(header.target) != host {
        let host = host.map_or("another system", Target::name);
        return Some(format!(
            "it was packed for {} and this is {host}: pack it again for this target",
            header.target.name()
        ));
    }
    let missing = header.cpu.without(cpu);
    if !missing.is_empty() {
        return Some(format!(
            "this CPU lacks what the program needs: {missing}; it cannot run on this machine"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header {
        target: Target::LinuxX86_64,
        engine: Engine::PINNED,
        compiler: payload::Compiler::Singlepass,
        cpu: CpuFeatures::AVX,
    };

    #[test]
    fn a_missing_cpu_feature_is_named() {
        let host = Some(Target::LinuxX86_64);
        assert_eq!(refusal(&HEADER, host, CpuFeatures::AVX), None);
        assert!(refusal(&HEADER, host, CpuFeatures::SSE3).unwrap().contains("needs: avx;"));
    }

    #[test]
    fn another_engine_or_target_is_refused() {
        let engine = Engine { abi: 22, ..Engine::PINNED };
        let other = Header { engine, ..HEADER };
        let why = refusal(&other, Some(Target::LinuxX86_64), CpuFeatures::AVX).unwrap();
        assert!(why.contains("abi 22") && why.contains("abi 21"), "{why}");
        let why = refusal(&HEADER, Some(Target::LinuxArm64), CpuFeatures::AVX).unwrap();
        assert!(why.contains("linux-x86_64") && why.contains("linux-arm64"), "{why}");
    }
}
