//! `wasmpack installers`: archives and installers of executables that are there already, whoever made them.

use std::path::{Path, PathBuf};

use payload::{Target, info::printable};
use serde_json::{Value, json};

use super::{
    ExitCode,
    command::Installers as Flags,
    complain, fail, folder, json, message, out, packing, password,
    project::{self, Project},
    say,
    typed::Typed,
    unfit::Unfit,
};
use crate::{
    Error, Kind, container, earlier,
    output::{self, Output, archive},
    read,
    release::{self, Beside, Installer, Written, machine},
    targets::{self, name, part, platform::Platform},
};

/// An executable, and the machine it is for.
type Given = (Platform, PathBuf);

/// Writes them.
pub(super) fn run(flags: Flags) -> ExitCode {
    let usage = |reason: String| {
        complain(&printable(&reason));
        ExitCode::Usage
    };
    let Flags { files, builds, config, options } = flags;
    let described = match config {
        Some(config) => project::describe(&config, options.0, "wasmpack installers --name NAME"),
        None => Ok(Project { typed: options.0.typed(), ..Project::default() }),
    };
    let Project { typed, lines, .. } = match described {
        Ok(project) => project,
        Err((code, reason)) => {
            complain(&reason);
            return code;
        }
    };
    let given = match given(&files, builds) {
        Ok(given) => given,
        Err(reason) => return usage(reason),
    };
    let order = match Order::new(&typed, given) {
        Ok(order) => order,
        Err(unfit) => return usage(lines.unfit(&unfit)),
    };
    match order.write(&typed) {
        Ok(done) if typed.json => out(&json(&done.value(&typed))),
        Ok(done) => {
            if !typed.quiet {
                done.archives.iter().for_each(|written| say(&message::written(written)));
                message::beside(&done.beside).iter().for_each(|line| say(line));
                done.notes.iter().for_each(|note| say(&format!("note: {note}")));
            }
            ExitCode::Success
        }
        // What is missing is an option.
        Err(error) if error.kind == Kind::Installer => usage(lines.error(&error)),
        Err(error) => fail(&lines.error(&error)),
    }
}

/// The executables: those that were named with their targets, and those whose names say it.
fn given(files: &[PathBuf], builds: Vec<Given>) -> Result<Vec<Given>, String> {
    let mut given = builds;
    for file in files {
        let found = if file.is_dir() { in_folder(file)? } else { vec![file.clone()] };
        for file in found {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let target = match name::said(&name) {
                said if said.is_nothing() => Err("the name does not say a target".to_owned()),
                _ => name::target(&name, None),
            };
            let target = target.map_err(|why| {
                format!("{}: {why}; say it: --for TARGET={}", file.display(), file.display())
            })?;
            given.push((target, file));
        }
    }
    given.sort();
    if let Some(two) = given.windows(2).find(|two| two[0].0 == two[1].0) {
        let [(target, first), (_, second)] = two else { unreachable!("windows of two") };
        let (first, second) = (first.display(), second.display());
        return Err(format!("{first} and {second} are both for {}; leave one out", target.name()));
    }
    match given.is_empty() {
        true => Err("name the executables, such as --for linux-x86_64=notes, or a folder of them".to_owned()),
        false => Ok(given),
    }
}

/// The executables in a folder.
fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error: std::io::Error| format!("{}: cannot read the folder: {error}", folder.display());
    let mut files = Vec::new();
    for entry in folder.read_dir().map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        // The beginning is enough; what cannot be read is told when it is to be packed.
        let head = read::head(&path).unwrap_or_default();
        if path.is_file() && !machine::targets(&head).is_empty() && !earlier::is_installer(&path) {
            files.push(path);
        }
    }
    match files.is_empty() {
        true => Err(format!("{}: there is no executable in the folder", folder.display())),
        false => Ok(files),
    }
}

/// The archives to make, and where.
struct Order {
    name: String,
    folder: PathBuf,
    given: Vec<Given>,
    time: Option<u64>,
}

/// The files that were written, and notes.
struct Done {
    archives: Vec<Written>,
    beside: Vec<Written>,
    notes: Vec<String>,
    platforms: Vec<Platform>,
}

impl Order {
    fn new(typed: &Typed, given: Vec<Given>) -> Result<Order, Unfit> {
        let name = typed.name.clone().ok_or_else(|| Unfit::new("name the program with --name"))?;
        let unsaid = || Unfit::new("name the folder to write to with -o, such as -o dist/");
        let folder = typed.output.clone().ok_or_else(unsaid)?;
        folder::check(&folder, "archives and installers")?;
        for target in given.iter().flat_map(|(platform, _)| platform.targets()) {
            part::check_first(&name, target).map_err(|why| Unfit::of_name(&why, "name"))?;
        }
        let time = packing::source_date_epoch().map_err(Unfit::new)?;
        Ok(Order { name, folder, given, time })
    }

