//! Programs that are carried beside the app (`--with`).

use std::fs;

use serde_json::Value;

use crate::dir::{COMMAND, Dir, stderr};

const PACK: [&str; 6] = ["app.wasm", "-o", "out", "--stub", "stub", "--no-trial"];

fn dir() -> Dir {
    let dir = Dir::new();
    dir.wat("other.wasm", r#"(module (func $own (export "_start") (nop)))"#);
    dir.wat("third.wasm", r#"(module (func (export "_start") (nop) (nop)))"#);
    dir
}

fn told(dir: &Dir, file: &str) -> Value {
    serde_json::from_slice(&dir.packs(&["inspect", file, "--json"]).stdout).unwrap()
}

fn names(told: &Value) -> Vec<&str> {
    told["programs"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

fn section(told: &Value, name: &str) -> u64 {
    let sections = told["sections"].as_array().unwrap();
    sections
        .iter()
        .find(|section| section["name"] == name)
        .map_or(0, |section| section["length"].as_u64().unwrap())
}

#[test]
fn a_program_under_several_names_is_stored_once_and_the_app_not_again() {
    let dir = dir();
    let once = ["--with", "a,b=other.wasm"];
    let said = stderr(&dir.packs(&[&PACK[..], &once].concat()));
    assert!(said.contains("may become or start the programs in it: a, b\n"), "{said}");
    let len = section(&told(&dir, "out"), "programs");
    assert!(len > 0);
    // Another file with the same content, and the app's own.
    fs::copy(dir.path("other.wasm"), dir.path("copy.wasm")).unwrap();
    let more = ["--with", "c=copy.wasm", "--with", "self=app.wasm"];
    dir.packs(&[&PACK[..], &once, &more].concat());
    let told = told(&dir, "out");
    assert_eq!((names(&told), section(&told, "programs")), (vec!["a", "b", "c", "self"], len));
    dir.packs(&[&PACK[..], &["--with", "self=app.wasm"]].concat());
    let alone = self::told(&dir, "out");
    assert_eq!((names(&alone), section(&alone, "programs")), (vec!["self"], 0));
}

#[test]
fn bad_names_and_files_are_told() {
    let dir = dir();
    dir.write("broken.wasm", b"\0asm\x01\0\0\0\x01");
    dir.wat("library.wasm", "(module)");
    dir.packs(&["app.wasm", "-o", "executable", "--stub", "stub", "--no-trial"]);
    let many = (0..4097).map(|number| number.to_string()).collect::<Vec<_>>().join(",") + "=other.wasm";
    for (given, code, message) in [
        (&["x/y=other.wasm"][..], 2, "\"x/y\" has a slash"),
        (&["..=other.wasm"], 2, "is that of a directory"),
        (&["other.wasm"], 2, "must be NAME=FILE, such as grep=grep.wasm"),
        (&["a,=other.wasm"], 2, "a name is empty"),
        (&["a=other.wasm", "b,a=third.wasm"], 1, "two programs are called \"a\" (--with); leave one out"),
        (&[&many], 1, "4097 names of programs (--with), and 4096 at most can be carried"),
        (&["a=nothing.wasm"], 1, "nothing.wasm: cannot read the module"),
        (&["a=broken.wasm"], 1, "broken.wasm: the module is cut short"),
        (&["a=library.wasm"], 1, "library.wasm: a library, not a WASI command"),
        (&["a=executable"], 1, "executable: an executable; to be carried (--with) a program must be a .wasm"),
    ] {
        let options = given.iter().flat_map(|with| ["--with", with]).collect::<Vec<_>>();
        let output = dir.wasmpack(&[&PACK[..], &options].concat()).output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{given:?}: {said}");
        assert!(said.contains(message), "{given:?}: {said}");
        assert!(!dir.path("out").exists(), "{given:?}");
    }
}

#[test]
fn an_executable_that_kept_its_modules_is_packed_again_with_its_programs() {
    let dir = dir();
    let with = ["--with", "a,b=other.wasm", "--with", "self=app.wasm"];
    dir.packs(&[&PACK[..], &with, &["--keep-module"]].concat());
    let again = ["out", "-o", "again", "--stub", "stub", "--no-trial"];
    dir.packs(&again);
    let (first, second) = (told(&dir, "out"), told(&dir, "again"));
    let sorted = |told: &Value| {
        let mut names = names(told).into_iter().map(str::to_owned).collect::<Vec<_>>();
        names.sort();
        names
    };
    assert_eq!(sorted(&first), sorted(&second));
    assert_eq!(section(&first, "programs"), section(&second, "programs"));
    // One of the same name takes the place of the old one.
    dir.packs(&[&again[..], &["--with", "b=third.wasm", "--force"]].concat());
    let third = told(&dir, "again");
    assert_eq!(sorted(&third), ["a", "b", "self"]);
    assert!(section(&third, "programs") > section(&second, "programs"));
}

#[test]
fn damage_in_a_program_is_told_with_its_name() {
    let dir = dir();
    dir.packs(&[&PACK[..], &["--with", "a=other.wasm", "--with", "b=third.wasm"]].concat());
    let verify = |file: &str| {
        let output = dir.wasmpack(&["verify", file, "--stub", "stub"]).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned() + &stderr(&output))
    };
    let (is_good, said) = verify("out");
    assert!(is_good && said.contains("a: code") && said.contains("b: header and manifest"), "{said}");
    let mut bytes = dir.read("out");
    let magic: &[u8] = b"\x89WPK\r\n\x1a\n";
    let last = bytes.windows(8).rposition(|window| window == magic).unwrap();
    // In the manifest of the second one.
    bytes[last + 300] ^= 1;
    dir.write("damaged", &bytes);
    let (is_good, said) = verify("damaged");
    assert!(!is_good && said.contains("programs"), "{said}");
}

#[test]
fn who_can_start_none_of_them_is_told() {
    let dir = dir();
    let note = "it carries programs (--with), and imports nothing to become or start them with";
    let with = ["--with", "a=other.wasm"];
    assert!(stderr(&dir.packs(&[&PACK[..], &with].concat())).contains(note));
    dir.wat(
        "execs.wasm",
        r#"(module (import "wasix_32v1" "proc_exec" (func (param i32 i32 i32 i32))) (memory (export "memory") 1)
            (func (export "_start")))"#,
    );
    let execs = ["execs.wasm", "-o", "execs", "--stub", "stub", "--no-trial"];
    assert!(!stderr(&dir.packs(&[&execs[..], &with].concat())).contains(note));
    assert!(!stderr(&dir.packs(&[&PACK[..], &["--force"]].concat())).contains(note));
}

#[test]
fn a_description_names_files_from_its_own_folder() {
    let dir = dir();
    fs::create_dir_all(dir.path("project/tools")).unwrap();
    fs::copy(dir.path("other.wasm"), dir.path("project/tools/other.wasm")).unwrap();
    dir.write("project/app.wat", COMMAND.as_bytes());
    for with in ["with = [\"a,b=tools/other.wasm\"]", "[with]\n\"a,b\" = \"tools/other.wasm\""] {
        let text = format!("module = \"app.wat\"\n{with}\n");
        dir.write("project/wasmpack.toml", text.as_bytes());
        dir.packs(&["build", "--config", "project/wasmpack.toml", "-o", "out", "--stub", "stub"]);
        assert_eq!(names(&told(&dir, "out")), ["a", "b"], "{with}");
    }
}
