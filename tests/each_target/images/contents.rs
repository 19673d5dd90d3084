//! Images hold what the module says, whoever touches it first: the program, the system, or a second thread.

use std::io::Write;
use std::process::Stdio;

use super::{COLD, WAYS, long_chain};
use crate::common::{Dir, complains, prints, says, start, text};

#[test]
fn the_system_is_handed_memory_that_was_never_touched() {
    let dir = Dir::new();
    for way in WAYS {
        let program = dir.pack_text("cold", COLD, way);
        let mut child = start(&program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"eight  !").unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{way:?}: {}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "first secondeight  !, kept", "{way:?}");
    }
}

#[test]
fn data_that_cannot_be_laid_out_beforehand_is_there_as_well() {
    // Passive data, and a later segment over an earlier one.
    let source = r#"(module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 2)
      (data (i32.const 8) "\01\02\03\04")
      (data (i32.const 10) "\07")
      (data $passive "\10")
      (func (export "_start")
        (memory.init $passive (i32.const 100) (i32.const 0) (i32.const 1))
        (call $exit (i32.add (i32.load8_u (i32.const 100))
          (i32.add (i32.load8_u (i32.const 10)) (i32.load8_u (i32.const 11)))))))"#;
    let dir = Dir::new();
    for way in WAYS {
        prints(&dir.pack_text("data", source, way), &[], 0x10 + 7 + 4);
    }
}

#[test]
fn data_outside_of_the_memory_is_a_trap_before_the_program_starts() {
    let source = r#"(module (memory (export "memory") 1) (data (i32.const 0xfff0) "this is longer than sixteen")
      (func (export "_start") unreachable))"#;
    let dir = Dir::new();
    for way in WAYS {
        let message = complains(&dir.pack_text("outside", source, way), &[], 134);
        assert!(
            message.starts_with(&format!("{}trap: out of bounds memory access", says("outside"))),
            "{message}"
        );
    }
}

#[test]
fn memory_that_was_written_stays_written_when_it_grows() {
    let source = r#"(module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 2)
      (data (i32.const 0x1fffc) "\05")
      (func (export "_start")
        (i32.store8 (i32.const 0x1fffd) (i32.const 6))
        (drop (memory.grow (i32.const 3)))
        (i32.store8 (i32.const 0x4fff0) (i32.const 7))
        (memory.copy (i32.const 0x30000) (i32.const 0x1fffc) (i32.const 2))
        (call $exit (i32.add (i32.load8_u (i32.const 0x4fff0))
          (i32.add (i32.load8_u (i32.const 0x30000)) (i32.load8_u (i32.const 0x30001)))))))"#;
    let dir = Dir::new();
    for way in WAYS {
        prints(&dir.pack_text("grow", source, way), &[], 18);
    }
}

#[test]
fn functions_all_over_a_large_image_find_each_other() {
    let dir = Dir::new();
    let source = long_chain(1500);
    for compiler in ["cranelift", "singlepass"] {
        for way in WAYS {
            let options = [&["--compiler", compiler], way].concat();
            prints(&dir.pack_text("chain", &source, &options), &[], 99);
        }
    }
}

/// Four MiB of data, all of which a start reads: a second thread brings much of it meanwhile.
#[test]
fn what_another_thread_brings_is_whole() {
    const PAGES: usize = 64;
    let mut seed = 1u32;
    let mut data = String::new();
    let mut sum = 0u32;
    for _ in 0..PAGES * 0x1_0000 / 4 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Half of it can be compressed.
        let word = if seed & 0x100 == 0 { seed } else { seed >> 24 };
        sum = sum.wrapping_add(word).rotate_left(1);
        data += &word.to_le_bytes().map(|byte| format!("\\{byte:02x}")).concat();
    }
    let source = format!(
        r#"(module
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") {PAGES})
          (data (i32.const 0) "{data}")
          (func (export "_start") (local $at i32) (local $sum i32)
            (loop $next
              (local.set $sum (i32.rotl (i32.add (local.get $sum) (i32.load (local.get $at))) (i32.const 1)))
              (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const {}))))
            (call $exit (i32.xor (i32.const 77) (i32.xor (local.get $sum) (i32.const {}))))))"#,
        PAGES * 0x1_0000,
        sum as i32
    );
    let dir = Dir::new();
    for options in [&["--level", "3"][..], &["--level", "3", "--no-trial"], &["--no-compress"]] {
        let program = dir.pack_text("sum", &source, options);
        for _ in 0..20 {
            prints(&program, &[], 77);
        }
    }
}
