//! CPU features that generated code may need: one bit each in the header, and a spoken name for messages, in one table.
//!
//! The bits are this format's own, so that a change of numbering in a compiler cannot change what a file means.
//! They belong to one architecture; today only x86-64 has optional features the packer uses.

use std::fmt;

/// A set of CPU features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuFeatures(u64);

/// One feature, as the table tells it.
struct Row {
    bit: CpuFeatures,
    /// The name a person knows it by, as in Linux's /proc/cpuinfo.
    name: &'static str,
    /// What a CPU with it has as well, as far as it stands in the table.
    needs: CpuFeatures,
}

macro_rules! features {
    ($($bit:literal $constant:ident $name:tt $(needs $needs:ident)?;)*) => {
        impl CpuFeatures {
            $(#[doc = concat!("`", $name, "`, bit ", stringify!($bit), ".")]
            pub const $constant: CpuFeatures = CpuFeatures(1 << $bit);)*

            /// What the CPU under this program has, of the features the format knows.
            #[cfg(target_arch = "x86_64")]
            pub fn of_this_cpu() -> CpuFeatures {
                let found = [$((std::arch::is_x86_feature_detected!($name), CpuFeatures::$constant)),*];
                let found = found.into_iter().filter(|(is_there, _)| *is_there);
                found.fold(CpuFeatures::NONE, |all, (_, feature)| all.union(feature))
            }

            /// What the CPU under this program has, of the features the format knows: none.
            #[cfg(not(target_arch = "x86_64"))]
            pub fn of_this_cpu() -> CpuFeatures {
                CpuFeatures::NONE
            }
        }

        const TABLE: &[Row] = &[$(Row {
            bit: CpuFeatures::$constant,
            name: $name,
            needs: CpuFeatures::NONE$(.union(CpuFeatures::$needs))?,
        }),*];
    };
}

// A feature stands behind what it needs.
features! {
    0 SSE3 "sse3";
    1 SSSE3 "ssse3";
    2 SSE4_1 "sse4.1";
    3 SSE4_2 "sse4.2";
    4 POPCNT "popcnt";
    5 AVX "avx";
    6 AVX2 "avx2" needs AVX;
    7 BMI1 "bmi1";
    8 BMI2 "bmi2";
    9 LZCNT "lzcnt";
    10 AVX512F "avx512f" needs AVX2;
    11 AVX512DQ "avx512dq" needs AVX512F;
    12 AVX512VL "avx512vl" needs AVX512F;
}

impl CpuFeatures {
    /// No feature beyond what every CPU of the target has.
    pub const NONE: CpuFeatures = CpuFeatures(0);

    /// Every feature that the format knows.
    pub const ALL: CpuFeatures = {
        let (mut all, mut at) = (CpuFeatures::NONE, 0);
        while at < TABLE.len() {
            all = all.union(TABLE[at].bit);
            at += 1;
        }
        all
    };

    /// The set with these bits, or `None` when a bit is one this version does not know.
    pub fn from_bits(bits: u64) -> Option<CpuFeatures> {
        (bits & !CpuFeatures::ALL.0 == 0).then_some(CpuFeatures(bits))
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
        TABLE.iter().map(|row| row.bit).filter(move |feature| self.has(*feature))
    }

    /// This set, and what its features need.
    #[must_use]
    pub fn with_needs(self) -> CpuFeatures {
        // From the end, so that what is needed by what is needed comes too.
        TABLE.iter().rev().fold(self, |all, row| if all.has(row.bit) { all.union(row.needs) } else { all })
    }

    /// True when all of `other` is in it.
    pub fn has(self, other: CpuFeatures) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The spoken names, separated by commas.
impl fmt::Display for CpuFeatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for Row { name, .. } in TABLE.iter().filter(|row| self.has(row.bit)) {
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
    fn what_is_needed_stands_before_what_needs_it() {
        for (at, row) in TABLE.iter().enumerate() {
            let before = TABLE[..at].iter().fold(CpuFeatures::NONE, |all, row| all.union(row.bit));
            assert!(before.has(row.needs), "{}", row.name);
        }
        let all = CpuFeatures::AVX512VL.with_needs();
        assert_eq!(all.to_string(), "avx, avx2, avx512f, avx512vl");
    }

    #[test]
    fn missing_features_are_spoken() {
        let needed = CpuFeatures::SSE3.union(CpuFeatures::AVX).union(CpuFeatures::POPCNT);
        assert_eq!(needed.without(CpuFeatures::SSE3).to_string(), "popcnt, avx");
        assert_eq!(needed.iter().count(), 3);
    }
}
