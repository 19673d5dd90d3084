//! Packing changes some bytes of a launcher, and leaves all others.

use proptest::prelude::*;

use super::{
    stub::{LC_CODE_SIGNATURE, LC_DYLD_INFO_ONLY, LC_DYSYMTAB, LC_FUNCTION_STARTS, LC_SEGMENT_64, LC_SYMTAB},
    *,
};

#[test]
fn payload_is_a_segment_before_linkedit() {
    for (target, cpu) in BOTH {
        let stub = bare(cpu).build();
        let file = packed(&stub, target, PAYLOAD);
        let (ours, linkedit) = (command(&file, LC_SEGMENT_64, 3), command(&file, LC_SEGMENT_64, 4));
        let old = command(&stub, LC_SEGMENT_64, 3);
        assert_eq!(file[ours + 8..ours + 24], *b"__WASMPACK\0\0\0\0\0\0");
        assert_eq!(file[linkedit + 8..linkedit + 24], *b"__LINKEDIT\0\0\0\0\0\0");
        assert_eq!(u64_at(&file, ours + 24), u64_at(&stub, old + 24), "it has __LINKEDIT's old address");
        assert_eq!(u64_at(&file, ours + 40), u64_at(&stub, old + 40), "and its old offset");
        assert_eq!(u64_at(&file, linkedit + 24), u64_at(&file, ours + 24) + u64_at(&file, ours + 32));
        assert_eq!(u64_at(&file, linkedit + 40), u64_at(&file, ours + 40) + u64_at(&file, ours + 48));
        assert_eq!(u64_at(&file, linkedit + 32), 0x4000, "a whole page, unlike its length in the file");
        assert_eq!(u64_at(&file, linkedit + 40) + u64_at(&file, linkedit + 48), file.len() as u64);
        let found = locator(&file, slot(&file, target).unwrap()).unwrap().unwrap();
        let start = found.offset as usize;
        assert_eq!((start % 0x4000, &file[start..start + found.len as usize]), (0, PAYLOAD));
        assert_eq!(locator(&stub, slot(&stub, target).unwrap()), Ok(None));
    }
}

#[test]
fn offsets_into_linkedit_move_with_it_and_zero_stays_zero() {
    let stub = arm64().build();
    let file = packed(&stub, Target::MacosArm64, PAYLOAD);
    let fields: [(u32, &[usize]); 4] = [
        (LC_DYLD_INFO_ONLY, &[8, 16, 24, 32, 40]),
        (LC_FUNCTION_STARTS, &[8]),
        (LC_SYMTAB, &[8, 16]),
        (LC_DYSYMTAB, &[56]),
    ];
    for (number, fields) in fields {
        let (new, old) = (command(&file, number, 0), command(&stub, number, 0));
        for field in fields {
            assert_eq!(
                u32_at(&file, new + field),
                u32_at(&stub, old + field) + 0x4000,
                "{number:#x} {field}"
            );
        }
    }
    let dysymtab = command(&file, LC_DYSYMTAB, 0);
    assert!([32, 40, 48, 64, 72].iter().all(|field| u32_at(&file, dysymtab + field) == 0));
}

#[test]
fn the_whole_family_of_linkedit_data_moves() {
    let linkedit = u64_at(&arm64().build(), command(&arm64().build(), LC_SEGMENT_64, 3) + 40) as u32;
    let body = |fields: [u32; 2]| fields.iter().flat_map(|field| field.to_le_bytes()).collect::<Vec<u8>>();
    for number in [0x1e, 0x29, 0x2b, 0x2e, 0x36, 0x37, 0x38, 0x8000_0033, 0x8000_0034, 0x16] {
        // The length of two is also two hints: as long as eight bytes of the first table.
        let stub = Stub { extra: vec![(number, body([linkedit, 2]))], ..arm64() }.build();
        let file = packed(&stub, Target::MacosArm64, PAYLOAD);
        assert_eq!(u32_at(&file, command(&file, number, 0) + 8), linkedit + 0x4000, "{number:#x}");
        let stub = Stub { extra: vec![(number, body([16, 2]))], ..arm64() }.build();
        let error = embed(&stub, Target::MacosArm64, PAYLOAD, "app").unwrap_err();
        assert!(error.to_string().contains("offset 0x10 does not point into __LINKEDIT"), "{error}");
    }
}

