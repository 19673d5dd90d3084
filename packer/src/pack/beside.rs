//! Programs that are carried beside the app, from their modules to a section of the executable.

use std::path::PathBuf;

use payload::{Manifest, SectionKind, Target, info::printable, programs};

use super::{
    Pack,
    fitness::Fitness,
    made::Made,
    shared::{Others, Shared},
    source::Other,
    trial::Trying,
    twins::Twins,
};
use crate::{
    Error,
    cache::Cache,
    container::pe::PeOptions,
    input::{Module, command, copies, files::Files, program::Program},
    progress::Progress,
    store::{self, Chunks, Content, Once, Stored},
};

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
            let unprovided = self.unprovided(&wasm, component.as_ref()).map_err(of_file)?;
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
        let section = programs::join(payloads.iter().map(Vec::as_slice));
        let stored = || Stored { kind: SectionKind::Programs, content: Content::Raw(section).into() };
        Ok((!payloads.is_empty()).then(stored))
    }
}
