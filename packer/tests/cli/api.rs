//! The packer as a library.

use payload::{DirGrant, FilesGrant, Mount, SectionKind, Target, Variable};
use wasmpack::{Executable, Kind, Pack, input::files::Folder, payload::About, store::Storage};

use crate::dir::Dir;

fn pack(dir: &Dir) -> Pack {
    Pack::new(dir.path("app.wasm")).storage(Storage::Compressed { level: 1 })
}

#[test]
fn what_is_said_is_in_the_executable() {
    let dir = Dir::new();
    let files = dir.path("lib");
    std::fs::create_dir(&files).unwrap();
    std::fs::write(files.join("a"), "text").unwrap();
    let out = dir.path("out");
    let grant = DirGrant::parse("data::/data", true).unwrap();
    let written = pack(&dir)
        .target(Target::LinuxArm64)
        .name("named")
        .version("1.2")
        .grant(grant.clone())
        .variable(Variable::parse("A=1").unwrap())
        .carry(Folder { host: files, guest: "/lib".into(), writable: false })
        .arg("--color")
        .sealed()
        .keep_module()
        .write(&out)
        .unwrap();
    let executable = Executable::open(&out).unwrap();
    let manifest = executable.manifest();
    assert_eq!((manifest.app.as_str(), manifest.version.as_deref()), ("named", Some("1.2")));
    let carried = Mount::Files(FilesGrant { guest: "/lib".into(), writable: false });
    assert_eq!(manifest.grants.mounts, [Mount::Dir(grant), carried]);
    assert_eq!(manifest.grants.env, ["A=1"]);
    assert_eq!((manifest.args.len(), manifest.sealed), (1, true));
    assert_eq!(executable.section(SectionKind::Module).unwrap(), Some(dir.read("app.wasm")));
    let [(place, packed)] = &written[..] else { panic!("one file") };
    assert_eq!(
        (place.target, packed.output_len),
        (Target::LinuxArm64, std::fs::metadata(&out).unwrap().len())
    );
    assert!(executable.verify().iter().all(|check| check.result.is_ok()), "{:?}", executable.verify());
}

#[test]
fn the_executable_is_to_be_had_as_bytes() {
    let dir = Dir::new();
    let packed = || pack(&dir).target(Target::LinuxArm64).about(about());
    let bytes = packed().to_bytes().unwrap();
    packed().name("app").write(dir.path("out")).unwrap();
    assert!(bytes == dir.read("out"));
    let executable = Executable::from_bytes(bytes).unwrap();
    assert_eq!(executable.manifest().about, about());
    assert_eq!(dir.names(), ["app.wasm", "out", "stub"]);
}

fn about() -> About {
    About { author: Some("Ada Notes".to_owned()), ..About::default() }
}

#[test]
fn several_targets_go_to_a_folder() {
    let dir = Dir::new();
    let out = dir.path("dist");
    let written = pack(&dir).target(Target::LinuxArm64).target(Target::WindowsX86_64).write(&out).unwrap();
    assert_eq!(written.len(), 2);
    for name in ["app-linux-arm64", "app-windows-x86_64.exe"] {
        Executable::open(&out.join(name)).unwrap();
    }
}

#[test]
fn a_failure_is_an_error_of_a_kind() {
    let dir = Dir::new();
    let error = Pack::new(dir.path("none.wasm")).write(dir.path("out")).unwrap_err();
    assert_eq!(error.kind, Kind::Read);
}
