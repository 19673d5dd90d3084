//! Sixty and more everyday uses of real programs, packed with `--native`, do what native tools of the same names do: `uses.txt`.
//!
//! The modules come from registries: `WASMPACK_PYTHON` and `WASMPACK_SQLITE`, and `WASMPACK_PROGRAMS`, a folder with the others. The
//! answers were written by native tools, which lie in the folder that `WASMPACK_NATIVE` names, and are compared with them again
//! where it is set.

mod uses;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::{Dir, pack, text};
use uses::Use;

/// Where the modules are, and how they are packed besides `--native`.
fn module(program: &str) -> Option<(PathBuf, Vec<String>)> {
    let given = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    match program {
        "python" => {
            let folder = given("WASMPACK_PYTHON")?;
            let files = format!("{}::/python", folder.join("python-lib/usr/local").display());
            let options = ["--files", &files, "--env", "PYTHONHOME=/python"];
            Some((folder.join("python.wasm"), options.map(str::to_owned).to_vec()))
        }
        "sqlite" => Some((given("WASMPACK_SQLITE")?, Vec::new())),
        other => {
            let module = given("WASMPACK_PROGRAMS")?.join(format!("{other}.wasm"));
            module.is_file().then_some((module, Vec::new()))
        }
    }
}

/// Does every use of `program`, and fails with all that were answered otherwise.
#[track_caller]
fn uses_of(program: &str) {
    let packed = Dir::new();
    let mut wrong = Vec::new();
    for one in uses::read().iter().filter(|one| one.program() == program) {
        for needed in one.programs() {
            let out = packed.join(needed);
            if out.exists() {
                continue;
            }
            let Some((module, mut options)) = module(needed) else {
                return skip::because(format!("there is no module of {needed}"));
            };
            options.extend(
                ["--native", "--no-trial", "--compiler", "singlepass", "--level", "1"].map(str::to_owned),
            );
            pack(&module, &out, &options.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let got = done(one, packed.path());
        if got != one.expected() {
            wrong.push(format!(
                "{}\n{}\ngot      {got:?}\nexpected {:?}",
                one.name,
                one.commands,
                one.expected()
            ));
        }
    }
    assert!(wrong.is_empty(), "{} uses:\n\n{}\n", wrong.len(), wrong.join("\n\n"));
}

/// What the commands print, with the programs in `tools` before all others, and how they end.
fn done(one: &Use, tools: &Path) -> String {
    let dir = Dir::new();
    let folder = dir.path().canonicalize().expect("the folder is there");
    lay_out(&dir, &folder);
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("bash")
        .args(["-c", &one.commands])
        .current_dir(folder.join("proj"))
        .env_clear()
        .env("PATH", format!("{}:{path}", tools.display()))
        .env("PWD", folder.join("proj"))
        .env("W", &folder)
        .env("HOME", &folder)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .expect("there is bash");
    let mut said = text(&output.stdout).replace(folder.to_str().expect("the path is text"), "$W");
    match output.status.code() {
        Some(0) => {}
        Some(code) => said += &format!("exit {code}\n"),
        None => said += &format!("{}\n", output.status),
    }
    said
}

/// The files that uses are about.
fn lay_out(dir: &Dir, folder: &Path) {
    for (name, text) in [
        ("proj/a.txt", "alpha\nbeta\n"),
        ("proj/data.json", "{\"a\": [1, 2]}"),
        ("proj/data.csv", "name,size\nsmall,1\nlarge,9\n"),
        ("proj/q.sql", "select 40 + 2;\n"),
        ("proj/etc/passwd", "of the checkout\n"),
        ("proj/tool.py", "import sys\nfor name in sys.argv[1:]:\n    print(open(name).readline(), end='')\n"),
        ("proj/src/hello.py", "import sys\nprint('hello from', __file__, sys.argv[1:])\n"),
        ("proj/src/below/more.py", "print('more')\n"),
        (
            "proj/tests/test_it.py",
            "import unittest\n\n\nclass It(unittest.TestCase):\n    def test_one(self):\n        self.assertTrue(True)\n",
        ),
        (
            "proj/src/app.ts",
            "import {name} from '../../lib/dep'; import {two} from './two'; console.log(name, two as number)",
        ),
        ("proj/src/two.ts", "export const two: number = 2"),
        ("proj/src/main.c", "int main(void) { return 0; }\n"),
        ("proj/src/start.c", "void _start(void) {}\n"),
        ("proj/src/inc.c", "#include \"shared.h\"\n#include \"../src/own.h\"\n"),
        ("proj/src/own.h", "int own;\n"),
        ("proj/src/hello.php", "<?php echo \"hello \", basename(__FILE__), \"\\n\";"),
        ("proj/src/up.php", "<?php include __DIR__ . '/up.inc'; echo up();"),
        ("proj/src/up.inc", "<?php function up() { return \"up\\n\"; }"),
        (
            "proj/src/rel.php",
            "<?php include '../../lib/part.php'; file_put_contents('../../out/php', part());",
        ),
        ("proj/src/hello.rb", "puts File.basename(__FILE__), File.exist?('../lib/part.rb')\n"),
        ("proj/src/more.rb", "require_relative '../../lib/part'\nputs part\n"),
        ("lib/shared.txt", "shared\n"),
        ("lib/shared.h", "int shared;\n"),
        ("lib/tool.py", "import sys\nprint([open(name).readline() for name in sys.argv[1:]])\n"),
        ("lib/mod.py", "NAME = 'module'\n"),
        ("lib/dep.ts", "export const name = 'dep'"),
        ("lib/pkg/package.json", "{\"name\": \"pkg\", \"main\": \"main.js\"}"),
        ("lib/pkg/main.js", "export const n = 7"),
        ("lib/part.php", "<?php function part() { return \"part\\n\"; }"),
        ("lib/part.rb", "def part = 'part'\n"),
        ("data.json", "{\"b\": null}"),
        ("out/.keep", ""),
    ] {
        dir.write(name, text);
    }
    for (link, target) in [
        ("up.txt", PathBuf::from("../lib/shared.txt")),
        ("abs.txt", folder.join("lib/shared.txt")),
        ("libdir", folder.join("lib")),
    ] {
        symlink(target, dir.join("proj").join(link)).expect("a link can be made");
    }
}

#[test]
fn python_does_what_python_does() {
    uses_of("python");
}

#[test]
fn sqlite_does_what_sqlite_does() {
    uses_of("sqlite");
}

#[test]
fn esbuild_does_what_esbuild_does() {
    uses_of("esbuild");
}

#[test]
fn clang_does_what_clang_does() {
    uses_of("clang");
}

#[test]
fn wasm_ld_does_what_wasm_ld_does() {
    uses_of("wasm-ld");
}

#[test]
fn php_does_what_php_does() {
    uses_of("php");
}

#[test]
fn ruby_does_what_ruby_does() {
    uses_of("ruby");
}

#[test]
fn the_document_names_every_use_that_is_answered_otherwise() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/sandbox.md");
    let document = std::fs::read_to_string(file).expect("the document can be read");
    let shown = document.split("### Everyday uses\n").nth(1).expect("the document tells of uses");
    let shown = shown.split("\n## ").next().unwrap_or_default();
    let shown: Vec<&str> = shown.lines().filter(|line| line.starts_with("- ")).collect();
    let told = |one: &Use| one.otherwise.as_ref().map(|(why, _)| format!("- {}: {why}.", one.name));
    assert_eq!(shown, uses::read().iter().filter_map(told).collect::<Vec<_>>());
}

#[test]
fn native_tools_answer_as_the_table_says() {
    let Some(tools) = std::env::var_os("WASMPACK_NATIVE").map(PathBuf::from) else {
        return skip::because("WASMPACK_NATIVE names no folder of native tools");
    };
    let mut all = uses::read();
    assert!(all.len() >= 60, "{} uses", all.len());
    let mut wrong = Vec::new();
    for one in &mut all {
        let missing = one.programs().into_iter().find(|program| !tools.join(program).exists());
        assert_eq!(missing, None, "WASMPACK_NATIVE has not all tools");
        let got = done(one, &tools);
        if got != one.answer {
            wrong.push(format!("{}: {got:?}, not {:?}", one.name, one.answer));
        }
        one.answer = got;
    }
    if std::env::var_os("WASMPACK_BLESS").is_some() {
        return uses::write(&all);
    }
    assert!(wrong.is_empty(), "{} uses:\n{}", wrong.len(), wrong.join("\n"));
}
