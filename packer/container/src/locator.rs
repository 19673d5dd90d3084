//! What stands in the slot of a launcher, wherever a container keeps it.

use payload::{Locator, header::VERSION};

use crate::{Error, Kind};

/// The locator in the slot at `at`; `None` in a bare launcher.
///
/// # Errors
/// `Stub`, with the offset, for what is no locator; `OtherVersion` for the slot of a launcher that reads another version of the
/// format than is written here.
pub(crate) fn locator(file: &[u8], at: usize) -> Result<Option<Locator>, Error> {
    let slot = file.get(at..).and_then(|rest| rest.first_chunk());
    let slot = slot.ok_or_else(|| Error::at(Kind::Stub, at as u64, "its slot leaves the file"))?;
    Locator::parse(slot).map_err(|error| match error.kind {
        payload::Kind::Version { found } => {
            let what = format!(
                "its launcher reads version {found} of the format, and this wasmpack writes {VERSION}"
            );
            Error::new(Kind::OtherVersion, what)
        }
        _ => {
            let what = format!("its slot is not a locator of this version ({error})");
            Error::at(Kind::Stub, at as u64 + error.at, what)
        }
    })
}
