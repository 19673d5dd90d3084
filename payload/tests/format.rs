//! docs/format.md says what the code does: its numbers, lists and tables are compared with those here.

use std::{fs, path::Path};

use payload::{Compiler, CpuFeatures, SectionKind, Target, chunk, header, locator, section};

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/format.md");
    fs::read_to_string(path).expect("the specification stands in docs")
}

/// The part of the page below a heading.
fn part(heading: &str) -> String {
    let page = page();
    let (_, rest) = page.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    rest.split("\n## ").next().unwrap_or_default().to_owned()
}

/// The rows of the first table in `text` whose first column is `column`: their cells.
fn table(text: &str, column: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    let lines = text.lines().skip_while(|line| !line.starts_with(&format!("| {column} ")));
    lines.skip(2).take_while(|line| line.starts_with('|')).map(cells).collect()
}

/// Numbered names, such as `1 cranelift, 2 singlepass`.
fn numbered(list: impl IntoIterator<Item = (u64, String)>) -> String {
    list.into_iter().map(|(number, name)| format!("{number} {name}")).collect::<Vec<_>>().join(", ")
}

/// The field that `heading`'s table has at `offset`.
fn field(heading: &str, offset: usize) -> String {
    let rows = table(&part(heading), "offset");
    let row = rows.into_iter().find(|row| row[0] == offset.to_string());
    row.unwrap_or_else(|| panic!("{heading} has nothing at {offset}"))[2].clone()
}

/// Checks that the fields of a table follow each other from 0 on; where the last of known size ends.
fn end(text: &str) -> usize {
    let mut end = 0;
    for row in table(text, "offset") {
        let (Ok(offset), Ok(size)) = (row[0].parse::<usize>(), row[1].parse::<usize>()) else { break };
        assert_eq!(offset, end, "{row:?}");
        end += size;
    }
    end
}

#[test]
fn every_table_of_fields_has_no_gap_and_the_size_that_the_code_has() {
    for (heading, size) in [
        ("Locator", locator::SIZE),
        ("Header", header::SIZE),
        ("Section table", section::ENTRY_SIZE),
        ("Metadata", 48),
        ("Unwind", 12),
        ("Tree", 24),
        ("Manifest", 6),
    ] {
        assert_eq!(end(&part(heading)), size, "{heading}");
    }
    assert!(part("Locator").starts_with(&format!("\n{} bytes in the stub", locator::SIZE)));
    assert!(part("Header").starts_with(&format!("\n{} bytes at the start", header::SIZE)));
    assert!(part("Section table").starts_with(&format!("\nOne entry of {} bytes", section::ENTRY_SIZE)));
}

#[test]
fn versions_and_magic_numbers_are_those_of_the_code() {
    assert!(page().starts_with(&format!("# The payload format, version {}\n", header::VERSION)));
    assert_eq!(field("Header", 8), format!("format version, {}", header::VERSION));
    assert_eq!(field("Locator", 8), format!("version, {}", locator::VERSION));
    let read = format!("format version that the stub reads, {}: ", header::VERSION);
    assert!(field("Locator", 12).starts_with(&read));
    let spelled = |magic: [u8; 8]| magic.map(|byte| format!("{byte:02x}")).join(" ");
    assert_eq!(field("Header", 0), format!("magic, `{}`", spelled(header::MAGIC)));
    assert!(field("Locator", 0).starts_with(&format!("magic, `{}`", spelled(locator::MAGIC))));
}

#[test]
fn lists_of_numbers_are_those_of_the_code() {
    let targets = numbered(Target::ALL.map(|target| (target.id().into(), target.name().to_owned())));
    assert_eq!(field("Header", 10), format!("target: {targets}"));

    let compilers = (0..=u16::MAX).filter_map(Compiler::from_id);
    let compilers = numbered(compilers.map(|compiler| (compiler.id().into(), compiler.name().to_owned())));
    assert_eq!(field("Header", 30), format!("compiler: {compilers}"));

    let kinds = (0..1000).filter_map(SectionKind::from_id);
    let kinds = numbered(kinds.map(|kind| (kind.id().into(), kind.name().to_owned())));
    assert_eq!(field("Section table", 0), format!("kind: {kinds}"));

    let bits = (0..64).filter_map(|bit| Some((bit, CpuFeatures::from_bits(1 << bit)?.to_string())));
    let header = part("Header").replace('\n', " ");
    assert!(header.contains(&format!("CPU features: {}.", numbered(bits))));
}

#[test]
fn limits_are_those_of_the_code() {
    let sections = table(&part("What a reader must enforce"), "what");
    let limit = |what: &str| sections.iter().find(|row| row[0] == what).unwrap()[1].clone();
    assert_eq!(limit("sections"), section::MAX_SECTIONS.to_string());
    assert_eq!(field("Header", 12), format!("section count, 1 to {}", section::MAX_SECTIONS));
    let mib = |bytes: u64| format!("{} MiB", bytes >> 20);
    assert_eq!(limit("prefix"), mib(header::MAX_PREFIX_LEN.into()));
    let sizes =
        format!("a power of two from {} KiB to {}", chunk::MIN_SIZE >> 10, mib(chunk::MAX_SIZE.into()));
    assert_eq!(limit("chunk size"), sizes);
    let whole = limit("length of metadata, unwind, frames and tree, once decoded");
    assert!(whole.starts_with(&mib(section::MAX_TABLE_LEN)), "{whole}");
}

#[test]
fn a_chunk_of_an_image_is_one_of_the_format() {
    for target in Target::ALL {
        assert!(chunk::is_valid_size(target.image_chunk()), "{}", target.name());
    }
}
