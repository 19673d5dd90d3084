//! The way from a module to files, in functions that read like a summary.
//!
//! Work on the module (reading, checking, fitting it to the compilers) happens once. Work for a target (compiling, compressing,
//! embedding, writing) happens once for each. Targets are packed side by side, as many as there are cores:
//! see "How are several targets packed?" in docs/decisions.md. If one fails, the others are still written.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::Instant,
};

use payload::{About, Manifest, Target, info::printable};

use super::{
    Done, Layout, Pack, Packed, Place,
    fitness::Fitness,
    imports::{becomes_none, no_sockets},
    shared::{Shared, launcher},
    slices::Slice,
    source::Source,
    trial::Trying,
    twins::Twins,
};
use crate::{
    Error,
    cache::{Cache, entry, key::Key},
    container::{pe::PeOptions, unix},
    earlier,
    input::{Module, command, copies, files::Files, program::Program},
    output::{self, Output},
    parallel,
    progress::Progress,
    read,
    release::{self, Archived, Beside},
    store::{self, Stored},
    targets::platform::Platform,
    trial::{Carried, Trial},
};

/// One target's work, with all that can be known before compiling.
struct Job<'a> {
    place: &'a Place,
    output: Output,
    /// The launcher for each target of the file.
    launchers: Vec<(Target, Vec<u8>)>,
}

/// The share of a pack that what all targets have in common usually takes.
const SHARED: f64 = 0.05;
/// The share of the trial.
const TRIAL: f64 = 0.1;

/// A target, with its work or the reason why there is none.
type Prepared<'a> = (&'a Place, Result<Job<'a>, Error>);

impl Pack {
    /// Packs, and hands the outcome for each target to `each` as soon as it is known. An output is there when its
    /// outcome is `Ok`, and as it was before when it is `Err`.
    ///
    /// Returns what is the same for all.
    ///
    /// # Errors
    /// What concerns all targets: nothing was written then, and `each` was not called. One of each [`Kind`]. Only when the
    /// hashes of archives cannot be written in the end, those are there already.
    pub fn run(
        &self,
        progress: &Progress,
        each: &(dyn Fn(&Place, Result<Packed, Error>) + Sync),
    ) -> Result<Done, Error> {
        let start = Instant::now();
        progress.check()?;
        let in_app = |error: Error| error.in_file(&self.input);

        let Source { module, is_kept, text, mut manifest, files, others, contents, mut notes } =
            Source::read(self)?;
        let own_stub = self.read_stub()?;
        let made = self.folder.as_deref().map(output::make_folder).transpose()?;
        let jobs: Vec<_> =
            self.outputs.iter().map(|place| (place, self.job(place, own_stub.as_deref()))).collect();
        let platforms = self.outputs.iter().map(|place| place.target);
        let included =
            release::included(self.archive.as_deref().unwrap_or_default(), platforms, self.sign.as_ref())?;
        let shown = self.shown(&manifest)?;
        let beside = self.beside(&manifest, &included)?;
        self.check_save_profile(beside.as_ref())?;
        let mut fitness = Fitness::new(&module.wasm, self.compiler);
        let outcomes = self.validate(&mut fitness, jobs).map_err(in_app)?;
        let lowered = fitness.lowered();
        command::check(&module.wasm).map_err(in_app)?;
        if let Some(lowered) = &lowered {
            command::check(&lowered.wasm).map_err(in_app)?;
        }
        let Module { wasm, file_len, component, .. } = module;
        notes.extend(self.unprovided(&wasm, component.as_ref()).map_err(in_app)?);
        let was_component = component.is_some();
        let starts =
            if manifest.programs.is_empty() { copies::starts_copies } else { copies::starts_processes };
        manifest.grants.fork = !was_component && starts(&wasm);
        notes.extend(becomes_none(&manifest, &wasm, was_component));
        notes.extend(no_sockets(&manifest, &wasm).into_iter().map(str::to_owned));
        let mut program = Program::new(&wasm, lowered, self.max_memory).map_err(in_app)?;
        if let Some(component) = component {
            program.origin.lead_into(component.map);
        }

        let mut jobs = Vec::new();
        for (place, outcome) in outcomes {
            match outcome {
                Ok(job) => jobs.push(job),
                Err(error) => each(place, Err(error)),
            }
        }
        let cache = self.cache.open()?;
        let targets: Vec<Target> = jobs.iter().flat_map(|job: &Job<'_>| job.place.target.targets()).collect();
        let mut others = self.others(others, &targets, &manifest, is_kept, cache.as_ref())?;
        notes.append(&mut others.notes);
        manifest.grants.fork |= others.starts_copies;
        notes.extend(self.no_copies(&manifest));
        let sections = if jobs.is_empty() {
            Vec::new()
        } else {
            let original = is_kept.then(|| text.as_ref().unwrap_or(&wasm).as_slice());
            self.shared(&files, original, cache.as_ref(), &progress.part(SHARED))?
        };
        drop((wasm, text));
        let carried = Arc::new(Carried::new(files));
        let wasm_sha256 = payload::sha256(&program.wasm);
        let (twins, once) = (Twins::of(targets.into_iter()), store::Once::default());
        let shared = Shared {
            program,
            wasm_sha256,
            manifest,
            sections,
            others,
            shown,
            included,
            own_stub,
            twins,
            once,
            cache,
        };
        let written = Mutex::new(Vec::new());
        let trying = Trying::default();
        let one = |job: Job<'_>, progress: &Progress| {
            let place = job.place;
            let outcome = self.finish(job, &shared, &trying, beside.as_ref(), &written, progress);
            // That is every target's error, and told as one.
            if trying.wait().is_err() {
                return;
            }
            each(
                place,
                outcome.map(|packed| {
                    let component = was_component;
                    Packed { input_len: file_len, component, took: start.elapsed(), ..packed }
                }),
            );
        };
        // Those that are refused have no work.
        let share = (1.0 - SHARED - TRIAL) / jobs.len().max(1) as f64;
        let jobs: Vec<_> = jobs.into_iter().map(|job| (job, progress.part(share))).collect();
        let of_trial = progress.part(TRIAL);
        if !jobs.is_empty() {
            thread::scope(|scope| {
                self.begin_trial(scope, &trying, &shared, &carried, &of_trial);
                if self.outputs.len() == 1 {
                    jobs.into_iter().for_each(|(job, progress)| one(job, &progress));
                } else {
                    side_by_side(jobs, one);
                }
            });
        }
        of_trial.end();
        let tried = trying.end().map_err(in_app)?;
        notes.extend(tried.note);
        drop(made);
        let written = written.into_inner().expect("nobody panics while holding it");
        let beside = match beside {
            Some(beside) if !written.is_empty() => self.write_beside(beside, &written, &mut notes)?,
            _ => Vec::new(),
        };
        let (tried, untried) = (tried.told, tried.untried);
        Ok(Done { manifest: shared.manifest, contents, notes, tried, untried, beside })
    }

