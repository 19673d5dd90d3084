//! The packer as a library.

use std::sync::{Arc, Mutex};

use minisign::KeyPair;
use payload::{DirGrant, FilesGrant, Mount, SectionKind, Target, Variable};
use wasmpack::{
    Executable, Kind, Observer, Pack,
    compile::cpu::Raise,
    input::files::Folder,
    payload::About,
    release::{Installer, Installers, sign::Key},
    store::Storage,
};

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
        .carry(Folder::new(files, "/lib"))
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
        (Target::LinuxArm64.into(), std::fs::metadata(&out).unwrap().len())
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
fn a_program_is_to_be_had_from_bytes_and_its_name_is_no_file() {
    let dir = Dir::new();
    // A file of the program's name is not its input.
    dir.write("named", b"");
    let bytes = Pack::from_bytes(dir.path("named").to_string_lossy(), dir.read("app.wasm"))
        .storage(Storage::Compressed { level: 1 })
        .target(Target::LinuxArm64);
    bytes.clone().write(dir.path("named")).unwrap();
    assert_eq!(Executable::open(&dir.path("named")).unwrap().manifest().app, "named");
    let error = Pack::from_bytes("x", b"(module".to_vec()).target(Target::LinuxArm64).to_bytes().unwrap_err();
    assert_eq!((error.kind, error.file), (Kind::Text, Some("x".into())));
    let error = Pack::from_bytes("x", Vec::new()).target(Target::LinuxArm64).to_bytes().unwrap_err();
    assert_eq!(error.kind, Kind::Empty);
}

#[derive(Default)]
struct Watching {
    heard: Arc<Mutex<Vec<f64>>>,
    /// When it has heard so much, it has had enough.
    most: Option<f64>,
}

impl Observer for Watching {
    fn progress(&self, done: f64, _: &'static str) {
        self.heard.lock().unwrap().push(done);
    }

    fn is_cancelled(&self) -> bool {
        let heard = self.heard.lock().unwrap().last().copied();
        self.most.is_some_and(|most| heard.unwrap_or(0.0) >= most)
    }
}

#[test]
fn an_observer_hears_of_one_way_and_can_end_it() {
    let dir = Dir::new();
    let heard = Arc::default();
    let watching = |most| Watching { heard: Arc::clone(&heard), most };
    let two = || pack(&dir).target(Target::LinuxArm64).target(Target::WindowsX86_64);
    two().observe(watching(None)).write(dir.path("dist")).unwrap();
    let all = std::mem::take(&mut *heard.lock().unwrap());
    assert!(all.is_sorted() && all.last() == Some(&1.0), "{all:?}");
    for most in [0.0, 0.05, 0.3] {
        let error = two().observe(watching(Some(most))).write(dir.path("none")).unwrap_err();
        assert_eq!(error.kind, Kind::Cancelled, "{most}: {error}");
        assert!(!dir.path("none").exists(), "{most}");
        heard.lock().unwrap().clear();
    }
}

