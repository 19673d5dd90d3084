//! The trial within a pack: which start, on which machine, and its result.

use std::sync::Mutex;

use payload::{Engine, Grants, Header, Target};

use super::{
    Pack,
    shared::{Shared, launcher},
};
use crate::{
    Error, Kind,
    compile::cpu::Raise,
    compile::{self, Compiled},
    link,
    progress::Progress,
    store::Storage,
    trial::{self, Profile, Program, Trial},
};

/// What a tried start touched, and what was compiled for it: a target that is packed need not be compiled again.
#[derive(Default)]
pub(super) struct Tried {
    pub(super) profile: Profile,
    /// The reason why the default trial failed, if it did.
    pub(super) untried: Option<String>,
    compiled: Mutex<Option<(Target, Compiled)>>,
}

impl Tried {
    /// The compiled program, if it is for `target`.
    pub(super) fn take(&self, target: Target) -> Option<Compiled> {
        let mut compiled = self.compiled.lock().expect("nobody panics while holding it");
        compiled.take_if(|(of, _)| *of == target).map(|(_, compiled)| compiled)
    }
}

impl Pack {
    /// Tries a start on this machine, if one is to be tried, and notes what it touches. What is stored raw is brought by the
    /// system, for which its order matters little; so nothing is tried for that.
    ///
    /// # Errors
    /// As for any pack; `Profile` if a start with arguments cannot be tried. A bare start is tried where it can be.
    pub(super) fn tried(&self, shared: &Shared, progress: &Progress) -> Result<Tried, Error> {
        match (&self.trial, trial::target()) {
            (Trial::With(args), target) => self.try_start(target?, Some(args), shared, progress),
            (Trial::Bare, Ok(target)) if self.storage != Storage::Raw => {
                let tried = self.try_start(target, None, shared, progress);
                Ok(tried.unwrap_or_else(|error| Tried { untried: Some(error.reason), ..Tried::default() }))
            }
            _ => Ok(Tried::default()),
        }
    }

    /// Tries a start for `target`, which is this machine, with `args` or bare.
    fn try_start(
        &self,
        target: Target,
        args: Option<&[String]>,
        shared: &Shared,
        progress: &Progress,
    ) -> Result<Tried, Error> {
        // What was said about launcher and CPU is for the targets that are packed, which may be other machines.
        let wanted = self.outputs.iter().any(|place| place.target == target);
        let own_stub = shared.own_stub.as_deref().filter(|_| wanted);
        let (stub, cpu) = (launcher(target, own_stub)?, if wanted { self.cpu } else { Raise::default() });
        let compiled = compile::compile(&shared.program.wasm, target, self.compiler, cpu, progress)?;
        let linked = link::link(
            &compiled.build,
            &shared.program.origin,
            target,
            &trial::apart(),
            trial::PIECE.into(),
        )?;
        let header = Header { target, engine: Engine::PINNED, compiler: self.compiler, cpu: compiled.cpu };
        let manifest = match args {
            Some(_) => trial::asked(&shared.manifest, &self.asked()),
            None => trial::alone(&shared.manifest),
        };
        let payload = trial::payload(&linked, header, &manifest, &shared.sections, progress);
        let program = Program { payload: &payload, target, stub: &stub, app: &manifest.app };
        progress.phase("trying", 1);
        let (profile, untried) = match args {
            Some(args) => {
                let text = program.profile(args).map_err(|error| self.without_inherited(error, shared))?;
                (Profile::parse(&text, &linked), None)
            }
            None => match program.trial() {
                Ok(text) => (Profile::parse(&text, &linked), None),
                Err(error) => (Profile::default(), Some(error.reason)),
            },
        };
        Ok(Tried { profile, untried, compiled: Mutex::new(Some((target, compiled))) })
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
