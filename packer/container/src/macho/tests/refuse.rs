//! Stubs that are refused, each with its reason and place.

use proptest::prelude::*;

use super::{
    super::{layout::Layout, plan::Plan},
    stub::{LC_BUILD_VERSION, LC_DYSYMTAB, LC_MAIN, LC_SEGMENT_64, LC_SYMTAB, LC_UUID},
    *,
};

#[track_caller]
fn assert_refused(stub: &[u8], part: &str) {
    let error = embed(stub, Target::MacosArm64, PAYLOAD, "app").unwrap_err();
    assert_eq!(error.kind, Kind::Stub);
    assert!(error.to_string().contains(part), "{part:?} is not in: {error}");
}

/// A stub with `value` written at `at`.
fn with(value: u64, len: usize, at: impl Fn(&[u8]) -> usize) -> Vec<u8> {
    let mut stub = arm64().build();
    let at = at(&stub);
    stub[at..at + len].copy_from_slice(&value.to_le_bytes()[..len]);
    stub
}

#[test]
fn a_universal_file_is_told() {
    for magic in [[0xca, 0xfe, 0xba, 0xbe], [0xca, 0xfe, 0xba, 0xbf]] {
        assert_refused(
            &magic,
            "stub at 0x0: a universal file, with executables for several CPUs; take the one for",
        );
    }
}

#[test]
fn another_machine_or_kind_is_told() {
    assert_refused(&bare(X86_64).build(), "at 0x4: CPU 0x100000c expected for macos-arm64, 0x1000007 found");
    assert_refused(&with(2, 4, |_| 8), "at 0x8: CPU variant 0 expected, 2 found");
    assert_refused(&with(6, 4, |_| 12), "at 0xc: Mach-O type 6 is not an executable's");
    assert_refused(&with(0x85, 4, |_| 24), "at 0x18: not a position-independent");
    assert_refused(&with(0xfeed_face, 4, |_| 0), "at 0x0: not a 64-bit little-endian Mach-O file");
    let error = embed(&arm64().build(), Target::LinuxArm64, PAYLOAD, "app").unwrap_err();
    assert!(error.to_string().contains("cannot be a launcher for linux-arm64"), "{error}");
}

#[test]
fn a_stub_without_room_for_load_commands_is_told_how_to_get_some() {
    for (signed, needed) in [(true, 152), (false, 168)] {
        let stub = |room| Stub { signed, room, ..arm64() }.build();
        packed(&stub(needed), Target::MacosArm64, PAYLOAD);
        let part = format!("{needed} bytes are needed between its load commands and its first section, ");
        assert_refused(&stub(needed - 1), &format!("{part}{} are there; link", needed - 1));
        assert_refused(&stub(0), "0 are there; link the launcher with -Wl,-headerpad,0x400");
    }
    let used = |stub: &[u8]| 32 + u32_at(stub, 20) as usize + 100;
    assert_refused(&with(1, 1, used), "a byte is in use between its load commands and its first section");
}

#[test]
fn a_command_that_may_hold_an_offset_is_never_passed_through() {
    for number in [0x3a, 0x5, 0x8000_0035, 0x1000] {
        let stub = Stub { extra: vec![(number, vec![0; 16])], ..arm64() }.build();
        let part = format!("at {:#x}: load command {number:#x} is unknown", command(&stub, number, 0));
        assert_refused(&stub, &part);
    }
    let short = Stub { extra: vec![(0x29, vec![])], ..arm64() }.build();
    assert_refused(&short, "load command 0x29 is too short: 8 bytes");
}

#[test]
fn commands_that_macos_demands_are_missed() {
    for (number, name) in [(LC_UUID, "LC_UUID"), (LC_BUILD_VERSION, "LC_BUILD_VERSION"), (LC_MAIN, "LC_MAIN")]
    {
        let stub = Stub { without: number, ..arm64() }.build();
        assert_refused(&stub, &format!("it has 0 commands {name}, 1 expected"));
    }
}

