//! Universal files: headers as lipo writes them, headers that the kernel refuses, and whatever else.

use payload::{
    Target,
    target::Cpu,
    universal::{self, Fault, Machine, Slice},
};
use proptest::prelude::*;

/// The header that llvm-lipo 14 wrote for two launchers of wasmpack.
const OF_LIPO: [u8; 48] = [
    0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2, // magic, count
    1, 0, 0, 7, 0, 0, 0, 3, 0, 0, 0x10, 0, 0, 0x15, 0x40, 0x30, 0, 0, 0, 12, // x86_64, at 4 KiB
    1, 0, 0, 12, 0, 0, 0, 0, 0, 0x15, 0x80, 0, 0, 0x15, 0x58, 0x10, 0, 0, 0, 14, // arm64, at 16 KiB
];
const LEN: u64 = 0x15_8000 + 0x15_5810;

const X86_64: Slice = Slice { machine: Machine::X86_64, offset: 0x1000, len: 0x15_4030, align: 12 };
const ARM64: Slice = Slice { machine: Machine::ARM64, offset: 0x15_8000, len: 0x15_5810, align: 14 };

#[test]
fn what_lipo_writes_is_read_and_written() {
    assert!(universal::is_universal(&OF_LIPO));
    assert_eq!(universal::slices(&OF_LIPO, LEN), Ok(vec![X86_64, ARM64]));
    assert_eq!(universal::header(&[X86_64, ARM64]), OF_LIPO);
    assert_eq!(universal::slice(&OF_LIPO, LEN, Cpu::X86_64), Ok(0x1000..0x15_5030));
    assert_eq!(universal::slice(&OF_LIPO, LEN, Cpu::Arm64), Ok(0x15_8000..LEN));
    assert_eq!(X86_64.machine.target(), Some(Target::MacosX86_64));
    assert_eq!(ARM64.machine.target(), Some(Target::MacosArm64));
}

#[test]
fn the_order_of_slices_and_what_else_is_there_do_not_matter() {
    // CPU_SUBTYPE_X86_64_H, arm64e with its capability bits, and 32-bit Intel.
    let others = [(0x0100_0007, 8), (0x0100_000c, 0x8000_0002), (7, 3)];
    for (cpu, variant) in others {
        let other = Slice { machine: Machine { cpu, variant }, offset: 0x40_0000, len: 1, align: 0 };
        for slices in [[other, ARM64, X86_64], [ARM64, other, X86_64], [X86_64, ARM64, other]] {
            let head = universal::header(&slices);
            assert_eq!(universal::slice(&head, 0x50_0000, Cpu::X86_64), Ok(X86_64.place()));
            assert_eq!(universal::slice(&head, 0x50_0000, Cpu::Arm64), Ok(ARM64.place()));
        }
    }
    // The bit that says "64-bit libraries" is no part of the CPU's name (CPU_SUBTYPE_LIB64).
    let mut head = OF_LIPO;
    head[12] = 0x80;
    assert_eq!(universal::slice(&head, LEN, Cpu::X86_64), Ok(X86_64.place()));
}

#[test]
fn any_other_file_is_one_executable() {
    let java = *b"\xca\xfe\xba\xbe\0\0\0\x2d";
    for head in [&b"\xcf\xfa\xed\xfe\x0c\0\0\x01"[..], b"\x7fELF", b"MZ", b"", b"\xca\xfe", &java] {
        assert!(!universal::is_universal(head));
        for cpu in [Cpu::X86_64, Cpu::Arm64, Cpu::Riscv64] {
            assert_eq!(universal::slice(head, 77, cpu), Ok(0..77));
        }
    }
    assert!(universal::is_universal(b"\xca\xfe\xba\xbe\0\0\0\x2c"));
}

