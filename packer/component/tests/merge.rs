//! Merged modules do what the component did.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{Ended, OUTPUT, command, module, run, start};

fn code(text: &str) -> Option<i32> {
    run(text).code
}

#[test]
fn run_decides_about_the_exit_code() {
    for result in [0, 1] {
        let main = format!(r#"(core module $m (func (export "run") (result i32) i32.const {result}))"#);
        assert_eq!(code(&command(&format!("{main} (core instance $main (instantiate $m))"))), Some(result));
    }
}

#[test]
fn an_exit_code_is_the_programs_own() {
    let text = command(
        r#"(core module $m (import "host" "exit" (func $exit (param i32)))
            (func (export "run") (result i32) i32.const 42 call $exit unreachable))
           (core instance $main (instantiate $m (with "host" (instance $host))))"#,
    );
    assert_eq!(code(&text), Some(42));
}

#[test]
fn what_is_called_behind_run_is_called() {
    let text = command(
        r#"(core module $m (import "host" "exit" (func $exit (param i32)))
            (func (export "run") (result i32) i32.const 1)
            (func (export "done") (param i32) local.get 0 i32.const 30 i32.add call $exit))
           (core instance $main (instantiate $m (with "host" (instance $host))))"#,
    );
    let text = text.replace(
        r#"(canon lift (core func $main "run"))"#,
        r#"(canon lift (core func $main "run") (post-return (core func $main "done")))"#,
    );
    assert_eq!(code(&text), Some(31));
}

#[test]
fn constants_from_other_modules_are_folded() {
    let text = command(
        r#"(core module $base (memory (export "memory") 1) (table (export "table") 8 funcref)
             (global (export "memory_base") i32 (i32.const 96)) (global (export "table_base") i32 (i32.const 3)))
           (core module $m
             (import "base" "memory" (memory 1)) (import "base" "table" (table 4 funcref))
             (import "base" "memory_base" (global $memory i32)) (import "base" "table_base" (global $table i32))
             (import "host" "exit" (func $exit (param i32)))
             (type $f (func (result i32)))
             (global $heap i32 (i32.add (global.get $memory) (i32.mul (i32.const 2) (i32.const 8))))
             (data (global.get $memory) "\05") (data (i32.sub (global.get $memory) (i32.const 1)) "\07")
             (elem (i32.add (global.get $table) (i32.const 1)) func $nine)
             (func $nine (result i32) i32.const 9)
             (func (export "run") (result i32)
               (call $exit (i32.add (i32.add (i32.load8_u (i32.const 96)) (i32.load8_u (i32.const 95)))
                 (i32.add (global.get $heap) (call_indirect (type $f) (i32.const 4))))) unreachable))
           (core instance $base (instantiate $base))
           (core instance $main (instantiate $m (with "base" (instance $base)) (with "host" (instance $host))))"#,
    );
    assert_eq!(code(&text), Some(5 + 7 + 112 + 9));
}

#[test]
fn start_functions_and_segments_keep_their_order() {
    // Each start function reads what the segments before it wrote, and what those behind it must not have written yet.
    let text = command(
        r#"(core module $base (memory (export "memory") 1)
             (func $start (i32.store8 (i32.const 100) (i32.add (i32.load8_u (i32.const 0)) (i32.const 1)))) (start $start)
             (data (i32.const 0) "\01"))
           (core module $next (import "base" "memory" (memory 1)) (table (export "table") 2 funcref)
             (func $seven (result i32) i32.const 7) (elem (i32.const 1) $seven)
             (func $start (i32.store8 (i32.const 101) (i32.load8_u (i32.const 0)))) (start $start)
             (data (i32.const 0) "\10"))
           (core module $m (import "base" "memory" (memory 1)) (import "next" "table" (table 2 funcref))
             (import "host" "exit" (func $exit (param i32)))
             (data (i32.const 0) "\20")
             (func (export "run") (result i32)
               (call $exit (i32.add (call_indirect (result i32) (i32.const 1))
                 (i32.add (i32.load8_u (i32.const 100))
                   (i32.add (i32.load8_u (i32.const 101)) (i32.load8_u (i32.const 0)))))) unreachable))
           (core instance $base (instantiate $base))
           (core instance $next (instantiate $next (with "base" (instance $base))))
           (core instance $main (instantiate $m (with "base" (instance $base)) (with "next" (instance $next))
             (with "host" (instance $host))))"#,
    );
    assert_eq!(code(&text), Some(7 + 2 + 0x10 + 0x20));
}

