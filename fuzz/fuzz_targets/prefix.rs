//! Header, section table and manifest together, as a launcher reads them.
//!
//! The first eight bytes of the input are the length that the locator gives, the rest is the file from the
//! payload on. The magic number, the lengths and the digest are set right, which no fuzzer would guess, so that
//! the checks behind them get to see something.
#![no_main]

use libfuzzer_sys::fuzz_target;
use payload::{Prefix, SectionKind, header};

fuzz_target!(|data: &[u8]| {
    let Some((len, file)) = data.split_first_chunk::<8>() else { return };
    let payload_len = u64::from_le_bytes(*len);
    let _ = Prefix::len(file, payload_len);
    let _ = Prefix::parse(file, payload_len);

    let mut file = file.to_vec();
    if file.len() < header::SIZE {
        return;
    }
    file[..8].copy_from_slice(&header::MAGIC);
    file[8..10].copy_from_slice(&header::VERSION.to_le_bytes());
    let prefix_len = file.len() as u32;
    file[16..20].copy_from_slice(&prefix_len.to_le_bytes());
    file[40..48].copy_from_slice(len);
    file[48..96].fill(0);
    let digest = payload::sha256(&file);
    file[64..96].copy_from_slice(&digest);
    let Ok(prefix) = Prefix::parse(&file, payload_len) else { return };

    // What a reader may rely on.
    let mut floor = (header::SIZE + prefix.sections.len() * 40) as u64;
    for section in &prefix.sections {
        assert!(section.offset >= floor && section.offset % 16 == 0);
        floor = section.offset.checked_add(section.stored_len).expect("the end was checked");
    }
    assert_eq!(floor, payload_len);
    let manifest = prefix.section(SectionKind::Manifest).expect("a payload has a manifest");
    assert_eq!(prefix.manifest.to_bytes(), file[manifest.offset as usize..]);
});