#[test]
fn a_missing_or_wrong_slot_is_told() {
    let data = |data: Vec<(&'static str, Vec<u8>, u32)>| Stub { data, ..arm64() }.build();
    let slot = || Locator::BARE.to_vec();
    assert_refused(&data(vec![("__data", slot(), 0)]), "no section __DATA,__wasmpack");
    assert_refused(&data(vec![("__wasmpack", vec![0; 31], 0)]), "has 31 bytes, 32 expected");
    assert_refused(&data(vec![("__wasmpack", vec![0; 32], 0)]), "is not a locator of this version");
    let twice = data(vec![("__wasmpack", slot(), 0), ("__wasmpack", slot(), 0)]);
    assert_refused(&twice, "two sections __DATA,__wasmpack");
    let offset = |stub: &[u8]| command(stub, LC_SEGMENT_64, 2) + 72 + 80 + 48;
    assert_refused(&with(0x10, 4, offset), "at 0x10: section __DATA,__wasmpack lies outside its segment");
}

#[test]
fn a_packed_executable_is_no_stub() {
    let file = packed(&arm64().build(), Target::MacosArm64, PAYLOAD);
    assert_refused(&file, "already a packed executable, not a stub");
}

#[test]
fn segments_that_macos_or_codesign_refuse_are_told() {
    let field =
        |segment: usize, field: usize| move |stub: &[u8]| command(stub, LC_SEGMENT_64, segment) + field;
    assert_refused(&with(0x2000, 8, field(2, 40)), "segment __DATA starts at 0x2000, but 0x4000 is expected");
    assert_refused(&with(1 << 60, 8, field(2, 48)), "segment __DATA reaches beyond the file");
    assert_refused(&with(0x1_0000_0001, 8, field(3, 24)), "overlaps the one before");
    assert_refused(&with(0x1_0000_9001, 8, field(3, 24)), "does not start at a page boundary");
    assert_refused(&with(1, 8, field(2, 32)), "is smaller in memory than in the file");
    assert_refused(&with(u64::from(b'M'), 1, field(3, 10)), "its last segment is not __LINKEDIT");
    assert_refused(&with(u64::from(b'Y'), 1, field(1, 10)), "its first segment in the file is not __TEXT");
    assert_refused(&with(99, 4, field(1, 64)), "99 sections do not fill their command");
    assert_refused(&with(1, 1, |_| 0x3fff), "segment __DATA has bytes before it that belong to no segment");
    let mut stub = arm64().build();
    stub.push(0);
    assert_refused(&stub, "its last segment ends here, but the file at");
}

#[test]
fn tables_that_cannot_be_shifted_are_told() {
    assert_refused(
        &with(0x100, 4, |stub| command(stub, LC_SYMTAB, 0) + 8),
        "offset 0x100 does not point into",
    );
    assert_refused(
        &with(1 << 30, 4, |stub| command(stub, LC_DYSYMTAB, 0) + 56),
        "offset 0x40000000 does not",
    );
    let signature = |stub: &[u8]| command(stub, 0x1d, 0) + 12;
    assert_refused(&with(20, 4, signature), "its signature is not the last thing in the file");
}

#[test]
fn commands_that_do_not_fill_their_area_are_told() {
    assert_refused(&with(1 << 20, 4, |_| 20), "at 0x14: its load commands reach beyond the file");
    assert_refused(&with(100, 4, |_| 16), "100 load commands expected, but there is room for");
    assert_refused(&with(3, 4, |_| 16), "at 0x14: its load commands end at");
    assert_refused(&with(12, 4, |_| 36), "at 0x24: load command 0x19 has an invalid length, 12");
}

#[test]
fn a_stub_cut_anywhere_is_refused() {
    let whole = arm64().build();
    for len in (0..2048).chain((2048..whole.len()).step_by(61)) {
        let error = embed(&whole[..len], Target::MacosArm64, PAYLOAD, "app").unwrap_err();
        assert_eq!(error.kind, Kind::Stub, "{len} bytes: {error}");
    }
}

#[test]
fn two_gib_is_too_large_before_anything_is_copied() {
    for (target, cpu) in BOTH {
        let layout = Layout::read(&bare(cpu).build(), target).unwrap();
        let plan = |len: u64| Plan::new(&layout, len, "app");
        // The longest payload, to the byte: whole pages, less what else is in the file.
        let most = (1..1 << 18).rev().map(|pages| pages * ALIGNMENT).find(|len| plan(*len).is_ok()).unwrap();
        assert!(
            plan(most).unwrap().end() < MAX_LEN && plan(most).unwrap().end() + ALIGNMENT + 128 >= MAX_LEN
        );
        for len in [most + 1, MAX_LEN, u64::MAX / 2] {
            let error = plan(len).unwrap_err();
            assert_eq!(error.kind, Kind::TooLarge);
            assert!(error.to_string().contains("the limit is 2147483647"), "{error}");
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        for (target, cpu) in BOTH {
            prop_assert!(embed(&bytes, target, b"payload", "app").is_err());
            let mut file: Vec<u8> =
                [0xfeed_facf, cpu.0, cpu.1, 2].iter().flat_map(|field: &u32| field.to_le_bytes()).collect();
            file.extend_from_slice(&bytes);
            prop_assert!(embed(&file, target, b"payload", "app").is_err());
            prop_assert!(verify(&file, &file, target, b"payload", "app").is_err());
        }
    }

    #[test]
    fn a_stub_with_changed_commands_never_panics(
        changes in prop::collection::vec((0usize..1400, any::<u8>()), 1..6)
    ) {
        for (target, cpu) in BOTH {
            let mut stub = bare(cpu).build();
            changes.iter().for_each(|(at, value)| stub[*at] = *value);
            // Changes outside the fields that matter are fine: then the result must read back or be refused.
            if let Ok(file) = embed(&stub, target, PAYLOAD, "app") {
                let _ = verify(&file, &stub, target, PAYLOAD, "app");
            }
        }
    }
}
