//! All checks of a finished executable that do not start it. They are independent of each other.

use std::path::Path;

use payload::{
    Prefix, Section, SectionKind, Target, frames::Frames, image::Image, tree::Tree, universal::Machine,
    unwind::Unwind,
};

use super::{
    prefix::prefix,
    slice::{Slice, is_for},
};
use crate::{
    Error,
    container::{
        self, Found,
        check::{self, Check},
        universal, unix,
    },
    producer::{self, PRODUCER},
    store::decode,
    targets::stubs,
};

/// The launcher with which the one in a file is compared.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Launcher<'a> {
    /// The one that this packer carries for the file's target.
    Carried,
    /// One that was named.
    Own {
        /// The file that holds it.
        name: &'a Path,
        /// Its content.
        bytes: &'a [u8],
    },
}

impl<'a> Launcher<'a> {
    /// The launcher for `machine`: of a universal file with launchers, the one in it.
    fn of(self, machine: Machine) -> Launcher<'a> {
        let Launcher::Own { name, bytes } = self else { return self };
        let slices = universal::slices(bytes).unwrap_or_default();
        let own = slices.iter().find(|slice| slice.machine == machine);
        let place = own.map_or(0..bytes.len(), |own| own.offset as usize..own.place().end as usize);
        Launcher::Own { name, bytes: &bytes[place] }
    }
}

/// Looks at everything in `file`, a finished executable: its container, its signature, the payload down to the last
/// chunk, and its launcher. What is damaged in one place keeps no other from being looked at; only what lies behind a
/// damaged header cannot be found.
///
/// # Errors
/// `NotPacked` as [`container::find`] says: then there is nothing to look at.
pub fn verify(file: &[u8]) -> Result<Vec<Check>, Error> {
    verify_with(file, Launcher::Carried)
}

/// As [`verify`], with the launcher that the one in the file is compared with.
///
/// # Errors
/// As [`verify`].
pub fn verify_with(file: &[u8], launcher: Launcher<'_>) -> Result<Vec<Check>, Error> {
    all(file, launcher)
}

/// The checks of the executable in `file`, or of each in a universal file and of this as a whole.
///
/// # Errors
/// As [`verify`]; if none of those in a universal file can be looked at.
pub(super) fn all(file: &[u8], launcher: Launcher<'_>) -> Result<Vec<Check>, Error> {
    if unix::is(file) {
        return joined(file, launcher);
    }
    let slices = universal::slices(file)?;
    if slices.is_empty() {
        let found = container::find(file)?;
        let prefix = prefix(&file[found.payload.clone()], found.target);
        return Ok(checks(file, &found, prefix.as_ref(), launcher));
    }
    let places = universal::executables(file)?;
    let mut all = vec![Check::new("universal file", whole(file, &slices))];
    let mut failed = Vec::new();
    for (slice, place) in slices.iter().zip(&places) {
        let own = &file[place.clone()];
        let named = |check: Check| Check { what: format!("{}: {}", slice.machine, check.what), ..check };
        match container::find(own) {
            Ok(found) => {
                if let Err(what) = is_for(Some(slice.machine), &found) {
                    all.push(named(Check::new("executable", Err(what))));
                }
                let launcher = launcher.of(slice.machine);
                let prefix = prefix(&own[found.payload.clone()], found.target);
                all.extend(checks(own, &found, prefix.as_ref(), launcher).into_iter().map(named));
            }
            Err(error) => {
                all.push(named(Check::new("executable", Err(error.to_string()))));
                failed.push(error);
            }
        }
    }
    match failed.into_iter().next() {
        Some(first) if all.len() == 1 + places.len() => return Err(first.into()),
        Some(_) => {}
        None => {
            let names: Vec<String> = slices.iter().map(|slice| slice.machine.to_string()).collect();
            let one = Slice::all(file).map(|_| format!("the same in {}", names.join(" and ")));
            all.push(Check::new("program", one.map_err(|error| error.reason)));
        }
    }
    Ok(all)
}

/// The checks of a file for all Unix targets: of its script, of what it has for each, and that this is one program.
///
/// # Errors
/// `NotPacked` if its directory cannot be read.
fn joined(file: &[u8], launcher: Launcher<'_>) -> Result<Vec<Check>, Error> {
    let programs = unix::read(file)?;
    let mut all = vec![
        Check::new("file for all Unix targets", unix::gaps(file, &programs)),
        Check::new("script", unix::check_script(file)),
        Check::new("signature", Ok("none, as in all scripts".to_owned())),
    ];
    for read in &programs {
        let target = read.program.target;
        let named = |check: Check| Check { what: format!("{}: {}", target.name(), check.what), ..check };
        let prefix = prefix(&read.payload, target);
        all.extend(of_payload(&read.payload, prefix.as_ref()).into_iter().map(named));
        let producer = prefix.as_ref().ok().map(|prefix| &prefix.manifest.producer[..]);
        let result = read
            .launcher(file)
            .and_then(|own| launcher_is(target, launcher, producer, &|stub| Ok(own == stub)));
        all.push(named(Check::new("launcher", result)));
    }
    let names: Vec<&str> = programs.iter().map(|read| read.program.target.name()).collect();
    let one = Slice::all(file).map(|_| format!("the same in {}", names.join(", ")));
    all.push(Check::new("program", one.map_err(|error| error.reason)));
    Ok(all)
}