    /// The sections that are the same for every target.
    pub(super) fn shared(
        &self,
        files: &Files,
        module: Option<&[u8]>,
        cache: Option<&Cache>,
        progress: &Progress,
    ) -> Result<Vec<Stored>, Error> {
        let store = || store::shared(files, module, self.storage, progress);
        let Some(cache) = cache.filter(|_| !files.roots.is_empty() || module.is_some()) else {
            let stored = store();
            progress.end();
            return progress.check().map(|()| stored);
        };
        let key = Key::new("shared")
            .with(format!("{:?} {}", self.storage, module.is_some()).as_bytes())
            .with(&payload::tree::to_bytes(&files.roots))
            .with(&files.content)
            .with(module.unwrap_or_default());
        if let Some(kept) = cache.get(&key).and_then(|bytes| entry::sections(&bytes)) {
            progress.end();
            return Ok(kept);
        }
        let stored = store();
        progress.end();
        progress.check()?;
        cache.put(&key, &entry::bytes(&stored));
        Ok(stored)
    }

    /// The files that are read, and must not be written to.
    pub(super) fn inputs(&self) -> Vec<&Path> {
        let input = Some(&self.input).filter(|_| !self.is_in_memory);
        let mut inputs: Vec<&Path> =
            input.into_iter().chain(&self.stub).chain(&self.icon).map(PathBuf::as_path).collect();
        inputs.extend(self.with.iter().map(|with| with.file.as_path()));
        inputs.extend(self.archive.iter().flatten().map(PathBuf::as_path));
        inputs.extend(self.sign.iter().map(|key| key.file()));
        if let Trial::Saved(files) = &self.trial {
            inputs.extend(files.iter().map(PathBuf::as_path));
        }
        inputs
    }

    /// Checks that nothing is lost that no earlier pack wrote there.
    fn check_earlier(&self, place: &Place) -> Result<(), Error> {
        match &self.archive {
            _ if self.force || self.memory.is_some() || self.to_stdout => Ok(()),
            Some(_) => earlier::check_archive(&place.file),
            None => earlier::check(&place.file, place.target),
        }
    }

