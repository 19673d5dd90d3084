//! Writes random components as text.

use std::fmt::Write;

use crate::common::OUTPUT;

/// Modules beside the first, which has memory, table and globals, and the last, which prints.
const MOST_MODULES: u64 = 5;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn one_in(&mut self, number: u64) -> bool {
        self.below(number) == 0
    }
}

/// What the modules so far offer: instances and their functions.
#[derive(Clone)]
struct Offer {
    instance: String,
    functions: u64,
}

/// The component of a seed.
pub fn random(seed: u64) -> String {
    let random = &mut Random(seed.wrapping_mul(0x1234_5678_9abc_def1));
    let mut parts = String::new();
    base(random, &mut parts);
    let mut offers: Vec<Offer> = Vec::new();
    for number in 0..1 + random.below(MOST_MODULES) {
        let functions = 1 + random.below(4);
        let module = format!("$m{number}");
        let used = pick(random, &offers);
        write_module(random, &mut parts, &module, functions, &used);
        for copy in 0..1 + u64::from(random.one_in(3)) {
            let instance = format!("$i{number}_{copy}");
            let with: String = used
                .iter()
                .map(|offer| format!(" (with \"{}\" (instance {}))", offer.instance, offer.instance))
                .collect();
            writeln!(
                parts,
                "(core instance {instance} (instantiate {module} (with \"base\" (instance $base)){with}))"
            )
            .unwrap();
            offers.push(Offer { instance, functions });
        }
    }
    printer(&mut parts, &offers);
    component(&parts)
}

fn pick(random: &mut Random, offers: &[Offer]) -> Vec<Offer> {
    offers.iter().filter(|_| !random.one_in(3)).cloned().collect()
}

/// The first module: what all share. Segments and a start function of its own, too.
fn base(random: &mut Random, out: &mut String) {
    let start =
        if random.one_in(3) { "(func $s (i32.store (i32.const 8) (i32.const 77))) (start $s)" } else { "" };
    let at = [random.below(900), random.below(900), 1 + random.below(3), random.below(20)];
    writeln!(
        out,
        r#"(core module $base (memory (export "memory") 1) (table (export "table") 32 funcref)
  (global (export "a") i32 (i32.const {})) (global (export "b") i32 (i32.add (i32.const {}) (i32.const 40)))
  (global (export "slot") i32 (i32.const {})) (global (export "fuel") (mut i32) (i32.const 400))
  (global (export "state") (mut i32) (i32.const {})) {start}
  (type $f (func (param i32) (result i32))) (func $id (type $f) local.get 0)
  (elem (i32.const 0) $id $id $id $id $id $id $id $id $id $id $id $id $id $id $id $id)
  (elem (i32.const 16) $id $id $id $id $id $id $id $id $id $id $id $id $id $id $id $id)
  (data (i32.const 64) "0123456789abcdef"))
(core instance $base (instantiate $base))"#,
        at[0], at[1], at[2], at[3]
    )
    .unwrap();
}

fn write_module(random: &mut Random, out: &mut String, name: &str, functions: u64, used: &[Offer]) {
    writeln!(
        out,
        r#"(core module {name} (type $f (func (param i32) (result i32)))
  (import "base" "memory" (memory 1)) (import "base" "table" (table $table 32 funcref))
  (import "base" "a" (global $a i32)) (import "base" "b" (global $b i32)) (import "base" "slot" (global $slot i32))
  (import "base" "fuel" (global $fuel (mut i32))) (import "base" "state" (global $state (mut i32)))"#
    )
    .unwrap();
    let mut callable = Vec::new();
    for offer in used {
        for function in 0..offer.functions {
            let name = format!("{}_f{function}", offer.instance);
            writeln!(out, "  (import \"{}\" \"f{function}\" (func {name} (type $f)))", offer.instance)
                .unwrap();
            callable.push(name);
        }
    }
    let own = random.below(1000);
    writeln!(
        out,
        "  (global $own (mut i32) (i32.const {own})) (global $c i32 (i32.sub (global.get $b) (i32.const 8)))"
    )
    .unwrap();
    if random.one_in(2) {
        writeln!(out, "  (data (global.get $a) \"{}\")", letters(random)).unwrap();
    }
    if random.one_in(2) {
        writeln!(
            out,
            "  (data (i32.add (global.get $b) (i32.const {})) \"{}\")",
            random.below(30),
            letters(random)
        )
        .unwrap();
    }
    if random.one_in(30) {
        // Beyond the end: instantiating traps.
        writeln!(out, "  (data (i32.const {}) \"{}\")", 65534 + random.below(4), letters(random)).unwrap();
    }
    writeln!(out, "  (data $passive \"{}\")", letters(random)).unwrap();
    for number in 0..functions {
        let body = expression(random, &callable, 4);
        writeln!(
            out,
            "  (func $f{number} (export \"f{number}\") (type $f) (local $x i32)
    (if (i32.le_s (global.get $fuel) (i32.const 0)) (then (return (i32.const 1))))
    (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
    {}
    {body})",
            statements(random, &callable)
        )
        .unwrap();
        callable.push(format!("$f{number}"));
    }
    let slots: String = (0..1 + random.below(3)).map(|_| format!(" $f{}", random.below(functions))).collect();
    writeln!(out, "  (elem (i32.add (global.get $slot) (i32.const {})){slots})", random.below(20)).unwrap();
    if random.one_in(2) {
        writeln!(out, "  (func $start (global.set $own (call $f0 (global.get $own)))) (start $start)")
            .unwrap();
    }
    writeln!(out, ")").unwrap();
}

