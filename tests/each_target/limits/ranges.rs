//! What memory.copy and memory.fill leave in memory, beside loops over single bytes: all short lengths and some long ones,
//! forwards, backwards and apart. Of a value that is filled only the lowest byte counts.

use super::{COMPILERS, EXIT, packed};
use crate::common::{Dir, output, start};

/// Ends with 42, or with 1 after a fill and 2 after a copy that is wrong.
const BODY: &str = r#"
  (func $pattern (param $at i32) (result i32)
    (i32.and (i32.add (i32.mul (local.get $at) (i32.const 31)) (i32.shr_u (local.get $at) (i32.const 8))) (i32.const 255)))
  ;; Writes the pattern from one address to another.
  (func $draw (param $at i32) (param $end i32)
    (loop $next
      (i32.store8 (local.get $at) (call $pattern (local.get $at)))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $end)))))
  ;; Ends with CODE unless the bytes from AT to END are the pattern DISTANCE before.
  (func $is_pattern (param $at i32) (param $end i32) (param $distance i32) (param $code i32)
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (if (i32.ne (i32.load8_u (local.get $at)) (call $pattern (i32.sub (local.get $at) (local.get $distance))))
        (then (call $exit (local.get $code))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next))))
  (func $copies (param $len i32) (param $distance i32) (local $to i32) (local $from i32)
    (local.set $from (i32.add (i32.const 20000) (i32.rem_u (local.get $len) (i32.const 37))))
    (local.set $to (i32.add (local.get $from) (local.get $distance)))
    (call $draw (i32.sub (local.get $to) (i32.const 70)) (i32.add (i32.add (local.get $to) (local.get $len)) (i32.const 70)))
    (call $draw (local.get $from) (i32.add (i32.add (local.get $from) (local.get $len)) (i32.const 1)))
    (memory.copy (local.get $to) (local.get $from) (local.get $len))
    (call $is_pattern (local.get $to) (i32.add (local.get $to) (local.get $len)) (local.get $distance) (i32.const 2))
    (call $is_pattern (i32.sub (local.get $to) (i32.const 70)) (local.get $to) (i32.const 0) (i32.const 2))
    (call $is_pattern (i32.add (local.get $to) (local.get $len)) (i32.add (i32.add (local.get $to) (local.get $len)) (i32.const 70))
      (i32.const 0) (i32.const 2)))
  (func $fills (param $len i32) (local $at i32) (local $end i32) (local $value i32)
    (local.set $at (i32.add (i32.const 20000) (i32.rem_u (local.get $len) (i32.const 67))))
    (local.set $end (i32.add (local.get $at) (local.get $len)))
    (local.set $value (i32.add (i32.const 0x7f00) (i32.mul (local.get $len) (i32.const 0x10007))))
    (call $draw (i32.sub (local.get $at) (i32.const 70)) (i32.add (local.get $end) (i32.const 70)))
    (memory.fill (local.get $at) (local.get $value) (local.get $len))
    (call $is_pattern (i32.sub (local.get $at) (i32.const 70)) (local.get $at) (i32.const 0) (i32.const 1))
    (call $is_pattern (local.get $end) (i32.add (local.get $end) (i32.const 70)) (i32.const 0) (i32.const 1))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (if (i32.ne (i32.load8_u (local.get $at)) (i32.and (local.get $value) (i32.const 255))) (then (call $exit (i32.const 1))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next))))
  (func $each (param $len i32)
    (call $fills (local.get $len))
    COPIES)
  (func (export "_start") (local $len i32)
    (loop $next
      (call $each (local.get $len))
      (br_if $next (i32.le_u (local.tee $len (i32.add (local.get $len) (i32.const 1))) (i32.const 300))))
    (call $each (i32.const 2047))
    (call $each (i32.const 2048))
    (call $each (i32.const 4099))
    (call $each (i32.const 9000))
    (call $exit (i32.const 42)))"#;

#[test]
fn ranges_are_copied_and_filled_byte_for_byte() {
    let distances = [-9100, -129, -65, -64, -33, -8, -1, 0, 1, 7, 31, 33, 64, 200, 9100];
    let copies: String = distances
        .iter()
        .map(|distance| format!("(call $copies (local.get $len) (i32.const {distance}))\n"))
        .collect();
    let source =
        format!("(module {EXIT} (memory (export \"memory\") 1) {})", BODY.replace("COPIES", &copies));
    let dir = Dir::new();
    for compiler in COMPILERS {
        let program = packed(&dir, "ranges", &source, &["--compiler", compiler, "--no-trial"]).unwrap();
        assert_eq!(output(&mut start(&program)).status.code(), Some(42), "{compiler}");
    }
}
