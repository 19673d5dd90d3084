//! Universal files: whole, joined from what does not belong together, and damaged.

use payload::universal::{HEADER, MOST_HEAD};

use super::*;
use crate::container::universal::join;

/// What is different in one of two manifests.
type Change<'a> = &'a dyn Fn(&mut Manifest);

/// The launchers of both Macs, and the same in one file.
fn launchers() -> ([(Target, Vec<u8>); 2], Vec<u8>) {
    let [.., arm64, x86_64] = stubs();
    let both = [x86_64, arm64];
    let joined = join(&both).unwrap();
    (both, joined)
}

/// A universal file of these executables, and what is checked in it.
fn joined(manifests: [Change<'_>; 2]) -> Vec<u8> {
    let (launchers, _) = launchers();
    let one = |(launcher, change): (&(Target, Vec<u8>), Change<'_>)| {
        let (target, stub) = launcher;
        let mut manifest = manifest();
        change(&mut manifest);
        (
            *target,
            container::embed(stub, *target, &payload_of(*target, false, &manifest), &options()).unwrap(),
        )
    };
    join(&launchers.iter().zip(manifests).map(one).collect::<Vec<_>>()).unwrap()
}

fn whole() -> Vec<u8> {
    joined([&|_| {}, &|_| {}])
}

/// What is wrong with `file`.
fn failed(file: &[u8]) -> Result<Vec<String>, Error> {
    let (_, stubs) = launchers();
    let checks = verify_with(file, Launcher::Own { name: "stubs".as_ref(), bytes: &stubs })?;
    let failed = |check: Check| check.result.err().map(|what| format!("{}: {what}", check.what));
    Ok(checks.into_iter().filter_map(failed).collect())
}

#[test]
fn both_executables_are_read_and_all_of_both_is_checked() {
    let file = whole();
    let executable = Executable::from_bytes(file.clone()).unwrap();
    let targets: Vec<Target> = executable.parts().map(|part| part.prefix.header.target).collect();
    assert_eq!(targets, [Target::MacosX86_64, Target::MacosArm64]);
    assert_eq!(executable.payload(), payload(Target::MacosX86_64, false));
    assert_eq!(executable.section(SectionKind::Code).unwrap(), Some(code()));
    assert_eq!(executable.manifest().app, "app");
    assert_eq!(failed(&file), Ok(vec![]));
    let names: Vec<String> = verify(&file).unwrap().into_iter().map(|check| check.what).collect();
    assert_eq!(names.first().map(String::as_str), Some("universal file"));
    assert_eq!(names.last().map(String::as_str), Some("program"));
    for target in targets {
        for what in ["signature", "code", "launcher"] {
            assert!(names.contains(&format!("{}: {what}", target.name())), "{names:?}");
        }
    }
}

#[test]
fn each_executable_is_what_it_is_alone() {
    let (launchers, _) = launchers();
    let file = whole();
    let places = container::universal::executables(&file).unwrap();
    for (place, (target, stub)) in places.into_iter().zip(&launchers) {
        assert!(file[place] == packed(*target, stub), "{}", target.name());
    }
}

#[test]
fn executables_of_two_programs_are_refused() {
    type Case = (fn(&mut Manifest), &'static str);
    let changes: [Case; 6] = [
        (|manifest| manifest.app = "other".to_owned(), "the name is \"app\" in one, \"other\" in the other"),
        (
            |manifest| manifest.version = Some("2".to_owned()),
            "the version is \"none\" in one, \"2\" in the other",
        ),
        (|manifest| manifest.producer = "wasmpack 0.0.1".to_owned(), "the packer is"),
        (|manifest| manifest.module_sha256 = [7; 32], "different modules"),
        (|manifest| manifest.grants.env_all = true, "their grants differ"),
        (|manifest| manifest.args.clear(), "their manifests differ"),
    ];
    for (change, part) in changes {
        for file in [joined([&|_| {}, &change]), joined([&change, &|_| {}])] {
            let error = Executable::from_bytes(file.clone()).unwrap_err();
            assert_eq!(error.kind, Kind::Damaged);
            assert!(
                error.reason.contains("for macos-x86_64 and macos-arm64 are not of one program"),
                "{error}"
            );
            let failed = failed(&file).unwrap().join(", ");
            assert!(failed.contains("program: its executables") && !failed.contains("code: "), "{failed}");
            if !part.starts_with("the ") {
                assert!(error.reason.contains(part), "{part:?} is not in: {error}");
            }
        }
        assert!(Executable::from_bytes(joined([&change, &change])).is_ok(), "{part}");
    }
}

#[test]
fn an_executable_of_somebody_else_is_named() {
    let (launchers, stubs) = launchers();
    let error = Executable::from_bytes(stubs.clone()).unwrap_err();
    assert_eq!(error.kind, Kind::NotPacked);
    assert!(error.reason.starts_with("in its executable for macos-x86_64: a bare launcher"), "{error}");
    assert_eq!(verify(&stubs).unwrap_err().kind, Kind::NotPacked);
    let [(intel, stub), (arm, bare)] = &launchers;
    let file = join(&[(*intel, packed(*intel, stub)), (*arm, bare.clone())]).unwrap();
    assert!(
        Executable::from_bytes(file.clone()).unwrap_err().reason.contains("for macos-arm64: a bare launcher")
    );
    assert_eq!(failed(&file).unwrap().len(), 1, "{:?}", failed(&file));
    // The header says arm64, and Intel's executable lies there.
    let file = join(&[(*arm, packed(*intel, stub))]).unwrap();
    assert!(Executable::from_bytes(file.clone()).unwrap_err().reason.contains("names macos-arm64, but"));
    assert!(!failed(&file).unwrap().is_empty());
}

#[test]
fn no_changed_byte_passes() {
    let file = whole();
    let places = container::universal::executables(&file).unwrap();
    let gaps = HEADER + 40..places[0].start;
    let aligns = [24..28, 44..48];
    for at in (0..file.len()).filter(|at| *at < 64 || at % 331 == 0 || (gaps.contains(at) && at % 77 == 0)) {
        let mut changed = file.clone();
        changed[at] ^= 1;
        let found = failed(&changed);
        // A smaller alignment is right as well, and so is any bit of what a CPU is capable of.
        let is_free = aligns.iter().any(|field| field.contains(&at)) || [12, 32].contains(&at);
        assert!(is_free || found != Ok(vec![]), "{at:#x}");
    }
    for len in [0, 7, 20, 47, MOST_HEAD, places[1].start, file.len() - 1] {
        assert!(failed(&file[..len]).is_err(), "{len}");
        assert!(Executable::from_bytes(file[..len].to_vec()).is_err(), "{len}");
    }
    let found = failed(&[&file[..], b"x"].concat()).unwrap();
    assert!(found[0].contains("belongs to no executable"), "{found:?}");
}
