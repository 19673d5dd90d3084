//! The result of a pack as JSON, and what is said of a program.

use serde_json::{Value, json};

use crate::dir::{Dir, prefix, stderr};

fn value(stdout: &[u8]) -> Value {
    serde_json::from_slice(stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(stdout)))
}

#[test]
fn the_result_of_a_pack_is_json_on_standard_output() {
    let dir = Dir::new();
    std::fs::create_dir(dir.path("d")).unwrap();
    dir.write("d/.env", b"x");
    let flags = ["app.wasm", "-o", "out", "--stub", "stub", "--no-trial", "--json", "--app-version", "1.2"];
    let grants = ["--files", "d::/d", "--env", "TOKEN=secret", "--env", "HOME", "--dir-ro", "/x", "--sealed"];
    let output = dir.packs(&[&flags[..], &grants].concat());
    assert_eq!(stderr(&output), "");
    let told = value(&output.stdout);
    // Nothing else is said, so --quiet has nothing to leave out.
    let quiet = dir.packs(&[&flags[..], &grants, &["--quiet"]].concat());
    assert_eq!(
        (stderr(&quiet).as_str(), &value(&quiet.stdout)["outputs"][0]["sha256"]),
        ("", &told["outputs"][0]["sha256"])
    );
    assert_eq!(
        (&told["name"], &told["version"], &told["sealed"]),
        (&json!("out"), &json!("1.2"), &json!(true))
    );
    assert_eq!(told["module"]["file"], "app.wasm");
    assert_eq!(told["module"]["size"], dir.read("app.wasm").len());
    let file = dir.read("out");
    let hex = payload::info::hex(&payload::sha256(&file));
    let [out] = &told["outputs"].as_array().unwrap()[..] else { panic!("{told}") };
    assert_eq!(
        (&out["file"], &out["size"], &out["sha256"]),
        (&json!("out"), &json!(file.len()), &json!(hex))
    );
    assert_eq!(out["target"], "linux-x86_64");
    assert_eq!(told["grants"]["dirs"], json!([{ "host": "/x", "guest": "/x", "read_only": true }]));
    let carried = json!([{ "guest": "/d", "writable": false, "files": 1, "bytes": 1, "hidden": [".env"] }]);
    assert_eq!(told["grants"]["files"], carried);
    assert_eq!(
        (&told["grants"]["env_names"], &told["grants"]["env_passed"]),
        (&json!(["TOKEN"]), &json!(["HOME"]))
    );
    assert!(!told.to_string().contains("secret"), "{told}");
    assert!(told["notes"][0].as_str().unwrap().contains(".env"), "{told}");
}

#[test]
fn targets_stand_in_their_order_and_failures_are_told() {
    let dir = Dir::new();
    dir.write(
        "wasmpack.toml",
        b"module = 'app.wasm'\ntargets = ['windows', 'linux-arm64']\noutput = 'dist'\n",
    );
    let told = value(&dir.packs(&["build", "--json"]).stdout);
    let files: Vec<&Value> = told["outputs"].as_array().unwrap().iter().map(|out| &out["file"]).collect();
    assert_eq!(files, ["dist/app-windows-x86_64.exe", "dist/app-linux-arm64"]);
    assert_eq!(told["failed"], json!([]));

    std::fs::create_dir(dir.path("dist/app-linux-x86_64")).unwrap();
    let output = dir.wasmpack(&["build", "--json", "-t", "linux-x86_64", "-t", "windows"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = value(&output.stdout);
    assert_eq!(told["outputs"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&told["failed"][0]["target"], told["failed"].as_array().unwrap().len()),
        (&json!("linux-x86_64"), 1)
    );
    let error = told["failed"][0]["error"].as_str().unwrap();
    assert!(error.contains("is a folder") && stderr(&output).contains(error), "{error}");

    // One that concerns all.
    let output = dir.wasmpack(&["none.wasm", "--json"]).output().unwrap();
    let told = value(&output.stdout);
    assert_eq!((output.status.code(), &told["failed"][0]["target"]), (Some(1), &Value::Null));
    let output = dir.wasmpack(&["app.wasm", "--json", "-o", "-"]).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{}", stderr(&output));
}

#[test]
fn who_made_a_program_is_kept_and_shown() {
    let dir = Dir::new();
    let about =
        ["--author", "Ada Notes", "--homepage", "https://notes.example/x", "--license", "MIT OR Apache-2.0"];
    let flags = ["app.wasm", "-o", "out", "--stub", "stub", "--no-trial", "-q", "--keep-module"];
    dir.packs(&[&flags[..], &about].concat());
    let shown = String::from_utf8(dir.packs(&["inspect", "out"]).stdout).unwrap();
    for line in ["author    Ada Notes", "homepage  https://notes.example/x", "license   MIT OR Apache-2.0"] {
        assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
    }
    // Packed again it is still theirs, unless something else is said.
    dir.packs(&["out", "-o", "again", "--stub", "stub", "--no-trial", "-q", "--license", "MIT"]);
    let about = prefix(&dir.read("again")).manifest.about;
    assert_eq!((about.author.as_deref(), about.license.as_deref()), (Some("Ada Notes"), Some("MIT")));
    dir.write(
        "wasmpack.toml",
        b"module = 'app.wasm'\nauthor = 'Eve'\nhomepage = 'https://e.example'\nlicense = 'MIT'\n",
    );
    dir.packs(&["build", "-q", "-o", "built", "--stub", "stub", "--no-trial"]);
    assert_eq!(prefix(&dir.read("built")).manifest.about.homepage.as_deref(), Some("https://e.example"));
    for (option, value) in [("--homepage", "notes.example"), ("--author", " "), ("--license", "a\u{7}b")] {
        let mut command = dir.wasmpack(&["app.wasm", option, value]);
        dir.command_fails(&mut command, 2, &[option]);
    }
}

#[test]
fn windows_shows_who_made_a_program() {
    let dir = Dir::new();
    let flags = ["app.wasm", "-o", "a.exe", "--no-trial", "-q", "--author", "Ada Notes", "--license", "MIT"];
    let more = [
        "--homepage",
        "https://notes.example",
        "--version-info",
        "Comments=mine",
        "--description",
        "Keeps all",
    ];
    dir.packs(&[&flags[..], &more].concat());
    let file = dir.read("a.exe");
    let has = |text: &str| {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        file.windows(wide.len()).any(|window| window == wide)
    };
    for text in ["CompanyName", "Ada Notes", "LegalCopyright", "MIT", "Comments", "mine", "Keeps all"] {
        assert!(has(text), "{text}");
    }
    assert!(!has("https://notes.example"), "what was said for Windows wins");
}

#[test]
fn memory_and_a_directory_in_memory_are_told() {
    let dir = Dir::new();
    let flags =
        ["app.wasm", "-o", "out", "--stub", "stub", "--no-trial", "--tmp=/scratch", "--max-memory", "64M"];
    let said = stderr(&dir.packs(&flags));
    assert!(said.contains("64 MiB of memory at most"), "{said}");
    let told = value(&dir.packs(&[&flags[..], &["--json"]].concat()).stdout);
    assert_eq!((&told["max_memory"], &told["grants"]["tmp"]), (&json!(64 << 20), &json!("/scratch")));
    let told = value(&dir.packs(&["inspect", "out", "--json"]).stdout);
    assert_eq!((&told["max_memory"], &told["grants"]["tmp"]), (&json!(64 << 20), &json!("/scratch")));
    let text = String::from_utf8(dir.packs(&["inspect", "out"]).stdout).unwrap();
    assert!(text.contains("\nmemory    64 MiB at most\n"), "{text}");
}
