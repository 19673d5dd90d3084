//! Packages for npm: one with a launcher, which depends on one for each platform with the executable in it. npm installs those
//! whose `os` and `cpu` are the machine's.

use serde_json::{Map, Value, json};
use terms::{
    Target,
    target::{Cpu, Os},
};

use crate::{
    Build, File,
    bundle::{self, Member},
    fill::fill,
    known::{Known, README},
    machine,
};

const LAUNCHER: &str = include_str!("../assets/launcher.js");

fn os(os: Os) -> &'static str {
    match os {
        Os::Linux => "linux",
        Os::Windows => "win32",
        Os::Macos => "darwin",
    }
}

fn cpu(cpu: Cpu) -> &'static str {
    match cpu {
        Cpu::X86_64 => "x64",
        Cpu::Arm64 => "arm64",
        Cpu::Riscv64 => "riscv64",
    }
}

fn platform(target: Target) -> String {
    format!("{}-{}", os(target.os()), cpu(target.cpu()))
}

/// The name of the package for `target`.
fn package(name: &str, target: Target) -> String {
    format!("{name}-{}", platform(target))
}

/// The file that `npm pack` would make of the package `name`.
fn archive(name: &str, version: &str) -> String {
    format!("npm/{}-{version}.tgz", name.trim_start_matches('@').replace('/', "-"))
}

/// The files, the main package last: it can be installed when the others are there.
pub(crate) fn names(known: &Known, targets: &[Target]) -> Vec<String> {
    let packages = targets.iter().map(|target| package(&known.npm, *target));
    packages.chain([known.npm.clone()]).map(|name| archive(&name, &known.version)).collect()
}

pub(crate) fn files(known: &Known, builds: &[Build]) -> std::io::Result<Vec<File>> {
    let targets: Vec<Target> = builds.iter().map(|build| build.target).collect();
    let mut packages = Map::new();
    let mut optional = Map::new();
    let mut files = Vec::new();
    for build in builds {
        let name = package(&known.npm, build.target);
        let cpus = machine::cpus(build.target, &targets);
        let system = os(build.target.os());
        let program = format!("bin/{}", build.program);
        for of in &cpus {
            packages.insert(format!("{system} {}", cpu(*of)), json!([name, program]));
        }
        optional.insert(name.clone(), known.version.clone().into());
        let mut about = about(known, &name);
        about["description"] = format!("{} for {}", known.command, build.target.name()).into();
        about["os"] = json!([system]);
        about["cpu"] = cpus.into_iter().map(cpu).collect::<Vec<_>>().into();
        // Yarn keeps packages in archives, from which nothing can be started.
        about["preferUnplugged"] = true.into();
        let readme = format!(
            "# {name}\n\nThe program of the package `{}` for {}. Install that one: it takes the one for each machine.\n",
            known.npm,
            build.target.name()
        );
        files.push(made(known, &name, &about, &readme, (&program, build.bytes, true))?);
    }
    let program = format!("bin/{}.js", known.command);
    let mut about = about(known, &known.npm);
    about["bin"] = json!({ known.command.as_str(): program });
    about["engines"] = json!({ "node": ">=14.14" });
    about["optionalDependencies"] = optional.into();
    let text = |value: Value| value.to_string();
    let packages = format!("{:#}", Value::from(packages));
    let launcher = fill(LAUNCHER, &[("NAME", &text(known.command.clone().into())), ("PACKAGES", &packages)]);
    let page = known.page(&format!("npm install -g {}", known.npm));
    files.push(made(known, &known.npm, &about, &page, (&program, launcher.as_bytes(), true))?);
    Ok(files)
}

/// What all packages say alike.
fn about(known: &Known, name: &str) -> Value {
    let mut about = json!({ "name": name, "version": known.version });
    let texts = [
        ("description", &known.description),
        ("homepage", &known.homepage),
        ("license", &known.license),
        ("author", &known.author),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            about[key] = text.clone().into();
        }
    }
    about
}

/// The archive of one package.
fn made(
    known: &Known,
    name: &str,
    about: &Value,
    readme: &str,
    (program, bytes, executable): (&str, &[u8], bool),
) -> std::io::Result<File> {
    let json = format!("{about:#}\n");
    let mut members = vec![("package/package.json".to_owned(), json.as_bytes(), false)];
    members.push((format!("package/{program}"), bytes, executable));
    let others = known.extra.iter().filter(|(name, _)| !name.eq_ignore_ascii_case(README));
    members.extend(others.map(|(name, bytes)| (format!("package/{name}"), bytes.as_slice(), false)));
    members.push((format!("package/{README}"), readme.as_bytes(), false));
    let members: Vec<Member> = members
        .iter()
        .map(|(name, bytes, executable)| Member { name, bytes, executable: *executable })
        .collect();
    Ok(File {
        name: archive(name, &known.version),
        bytes: bundle::tar_gz(&members, known.time)?,
        executable: false,
    })
}
