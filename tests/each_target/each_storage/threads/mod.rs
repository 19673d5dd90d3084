//! Programs whose threads share their memory.
//!
//! ```text
//! life    threads begin, work and end
//! ends    the program ends while its threads are about something
//! traps   a thread traps
//! wasix   the calls of WASIX
//! hostile  too many threads, and arguments that change while calls run
//! cold    threads touch what is not decoded yet
//! ```

mod cold;
mod ends;
mod hostile;
mod life;
mod traps;
mod wasix;

/// The compilers that have atomic instructions for the target.
pub(super) fn compilers() -> &'static [&'static str] {
    match crate::common::target() {
        payload::Target::LinuxArm64 | payload::Target::MacosArm64 => &["cranelift"],
        _ => &["cranelift", "singlepass"],
    }
}

/// A program with the imports that these tests use, and `fields` of its own. Its memory is shared: what is behind 1024 is free.
/// `$wait` waits until the word at an address is a number, `$tell` adds one to such a word and wakes who waits, and `$exit` ends
/// the program.
fn program(fields: &str) -> String {
    format!(
        r#"(module
        (import "env" "memory" (memory $memory 2 64 shared))
        (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_open"
            (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
        (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
        (export "memory" (memory $memory))
        (func $wait (param $at i32) (param $number i32) (local $is i32)
            (loop $again
                (local.set $is (i32.atomic.load (local.get $at)))
                (if (i32.ne (local.get $is) (local.get $number))
                    (then
                        (drop (memory.atomic.wait32 (local.get $at) (local.get $is) (i64.const 1000000000)))
                        (br $again)))))
        (func $tell (param $at i32)
            (drop (i32.atomic.rmw.add (local.get $at) (i32.const 1)))
            (drop (memory.atomic.notify (local.get $at) (i32.const -1))))
        {fields})"#
    )
}
