//! `wasmpack targets`: the list of targets.

use payload::Target;
use serde_json::{Value, json};

use super::command::Targets as Flags;
use crate::targets::{self, stubs};

/// The command's output on stdout.
pub(super) fn text(flags: &Flags) -> String {
    if flags.json {
        let list: Vec<Value> = Target::ALL.into_iter().map(object).collect();
        return super::json(&Value::Array(list));
    }
    Target::ALL.into_iter().map(block).collect()
}

/// Lines about `target`, which fit a terminal.
fn block(target: Target) -> String {
    let size = stubs::size(target).map_or_else(|| "none here".to_owned(), |size| format!("{size} bytes"));
    let also = target.aliases().join(", ");
    let row = |what: &str, text: &str| format!("{what:14}  {text}\n");
    let short = targets::short(target, Target::host()).join(", ");
    [
        row(target.name(), target.triple()),
        row("  also", &also),
        if short.is_empty() { String::new() } else { row("  here, too", &short) },
        row("  launcher", &size),
        row("  CPU", target.needs()),
        row("  tested", target.tested()),
    ]
    .concat()
}

fn object(target: Target) -> Value {
    json!({
        "name": target.name(),
        "aliases": target.aliases(),
        "aliases_here": targets::short(target, Target::host()),
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
        assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
        let heads: Vec<&str> = table.lines().filter(|line| !line.starts_with(' ')).collect();
        assert_eq!(heads.len(), Target::ALL.len());
        for (line, target) in heads.into_iter().zip(Target::ALL) {
            assert!(line.starts_with(target.name()) && line.ends_with(target.triple()), "{line}");
            assert!(target.aliases().iter().all(|also| table.contains(also)), "{table}");
            assert!(list.as_array().unwrap().iter().any(|entry| entry["name"] == target.name()));
        }
    }
}
