//! `wasmpack targets`: the list of targets.

use payload::{Target, target::Os};
use serde_json::{Value, json};

use super::command::Targets as Flags;
use crate::targets::{self, platform::Platform, stubs};

/// The command's output on stdout.
pub(super) fn text(flags: &Flags) -> String {
    if flags.json {
        let targets = Target::ALL.into_iter().map(object);
        return super::json(&targets.chain(Platform::JOINED.map(joined_object)).collect());
    }
    let joined = Platform::JOINED.map(joined_block).into_iter().chain([pair_block()]);
    Target::ALL.into_iter().map(block).chain(joined).collect()
}

/// Lines about `target`, which fit a terminal.
fn block(target: Target) -> String {
    let size = stubs::size(target).map_or_else(|| "none here".to_owned(), |size| format!("{size} bytes"));
    let also = target.aliases().join(", ");
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

fn row(what: &str, text: &str) -> String {
    format!("{what:14}  {text}\n")
}

/// Lines about a platform that is several targets.
fn joined_block(platform: Platform) -> String {
    let of_system = |os| platform.targets().filter(move |target| target.os() == os).map(Target::name);
    let [linux, macos] = [Os::Linux, Os::Macos].map(|os| of_system(os).collect::<Vec<_>>().join(", "));
    match platform {
        Platform::Unix => [
            row(platform.name(), &format!("one file for {linux}")),
            row("", &format!("and {macos}, started by a script")),
        ]
        .concat(),
        _ => [
            row(platform.name(), &format!("one file for {}", macos.replace(", ", " and "))),
            row("  also", &platform.aliases().join(", ")),
        ]
        .concat(),
    }
}

/// Lines about what is several files.
fn pair_block() -> String {
    let names = Platform::UNIVERSAL.map(Platform::name).join(" and ");
    row("universal", &format!("two files of one name for {names}, in a folder"))
}

fn joined_object(platform: Platform) -> Value {
    let targets: Vec<&str> = platform.targets().map(Target::name).collect();
    json!({ "name": platform.name(), "aliases": platform.aliases(), "targets": targets })
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
        assert_eq!(heads.len(), Target::ALL.len() + 3);
        assert_eq!(heads[6], "macos           one file for macos-x86_64 and macos-arm64");
        assert_eq!(heads[7], "unix            one file for linux-x86_64, linux-arm64, linux-riscv64");
        assert!(
            Platform::Unix
                .targets()
                .all(|target| table[table.find("\nunix").unwrap()..].contains(target.name()))
        );
        assert_eq!(
            heads[8],
            "universal       two files of one name for unix and windows-x86_64, in a folder"
        );
        for (line, target) in heads.into_iter().zip(Target::ALL) {
            assert!(line.starts_with(target.name()) && line.ends_with(target.triple()), "{line}");
            assert!(target.aliases().iter().all(|also| table.contains(also)), "{table}");
            assert!(list.as_array().unwrap().iter().any(|entry| entry["name"] == target.name()));
        }
    }
}
