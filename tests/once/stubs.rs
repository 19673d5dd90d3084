//! The committed launchers are those of their manifest, and as small and self-contained as promised.
//!
//! Whether they are made of the sources beside them is another question: `scripts/check-stubs` answers it, and CI asks.

use std::collections::BTreeMap;
use std::path::PathBuf;

use goblin::elf::Elf;
use goblin::elf::dynamic::{DF_1_NOW, DF_1_PIE, DT_TEXTREL};
use goblin::elf::header::{ET_DYN, ET_EXEC};
use goblin::elf::program_header::{PF_W, PF_X, PT_GNU_RELRO, PT_GNU_STACK, PT_INTERP, PT_LOAD};
use goblin::mach::MachO;
use goblin::mach::load_command::CommandVariant;
use payload::{Locator, Target, locator};

use crate::common::repository;

/// The most that a launcher may weigh, in bytes.
const CEILING: usize = 1_660_000;

/// The launchers that the packer was built with: the committed ones, or where WASMPACK_STUBS_DIR says.
fn folder() -> PathBuf {
    std::env::var_os("WASMPACK_STUBS_DIR").map_or_else(|| repository().join("prebuilt-stubs"), PathBuf::from)
}

/// The entries of the folder's manifest.toml, with each launcher's bytes.
fn stubs() -> Vec<(BTreeMap<String, String>, Vec<u8>)> {
    let folder = folder();
    let manifest: toml::Table =
        std::fs::read_to_string(folder.join("manifest.toml")).unwrap().parse().unwrap();
    let entries = manifest["stub"].as_array().unwrap();
    let read = |entry: &toml::Value| {
        let fields: BTreeMap<String, String> = entry
            .as_table()
            .unwrap()
            .iter()
            .map(|(key, value)| {
                (key.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            })
            .collect();
        let bytes = std::fs::read(folder.join(&fields["target"])).unwrap();
        (fields, bytes)
    };
    entries.iter().map(read).collect()
}

#[test]
fn every_target_has_a_launcher() {
    let mut targets: Vec<Target> =
        stubs().iter().map(|(entry, _)| Target::parse(&entry["target"]).unwrap()).collect();
    targets.sort();
    assert_eq!(targets, Target::ALL);
}

#[test]
fn launchers_are_those_of_the_manifest() {
    for (entry, bytes) in stubs() {
        let digest: String = payload::sha256(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(entry["sha256"], digest, "{}", entry["target"]);
        assert_eq!(entry["size"], bytes.len().to_string(), "{}", entry["target"]);
    }
}

#[test]
fn launchers_are_small_and_carry_an_empty_slot() {
    for (entry, bytes) in stubs() {
        let target = Target::parse(&entry["target"]).unwrap();
        assert!(bytes.len() <= CEILING, "{}: {} bytes", target.name(), bytes.len());
        let slot = match &bytes[..2] {
            b"\x7fE" => elf_slot(&bytes),
            b"MZ" => pe_slot(&bytes),
            _ => macho_slot(&bytes),
        };
        assert_eq!(bytes[slot..][..locator::SIZE], Locator::BARE, "{}", target.name());
    }
}

fn elf_slot(bytes: &[u8]) -> usize {
    let elf = Elf::parse(bytes).unwrap();
    let named = |name: usize| elf.shdr_strtab.get_at(name) == Some(locator::ELF_SECTION);
    elf.section_headers.iter().find(|section| named(section.sh_name)).unwrap().sh_offset as usize
}

fn pe_slot(bytes: &[u8]) -> usize {
    let pe = goblin::pe::PE::parse(bytes).unwrap();
    let section = pe
        .sections
        .iter()
        .find(|section| section.name().is_ok_and(|name| name == locator::PE_SECTION))
        .unwrap();
    section.pointer_to_raw_data as usize
}

fn macho_slot(bytes: &[u8]) -> usize {
    let mach = MachO::parse(bytes, 0).unwrap();
    let mut sections = mach.segments.sections().flatten().map(|section| section.unwrap().0);
    sections.find(|section| section.name().is_ok_and(|name| name == "__wasmpack")).unwrap().offset as usize
}

/// What a Mac demands of any executable, and what the packer needs to insert a segment.
#[test]
fn mac_launchers_link_the_system_alone_and_carry_what_a_mac_demands() {
    const MH_PIE: u32 = 0x20_0000;
    /// Two load commands and a signature's, in bytes.
    const ROOM: u64 = 152 + 16;
    for (entry, bytes) in stubs().iter().filter(|(entry, _)| entry["target"].starts_with("macos-")) {
        let target = &entry["target"];
        let mach = MachO::parse(bytes, 0).unwrap();
        let libraries: Vec<&str> = mach.libs.iter().copied().filter(|name| *name != "self").collect();
        assert_eq!(libraries, ["/usr/lib/libSystem.B.dylib"], "{target}");
        assert_ne!(mach.header.flags & MH_PIE, 0, "{target}: not position-independent");
        let has = |wanted: fn(&CommandVariant) -> bool| {
            mach.load_commands.iter().any(|command| wanted(&command.command))
        };
        assert!(
            has(|command| matches!(command, CommandVariant::BuildVersion(_))),
            "{target}: no LC_BUILD_VERSION"
        );
        assert!(has(|command| matches!(command, CommandVariant::Uuid(_))), "{target}: no LC_UUID");
        assert!(has(|command| matches!(command, CommandVariant::Main(_))), "{target}: no LC_MAIN");
        let first = mach.segments.sections().flatten().map(|section| u64::from(section.unwrap().0.offset));
        let first = first.filter(|offset| *offset > 0).min().unwrap();
        assert!(
            first >= 32 + u64::from(mach.header.sizeofcmds) + ROOM,
            "{target}: no room for load commands"
        );
    }
}

#[test]
fn linux_launchers_are_static_and_fit_the_largest_pages() {
    for (entry, bytes) in stubs().iter().filter(|(entry, _)| entry["target"].starts_with("linux-")) {
        let target = &entry["target"];
        let elf = Elf::parse(bytes).unwrap();
        assert!(elf.program_headers.iter().all(|header| header.p_type != PT_INTERP), "{target}: not static");
        assert!(elf.libraries.is_empty(), "{target}: {:?}", elf.libraries);
        // Arm kernels with pages of 64 KiB refuse segments that are aligned to less.
        let loads = elf.program_headers.iter().filter(|header| header.p_type == PT_LOAD);
        assert!(
            target != "linux-arm64" || loads.into_iter().all(|header| header.p_align >= 0x10000),
            "{target}"
        );
    }
}

/// What docs/security.md says of the launchers, so that no tool or flag loses it.
#[test]
fn linux_launchers_are_hardened() {
    for (entry, bytes) in stubs().iter().filter(|(entry, _)| entry["target"].starts_with("linux-")) {
        let target = &entry["target"];
        let elf = Elf::parse(bytes).unwrap();
        let flags_of = |kind| elf.program_headers.iter().find(|h| h.p_type == kind).map(|h| h.p_flags);
        for header in elf.program_headers.iter().filter(|header| header.p_type == PT_LOAD) {
            assert_ne!(header.p_flags & (PF_W | PF_X), PF_W | PF_X, "{target}: writable code");
        }
        let stack = flags_of(PT_GNU_STACK).unwrap_or_else(|| panic!("{target}: no PT_GNU_STACK"));
        assert_eq!(stack & PF_X, 0, "{target}: a stack that can be executed");
        assert!(flags_of(PT_GNU_RELRO).is_some(), "{target}: no PT_GNU_RELRO");
        if target == "linux-riscv64" {
            // Debian's glibc for riscv64 has no start file for a static program at a random address.
            assert_eq!(elf.header.e_type, ET_EXEC, "{target}: can it be position-independent now?");
            continue;
        }
        assert_eq!(elf.header.e_type, ET_DYN, "{target}: not position-independent");
        let dynamic = elf.dynamic.as_ref().unwrap_or_else(|| panic!("{target}: no dynamic section"));
        let wanted = DF_1_PIE | DF_1_NOW;
        assert_eq!(dynamic.info.flags_1 & wanted, wanted, "{target}: {:#x}", dynamic.info.flags_1);
        assert!(dynamic.dyns.iter().all(|dyn_| dyn_.d_tag != DT_TEXTREL), "{target}: code is relocated");
        // All relocations are packed ones, which is what keeps the launcher small.
        assert_eq!(dynamic.info.relasz, 0, "{target}: {} bytes of relocations", dynamic.info.relasz);
    }
}

#[test]
fn windows_launchers_are_hardened() {
    /// At a random address, of 64 bits; data cannot be executed.
    const WANTED: u16 = 0x40 | 0x20 | 0x100;
    for (entry, bytes) in stubs().iter().filter(|(entry, _)| entry["target"].starts_with("windows-")) {
        let target = &entry["target"];
        let pe = goblin::pe::PE::parse(bytes).unwrap();
        let header = pe.header.optional_header.unwrap();
        let flags = header.windows_fields.dll_characteristics;
        assert_eq!(flags & WANTED, WANTED, "{target}: {flags:#x}");
        // Without relocations Windows leaves it where it is, whatever the flags say.
        let relocations = header.data_directories.get_base_relocation_table();
        assert!(relocations.is_some_and(|table| table.size > 0), "{target}: no relocations");
        for section in &pe.sections {
            const EXECUTE: u32 = 0x2000_0000;
            const WRITE: u32 = 0x8000_0000;
            assert_ne!(
                section.characteristics & (EXECUTE | WRITE),
                EXECUTE | WRITE,
                "{target}: writable code"
            );
        }
    }
}

#[test]
fn mac_launchers_are_hardened() {
    const MH_PIE: u32 = 0x20_0000;
    const MH_ALLOW_STACK_EXECUTION: u32 = 0x2_0000;
    const WRITE_AND_EXECUTE: u32 = 2 | 4;
    for (entry, bytes) in stubs().iter().filter(|(entry, _)| entry["target"].starts_with("macos-")) {
        let target = &entry["target"];
        let mach = MachO::parse(bytes, 0).unwrap();
        assert_eq!(mach.header.flags & (MH_PIE | MH_ALLOW_STACK_EXECUTION), MH_PIE, "{target}");
        for segment in &mach.segments {
            for protection in [segment.initprot, segment.maxprot] {
                assert_ne!(protection & WRITE_AND_EXECUTE, WRITE_AND_EXECUTE, "{target}: writable code");
            }
        }
    }
}

#[test]
fn launchers_name_no_folder_of_the_machine_that_built_them() {
    for (entry, bytes) in stubs() {
        for trace in ["/home/", "/.cargo/", "/Users/"] {
            let found = bytes.windows(trace.len()).position(|window| window == trace.as_bytes());
            assert_eq!(found, None, "{}: {trace}", entry["target"]);
        }
    }
}
