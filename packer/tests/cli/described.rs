//! The packer tells mistakes in a wasmpack.toml with their lines.

use crate::dir::{Dir, stderr};

#[test]
fn what_turns_out_to_be_wrong_with_a_description_is_told_with_its_line() {
    let dir = Dir::new();
    for (text, code, said) in [
        ("module = 'none.wasm'", 1, "line 1: module: none.wasm: cannot read the module: "),
        (
            "module = 'app.wasm'\n\nicon = 'none.ico'\ntargets = ['windows']",
            1,
            "line 3: icon: none.ico: cannot read",
        ),
        (
            "module = 'app.wasm'\ndir = [\n  'a::/x',\n  'b::/x',\n]",
            2,
            "line 4: dir: the directories a and b are both",
        ),
        (
            "module = 'app.wasm'\noutput = 'x.exe'\ntargets = ['linux-arm64']",
            2,
            "line 3: targets: the output's name",
        ),
        ("module = 'app.wasm'\ncwd = '/x'", 2, "line 2: cwd: the working directory /x lies in none"),
        ("module = 'app.wasm'\ncpu = 'native'\ntargets = ['linux-arm64']", 2, "line 2: cpu: --cpu"),
        ("module = 'app.wasm'\nfiles = [\n  'none::/x',\n]", 1, "line 3: files: none: cannot"),
    ] {
        dir.write("wasmpack.toml", text.as_bytes());
        let output = dir.wasmpack(&["build"]).output().unwrap();
        let expected = format!("wasmpack: wasmpack.toml: {said}");
        assert!(stderr(&output).starts_with(&expected), "{text}: {}", stderr(&output));
        assert_eq!(output.status.code(), Some(code), "{text}");
    }
    // A typed option has no line.
    dir.write("wasmpack.toml", b"module = 'app.wasm'\ncwd = '/y'\ndir = ['y::/y']");
    dir.command_fails(
        &mut dir.wasmpack(&["build", "--cwd", "/x"]),
        2,
        &["wasmpack: the working directory /x"],
    );
    std::fs::remove_file(dir.path("wasmpack.toml")).unwrap();
    dir.fails(&["build"], &["wasmpack.toml: there is no such file"]);
}

