//! `wasmpack targets`: the list of targets.

use payload::Target;
use serde_json::{Value, json};

use super::command::Targets as Flags;
use crate::targets::stubs;

/// The command's output on stdout.
pub(super) fn text(flags: &Flags) -> String {
    if flags.json {
        let list: Vec<Value> = Target::ALL.into_iter().map(object).collect();
        return super::json(&Value::Array(list));
    }
    let mut rows = vec![["target", "also", "triple", "launcher", "CPU", "tested"].map(str::to_owned)];
    rows.extend(Target::ALL.into_iter().map(row));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(width).collect();
    let line = |row: &[String; 6]| {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn row(target: Target) -> [String; 6] {
    let size = stubs::size(target).map_or_else(|| "none here".to_owned(), |size| size.to_string());
    [
        target.name().to_owned(),
        target.aliases().join(", "),
        target.triple().to_owned(),
        size,
        target.needs().to_owned(),
        target.tested().to_owned(),
    ]
}

fn object(target: Target) -> Value {
    json!({
        "name": target.name(),
        "aliases": target.aliases(),
        "triple": target.triple(),
        "launcher_size": stubs::size(target),
        "cpu": target.needs(),
        "tested": target.tested(),
        "this_machine": Some(target) == Target::host(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_name_every_target() {
        let table = text(&Flags { json: false });
        let list: Value = serde_json::from_str(&text(&Flags { json: true })).unwrap();
        assert_eq!(table.lines().count(), 1 + Target::ALL.len());
        for (line, target) in table.lines().skip(1).zip(Target::ALL) {
            assert!(line.starts_with(target.name()) && line.contains(target.triple()), "{line}");
            assert!(list.as_array().unwrap().iter().any(|entry| entry["name"] == target.name()));
        }
    }
}
