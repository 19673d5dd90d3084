//! Wheels: one for each platform, with the executable as a script (PEP 427).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use terms::{
    Target,
    target::{Cpu, Os},
};

use crate::{
    Build, File,
    bundle::{self, Member},
    known::Known,
    machine,
};

/// The platforms on which pip installs a build for `target`. Executables for Linux are static: they run with both C libraries. Of
/// each, the oldest version is named for which pip knows the CPU. wasmpack's launchers need macOS 13.
fn platforms(target: Target, targets: &[Target]) -> Vec<&'static str> {
    let emulated = machine::cpus(target, targets).contains(&Cpu::Arm64);
    match (target.os(), target.cpu()) {
        (Os::Linux, Cpu::X86_64) => {
            vec!["manylinux2014_x86_64", "manylinux_2_17_x86_64", "musllinux_1_1_x86_64"]
        }
        (Os::Linux, Cpu::Arm64) => {
            vec!["manylinux2014_aarch64", "manylinux_2_17_aarch64", "musllinux_1_1_aarch64"]
        }
        (Os::Linux, Cpu::Riscv64) => vec!["manylinux_2_31_riscv64", "musllinux_1_1_riscv64"],
        (Os::Windows, _) if emulated => vec!["win_amd64", "win_arm64"],
        (Os::Windows, _) => vec!["win_amd64"],
        (Os::Macos, Cpu::X86_64) if emulated => vec!["macosx_13_0_x86_64", "macosx_13_0_arm64"],
        (Os::Macos, Cpu::X86_64) => vec!["macosx_13_0_x86_64"],
        (Os::Macos, _) => vec!["macosx_13_0_arm64"],
    }
}

/// The files.
pub(crate) fn names(known: &Known, targets: &[Target]) -> Vec<String> {
    targets.iter().map(|target| file_name(known, *target, targets)).collect()
}

fn file_name(known: &Known, target: Target, targets: &[Target]) -> String {
    format!("pypi/{}-{}-py3-none-{}.whl", known.wheel, known.python, platforms(target, targets).join("."))
}

pub(crate) fn files(known: &Known, builds: &[Build]) -> std::io::Result<Vec<File>> {
    let targets: Vec<Target> = builds.iter().map(|build| build.target).collect();
    builds
        .iter()
        .map(|build| {
            let name = file_name(known, build.target, &targets);
            Ok(File {
                name,
                bytes: wheel(known, build, &platforms(build.target, &targets))?,
                executable: false,
            })
        })
        .collect()
}

fn wheel(known: &Known, build: &Build, platforms: &[&str]) -> std::io::Result<Vec<u8>> {
    let base = format!("{}-{}", known.wheel, known.python);
    let info = format!("{base}.dist-info");
    let (metadata, about) = (metadata(known), about(platforms));
    let mut members = vec![(format!("{base}.data/scripts/{}", build.program), build.bytes, true)];
    members.extend(
        known.extra.iter().map(|(name, bytes)| (format!("{info}/licenses/{name}"), bytes.as_slice(), false)),
    );
    members.push((format!("{info}/METADATA"), metadata.as_bytes(), false));
    members.push((format!("{info}/WHEEL"), about.as_bytes(), false));
    let mut record = String::new();
    for (name, bytes, _) in &members {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(bytes));
        record += &format!("{},sha256={hash},{}\n", field(name), bytes.len());
    }
    let name = format!("{info}/RECORD");
    record += &format!("{name},,\n");
    members.push((name, record.as_bytes(), false));
    let members: Vec<Member> = members
        .iter()
        .map(|(name, bytes, executable)| Member { name, bytes, executable: *executable })
        .collect();
    bundle::zip(&members, known.time)
}

/// A field of a table with commas.
fn field(text: &str) -> String {
    match text.contains([',', '"']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

fn metadata(known: &Known) -> String {
    let mut text = format!(
        "Metadata-Version: 2.1\nName: {}\nVersion: {}\n",
        known.wheel.replace('_', "-"),
        known.python
    );
    let homepage = known.homepage.as_ref().map(|address| format!("Homepage, {address}"));
    let lines = [
        ("Summary", known.description.as_ref()),
        ("Author", known.author.as_ref()),
        ("License", known.license.as_ref()),
        ("Project-URL", homepage.as_ref()),
    ];
    for (key, value) in lines {
        if let Some(value) = value {
            text += &format!("{key}: {value}\n");
        }
    }
    let package = known.wheel.replace('_', "-");
    text += &format!(
        "Description-Content-Type: text/markdown\n\n{}",
        known.page(&format!("pip install {package}"))
    );
    text
}

fn about(platforms: &[&str]) -> String {
    let mut text = "Wheel-Version: 1.0\nGenerator: wasmpack\nRoot-Is-Purelib: false\n".to_owned();
    platforms.iter().for_each(|platform| text += &format!("Tag: py3-none-{platform}\n"));
    text
}