#[test]
fn what_the_kernel_refuses_is_refused() {
    let refused = |slices: &[Slice], len: u64, fault: Fault| {
        assert_eq!(universal::slices(&universal::header(slices), len), Err(fault), "{fault}");
        assert!(universal::slice(&universal::header(slices), len, Cpu::Arm64).is_err());
    };
    refused(&[], LEN, Fault::Count(0));
    refused(&[X86_64, ARM64], LEN - 1, Fault::Outside(Machine::ARM64));
    refused(&[X86_64, Slice { len: 0, ..ARM64 }], LEN, Fault::Outside(Machine::ARM64));
    refused(&[X86_64, Slice { offset: 44, align: 2, ..ARM64 }], LEN, Fault::Outside(Machine::ARM64));
    let all = u64::from(u32::MAX);
    refused(
        &[X86_64, Slice { offset: all, len: all, align: 0, ..ARM64 }],
        all,
        Fault::Outside(Machine::ARM64),
    );
    refused(&[X86_64, Slice { offset: 0x15_8001, ..ARM64 }], LEN + 1, Fault::Align(Machine::ARM64));
    refused(
        &[X86_64, Slice { align: 16, offset: 0x16_0000, ..ARM64 }],
        LEN * 2,
        Fault::Align(Machine::ARM64),
    );
    refused(&[X86_64, Slice { align: u32::MAX, ..ARM64 }], LEN, Fault::Align(Machine::ARM64));
    let overlap = Fault::Overlap(Machine::X86_64, Machine::ARM64);
    refused(&[X86_64, Slice { offset: 0x15_4000, ..ARM64 }], LEN, overlap);
    refused(&[X86_64, Slice { offset: 0x4000, len: 1, ..ARM64 }], LEN, overlap);
    refused(&[X86_64, ARM64, Slice { offset: 0x40_0000, ..ARM64 }], LEN * 3, Fault::Twice(Machine::ARM64));
    assert_eq!(universal::slices(b"\xca\xfe\xba\xbf\0\0\0\x02", LEN), Err(Fault::Wide));
    assert_eq!(universal::slices(b"\xca\xfe\xba\xbe\0\0\0\x2d", LEN), Err(Fault::Count(45)));
    for len in 0..OF_LIPO.len() {
        assert_eq!(universal::slices(&OF_LIPO[..len], LEN), Err(Fault::Cut), "{len} bytes");
    }
}

#[test]
fn a_cpu_that_has_none_is_named() {
    let head = universal::header(&[ARM64]);
    let fault = universal::slice(&head, LEN, Cpu::X86_64).unwrap_err();
    assert_eq!(fault, Fault::Missing(Machine::X86_64));
    assert_eq!(fault.to_string(), "the universal file has no executable for macos-x86_64");
}

#[test]
fn the_longest_header_fits_what_is_read() {
    let slice = |index: u32| Slice {
        machine: Machine { cpu: index, variant: 0 },
        offset: 0x1000 + u64::from(index),
        len: 1,
        align: 0,
    };
    let slices: Vec<Slice> = (0..universal::MOST).map(slice).collect();
    let head = universal::header(&slices);
    assert_eq!(head.len(), universal::MOST_HEAD);
    assert_eq!(universal::slices(&head, 0x2000), Ok(slices));
}

proptest! {
    #[test]
    fn what_is_found_lies_in_the_file_behind_the_header(
        bytes in prop::collection::vec(any::<u8>(), 0..120),
        count in 0u8..5,
        file_len in any::<u32>(),
    ) {
        let head = [&universal::MAGIC[..], &[0, 0, 0, count], &bytes].concat();
        let file_len = u64::from(file_len);
        if let Ok(slices) = universal::slices(&head, file_len) {
            prop_assert_eq!(slices.len(), usize::from(count));
            let mut places: Vec<_> = slices.iter().map(Slice::place).collect();
            places.sort_by_key(|place| place.start);
            let mut end = (8 + 20 * slices.len()) as u64;
            for place in places {
                prop_assert!(end <= place.start && place.start < place.end && place.end <= file_len);
                end = place.end;
            }
            for cpu in [Cpu::X86_64, Cpu::Arm64] {
                if let Ok(own) = universal::slice(&head, file_len, cpu) {
                    prop_assert!(slices.iter().any(|slice| slice.place() == own));
                }
            }
        }
    }

    #[test]
    fn what_is_written_is_read(
        lens in prop::collection::vec(1u64..0x10_0000, 1..6),
        align in 0u32..16,
    ) {
        let mut at = universal::MOST_HEAD as u64;
        let slices: Vec<Slice> = (0u32..).zip(&lens).map(|(cpu, len)| {
            let offset = at.next_multiple_of(1 << align);
            at = offset + len;
            Slice { machine: Machine { cpu, variant: cpu }, offset, len: *len, align }
        }).collect();
        prop_assert_eq!(universal::slices(&universal::header(&slices), at), Ok(slices.clone()));
        prop_assert!(universal::slices(&universal::header(&slices), at - 1).is_err());
    }
}
