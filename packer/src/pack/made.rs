//! What is made of the program for one target: sections of an executable. An earlier pack may have made them ([`crate::cache`]).

use std::sync::Arc;

use payload::{Engine, Header, Target};

use super::{
    Pack,
    shared::Shared,
    trial::{Tried, Trying},
};
use crate::{
    Error,
    cache::entry,
    compile::{Compiled, cpu},
    link,
    progress::Progress,
    store::{self, Chunks, Stored},
};

/// The program for a target.
pub(super) struct Made {
    pub(super) header: Header,
    /// The sections that only this target has.
    pub(super) sections: Vec<Stored>,
    /// The number of functions that the trial ran.
    pub(super) functions: usize,
}

impl Pack {
    /// The program for `target`, in `chunks`, laid out as the trial found, which may still be under way while it is compiled.
    ///
    /// # Errors
    /// As those of compiling and linking, and of the trial.
    pub(super) fn made(
        &self,
        (target, chunks): (Target, Chunks),
        shared: &Shared,
        trying: &Trying,
        progress: &Progress,
    ) -> Result<Made, Error> {
        let (_, cpu) = cpu::machine(target, self.compiler, self.cpu);
        let header = Header { target, engine: Engine::PINNED, compiler: self.compiler, cpu };
        let key = |tried: &Tried| {
            self.key("sections", &header, shared)
                // Places in the module that was given stand in messages.
                .with(&shared.manifest.module_sha256)
                .with(format!("{:?} {chunks:?} {:?}", self.storage, tried.profile).as_bytes())
        };
        // A trial that is still under way was not kept, and so nothing was that depends on it.
        if let (Some(cache), Some(tried)) = (&shared.cache, trying.known())
            && let Some(sections) = cache.get(&key(tried)).and_then(|bytes| entry::sections(&bytes))
        {
            return Ok(Made { header, sections, functions: tried.profile.functions() });
        }
        let compile = |code: Target| match trying.known().and_then(|tried| tried.take(code)) {
            Some(compiled) => Ok(compiled),
            None => self.compiled(&Header { target: code, ..header }, shared, progress),
        };
        let compiled = shared.twins.compiled(target, compile)?;
        let tried = trying.wait().map_err(Clone::clone)?;
        let sections = self.link_and_store((target, chunks), compiled, shared, tried, progress)?;
        progress.check()?;
        if let Some(cache) = &shared.cache {
            cache.put(&key(tried), &entry::bytes(&sections));
        }
        Ok(Made { header, sections, functions: tried.profile.functions() })
    }

    fn link_and_store(
        &self,
        (target, chunks): (Target, Chunks),
        compiled: Arc<Compiled>,
        shared: &Shared,
        tried: &Tried,
        progress: &Progress,
    ) -> Result<Vec<Stored>, Error> {
        let profile = &tried.profile;
        let (program, granularity) = (&shared.program, chunks.memory.into());
        let made_by = (target, self.compiler);
        let mut linked = link::link(&compiled.build, program, made_by, &profile.order(), granularity)?;
        drop(compiled);
        let touched = profile.touched(&linked, chunks);
        match profile.is_certain() {
            true => linked.image.touched = touched,
            false => linked.image.ahead = touched,
        }
        Ok(store::sections(&linked, self.storage, chunks, &shared.once, progress))
    }
}
