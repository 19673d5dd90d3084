//! CPU features that generated code may need: one bit each in the header, and a spoken name for messages.
//!
//! The bits are this format's own, so that a change of numbering in a compiler cannot change what a file means.
//! They belong to one architecture; today only x86-64 has optional features the packer uses.

use std::fmt;

/// A set of CPU features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuFeatures(u64);

macro_rules! features {
    ($($bit:literal $constant:ident $name:literal;)*) => {
        impl CpuFeatures {
            $(#[doc = concat!("`", $name, "`, bit ", stringify!($bit), ".")]
            pub const $constant: CpuFeatures = CpuFeatures(1 << $bit);)*
        }

        /// Each feature with the name a person knows it by, as in Linux's /proc/cpuinfo.
        const NAMES: &[(CpuFeatures, &str)] = &[$((CpuFeatures::$constant, $name)),*];
    };
}

features! {
    0 SSE3 "sse3";
    1 SSSE3 "ssse3";
    2 SSE4_1 "sse4.1";
    3 SSE4_2 "sse4.2";
    4 POPCNT "popcnt";
    5 AVX "avx";
    6 AVX2 "avx2";
    7 BMI1 "bmi1";
    8 BMI2 "bmi2";
    9 LZCNT "lzcnt";
    10 AVX512F "avx512f";
    11 AVX512DQ "avx512dq";
    12 AVX512VL "avx512vl";
}

impl CpuFeatures {
    /// No feature beyond what every CPU of the target has.
    pub const NONE: CpuFeatures = CpuFeatures(0);

    /// The set with these bits, or `None` when a bit is one this version does not know.
    pub fn from_bits(bits: u64) -> Option<CpuFeatures> {
        let known = NAMES.iter().fold(0, |all, (feature, _)| all | feature.0);
        (bits & !known == 0).then_some(CpuFeatures(bits))
    }

    /// The bits, as the header holds them.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: CpuFeatures) -> CpuFeatures {
        CpuFeatures(self.0 | other.0)
    }

    /// What is in this set and not in `other`.
    #[must_use]
    pub fn without(self, other: CpuFeatures) -> CpuFeatures {
        CpuFeatures(self.0 & !other.0)
    }

    /// True when nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The single features in this set.
    pub fn iter(self) -> impl Iterator<Item = CpuFeatures> {
        NAMES.iter().map(|(feature, _)| *feature).filter(move |feature| self.0 & feature.0 != 0)
    }

    /// What the CPU under this program has, of the features the format knows.
    pub fn of_this_cpu() -> CpuFeatures {
        let mut found = CpuFeatures::NONE;
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            let detected = [
                (has!("sse3"), CpuFeatures::SSE3),
                (has!("ssse3"), CpuFeatures::SSSE3),
                (has!("sse4.1"), CpuFeatures::SSE4_1),
                (has!("sse4.2"), CpuFeatures::SSE4_2),
                (has!("popcnt"), CpuFeatures::POPCNT),
                (has!("avx"), CpuFeatures::AVX),
                (has!("avx2"), CpuFeatures::AVX2),
                (has!("bmi1"), CpuFeatures::BMI1),
                (has!("bmi2"), CpuFeatures::BMI2),
                (has!("lzcnt"), CpuFeatures::LZCNT),
                (has!("avx512f"), CpuFeatures::AVX512F),
                (has!("avx512dq"), CpuFeatures::AVX512DQ),
                (has!("avx512vl"), CpuFeatures::AVX512VL),
            ];
            for (_, feature) in detected.into_iter().filter(|(has, _)| *has) {
                found = found.union(feature);
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = &mut found;
        found
    }
}

/// The spoken names, separated by commas.
impl fmt::Display for CpuFeatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (_, name) in NAMES.iter().filter(|(feature, _)| self.0 & feature.0 != 0) {
            write!(f, "{separator}{name}")?;
            separator = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_bits_are_refused() {
        assert_eq!(CpuFeatures::from_bits(1 << 63), None);
        assert_eq!(CpuFeatures::from_bits(1 << 5), Some(CpuFeatures::AVX));
    }

    #[test]
    fn missing_features_are_spoken() {
        let needed = CpuFeatures::SSE3.union(CpuFeatures::AVX).union(CpuFeatures::POPCNT);
        assert_eq!(needed.without(CpuFeatures::SSE3).to_string(), "popcnt, avx");
        assert_eq!(needed.iter().count(), 3);
    }
}