#[test]
fn notes_and_encrypted_ranges_move_only_when_they_lie_in_linkedit() {
    let linkedit = u64_at(&arm64().build(), command(&arm64().build(), LC_SEGMENT_64, 3) + 40);
    for (offset, expected) in [(linkedit + 8, linkedit + 8 + 0x4000), (0x4000, 0x4000), (0, 0)] {
        let mut note = b"an owner's name.".to_vec();
        note.extend_from_slice(&offset.to_le_bytes());
        note.extend_from_slice(&4u64.to_le_bytes());
        let mut range = (offset as u32).to_le_bytes().to_vec();
        range.extend_from_slice(&[4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let stub = Stub { extra: vec![(0x31, note), (0x2c, range)], ..arm64() }.build();
        let file = packed(&stub, Target::MacosArm64, PAYLOAD);
        assert_eq!(u64_at(&file, command(&file, 0x31, 0) + 24), expected);
        assert_eq!(u64::from(u32_at(&file, command(&file, 0x2c, 0) + 8)), expected);
    }
}

#[test]
fn a_signature_is_replaced_where_there_is_one_and_added_where_there_is_none() {
    for (target, cpu) in BOTH {
        for signed in [false, true] {
            let stub = Stub { signed, ..bare(cpu) }.build();
            let file = packed(&stub, target, PAYLOAD);
            let added = if signed { 1 } else { 2 };
            assert_eq!(u32_at(&file, 16), u32_at(&stub, 16) + added);
            let at = command(&file, LC_CODE_SIGNATURE, 0);
            let end = u32_at(&file, at + 8) + u32_at(&file, at + 12);
            assert_eq!(end as usize, file.len());
            assert!(!file.windows(11).any(|window| window == b"a signature"), "the old one is gone");
        }
    }
}

#[test]
fn on_intel_a_linkedit_at_4_kib_leaves_the_payload_at_16() {
    // Two pages of 4 KiB come before __LINKEDIT.
    let stub = bare(X86_64).build();
    assert_eq!(u64_at(&stub, command(&stub, LC_SEGMENT_64, 3) + 40), 0x2000);
    let file = packed(&stub, Target::MacosX86_64, PAYLOAD);
    let ours = command(&file, LC_SEGMENT_64, 3);
    assert_eq!((u64_at(&file, ours + 40), u64_at(&file, ours + 48)), (0x2000, 0x6000));
    assert_eq!(u32_at(&file, ours + 72 + 48), 0x4000);
}

#[test]
fn an_identifier_ends_at_its_first_nul() {
    let stub = arm64().build();
    let file = embed(&stub, Target::MacosArm64, PAYLOAD, "app\0lication").unwrap();
    assert_eq!(file, packed(&stub, Target::MacosArm64, PAYLOAD));
    assert_eq!(verify(&file, &stub, Target::MacosArm64, PAYLOAD, "app\0"), Ok(()));
}

#[test]
fn no_payload_does_not_read_back() {
    for (target, cpu) in BOTH {
        let stub = bare(cpu).build();
        let file = embed(&stub, target, b"", "app").unwrap();
        assert_eq!(verify(&file, &stub, target, b"", "app").unwrap_err().kind, Kind::Verify);
    }
}

proptest! {
    #[test]
    fn any_payload_and_name_give_a_valid_file(
        len in 1usize..70_000,
        seed in any::<u8>(),
        name in "\\PC{0,40}",
        signed in any::<bool>(),
        room in 168usize..400,
    ) {
        let payload: Vec<u8> = (0..len).map(|at| (at as u8).wrapping_mul(seed)).collect();
        for (target, cpu) in BOTH {
            let stub = Stub { signed, room, ..bare(cpu) }.build();
            let file = embed(&stub, target, &payload, &name).unwrap();
            prop_assert_eq!(verify(&file, &stub, target, &payload, &name), Ok(()));
        }
    }
}
