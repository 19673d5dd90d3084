//! The trial within a pack: which start is tried, or which profile is used instead, and what came of it.

use std::{
    path::Path,
    sync::{Arc, Mutex, OnceLock},
    thread::{Builder, Scope},
};

use payload::{Engine, Grants, Header, Target};

use super::{
    Pack,
    shared::{Shared, launcher},
};
use crate::{
    Error, Kind,
    cache::key::Key,
    compile::cpu::Raise,
    compile::{self, Compiled},
    link,
    progress::Progress,
    read,
    store::Storage,
    trial::{self, Carried, Profile, Program, Trial, interpret, interpret::Given, saved},
};

/// The most bytes of a profile.
const MOST_PROFILE: u64 = 64 << 20;

/// What a tried start touched, and what was compiled for it: a target that is packed need not be compiled again.
#[derive(Default)]
pub(super) struct Tried {
    pub(super) profile: Profile,
    /// What was tried, or what was used instead, in words; `None` if nothing was.
    pub(super) told: Option<String>,
    /// The reason why such a program gets no trial, if that is so.
    pub(super) untried: Option<String>,
    /// A note, if the start trapped, or the profile that was used instead of a trial does not fit the program.
    pub(super) note: Option<String>,
    compiled: Mutex<Option<(Target, Compiled)>>,
}

impl Tried {
    /// The compiled program, if it is for `target`.
    pub(super) fn take(&self, target: Target) -> Option<Compiled> {
        let mut compiled = self.compiled.lock().expect("nobody panics while holding it");
        compiled.take_if(|(of, _)| *of == target).map(|(_, compiled)| compiled)
    }
}

/// The trial of a pack, which may still be under way.
#[derive(Default)]
pub(super) struct Trying(OnceLock<Result<Tried, Error>>);

impl Trying {
    /// What came of it, once it is over.
    pub(super) fn wait(&self) -> Result<&Tried, &Error> {
        self.0.wait().as_ref()
    }

    /// What came of it, if it is over.
    pub(super) fn known(&self) -> Option<&Tried> {
        self.0.get()?.as_ref().ok()
    }

    /// What came of it: that nothing did, if it never began.
    pub(super) fn end(self) -> Result<Tried, Error> {
        self.0.into_inner().unwrap_or_else(|| Ok(Tried::default()))
    }

    /// That of a program which is not tried.
    pub(super) fn none() -> Trying {
        let trying = Trying::default();
        trying.settle(Ok(Tried::default()));
        trying
    }

    fn settle(&self, outcome: Result<Tried, Error>) {
        // It is settled once, but for a trial that broke off after that.
        let _ = self.0.set(outcome);
    }
}

/// Whoever waits for a trial must not wait for ever where it breaks off.
struct Settled<'a>(&'a Trying);

impl Drop for Settled<'_> {
    fn drop(&mut self) {
        self.0.settle(Err(Error::new(Kind::Profile, "the trial broke off; pack without it (--no-trial)")));
    }
}

