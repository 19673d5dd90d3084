//! Images: code and memory that are decoded when they are touched, or mapped from the file; both do the same.

mod contents;
mod profile;
#[cfg(target_os = "linux")]
mod system;
mod trap;
#[cfg(target_os = "linux")]
mod trial;

/// Both ways to store a program.
const WAYS: [&[&str]; 2] = [&["--level", "3"], &["--no-compress"]];

/// Data in five chunks of 64 KiB, with gaps; the program hands them to the system without having touched them.
const COLD: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 8)
  (data (i32.const 0x10000) "\00\00\02\00\06\00\00\00\00\00\03\00\06\00\00\00") ;; two buffers
  (data (i32.const 0x20000) "first ")
  (data (i32.const 0x30000) "second")
  (data (i32.const 0x40000) "\00\00\05\00\08\00\00\00") ;; a buffer to read into
  (data (i32.const 0x50000) "........, kept")
  (data (i32.const 0x60000) "\00\00\05\00\0e\00\00\00")
  (func (export "_start")
    (if (call $write (i32.const 1) (i32.const 0x10000) (i32.const 1) (i32.const 0x70000))
      (then (call $exit (i32.const 1))))
    (if (call $write (i32.const 1) (i32.const 0x10008) (i32.const 1) (i32.const 0x70000))
      (then (call $exit (i32.const 1))))
    (if (call $read (i32.const 0) (i32.const 0x40000) (i32.const 1) (i32.const 0x70000))
      (then (call $exit (i32.const 2))))
    (if (call $write (i32.const 1) (i32.const 0x60000) (i32.const 1) (i32.const 0x70000))
      (then (call $exit (i32.const 3))))
    ;; What nothing initialised is zero, before, between and behind the data.
    (call $exit (i32.or (i32.load (i32.const 0x0fffc)) (i32.or (i32.load (i32.const 0x2fff0))
      (i32.load (i32.const 0x70010)))))))"#;

/// A program of many functions, each of which calls the next one, with some weight so that they fill many chunks.
fn long_chain(count: usize) -> String {
    let mut source = String::from(
        "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32))) (memory (export \"memory\") 1)\n",
    );
    for index in 0..count {
        let work: String = (0..40)
            .map(|step| format!("(i32.store offset={} (local.get 0) (i32.mul (i32.load offset={} (local.get 0)) (i32.const {})))", step * 4, step * 8, index + step))
            .collect();
        let next = (index + 7919) % count;
        source += &format!(
            "(func $f{index} (param i32 i32) (result i32) {work} (if (result i32) (local.get 1) (then (i32.add (i32.const 1) (call $f{next} (local.get 0) (i32.sub (local.get 1) (i32.const 1))))) (else (i32.const 0))))\n"
        );
    }
    source + "(func (export \"_start\") (call $exit (call $f0 (i32.const 0) (i32.const 99)))))"
}
