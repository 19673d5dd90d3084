//! The progress bar, on a terminal.

use std::io::Read;

use pty_process::{Size, blocking::Command};

use crate::dir::Dir;

/// What is shown on a terminal while `args` are run.
fn shown(dir: &Dir, args: &[&str]) -> String {
    let (mut pty, pts) = pty_process::blocking::open().unwrap();
    pty.resize(Size::new(24, 100)).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_wasmpack"))
        .args(args)
        .env("TERM", "xterm")
        .current_dir(dir.path(""))
        .spawn(pts)
        .unwrap();
    let (mut all, mut piece) = (Vec::new(), [0; 4096]);
    // The end is an error on Linux.
    while let Ok(len) = pty.read(&mut piece) {
        if len == 0 {
            break;
        }
        all.extend_from_slice(&piece[..len]);
    }
    assert!(child.wait().unwrap().success(), "{}", String::from_utf8_lossy(&all));
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
fn it_goes_from_nothing_to_all_once() {
    let dir = Dir::new();
    let body = "local.get 0 i32.const 3 i32.mul local.tee 0 i32.const 7 i32.xor local.set 0 ".repeat(200);
    let function = format!("(func (param i32) (result i32) {body} local.get 0)");
    dir.write("app.wat", format!("(module {} (func (export \"_start\")))", function.repeat(300)).as_bytes());
    for targets in ["linux-x86_64", "linux-arm64,windows,riscv64"] {
        let text = shown(&dir, &["app.wat", "-t", targets, "-o", "dist/", "--no-cache"]);
        let number =
            |before: &str| before.rsplit([' ', ']']).find(|word| !word.is_empty())?.parse::<u32>().ok();
        let parts: Vec<&str> = text.split(" %").collect();
        let numbers: Vec<u32> = parts[..parts.len() - 1].iter().filter_map(|before| number(before)).collect();
        assert!(numbers.len() > 3 && numbers.is_sorted(), "{targets}: {numbers:?}");
        assert!(numbers[0] < 30 && *numbers.last().unwrap() > 90, "{targets}: {numbers:?}");
        assert!(text.contains(" left") && text.contains("compiling"), "{text}");
    }
}
