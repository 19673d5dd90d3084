//! The whole pack, from a module to an executable, in one function that reads like a summary.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use payload::{Compiler, DirGrant, Engine, Header, Manifest, Target};

use crate::{
    Error, Kind, compile,
    container::{self, pe::PeOptions},
    error::spoken,
    input::{Module, command, lean},
    link,
    output::Output,
    progress::Progress,
    proposals,
    store::{self, Storage},
    stubs,
};

/// What to pack, and how it starts.
#[derive(Clone, Debug)]
pub struct Pack {
    /// The app: a .wasm module or WebAssembly text.
    pub input: PathBuf,
    /// The executable to write.
    pub output: PathBuf,
    /// The machine it is for.
    pub target: Target,
    /// The compiler that makes its code.
    pub compiler: Compiler,
    /// How the images are stored.
    pub storage: Storage,
    /// A launcher to use instead of the one in this packer.
    pub stub: Option<PathBuf>,
    /// The app's first argument; `None`: the name it is started by.
    pub argv0: Option<String>,
    /// Arguments before the user's own.
    pub args: Vec<String>,
    /// Variables, each `NAME=VALUE`.
    pub env: Vec<String>,
    /// Directories the app may use.
    pub dirs: Vec<DirGrant>,
    /// Windows: a program that opens no console window.
    pub gui: bool,
    /// Windows: an .ico file.
    pub icon: Option<PathBuf>,
    /// Windows: texts of the version information, such as (`FileVersion`, `1.2.3`).
    pub version_info: Vec<(String, String)>,
}

/// What was packed.
#[derive(Clone, Copy, Debug)]
pub struct Packed {
    /// Bytes in the file that was read.
    pub input_len: u64,
    /// Bytes in the executable.
    pub output_len: u64,
    /// How long it took.
    pub took: Duration,
}

impl Pack {
    /// Packs. The output is there when this returns `Ok`, and as it was before when it returns `Err`.
    ///
    /// # Errors
    /// One of each [`Kind`].
    pub fn run(&self, progress: &Progress) -> Result<Packed, Error> {
        let start = Instant::now();
        let in_app = |error: Error| error.in_file(&self.input);

        let module = Module::read(&self.input)?;
        let inputs: Vec<&Path> = [&self.input].into_iter().chain(&self.stub).map(PathBuf::as_path).collect();
        let output = Output::prepare(&self.output, &inputs)?;
        let stub = self.launcher()?;
        let shown = self.shown()?;
        proposals::check(&module.wasm, self.compiler, self.target).map_err(in_app)?;
        command::check(&module.wasm).map_err(in_app)?;
        let Module { wasm, sha256, file_len } = module;
        let lean = lean::lean(&wasm).expect("the module was validated");
        drop(wasm);

        let compiled = compile::compile(&lean, self.target, self.compiler, progress).map_err(in_app)?;
        let order = link::Order::default();
        let linked = link::link(&compiled.build, self.target, &order, store::MEMORY_CHUNK.into()).map_err(in_app)?;
        let cpu = compiled.cpu;
        drop(compiled);

        let header = Header {
            target: self.target,
            engine: Engine::PINNED,
            compiler: self.compiler,
            cpu,
        };
        let payload = store::payload(header, &self.manifest(sha256), &linked, self.storage, progress);
        progress.clear();
        let file =
            container::embed(&stub, self.target, &payload, &shown).map_err(|error| match &self.stub {
                Some(stub) if error.kind == Kind::Stub => error.in_file(stub),
                _ => error.in_file(&self.output),
            })?;
        output.write(&file)?;
        Ok(Packed { input_len: file_len, output_len: file.len() as u64, took: start.elapsed() })
    }

    /// The app's name: the output's file name, without the `.exe` that Windows wants.
    pub fn app(&self) -> String {
        let name = self.output.file_name().unwrap_or_default().to_string_lossy();
        name.strip_suffix(".exe").unwrap_or(&name).to_owned()
    }

    /// What a Windows executable shows of itself.
    fn shown(&self) -> Result<PeOptions, Error> {
        let read = |icon: &PathBuf| {
            std::fs::read(icon).map_err(|error| {
                Error::new(Kind::Read, format!("cannot read the icon: {}", spoken(&error))).in_file(icon)
            })
        };
        Ok(PeOptions {
            app: self.app(),
            gui: self.gui,
            icon: self.icon.as_ref().map(read).transpose()?,
            version_info: self.version_info.clone(),
            manifest: None,
        })
    }

    fn launcher(&self) -> Result<Vec<u8>, Error> {
        let Some(stub) = &self.stub else { return stubs::get(self.target) };
        std::fs::read(stub).map_err(|error| {
            Error::new(Kind::Read, format!("cannot read the launcher: {}", spoken(&error))).in_file(stub)
        })
    }

    fn manifest(&self, module_sha256: [u8; 32]) -> Manifest {
        Manifest {
            producer: concat!("wasmpack ", env!("CARGO_PKG_VERSION")).to_owned(),
            app: self.app(),
            module_sha256,
            argv0: self.argv0.clone(),
            args: self.args.clone(),
            env: self.env.clone(),
            dirs: self.dirs.clone(),
        }
    }
}
