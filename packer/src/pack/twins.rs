//! Code that is the same for several targets is compiled for one of them. The others, which are packed at the same time, wait.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use payload::Target;

use crate::{
    Error,
    compile::{Compiled, cpu::same_code},
};

/// The programs of a pack that several targets share.
#[derive(Default)]
pub(super) struct Twins(Mutex<Vec<Twin>>);

struct Twin {
    code: Target,
    /// How many targets have not come for it yet.
    left: usize,
    place: Place,
}

/// Where a program is, or will be; `None` if it could not be compiled.
type Place = Arc<OnceLock<Option<Arc<Compiled>>>>;

impl Twins {
    /// Of a pack for `targets`.
    pub(super) fn of(targets: impl Iterator<Item = Target>) -> Twins {
        let mut twins: Vec<Twin> = Vec::new();
        for code in targets.map(same_code) {
            match twins.iter_mut().find(|twin| twin.code == code) {
                Some(twin) => twin.left += 1,
                None => twins.push(Twin { code, left: 1, place: Place::default() }),
            }
        }
        Twins(Mutex::new(twins))
    }

    /// The program for `target`, which `compile` makes for a target unless another has it.
    ///
    /// # Errors
    /// That of `compile`, for `target` itself.
    pub(super) fn compiled(
        &self,
        target: Target,
        compile: impl Fn(Target) -> Result<Compiled, Error>,
    ) -> Result<Arc<Compiled>, Error> {
        let code = same_code(target);
        // The error that others had names another target.
        let alone = || compile(target).map(Arc::new);
        let Some(place) = self.come(code) else { return alone() };
        let mut failed = None;
        let shared = place.get_or_init(|| match compile(code) {
            Ok(compiled) => Some(Arc::new(compiled)),
            Err(error) => {
                failed = Some(error);
                None
            }
        });
        match (shared, failed) {
            (Some(compiled), _) => Ok(Arc::clone(compiled)),
            (None, Some(error)) if code == target => Err(error),
            (None, _) => alone(),
        }
    }

    /// Where the program is; with the last that comes for it, it goes.
    fn come(&self, code: Target) -> Option<Place> {
        let mut twins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = twins.iter().position(|twin| twin.code == code)?;
        twins[at].left -= 1;
        Some(match twins[at].left {
            0 => twins.swap_remove(at).place,
            _ => Arc::clone(&twins[at].place),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use payload::Compiler;

    use super::*;
    use crate::{
        Kind,
        compile::{self, cpu::Raise},
        progress::Progress,
    };

    fn program(target: Target) -> Compiled {
        let module = wat::parse_str("(module (func (export \"_start\")))").unwrap();
        compile::compile(&module, target, Compiler::Cranelift, Raise::default(), &Progress::hidden()).unwrap()
    }

    #[test]
    fn linux_and_macos_on_x86_64_are_compiled_for_once_and_nothing_is_kept() {
        let twins = Twins::of(Target::ALL.into_iter());
        let times = AtomicUsize::new(0);
        for target in Target::ALL {
            let made = |code| {
                times.fetch_add(1, Ordering::Relaxed);
                Ok(program(code))
            };
            assert!(twins.compiled(target, made).is_ok());
        }
        assert_eq!(times.into_inner(), Target::ALL.len() - 1);
        assert!(twins.0.into_inner().unwrap().is_empty());
    }

    #[test]
    fn each_target_has_the_error_of_its_own() {
        let twins = Twins::of(Target::ALL.into_iter());
        for target in Target::ALL {
            let fails = |of: Target| Err(Error::new(Kind::Compile, of.name().to_owned()));
            assert_eq!(twins.compiled(target, fails).err().unwrap().reason, target.name());
        }
    }
}
