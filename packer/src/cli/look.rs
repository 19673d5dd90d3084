//! `wasmpack inspect`, `verify` and `extract`: looking into an executable.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use payload::info::{self, Info, Other, Owner, printable};
use serde_json::{Value, json};

use super::{
    ExitCode,
    command::{Extract, Inspect, Verify},
    complain, contents, fail, json, out, say,
};
use crate::{
    Check, Error, Kind, container, earlier,
    executable::{self, Executable, Launcher, Part},
    output::{Output, STANDARD},
    pack::source,
    producer, read,
    release::sign,
    store::decode,
};

/// Prints an executable's target, hashes, sizes and grants.
pub(super) fn inspect(flags: &Inspect) -> ExitCode {
    let executable = match Executable::open(&flags.file) {
        Ok(executable) => executable,
        Err(error) => return fail(&error),
    };
    if flags.files {
        return match contents::list(&executable, flags.json) {
            Ok(text) if text.is_empty() => {
                say(&format!("{}: it carries no files", flags.file.display()));
                ExitCode::Success
            }
            Ok(text) => out(&text),
            Err(error) => fail(&error.in_file(&flags.file)),
        };
    }
    let prefix = executable.prefix();
    let notes: Vec<String> = producer::imported(&prefix.manifest.producer).into_iter().collect();
    let mut parts = executable.parts();
    let len = parts.next().map_or(0, |own| own.len);
    let other = |Part { prefix, len, .. }| {
        let name = prefix.header.target.name().to_owned();
        Other { name, len, prefix: Some(prefix) }
    };
    let others: Vec<Other<'_>> = parts.map(other).collect();
    let told = Info {
        prefix,
        grants: &prefix.manifest.grants,
        notes: &notes,
        owner: Owner::Starter,
        file_len: executable.file().len() as u64,
        len,
        is_script: executable.is_script(),
        others: &others,
    };
    out(&if flags.json { told.json() } else { told.text(flags.long) })
}

/// Checks an executable and prints what was found.
pub(super) fn verify(flags: &Verify) -> ExitCode {
    let checked = || {
        // Once: it may be a pipe.
        let (file, signed) = match &flags.pubkey {
            Some(key) => {
                let is_large = flags.file.metadata().is_ok_and(|there| there.len() > container::MAX_LEN);
                let hint = if is_large { "; `minisign -V` takes a file of any length" } else { "" };
                let file = read::whole(&flags.file, "the file", container::MAX_LEN)
                    .map_err(|error| Error { reason: format!("{}{hint}", error.reason), ..error })?;
                let signed = signature(flags, &file, key)?;
                (file, Some(signed))
            }
            None => (executable::read(&flags.file)?, None),
        };
        let own = match &flags.stub {
            Some(stub) => {
                Launcher::Own { name: stub, bytes: &read::whole(stub, "the launcher", read::MOST_LAUNCHER)? }
            }
            None => Launcher::Carried,
        };
        match (executable::verify_with(&file, own), signed) {
            (Ok(checks), signed) => Ok(signed.into_iter().chain(checks).collect()),
            // An archive, or the like: nothing else is known of it.
            (Err(error), Some(signed)) if flags.stub.is_none() && error.kind == Kind::NotPacked => {
                Ok(vec![signed])
            }
            (Err(error), _) => Err(error.in_file(&flags.file)),
        }
    };
    let checks = match checked() {
        Ok(checks) => checks,
        Err(error) => return fail(&error),
    };
    let failed = checks.iter().filter(|check| check.result.is_err()).count();
    let text = if flags.json {
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
        json(&json!({ "passed": failed == 0, "checks": list }))
    } else {
        let line = |check: &Check| match &check.result {
            Ok(_) if flags.quiet => String::new(),
            Ok(found) => printable(&format!("ok      {}: {found}", check.what)) + "\n",
            Err(found) => printable(&format!("FAILED  {}: {found}", check.what)) + "\n",
        };
        checks.iter().map(line).collect()
    };
    let written = out(&text);
    if failed == 0 {
        return written;
    }
    let file = printable(&flags.file.to_string_lossy());
    let of = checks.len();
    complain(&match flags.pubkey {
        // Whoever has a public key did not make it.
        Some(_) => format!("{file}: {failed} of {of} checks failed; fetch it again"),
        None => format!("{file}: {failed} of {of} checks failed; pack it again, or fetch it again"),
    });
    ExitCode::Failure
}

/// Checks the signature of the file, which has these bytes, with the public key `key`.
fn signature(flags: &Verify, bytes: &[u8], key: &str) -> Result<Check, Error> {
    let beside = || {
        let mut name = flags.file.clone().into_os_string();
        name.push(sign::SUFFIX);
        PathBuf::from(name)
    };
    let signature = flags.signature.clone().unwrap_or_else(beside);
    Ok(Check::new("minisign signature", sign::check(bytes, &flags.file, &signature, key)?))
}

/// Writes the module that an executable kept, and the files that it carries.
pub(super) fn extract(flags: &Extract) -> ExitCode {
    let written = Executable::open(&flags.file).and_then(|executable| {
        if let Some(output) = &flags.output {
            extract_module(&executable, flags, output)?;
        }
        match &flags.files {
            Some(folder) => contents::write(&executable, &flags.file, folder),
            None => Ok(()),
        }
    });
    written.map_or_else(|error| fail(&error), |()| ExitCode::Success)
}

/// Writes the module that `executable` kept to `output`, a piece at a time.
fn extract_module(executable: &Executable, flags: &Extract, output: &Path) -> Result<(), Error> {
    let file = flags.file.as_path();
    let len = source::check_module(executable).map_err(|error| error.in_file(file))?;
    let to_stdout = output.as_os_str() == STANDARD;
    let place = match to_stdout {
        true => Output::standard(&[file], false)?,
        false => Output::prepare(output, &[file], false)?,
    };
    if !to_stdout && !flags.force {
        earlier::check_module(output, &executable.manifest().module_sha256)?;
    }
    place.write_with(len, &mut |out| write_module(executable, out))?;
    if !to_stdout {
        say(&format!("{}: {}, SHA-256 as packed", output.display(), info::size(len)));
    }
    Ok(())
}

fn write_module(executable: &Executable, out: &mut dyn Write) -> io::Result<()> {
    let Some(section) = executable.prefix().section(payload::SectionKind::Module) else { return Ok(()) };
    let mut failed = Ok(());
    let decoded = decode::pieces(executable.payload(), section, |piece| {
        failed = out.write_all(piece);
        // It was decoded before, and is again: only writing can fail.
        if failed.is_ok() { Ok(()) } else { Err(decode::Error::Memory(0)) }
    });
    failed.and_then(|()| decoded.map_err(|error| io::Error::other(error.to_string())))
}
