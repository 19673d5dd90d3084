//! Files that are no finished executables, and those that lost their payload.

use super::*;

#[track_caller]
fn assert_not_packed(file: &[u8], part: &str) {
    let error = Error::from(container::find(file).unwrap_err());
    assert_eq!(error.kind, Kind::NotPacked, "{error}");
    assert!(error.reason.contains(part), "{part:?} is not in: {error}");
    assert_eq!(verify(file).unwrap_err(), error);
    assert_eq!(Executable::from_bytes(file.to_vec()).unwrap_err(), error);
}

#[test]
fn other_executables_are_told() {
    let own = std::env::current_exe().unwrap();
    let files = [own.as_path(), Path::new("/bin/true")];
    for path in files.into_iter().filter(|path| cfg!(target_os = "linux") && path.exists()) {
        let error = Executable::open(path).unwrap_err();
        assert_eq!(error.kind, Kind::NotPacked);
        assert!(
            error.reason.contains("not an executable made by wasmpack: it has no section .wasmpack"),
            "{error}"
        );
        assert_eq!(error.file.as_deref(), Some(path));
    }
    let foreign = "not an executable made by wasmpack: ";
    assert_not_packed(
        &elf_stub::elf(62, &[(".text", b"x")]),
        &format!("{foreign}it has no section .wasmpack"),
    );
    assert_not_packed(&elf_stub::elf(40, &[(".text", b"x")]), &format!("{foreign}machine 40"));
    assert_not_packed(&pe_stub::pe(&[(".text", b"x")]), &format!("{foreign}it has no section .wasmpck"));
    assert_not_packed(b"MZ", &format!("{foreign}it is cut short"));
    let mut macho = macho_stub::stub(macho_stub::ARM64, &Locator::BARE);
    macho.data.remove(1);
    assert_not_packed(&macho.build(), &format!("{foreign}it has no section __DATA,__wasmpack"));
    assert_not_packed(b"\xce\xfa\xed\xfe\x07\0\0\0", &format!("{foreign}CPU 0x7"));
}

#[test]
fn what_is_no_executable_is_told_from_its_first_bytes() {
    let no: [&[u8]; 7] = [
        b"",
        b"\x7fEL",
        b"\0asm\x01\0\0\0",
        b"#!/bin/sh\n",
        b"(module)",
        b"M",
        b"\xca\xfe\xba\xbe\0\0\0\x34",
    ];
    for head in no {
        assert!(!container::is_executable(head), "{head:?}");
        assert_not_packed(head, "not an executable");
    }
    for (_, stub) in stubs() {
        assert!(container::is_executable(&stub[..8]));
    }
    assert!(container::is_executable(b"\xca\xfe\xba\xbe\0\0\0\x02"));
}

#[test]
fn bare_launchers_are_told() {
    for (_, stub) in stubs() {
        assert_not_packed(&stub, "a bare launcher, it carries no program");
    }
}

#[test]
fn a_file_cut_anywhere_is_refused_or_found_wanting() {
    for (target, stub) in stubs() {
        let file = packed(target, &stub);
        let end = container::find(&file).unwrap().payload.end;
        for len in (0..file.len()).filter(|len| len % 97 == 0 || *len < 1100 || *len > file.len() - 70) {
            match findings(&file[..len], &stub) {
                Err(error) => assert_eq!(error.kind, Kind::NotPacked),
                Ok(findings) => {
                    // Only ELF files need nothing behind their payload, and there nothing is.
                    assert!(
                        len >= end && !findings.is_empty(),
                        "{} cut at {len}: {findings:?}",
                        target.name()
                    );
                }
            }
        }
        let start = container::find(&file).unwrap().payload.start;
        let error = Error::from(container::find(&file[..start]).unwrap_err());
        let expected = format!(
            "its payload is missing: {} bytes expected at {start:#x}, the file ends at {start:#x}; it was stripped",
            end - start
        );
        assert!(error.reason.starts_with(&expected), "{error}");
    }
}

#[test]
#[cfg(unix)]
fn a_stripped_file_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app");
    std::fs::write(
        &path,
        packed(Target::LinuxX86_64, &crate::targets::stubs::get(Target::LinuxX86_64).unwrap()),
    )
    .unwrap();
    match std::process::Command::new("strip").arg(&path).status() {
        Ok(status) if status.success() => {}
        _ => return skip::because("strip is not here, or not for this file"),
    }
    let error = Executable::open(&path).unwrap_err();
    assert!(error.reason.starts_with("its payload is missing: "), "{error}");
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("missing");
    let error = Executable::open(&missing).unwrap_err();
    assert_eq!((error.kind, error.file), (Kind::Read, Some(missing)));
    let module = dir.path().join("app.wasm");
    std::fs::write(&module, b"\0asm\x01\0\0\0").unwrap();
    let error = Executable::open(&module).unwrap_err();
    assert_eq!(
        (error.kind, &error.reason[..]),
        (
            Kind::NotPacked,
            "a program in WebAssembly, and no executable yet; pack it first: wasmpack FILE -o OUT"
        )
    );
    let (target, stub) = stubs().into_iter().next().unwrap();
    let file = dir.path().join("app");
    std::fs::write(&file, packed(target, &stub)).unwrap();
    assert!(Executable::open(&file).is_ok());
}

#[test]
fn a_payload_for_another_machine_is_damage() {
    let (_, stub) = stubs().into_iter().next().unwrap();
    let mut file = packed(Target::LinuxX86_64, &stub);
    let start = container::find(&file).unwrap().payload.start;
    file.truncate(start);
    file.extend_from_slice(&payload(Target::LinuxArm64, false));
    let error = Executable::from_bytes(file).unwrap_err();
    assert_eq!(error.kind, Kind::Damaged);
    assert!(error.reason.contains("names linux-arm64, but its launcher is for linux-x86_64"), "{error}");
}
