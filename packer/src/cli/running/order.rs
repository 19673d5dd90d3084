//! What `wasmpack run` packs: the same as `wasmpack` would, so that it will be there soon.

use std::{ffi::OsString, path::PathBuf, sync::Arc};

use payload::{Compiler, CpuFeatures, Target, info::printable, target::Cpu};

use crate::{
    Error, Kind, Pack,
    cli::{
        ExitCode, complain,
        given::Given,
        meant, message, mistyped,
        project::{self, Project},
        say,
        typed::Typed,
    },
    compile,
    output::Memory,
    progress::{Progress, bar::Bar},
    store::Storage,
    trial::Trial,
};

/// The file that describes the program, where none is named.
const DESCRIPTION: &str = "wasmpack.toml";
/// The compression level: a file that is read once is not worth more.
const LEVEL: i32 = 1;

/// What was typed.
pub(super) struct Order {
    pub(super) input: Option<PathBuf>,
    pub(super) config: Option<PathBuf>,
    pub(super) options: Given,
    pub(super) args: Vec<OsString>,
    /// True: at its end it says what would have been enough.
    pub(super) audit: bool,
}

/// A program that is ready to be started.
pub(super) struct Packed {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    /// What is added to the owner's options.
    pub(super) options: Option<&'static str>,
}

impl Order {
    /// The file with the description, if one is used.
    pub(super) fn description(&self) -> Option<PathBuf> {
        self.config.clone().or_else(|| self.input.is_none().then(|| DESCRIPTION.into()))
    }

    /// The module, and the options that hold for it.
    ///
    /// # Errors
    /// What is wrong with the description.
    pub(super) fn read(&self) -> Result<Project, (ExitCode, String)> {
        let options = self.options.clone();
        let project = match self.description() {
            Some(config) => project::describe(&config, options, "wasmpack run APP.wasm")?,
            None => Project { typed: options.typed(), ..Project::default() },
        };
        let module = self.input.clone().unwrap_or(project.module);
        Ok(Project { module, typed: for_a_start(project.typed), ..project })
    }

    /// Packs it. What goes wrong was said.
    pub(super) fn pack(&self) -> Result<Packed, ExitCode> {
        let usage = |reason: &str| {
            complain(&printable(reason));
            ExitCode::Usage
        };
        let Project { module, typed, lines, notes } = self.read().map_err(|(code, reason)| {
            usage(&reason);
            code
        })?;
        let meant = mistyped::command(module.as_os_str());
        if self.audit && typed.told.sealed {
            return Err(usage("a sealed program takes no --audit; leave --sealed out"));
        }
        let (quiet, verbose, compiler) = (typed.quiet, typed.verbose, typed.compiler);
        let is_light = typed.level.is_none() && !typed.no_compress;
        let mut pack =
            meant::pack(typed, module, Some(&lines)).map_err(|unfit| usage(&lines.unfit(&unfit)))?;
        if is_light {
            pack.storage = Storage::Compressed { level: LEVEL };
        }
        pack.trial = Trial::None;
        pack.compiler = compiler.unwrap_or_else(|| quick(&pack));
        let packed = match packed(&pack, quiet, verbose) {
            Err(error)
                if compiler.is_none() && is_of_compiler(&error) && pack.compiler == Compiler::Singlepass =>
            {
                packed(&Pack { compiler: Compiler::Cranelift, ..pack.clone() }, quiet, verbose)
            }
            packed => packed,
        };
        let bytes = packed.map_err(|error| {
            match meant.filter(|_| matches!(error.kind, Kind::Read | Kind::NotWasm)) {
                Some(meant) => {
                    complain(&Error { reason: format!("{}; {meant}", error.reason), ..error });
                    ExitCode::Usage
                }
                None => {
                    complain(&lines.error(&error));
                    ExitCode::Failure
                }
            }
        })?;
        if !quiet {
            notes.iter().for_each(|note| say(note));
        }
        let options = self.audit.then_some("--audit");
        Ok(Packed { name: pack.app.unwrap_or_default(), bytes, options })
    }
}

/// The options without those that say what is written, and where.
fn for_a_start(typed: Typed) -> Typed {
    Typed {
        output: None,
        targets: Vec::new(),
        archive: false,
        include: Vec::new(),
        keep_module: false,
        gui: false,
        icon: None,
        version_info: Vec::new(),
        ..typed
    }
}

/// The compiler that is done first, if what it makes runs here, and as it should.
fn quick(pack: &Pack) -> Compiler {
    let target = pack.outputs.first().and_then(|place| place.target.targets().next());
    let runs = match target.map(Target::cpu) {
        Some(Cpu::X86_64) => CpuFeatures::of_this_cpu().has(CpuFeatures::AVX),
        // There it does not trap where it should: see docs/decisions.md.
        Some(Cpu::Riscv64) => false,
        _ => true,
    };
    if runs && compile::has(Compiler::Singlepass) { Compiler::Singlepass } else { Compiler::Cranelift }
}

/// Whether another compiler may do better.
fn is_of_compiler(error: &Error) -> bool {
    matches!(error.kind, Kind::Proposal | Kind::Compile)
}

fn packed(pack: &Pack, quiet: bool, verbose: bool) -> Result<Vec<u8>, Error> {
    let memory = Memory::default();
    let pack = Pack { memory: Some(memory.clone()), ..pack.clone() };
    let bar = if quiet { Bar::hidden() } else { Bar::on_terminal() };
    let failed = std::sync::Mutex::new(None);
    let done = pack.run(&Progress::of(Arc::new(bar.clone())), &|place, outcome| match outcome {
        Ok(packed) if verbose => bar.aside(|| say(&message::packed(&pack, place, &packed))),
        Ok(_) => {}
        Err(error) => *failed.lock().expect("nobody panics while holding it") = Some(error),
    });
    bar.clear();
    let done = done?;
    if let Some(error) = failed.into_inner().expect("nobody panics while holding it") {
        return Err(error);
    }
    if verbose {
        message::grants(&done).iter().for_each(|line| say(line));
        message::notes(&done).iter().for_each(|note| say(&format!("note: {note}")));
    }
    Ok(memory.take())
}
