//! Checking a finished Mach-O file without knowing what it was made of, and whoever signed it since.
//!
//! A signature that a linker could have made is this packer's own, and its every field is known. Any other is read by
//! the layouts of xnu's `osfmk/kern/cs_blobs.h`: the hashes in it are checked, its certificates are not.

use goblin::mach::load_command::CommandVariant;
use payload::Target;

use super::{
    error::wrong,
    names::until_nul,
    signed,
    verify::{self, payload_in, signature, structure::View, unchanged},
};
use crate::Error;

/// The rules of macOS and of this container; what it found.
///
/// # Errors
/// The first rule that is broken.
pub(crate) fn structure(file: &[u8], target: Target) -> Result<String, String> {
    let check = || {
        let view = checked(file, target)?;
        view.check_commands()?;
        payload_in(&view, &verify::slot(&view)?)?;
        Ok(format!("{} segments, {} load commands", view.segments.len(), view.commands.len()))
    };
    check().map_err(|error: Error| error.to_string())
}

/// The finding about the signature. `app` is the name that the packer signs with, if it is known.
///
/// # Errors
/// Why it is none, or not this file's.
pub(crate) fn signature(file: &[u8], target: Target, app: Option<&str>) -> Result<String, String> {
    let check = || {
        let view = View::read(file, target)?;
        if !view.commands.iter().any(|command| matches!(command.command, CommandVariant::CodeSignature(_))) {
            return Err(wrong(32, "it has no signature, without which arm64 Macs start nothing; sign it"));
        }
        let place = signature::place(&view)?;
        let found = signed::read(file, place)?;
        if found.by_linker {
            let view = checked(file, target)?;
            signature::check(&view, app.map_or(&found.identifier[..], until_nul))?;
        }
        Ok(found.to_string())
    };
    check().map_err(|error: Error| error.to_string())
}

/// Whether `file` is made of `stub`.
///
/// # Errors
/// The difference, or the reason why it is not known.
pub(crate) fn is_made_of(file: &[u8], target: Target, stub: &[u8]) -> Result<bool, String> {
    let check = || {
        let view = checked(file, target)?;
        let signature = signature::place(&view)?;
        unchanged::check(&view, &View::read(stub, target)?, &verify::slot(&view)?, signature.start)
    };
    check().map_err(|error: Error| error.to_string()).map(|()| true)
}

/// The file with its segments checked, on which other checks rely.
fn checked(file: &[u8], target: Target) -> Result<View<'_>, Error> {
    let view = View::read(file, target)?;
    view.check_segments()?;
    Ok(view)
}
