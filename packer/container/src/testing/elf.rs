//! A launcher that launches nothing: the smallest ELF file that the packer takes for a stub.
//!
//! Written by hand, so that tests need neither a C compiler nor a real launcher.

/// `e_machine` of 64-bit x86 (System V ABI).
pub const EM_X86_64: u16 = 62;
/// The section that holds the locator slot.
pub const SECTION: &str = ".wasmpack";

const HEADER_SIZE: usize = 64;
const ENTRY_SIZE: usize = 64;
const SHT_PROGBITS: u32 = 1;
const SHT_STRTAB: u32 = 3;

/// An ELF file of `machine` with a section for each of `sections`, in order, and one for their names.
pub fn elf(machine: u16, sections: &[(&str, &[u8])]) -> Vec<u8> {
    let mut names = vec![0];
    let mut table = vec![0; ENTRY_SIZE];
    let mut body = Vec::new();
    let mut add = |name: &str, kind: u32, content: Option<&[u8]>| {
        let name_at = names.len() as u32;
        names.extend_from_slice(name.as_bytes());
        names.push(0);
        let content = content.map_or_else(|| names.clone(), <[u8]>::to_vec);
        table.extend_from_slice(&name_at.to_le_bytes());
        table.extend_from_slice(&kind.to_le_bytes());
        // Flags, address, offset, size, link and info, alignment, entry size.
        for field in [0, 0, (HEADER_SIZE + body.len()) as u64, content.len() as u64, 0, 1, 0] {
            table.extend_from_slice(&field.to_le_bytes());
        }
        body.extend_from_slice(&content);
    };
    sections.iter().for_each(|(name, content)| add(name, SHT_PROGBITS, Some(content)));
    add(".shstrtab", SHT_STRTAB, None);

    let mut file = Vec::new();
    file.extend_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    for field in [2u16, machine, 1, 0] {
        file.extend_from_slice(&field.to_le_bytes());
    }
    // Entry point, program headers (none), section headers.
    for field in [0u64, 0, (HEADER_SIZE + body.len()) as u64] {
        file.extend_from_slice(&field.to_le_bytes());
    }
    file.extend_from_slice(&0u32.to_le_bytes());
    let count = sections.len() as u16 + 2;
    for field in [HEADER_SIZE as u16, 0, 0, ENTRY_SIZE as u16, count, count - 1] {
        file.extend_from_slice(&field.to_le_bytes());
    }
    file.extend_from_slice(&body);
    file.extend_from_slice(&table);
    file
}

/// A stub for linux-x86_64 with the bytes `slot` as its locator.
pub fn stub(slot: &[u8]) -> Vec<u8> {
    elf(EM_X86_64, &[(".text", b"no code"), (SECTION, slot)])
}
