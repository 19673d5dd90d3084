//! How a build tool packs a program: `cargo run -p wasmpack --example build_tool -- APP.wasm OUT [TARGET...]`.
//!
//! Without targets it packs for this machine. With several, OUT is a folder.

use std::{env, error::Error, process::ExitCode};

use wasmpack::{
    Pack,
    payload::{DirGrant, Target},
    targets,
};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let (Some(app), Some(out)) = (args.next(), args.next()) else {
        return Err("APP.wasm OUT [TARGET...]".into());
    };
    // Whoever runs the result lets it use the directory where it is started.
    let mut pack = Pack::new(app).grant(DirGrant::parse(".", false)?).keep_module();
    for name in args {
        pack = pack.target(targets::parse(&name, Target::host()).map_err(|why| format!("{name} {why}"))?);
    }
    for (place, packed) in pack.write(out)? {
        println!("{}: {}, {} bytes", place.file.display(), place.target.name(), packed.output_len);
    }
    Ok(())
}
