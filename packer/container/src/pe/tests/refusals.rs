//! Launchers that are not taken, each with the offset of what is wrong.

use super::*;

#[track_caller]
fn assert_refused(stub: &[u8], part: &str) {
    let error = embed(stub, WINDOWS, b"payload", &options()).unwrap_err();
    assert_eq!(error.kind, Kind::Stub, "{error}");
    assert!(error.to_string().contains(part), "{part:?} is not in: {error}");
}

/// The bare launcher with `bytes` over those at `at`.
fn with(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut stub = bare();
    pe_stub::put(&mut stub, at, bytes);
    stub
}

#[test]
fn a_packed_executable_is_no_stub() {
    assert_refused(&packed(&bare(), &options()), "stub at 0x600: already a packed executable");
}

#[test]
fn a_missing_or_wrong_slot_is_told_with_its_offset() {
    let slot: &[u8] = &Locator::BARE;
    assert_refused(&pe_stub::pe(&[(".text", b"x")]), "stub at 0x148: it has no section .wasmpck");
    assert_refused(&pe_stub::stub(&slot[..31]), "stub at 0x600: section .wasmpck has 31 bytes, 32 expected");
    assert_refused(&pe_stub::stub(&[0; 32]), "is not a locator of this version");
    let twice = pe_stub::pe(&[(pe_stub::SECTION, slot), (pe_stub::SECTION, slot)]);
    assert_refused(&twice, "two sections .wasmpck");
}

#[test]
fn other_machines_and_kinds_of_file_are_told() {
    assert_refused(&with(pe_stub::COFF, &0xaa64u16.to_le_bytes()), "machine 0x8664 expected, 0xaa64 found");
    assert_refused(&with(pe_stub::COFF + 18, &0x2022u16.to_le_bytes()), "a library or an object");
    assert_refused(&with(pe_stub::OPTIONAL, &0x10bu16.to_le_bytes()), "kind 0x10b");
    assert_refused(&with(0, b"ZM"), "not a PE file");
    assert_refused(&with(pe_stub::COFF - 4, b"NE"), "stub at 0x40: no PE header");
    assert_refused(&with(0x3c, &u32::MAX.to_le_bytes()), "stub at 0xffffffff: no PE header");
    let error = embed(&bare(), Target::LinuxArm64, b"", &options()).unwrap_err();
    assert!(error.to_string().contains("linux-arm64"), "{error}");
}

#[test]
fn a_stub_cut_anywhere_is_refused() {
    let whole = bare();
    // The last section is padded; all of it must be there.
    for len in 0..whole.len() {
        let error = embed(&whole[..len], WINDOWS, b"payload", &options()).unwrap_err();
        assert_eq!(error.kind, Kind::Stub, "{len} bytes");
    }
}

#[test]
fn what_stands_behind_the_sections_is_refused() {
    let mut stub = bare();
    stub.extend_from_slice(b"overlay");
    assert_refused(&stub, "stub at 0x800: 7 bytes follow its last section");
    assert_refused(&with(pe_stub::COFF + 8, &[0, 8, 0, 0]), "a table of symbols");
    let place = [0x810u32.to_le_bytes(), 16u32.to_le_bytes()].concat();
    assert_refused(&with(pe_stub::OPTIONAL + 112 + 32, &place), "are not at its end");
}

#[test]
fn headers_without_room_for_two_sections_are_refused() {
    let bound_imports = with(pe_stub::TABLE + 80 + 79, &[1]);
    assert_refused(&bound_imports, "stub at 0x1c0: its headers have no room");
    let slot: &[u8] = &Locator::BARE;
    let many: Vec<(&str, &[u8])> = (0..15).map(|_| (".x", slot)).chain([(pe_stub::SECTION, slot)]).collect();
    assert_refused(&pe_stub::pe(&many), "its headers have no room");
    assert!(embed(&pe_stub::pe(&many[1..]), WINDOWS, b"payload", &options()).is_ok());
}

#[test]
fn sections_that_overlap_or_leave_gaps_are_refused() {
    let (text, slot) = (pe_stub::TABLE, pe_stub::TABLE + 40);
    assert_refused(&with(slot + 12, &0x1000u32.to_le_bytes()), "stub at 0x170: section 1 at address 0x1000");
    assert_refused(&with(slot + 12, &0x2001u32.to_le_bytes()), "is misplaced");
    assert_refused(&with(text + 8, &u32::MAX.to_le_bytes()), "section 1 at address 0x2000 is misplaced");
    assert_refused(&with(slot + 8, &u32::MAX.to_le_bytes()), "its sections leave no room in memory");
    assert_refused(&with(slot + 20, &0x601u32.to_le_bytes()), "is not aligned");
    assert_refused(&with(slot + 20, &0x800u32.to_le_bytes()), "leaves a gap, overlaps or lies outside");
    assert_refused(&with(pe_stub::OPTIONAL + 36, &0u32.to_le_bytes()), "file alignment 0");
    assert_refused(&with(pe_stub::OPTIONAL + 32, &64u32.to_le_bytes()), "section alignment 64");
}

#[test]
fn an_image_of_two_gib_is_too_large() {
    let error = embed(&with(pe_stub::TABLE + 48, &0x7fff_0000u32.to_le_bytes()), WINDOWS, b"", &options());
    assert_eq!(error.unwrap_err().kind, Kind::TooLarge);
}

#[test]
fn two_gib_are_refused_before_any_work_is_done() {
    // Zeros that nobody reads take no memory.
    let payload = vec![0; 1 << 31];
    assert_eq!(embed(&bare(), WINDOWS, &payload, &options()).unwrap_err().kind, Kind::TooLarge);
}

#[test]
fn a_launcher_with_resources_keeps_them_and_takes_no_others() {
    let own = with(pe_stub::OPTIONAL + 112 + 16, &[0, 0x10, 0, 0, 7, 0, 0, 0]);
    let file = packed(&own, &options());
    assert_eq!(file[pe_stub::COFF + 2], 3);
    assert_eq!(file[pe_stub::OPTIONAL + 112 + 16..][..8], [0, 0x10, 0, 0, 7, 0, 0, 0]);
    let error = embed(&own, WINDOWS, b"", &PeOptions { icon: Some(ico(&[50])), ..options() }).unwrap_err();
    assert!(error.to_string().contains("has resources of its own"), "{error}");
}
