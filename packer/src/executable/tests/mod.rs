//! Executables of every format are packed from small launchers and real ones, damaged in many ways, and read back.

mod damage;
mod foreign;
mod signed;
mod universal;

use payload::{
    Compiler, CpuFeatures, Engine, Header, Locator, Target, Writer, chunk,
    frames::{Frames, Function},
    image::Image,
    unwind::{Entry, Unwind},
};

use super::*;
use crate::container::{
    pe::PeOptions,
    testing::{elf as elf_stub, macho as macho_stub, pe as pe_stub},
};

const CHUNK: u32 = 4096;

/// Small launchers, one of each format and macOS CPU.
fn stubs() -> [(Target, Vec<u8>); 4] {
    [
        (Target::LinuxX86_64, elf_stub::stub(&Locator::BARE)),
        (Target::WindowsX86_64, pe_stub::stub(&Locator::BARE)),
        (Target::MacosArm64, macho_stub::stub(macho_stub::ARM64, &Locator::BARE).build()),
        (Target::MacosX86_64, macho_stub::stub(macho_stub::X86_64, &Locator::BARE).build()),
    ]
}

/// Code that does not compress, so that its chunks fill many bytes.
fn code() -> Vec<u8> {
    let mut state = 1u32;
    let step = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..3 * CHUNK + 77).map(step).collect()
}

/// A payload with a section of every kind; `raw`: with raw images.
fn payload(target: Target, raw: bool) -> Vec<u8> {
    payload_of(target, raw, &manifest())
}

fn manifest() -> Manifest {
    Manifest {
        producer: crate::producer::PRODUCER.to_owned(),
        app: "app".to_owned(),
        args: vec!["--color".to_owned()],
        ..Manifest::default()
    }
}

fn payload_of(target: Target, raw: bool, manifest: &Manifest) -> Vec<u8> {
    let header =
        Header { target, engine: Engine::PINNED, compiler: Compiler::Cranelift, cpu: CpuFeatures::NONE };
    let image = Image {
        table_offset: 0x1_0000,
        metadata: b"for the engine".to_vec(),
        functions: vec![0, 100],
        ..Image::default()
    };
    let function = Function { len: 100, name: "main".to_owned(), ..Function::default() };
    let frames = Frames { imported: 1, functions: vec![function] };
    let unwind = Unwind { entries: vec![Entry { start: 0, end: 16, info: 24 }] };
    let sections = [
        (SectionKind::Metadata, image.to_bytes()),
        (SectionKind::Code, code()),
        (SectionKind::Memory, vec![1; 2 * CHUNK as usize]),
        (SectionKind::Unwind, unwind.to_bytes()),
        (SectionKind::Frames, frames.to_bytes()),
    ];
    let mut writer = Writer::new(header, manifest);
    for (kind, content) in sections {
        let is_image = matches!(kind, SectionKind::Code | SectionKind::Memory);
        writer = if raw && is_image {
            writer.raw(kind, content)
        } else {
            let frames: Vec<Vec<u8>> =
                content.chunks(CHUNK as usize).map(|chunk| chunk::compress(chunk, 3)).collect();
            writer.chunked(kind, content.len() as u64, CHUNK, &frames)
        };
    }
    writer.finish()
}

fn options() -> PeOptions {
    PeOptions { app: "app".to_owned(), ..PeOptions::default() }
}

/// An executable of `stub`.
fn packed(target: Target, stub: &[u8]) -> Vec<u8> {
    container::embed(stub, target, &payload(target, false), &options()).unwrap()
}

/// What is wrong with `file`, packed with `stub`. The launchers of this packer have nothing to do with it.
fn findings(file: &[u8], stub: &[u8]) -> Result<Vec<String>, Error> {
    let found = container::find(file)?;
    let own = container::check::is_made_of(file, &found, stub);
    let own = if own == Ok(true) { None } else { Some(format!("launcher: {own:?}")) };
    let others =
        verify::of_itself(file, &found, prefix::prefix(&file[found.payload.clone()], found.target).as_ref());
    let failed = others
        .into_iter()
        .filter_map(|check| check.result.err().map(|what| format!("{}: {what}", check.what)));
    Ok(failed.chain(own).collect())
}

#[test]
fn what_was_packed_is_read_back() {
    for (target, stub) in stubs() {
        let executable = Executable::from_bytes(packed(target, &stub)).unwrap();
        assert_eq!(executable.prefix().header.target, target);
        assert_eq!(executable.manifest().args, ["--color"]);
        assert_eq!(executable.payload(), payload(target, false));
        assert_eq!(executable.prefix().sections.len(), 6);
        assert_eq!(executable.section(SectionKind::Code), Ok(Some(code())));
        let manifest = executable.section(SectionKind::Manifest).unwrap().unwrap();
        assert_eq!(manifest, executable.manifest().to_bytes());
    }
    let formats =
        stubs().map(|(target, stub)| Executable::from_bytes(packed(target, &stub)).unwrap().format().name());
    assert_eq!(formats, ["ELF", "PE", "Mach-O", "Mach-O"]);
}

#[test]
fn a_whole_file_has_no_findings() {
    for (target, stub) in stubs() {
        for raw in [false, true] {
            let file = container::embed(&stub, target, &payload(target, raw), &options()).unwrap();
            assert_eq!(findings(&file, &stub), Ok(vec![]), "{}", target.name());
        }
        let all = verify(&packed(target, &stub)).unwrap();
        let names: Vec<&str> = all.iter().map(|check| &check.what[..]).skip(1).collect();
        let expected = [
            "signature",
            "header and manifest",
            "metadata",
            "code",
            "memory",
            "unwind",
            "frames",
            "padding",
            "content",
            "tables of metadata",
            "tables of unwind",
            "tables of frames",
            "launcher",
        ];
        assert_eq!(names, expected);
        let detail =
            |what: &str| all.iter().find(|check| check.what == what).unwrap().result.clone().unwrap();
        assert_eq!(detail("code"), "4 chunks, 12365 bytes");
        assert_eq!(detail("tables of metadata"), "2 functions, 14 bytes for the engine");
    }
}

#[test]
fn the_launchers_of_this_packer_are_known_again() {
    for target in crate::targets::stubs::targets() {
        let file = packed(target, &crate::targets::stubs::get(target).unwrap());
        let executable = Executable::from_bytes(file).unwrap();
        for check in executable.verify() {
            assert!(check.result.is_ok(), "{}: {check:?}", target.name());
            assert!(
                check.what != "launcher"
                    || check.result == Ok("the one that this wasmpack carries".to_owned())
            );
        }
    }
}

#[test]
fn a_launcher_of_another_version_is_not_blamed() {
    let (target, stub) = stubs().into_iter().next().unwrap();
    let file = packed(target, &stub);
    let found = container::find(&file).unwrap();
    let is_it = |stub: &[u8]| container::check::is_made_of(&file, &found, stub);
    let compare = |producer, stub| verify::carried(found.target, producer, stub, &is_it);
    let other = elf_stub::elf(elf_stub::EM_X86_64, &[(elf_stub::SECTION, &Locator::BARE)]);
    assert!(compare(Some("wasmpack 0.0.1"), Some(Ok(other.clone()))).unwrap().contains("not compared"));
    assert!(
        compare(Some(crate::producer::PRODUCER), Some(Ok(other.clone()))).unwrap_err().contains("--stub")
    );
    assert!(compare(None, Some(Ok(other))).is_err());
    assert!(compare(None, None).unwrap().contains("carries none"));
    assert!(compare(None, Some(Ok(stub))).is_ok());
}