#[test]
fn a_module_that_is_instantiated_twice_has_two_states() {
    let text = command(
        r#"(core module $counter (global $count (mut i32) (i32.const 0))
             (func (export "next") (result i32)
               (global.set $count (i32.add (global.get $count) (i32.const 1))) global.get $count))
           (core module $m (import "a" "next" (func $a (result i32))) (import "b" "next" (func $b (result i32)))
             (import "host" "exit" (func $exit (param i32)))
             (func (export "run") (result i32) (drop (call $a)) (drop (call $a))
               (call $exit (i32.add (i32.mul (call $a) (i32.const 10)) (call $b))) unreachable))
           (core instance $a (instantiate $counter)) (core instance $b (instantiate $counter))
           (core instance $main (instantiate $m (with "a" (instance $a)) (with "b" (instance $b)) (with "host" (instance $host))))"#,
    );
    assert_eq!(code(&text), Some(31));
}

#[test]
fn components_within_are_flattened() {
    let text = r#"(component
        (import "wasi:cli/exit@0.2.6" (instance $exit (export "exit-with-code" (func (param "status-code" u8)))))
        (core module $shared (func (export "five") (result i32) i32.const 5))
        (component $inner
          (import "leave" (func $leave (param "status-code" u8)))
          (alias outer 1 $shared (core module $again))
          (core instance $five (instantiate $again))
          (core func $exit (canon lower (func $leave)))
          (core instance $host (export "exit" (func $exit)))
          (core module $m (import "host" "exit" (func $exit (param i32))) (import "five" "five" (func $five (result i32)))
            (func (export "run") (result i32) call $five call $exit unreachable))
          (core instance $main (instantiate $m (with "host" (instance $host)) (with "five" (instance $five))))
          (func (export "run") (result (result)) (canon lift (core func $main "run"))))
        (alias export $exit "exit-with-code" (func $exit))
        (instance $made (instantiate $inner (with "leave" (func $exit))))
        (export "wasi:cli/run@0.2.6" (instance $made)))"#;
    assert_eq!(code(text), Some(5));
}

/// A component that writes its first argument; `realloc` is the body of the function that makes room.
fn echo(realloc: &str) -> String {
    format!(
        r#"(component
        {OUTPUT}
        (import "wasi:cli/environment@0.2.0" (instance $environment
          (export "get-arguments" (func (result (list string))))))
        (core module $memory (memory (export "memory") 1) (global $next (mut i32) (i32.const 1000)) (global $calls (mut i32) (i32.const 0))
          (func (export "realloc") (param $old i32) (param $oldlen i32) (param $align i32) (param $len i32) (result i32)
            (local $at i32)
            {realloc}
            (local.set $at (i32.and (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
              (i32.sub (i32.const 0) (local.get $align))))
            (global.set $next (i32.add (local.get $at) (local.get $len)))
            local.get $at))
        (core instance $memory (instantiate $memory))
        (alias core export $memory "memory" (core memory $mem))
        (alias core export $memory "realloc" (core func $realloc))
        (core func $get-arguments (canon lower (func $environment "get-arguments") (memory $mem) (realloc $realloc)))
        (core func $get-stdout (canon lower (func $stdout "get-stdout")))
        (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory $mem)))
        (core func $drop (canon resource.drop $output))
        (core module $m
          (import "m" "memory" (memory 1)) (import "h" "args" (func $args (param i32))) (import "h" "stdout" (func $stdout (result i32)))
          (import "h" "write" (func $write (param i32 i32 i32 i32))) (import "h" "drop" (func $drop (param i32)))
          (func (export "run") (result i32) (local $out i32)
            (call $args (i32.const 16))
            (local.set $out (call $stdout))
            (call $write (local.get $out) (i32.load (i32.add (i32.load (i32.const 16)) (i32.const 8)))
              (i32.load (i32.add (i32.load (i32.const 16)) (i32.const 12))) (i32.const 32))
            (call $drop (local.get $out))
            (i32.load8_u (i32.const 32))))
        (core instance $main (instantiate $m (with "m" (instance $memory))
          (with "h" (instance (export "args" (func $get-arguments)) (export "stdout" (func $get-stdout)) (export "write" (func $write))
            (export "drop" (func $drop))))))
        (func $run (result (result)) (canon lift (core func $main "run")))
        (instance $command (export "run" (func $run)))
        (export "wasi:cli/run@0.2.0" (instance $command)))"#
    )
}

