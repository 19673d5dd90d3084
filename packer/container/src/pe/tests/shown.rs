//! What Windows shows of a program, read by pelite, which had no part in writing or verifying it.

use pelite::pe64::{Pe, PeFile};
use pelite::resources::{Name, version_info::Language};

use super::*;

#[track_caller]
fn refusal(kind: Kind, options: PeOptions) -> String {
    let error = embed(&bare(), WINDOWS, b"payload", &options).unwrap_err();
    assert_eq!(error.kind, kind, "{error}");
    error.to_string()
}

fn version_info(pairs: &[(&str, &str)]) -> PeOptions {
    let version_info = pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    PeOptions { version_info, ..options() }
}

#[test]
fn another_reader_finds_a_sound_tree_and_the_same_checksum() {
    let file = packed(&bare(), &PeOptions { icon: Some(ico(&[51, 62, 77, 80])), ..options() });
    let pe = PeFile::from_bytes(&file).unwrap();
    pe.resources().unwrap().fsck().unwrap();
    assert_eq!(pe.headers().check_sum(), pe.optional_header().CheckSum);
}

#[test]
fn the_manifest_is_the_usual_one_or_the_given_one() {
    let file = packed(&bare(), &options());
    let resources = PeFile::from_bytes(&file).unwrap().resources().unwrap();
    let manifest = resources.manifest().unwrap();
    for part in ["asInvoker", "longPathAware", ">UTF-8<", "supportedOS"] {
        assert!(manifest.contains(part), "{part}");
    }
    let own = "<assembly manifestVersion=\"1.0\"/>";
    let file = packed(&bare(), &PeOptions { manifest: Some(own.to_owned()), ..options() });
    assert_eq!(PeFile::from_bytes(&file).unwrap().resources().unwrap().manifest().unwrap(), own);
}

#[test]
fn version_texts_are_shown_and_their_numbers_too() {
    let given =
        [("FileVersion", "1.2.3-rc1"), ("ProductVersion", "4.5"), ("LegalCopyright", "© née Ωmega 🦀")];
    let file = packed(&bare(), &version_info(&given));
    let info = PeFile::from_bytes(&file).unwrap().resources().unwrap().version_info().unwrap();
    let english = Language { lang_id: 0x409, charset_id: 0x4b0 };
    assert_eq!(info.translation(), [english]);
    let from_the_name =
        [("FileDescription", "hello"), ("ProductName", "hello"), ("OriginalFilename", "hello.exe")];
    for (name, text) in given.into_iter().chain(from_the_name) {
        assert_eq!(info.value(english, name).as_deref(), Some(text), "{name}");
    }
    let fixed = info.fixed().unwrap();
    let numbers = |v: &pelite::image::VS_VERSION| [v.Major, v.Minor, v.Patch, v.Build];
    assert_eq!(numbers(&fixed.dwFileVersion), [1, 2, 3, 0]);
    assert_eq!(numbers(&fixed.dwProductVersion), [4, 5, 0, 0]);
}

#[test]
fn given_texts_replace_those_from_the_name() {
    let file = packed(&bare(), &version_info(&[("ProductName", "Greeter")]));
    let info = PeFile::from_bytes(&file).unwrap().resources().unwrap().version_info().unwrap();
    let english = info.translation()[0];
    assert_eq!(info.value(english, "ProductName").as_deref(), Some("Greeter"));
    assert_eq!(info.value(english, "InternalName").as_deref(), Some("hello"));
}

#[test]
fn an_icon_is_given_back_as_it_was() {
    let icon = ico(&[51, 1000, 62]);
    let file = packed(&bare(), &PeOptions { icon: Some(icon.clone()), ..options() });
    let resources = PeFile::from_bytes(&file).unwrap().resources().unwrap();
    let (name, group) = resources.icons().next().unwrap().unwrap();
    assert_eq!(name, Name::Id(1));
    let mut written = Vec::new();
    group.write(&mut written).unwrap();
    assert!(written == icon);
}

#[test]
fn what_is_no_icon_is_refused_with_its_offset() {
    let refuse = |icon: &[u8]| refusal(Kind::Icon, PeOptions { icon: Some(icon.to_vec()), ..options() });
    assert!(refuse(b"").contains("0 bytes"));
    assert!(refuse(b"\x89PNG\r\n").contains("convert it to an .ico file"));
    assert!(refuse(b"GIF89a").contains("at 0x0: not an .ico file"));
    assert!(refuse(&[0, 0, 1, 0, 0, 0]).contains("at 0x4: 0 images"));
    let mut broken = ico(&[50, 50]);
    broken.truncate(100);
    assert!(refuse(&broken).contains("at 0x16: image 2 lies outside"));
    assert!(refuse(&ico(&[50])[..20]).contains("at 0x6: it is cut short"));
    let mut other = ico(&[50]);
    other[22] = 0;
    assert!(refuse(&other).contains("at 0x16: image 1 is neither PNG nor a bitmap"));
}

#[test]
fn texts_that_cannot_be_stored_are_refused() {
    let twice = [("ProductName", "a"), ("ProductName", "b")];
    assert!(refusal(Kind::Version, version_info(&twice)).contains("ProductName is given twice"));
    assert!(refusal(Kind::Version, version_info(&[("", "x")])).contains("is empty"));
    assert!(refusal(Kind::Version, version_info(&[("Comments", "a\0b")])).contains("control characters"));
    assert!(refusal(Kind::Version, version_info(&[("Comments", &"x".repeat(40_000))])).contains("65535"));
    assert!(
        refusal(Kind::Manifest, PeOptions { manifest: Some(String::new()), ..options() })
            .contains("manifest")
    );
}
