//! Programs that are carried beside the app: it may become them, or start them.

use std::path::{Path, PathBuf};

use payload::{
    Manifest, SectionKind, Target,
    info::{is_seen, printable},
    program::{self, Carried, MAX_NAME},
};

use super::{Opened, Pack, fitness::Fitness, made::Made, shared::Shared, trial::Trying, twins::Twins};
use crate::{
    Error, Kind,
    cache::Cache,
    container::pe::PeOptions,
    executable::Executable,
    input::{Module, command, copies, files::Files, program::Program, unprovided::Unprovided},
    progress::Progress,
    store::{self, Chunks, Content, Once, Stored},
};

/// A program that is carried, and the names under which the app finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct With {
    /// The names.
    pub names: Vec<String>,
    /// A .wasm module, WebAssembly text or a component.
    pub file: PathBuf,
}

impl With {
    /// Reads `NAME[,NAME...]=FILE`.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<With, String> {
        let (names, file) = text
            .split_once('=')
            .filter(|(_, file)| !file.is_empty())
            .ok_or("must be NAME=FILE, such as grep=grep.wasm")?;
        let names: Vec<String> = names.split(',').map(str::to_owned).collect();
        names.iter().try_for_each(|name| check(name))?;
        Ok(With { names, file: file.into() })
    }
}

/// Checks the name of a program.
fn check(name: &str) -> Result<(), String> {
    let fail = |why: &str| Err(format!("the name {:?} {why}", printable(name)));
    match name {
        "" => Err("a name is empty; write NAME=FILE, such as grep=grep.wasm".to_owned()),
        "." | ".." => fail("is that of a directory; choose another"),
        _ if name.contains('/') => {
            fail("has a slash; programs have no directories but /bin: write the name alone")
        }
        _ if name.len() > MAX_NAME => fail(&format!("is longer than {MAX_NAME} bytes; choose a shorter one")),
        _ if name.chars().any(|c| !is_seen(c)) => fail("has characters that are not seen; choose another"),
        _ => Ok(()),
    }
}

/// A program that is carried beside the app.
#[derive(Debug)]
pub(super) struct Other {
    module: Module,
    /// The text or component that it was, where that is kept.
    text: Option<Vec<u8>>,
    file: PathBuf,
    name: String,
}

/// Reads what is carried beside the app, whose hash is `app`, and which comes from `executable`, if it does: the programs, and the
/// names of all, with their numbers.
///
/// # Errors
/// `Name` for two of one name; as [`Module::new`], about its file; `NoModule` for an executable.
pub(super) fn read(
    pack: &Pack,
    executable: Option<&Executable>,
    app: [u8; 32],
) -> Result<(Vec<Other>, Vec<Carried>), Error> {
    let (mut others, mut carried): (Vec<Other>, Vec<Carried>) = (Vec::new(), Vec::new());
    let mut add = |names: &[String], bytes: Vec<u8>, file: &Path| {
        let kept = bytes.clone();
        let module = Module::new(bytes, file)?;
        let known = others.iter().position(|other| other.module.sha256 == module.sha256);
        let number = match known {
            _ if module.sha256 == app => 0,
            Some(at) => at + 1,
            None => {
                let text = Some(kept).filter(|kept| *kept != module.wasm);
                let name = names.first().cloned().unwrap_or_default();
                others.push(Other { module, text, file: file.to_owned(), name });
                others.len()
            }
        };
        carried.extend(names.iter().map(|name| Carried { number: number as u32, name: name.clone() }));
        Ok::<_, Error>(())
    };
    let asked: Vec<&String> = pack.with.iter().flat_map(|with| &with.names).collect();
    if let Some(twice) = asked.iter().enumerate().find(|(at, name)| asked[..*at].contains(name)) {
        let reason = format!("two programs are called {:?} (--with); leave one out", printable(twice.1));
        return Err(Error::new(Kind::Name, reason));
    }
    for (names, bytes) in executable.map(kept).transpose()?.unwrap_or_default() {
        // New ones replace those of the same name.
        let left: Vec<String> = names.into_iter().filter(|name| !asked.contains(&name)).collect();
        if !left.is_empty() {
            add(&left, bytes, &pack.input)?;
        }
    }
    for With { names, file } in &pack.with {
        names.iter().try_for_each(|name| check(name)).map_err(|why| Error::new(Kind::Name, why))?;
        let Opened::Module(bytes) = Opened::read(file)? else {
            let reason = "an executable; to be carried (--with) a program must be a .wasm: name the one that it was packed from";
            return Err(Error::new(Kind::NotWasm, reason).in_file(file));
        };
        add(names, bytes, file)?;
    }
    Ok((others, carried))
}

