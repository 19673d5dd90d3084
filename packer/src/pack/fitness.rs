//! Which targets can have a module, and whether its exceptions have to be lowered for them.

use lower::Lowered;
use payload::{Compiler, Target};

use crate::{
    Error,
    input::exceptions,
    input::proposals::{self, Form},
};

/// Facts about a module. It is validated once for all targets that take the same proposals, and lowered once for all.
pub(super) struct Fitness<'a> {
    module: &'a [u8],
    compiler: Compiler,
    known: Vec<(Target, Result<(), Error>)>,
    lowered: Option<Result<Lowered, Error>>,
}

impl<'a> Fitness<'a> {
    pub(super) fn new(module: &'a [u8], compiler: Compiler) -> Fitness<'a> {
        Fitness { module, compiler, known: Vec::new(), lowered: None }
    }

    /// Whether `target` can have the module.
    ///
    /// # Errors
    /// As [`proposals::check`] and [`exceptions::lower`].
    pub(super) fn check(&mut self, target: Target) -> Result<(), Error> {
        let class = proposals::class(target);
        if let Some((_, result)) = self.known.iter().find(|(of, _)| proposals::class(*of) == class) {
            return result.clone();
        }
        let result = self.find_out(target);
        self.known.push((target, result.clone()));
        result
    }

    fn find_out(&mut self, target: Target) -> Result<(), Error> {
        if proposals::check(self.module, self.compiler, target)? == Form::Given {
            return Ok(());
        }
        let lowered = self.lowered.get_or_insert_with(|| exceptions::lower(self.module));
        let lowered = lowered.as_ref().map_err(Error::clone)?;
        let form = proposals::check(&lowered.wasm, self.compiler, target);
        form.map(|form| debug_assert_eq!(form, Form::Given))
            .map_err(|error| exceptions::refused(error, lowered))
    }

    /// The module without its exceptions, if it has any and they could be lowered.
    pub(super) fn lowered(self) -> Option<Lowered> {
        self.lowered.and_then(Result::ok)
    }
}
