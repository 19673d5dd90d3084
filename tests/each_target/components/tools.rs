//! What compilers make components of: a tool by Rust's standard library, and the same by wasi-libc. Both print
//! `tests/fixtures/component/tool.txt`, packed and in wasmtime.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::{answer, packed, wasmtime};
use crate::common::{Dir, fixture, start, text};

const TOOLS: [&str; 2] = ["tool_rust", "tool_c"];
const ARGS: [&str; 4] = ["/data", "two words", "", "fail"];
const INPUT: &[u8] = b"first line\nselect a, b from t where a > 1\n";
/// How a program ends that reached a trap, as the launcher tells it.
const TRAPPED: i32 = 134;

fn record() -> PathBuf {
    fixture("component/tool").with_extension("txt")
}

/// A directory for a tool, and the grant of it.
fn data(dir: &Dir) -> String {
    dir.write("data/in.txt", "hello\n");
    dir.write("data/sub/numbers.txt", "1\n2\n3\n");
    format!("{}::/data", dir.join("data").display())
}

fn told(command: &mut Command, args: &[&str]) -> Output {
    answer(command.args(args), INPUT)
}

/// The output of a tool. The tool must leave the directory as it was.
fn works(mut command: Command, dir: &Dir) -> String {
    let output = told(&mut command, &ARGS);
    let printed = text(&output.stdout) + &text(&output.stderr);
    // An exit code of WASI 0.2 is success or failure, so the tool's 3 is 1.
    assert_eq!(output.status.code(), Some(1), "{printed}");
    let left = |folder: &str| std::fs::read_dir(dir.join(folder)).unwrap().count();
    assert_eq!((left("data"), left("data/sub")), (2, 1), "the tool cleans up behind itself");
    printed
}

#[test]
fn tools_of_rust_and_c_print_what_they_print_in_wasmtime() {
    let recorded = std::fs::read_to_string(record()).unwrap();
    for tool in TOOLS {
        let dir = Dir::new();
        let grant = data(&dir);
        let program = packed(&dir, tool, &["--dir", &grant, "--env", "MODE=fast"]);
        assert_eq!(works(start(&program), &dir), recorded, "{tool}");
    }
}

#[test]
fn the_record_of_the_tools_is_what_wasmtime_prints() {
    let Some(wasmtime) = wasmtime() else { return };
    for tool in TOOLS {
        let dir = Dir::new();
        let grant = data(&dir);
        let mut command = Command::new(&wasmtime);
        command.args(["run", "--env", "MODE=fast", "--dir", &grant]).arg(component(tool));
        let printed = works(command, &dir);
        if std::env::var_os("WASMPACK_BLESS").is_some() {
            std::fs::write(record(), &printed).unwrap();
        }
        assert_eq!(printed, std::fs::read_to_string(record()).unwrap(), "{tool}");
    }
}

#[test]
fn a_tool_that_panics_or_may_only_read_ends_as_a_module_does() {
    for tool in TOOLS {
        let dir = Dir::new();
        let grant = data(&dir);
        let program = packed(&dir, tool, &["--dir-ro", &grant]);
        let trapped = told(&mut start(&program), &["panic"]);
        assert_eq!(trapped.status.code(), Some(TRAPPED), "{tool}: {}", text(&trapped.stderr));
        assert!(text(&trapped.stderr).starts_with("to standard error\n"), "{}", text(&trapped.stderr));
        assert!(tool != "tool_rust" || text(&trapped.stderr).contains("as it was asked to"));
        assert_eq!(told(&mut start(&program), &["nothing"]).status.code(), Some(0));
        let refused = told(&mut start(&program), &["/data"]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(text(&refused.stdout).contains("in.txt [hello]\n/data: "), "{}", text(&refused.stdout));
        assert!(!dir.join("data/log.txt").exists());
    }
}

fn component(name: &str) -> PathBuf {
    fixture(&format!("component/{name}"))
}

#[test]
fn each_tool_is_a_component_without_the_official_adapter() {
    // Both libraries call WASI 0.2 themselves: a component that imports preview 1 would prove nothing about merging.
    let imports_preview_1 = |path: &Path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(22).any(|window| window == b"wasi_snapshot_preview1")
    };
    assert!(imports_preview_1(&component("merged")));
    for tool in TOOLS {
        assert!(!imports_preview_1(&component(tool)), "{tool}");
    }
}
