//! Memory grows as far as the module and `--max-memory` let it.

use super::{COMPILERS, EXIT, packed};
use crate::common::{Dir, prints};

/// Grows its memory a page at a time for as long as it can, and says how many pages it has.
fn grows(memory: &str) -> String {
    format!(
        r#"(module {EXIT} (memory (export "memory") {memory}) (func (export "_start")
            (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
            (call $exit (memory.size))))"#
    )
}

#[test]
fn memory_grows_as_far_as_it_was_let() {
    let dir = Dir::new();
    for compiler in COMPILERS {
        // 7 pages and a half; more than it declares, which stays so; what it begins with.
        for (memory, most, pages) in
            [("1", "480K", 7), ("1 5", "1M", 5), ("2", "128 KiB", 2), ("1 6", "5G", 6)]
        {
            let options = ["--compiler", compiler, "--max-memory", most];
            let program = packed(&dir, "grows", &grows(memory), &options).unwrap();
            assert_eq!(prints(&program, &[], pages), "", "{compiler} {memory} {most}");
        }
    }
    let refused = packed(&dir, "large", &grows("3"), &["--max-memory", "131072"]).unwrap_err();
    let expected = "the program begins with 196608 bytes of memory, and --max-memory lets it have 131072";
    assert!(refused.contains(expected), "{refused}");
}
