//! Tests of ELF stubs, good ones, broken ones, and arbitrary bytes.

use payload::{
    Compiler, CpuFeatures, Engine, Header, Locator, Manifest, Target, Writer, locator::ELF_ALIGNMENT,
};
use proptest::prelude::*;

use super::*;
use crate::{
    limit::layout,
    testing::{
        elf::{EM_X86_64, SECTION, elf, stub},
        macho as macho_stub, pe as pe_stub,
    },
};

const X86_64: Target = Target::LinuxX86_64;

/// What Windows shows of a program plays no part here.
fn embed(stub: &[u8], target: Target, payload: &[u8]) -> Result<Vec<u8>, Error> {
    super::embed(stub, target, payload, &pe::PeOptions::default())
}

fn payload_for(target: Target) -> Vec<u8> {
    let header =
        Header { target, engine: Engine::PINNED, compiler: Compiler::Cranelift, cpu: CpuFeatures::NONE };
    Writer::new(header, &Manifest::default()).finish()
}

#[track_caller]
fn assert_refused(stub: &[u8], part: &str) {
    let error = embed(stub, X86_64, &payload_for(X86_64)).unwrap_err();
    assert_eq!(error.kind, Kind::Stub);
    assert!(error.to_string().contains(part), "{part:?} is not in: {error}");
}

#[test]
fn payload_follows_at_the_next_boundary_and_only_the_slot_changes() {
    let (stub, payload) = (stub(&Locator::BARE), payload_for(X86_64));
    let file = embed(&stub, X86_64, &payload).unwrap();
    assert_eq!(file.len() as u64, ELF_ALIGNMENT + payload.len() as u64);
    assert_eq!(file[ELF_ALIGNMENT as usize..], payload);
    let changed: Vec<usize> = (0..stub.len()).filter(|at| stub[*at] != file[*at]).collect();
    let slot = stub.windows(8).position(|window| window == payload::locator::MAGIC).unwrap();
    assert!(changed.iter().all(|at| (slot + 16..slot + 32).contains(at)), "{changed:?}");
}

#[test]
fn a_packed_executable_is_no_stub() {
    let packed = embed(&stub(&Locator::BARE), X86_64, &payload_for(X86_64)).unwrap();
    assert_refused(&packed, "already a packed executable, not a stub");
}

#[test]
fn a_missing_or_wrong_slot_is_told_with_its_offset() {
    assert_refused(&elf(EM_X86_64, &[(".text", b"x")]), "it has no section .wasmpack");
    assert_refused(&stub(&Locator::BARE[..31]), "stub at 0x47: section .wasmpack has 31 bytes, 32 expected");
    assert_refused(&stub(&[0; 32]), "is not a locator of this version");
    let slot: &[u8] = &Locator::BARE;
    assert_refused(&elf(EM_X86_64, &[(SECTION, slot), (SECTION, slot)]), "two sections");
}

#[test]
fn another_machine_is_told() {
    assert_refused(&elf(183, &[(SECTION, &Locator::BARE)]), "stub at 0x12: machine 62 expected");
    let arm = elf(183, &[(SECTION, &Locator::BARE)]);
    let target = Target::LinuxArm64;
    assert!(embed(&arm, target, &payload_for(target)).is_ok());
}

/// A new target fails here until a container knows it.
#[test]
fn every_target_has_a_container_for_its_launcher() {
    let bare: &[u8] = &Locator::BARE;
    let elfs = [EM_X86_64, 183, 243].map(|machine| elf(machine, &[(SECTION, bare)]));
    let machos = [macho_stub::ARM64, macho_stub::X86_64].map(|cpu| macho_stub::stub(cpu, bare).build());
    let stubs = [&elfs[..], &machos, &[pe_stub::stub(bare)]].concat();
    for target in Target::ALL {
        let takes = |stub: &Vec<u8>| embed(stub, target, &payload_for(target)).is_ok();
        assert!(stubs.iter().any(takes), "no container takes a launcher for {}", target.name());
    }
}

#[test]
fn an_elf_file_is_no_launcher_for_windows() {
    let error = embed(&stub(&Locator::BARE), Target::WindowsX86_64, b"").unwrap_err();
    assert!(error.to_string().contains("windows-x86_64"), "{error}");
}

#[test]
fn a_stub_cut_anywhere_is_refused() {
    let whole = stub(&Locator::BARE);
    let payload = payload_for(X86_64);
    for len in 0..whole.len() {
        assert_eq!(embed(&whole[..len], X86_64, &payload).unwrap_err().kind, Kind::Stub, "{len} bytes");
    }
}

#[test]
fn a_payload_that_does_not_read_back_is_never_handed_out() {
    let stub = stub(&Locator::BARE);
    let mut damaged = payload_for(X86_64);
    *damaged.last_mut().unwrap() ^= 1;
    for payload in [&damaged[..], b"", b"short", &payload_for(Target::LinuxArm64)] {
        assert_eq!(embed(&stub, X86_64, payload).unwrap_err().kind, Kind::Verify);
    }
}

#[test]
fn an_executable_changed_outside_its_slot_is_noticed() {
    let (stub, payload) = (stub(&Locator::BARE), payload_for(X86_64));
    let file = embed(&stub, X86_64, &payload).unwrap();
    let slot = stub.windows(8).position(|window| window == payload::locator::MAGIC).unwrap();
    for at in [4096, slot - 1, slot + 32, slot + 20, file.len() - 1] {
        let mut file = file.clone();
        file[at] ^= 1;
        assert_eq!(verify::verify(&file, &stub, X86_64, &payload).unwrap_err().kind, Kind::Verify, "{at:#x}");
    }
}