/// Whether a launcher for `target` is the one that it is to be compared with; `is_it` compares.
fn launcher_is(
    target: Target,
    launcher: Launcher<'_>,
    producer: Option<&str>,
    is_it: &dyn Fn(&[u8]) -> Result<bool, String>,
) -> Result<String, String> {
    match launcher {
        // One launcher is for one of them.
        Launcher::Own { bytes, name } if unix::target(bytes).is_some_and(|other| other != target) => {
            Ok(format!("not compared: {} is for another target", name.display()))
        }
        Launcher::Own { name, bytes } => own(name, is_it(bytes)),
        Launcher::Carried => {
            let stub = stubs::targets().any(|known| known == target).then(|| stubs::get(target));
            carried(target, producer, stub, is_it)
        }
    }
}

/// What holds for a universal file apart from those in it.
fn whole(file: &[u8], slices: &[payload::universal::Slice]) -> Result<String, String> {
    universal::gaps(file, slices)?;
    Ok(match slices.len() {
        1 => "1 executable".to_owned(),
        count => format!("{count} executables"),
    })
}

/// The checks; `prefix` is the payload's.
pub(super) fn checks(
    file: &[u8],
    found: &Found,
    prefix: Result<&Prefix, &Error>,
    launcher: Launcher<'_>,
) -> Vec<Check> {
    let mut checks = of_itself(file, found, prefix);
    let is_it = |stub: &[u8]| check::is_made_of(file, found, stub);
    let producer = prefix.ok().map(|prefix| &prefix.manifest.producer[..]);
    let result = match launcher {
        Launcher::Own { name, bytes } => own(name, is_it(bytes)),
        Launcher::Carried => launcher_is(found.target, launcher, producer, &is_it),
    };
    checks.push(Check::new("launcher", result));
    checks
}

/// The checks that need no launcher to compare with.
pub(super) fn of_itself(file: &[u8], found: &Found, prefix: Result<&Prefix, &Error>) -> Vec<Check> {
    let app = prefix.ok().map(|prefix| &prefix.manifest.app[..]);
    let mut checks = check::checks(file, found, app);
    checks.extend(of_payload(&file[found.payload.clone()], prefix));
    checks
}

/// The checks of a payload.
fn of_payload(payload: &[u8], prefix: Result<&Prefix, &Error>) -> Vec<Check> {
    let head = prefix.map(|prefix| format!("SHA-256 matches, {} sections", prefix.sections.len()));
    let mut checks = vec![Check::new("header and manifest", head.map_err(|error| error.reason.clone()))];
    if let Ok(prefix) = prefix {
        let stored = prefix.sections.iter().filter(|section| section.kind != SectionKind::Manifest);
        checks.extend(stored.map(|section| stored_section(payload, section)));
        checks.push(Check::new("padding", padding(payload, prefix)));
        checks.extend(content(payload, prefix));
        checks.extend(tables(payload, prefix));
        checks.extend(programs(payload, prefix));
    }
    checks
}

/// The checks of the programs that a payload carries, each with its first name in front.
fn programs(payload: &[u8], prefix: &Prefix) -> Vec<Check> {
    let carried = &prefix.manifest.programs;
    let all = match payload::programs::of(payload, prefix) {
        Ok(all) => all,
        Err(error) => return vec![Check::new("programs", Err(error.to_string()))],
    };
    let mut checks = Vec::new();
    for (number, (own, payload)) in (1..).zip(&all) {
        let name =
            carried.iter().find(|carried| carried.number == number).map_or("", |carried| &carried.name);
        let header = match own.header == prefix.header {
            true => of_payload(payload, Ok(own)),
            false => vec![Check::new("header", Err("it is for another machine than the program".to_owned()))],
        };
        checks.extend(
            header.into_iter().map(|check| Check { what: format!("{name}: {}", check.what), ..check }),
        );
    }
    checks
}

/// Decodes every chunk of a section, or says that it has no checksum.
fn stored_section(payload: &[u8], section: &Section) -> Check {
    let result = match decode::check(payload, section) {
        Ok(Some(1)) => Ok(format!("1 chunk, {} bytes", section.len)),
        Ok(Some(count)) => Ok(format!("{count} chunks, {} bytes", section.len)),
        Ok(None) => Ok(format!("{} bytes, raw", section.len)),
        Err(errors) => {
            let more =
                if errors.len() > 1 { format!(" and {} more", errors.len() - 1) } else { String::new() };
            Err(format!("{}{more}", errors[0]))
        }
    };
    Check::new(section.kind.name(), result)
}

