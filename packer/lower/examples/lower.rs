//! Lowers one module: `lower IN.wasm OUT.wasm`. For trying the pass on its own, and for measuring it.

use std::{env, fs, process::ExitCode, time::Instant};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [input, output] = &args[..] else {
        eprintln!("usage: lower IN.wasm OUT.wasm");
        return ExitCode::from(2);
    };
    match lower(input, output) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{input}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn lower(input: &str, output: &str) -> Result<String, Box<dyn std::error::Error>> {
    let wasm = wat::parse_bytes(&fs::read(input)?)?.into_owned();
    let start = Instant::now();
    let lowered = lower::exceptions(&wasm)?;
    let time = start.elapsed();
    let Some(lowered) = lowered else { return Ok(format!("uses no exceptions; looked for {time:.2?}")) };
    fs::write(output, &lowered.wasm)?;
    let (before, after) = (wasm.len(), lowered.wasm.len());
    let growth = (after as f64 / before as f64 - 1.0) * 100.0;
    let ranges = lowered.map.len();
    Ok(format!(
        "{before} -> {after} bytes ({growth:+.1} %) in {time:.2?}; {:?}; {ranges} ranges in the map",
        lowered.counts
    ))
}
