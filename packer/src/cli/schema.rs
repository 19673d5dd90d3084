//! `wasmpack schema`: the JSON schema of a wasmpack.toml, for editors. It is made of the options; docs/wasmpack.schema.json is it, too,
//! which a test compares.

use serde_json::{Map, Value, json};

use super::option::{self, Row, Takes};

/// The schema as a file.
pub(super) fn text() -> String {
    format!("{:#}\n", schema())
}

fn schema() -> Value {
    let mut keys = Map::new();
    keys.insert(
        "module".to_owned(),
        json!({ "type": "string", "description": "The program, from this file's folder" }),
    );
    for row in option::all() {
        let Some(key) = row.key() else { continue };
        keys.insert(key.to_owned(), described(row));
        if key != row.name {
            keys.insert(row.name.to_owned(), json!({ "$ref": format!("#/properties/{key}") }));
        }
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "wasmpack.toml",
        "type": "object",
        "required": ["module"],
        "additionalProperties": false,
        "properties": keys,
    })
}

/// The schema of the value that the key of `row` takes.
fn described(row: &Row) -> Value {
    let one = match row.values {
        [] => json!({ "type": ["string", "integer"] }),
        values => json!({ "enum": values }),
    };
    let mut value = match row.takes {
        Takes::Nothing => json!({ "type": "boolean" }),
        Takes::One(_) => one,
        Takes::Maybe(_) => json!({ "type": ["boolean", "string"] }),
        Takes::Each(_) | Takes::Rest(_) => {
            let texts = json!({ "type": "array", "items": { "type": "string" } });
            let table = json!({
                "type": "object",
                "propertyNames": { "pattern": "^[^=]+$" },
                "additionalProperties": { "type": "string" },
            });
            let forms = [Some(json!({ "type": "string" })), Some(texts), row.is_table.then_some(table)];
            json!({ "anyOf": forms.into_iter().flatten().collect::<Vec<_>>() })
        }
    };
    value["description"] = row.text.into();
    if let Some(default) = row.default {
        value["default"] = default.into();
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file in the repository.
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/wasmpack.schema.json");

    /// With this variable the test writes the file.
    const WRITE: &str = "WASMPACK_BLESS";

    #[test]
    fn the_schema_in_the_repository_is_that_of_the_options() {
        if std::env::var_os(WRITE).is_some() {
            std::fs::write(FILE, text()).unwrap();
        }
        let kept = std::fs::read_to_string(FILE).unwrap();
        assert!(
            kept.replace("\r\n", "\n") == text(),
            "it is stale: run this test with {WRITE}=1, and commit {FILE}"
        );
    }
}
