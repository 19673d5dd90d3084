//! The `wasmpack` command. Everything is in the library; see `wasmpack::cli` for flags and exit codes.

mod exhausted;
mod ignored;
mod standard;

fn main() -> std::process::ExitCode {
    wasmpack::cli::run(std::env::args_os(), standard::output(), ignored::is_ignored).into()
}