#[test]
fn arguments_and_output_go_through_the_adapter() {
    let ended = start(&module(&echo("")), &["program", "hello"]);
    assert_eq!(ended, Ended { code: Some(0), output: b"hello".to_vec() });
}

#[test]
fn room_for_results_is_asked_for_in_the_order_of_the_canonical_abi() {
    // The list, and then each text, an empty one too, with its own length and alignment: nothing else.
    let check = r#"
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (if (i32.or (local.get $old) (local.get $oldlen)) (then unreachable))
        (if (i32.eq (global.get $calls) (i32.const 1)) (then
          (if (i32.ne (local.get $align) (i32.const 4)) (then unreachable))
          (if (i32.ne (local.get $len) (i32.const 24)) (then unreachable))))
        (if (i32.gt_u (global.get $calls) (i32.const 1)) (then (if (i32.ne (local.get $align) (i32.const 1)) (then unreachable))))
        (if (i32.eq (global.get $calls) (i32.const 2)) (then (if (i32.ne (local.get $len) (i32.const 4)) (then unreachable))))
        (if (i32.eq (global.get $calls) (i32.const 3)) (then (if (i32.ne (local.get $len) (i32.const 5)) (then unreachable))))
        (if (i32.eq (global.get $calls) (i32.const 4)) (then (if (i32.ne (local.get $len) (i32.const 0)) (then unreachable))))
        (if (i32.gt_u (global.get $calls) (i32.const 4)) (then unreachable))"#;
    let ended = start(&module(&echo(check)), &["prog", "hello", ""]);
    assert_eq!(ended, Ended { code: Some(0), output: b"hello".to_vec() });
}

#[test]
fn a_heap_that_takes_all_behind_it_gives_the_adapter_its_memory() {
    // As TinyGo's: whoever grows the memory behind its back spoils it.
    let tinygo = echo("")
        .replace(
            "(core module $memory (memory (export \"memory\") 1)",
            "(core module $memory (memory (export \"memory\") 8)",
        )
        .replace("(export \"realloc\")", "(export \"realloc\") (export \"cabi_realloc\")")
        .replace("(i32.load8_u (i32.const 32))))", "(i32.ne (memory.size) (i32.const 8))))");
    let grown = start(&module(&tinygo), &["program", "hello"]);
    assert_eq!(grown, Ended { code: Some(1), output: b"hello".to_vec() });
    let named = tinygo.replace(
        "(core module $memory ",
        "(core module $memory (@producers (processed-by \"TinyGo\" \"0.40\")) ",
    );
    let asked = start(&module(&named), &["program", "hello"]);
    assert_eq!(asked, Ended { code: Some(0), output: b"hello".to_vec() });
}

#[test]
fn the_same_component_gives_the_same_bytes() {
    assert_eq!(module(&echo("")), module(&echo("")));
}

