//! The bytes that packing changes, written out.

use super::*;

/// The fields of a packed launcher that Windows reads, as numbers.
fn fields(file: &[u8]) -> String {
    let u16_at = |at: usize| headers::u16_at(file, at).unwrap();
    let u32_at = |at: usize| headers::u32_at(file, at).unwrap();
    let mut text = format!(
        "sections {}\ninitialized {:#x}\nimage {:#x}\nsubsystem {}\nresources {:#x}\ncertificates {:#x}\n",
        u16_at(pe_stub::COFF + 2),
        u32_at(pe_stub::OPTIONAL + 8),
        u32_at(pe_stub::OPTIONAL + 56),
        u16_at(pe_stub::OPTIONAL + 68),
        u32_at(pe_stub::OPTIONAL + 112 + 16),
        u32_at(pe_stub::OPTIONAL + 112 + 32),
    );
    for number in 0..usize::from(u16_at(pe_stub::COFF + 2)) {
        let at = pe_stub::TABLE + 40 * number;
        let name = String::from_utf8_lossy(&file[at..at + 8]).replace('\0', "");
        let [size, address, raw_size, raw] = [8, 12, 16, 20].map(|field| u32_at(at + field));
        text += &format!(
            "{name}: {size:#x} at {address:#x}, {raw_size:#x} at {raw:#x}, {:#x}\n",
            u32_at(at + 36)
        );
    }
    text
}

#[test]
fn every_field_that_windows_reads_is_right() {
    let file = packed(&bare(), &options());
    let expected = "\
        sections 4\n\
        initialized 0x10400\n\
        image 0x14000\n\
        subsystem 3\n\
        resources 0x13000\n\
        certificates 0x0\n\
        .text: 0x7 at 0x1000, 0x200 at 0x400, 0x40000040\n\
        .wasmpck: 0x20 at 0x2000, 0x200 at 0x600, 0x40000040\n\
        .wpk: 0xf80b at 0x3000, 0xfa00 at 0x800, 0x40000040\n\
        .rsrc: 0x5e0 at 0x13000, 0x600 at 0x10200, 0x40000040\n";
    assert_eq!(fields(&file), expected);
    assert_eq!(file[0x10000..0x1000b], *b"the payload");
    assert_eq!(file[0x600..0x620], Locator { offset: 0x10000, len: 11 }.to_bytes());
}

#[test]
fn the_resource_section_is_as_documented() {
    let options = PeOptions { manifest: Some("<m/>\n".to_owned()), ..PeOptions::default() };
    let file = packed(&bare(), &options);
    let section = &file[0x10200..];
    let words: Vec<u32> =
        section[..160].chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
    let table = |entries: &[u32]| [&[0, 0, 0, (entries.len() as u32 / 2) << 16][..], entries].concat();
    let sub = 0x8000_0000;
    let expected = [
        // Kinds: VERSIONINFO (16) and manifest (24); under each a number, a language and a description.
        table(&[16, sub + 32, 24, sub + 80]),
        table(&[1, sub + 56]),
        table(&[0x409, 128]),
        table(&[1, sub + 104]),
        table(&[0x409, 144]),
        vec![0x13000 + 160, 220, 1200, 0],
        vec![0x13000 + 160 + 220, 5, 1200, 0],
    ];
    assert_eq!(words, expected.concat());
    assert_eq!(section[380..385], *b"<m/>\n");
}

#[test]
fn packing_twice_gives_the_same_bytes() {
    let options = PeOptions { icon: Some(ico(&[50, 60])), gui: true, ..options() };
    assert!(packed(&bare(), &options) == packed(&bare(), &options));
}

#[test]
fn a_program_without_a_console_differs_in_its_subsystem_and_checksum_only() {
    let console = packed(&bare(), &options());
    let gui = packed(&bare(), &PeOptions { gui: true, ..options() });
    let changed: Vec<usize> = (0..console.len()).filter(|at| console[*at] != gui[*at]).collect();
    assert_eq!(gui[pe_stub::OPTIONAL + 68], 2);
    assert!(
        changed.iter().all(|at| (pe_stub::OPTIONAL + 64..pe_stub::OPTIONAL + 69).contains(at)),
        "{changed:?}"
    );
}

#[test]
fn a_signed_launcher_packs_to_the_same_bytes_as_before_it_was_signed() {
    let mut signed = bare();
    let flags = pe_stub::OPTIONAL + 70;
    pe_stub::put(&mut signed, flags, &0x1e0u16.to_le_bytes());
    let certificates = [(signed.len() as u32).to_le_bytes(), 24u32.to_le_bytes()].concat();
    pe_stub::put(&mut signed, pe_stub::OPTIONAL + 112 + 32, &certificates);
    pe_stub::put(&mut signed, pe_stub::OPTIONAL + 64, &[1, 2, 3, 4]);
    signed.extend_from_slice(&[7; 24]);
    assert!(packed(&signed, &options()) == packed(&bare(), &options()));
}

#[test]
fn a_change_anywhere_outside_the_resources_is_noticed() {
    let (stub, options) = (bare(), options());
    let file = packed(&stub, &options);
    let (headers, edges) = (0..0x400, [0x5ff, 0x600, 0x800, 0xffff, 0x10000, 0x1000a, 0x1000b, 0x101ff]);
    let (checksum_at, mut missed) = (pe_stub::OPTIONAL + 64, Vec::new());
    for at in headers.chain(edges) {
        let mut changed = file.clone();
        changed[at] ^= 1;
        // A checksum that fits must not hide it.
        let sum = checksum::of(&changed, checksum_at);
        pe_stub::put(&mut changed, checksum_at, &sum.to_le_bytes());
        if changed != file && verify::verify(&changed, &stub, WINDOWS, b"the payload", &options).is_ok() {
            missed.push(at);
        }
    }
    assert!(missed.is_empty(), "{missed:x?}");
}
