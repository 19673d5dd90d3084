//! The launcher: what starts when a packed program starts.
//!
//! ```text
//! started  by itself, or by a file for all Unix targets, which is another one; `cached` takes that
//! locate   find the payload in that file, through the locator slot or the file's directory
//! options  manifest, and WASMPACK_OPTS         →  what is granted
//! owner    answer, if the owner asks (--wasmpack-info)
//! check    stop before anything runs, if engine, target or CPU are not the ones it needs
//! trial    stop if it was packed for a trial, and this is none
//! context  grants, and the user's arguments    →  what the app may touch; `carried` has files of its own, `sockets` binds them
//! image    stored sections                     →  a module ready to run
//! run      imports, instance, `_start`         →  an exit code, or another program that it becomes
//! threads  more of them, if the app starts any; copies of the process
//! ending   what is done at the end, once
//! audit    what would have been enough, if that was asked for
//! hint     after a failure for want of a grant →  a line that says how to grant it
//! ```
//!
//! The app's own exit code is passed on as it is. A trap exits with 134, what a native program that aborts leaves in
//! a shell; a failure of the launcher itself prints one line and exits with 125.
#![deny(unsafe_code)]

mod audit;
mod cached;
mod carried;
mod check;
mod context;
mod copies;
mod ending;
mod expand;
mod fail;
mod hint;
mod image;
mod locate;
mod options;
mod owner;
mod run;
mod sockets;
mod started;
mod sys;
mod threads;
mod trace;
mod trial;

use fail::{Context, Failure};

fn main() {
    sys::process::prepare();
    sys::last::prepare(&fail::name());
    let code = match launch() {
        Ok(code) => code,
        Err(failure) => fail::report(&failure),
    };
    std::process::exit(code);
}

fn launch() -> Result<i32, Failure> {
    if let Some(checked) = cached::checked() {
        return checked;
    }
    // Code and data are read from the file for as long as the program runs.
    let packed: &'static locate::Packed = Box::leak(Box::new(locate::packed()?));
    let manifest = &packed.prefix.manifest;
    let granted = options::granted(manifest);
    if let Some(asked) = owner::asked()? {
        return owner::answer(asked, packed, granted);
    }
    let granted = granted?;
    granted.notes.iter().for_each(|note| fail::note(note));
    check::may_run(&packed.prefix.header)?;
    trial::begin(manifest)?;
    sys::handle_faults(image::resolve).map_err(sys::Limited).context("cannot handle signals")?;
    let programs = image::Stored::new(packed)?.programs(payload::program::count(&manifest.programs))?;
    let ctx = context::open(manifest, &granted, &programs)?;
    // Nobody else could know.
    for (_, found) in ctx.listening().filter(|(grant, _)| grant.0.port() == 0) {
        fail::note(&format!("it listens on {found}"));
    }
    let ending = Box::leak(Box::new(ending::Ending::new(manifest, granted)));
    run::command(Box::leak(Box::new(image::Programs::new(programs))), ctx, ending)
}
