//! What programs of WASIX make for themselves, and how they wait for it. With threads or without.
//!
//! ```text
//! pipes    pipes, and copies of descriptors
//! events   events, lists of interests, and waiting for several things
//! world    where a program stands, its terminal, and its signals
//! hostile  too many descriptors, and arguments that change while calls run
//! ```

mod events;
mod hostile;
mod pipes;
mod world;

/// A program without threads that imports from WASIX, with `fields` of its own. `$is` ends it with the first number if the
/// others differ. `$w` writes so many bytes from 1040 on, `$r` reads so many to 2048; both return the errno, and how many it
/// were stands at 1032.
fn program(fields: &str) -> String {
    with_memory(r#"(memory (export "memory") 1)"#, fields)
}

/// The same with a memory that threads share.
fn with_threads(fields: &str) -> String {
    with_memory(
        r#"(import "env" "memory" (memory 1 1 shared))
        (import "wasix_32v1" "thread_spawn_v2" (func $spawn (param i32 i32) (result i32)))
        (import "wasix_32v1" "thread_join" (func $join (param i32) (result i32)))"#,
        fields,
    )
}

fn with_memory(memory: &str, fields: &str) -> String {
    // Imports come before all else.
    let (own, imported) = if memory.starts_with("(import") { ("", memory) } else { (memory, "") };
    format!(
        r#"(module
        {imported}
        (import "wasix_32v1" "proc_exit2" (func $exit (param i32)))
        (import "wasix_32v1" "fd_pipe" (func $pipe (param i32 i32) (result i32)))
        (import "wasix_32v1" "fd_dup" (func $dup (param i32 i32) (result i32)))
        (import "wasix_32v1" "fd_dup2" (func $dup2 (param i32 i32 i32 i32) (result i32)))
        (import "wasix_32v1" "fd_event" (func $event (param i64 i32 i32) (result i32)))
        (import "wasix_32v1" "fd_fdflags_get" (func $flags_get (param i32 i32) (result i32)))
        (import "wasix_32v1" "fd_fdflags_set" (func $flags_set (param i32 i32) (result i32)))
        (import "wasix_32v1" "epoll_create" (func $epoll_create (param i32) (result i32)))
        (import "wasix_32v1" "epoll_ctl" (func $epoll_ctl (param i32 i32 i32 i32) (result i32)))
        (import "wasix_32v1" "epoll_wait" (func $epoll_wait (param i32 i32 i32 i64 i32) (result i32)))
        (import "wasix_32v1" "fd_renumber" (func $renumber (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber1 (param i32 i32) (result i32)))
        (import "wasix_32v1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
        (import "wasix_32v1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
        (import "wasix_32v1" "fd_close" (func $close (param i32) (result i32)))
        (import "wasix_32v1" "fd_fdstat_get" (func $fdstat (param i32 i32) (result i32)))
        (import "wasix_32v1" "fd_fdstat_set_flags" (func $set_flags (param i32 i32) (result i32)))
        (import "wasix_32v1" "fd_filestat_get" (func $filestat (param i32 i32) (result i32)))
        (import "wasix_32v1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
        (import "wasix_32v1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
        (import "wasix_32v1" "path_open2"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32 i32) (result i32)))
        (import "wasix_32v1" "chdir" (func $chdir (param i32 i32) (result i32)))
        (import "wasix_32v1" "getcwd" (func $getcwd (param i32 i32) (result i32)))
        (import "wasix_32v1" "clock_time_set" (func $clock_set (param i32 i64) (result i32)))
        (import "wasix_32v1" "callback_signal" (func $callback_signal (param i32 i32)))
        (import "wasix_32v1" "thread_signal" (func $thread_signal (param i32 i32) (result i32)))
        (import "wasix_32v1" "proc_signal" (func $proc_signal (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $name (param i32 i32 i32) (result i32)))
        (import "wasix_32v1" "path_filestat_get" (func $stat (param i32 i32 i32 i32 i32) (result i32)))
        (import "wasix_32v1" "tty_get" (func $tty_get (param i32) (result i32)))
        (import "wasix_32v1" "tty_set" (func $tty_set (param i32) (result i32)))
        {own}
        (func $is (param $number i32) (param $got i32) (param $wanted i32)
            (if (i32.ne (local.get $got) (local.get $wanted)) (then (call $exit (local.get $number)))))
        (func $w (param $fd i32) (param $len i32) (result i32)
            (i32.store (i32.const 1024) (i32.const 1040)) (i32.store (i32.const 1028) (local.get $len))
            (call $fd_write (local.get $fd) (i32.const 1024) (i32.const 1) (i32.const 1032)))
        (func $r (param $fd i32) (param $len i32) (result i32)
            (i32.store (i32.const 1056) (i32.const 2048)) (i32.store (i32.const 1060) (local.get $len))
            (call $fd_read (local.get $fd) (i32.const 1056) (i32.const 1) (i32.const 1032)))
        {fields})"#
    )
}
