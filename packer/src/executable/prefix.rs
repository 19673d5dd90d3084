//! All that is read of an executable's payload before its app starts.

use payload::{Prefix, Target, header};

use crate::{Error, Kind};

/// The prefix of `payload`, checked to be for the machine that its launcher is for.
pub(super) fn prefix(payload: &[u8], launcher: Target) -> Result<Prefix, Error> {
    let len = payload.len() as u64;
    let read = || {
        // Its own words for a payload that is shorter than a header.
        let head = &payload[..header::SIZE.min(payload.len())];
        Prefix::parse(&payload[..Prefix::len(head, len)?], len)
    };
    let prefix = read().map_err(|error| damaged(&error.to_string()))?;
    if prefix.header.target != launcher {
        return Err(damaged(&format!(
            "its header names {}, but its launcher is for {}",
            prefix.header.target.name(),
            launcher.name()
        )));
    }
    Ok(prefix)
}

pub(super) fn damaged(what: &str) -> Error {
    Error::new(
        Kind::Damaged,
        format!("{what}; the file was changed since it was packed: get or pack it again"),
    )
}
