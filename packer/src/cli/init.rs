//! `wasmpack init`: a wasmpack.toml to begin with, which names every key, and the schema of it for editors.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::Path,
};

use payload::info::printable;

use super::{
    ExitCode,
    command::Init,
    fail,
    option::{self, Row, Takes},
    say, schema,
};
use crate::{Error, Kind, error::spoken};

/// The file that is written.
const FILE: &str = "wasmpack.toml";
/// The file beside it that its first line names, as editors want it (taplo, "Schema directive").
const SCHEMA: &str = "wasmpack.schema.json";

/// Writes the file, where there is none.
pub(super) fn run(flags: &Init) -> ExitCode {
    let module = match flags.input.as_deref().map(Path::to_str) {
        None => only_module(),
        Some(Some(input)) => Some(input.to_owned()),
        Some(None) => {
            let reason = "the module's name is not UTF-8, which a TOML file is; give it another name";
            return fail(&Error::new(Kind::Read, reason));
        }
    };
    let text = text(module.as_deref().unwrap_or("app.wasm"));
    let written = new_file(FILE, &text).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Error::new(Kind::OutputPlace, "it exists already, and is left as it is"),
        _ => Error::new(Kind::Write, format!("cannot write it: {}", spoken(&error))),
    });
    match written {
        Ok(()) => {
            say(&format!("{FILE}: written; take the # from what you need, then: wasmpack build"));
            let schema = schema::text();
            match new_file(SCHEMA, &schema) {
                Ok(()) => say(&format!("{SCHEMA}: written; it tells editors about the keys")),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    if fs::read(SCHEMA).is_ok_and(|there| there != schema.as_bytes()) {
                        say(&format!(
                            "note: {SCHEMA} is another one, and is left as it is; `wasmpack schema` prints that of this version"
                        ));
                    }
                }
                Err(error) => {
                    let why = spoken(&error);
                    say(&format!("note: {SCHEMA} was not written, so editors know no keys: {why}"));
                }
            }
            if let Some(input) = flags.input.as_deref().filter(|input| !input.exists()) {
                say(&format!("note: there is no file {} here yet", printable(&input.to_string_lossy())));
            }
            if module.is_none() {
                say("note: name the module in it: there is not exactly one .wasm file here");
            }
            ExitCode::Success
        }
        Err(error) => fail(&error.in_file(Path::new(FILE))),
    }
}

/// Writes a file, where there is none.
fn new_file(name: &str, text: &str) -> io::Result<()> {
    let mut file = File::create_new(name)?;
    file.write_all(text.as_bytes()).inspect_err(|_| {
        // Half a file would be read as a whole one by the next build.
        let _ = fs::remove_file(name);
    })
}

/// The name of the one .wasm file in the current folder, if there is exactly one.
fn only_module() -> Option<String> {
    let files = fs::read_dir(".").ok()?.filter_map(Result::ok).filter(|entry| entry.path().is_file());
    let names = files.filter_map(|entry| entry.file_name().into_string().ok());
    let mut modules = names.filter(|name| name.ends_with(".wasm"));
    modules.next().filter(|_| modules.next().is_none())
}

/// The description of `module`, with all keys as comments.
fn text(module: &str) -> String {
    let module = toml::Value::from(module);
    let mut text = format!(
        "#:schema ./{SCHEMA}\n# What `wasmpack build` packs, and `wasmpack run` runs. Paths begin at this file's folder.\n\nmodule = {module}\n"
    );
    let mut section = None;
    for row in option::all() {
        let Some(key) = row.key() else { continue };
        if row.section.is_some() && row.section != section {
            section = row.section;
            text += &format!("\n# --- {} ---\n", section.unwrap_or_default());
        }
        text += &format!("\n# {}\n# {key} = {}\n", printable(row.text), example(row));
    }
    text
}

/// The example of `row`, as a value of TOML.
pub(super) fn example(row: &Row) -> toml::Value {
    match row.takes {
        Takes::Nothing => true.into(),
        Takes::One(_) | Takes::Maybe(_) => row.example.into(),
        Takes::Each(_) | Takes::Rest(_) => vec![row.example].into(),
    }
}
