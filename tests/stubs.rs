//! The committed launchers are what their sources give, and as small and self-contained as promised.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use goblin::elf::Elf;
use goblin::elf::program_header::{PT_INTERP, PT_LOAD};
use payload::{Locator, Target, locator};

/// The most that a launcher may weigh, in bytes.
const CEILING: usize = 1_500_000;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The entries of prebuilt-stubs/manifest.toml, with each launcher's bytes.
fn stubs() -> Vec<(BTreeMap<String, String>, Vec<u8>)> {
    let folder = repository().join("prebuilt-stubs");
    let manifest: toml::Table =
        std::fs::read_to_string(folder.join("manifest.toml")).unwrap().parse().unwrap();
    let entries = manifest["stub"].as_array().unwrap();
    assert!(!entries.is_empty());
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
fn launchers_are_built_from_the_sources_beside_them() {
    for (entry, _) in stubs() {
        let target = &entry["target"];
        let script = repository().join("scripts/build-stubs");
        let output = Command::new("bash").arg(script).args(["--sources", target]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let sources = String::from_utf8(output.stdout).unwrap();
        let advice = format!("{target}: its sources changed; run scripts/build-stubs and commit");
        assert_eq!(entry["sources"], sources.trim(), "{advice}");
    }
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
        let slot = if target == Target::WindowsX86_64 { pe_slot(&bytes) } else { elf_slot(&bytes) };
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

#[test]
fn launchers_name_no_folder_of_the_machine_that_built_them() {
    for (entry, bytes) in stubs() {
        for trace in ["/home/", "/.cargo/", "/Users/"] {
            let found = bytes.windows(trace.len()).position(|window| window == trace.as_bytes());
            assert_eq!(found, None, "{}: {trace}", entry["target"]);
        }
    }
}
