//! `wasmpack man`.

use crate::dir::Dir;

#[test]
fn the_man_page_has_its_sections_and_keeps_the_lines_of_examples() {
    let dir = Dir::new();
    let page = String::from_utf8(dir.packs(&["man"]).stdout).unwrap();
    for section in ["EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES"] {
        assert!(page.contains(&format!(".SH \"{section}\"\n.nf\n")), "{section}");
    }
    assert!(page.contains("\n  wasmpack inspect app ") && !page.contains("EXTRA"), "{page}");
    // A dot that begins a line would be a request.
    assert!(page.contains("\n\\&.wasmpackignore "), "{page}");
    dir.packs(&["man", "--dir", "pages"]);
    assert_eq!(dir.read("pages/wasmpack.1"), page.as_bytes());
}

#[test]
fn the_page_says_which_variables_are_read() {
    let page = String::from_utf8(Dir::new().packs(&["man"]).stdout).unwrap();
    for name in ["SOURCE_DATE_EPOCH", "XDG_CACHE_HOME", "HOME", "LOCALAPPDATA", "WASMPACK_OPTS", "NO_COLOR"] {
        assert!(page.contains(&format!("\n{name} ")), "{name}: {page}");
    }
}

#[test]
fn the_description_has_a_page_with_every_key_of_the_schema() {
    let dir = Dir::new();
    dir.packs(&["man", "--dir", "pages"]);
    let page = String::from_utf8(dir.read("pages/wasmpack.toml.5")).unwrap();
    assert!(page.contains(".TH wasmpack.toml 5"), "{page}");
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/wasmpack.schema.json");
    let schema: serde_json::Value = serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap();
    let keys = schema["properties"].as_object().unwrap();
    assert!(keys.len() > 30);
    for (key, described) in keys {
        let key = key.replace('-', "\\-");
        let is_there = match described.get("$ref") {
            Some(_) => page.contains(&format!(" (or {key}) = ")),
            None => page.lines().any(|line| {
                line.strip_prefix(&format!("\\fB{key}\\fR")).is_some_and(|rest| rest.contains(" = "))
            }),
        };
        assert!(is_there, "{key}: {page}");
    }
}

#[test]
fn every_page_is_titled_refers_to_pages_that_are_there_and_says_how_it_ends() {
    let dir = Dir::new();
    dir.packs(&["man", "--dir", "pages"]);
    let pages: Vec<String> = std::fs::read_dir(dir.path("pages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(pages.len() > 12, "{pages:?}");
    let title = concat!("\"wasmpack ", env!("CARGO_PKG_VERSION"), "\"");
    for name in &pages {
        let page = String::from_utf8(dir.read(&format!("pages/{name}"))).unwrap();
        let head = page.lines().find(|line| line.starts_with(".TH ")).unwrap();
        let (stem, number) = name.rsplit_once('.').unwrap();
        assert!(head.starts_with(&format!(".TH {stem} {number} ")) && head.contains(title), "{name}: {head}");
        if number == "1" {
            assert!(page.contains(".SH \"EXIT STATUS\"\n"), "{name}: {page}");
        }
        assert!(page.contains(".SH \"SEE ALSO\"\n"), "{name}: {page}");
        for (at, _) in page.match_indices("wasmpack") {
            let plain = page[at..].replace("\\-", "-").replace("\\fR", "").replace('\n', "");
            let end =
                plain.find(|c: char| !c.is_ascii_alphanumeric() && !"-.".contains(c)).unwrap_or(plain.len());
            let (named, rest) = plain.split_at(end);
            if let Some(number) = rest.strip_prefix('(').and_then(|rest| rest.get(..2)?.strip_suffix(')')) {
                let other = format!("{named}.{number}");
                assert!(pages.contains(&other), "{name} refers to {other}: {pages:?}");
            }
        }
    }
    let page = String::from_utf8(dir.read("pages/wasmpack-inspect.1")).unwrap();
    assert!(page.contains(".SH \"EXAMPLES\"\n.nf\n  wasmpack inspect app "), "{page}");
}
