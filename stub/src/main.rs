//! The launcher: what starts when a packed program starts.
//!
//! ```text
//! locate   find the payload in this very file, through the locator slot
//! check    stop before anything runs, if engine, target or CPU are not the ones it needs
//! grants   manifest, and the user's arguments  →  what the app may touch
//! image    stored sections                     →  a module ready to run
//! run      imports, instance, `_start`         →  an exit code
//! ```
//!
//! The app's own exit code is passed on as it is. A trap exits with 134, what a native program that aborts leaves in
//! a shell; a failure of the launcher itself prints one line and exits with 125.
#![deny(unsafe_code)]

mod check;
mod fail;
mod grants;
mod image;
mod locate;
mod run;
#[cfg(any(windows, target_arch = "riscv64"))]
mod softfloat;
mod sys;
mod trace;

use fail::Failure;

fn main() {
    sys::prepare();
    let code = match launch() {
        Ok(code) => code,
        Err(failure) => fail::report(&failure),
    };
    std::process::exit(code);
}

fn launch() -> Result<i32, Failure> {
    // Code and data are brought from the file for as long as the program runs.
    let packed: &'static locate::Packed = Box::leak(Box::new(locate::packed()?));
    check::may_run(&packed.prefix.header)?;
    let ctx = grants::context(&packed.prefix.manifest)?;
    let (mut store, module) = image::module(packed)?;
    let code = run::command(&mut store, &module, ctx);
    image::write_profile();
    code
}