    fn write(&self, typed: &Typed) -> Result<Done, Error> {
        let key = typed.sign.as_deref().map(password::key).transpose();
        let key = key.map_err(|reason| Error::new(Kind::Sign, reason).of(&["sign"]))?;
        let platforms: Vec<Platform> = self.given.iter().map(|(platform, _)| *platform).collect();
        let included = release::included(&typed.include, platforms.iter().copied(), key.as_ref())?;
        let read = |(platform, file): &Given| {
            let bytes = read::whole(file, "the executable", container::MAX_LEN)?;
            check_machine(&bytes, *platform).map_err(|why| Error::new(Kind::Read, why).in_file(file))?;
            Ok(bytes)
        };
        let executables: Vec<Vec<u8>> = self.given.iter().map(read).collect::<Result<_, Error>>()?;
        let extra = match executables.iter().any(|bytes| container::is_packed(bytes)) {
            true => release::with_terms(&included),
            false => included.clone(),
        };
        let targets: Vec<Target> = platforms.iter().flat_map(|platform| platform.targets()).collect();
        let kinds = match typed.installers.is_empty() {
            true => Installer::ALL.to_vec(),
            false => typed.installers.clone(),
        };
        let version = typed.version.as_deref();
        let meta = typed.release.meta(&self.name, version, &typed.about, typed.description.as_deref());
        let wheels = kinds.contains(&Installer::Pypi);
        let linked: Vec<String> =
            self.given.iter().zip(&executables).filter(|_| wheels).filter_map(dynamic).collect();
        let plan = release::planned(&meta, &kinds, &targets, &extra, self.time)?;

        let made = output::make_folder(&self.folder)?;
        let mut inputs: Vec<&Path> = self.given.iter().map(|(_, file)| file.as_path()).collect();
        inputs.extend(typed.include.iter().chain(&typed.sign).map(PathBuf::as_path));
        let names: Vec<String> =
            platforms.iter().map(|platform| archive::name(&self.name, *platform, version)).collect();
        let how = (self.time, typed.force);
        let place = (self.folder.as_path(), self.name.as_str());
        let beside = Beside::prepare(place, &inputs, &names, Some(plan), key, how)?;
        let places = names.iter().map(|name| Output::prepare(&self.folder.join(name), &inputs, false));
        let places: Vec<Output> = places.collect::<Result<_, Error>>()?;
        if !typed.force {
            names.iter().try_for_each(|name| earlier::check_archive(&self.folder.join(name)))?;
        }

        let mut archived = Vec::new();
        let mut archives = Vec::new();
        for ((bytes, platform), name) in executables.into_iter().zip(&platforms).zip(&names) {
            let (one, archive) = beside.archive((*platform, &self.name), name.clone(), bytes, &included)?;
            archives.push((self.folder.join(name), archive));
            archived.push(one);
        }
        beside.forget_sums();
        for (place, (_, archive)) in places.into_iter().zip(&archives) {
            place.write(archive)?;
        }
        let (beside, mut notes) = beside.write(&archived, true)?;
        notes.extend(linked);
        drop(made);
        let archives = archives.into_iter().zip(&archived).map(|((file, bytes), archived)| Written {
            file,
            len: bytes.len() as u64,
            sha256: archived.sha256,
        });
        Ok(Done { archives: archives.collect(), beside, notes, platforms })
    }
}

impl Done {
    fn value(&self, typed: &Typed) -> Value {
        let archives = self.archives.iter().zip(&self.platforms).map(|(written, platform)| {
            let mut value = message::as_json(written);
            value["target"] = platform.name().into();
            value
        });
        json!({
            "name": typed.name,
            "version": typed.version,
            "archives": archives.collect::<Vec<_>>(),
            "beside": self.beside.iter().map(message::as_json).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }
}

/// A note on an executable that is linked dynamically, for which a wheel promises more than it keeps.
fn dynamic(((_, file), bytes): (&Given, &Vec<u8>)) -> Option<String> {
    let interpreter = machine::interpreter(bytes)?;
    Some(format!(
        "{} is linked dynamically: it needs {} and the libraries of the system that it was built on, and its wheel says that it runs \
         on every Linux (manylinux, musllinux); link it statically",
        printable(&file.to_string_lossy()),
        printable(&interpreter)
    ))
}

/// Checks that `bytes` is an executable for `platform`, as far as its first bytes tell.
fn check_machine(bytes: &[u8], platform: Platform) -> Result<(), String> {
    let said = machine::targets(bytes);
    match said.is_empty() {
        true => Err("it is no executable for a target of wasmpack".to_owned()),
        false if platform.targets().all(|target| said.contains(&target)) => Ok(()),
        false => Err(format!("it is for {}, not for {}", targets::list(&said), platform.name())),
    }
}
