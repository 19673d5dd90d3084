//! What is made of the program for one target: sections of an executable. An earlier pack may have made them ([`crate::cache`]).

use payload::{Engine, Header, Target};

use super::{Pack, shared::Shared, trial::Tried};
use crate::{
    Error,
    cache::{entry, key::Key},
    compile::{self, Compiled, cpu, kept},
    link,
    progress::Progress,
    store::{self, Chunks, Stored},
};

/// The program for a target.
pub(super) struct Made {
    pub(super) header: Header,
    /// The sections that only this target has.
    pub(super) sections: Vec<Stored>,
}

impl Pack {
    /// The program for `target`, laid out as it was `tried`.
    ///
    /// # Errors
    /// As those of compiling and linking.
    pub(super) fn made(
        &self,
        target: Target,
        shared: &Shared,
        tried: &Tried,
        progress: &Progress,
    ) -> Result<Made, Error> {
        let (_, cpu) = cpu::machine(target, self.compiler, self.cpu);
        let header = Header { target, engine: Engine::PINNED, compiler: self.compiler, cpu };
        let key = self
            .key("sections", &header, shared)
            // Places in the module that was given stand in messages.
            .with(&shared.manifest.module_sha256)
            .with(format!("{:?} {:?}", self.storage, tried.profile).as_bytes());
        let kept = shared.cache.as_ref().and_then(|cache| cache.get(&key));
        if let Some(sections) = kept.and_then(|bytes| entry::sections(&bytes)) {
            return Ok(Made { header, sections });
        }
        let compiled = match tried.take(target) {
            Some(compiled) => compiled,
            None => self.compiled(&header, shared, progress)?,
        };
        let sections = self.link_and_store(target, compiled, shared, tried, progress)?;
        if let Some(cache) = &shared.cache {
            cache.put(&key, &entry::bytes(&sections));
        }
        Ok(Made { header, sections })
    }

    /// The program, compiled for the machine of `header`.
    fn compiled(&self, header: &Header, shared: &Shared, progress: &Progress) -> Result<Compiled, Error> {
        let key = self.key("compiled", header, shared);
        let kept = shared.cache.as_ref().and_then(|cache| cache.get(&key));
        if let Some(build) = kept.and_then(|bytes| kept::build(&bytes)) {
            return Ok(Compiled { build, cpu: header.cpu });
        }
        let wasm = &shared.program.wasm;
        let compiled = compile::compile(wasm, header.target, self.compiler, self.cpu, progress)?;
        if let Some(cache) = &shared.cache
            && let Some(bytes) = kept::bytes(&compiled.build)
        {
            cache.put(&key, &bytes);
        }
        Ok(compiled)
    }

    fn link_and_store(
        &self,
        target: Target,
        compiled: Compiled,
        shared: &Shared,
        tried: &Tried,
        progress: &Progress,
    ) -> Result<Vec<Stored>, Error> {
        let (profile, chunks) = (&tried.profile, Chunks::of(target));
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

    /// What everything that is compiled for the machine of `header` depends on.
    fn key(&self, sort: &str, header: &Header, shared: &Shared) -> Key {
        let machine = format!("{} {} {}", header.target.name(), header.compiler.name(), header.cpu);
        Key::new(sort).with(machine.as_bytes()).with(&shared.wasm_sha256)
    }
}
