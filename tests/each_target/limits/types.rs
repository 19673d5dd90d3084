//! Function types that the engine cannot tell from each other.

use super::{EXIT, packed};
use crate::common::Dir;

#[test]
fn an_import_whose_type_the_engine_takes_for_one_of_wasis_is_refused() {
    // CRC-32 of (i32, i32) -> (i32), which clock_res_get has.
    let params = "i32 f32 f32 i64 i64 i64 i32 f32 f32 i64 i32 f64 i32 f32 f64 i32 f32";
    let source = format!(
        r#"(module (import "wasi_snapshot_preview1" "clock_res_get" (func (param i32 i32) (result i32)))
          (import "env" "x" (func (param {params}))) (memory (export "memory") 1) (func (export "_start")))"#
    );
    let told = packed(&Dir::new(), "types", &source, &[]).unwrap_err();
    // In one module the compiler notices by itself.
    assert!(told.contains("function type 1, with 17 parameters") || told.contains("collision"), "{told}");
    let alone = source.replace(
        "(import \"wasi_snapshot_preview1\" \"clock_res_get\" (func (param i32 i32) (result i32)))",
        EXIT,
    );
    let told = packed(&Dir::new(), "types", &alone, &[]).unwrap_err();
    assert!(told.contains("has the CRC-32 (") && told.contains("of WASI have"), "{told}");
}
