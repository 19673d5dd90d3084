//! The program as compiled code. An earlier pack may have compiled it, or most of its functions ([`reuse`]).

use payload::{Compiler, Header};

use super::{Pack, shared::Shared};
use crate::{
    Error,
    cache::{Cache, key::Key},
    compile::{
        self, Compiled, kept,
        reuse::{self, Outline},
    },
    progress::Progress,
};

/// Bytes of a key's name.
const NAME: usize = 32;

impl Pack {
    /// The program, compiled for the machine of `header`.
    ///
    /// # Errors
    /// As [`compile::compile`].
    pub(super) fn compiled(
        &self,
        header: &Header,
        shared: &Shared,
        progress: &Progress,
    ) -> Result<Compiled, Error> {
        let wasm = &shared.program.wasm;
        let compile = |wasm: &[u8]| compile::compile(wasm, header.target, self.compiler, self.cpu, progress);
        let Some(cache) = &shared.cache else { return compile(wasm) };
        let key = self.key("compiled", header, shared);
        if let Some(build) = cache.get(&key).and_then(|bytes| kept::build(&bytes)) {
            return Ok(Compiled { build, cpu: header.cpu });
        }
        let outline = Outline::of(wasm).filter(|_| self.compiler == Compiler::Cranelift);
        let like = outline.as_ref().map(|outline| machine("outline", header).with(&outline.frame));
        let earlier = outline.as_ref().zip(like.as_ref()).and_then(|(outline, like)| {
            let (then, earlier) = earlier(cache, like, outline)?;
            reuse::compiled(wasm, outline, (&then, &earlier), |less| {
                compile(less).map(|compiled| compiled.build)
            })
        });
        let compiled = match earlier {
            Some(build) => Compiled { build: build?, cpu: header.cpu },
            None => compile(wasm)?,
        };
        if let Some(bytes) = kept::bytes(&compiled.build) {
            cache.put(&key, &bytes);
            if let (Some(outline), Some(like)) = (outline, like) {
                cache.put(&like, &[&key.bytes()[..], &outline.to_bytes()].concat());
            }
        }
        Ok(compiled)
    }

    /// What everything that is compiled for the machine of `header` depends on.
    pub(super) fn key(&self, sort: &str, header: &Header, shared: &Shared) -> Key {
        machine(sort, header).with(&shared.wasm_sha256)
    }
}

fn machine(sort: &str, header: &Header) -> Key {
    let machine = format!("{} {} {}", header.target.name(), header.compiler.name(), header.cpu);
    Key::new(sort).with(machine.as_bytes())
}

/// The last program that was compiled under `like`: its outline, and what was kept of it.
fn earlier(cache: &Cache, like: &Key, outline: &Outline) -> Option<(Outline, Vec<u8>)> {
    let bytes = cache.get(like)?;
    let (key, functions) = bytes.split_first_chunk::<NAME>()?;
    Some((Outline::from_bytes(outline.frame, functions)?, cache.get(&Key::from_bytes(*key))?))
}
