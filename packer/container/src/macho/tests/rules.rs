//! What reading back finds: any changed byte, and each rule by itself, behind a signature that is right again.

use proptest::prelude::*;

use super::{
    super::sign,
    stub::{LC_BUILD_VERSION, LC_CODE_SIGNATURE, LC_DYSYMTAB, LC_MAIN, LC_SEGMENT_64, LC_SYMTAB, LC_UUID},
    *,
};

const ARM: Target = Target::MacosArm64;

/// Where the signature of `file` starts.
fn signature_at(file: &[u8]) -> usize {
    u32_at(file, command(file, LC_CODE_SIGNATURE, 0) + 8) as usize
}

/// Signs `file` again, so that only the change itself can be found.
fn sign_again(file: &mut Vec<u8>, start: usize) {
    // execSegLimit: the old one will do, since no change below is to the size of __TEXT.
    let text = u64::from_be_bytes(*file[start + 92..].first_chunk().unwrap());
    file.truncate(start);
    let signature = sign::signature(file, 0..text, "app");
    file.extend_from_slice(&signature);
}

#[test]
fn any_changed_byte_is_found() {
    for (target, cpu) in BOTH {
        let stub = bare(cpu).build();
        let mut file = packed(&stub, target, &[7; 20_000]);
        let signature = signature_at(&file);
        // Every byte of the commands and the signature, and some of every page.
        let places = (0..1500).chain((1500..signature).step_by(251)).chain(signature - 64..file.len());
        for at in places {
            for change in [1, 0x80] {
                file[at] ^= change;
                let found = verify(&file, &stub, target, &[7; 20_000], "app");
                assert_eq!(found.map_err(|error| error.kind), Err(Kind::Verify), "{at:#x}");
                file[at] ^= change;
            }
        }
    }
}

#[test]
fn each_rule_is_kept_behind_a_right_signature() {
    let segment = |n: usize, field: usize| move |file: &[u8]| command(file, LC_SEGMENT_64, n) + field;
    let field = |number: u32, field: usize| move |file: &[u8]| command(file, number, 0) + field;
    type Place = Box<dyn Fn(&[u8]) -> usize>;
    let changes: Vec<(Place, u8, &str)> = vec![
        (Box::new(|_| 26), 0x20, "not linked dynamically"),
        (Box::new(|_| 16), 1, "command"),
        (Box::new(segment(0, 8)), 1, "segments are not __PAGEZERO"),
        (Box::new(segment(3, 10)), 1, "segments are not __PAGEZERO"),
        (Box::new(segment(3, 40)), 1, "does not follow"),
        (Box::new(segment(3, 25)), 0x80, "does not follow"),
        (Box::new(segment(3, 56)), 3, "protection"),
        (Box::new(segment(3, 60)), 3, "protection"),
        (Box::new(segment(3, 68)), 0x10, "has flags"),
        (Box::new(segment(4, 33)), 0xc0, "not a whole number of pages"),
        (Box::new(segment(4, 26)), 1, "not where the payload's segment ends"),
        (Box::new(segment(3, 72 + 4)), 1, "does not name the payload's section"),
        (Box::new(segment(3, 72 + 40)), 1, "does not name the payload's section"),
        (Box::new(segment(2, 72 + 80 + 48)), 1, "a section lies outside"),
        (Box::new(field(LC_UUID, 0)), 0x10, "0 valid LC_UUID"),
        (Box::new(field(LC_BUILD_VERSION, 8)), 3, "0 valid LC_BUILD_VERSION"),
        (Box::new(field(LC_MAIN, 10)), 3, "entry point is not in __TEXT"),
        (Box::new(field(LC_SYMTAB, 8)), 0x10, "names a table that is not the stub's"),
        (Box::new(field(LC_SYMTAB, 12)), 1, "a table"),
        (Box::new(field(LC_DYSYMTAB, 56)), 4, "names a table that is not the stub's"),
        (Box::new(field(LC_DYSYMTAB, 12)), 1, "its fields"),
        (Box::new(|file| slot(file, ARM).unwrap() + 24), 1, "does not name the payload's section"),
        (Box::new(|_| 0x8000), 1, "its payload differs"),
        (Box::new(|_| 0x8000 + PAYLOAD.len()), 1, "neither payload nor zero"),
        (Box::new(|_| 0x3fff), 1, "bytes before it lie in no segment"),
        (Box::new(|_| 0x4000), 1, "bytes of the stub other than its locator"),
        (Box::new(|file| 32 + u32_at(file, 20) as usize), 1, "bytes of the stub other than its locator"),
        (Box::new(|_| 0xc000), 9, "names a table that is not the stub's"),
    ];
    let stub = arm64().build();
    let packed = packed(&stub, ARM, PAYLOAD);
    let start = signature_at(&packed);
    for (index, (at, change, part)) in changes.into_iter().enumerate() {
        let mut file = packed.clone();
        let at = at(&file);
        file[at] ^= change;
        sign_again(&mut file, start);
        let error = verify(&file, &stub, ARM, PAYLOAD, "app").unwrap_err();
        assert_eq!(error.kind, Kind::Verify);
        assert!(error.to_string().contains(part), "change {index} at {at:#x}: {part:?} is not in: {error}");
    }
}

