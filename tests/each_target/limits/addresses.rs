//! Data and elements whose addresses are negative, taken as signed numbers.

use super::{COMPILERS, EXIT, packed, unless};
use crate::common::{Dir, complains, prints};

/// Both ways to store a program.
const WAYS: [&[&str]; 2] = [&["--level", "1", "--no-trial"], &["--no-compress"]];

#[test]
fn data_from_two_gibibytes_on_is_there_before_the_program_starts() {
    let source = format!(
        r#"(module {EXIT} (memory (export "memory") 65536) (global $seen (mut i32) (i32.const 0))
          (data (i32.const 0) "low") (data "passive")
          (data (i32.const 0xbffffff0) "high") (data (i32.const 0xbffffff1) "I") (data (i32.const 0xffffffff) "!")
          (data (i32.add (i32.const 0x7fffffff) (i32.const 1)) "sum") (data (i32.const 0x80000010) "") (data (i32.const 1) "O")
          (func $first (global.set $seen (i32.load8_u (i32.const 0xffffffff)))) (start $first) {})"#,
        unless(&[
            "(i32.ne (i32.load (i32.const 0xbffffff0)) (i32.const 0x68674968))".to_owned(),
            "(i32.ne (i32.load (i32.const 0)) (i32.const 0x00774f6c))".to_owned(),
            "(i32.ne (i32.load (i32.const 0x80000000)) (i32.const 0x006d7573))".to_owned(),
            // The module's own start function comes behind all data.
            "(i32.ne (global.get $seen) (i32.const 0x21))".to_owned(),
        ])
    );
    let outside = r#"(module (memory (export "memory") 49152) (data (i32.const 0) "low")
      (data (i32.const 0xbffffffd) "high") (func (export "_start") unreachable))"#;
    let dir = Dir::new();
    for compiler in COMPILERS {
        for way in WAYS {
            let options = [&["--compiler", compiler], way].concat();
            prints(&packed(&dir, "far", &source, &options).unwrap(), &[], 42);
            let message = complains(&packed(&dir, "outside", outside, &options).unwrap(), &[], 134);
            assert!(message.contains("trap: out of bounds memory access"), "{message}");
        }
    }
}

#[test]
fn elements_at_negative_addresses_are_a_trap_before_the_program_starts() {
    let dir = Dir::new();
    for address in ["0x80000000", "0xffffffff", "0x7fffffff", "10"] {
        let source = format!(
            r#"(module (memory (export "memory") 1) (table 10 funcref) (elem (i32.const {address}) func $f) (func $f)
              (func (export "_start") unreachable))"#
        );
        let message = complains(&packed(&dir, "elements", &source, &[]).unwrap(), &[], 134);
        assert!(message.contains("out of bounds table access"), "{address}: {message}");
    }
}
