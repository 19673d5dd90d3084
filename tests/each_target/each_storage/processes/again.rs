//! Programs become one another again and again.

use std::io::{Read, Write};

use super::exec::{importing, with};
use crate::common::{self, Dir};

#[test]
fn programs_become_one_another_many_times_and_nothing_is_left_of_them() {
    let dir = Dir::new();
    // The first argument says how often: its length. At two lengths it says so and waits.
    let text = |other: &str, data: &str| {
        let data = data.repeat(20_000);
        let imports = r#"(import "wasix_32v1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
            (import "wasix_32v1" "args_get" (func $args (param i32 i32) (result i32)))"#;
        let fields = format!(
            r#"(data (i32.const 3000) "/bin/{other}") (data (i32.const 3020) ".") (data (i32.const 70000) "{data}")
            (func $wait
                (call $say (i32.const 3020) (i32.const 1))
                (i32.store (i32.const 1056) (i32.const 3024)) (i32.store (i32.const 1060) (i32.const 1))
                (drop (call $fd_read (i32.const 0) (i32.const 1056) (i32.const 1) (i32.const 1064))))
            (func (export "_start") (local $length i32)
                ;; It has all that it began with, and writes into it.
                (call $is (i32.const 1) (i32.load8_u (i32.const 150000)) (i32.load8_u (i32.const 70000)))
                (memory.fill (i32.const 70000) (i32.const 0) (i32.const 200000))
                (call $is (i32.const 2) (call $args_sizes (i32.const 4000) (i32.const 4004)) (i32.const 0))
                (call $is (i32.const 3) (call $args (i32.const 4016) (i32.const 5000)) (i32.const 0))
                ;; What both take, less the first and both zeros.
                (local.set $length (i32.sub (i32.load (i32.const 4004))
                    (i32.add (i32.sub (i32.load (i32.const 4020)) (i32.load (i32.const 4016))) (i32.const 1))))
                (if (i32.eqz (local.get $length)) (then (call $wait) (call $exit (i32.const 70))))
                (if (i32.eq (local.get $length) (i32.const 250)) (then (call $wait)))
                (i32.store (i32.const 2000) (i32.const 3000))
                (i32.store (i32.const 2004) (i32.add (i32.load (i32.const 4020)) (i32.const 1)))
                (call $exit (call $exec4 (i32.const 3000) (i32.const {len}) (i32.const 2000) (i32.const 2)
                    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))"#,
            len = 5 + other.len(),
        );
        importing(imports, &fields)
    };
    let first = text("other", "first");
    let options = [with(&dir, "other", &text("first", "other")), with(&dir, "first", &first)];
    let program = dir.pack_text("first", &first, &[&options[0][..], &options[1]]);
    let mut command = common::start(&program);
    command.arg("x".repeat(300)).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut sizes = Vec::new();
    let mut byte = [0];
    while output.read(&mut byte).unwrap() == 1 {
        #[cfg(target_os = "linux")]
        if common::target() == payload::Target::host().unwrap() {
            let statm = std::fs::read_to_string(format!("/proc/{}/statm", child.id())).unwrap();
            sizes.push(statm.split(' ').take(2).map(|pages| pages.parse().unwrap()).collect::<Vec<i64>>());
        }
        sizes.truncate(2);
        input.write_all(b".").unwrap();
    }
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(70));
    println!("pages: {sizes:?}");
    assert!(
        sizes.len() == 2
            || !cfg!(target_os = "linux")
            || common::target() != payload::Target::host().unwrap()
    );
    if let [before, after] = &sizes[..] {
        // In pages: of addresses, and of memory.
        assert!(after[0] - before[0] < 2_000 && after[1] - before[1] < 500, "{sizes:?}");
    }
}