#[test]
fn a_last_page_hashed_with_padding_is_found() {
    let stub = arm64().build();
    let mut file = packed(&stub, ARM, PAYLOAD);
    let start = signature_at(&file);
    assert_ne!(start % 4096, 0);
    let mut page = file[start / 4096 * 4096..start].to_vec();
    page.resize(4096, 0);
    let slot = file.len() - 32;
    file[slot..].copy_from_slice(&payload::sha256(&page));
    let error = verify(&file, &stub, ARM, PAYLOAD, "app").unwrap_err();
    assert!(error.to_string().contains("a page does not match its hash"), "{error}");
}

#[test]
fn nothing_may_lie_behind_the_signature() {
    let stub = arm64().build();
    let mut file = packed(&stub, ARM, PAYLOAD);
    file.extend_from_slice(&[0; 15]);
    assert!(verify(&file, &stub, ARM, PAYLOAD, "app").is_err());
    // Not even where all sizes say so.
    let linkedit = command(&file, LC_SEGMENT_64, 4) + 48;
    let signature = command(&file, LC_CODE_SIGNATURE, 0) + 12;
    file[linkedit] += 15;
    file[signature] += 15;
    let error = verify(&file, &stub, ARM, PAYLOAD, "app").unwrap_err();
    assert!(error.to_string().contains("a signature of"), "{error}");
}

#[test]
fn another_name_or_payload_or_stub_is_found() {
    let stub = arm64().build();
    let file = packed(&stub, ARM, PAYLOAD);
    assert!(verify(&file, &stub, ARM, PAYLOAD, "apb").is_err());
    assert!(verify(&file, &stub, ARM, &PAYLOAD[1..], "app").is_err());
    assert!(verify(&file, &stub, Target::MacosX86_64, PAYLOAD, "app").is_err());
    let other = Stub { data: vec![("__wasmpack", Locator::BARE.to_vec(), 0)], ..arm64() }.build();
    assert!(verify(&file, &other, ARM, PAYLOAD, "app").is_err());
}

proptest! {
    #[test]
    fn reading_back_never_panics(changes in prop::collection::vec((0usize..1600, any::<u8>()), 1..6)) {
        for (target, cpu) in BOTH {
            let stub = bare(cpu).build();
            let file = embed(&stub, target, PAYLOAD, "app").unwrap();
            let mut changed = file.clone();
            changes.iter().for_each(|(at, value)| changed[*at] = *value);
            prop_assert_eq!(verify(&changed, &stub, target, PAYLOAD, "app").is_ok(), changed == file);
        }
    }
}