    /// Everything about one target that can be found wanting before the module is looked at.
    fn job<'a>(&self, place: &'a Place, own_stub: Option<&[u8]>) -> Result<Job<'a>, Error> {
        let inputs = self.inputs();
        let output = match (&self.memory, self.to_stdout) {
            (Some(memory), _) => Output::memory(memory),
            (None, true) => Output::standard(&inputs, true)?,
            (None, false) => {
                let output = Output::prepare(&place.file, &inputs, self.archive.is_none())?;
                self.check_earlier(place)?;
                output
            }
        };
        let launcher =
            |target| launcher(target, own(own_stub, place.target, target)).map(|stub| (target, stub));
        let launchers = place.target.targets().map(launcher).collect::<Result<_, Error>>()?;
        Ok(Job { place, output, launchers })
    }

    /// The jobs whose target can have the module.
    ///
    /// # Errors
    /// When no target can have it, and all for one reason.
    fn validate<'a>(
        &self,
        fitness: &mut Fitness<'_>,
        jobs: Vec<Prepared<'a>>,
    ) -> Result<Vec<Prepared<'a>>, Error> {
        let check = |(place, job): Prepared<'a>| {
            let valid = job.and_then(|job| {
                let checked = place.target.targets().try_for_each(|target| fitness.check(target));
                checked.map_err(|error| error.in_file(&self.input)).map(|()| job)
            });
            (place, valid)
        };
        let checked: Vec<_> = jobs.into_iter().map(check).collect();
        let reasons: Vec<Option<&Error>> = checked.iter().map(|(_, job)| job.as_ref().err()).collect();
        match reasons[..] {
            [Some(first), ..] if reasons.iter().all(|reason| *reason == Some(first)) => Err(first.clone()),
            _ => Ok(checked),
        }
    }

    /// Compiles, compresses, embeds and writes. Of what is returned, the caller knows how much was read, and since when.
    fn finish(
        &self,
        job: Job<'_>,
        shared: &Shared,
        trying: &Trying,
        beside: Option<&Beside>,
        written: &Mutex<Vec<Archived>>,
        progress: &Progress,
    ) -> Result<Packed, Error> {
        let Job { place, output, launchers } = job;
        let Place { target, file } = place;
        let slices = self.slices(&launchers, place, shared, trying, progress)?;
        drop(launchers);
        let functions = slices.iter().map(|slice| slice.functions).max().unwrap_or_default();
        let (bytes, parts) = Slice::file(slices).map_err(|error| self.unfit(error, place))?;
        let layout = match functions {
            0 => Layout::Calls,
            functions => Layout::Start { functions },
        };
        let packed = Packed {
            input_len: 0,
            component: false,
            output_len: bytes.len() as u64,
            sha256: payload::sha256(&bytes),
            parts,
            layout,
            took: std::time::Duration::ZERO,
        };
        progress.check()?;
        progress.end();
        // Somebody may have written there meanwhile.
        self.check_earlier(place)?;
        let Some(beside) = beside else {
            output.write(&bytes)?;
            return Ok(packed);
        };
        let (archived, len) = self.archived(*target, file, bytes, shared, beside, output)?;
        let sha256 = archived.sha256;
        written.lock().expect("nobody panics while holding it").push(archived);
        Ok(Packed { output_len: len, sha256, ..packed })
    }

    /// The appearance of a Windows executable.
    fn shown(&self, manifest: &Manifest) -> Result<PeOptions, Error> {
        let read = |icon: &PathBuf| read::whole(icon, "the icon", read::MOST_ICON);
        let mut shown = self.shown.clone();
        shown.app.clone_from(&manifest.app);
        shown.icon = self.icon.as_ref().map(read).transpose()?;
        let About { author, homepage, license } = &manifest.about;
        for (key, text) in [
            ("FileDescription", &self.description),
            ("FileVersion", &manifest.version),
            ("ProductVersion", &manifest.version),
            ("CompanyName", author),
            ("LegalCopyright", license),
            ("Comments", homepage),
        ] {
            if let Some(text) = text
                && !shown.version_info.iter().any(|(said, _)| said == key)
            {
                // An executable's own may be anything.
                shown.version_info.push((key.to_owned(), printable(text)));
            }
        }
        Ok(shown)
    }

    /// The launcher to use instead of those in this packer.
    fn read_stub(&self) -> Result<Option<Vec<u8>>, Error> {
        let read = |stub: &PathBuf| read::whole(stub, "the launcher", read::MOST_LAUNCHER);
        self.stub.as_ref().map(read).transpose()
    }
}

/// The launcher of the user's own for `target` of the file for `platform`: of one for several, it is that of the target that it is
/// for.
fn own(stub: Option<&[u8]>, platform: Platform, target: Target) -> Option<&[u8]> {
    let is_for_it = |stub: &&[u8]| match unix::target(stub) {
        Some(of) if platform == Platform::Unix && platform.targets().any(|other| other == of) => of == target,
        // Whoever uses it tells what is wrong with it.
        _ => true,
    };
    stub.filter(is_for_it)
}

/// Does `one` for each job, on as many threads as there are cores.
fn side_by_side<'a>(jobs: Vec<(Job<'a>, Progress)>, one: impl Fn(Job<'a>, &Progress) + Sync) {
    let count = jobs.len();
    let jobs: Vec<_> = jobs.into_iter().map(|job| Mutex::new(Some(job))).collect();
    let pack_one = |index: usize| {
        let job = jobs[index].lock().ok().and_then(|mut job| job.take());
        let (job, progress) = job.expect("each job is taken once");
        one(job, &progress);
    };
    parallel::map(count, || (), |(), index| pack_one(index));
}