#[test]
fn every_option_has_a_method() {
    let dir = Dir::new();
    std::fs::write(dir.path("data"), "text").unwrap();
    let bytes = pack(&dir)
        .target(Target::LinuxArm64)
        .argv0("first")
        .carry(Folder::new(dir.path("data"), "/data").writable())
        .gitignore()
        .all_variables()
        .tmp("/tmp")
        .cwd("/tmp")
        .native()
        .to_bytes()
        .unwrap();
    let executable = Executable::from_bytes(bytes).unwrap();
    let manifest = executable.manifest();
    let grants = &manifest.grants;
    assert_eq!((manifest.argv0.as_deref(), grants.cwd.as_deref()), (Some("first"), Some("/tmp")));
    assert!(
        grants.native && grants.env_all && grants.tmp.is_some() && grants.files().all(|file| file.writable)
    );
    let shown = pack(&dir).target(Target::WindowsX86_64).gui().version_info("FileDescription", "Notes");
    shown.to_bytes().unwrap();
    let cpu = Raise::parse("x86-64-v3").unwrap();
    let raised = Executable::from_bytes(pack(&dir).target(Target::LinuxX86_64).cpu(cpu).to_bytes().unwrap());
    assert!(raised.unwrap().prefix().header.cpu.to_string().contains("avx2"));
    let error = pack(&dir).target(Target::LinuxX86_64).launcher(dir.path("none")).to_bytes().unwrap_err();
    assert_eq!(error.kind, Kind::Read);
    let error = pack(&dir).target(Target::WindowsX86_64).icon(dir.path("none.ico")).to_bytes().unwrap_err();
    assert_eq!(error.kind, Kind::Read);
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

/// `include` and `sign` have archives written without [`Pack::archive`], too: no method is ignored.
#[test]
fn archives_have_what_belongs_to_them_beside_them() {
    let dir = Dir::new();
    let KeyPair { sk, .. } = KeyPair::generate_unencrypted_keypair().unwrap();
    dir.write("key", sk.to_box(None).unwrap().into_string().as_bytes());
    dir.write("LICENSE", b"terms");
    let key = || Key::open(&dir.path("key"), || Err("it has no password".to_owned())).unwrap();
    let two =
        || pack(&dir).target(Target::LinuxArm64).target(Target::WindowsX86_64).name("notes").version("1.2.3");
    let archives = ["notes-linux-arm64-1.2.3.tar.gz", "notes-windows-x86_64-1.2.3.zip"];
    let written = |folder: &str| {
        let mut names: Vec<_> = std::fs::read_dir(dir.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !archives.contains(&name.as_str()))
            .collect();
        names.sort();
        assert!(archives.iter().all(|name| dir.path(folder).join(name).is_file()), "{folder}: {names:?}");
        names
    };
    two().archive().write(dir.path("archives")).unwrap();
    assert_eq!(written("archives"), ["SHA256SUMS"]);
    two().include(dir.path("LICENSE")).time(1_700_000_000).write(dir.path("included")).unwrap();
    assert_eq!(written("included"), ["SHA256SUMS"]);
    for name in archives {
        let (with, without) = (dir.read(&format!("included/{name}")), dir.read(&format!("archives/{name}")));
        assert!(with.len() > without.len(), "{name}");
    }
    let mut wanted = Installers::new([Installer::Sh, Installer::Scoop]);
    wanted.download_url = Some("https://notes.example/{version}".to_owned());
    let about = About {
        homepage: Some("https://notes.example".to_owned()),
        license: Some("MIT".to_owned()),
        ..About::default()
    };
    two().installers(wanted).about(about).description("Takes notes").write(dir.path("installers")).unwrap();
    assert_eq!(written("installers"), ["SHA256SUMS", "install.sh", "notes.json"]);
    assert!(String::from_utf8(dir.read("installers/notes.json")).unwrap().contains("Takes notes"));
    let one = two().sign(key());
    one.write(dir.path("signed")).unwrap();
    let signatures = [archives[0], archives[1], "SHA256SUMS"].map(|name| format!("{name}.minisig"));
    let mut expected = signatures.to_vec();
    expected.push("SHA256SUMS".to_owned());
    expected.sort();
    assert_eq!(written("signed"), expected);
    // One target is an archive in a folder, too; bytes are the executable's.
    let kept = pack(&dir).target(Target::LinuxArm64).name("notes").version("1.2.3").keep_module();
    let bytes = kept.clone().archive().to_bytes().unwrap();
    assert_eq!(Executable::from_bytes(bytes.clone()).unwrap().manifest().app, "notes");
    dir.write("packed", &bytes);
    let again =
        Pack::new(dir.path("packed")).target(Target::LinuxArm64).storage(Storage::Compressed { level: 1 });
    again.archive().write(dir.path("again")).unwrap();
    assert!(dir.path("again").join(archives[0]).is_file(), "an executable knows its name and version");
    let error = kept.version("../1").archive().write(dir.path("none")).unwrap_err();
    assert_eq!(error.kind, Kind::Name);
    assert!(!dir.path("none").exists());
}

#[test]
fn a_failure_is_an_error_of_a_kind() {
    let dir = Dir::new();
    let error = Pack::new(dir.path("none.wasm")).write(dir.path("out")).unwrap_err();
    assert_eq!(error.kind, Kind::Read);
}
