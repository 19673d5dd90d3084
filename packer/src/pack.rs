//! The whole pack, from a module to executables, in functions that read like a summary.
//!
//! What concerns the module (reading, checking, making it lean) happens once; what concerns a target (compiling,
//! compressing, embedding, writing) once for each. Targets are packed side by side, as many as there are cores:
//! see "How are several targets packed?" in docs/decisions.md. One that fails takes nothing from the others.

use std::{
    num::NonZero,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use payload::{Compiler, DirGrant, Engine, Header, Manifest, Target};

use crate::{
    Error, Kind,
    compile::{self, Compiled},
    container::{self, pe::PeOptions},
    cpu::Raise,
    error::spoken,
    input::{Module, command, lean},
    link,
    output::{self, Output},
    profile::{self, Profile},
    progress::Progress,
    proposals,
    store::{self, Chunks, Storage},
    stubs,
};

/// What a manifest names as its producer.
pub(crate) const PRODUCER: &str = concat!("wasmpack ", env!("CARGO_PKG_VERSION"));

/// What to pack, and how it starts.
#[derive(Clone, Debug)]
pub struct Pack {
    /// The app: a .wasm module or WebAssembly text.
    pub input: PathBuf,
    /// The executables to write, one for each target.
    pub outputs: Vec<Place>,
    /// A folder to make first, when it is not there.
    pub folder: Option<PathBuf>,
    /// The app's name, which the manifest keeps and the systems show.
    pub app: String,
    /// The compiler that makes its code.
    pub compiler: Compiler,
    /// What the code may need of an x86-64 CPU beyond the baseline.
    pub cpu: Raise,
    /// How the images are stored.
    pub storage: Storage,
    /// Arguments of a start whose functions are to lie together; `None`: no start is tried.
    pub profile: Option<Vec<String>>,
    /// A launcher to use instead of the one in this packer.
    pub stub: Option<PathBuf>,
    /// The app's first argument; `None`: the name it is started by.
    pub argv0: Option<String>,
    /// Arguments before the user's own.
    pub args: Vec<String>,
    /// Variables, each `NAME=VALUE`.
    pub env: Vec<String>,
    /// Directories the app may use.
    pub dirs: Vec<DirGrant>,
    /// Windows: a program that opens no console window.
    pub gui: bool,
    /// Windows: an .ico file.
    pub icon: Option<PathBuf>,
    /// Windows: texts of the version information, such as (`FileVersion`, `1.2.3`).
    pub version_info: Vec<(String, String)>,
}

/// One executable to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The machine it is for.
    pub target: Target,
    /// Where it goes.
    pub file: PathBuf,
}

/// What was packed.
#[derive(Clone, Copy, Debug)]
pub struct Packed {
    /// Bytes in the file that was read.
    pub input_len: u64,
    /// Bytes in the executable.
    pub output_len: u64,
    /// How long it took from the start of the pack.
    pub took: Duration,
}

/// One target's work, with all that can be known before compiling.
struct Job<'a> {
    place: &'a Place,
    output: Output,
    stub: Vec<u8>,
}

/// What a tried start touched, and what was compiled for it: a target that is packed need not be compiled again.
#[derive(Default)]
struct Profiled {
    profile: Profile,
    compiled: Mutex<Option<(Target, Compiled)>>,
}

impl Profiled {
    /// What was compiled, if that was for `target`.
    fn take(&self, target: Target) -> Option<Compiled> {
        let mut compiled = self.compiled.lock().expect("nobody panics while holding it");
        compiled.take_if(|(of, _)| *of == target).map(|(_, compiled)| compiled)
    }
}

