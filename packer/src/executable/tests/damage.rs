//! Changed bytes: what is damaged is noticed, and never a panic.

use proptest::prelude::*;

use super::*;

#[test]
fn a_changed_byte_anywhere_is_noticed() {
    for (target, stub) in stubs() {
        let file = packed(target, &stub);
        let payload = container::find(&file).unwrap().payload;
        // Closer where every byte is a field of its own.
        let head = (0..1400).step_by(3).chain((payload.start..payload.start + 600).step_by(5));
        let places =
            head.chain((1400..file.len()).step_by(211)).chain((file.len() - 300..file.len()).step_by(7));
        let mut missed = Vec::new();
        for at in places {
            let mut changed = file.clone();
            changed[at] ^= 0x10;
            if findings(&changed, &stub) == Ok(vec![]) {
                missed.push(at);
            }
        }
        assert!(missed.is_empty(), "{}: {missed:x?}", target.name());
    }
}

#[test]
fn a_changed_byte_of_a_real_launcher_is_noticed() {
    for target in crate::targets::stubs::targets() {
        let file = packed(target, &crate::targets::stubs::get(target).unwrap());
        for at in (0..12).map(|step| 0x1000 + step * (file.len() - 0x1000) / 12) {
            let mut changed = file.clone();
            changed[at] ^= 1;
            let checks = verify(&changed).unwrap();
            assert!(checks.iter().any(|check| check.result.is_err()), "{} at {at:#x}", target.name());
        }
    }
}

#[test]
fn one_finding_stops_no_other() {
    for (target, stub) in stubs() {
        let mut file = packed(target, &stub);
        let executable = Executable::from_bytes(file.clone()).unwrap();
        let start = container::find(executable.file()).unwrap().payload.start;
        let place = |kind| executable.prefix().section(kind).unwrap().offset as usize + start;
        // In the first frame's content, behind the table of chunks and the frame's header.
        for (kind, at) in [(SectionKind::Code, 4 * 8 + 20), (SectionKind::Frames, 8 + 12)] {
            file[place(kind) + at] ^= 1;
        }
        let found = findings(&file, &stub).unwrap();
        assert!(
            found.iter().any(|one| one.starts_with("code: ") && one.contains("chunk 0 is damaged")),
            "{found:?}"
        );
        assert!(found.iter().any(|one| one.starts_with("frames: ")), "{found:?}");
        let damaged = Executable::from_bytes(file).unwrap();
        assert_eq!(damaged.section(SectionKind::Code).unwrap_err().kind, Kind::Damaged);
        assert!(damaged.section(SectionKind::Memory).is_ok());

        let mut file = packed(target, &stub);
        file[start + 70] ^= 1;
        let found = findings(&file, &stub).unwrap();
        let head = found.iter().find(|one| one.starts_with("header and manifest: ")).unwrap();
        assert!(head.contains("do not match their SHA-256"), "{head}");
        assert_eq!(Executable::from_bytes(file).unwrap_err().kind, Kind::Damaged);
    }
}

#[test]
fn tables_that_no_launcher_could_read_are_told() {
    let (target, stub) = stubs().into_iter().next().unwrap();
    let header = Executable::from_bytes(packed(target, &stub)).unwrap().prefix().header;
    let mut writer = Writer::new(header, &Manifest::default());
    for kind in [SectionKind::Metadata, SectionKind::Unwind, SectionKind::Frames] {
        let content = [0xff; 90];
        writer = writer.chunked(kind, 90, CHUNK, &[chunk::compress(&content, 3)]);
    }
    let file = container::embed(&stub, target, &writer.finish(), &options()).unwrap();
    let found = findings(&file, &stub).unwrap();
    let tables: Vec<&str> = found.iter().filter_map(|one| one.split_once(": ")).map(|one| one.0).collect();
    assert_eq!(tables, ["tables of metadata", "tables of unwind", "tables of frames"]);
}

#[test]
fn bytes_appended_are_told_where_they_do_no_harm() {
    let (target, stub) = stubs().into_iter().next().unwrap();
    let mut file = packed(target, &stub);
    file.extend_from_slice(b"a note of somebody");
    assert_eq!(findings(&file, &stub), Ok(vec![]));
    let checks = verify(&file).unwrap();
    assert!(checks[0].result.as_ref().unwrap().contains("18 unknown bytes after it"), "{checks:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        head in prop::collection::vec((0usize..1400, prop::sample::select(vec![0u8, 1, 0x7f, 0x80, 0xff])), 0..8),
        end in any::<Option<prop::sample::Index>>(),
    ) {
        for (target, stub) in stubs() {
            let mut file = packed(target, &stub);
            for (at, value) in &changes {
                let at = at.index(file.len());
                file[at] = *value;
            }
            head.iter().for_each(|(at, value)| file[*at] = *value);
            file.truncate(end.map_or(file.len(), |end| end.index(file.len())));
            let _ = findings(&file, &stub);
            if let Ok(executable) = Executable::from_bytes(file) {
                for section in &executable.prefix().sections {
                    let _ = executable.section(section.kind);
                }
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        for magic in [&b"\x7fELF\x02\x01\x01"[..], b"MZ", b"\xcf\xfa\xed\xfe\x0c\0\0\x01", b""] {
            prop_assert!(verify(&[magic, &bytes].concat()).is_err());
        }
    }
}
