//! A launcher that launches nothing: the smallest PE file that the packer takes for a stub.
//!
//! Written by hand, so that tests need neither a C compiler nor a real launcher.

/// The section that holds the locator slot.
pub const SECTION: &str = ".wasmpck";
/// `FileAlignment`: sections start at multiples of it, in the file.
pub const FILE_ALIGNMENT: usize = 512;
/// `SectionAlignment`: sections start at multiples of it, in memory.
pub const SECTION_ALIGNMENT: usize = 4096;
/// `SizeOfHeaders`: where the first section starts.
pub const HEADERS: usize = 1024;
/// Where the COFF header lies.
pub const COFF: usize = 68;
/// Where the optional header lies.
pub const OPTIONAL: usize = COFF + 20;
/// Where the section table lies.
pub const TABLE: usize = OPTIONAL + 240;

/// An x86-64 console program with a section for each of `sections`, in order, and no code in it.
pub fn pe(sections: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = vec![0; HEADERS];
    put(&mut file, 0, b"MZ");
    put(&mut file, 0x3c, &(COFF as u32 - 4).to_le_bytes());
    put(&mut file, COFF - 4, b"PE\0\0\x64\x86");
    put(&mut file, COFF + 2, &(sections.len() as u16).to_le_bytes());
    put(&mut file, COFF + 16, &240u16.to_le_bytes());
    // Executable, and knows addresses above 2 GiB.
    put(&mut file, COFF + 18, &0x22u16.to_le_bytes());

    let mut address = SECTION_ALIGNMENT;
    for (number, (name, content)) in sections.iter().enumerate() {
        let raw_size = content.len().next_multiple_of(FILE_ALIGNMENT);
        let header = TABLE + number * 40;
        put(&mut file, header, name.as_bytes());
        for (index, field) in [content.len(), address, raw_size, file.len()].into_iter().enumerate() {
            put(&mut file, header + 8 + 4 * index, &(field as u32).to_le_bytes());
        }
        put(&mut file, header + 36, &0x4000_0040u32.to_le_bytes());
        file.extend_from_slice(content);
        file.resize(file.len().next_multiple_of(FILE_ALIGNMENT), 0);
        address = (address + content.len()).next_multiple_of(SECTION_ALIGNMENT);
    }

    put(&mut file, OPTIONAL, &0x20bu16.to_le_bytes());
    let initialized = file.len() - HEADERS;
    let fields = [
        (8, initialized),
        (32, SECTION_ALIGNMENT),
        (36, FILE_ALIGNMENT),
        (56, address),
        (60, HEADERS),
        (108, 16),
    ];
    for (at, field) in fields {
        put(&mut file, OPTIONAL + at, &(field as u32).to_le_bytes());
    }
    // ImageBase, Subsystem 3 for consoles, and DllCharacteristics as a linker sets them today.
    put(&mut file, OPTIONAL + 24, &0x1_4000_0000u64.to_le_bytes());
    put(&mut file, OPTIONAL + 68, &3u16.to_le_bytes());
    put(&mut file, OPTIONAL + 70, &0x160u16.to_le_bytes());
    file
}

/// A stub for windows-x86_64 with the bytes `slot` as its locator.
pub fn stub(slot: &[u8]) -> Vec<u8> {
    pe(&[(".text", b"no code"), (SECTION, slot)])
}

/// Writes `bytes` over those at `at`.
pub fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file[at..at + bytes.len()].copy_from_slice(bytes);
}