/// The names and modules of programs that `executable` carries, in their order.
fn kept(executable: &Executable) -> Result<Vec<(Vec<String>, Vec<u8>)>, Error> {
    let carried = &executable.manifest().programs;
    let names = |number: u32| {
        let own = carried.iter().filter(|carried| carried.number == number);
        own.map(|carried| carried.name.clone()).collect::<Vec<_>>()
    };
    let mut all = Vec::new();
    if !names(0).is_empty() {
        all.push((names(0), super::source::kept_module(executable)?));
    }
    for (number, (prefix, payload)) in (1..).zip(executable.programs()?) {
        let section = prefix.section(SectionKind::Module).ok_or_else(super::source::no_module)?;
        let module = store::decode::section(payload, section)
            .map_err(|error| Error::new(Kind::Damaged, format!("a program that it carries: {error}")))?;
        all.push((names(number), module));
    }
    Ok(all)
}

/// Programs that are ready to be compiled.
#[derive(Default)]
pub(super) struct Others {
    all: Vec<(PathBuf, Shared)>,
    /// Notes about them.
    pub(super) notes: Vec<String>,
    /// Whether one starts copies of its process.
    pub(super) starts_copies: bool,
}

impl Pack {
    /// Checks and prepares `others` for `targets`. `manifest` is the app's; each is kept as it was if the app is.
    ///
    /// # Errors
    /// As for the app, each about its file.
    pub(super) fn others(
        &self,
        others: Vec<Other>,
        targets: &[Target],
        manifest: &Manifest,
        is_kept: bool,
        cache: Option<&Cache>,
    ) -> Result<Others, Error> {
        let mut ready = Others::default();
        for Other { module, text, file, name } in others {
            let of_file = |error: Error| error.in_file(&file);
            let mut fitness = Fitness::new(&module.wasm, self.compiler);
            targets.iter().try_for_each(|target| fitness.check(*target)).map_err(of_file)?;
            let lowered = fitness.lowered();
            command::check(&module.wasm).map_err(of_file)?;
            if let Some(lowered) = &lowered {
                command::check(&lowered.wasm).map_err(of_file)?;
            }
            let Module { wasm, sha256, component, .. } = module;
            let unprovided: Vec<String> = match &component {
                Some(component) => component.note().into_iter().collect(),
                None => Unprovided::read(&wasm).expect("the module was validated").all(),
            };
            if let Some(reason) = unprovided.first().filter(|_| self.strict) {
                let reason = format!("{reason} (--strict refuses that)");
                return Err(of_file(Error::new(Kind::Import, reason)));
            }
            ready.notes.extend(unprovided.into_iter().map(|note| format!("{}: {note}", printable(&name))));
            ready.starts_copies |= component.is_none() && copies::starts_processes(&wasm);
            let mut program = Program::new(&wasm, lowered, self.max_memory).map_err(of_file)?;
            if let Some(component) = component {
                program.origin.lead_into(component.map);
            }
            let original = is_kept.then(|| text.as_ref().unwrap_or(&wasm).as_slice());
            let sections = self.shared(&Files::default(), original, cache, &Progress::hidden())?;
            let shared = Shared {
                wasm_sha256: payload::sha256(&program.wasm),
                program,
                manifest: Manifest {
                    producer: manifest.producer.clone(),
                    app: name,
                    module_sha256: sha256,
                    ..Manifest::default()
                },
                sections,
                others: Others::default(),
                shown: PeOptions::default(),
                own_stub: None,
                included: Vec::new(),
                twins: Twins::of(targets.iter().copied()),
                once: Once::default(),
                cache: cache.cloned(),
            };
            ready.all.push((file, shared));
        }
        Ok(ready)
    }

    /// The section with `others`, compiled for a target, if there are any.
    ///
    /// # Errors
    /// As for the app, each about its file.
    pub(super) fn programs(
        &self,
        (target, chunks): (Target, Chunks),
        others: &Others,
        progress: &Progress,
    ) -> Result<Option<Stored>, Error> {
        let trying = Trying::none();
        let one = |(file, shared): &(PathBuf, Shared)| {
            let made = self.made((target, chunks), shared, &trying, progress);
            let Made { header, sections, .. } = made.map_err(|error| error.in_file(file))?;
            Ok(store::payload(header, &shared.manifest, &sections, &shared.sections))
        };
        let payloads = others.all.iter().map(one).collect::<Result<Vec<_>, Error>>()?;
        let section = program::join(payloads.iter().map(Vec::as_slice));
        let stored = || Stored { kind: SectionKind::Programs, content: Content::Raw(section).into() };
        Ok((!payloads.is_empty()).then(stored))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_a_file_are_read_and_bad_names_are_told() {
        let with = With::parse("ls,cat=tools/core=utils.wasm").unwrap();
        assert_eq!(
            (with.names.join("+"), with.file.to_str()),
            ("ls+cat".to_owned(), Some("tools/core=utils.wasm"))
        );
        for (text, why) in [
            ("grep.wasm", "must be NAME=FILE"),
            ("grep=", "must be NAME=FILE"),
            ("=grep.wasm", "a name is empty"),
            ("a,,b=grep.wasm", "a name is empty"),
            (".=x", "\".\" is that of a directory"),
            ("..=x", "\"..\" is that of a directory"),
            ("bin/grep=x", "\"bin/grep\" has a slash"),
            ("a\u{200b}=x", "not seen"),
            (&format!("{}=x", "a".repeat(256)), "is longer than 255 bytes"),
        ] {
            let error = With::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