fn letters(random: &mut Random) -> String {
    (0..1 + random.below(12)).map(|_| char::from(b'a' + random.below(26) as u8)).collect()
}

fn statements(random: &mut Random, callable: &[String]) -> String {
    let mut out = String::new();
    for _ in 0..random.below(4) {
        let value = expression(random, callable, 2);
        out += &match random.below(6) {
            0 => format!("(global.set $state (i32.xor (global.get $state) {value}))"),
            1 => format!("(i32.store (i32.and {value} (i32.const 1020)) (local.get 0))"),
            2 => format!("(global.set $own {value})"),
            3 => format!(
                "(memory.init $passive (i32.and {value} (i32.const 511)) (i32.const 0) (i32.const 1))"
            ),
            4 => format!("(local.set $x {value})"),
            _ => format!("(memory.copy (i32.and {value} (i32.const 255)) (i32.const 300) (i32.const 16))"),
        };
    }
    out
}

fn expression(random: &mut Random, callable: &[String], depth: u64) -> String {
    let leaf = depth == 0 || random.one_in(5);
    match random.below(if leaf { 7 } else { 14 }) {
        0 => format!("(i32.const {})", random.next() as i32),
        1 => "(local.get 0)".to_owned(),
        2 => "(local.get $x)".to_owned(),
        3 => format!(
            "(global.get {})",
            ["$a", "$b", "$c", "$own", "$state", "$slot"][random.below(6) as usize]
        ),
        4 => format!("(i32.load (i32.const {}))", random.below(1000)),
        5 => "(memory.size)".to_owned(),
        6 => "(table.size $table)".to_owned(),
        7 | 8 if !callable.is_empty() => {
            let function = &callable[random.below(callable.len() as u64) as usize];
            format!("(call {function} {})", expression(random, callable, depth - 1))
        }
        9 => {
            let (argument, slot) =
                (expression(random, callable, depth - 1), expression(random, callable, depth - 1));
            format!("(call_indirect $table (type $f) {argument} (i32.and {slot} (i32.const 31)))")
        }
        10 => {
            format!("(i32.rotl {} (i32.const {}))", expression(random, callable, depth - 1), random.below(32))
        }
        _ => {
            let operator = ["add", "sub", "mul", "xor"][random.below(4) as usize];
            let (left, right) =
                (expression(random, callable, depth - 1), expression(random, callable, depth - 1));
            format!("(i32.{operator} {left} {right})")
        }
    }
}

/// The last module: calls all functions, and writes what they give and the whole memory, folded, as eight letters.
fn printer(out: &mut String, offers: &[Offer]) {
    let functions =
        || offers.iter().flat_map(|offer| (0..offer.functions).map(move |number| (&offer.instance, number)));
    let imports: String = functions()
        .map(|(instance, number)| {
            format!(
                "(import \"{instance}\" \"f{number}\" (func {instance}_f{number} (param i32) (result i32)))\n"
            )
        })
        .collect();
    let calls: String = functions()
        .map(|(instance, number)| {
            format!("(local.set $h (i32.add (i32.mul (local.get $h) (i32.const 31)) (call {instance}_f{number} (local.get $h))))\n")
        })
        .collect();
    let with: String = offers
        .iter()
        .map(|offer| format!(" (with \"{}\" (instance {}))", offer.instance, offer.instance))
        .collect();
    writeln!(
        out,
        r#"(alias core export $base "memory" (core memory $mem))
(core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory $mem)))
(core module $printer {imports} (import "base" "memory" (memory 1)) (import "base" "state" (global $state (mut i32)))
  (import "io" "stdout" (func $stdout (result i32))) (import "io" "write" (func $write (param i32 i32 i32 i32)))
  (func (export "run") (result i32) (local $h i32) (local $i i32)
    {calls}
    (local.set $h (i32.add (i32.mul (local.get $h) (i32.const 31)) (global.get $state)))
    (loop $next
      (local.set $h (i32.add (i32.rotl (local.get $h) (i32.const 5)) (i32.load (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 4)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 1100))))
    (local.set $i (i32.const 0))
    (loop $letter
      (i32.store8 (i32.add (i32.const 2000) (local.get $i)) (i32.add (i32.const 97)
        (i32.and (i32.shr_u (local.get $h) (i32.mul (local.get $i) (i32.const 4))) (i32.const 15))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $letter (i32.lt_u (local.get $i) (i32.const 8))))
    (call $write (call $stdout) (i32.const 2000) (i32.const 8) (i32.const 2040))
    (i32.and (local.get $h) (i32.const 1))))
(core instance $main (instantiate $printer (with "base" (instance $base)) (with "io" (instance
  (export "stdout" (func $get-stdout)) (export "write" (func $write)))){with}))"#
    )
    .unwrap();
}

fn component(parts: &str) -> String {
    format!(
        r#"(component
{OUTPUT}
(core func $get-stdout (canon lower (func $stdout "get-stdout")))
{parts}
(func $run (result (result)) (canon lift (core func $main "run")))
(instance $command (export "run" (func $run)))
(export "wasi:cli/run@0.2.0" (instance $command)))"#
    )
}
