//! `cargo run -p wasmpack-component --example merge -- IN OUT [--merge]`: the module that a component becomes.

use std::{env, fs, process::ExitCode};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [input, output, options @ ..] = &args[..] else {
        eprintln!("usage: merge IN OUT [--merge]");
        return ExitCode::from(2);
    };
    let made = fs::read(input).map_err(|error| error.to_string()).and_then(|bytes| {
        let command = match options {
            [] => component::command(&bytes),
            _ => component::merged(&bytes),
        };
        command.map_err(|error| error.to_string())
    });
    match made {
        Ok(command) => {
            println!(
                "{:?}, {} bytes; missing: {}",
                command.way,
                command.wasm.len(),
                command.missing.join(" ")
            );
            fs::write(output, command.wasm).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
        }
        Err(error) => {
            eprintln!("{input}: {error}");
            ExitCode::FAILURE
        }
    }
}