#[test]
fn other_formats_are_named() {
    let reason = |stub: &[u8]| embed(stub, Target::LinuxX86_64, b"").unwrap_err().to_string();
    assert!(reason(b"MZ\x90\0").contains("a PE file cannot be a launcher for linux-x86_64"));
    assert!(!reason(&[0xcf, 0xfa, 0xed, 0xfe, 0]).is_empty());
    assert!(reason(b"#!/bin/sh").contains("not an executable"));
    assert!(reason(b"").contains("not an executable"));
}

#[test]
fn two_gib_is_too_large() {
    assert_eq!(layout(65537, 65536, 10), Ok(131_072));
    let most = (MAX_LEN - 65536 - 1) as usize;
    assert_eq!(layout(1, 65536, most), Ok(65536));
    assert_eq!(layout(1, 65536, most + 1).unwrap_err().kind, Kind::TooLarge);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        prop_assert!(embed(&bytes, X86_64, b"payload").is_err());
        let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
        elf.extend_from_slice(&bytes);
        prop_assert!(embed(&elf, X86_64, b"payload").is_err());
    }

    #[test]
    fn a_stub_with_changed_bytes_never_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
    ) {
        let mut stub = stub(&Locator::BARE);
        for (at, value) in changes {
            let at = at.index(stub.len());
            stub[at] = value;
        }
        // Changes outside the fields that matter are fine: what is checked is that this returns.
        let _ = embed(&stub, X86_64, &payload_for(X86_64));
    }
}

/// Launchers of three targets with payloads, of which two have the same section.
fn unix_parts() -> Vec<unix::Part> {
    let part = |target: Target, launcher: Vec<u8>, content: u8| {
        let header =
            Header { target, engine: Engine::PINNED, compiler: Compiler::Cranelift, cpu: CpuFeatures::NONE };
        let writer = Writer::new(header, &Manifest::default());
        let payload = writer.raw(payload::SectionKind::Code, vec![content; 200_000]).finish();
        unix::Part { target, launcher, payload }
    };
    let mac = |arch| macho_stub::stub(arch, &Locator::BARE).build();
    vec![
        part(X86_64, stub(&Locator::BARE), 1),
        part(Target::MacosX86_64, mac(macho_stub::X86_64), 1),
        part(Target::MacosArm64, mac(macho_stub::ARM64), 2),
    ]
}

#[test]
fn a_file_for_all_unix_targets_has_what_was_put_into_it_and_what_is_the_same_once() {
    let parts = unix_parts();
    let file = unix::join(&parts).unwrap();
    assert_eq!(unix::join(&parts).unwrap(), file);
    assert!(unix::is(&file) && is_packed(&file) && is_executable(&file) && is_executable(&file[..8]));
    assert!(file.len() < 600_000, "{}", file.len());
    let read = unix::read(&file).unwrap();
    for (read, part) in read.iter().zip(&parts) {
        assert_eq!((read.program.target, &read.payload), (part.target, &part.payload));
        assert_eq!(read.launcher(&file), Ok(part.launcher.clone()));
        let image = read.program.pieces.iter().find(|piece| piece.len == 200_000).unwrap();
        assert!(image.offset.is_multiple_of(0x1_0000));
    }
    assert!(unix::check_script(&file).unwrap().contains("it is the one"));
    assert_eq!(unix::gaps(&file, &read), Ok("3 targets".to_owned()));
    let last = read.last().unwrap();
    let between = last.program.pieces[0].place().end as usize;
    let mut changed = file.clone();
    changed[between] = 1;
    assert!(unix::gaps(&changed, &read).unwrap_err().starts_with(&format!("at {between:#x}")));
    assert_eq!(find(&file).unwrap_err().kind, Kind::Foreign, "it is no one executable");
    // Whatever a script is, it is not one of ours.
    assert!(!is_executable(b"#!/bin/sh\nexit\n") && !is_packed(b"#!/bin/sh\nexit\n"));
    assert!(!is_packed(&file[..file.len() - 1]) && unix::read(&file[..file.len() - 1]).is_err());
}

#[test]
fn launchers_that_are_not_of_the_target_or_carry_something_are_refused() {
    let refused = |change: &dyn Fn(&mut Vec<unix::Part>), part: &str| {
        let mut parts = unix_parts();
        change(&mut parts);
        let error = unix::join(&parts).unwrap_err();
        assert!(error.to_string().contains(part), "{part:?} is not in: {error}");
    };
    refused(
        &|parts| parts[1].target = Target::MacosArm64,
        "a launcher for macos-x86_64, where one for macos-arm64",
    );
    refused(
        &|parts| parts[0].launcher = embed(&parts[0].launcher, X86_64, &parts[0].payload).unwrap(),
        "it already has a payload",
    );
    refused(&|parts| parts[0].launcher = b"text".to_vec(), "not a launcher");
    refused(&|parts| parts[0].payload.truncate(50), "50");
    refused(&|parts| parts.truncate(0), "number of targets");
    refused(&|parts| parts[2] = parts[1].clone(), "target");
    refused(&|parts| parts[2].payload = parts[1].payload.clone(), "names another target");
}