impl Pack {
    /// Packs, and hands the outcome for each target to `each` as soon as it is known. An output is there when its
    /// outcome is `Ok`, and as it was before when it is `Err`.
    ///
    /// # Errors
    /// What concerns all targets: nothing was written then, and `each` was not called. One of each [`Kind`].
    pub fn run(
        &self,
        progress: &Progress,
        each: &(dyn Fn(&Place, Result<Packed, Error>) + Sync),
    ) -> Result<(), Error> {
        let start = Instant::now();
        let in_app = |error: Error| error.in_file(&self.input);

        let module = Module::read(&self.input)?;
        let made = self.folder.as_deref().map(output::make_folder).transpose()?;
        let jobs: Vec<_> = self.outputs.iter().map(|place| (place, self.job(place))).collect();
        let shown = self.shown()?;
        let outcomes = self.validate(&module.wasm, jobs).map_err(in_app)?;
        command::check(&module.wasm).map_err(in_app)?;
        let Module { wasm, sha256, file_len } = module;
        let lean = lean::lean(&wasm).expect("the module was validated");
        drop(wasm);

        let mut jobs = Vec::new();
        for (place, outcome) in outcomes {
            match outcome {
                Ok(job) => jobs.push(job),
                Err(error) => each(place, Err(error)),
            }
        }
        let manifest = self.manifest(sha256);
        let profiled = match &self.profile {
            Some(args) if !jobs.is_empty() => {
                self.profiled(args, &lean, &manifest, progress).map_err(in_app)?
            }
            _ => Profiled::default(),
        };
        let one = |job: Job<'_>, progress: &Progress| {
            let place = job.place;
            let outcome = self.finish(job, &lean, &manifest, &shown, &profiled, progress);
            let packed = |output_len| Packed { input_len: file_len, output_len, took: start.elapsed() };
            each(place, outcome.map(packed));
        };
        if self.outputs.len() == 1 {
            jobs.into_iter().for_each(|job| one(job, progress));
        } else {
            side_by_side(jobs, progress, one);
        }
        progress.clear();
        drop(made);
        Ok(())
    }

    /// Everything about one target that can be found wanting before the module is looked at.
    fn job<'a>(&self, place: &'a Place) -> Result<Job<'a>, Error> {
        let inputs: Vec<&Path> = [&self.input].into_iter().chain(&self.stub).map(PathBuf::as_path).collect();
        let output = Output::prepare(&place.file, &inputs)?;
        Ok(Job { place, output, stub: self.launcher(place.target)? })
    }

    /// The jobs whose target can have the module. It is validated once for all that take the same proposals.
    ///
    /// # Errors
    /// When no target can have it, and all for one reason.
    #[allow(
        clippy::type_complexity,
        reason = "a list of targets, each with what became of it, is what it is"
    )]
    fn validate<'a>(
        &self,
        wasm: &[u8],
        jobs: Vec<(&'a Place, Result<Job<'a>, Error>)>,
    ) -> Result<Vec<(&'a Place, Result<Job<'a>, Error>)>, Error> {
        let mut known: Vec<(bool, Result<(), Error>)> = Vec::new();
        let mut valid = |target| {
            let class = proposals::unwinds(target);
            if let Some((_, result)) = known.iter().find(|(of, _)| *of == class) {
                return result.clone();
            }
            let result = proposals::check(wasm, self.compiler, target);
            known.push((class, result.clone()));
            result
        };
        let check = |(place, job): (&'a Place, Result<Job<'a>, Error>)| {
            let valid = job.and_then(|job| {
                valid(place.target).map_err(|error| error.in_file(&self.input)).map(|()| job)
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

    /// Compiles, compresses, embeds and writes; returns the executable's length.
    fn finish(
        &self,
        job: Job<'_>,
        lean: &[u8],
        manifest: &Manifest,
        shown: &PeOptions,
        profiled: &Profiled,
        progress: &Progress,
    ) -> Result<u64, Error> {
        let Job { place: Place { target, file }, output, stub } = job;
        let compiled = match profiled.take(*target) {
            Some(compiled) => compiled,
            None => compile::compile(lean, *target, self.compiler, self.cpu, progress)
                .map_err(|error| error.in_file(&self.input))?,
        };
        let profile = &profiled.profile;
        let chunks = Chunks::of(*target);
        let mut linked = link::link(&compiled.build, *target, &profile.order(), chunks.memory.into())
            .map_err(|error| error.in_file(&self.input))?;
        linked.image.touched = profile.touched(&linked, chunks);
        let cpu = compiled.cpu;
        drop(compiled);

        let header = Header { target: *target, engine: Engine::PINNED, compiler: self.compiler, cpu };
        let payload = store::payload(header, manifest, &linked, self.storage, progress);
        progress.clear();
        let bytes = container::embed(&stub, *target, &payload, shown).map_err(|error| match &self.stub {
            Some(stub) if error.kind == Kind::Stub => error.in_file(stub),
            _ => error.in_file(file),
        })?;
        output.write(&bytes)?;
        Ok(bytes.len() as u64)
    }

    /// Tries a start with `args`, on this machine, and notes what it touches.
    fn profiled(
        &self,
        args: &[String],
        lean: &[u8],
        manifest: &Manifest,
        progress: &Progress,
    ) -> Result<Profiled, Error> {
        let target = profile::target()?;
        // A launcher that was given is for the one target that is packed, which may be another machine.
        let wanted = self.outputs.iter().any(|place| place.target == target);
        let stub = if wanted { self.launcher(target)? } else { stubs::get(target)? };
        let compiled = compile::compile(lean, target, self.compiler, self.cpu, progress)?;
        let linked = link::link(&compiled.build, target, &profile::apart(), profile::PIECE.into())?;
        let header = Header { target, engine: Engine::PINNED, compiler: self.compiler, cpu: compiled.cpu };
        let profile = Profile::record(&linked, header, manifest, &stub, args, progress)?;
        Ok(Profiled { profile, compiled: Mutex::new(Some((target, compiled))) })
    }

    /// What a Windows executable shows of itself.
    fn shown(&self) -> Result<PeOptions, Error> {
        let read = |icon: &PathBuf| {
            std::fs::read(icon).map_err(|error| {
                Error::new(Kind::Read, format!("cannot read the icon: {}", spoken(&error))).in_file(icon)
            })
        };
        Ok(PeOptions {
            app: self.app.clone(),
            gui: self.gui,
            icon: self.icon.as_ref().map(read).transpose()?,
            version_info: self.version_info.clone(),
            manifest: None,
        })
    }

    fn launcher(&self, target: Target) -> Result<Vec<u8>, Error> {
        let Some(stub) = &self.stub else { return stubs::get(target) };
        std::fs::read(stub).map_err(|error| {
            Error::new(Kind::Read, format!("cannot read the launcher: {}", spoken(&error))).in_file(stub)
        })
    }

    fn manifest(&self, module_sha256: [u8; 32]) -> Manifest {
        Manifest {
            producer: PRODUCER.to_owned(),
            app: self.app.clone(),
            module_sha256,
            argv0: self.argv0.clone(),
            args: self.args.clone(),
            env: self.env.clone(),
            dirs: self.dirs.clone(),
        }
    }
}

/// Does `one` for each job, on as many threads as there are cores. The bar counts jobs.
fn side_by_side<'a>(jobs: Vec<Job<'a>>, progress: &Progress, one: impl Fn(Job<'a>, &Progress) + Sync) {
    let count = jobs.len();
    progress.phase("packing", count as u64);
    let jobs: Vec<Mutex<Option<Job<'a>>>> = jobs.into_iter().map(|job| Mutex::new(Some(job))).collect();
    let next = AtomicUsize::new(0);
    let worker = || {
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let job = job.lock().ok().and_then(|mut job| job.take()).expect("each job is taken once");
            one(job, &Progress::hidden());
            progress.advance(1);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(count);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(worker))));
}