/// Whatever a key leads to: the file, its line and the key are named, and the exit code stays.
#[test]
fn every_error_that_comes_of_a_key_names_its_line() {
    let dir = Dir::new();
    dir.wat("memory.wasm", "(module (memory 1) (func (export \"_start\")))");
    dir.wat("emscripten.wasm", "(module (import \"env\" \"f\" (func)) (func (export \"_start\")))");
    dir.write("folder", b"a file");
    // With the launcher, which decides about less than what is wrong.
    let stub = "stub = 'stub'";
    // File systems have no room for such a name.
    let long = |key: &str| {
        let rest = ["name = 'notes'", "version = '1.0.0'"];
        let rest: String = rest
            .iter()
            .filter(|line| !line.starts_with(&format!("{key} ")))
            .map(|line| format!("\n{line}"))
            .collect();
        let installers = "installers = ['npm', 'pypi']\narchive = true\noutput = 'x/'";
        format!("{key} = '{}'{rest}\n{installers}", "1".repeat(300))
    };
    for (text, code, said) in [
        ("archive = true\nversion = '1.0'", 2, "line 3: archive: name the folder to write to with -o"),
        ("version = '1.0'\narchive = true", 2, "line 4: archive: name the folder to write to with -o"),
        ("targets = ['linux', 'windows']", 2, "line 3: targets: name the folder to write to with -o"),
        ("output = '-'\ntargets = 'all'", 2, "line 3: output: only one executable can go to standard output"),
        ("name = 'a|b'\ntargets = 'windows'\noutput = 'x/'", 2, "line 3: name: the program's name"),
        ("with = ['x=gone.wasm']", 1, "line 3: with: gone.wasm: cannot read the module"),
        ("with = ['x=app.wasm', 'y=stub']", 1, "line 3: with: stub: "),
        (
            "with = [\n  'x=app.wasm',\n  'y,x=app.wasm',\n  'z=app.wasm',\n]",
            1,
            "line 5: with: two programs are called \"x\"",
        ),
        ("use-profile = 'app.wasm'", 1, "line 3: use-profile: app.wasm: "),
        ("use-profile = ['folder']", 1, "line 3: use-profile: folder: line 1: must be"),
        ("exclude = ['*.log', 'a{b']\nfiles = ['d']", 1, "line 3: exclude: d: --exclude a{b"),
        (
            "files = ['d']\nexclude = '*.log'\ninclude = 'gone'\narchive = true\noutput = 'x/'",
            1,
            "line 5: include: gone: cannot read",
        ),
        ("output = 'folder/x'", 1, "line 3: output: folder/x: "),
        ("output = 'app.wasm'", 1, "line 3: output: app.wasm: "),
        (
            "installers = 'sh'\narchive = true\noutput = 'x/'",
            2,
            "line 3: installers: installers (sh) need version, download-url",
        ),
        (
            "installers = 'sh'\narchive = true\noutput = 'x/'\nversion = '1.0'\ndownload-url = 'ftp://x'",
            2,
            "line 7: download-url: \"ftp://x\" must be an address",
        ),
        (&long("pypi-name"), 2, "line 3: pypi-name: "),
        (&long("npm-name"), 2, "line 3: npm-name: "),
        (&long("name"), 2, "line 3: name: "),
        (&long("version"), 2, "line 3: version: "),
        ("version = '1'\ninstallers = ['npm']\narchive = true\noutput = 'x/'", 2, "line 3: version: \"1\""),
        (
            "installers = ['npm']\nversion = '1.0.0'\nname = 'Big'\narchive = true\noutput = 'x/'",
            2,
            "line 5: name: npm-name: \"Big\" cannot be a package's on npm",
        ),
        (
            "gui = true\ntargets = 'linux-x86_64'\noutput = 'x'",
            2,
            "line 3: gui: --gui, --icon and --version-info are for",
        ),
    ] {
        let text = format!("module = 'app.wasm'\n{stub}\n{text}\n");
        std::fs::create_dir_all(dir.path("d")).unwrap();
        dir.write("wasmpack.toml", text.as_bytes());
        dir.command_fails(
            &mut dir.wasmpack(&["build"]),
            code,
            &[&format!("wasmpack: wasmpack.toml: {said}")],
        );
    }
    for (text, said) in [
        (
            "module = 'memory.wasm'\nmax-memory = '1K'",
            "line 2: max-memory: memory.wasm: the program begins with",
        ),
        ("module = 'emscripten.wasm'\nstrict = true", "line 2: strict: emscripten.wasm: "),
        ("module = 'folder'", "line 1: module: folder: "),
        (
            "module = 'app.wasm'\nstub = 'app.wasm'\ntargets = 'linux-x86_64'\noutput = 'x'",
            "line 2: stub: app.wasm: ",
        ),
        (
            "module = 'app.wasm'\nicon = 'app.wasm'\ntargets = 'windows'\noutput = 'x.exe'",
            "line 2: icon: app.wasm: the icon cannot be used",
        ),
        (
            "module = 'app.wasm'\nversion-info = { Comments = \"a\\u0001\" }\ntargets = 'windows'\noutput = 'x.exe'",
            "line 2: version-info: x.exe: the version information cannot be used",
        ),
    ] {
        dir.write("wasmpack.toml", text.as_bytes());
        dir.fails(&["build", "--no-trial"], &[&format!("wasmpack: wasmpack.toml: {said}")]);
    }
    // A mistake in the program is none of the description, and an option that was typed stands in no line.
    dir.write("bad.wat", b"(module (func");
    dir.write("wasmpack.toml", b"module = 'bad.wat'\n");
    dir.fails(&["build"], &["wasmpack: bad.wat: not valid WebAssembly text"]);
    dir.write("wasmpack.toml", b"module = 'memory.wasm'\n");
    dir.fails(&["build", "--max-memory", "1K"], &["wasmpack: memory.wasm: the program begins with"]);
    // The same in what programs read.
    dir.write("wasmpack.toml", b"module = 'memory.wasm'\nmax-memory = '1K'\n");
    let output = dir.wasmpack(&["build", "--json"]).output().unwrap();
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let error = said["failed"][0]["error"].as_str().unwrap();
    assert!(error.starts_with("wasmpack.toml: line 2: max-memory: memory.wasm: "), "{said}");
    // And where there are executables already.
    dir.write("wasmpack.toml", b"module = 'app.wasm'\nname = 'notes'\nversion = '1'\n");
    dir.command_fails(
        &mut dir.wasmpack(&[
            "installers",
            "--config",
            "wasmpack.toml",
            "--installers",
            "npm",
            "-o",
            "x/",
            "--for",
            "linux-x86_64=stub",
        ]),
        2,
        &["wasmpack.toml: line 3: version: \"1\""],
    );
}

