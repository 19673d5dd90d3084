//! What a component is: a command, or something else, which is told by its name.

use crate::{
    Error, Kind, adapter,
    flat::{CoreItem, Flat, Func},
};

const RUN: &str = "wasi:cli/run";

/// The core function that runs a command, and what is to be called when its result was read.
pub(crate) type Run<'a> = (CoreItem<'a>, Option<CoreItem<'a>>);

/// The start of a command.
///
/// # Errors
/// `NotACommand`, which says what it is instead.
pub(crate) fn run<'a>(flat: &Flat<'a>) -> Result<Run<'a>, Error> {
    let command = flat.exports.iter().find(|(name, _)| adapter::interface_02(name) == Some(RUN));
    match command {
        Some((_, Some(Func::Lifted { core, post_return, is_async: false }))) => Ok((*core, *post_return)),
        Some((name, Some(Func::Lifted { .. }))) => {
            Err(not_a_command(format!("its run is asynchronous, which {name} is not: build it again")))
        }
        Some((name, _)) => Err(not_a_command(format!(
            "it hands on the {name} of another component, and has no program of its own"
        ))),
        None => Err(what_else(flat)),
    }
}

/// What a component without `wasi:cli/run@0.2` is.
fn what_else(flat: &Flat<'_>) -> Error {
    let names: Vec<&str> = flat.exports.iter().map(|(name, _)| *name).collect();
    let base = |name: &&str| name.split('@').next().unwrap_or_default().to_owned();
    if let Some(newer) = names.iter().find(|name| base(name) == RUN) {
        return not_a_command(format!(
            "a command for another version of WASI: it exports {newer}, and wasmpack takes {RUN}@0.2; build it for WASI 0.2 \
             (wasip2), or for preview 1 (wasip1)"
        ));
    }
    if let Some(proxy) = names.iter().find(|name| name.starts_with("wasi:http/")) {
        return not_a_command(format!(
            "an http proxy, not a command: it exports {proxy} and no {RUN}, so there is nothing to run; build it for the world \
             wasi:cli/command"
        ));
    }
    let told = match names[..] {
        [] => "nothing".to_owned(),
        [one] => format!("{one} and no {RUN}"),
        [one, ..] => format!("{one} and {} more, and no {RUN}", names.len() - 1),
    };
    not_a_command(format!(
        "a component that is a library, not a command: it exports {told}, so there is nothing to run; build it for the world wasi:cli/command"
    ))
}

fn not_a_command(what: String) -> Error {
    Error::new(Kind::NotACommand, what)
}
