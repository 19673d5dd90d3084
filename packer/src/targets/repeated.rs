//! The table of targets is repeated where programs do not read it: what stands there is compared with it.

use std::{fs, path::Path};

use payload::target::Cpu;

use super::*;

fn repository(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cells of a line in a table.
fn cells(line: &str) -> Vec<&str> {
    line.trim().trim_matches('|').split('|').map(str::trim).collect()
}

fn names() -> Vec<&'static str> {
    Target::ALL.into_iter().map(Target::name).collect()
}

#[test]
fn the_guide_has_every_target_with_spellings_that_mean_it() {
    let guide = repository("docs/guide.md");
    let table = guide.lines().skip_while(|line| !line.starts_with("| target | also |")).skip(2);
    let rows: Vec<_> = table.take_while(|line| line.starts_with('|')).map(cells).collect();
    assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), names());
    for (row, target) in rows.iter().zip(Target::ALL) {
        for alias in row[1].split(", ") {
            assert!(target.aliases().contains(&alias), "{alias} is none of {}'s", target.name());
        }
        let needs = row[3].split("; ").next().unwrap_or_default();
        let same = needs.strip_prefix("as ").and_then(Target::parse).unwrap_or(target);
        assert_eq!(same.needs(), target.needs(), "{}", target.name());
        assert!(needs.starts_with("as ") || target.needs().starts_with(needs), "{}: {needs}", target.name());
        let first = target.tested().split([',', ';']).next().unwrap_or_default();
        assert!(row[4].starts_with(first), "{}: {}", target.name(), row[4]);
    }
}

#[test]
fn other_tables_have_every_target_in_one_order() {
    let security = repository("docs/security.md");
    let hardening =
        security.lines().find(|line| line.starts_with("| | linux-")).expect("it has a table of them");
    assert_eq!(cells(hardening)[1..], names());
    let stubs = repository("prebuilt-stubs/manifest.toml");
    let stubs: Vec<_> = stubs.lines().filter_map(|line| line.strip_prefix("target = ")).collect();
    assert_eq!(stubs, names().iter().map(|name| format!("{name:?}")).collect::<Vec<_>>());
}

#[test]
fn scripts_know_every_target_and_its_triple() {
    let script = repository("scripts/build.d/targets");
    let all = script.lines().find_map(|line| line.strip_prefix("ALL=(")?.strip_suffix(')')).expect("a list");
    assert_eq!(all.split(' ').collect::<Vec<_>>(), names());
    for target in Target::ALL {
        let (_, of_it) = script.split_once(&format!("\n    {})", target.name())).expect("its particulars");
        let (_, triple) = of_it.split_once("rust=").expect("its triple");
        assert_eq!(triple.split(' ').next(), Some(target.triple()), "{}", target.name());
    }
}

#[test]
fn every_target_can_be_installed_by_cargo_and_in_a_workflow() {
    let manifest: toml::Table = repository("packer/Cargo.toml").parse().unwrap();
    let install = repository("setup-wasmpack/install");
    for target in Target::ALL {
        let archive = format!("/wasmpack-{}-{{ version }}{}", target.name(), target.os().archive_suffix());
        let override_of = |triple: &str| {
            let url = &manifest["package"]["metadata"]["binstall"]["overrides"][triple]["pkg-url"];
            url.as_str().is_some_and(|url| url.ends_with(&archive))
        };
        assert!(override_of(target.triple()), "{}", target.triple());
        // No runner has the CPU.
        assert_eq!(install.contains(&format!("target={} ;;", target.name())), target.cpu() != Cpu::Riscv64);
    }
}

#[test]
fn the_script_that_tests_runs_every_target_that_is_said_to_be_run() {
    let script = repository("scripts/test");
    let (_, list) = script.split_once("${WASMPACK_TEST_TARGETS-").expect("it has a list");
    let list: Vec<&str> = list.split('}').next().unwrap_or_default().split(' ').collect();
    let run = Target::ALL.into_iter().filter(|target| target.tested().starts_with("run"));
    assert_eq!(list, run.map(Target::name).collect::<Vec<_>>());
}

/// A word that looks like a target's name is one, wherever it stands.
#[test]
fn no_page_and_no_script_names_a_target_that_is_none() {
    let folder = |name: &str| {
        let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)).unwrap();
        files.map(|file| file.unwrap().path()).filter(|path| path.is_file()).collect::<Vec<_>>()
    };
    let mut seen = 0;
    for file in [folder("docs"), folder("scripts")].concat() {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && !"_-.".contains(c)) {
            let Some((os, cpu)) = word.split_once('-') else { continue };
            let is = |part: &str, wanted: fn(Part) -> bool| words::word(part).is_some_and(wanted);
            if !is(os, |part| matches!(part, Part::Os(_))) || !is(cpu, |part| matches!(part, Part::Cpu(_))) {
                continue;
            }
            seen += 1;
            assert!(parse(word, None).is_ok(), "{}: {word}", file.display());
        }
    }
    assert!(seen > 20, "{seen}");
}