#[test]
fn what_would_be_lost_in_silence_is_told() {
    let dir = Dir::new();
    for (text, said) in [
        ("env = { OK = '1', 'A=B' = 'x' }", "line 2: env: \"A=B\": a name cannot have a = in it"),
        ("version-info = { 'A=B' = 'x' }", "line 2: version-info: \"A=B\": a name cannot"),
        ("[with]\n'a=b' = 'app.wasm'", "line 3: with: \"a=b\": a name cannot"),
        ("name = 'a/b'", "line 2: name: \"a/b\": has a slash; choose a name without"),
        // No system takes such a path, and nobody writes such a text.
        ("output = \"x\\u0000y\"", "line 2: output: \"x\\0y\": it has a NUL"),
        ("description = \"x\\u0000y\"", "line 2: description: \"x\\0y\": it has a NUL"),
        ("icon = ''", "line 2: icon: \"\": it names nothing; such as "),
        ("use-profile = ['']", "line 2: use-profile: \"\": it names nothing"),
        ("output = ''", "line 2: output: \"\": it names nothing"),
        // One message is one line.
        ("connect = \"a\\nb\"", "line 2: connect: \"a\\nb\""),
        ("tmp = \"a\\nb\"", "line 2: tmp: \"a\\nb\""),
        ("\"a\\nb\" = 1", "line 2: a\\nb: unknown key"),
        ("[package]\nname = 'x'", "line 2: package: unknown table; keys stand at the top of the file"),
    ] {
        dir.write("wasmpack.toml", format!("module = 'app.wasm'\n{text}\n").as_bytes());
        dir.command_fails(&mut dir.wasmpack(&["build"]), 2, &[said]);
    }
    dir.write("wasmpack.toml", b"name = 'x'\nmodule = ''\n");
    dir.command_fails(&mut dir.wasmpack(&["build"]), 2, &["line 2: module: \"\": it names nothing"]);
    dir.write("wasmpack.toml", b"module = 'app.wasm'\n# \xe4\n");
    dir.fails(&["build"], &["wasmpack.toml: line 2: cannot read it: it is not UTF-8"]);
    dir.command_fails(&mut dir.wasmpack(&["app.wasm", "--icon", ""]), 2, &["it names nothing; such as"]);
    dir.command_fails(&mut dir.wasmpack(&["app.wasm", "--name", "a/b"]), 2, &["has a slash"]);
    // An option for Windows is meant for another build: a note tells of it.
    dir.write("wasmpack.toml", b"module = 'app.wasm'\ngui = true\nversion-info = { Comments = 'x' }\n");
    let pack = ["build", "-t", "linux-x86_64", "-o", "out", "--stub", "stub", "--no-trial"];
    let told = stderr(&dir.packs(&pack));
    for key in ["gui", "version-info"] {
        let note = format!(
            "note: wasmpack.toml: {key} changes nothing: it is for Windows, and the target is linux-x86_64"
        );
        assert!(told.contains(&note), "{told}");
    }
    dir.command_fails(&mut dir.wasmpack(&[&pack[..], &["--gui"]].concat()), 2, &["wasmpack: --gui, --icon"]);
    dir.command_fails(
        &mut dir.wasmpack(&[&pack[..], &["--npm-name", "x"]].concat()),
        2,
        &["wasmpack: --npm-name is for installers"],
    );
}
