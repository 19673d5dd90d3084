//! Programs that are ready to run: the one that was started, and those that it may become.

use std::sync::{Mutex, PoisonError};

use payload::SectionKind;
use payload::image::Image;
use wasmer::{Engine, Module, Store};

use super::paging::Hints;
use super::placed::{self, Placed};
use super::stored::{DAMAGED, Stored};
use super::{code, loader, memory, unwind};
use crate::check;
use crate::fail::{Context, Failure};

/// A program whose code is in its place, where it stays. One that becomes another and that this one again needs it once.
pub(crate) struct Program {
    placed: Placed,
    engine: Engine,
    pub(crate) module: Module,
}

impl Program {
    /// Puts the code of the program in `stored` into its place.
    pub(crate) fn load(stored: Stored) -> Result<Program, Failure> {
        let memory_len = stored.find(SectionKind::Memory).map_or(0, |section| section.len);
        let metadata = stored.whole(SectionKind::Metadata)?;
        let mut image =
            Image::parse(&metadata, stored.section(SectionKind::Code)?.len, memory_len).context(DAMAGED)?;
        let hints =
            Hints { preload: std::mem::take(&mut image.touched), prefetch: std::mem::take(&mut image.ahead) };
        let code = code::place(stored, &image, &hints)?;
        unwind::prepare(stored, code)?;
        let (engine, module) = loader::module(stored, &image, hints, code)?;
        Ok(Program { placed: Placed { stored, code }, engine, module })
    }

    /// Lets it be the one that runs; a store for it. One that ran before was [left](leave).
    pub(crate) fn begin(&'static self) -> Store {
        placed::set(&self.placed);
        memory::begin_anew();
        Store::new(self.engine.clone())
    }
}

/// Programs that this one may become.
pub(crate) struct Programs {
    /// The first is this one.
    all: Vec<Stored>,
    /// Those that ran, by their numbers.
    loaded: Mutex<Vec<(u32, &'static Program)>>,
}

impl Programs {
    pub(crate) fn new(all: Vec<Stored>) -> Programs {
        Programs { all, loaded: Mutex::default() }
    }

    /// The program with this number; 0 is the one that was started.
    pub(crate) fn get(&self, number: u32) -> Result<&'static Program, Failure> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, program)) = loaded.iter().find(|(of, _)| *of == number) {
            return Ok(program);
        }
        let stored = self.all.get(number as usize).copied();
        let stored = stored.ok_or_else(|| Failure::new(format!("there is no program {number}")))?;
        check::may_run(&stored.prefix().header)?;
        let program: &'static Program = Box::leak(Box::new(Program::load(stored)?));
        loaded.push((number, program));
        Ok(program)
    }
}
