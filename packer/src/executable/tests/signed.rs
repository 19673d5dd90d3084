//! Files that somebody signed after they were packed.

use std::process::Command;

use super::{
    macho_stub::{ARM64, LC_CODE_SIGNATURE, LC_SEGMENT_64},
    pe_stub::put,
    *,
};
use crate::container::testing::macho::{command, u32_at};

fn installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// A packed Windows file, signed by osslsigncode with `digest`; `None` where that is not installed.
fn signed_pe(stub: &[u8], digest: &str) -> Option<Vec<u8>> {
    if !installed("osslsigncode") || !installed("openssl") {
        skip::because("osslsigncode or openssl is not here");
        return None;
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("app.exe"), packed(Target::WindowsX86_64, stub)).unwrap();
    let does = |program: &str, args: &str| {
        let output = Command::new(program).args(args.split(' ')).current_dir(dir.path()).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    };
    does(
        "openssl",
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=wasmpack -keyout key.pem -out cert.pem",
    );
    let args = format!("sign -h {digest} -certs cert.pem -key key.pem -in app.exe -out signed.exe");
    does("osslsigncode", &args);
    Some(std::fs::read(dir.path().join("signed.exe")).unwrap())
}

fn signature(file: &[u8]) -> Result<String, String> {
    verify(file).unwrap().into_iter().find(|check| check.what == "signature").unwrap().result
}

#[test]
fn a_signed_windows_file_is_whole_and_its_digest_is_computed_again() {
    let stub = pe_stub::stub(&Locator::BARE);
    let Some(file) = signed_pe(&stub, "sha256") else { return };
    assert_eq!(findings(&file, &stub), Ok(vec![]));
    assert!(
        signature(&file)
            .unwrap()
            .starts_with("Authenticode, its SHA-256 is this file's; certificates were not")
    );
    let start = container::find(&file).unwrap().payload.start;
    for at in [0x50, 0x400, start, start + 500] {
        let mut changed = file.clone();
        changed[at] ^= 1;
        let signature = signature(&changed);
        assert!(signature.unwrap_err().contains("is for other bytes"), "{at:#x}");
    }
    // The table of certificates lies at the end: cut, or with bytes behind it.
    assert!(!findings(&file[..file.len() - 8], &stub).unwrap().is_empty());
    assert!(!findings(&[&file[..], &[0; 8]].concat(), &stub).unwrap().is_empty());
}

#[test]
fn a_signed_windows_file_keeps_its_launcher() {
    let Some(file) = signed_pe(&crate::targets::stubs::get(Target::WindowsX86_64).unwrap(), "sha256") else {
        return;
    };
    let checks = Executable::from_bytes(file).unwrap().verify();
    assert!(checks.iter().all(|check| check.result.is_ok()), "{checks:?}");
}

#[test]
fn a_windows_file_signed_with_another_digest_is_said_to_be_not_compared() {
    let stub = pe_stub::stub(&Locator::BARE);
    let Some(file) = signed_pe(&stub, "sha384") else { return };
    assert_eq!(findings(&file, &stub), Ok(vec![]));
    assert!(signature(&file).unwrap().contains("not compared"));
}

#[test]
fn a_damaged_signature_of_a_windows_file_never_panics() {
    let stub = pe_stub::stub(&Locator::BARE);
    let Some(file) = signed_pe(&stub, "sha256") else { return };
    let len = packed(Target::WindowsX86_64, &stub).len();
    let digest_at = 200;
    for at in len..len + digest_at {
        for change in [1, 0x80, 0xff] {
            let mut changed = file.clone();
            changed[at] ^= change;
            assert!(!findings(&changed, &stub).unwrap().is_empty(), "at least the checksum: {at:#x}");
            let _ = signature(&changed);
        }
    }
}

