//! A manifest for Scoop.

use serde_json::json;
use terms::target::Os;

use crate::{Build, File, known::Known};

pub(crate) fn file(known: &Known, builds: &[Build]) -> Option<File> {
    // Scoop falls back to it on Arm.
    let build = builds.iter().find(|build| build.target.os() == Os::Windows)?;
    let mut manifest = json!({
        "version": known.version,
        "homepage": known.homepage,
        "license": known.license,
        "architecture": {
            "64bit": {
                "url": format!("{}/{}", known.url, build.archive),
                "hash": crate::known::hex(&build.sha256),
            },
        },
        "bin": build.program,
    });
    if let Some(description) = &known.description {
        manifest["description"] = description.clone().into();
    }
    let bytes = format!("{manifest:#}\n").into_bytes();
    Some(File { name: format!("{}.json", known.command), bytes, executable: false })
}
