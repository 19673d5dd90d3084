//! `wasmpack inspect`, `verify` and `extract`: looking into an executable.

use std::{io::Write, path::Path};

use payload::info;
use serde_json::{Value, json};

use super::{
    ExitCode,
    command::{Extract, Inspect, Verify},
    complain, fail, out, say,
};
use crate::{
    Error, Kind,
    error::spoken,
    executable::{self, Executable},
    output::Output,
    pack::source,
};

/// Prints what an executable is.
pub(super) fn inspect(flags: &Inspect) -> ExitCode {
    let executable = match Executable::open(&flags.file) {
        Ok(executable) => executable,
        Err(error) => return fail(&error),
    };
    if flags.json {
        return out(&format!("{:#}\n", object(&executable)));
    }
    let (prefix, len) = (executable.prefix(), executable.file().len() as u64);
    out(&info::text(prefix, &prefix.manifest.grants, &[], len))
}

/// Checks an executable and prints what was found.
pub(super) fn verify(flags: &Verify) -> ExitCode {
    let checked = executable::read(&flags.file)
        .and_then(|file| executable::verify(&file).map_err(|error| error.in_file(&flags.file)));
    let checks = match checked {
        Ok(checks) => checks,
        Err(error) => return fail(&error),
    };
    let failed = checks.iter().filter(|check| check.result.is_err()).count();
    if flags.json {
        let list: Vec<Value> = checks
            .iter()
            .map(|check| {
                let (passed, found) = match &check.result {
                    Ok(found) => (true, found),
                    Err(found) => (false, found),
                };
                json!({ "check": check.what, "passed": passed, "found": found })
            })
            .collect();
        out(&format!("{:#}\n", json!({ "passed": failed == 0, "checks": list })));
    } else {
        for check in &checks {
            match &check.result {
                Ok(_) if flags.quiet => continue,
                Ok(found) => out(&format!("ok      {}: {found}\n", check.what)),
                Err(found) => out(&format!("FAILED  {}: {found}\n", check.what)),
            };
        }
    }
    if failed == 0 {
        return ExitCode::Success;
    }
    let file = info::printable(&flags.file.to_string_lossy());
    complain(&format!(
        "{file}: {failed} of {} checks failed; pack it again, or fetch it again",
        checks.len()
    ));
    ExitCode::Failure
}

/// Writes the module that an executable kept.
pub(super) fn extract(flags: &Extract) -> ExitCode {
    let module = Executable::open(&flags.file)
        .and_then(|executable| source::kept_module(&executable).map_err(|error| error.in_file(&flags.file)));
    let written = module.and_then(|module| {
        if flags.output == Path::new("-") {
            return std::io::stdout().write_all(&module).map_err(|error| {
                Error::new(Kind::Write, format!("cannot write to standard output: {}", spoken(&error)))
            });
        }
        Output::prepare(&flags.output, &[&flags.file], false)?.write(&module)?;
        let name = info::printable(&flags.output.to_string_lossy());
        say(&format!("{name}: {}, SHA-256 as packed", info::size(module.len() as u64)));
        Ok(())
    });
    written.map_or_else(|error| fail(&error), |()| ExitCode::Success)
}

fn object(executable: &Executable) -> Value {
    let prefix = executable.prefix();
    let (header, manifest) = (&prefix.header, &prefix.manifest);
    let grants = &manifest.grants;
    let sections: Vec<Value> = prefix
        .sections
        .iter()
        .map(|section| {
            json!({
                "name": section.kind.name(),
                "offset": section.offset,
                "stored": section.stored_len,
                "length": section.len,
                "compressed": section.encoding != payload::Encoding::Raw,
            })
        })
        .collect();
    let dirs: Vec<Value> = grants
        .dirs
        .iter()
        .map(|grant| json!({ "host": grant.host, "guest": grant.guest, "read_only": grant.read_only }))
        .collect();
    let files: Vec<Value> = manifest
        .files
        .iter()
        .map(|grant| json!({ "guest": grant.guest, "writable": grant.writable }))
        .collect();
    json!({
        "name": manifest.app,
        "version": manifest.version,
        "target": header.target.name(),
        "format": executable.format().name(),
        "producer": manifest.producer,
        "compiler": header.compiler.name(),
        "engine": header.engine.to_string(),
        "cpu": header.cpu.to_string(),
        "size": executable.file().len() as u64,
        "module": {
            "sha256": info::hex(&manifest.module_sha256),
            "kept": prefix.section(payload::SectionKind::Module).is_some(),
        },
        "content_sha256": manifest.content.map(|hash| info::hex(&hash)),
        "argv0": manifest.argv0,
        "args": manifest.args,
        "grants": {
            "dirs": dirs,
            "files": files,
            "env": grants.env,
            "env_passed": grants.pass,
            "env_all": grants.env_all,
            "native": grants.native,
            "cwd": grants.cwd,
        },
        "sealed": manifest.sealed,
        "sections": sections,
    })
}