/// That all which follows the prefix has the SHA-256 that the manifest tells.
fn content(payload: &[u8], prefix: &Prefix) -> Option<Check> {
    let expected = prefix.manifest.content?;
    let manifest = prefix.section(SectionKind::Manifest)?;
    let follows = &payload[(manifest.offset + manifest.stored_len) as usize..];
    let result = match payload::sha256(follows) == expected {
        true => Ok(format!("SHA-256 matches, {} bytes", follows.len())),
        false => Err("the SHA-256 of all sections is not the one in the manifest".to_owned()),
    };
    Some(Check::new("content", result))
}

/// That nothing but zeros lies between the sections.
fn padding(payload: &[u8], prefix: &Prefix) -> Result<String, String> {
    for pair in prefix.sections.windows(2) {
        let gap = (pair[0].offset + pair[0].stored_len) as usize..pair[1].offset as usize;
        if let Some(at) = gap.into_iter().find(|at| payload[*at] != 0) {
            return Err(format!("payload at {at:#x}: a byte between two sections is not zero"));
        }
    }
    Ok("zeros".to_owned())
}

/// That the tables say what a launcher can read. A section that does not decode was told of before.
fn tables(payload: &[u8], prefix: &Prefix) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut table = |kind, read: &dyn Fn(&[u8]) -> Result<String, payload::Error>| {
        let Some(content) = prefix.section(kind).and_then(|section| decode::section(payload, section).ok())
        else {
            return;
        };
        // Offsets are from the start of the content here.
        let result = read(&content).map_err(|error| format!("in the section's content: {error}"));
        checks.push(Check::new(format!("tables of {}", kind.name()), result));
    };
    let len_of = |kind| prefix.section(kind).map_or(0, |section| section.len);
    table(SectionKind::Metadata, &|content| {
        let image = Image::parse(content, len_of(SectionKind::Code), len_of(SectionKind::Memory))?;
        Ok(format!("{} functions, {} bytes for the engine", image.functions.len(), image.metadata.len()))
    });
    table(SectionKind::Unwind, &|content| {
        let unwind = Unwind::parse(content)?;
        Ok(format!("{} functions", unwind.entries.len()))
    });
    table(SectionKind::Frames, &|content| {
        Ok(format!("{} functions", Frames::parse(content)?.functions.len()))
    });
    table(SectionKind::Tree, &|content| {
        let tree = Tree::parse(content)?;
        tree.entries(prefix.manifest.grants.files().count() as u32, len_of(SectionKind::Files))?;
        Ok(format!("{} files and folders", tree.count()))
    });
    // Not as a whole: a kept module may be large.
    let kept = prefix.section(SectionKind::Module);
    if let Some(Ok(hash)) = kept.map(|section| decode::sha256(payload, section)) {
        let result = match hash == prefix.manifest.module_sha256 {
            true => Ok("SHA-256 matches the manifest's".to_owned()),
            false => Err("the SHA-256 is not the one in the manifest".to_owned()),
        };
        checks.push(Check::new("kept module", result));
    }
    checks
}

/// What a comparison with the launcher in the file `name` found.
fn own(name: &Path, is_it: Result<bool, String>) -> Result<String, String> {
    let name = name.display();
    match is_it {
        Ok(true) => Ok(format!("the one in {name}")),
        Ok(false) => Err(format!("not the one in {name}; it was packed with another, or changed since")),
        Err(what) => {
            Err(format!("not the one in {name}: {what}; it was packed with another, or changed since"))
        }
    }
}

/// Whether the launcher is `stub`, the one that this packer carries for the target, if it carries one; `is_it` compares.
pub(super) fn carried(
    target: Target,
    producer: Option<&str>,
    stub: Option<Result<Vec<u8>, Error>>,
    is_it: &dyn Fn(&[u8]) -> Result<bool, String>,
) -> Result<String, String> {
    let Some(stub) = stub else {
        return Ok(format!("not compared: this wasmpack carries none for {}", target.name()));
    };
    let stub = stub.map_err(|error| error.reason)?;
    let differs = match is_it(&stub) {
        Ok(true) => return Ok("the one that this wasmpack carries".to_owned()),
        Ok(false) => String::new(),
        Err(what) => format!(": {what}"),
    };
    // Only the very version that packed it can tell a launcher that was changed from another one.
    match producer.map(|producer| producer::parts(producer).0) {
        Some(other) if other != PRODUCER => {
            Ok(format!("not compared: it was packed by {other:?}, this is {PRODUCER}"))
        }
        _ => Err(format!(
            "not the one that this wasmpack carries for {}, with which it was compared{differs}; it was packed with --stub \
             FILE (verify --stub FILE compares it with that), or by another build, or changed since",
            target.name()
        )),
    }
}
