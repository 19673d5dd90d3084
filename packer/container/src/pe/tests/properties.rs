//! Nothing that comes in may make the packer panic, and whatever goes out has a sound structure.

use pelite::pe64::{Pe, PeFile};
use proptest::prelude::*;

use super::*;

#[test]
fn a_section_whose_name_leads_nowhere_is_the_stubs_mistake() {
    let mut stub = bare();
    // A name that begins with a slash is a number: where the name stands.
    stub[328] = b'/';
    let error = embed(&stub, WINDOWS, b"payload", &options()).unwrap_err();
    assert_eq!(error.kind, Kind::Stub, "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_payload_gives_a_sound_file(
        payload in prop::collection::vec(any::<u8>(), 1..80_000),
        text in "[^\\p{Cc}]{0,40}",
        icon in prop::collection::vec(4usize..5000, 0..5),
        gui in any::<bool>(),
    ) {
        let options = PeOptions {
            app: text.clone(),
            gui,
            icon: (!icon.is_empty()).then(|| ico(&icon)),
            version_info: vec![("Comments".to_owned(), text)],
            manifest: None,
        };
        let file = embed(&bare(), WINDOWS, &payload, &options).unwrap();
        let pe = PeFile::from_bytes(&file).unwrap();
        pe.resources().unwrap().fsck().unwrap();
        prop_assert_eq!(pe.headers().check_sum(), pe.optional_header().CheckSum);
        let section = pe.section_headers().by_name(".wpk").unwrap();
        let bytes = pe.get_section_bytes(section).unwrap();
        prop_assert!(bytes[..section.VirtualSize as usize].ends_with(&payload));
        let last = pe.section_headers().iter().last().unwrap();
        prop_assert_eq!((last.PointerToRawData + last.SizeOfRawData) as usize, file.len());
    }

}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        prop_assert!(embed(&bytes, WINDOWS, b"payload", &options()).is_err());
        let mut pe = bare()[..pe_stub::OPTIONAL].to_vec();
        pe.extend_from_slice(&bytes);
        let _ = embed(&pe, WINDOWS, b"payload", &options());
    }

    #[test]
    fn a_stub_with_changed_bytes_never_panics_and_never_blames_the_packer(
        changes in prop::collection::vec((0usize..0x400, any::<u8>()), 1..6)
    ) {
        let mut stub = bare();
        changes.into_iter().for_each(|(at, value)| stub[at] = value);
        if let Err(error) = embed(&stub, WINDOWS, b"payload", &options()) {
            prop_assert!(matches!(error.kind, Kind::Stub | Kind::TooLarge), "{error}");
        }
    }

    #[test]
    fn an_icon_of_arbitrary_bytes_never_panics(
        count in 0u8..4, bytes in prop::collection::vec(any::<u8>(), 0..200)
    ) {
        let icon = [&[0, 0, 1, 0, count, 0], &bytes[..]].concat();
        let _ = embed(&bare(), WINDOWS, b"payload", &PeOptions { icon: Some(icon), ..options() });
    }
}