impl Pack {
    /// Begins the trial. A start that is interpreted needs nothing that is compiled: it runs beside the compilers, unless an
    /// earlier pack kept what it found.
    pub(super) fn begin_trial<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        trying: &'scope Trying,
        shared: &'scope Shared,
        carried: &'scope Arc<Carried>,
        progress: &'scope Progress,
    ) {
        if self.is_bare() && self.kept(shared, carried).is_none() {
            let interpret = move || {
                let settled = Settled(trying);
                trying.settle(self.tried(shared, carried, &Progress::hidden()));
                drop(settled);
                progress.end();
            };
            if Builder::new().spawn_scoped(scope, interpret).is_ok() {
                return;
            }
        }
        trying.settle(self.tried(shared, carried, progress));
        progress.end();
    }

    /// Whether a start without arguments is tried. What is stored raw is brought by the system, for which its order matters
    /// little; so nothing is tried for that.
    fn is_bare(&self) -> bool {
        self.trial == Trial::Bare && self.storage != Storage::Raw
    }

    /// The profile to lay the program out by: that of a start, which is tried, or one that was saved.
    ///
    /// # Errors
    /// As for any pack; `Profile` if a start that is to be tried cannot be tried here, or a profile cannot be used.
    fn tried(&self, shared: &Shared, carried: &Arc<Carried>, progress: &Progress) -> Result<Tried, Error> {
        let tried = match &self.trial {
            Trial::With(args) => {
                let tried = trial::target().and_then(|target| self.try_with(target, args, shared, progress));
                tried.map_err(|error| match error.kind {
                    Kind::Profile => error.of(&["profile"]),
                    _ => error,
                })?
            }
            Trial::Bare if self.is_bare() => self.try_bare(shared, carried, progress)?,
            Trial::Saved(files) => use_saved(files, shared)?,
            Trial::Bare | Trial::None => Tried::default(),
        };
        if let Some(file) = &self.save_profile {
            let text = saved::text(&tried.profile, &shared.program.wasm)?;
            self.profile_place(file)?.write(text.as_bytes())?;
        }
        Ok(tried)
    }

    /// Tries a start without arguments, alone with what the executable carries.
    fn try_bare(&self, shared: &Shared, carried: &Arc<Carried>, progress: &Progress) -> Result<Tried, Error> {
        progress.phase("trying", 1);
        let tried = match self.kept(shared, carried) {
            Some(tried) => tried,
            None => match interpret::start(&shared.program.wasm, &Given::of(&shared.manifest), carried)? {
                Ok(tried) => {
                    let key = trial_key(shared, carried);
                    shared.cache.iter().for_each(|cache| cache.put(&key, tried.text().as_bytes()));
                    tried
                }
                Err(reason) => return Ok(Tried { untried: Some(reason), ..Tried::default() }),
            },
        };
        let told = format!(
            "started once in an interpreter, alone and without arguments, for {:.1} million steps; {}",
            tried.took as f64 / 1e6,
            tried.ended
        );
        let note = (tried.ended == interpret::Ended::Trap).then(|| {
            "the program trapped when it was started in the trial, alone, without arguments and grants: start the executable to see \
             whether it does there"
                .to_owned()
        });
        Ok(Tried { profile: tried.into_profile(), told: Some(told), note, ..Tried::default() })
    }

    /// What an earlier pack found when it tried such a start.
    fn kept(&self, shared: &Shared, carried: &Carried) -> Option<interpret::Tried> {
        let bytes = shared.cache.as_ref()?.get(&trial_key(shared, carried))?;
        interpret::Tried::from_text(&String::from_utf8(bytes).ok()?)
    }

    /// Tries a start for `target`, which is this machine, with `args`.
    fn try_with(
        &self,
        target: Target,
        args: &[String],
        shared: &Shared,
        progress: &Progress,
    ) -> Result<Tried, Error> {
        // What was said about launcher and CPU is for the targets that are packed, which may be other machines.
        let wanted =
            self.outputs.iter().flat_map(|place| place.target.targets()).any(|packed| packed == target);
        let own_stub = shared.own_stub.as_deref().filter(|_| wanted);
        let (stub, cpu) = (launcher(target, own_stub)?, if wanted { self.cpu } else { Raise::default() });
        let compiled = compile::compile(&shared.program.wasm, target, self.compiler, cpu, progress)?;
        let linked = link::link(
            &compiled.build,
            &shared.program,
            (target, self.compiler),
            &trial::apart(),
            trial::PIECE.into(),
        )?;
        let header = Header { target, engine: Engine::PINNED, compiler: self.compiler, cpu: compiled.cpu };
        let manifest = trial::asked(&shared.manifest, &self.asked());
        let payload = trial::payload(&linked, header, &manifest, &shared.sections, progress);
        let program = Program { payload: &payload, target, stub: &stub, app: &manifest.app };
        progress.phase("trying", 1);
        let (text, status) = program.profile(args).map_err(|error| self.without_inherited(error, shared))?;
        let with =
            if args.is_empty() { "without arguments".to_owned() } else { format!("with {}", args.join(" ")) };
        Ok(Tried {
            profile: Profile::parse(&text, &linked),
            told: Some(format!("started once on this machine, {with}, with what it is granted")),
            untried: None,
            // A mistyped argument would make a profile of a program that complains.
            note: (!status.success())
                .then(|| format!("the start for the profile, {with}, ended with {status}")),
            // Where it was compiled as it will be packed.
            compiled: Mutex::new((cpu == self.cpu).then_some((target, compiled))),
        })
    }

    /// The error of a start that lacked what an executable was granted before, which may be why.
    fn without_inherited(&self, error: Error, shared: &Shared) -> Error {
        let (granted, asked) = (&shared.manifest.grants, self.asked());
        let of = |grants: &Grants| {
            (grants.dirs().cloned().collect::<Vec<_>>(), grants.pass.clone(), grants.env_all, grants.native)
        };
        let is_all = of(granted) == of(&asked);
        if is_all || error.kind != Kind::Profile {
            return error;
        }
        let note = "; it had the grants that were typed now, not those that the executable had before";
        Error { reason: error.reason + note, ..error }
    }
}

/// What decides what a start without arguments touches.
fn trial_key(shared: &Shared, carried: &Carried) -> Key {
    Key::new("trial")
        .with(&shared.wasm_sha256)
        .with(&carried.sha256())
        .with(format!("{:?}", Given::of(&shared.manifest)).as_bytes())
}

/// The profile that `files` hold together.
fn use_saved(files: &[std::path::PathBuf], shared: &Shared) -> Result<Tried, Error> {
    let text = |file: &Path| {
        let bytes = read::whole(file, "the profile", MOST_PROFILE)?;
        let reason = "cannot read the profile: it is not UTF-8";
        String::from_utf8(bytes).map_err(|_| Error::new(Kind::Profile, reason).in_file(file))
    };
    let texts = files.iter().map(|file| text(file)).collect::<Result<Vec<_>, Error>>()?;
    for (file, text) in files.iter().zip(&texts) {
        saved::check(text).map_err(|error| error.in_file(file))?;
    }
    let found = saved::read(&texts, &shared.program.wasm)?;
    let told = format!(
        "of the functions in the profile the program has {}, and {} are gone",
        found.functions, found.missing
    );
    const OTHER: &str = "the profile is of another program, or of one that has changed much: save it again";
    let (untried, note) = match found.functions {
        0 if found.missing > 0 => (Some(OTHER.to_owned()), None),
        some if found.missing > some => (None, Some(format!("{told}; {OTHER}"))),
        _ => (None, None),
    };
    Ok(Tried { profile: found.profile, told: Some(told), untried, note, ..Tried::default() })
}