/// A packed macOS file, signed again as `codesign` does: requirements, entitlements and hashes of both, in two
/// directories of which one has hashes of a kind that nobody reads, with room to spare. `certificate` is the content
/// of the blob that is empty in an ad-hoc signature.
fn signed_macho(stub: &[u8], flags: u32, certificate: &[u8]) -> Vec<u8> {
    let mut file = packed(Target::MacosArm64, stub);
    let at = command(&file, LC_CODE_SIGNATURE, 0);
    let start = u32_at(&file, at + 8) as usize;
    let len = 4096;
    put(&mut file, at + 12, &(len as u32).to_le_bytes());
    let linkedit = command(&file, LC_SEGMENT_64, 4);
    let offset = u32_at(&file, linkedit + 40) as usize;
    put(&mut file, linkedit + 48, &((start + len - offset) as u64).to_le_bytes());
    put(&mut file, linkedit + 32, &((start + len - offset).next_multiple_of(0x4000) as u64).to_le_bytes());
    file.truncate(start);

    let blob = |magic: u32, content: &[u8]| {
        [&magic.to_be_bytes()[..], &(content.len() as u32 + 8).to_be_bytes(), content].concat()
    };
    let requirements = blob(0xfade_0c01, &[0; 4]);
    let entitlements = blob(0xfade_7171, b"<plist/>");
    let directory = |kind: u8, hash: fn(&[u8]) -> [u8; 32]| {
        let pages: Vec<&[u8]> = file.chunks(4096).collect();
        let hashes = 88 - 8 + 4 + 5 * 32;
        let mut content = Vec::new();
        for field in [0x2_0400, flags, hashes + 8, 88, 5, pages.len() as u32, start as u32] {
            content.extend_from_slice(&u32::to_be_bytes(field));
        }
        content.extend_from_slice(&[32, kind, 0, 12]);
        content.resize(80, 0);
        content.extend_from_slice(b"app\0");
        let special = [hash(&entitlements), [0; 32], [0; 32], hash(&requirements), [0; 32]];
        content.extend(special.concat());
        pages.iter().for_each(|page| content.extend(hash(page)));
        blob(0xfade_0c02, &content)
    };
    let blobs = [
        (0, directory(9, |_| [1; 32])),
        (2, requirements.clone()),
        (5, entitlements.clone()),
        (0x1000, directory(2, payload::sha256)),
        (0x1_0000, blob(0xfade_0b01, certificate)),
    ];
    let mut content = (blobs.len() as u32).to_be_bytes().to_vec();
    let mut offset = 12 + 8 * blobs.len();
    for (number, blob) in &blobs {
        content.extend_from_slice(&u32::to_be_bytes(*number));
        content.extend_from_slice(&(offset as u32).to_be_bytes());
        offset += blob.len();
    }
    blobs.iter().for_each(|(_, blob)| content.extend_from_slice(blob));
    file.extend(blob(0xfade_0cc0, &content));
    file.resize(start + len, 0);
    file
}

#[test]
fn a_macos_file_that_was_signed_again_is_whole() {
    let stub = macho_stub::stub(ARM64, &Locator::BARE).build();
    let packed = packed(Target::MacosArm64, &stub);
    assert!(signature(&packed).unwrap().starts_with("signed ad hoc, as \"app\", "));
    let file = signed_macho(&stub, 2, b"");
    assert_eq!(findings(&file, &stub), Ok(vec![]));
    assert!(signature(&file).unwrap().starts_with("signed ad hoc, as \"app\", "));
    // CS_RUNTIME, as for notarization.
    let file = signed_macho(&stub, 0x1_0000, b"a signature of somebody");
    assert_eq!(findings(&file, &stub), Ok(vec![]));
    assert!(signature(&file).unwrap().contains("with a certificate, which was not verified"));
}

#[test]
fn damage_behind_a_signature_of_somebody_is_found() {
    let stub = macho_stub::stub(ARM64, &Locator::BARE).build();
    let file = signed_macho(&stub, 2, b"");
    let start = u32_at(&file, command(&file, LC_CODE_SIGNATURE, 0) + 8) as usize;
    for at in (0..start).step_by(211) {
        let mut changed = file.clone();
        changed[at] ^= 1;
        assert!(findings(&changed, &stub) != Ok(vec![]), "{at:#x}");
    }
    let position = |part: &[u8]| file.windows(part.len()).rposition(|window| window == part).unwrap();
    let changes = [
        (start, "an invalid header"),
        (position(b"<plist/>"), "does not match its hash"),
        (position(&payload::sha256(&file[..4096])), "a page does not match"),
    ];
    for (at, part) in changes {
        let mut changed = file.clone();
        changed[at] ^= 1;
        let found = signature(&changed).unwrap_err();
        assert!(found.contains(part), "{part:?} is not in: {found}");
    }
    assert!(
        signature(&signed_macho(&stub, 0, b"")).unwrap_err().contains("flags and certificate do not match")
    );
    for at in start..start + 700 {
        for change in [1, 0x80, 0xff] {
            let mut changed = file.clone();
            changed[at] ^= change;
            let _ = findings(&changed, &stub);
        }
    }
}