#[test]
fn what_is_never_called_is_left_out() {
    let text = command(
        r#"(core module $m (import "host" "exit" (func $exit (param i32)))
            (func $never i32.const 1 call $exit) (func (export "run") (result i32) i32.const 0))
           (core instance $main (instantiate $m (with "host" (instance $host))))"#,
    );
    let wasm = module(&text);
    assert!(wasm.len() < 400, "{} bytes, as if with the adapter", wasm.len());
    assert_eq!(start(&wasm, &[]).code, Some(0));
}

#[test]
fn a_function_that_nobody_provides_traps_with_its_name() {
    let text = command(
        r#"(import "wasi:http/types@0.2.0" (instance $http (export "http-error" (func))))
           (core func $http (canon lower (func $http "http-error")))
           (core module $m (import "host" "http" (func $http)) (func (export "run") (result i32) call $http i32.const 0))
           (core instance $h (export "http" (func $http)))
           (core instance $main (instantiate $m (with "host" (instance $h))))"#,
    );
    let command = component::command(&wat::parse_str(&text).unwrap()).unwrap();
    assert_eq!(command.missing, ["wasi:http/types@0.2.0"]);
    assert_eq!(start(&command.wasm, &[]).code, None);
    assert!(command.wasm.windows(10).any(|part| part == b"http-error"));
}

#[test]
fn a_memory_that_nobody_works_on_is_no_second_one() {
    let memory = |body: &str| {
        command(&format!(
            r#"(core module $unused (memory (export "memory") 0) (func (export "f") {body}))
               (core module $m (import "u" "f" (func $f)) (memory 1)
                 (func (export "run") (result i32) call $f (i32.load8_u (i32.const 8))))
               (core instance $u (instantiate $unused))
               (core instance $main (instantiate $m (with "u" (instance $u))))"#
        ))
    };
    assert_eq!(code(&memory("")), Some(0));
    let error = component::command(&wat::parse_str(memory("(drop (memory.grow (i32.const 1)))")).unwrap())
        .unwrap_err();
    assert!(error.reason.contains("more than one memory"), "{error}");
}

#[test]
fn offsets_lead_back_into_the_component() {
    // Calls of functions with large indices are longer in the merged module.
    let many = "(func) ".repeat(200);
    let text = command(&format!(
        r#"(core module $a {many} (elem declare func 3) (func (export "a") (drop (f64.sqrt (f64.const 4)))))
           (core module $b {many} (import "a" "a" (func $a))
             (func $last (call $a) (drop (f64.sqrt (f64.const 4)))) (elem declare func $last)
             (func (export "run") (result i32) (call $last) (call $a) (drop (f64.sqrt (f64.const 9))) i32.const 0))
           (core instance $a (instantiate $a))
           (core instance $main (instantiate $b (with "a" (instance $a))))"#
    ))
    .replace(&format!("$b {many} (import \"a\" \"a\" (func $a))"), &format!("$b (import \"a\" \"a\" (func $a)) {many}"));
    let bytes = wat::parse_str(&text).unwrap();
    let made = component::command(&bytes).unwrap();
    let mut found = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(&made.wasm) {
        let wasmparser::Payload::CodeSectionEntry(body) = payload.unwrap() else { continue };
        for operator in body.get_operators_reader().unwrap().into_iter_with_offsets() {
            let (offset, operator) = match operator {
                Ok((operator, offset)) => (offset, operator),
                Err(error) => panic!("{error}"),
            };
            if matches!(operator, wasmparser::Operator::F64Sqrt) {
                found.push(made.map.original(offset as u32).unwrap() as usize);
            }
        }
    }
    assert_eq!(found.len(), 3);
    // The opcode of f64.sqrt.
    assert!(found.iter().all(|&offset| bytes[offset] == 0x9f), "{found:x?}");
    found.dedup();
    assert_eq!(found.len(), 3);
}
