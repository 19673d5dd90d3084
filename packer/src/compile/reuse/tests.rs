use payload::{Compiler, Target};

use super::*;
use crate::{
    compile::{compile, cpu::Raise},
    input::program::Program,
    link::{self, Linked, Order},
    progress::Progress,
    testing,
};

fn build(module: &[u8], target: Target) -> Result<ArtifactBuild, crate::Error> {
    let hidden = Progress::hidden();
    compile(module, target, Compiler::Cranelift, Raise::default(), &hidden).map(|compiled| compiled.build)
}

fn linked(build: &ArtifactBuild, module: &[u8], target: Target) -> Linked {
    let program = Program::new(module, None, None).unwrap();
    link::link(build, &program, (target, Compiler::Cranelift), &Order::default(), 4096).unwrap()
}

/// `module` with other bodies for the functions with these numbers: they do nothing first, `times` times.
fn changed(module: &[u8], numbers: &[usize], times: usize) -> Vec<u8> {
    let (mut out, mut code, mut at) = (Module::new(), CodeSection::new(), 0);
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.unwrap();
        match &payload {
            Payload::CodeSectionStart { .. } => {}
            Payload::CodeSectionEntry(body) => {
                let mut bytes = part(module, body.range()).unwrap().to_vec();
                let first = body.get_operators_reader().unwrap().original_position() - body.range().start;
                if numbers.contains(&at) {
                    // What it begins with is computed and dropped.
                    let nothing = [0x41, times as u8, 0x1a].repeat(times);
                    bytes.splice(first as usize..first as usize, nothing);
                }
                code.raw(&bytes);
                at += 1;
                if at == Outline::of(module).unwrap().bodies.len() {
                    out.section(&code);
                }
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    out.section(&RawSection { id, data: part(module, range).unwrap() });
                }
            }
        }
    }
    out.finish()
}

/// How many functions were compiled, after comparing what comes out with what compiling the whole gives.
fn assert_same(name: &str, before: &[u8], after: &[u8], target: Target) -> usize {
    let then = Outline::of(before).unwrap();
    let kept_then = Outline::from_bytes(then.frame, &then.to_bytes()).unwrap();
    assert_eq!(then, kept_then);
    let earlier = kept::bytes(&build(before, target).unwrap()).unwrap();
    let outline = Outline::of(after).unwrap();
    let mut count = 0;
    let again = compiled(after, &outline, (&then, &earlier), |less| {
        let bodies = Outline::of(less).unwrap().bodies;
        count = bodies.iter().filter(|body| body.sha256 != payload::sha256(&TRAPS)).count();
        build(less, target)
    });
    let again = again.unwrap_or_else(|| panic!("{name}: nothing is known")).unwrap();
    let whole = build(after, target).unwrap();
    let (again, whole) = (linked(&again, after, target), linked(&whole, after, target));
    assert!(again.code == whole.code, "{name}");
    assert!(again.frames == whole.frames, "{name}");
    assert!(again.image.to_bytes() == whole.image.to_bytes(), "{name}");
    assert!(again.unwind == whole.unwind, "{name}");
    assert!(again.extents == whole.extents, "{name}");
    count
}

#[test]
fn what_was_known_and_what_is_new_make_what_the_whole_would_be() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures");
    for file in ["hello", "probe", "names/rust", "names/as"] {
        let given = std::fs::read(format!("{folder}/{file}.wasm")).unwrap();
        let module = Program::new(&given, None, None).unwrap().wasm;
        for target in Target::ALL {
            let count = Outline::of(&module).unwrap().bodies.len();
            let after = changed(&module, &[3, count / 2, count - 1], 40);
            assert_eq!(assert_same(file, &module, &after, target), 3, "{file}");
            // And the other way: everything behind the first moves down again.
            assert_eq!(assert_same(file, &after, &module, target), 3, "{file}");
        }
    }
}

#[test]
fn random_modules_too() {
    let mut compared = 0;
    for seed in 0..300 {
        let Some(given) = testing::random_module(seed) else { continue };
        let Ok(program) = Program::new(&given, None, None) else { continue };
        let target = Target::ALL[seed as usize % Target::ALL.len()];
        let Some(outline) = Outline::of(&program.wasm) else { continue };
        let smallest = (0..outline.bodies.len()).min_by_key(|at| outline.bodies[*at].len);
        let after = changed(&program.wasm, &[smallest.unwrap_or_default()], 3);
        let known = Outline::of(&after).unwrap().known(&outline).is_some();
        if known && build(&program.wasm, target).is_ok() {
            assert_same(&format!("module {seed}"), &program.wasm, &after, target);
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn another_type_or_table_and_mostly_other_bodies_are_another_program() {
    let module = |types: &str, body: &str| {
        let text =
            format!("(module {types} (func) (func {body}) (memory 1) (data (i32.const 9) \"{types}\"))");
        Outline::of(&wat::parse_str(text).unwrap()).unwrap()
    };
    let one = module("", "i32.const 7 drop");
    assert!(one.known(&one).is_some());
    assert!(module("", "i32.const 8 drop").known(&one).is_none(), "it is most of the code");
    let table =
        wat::parse_str("(module (func) (func i32.const 7 drop) (table 1 funcref) (memory 1))").unwrap();
    assert!(Outline::of(&table).unwrap().known(&one).is_none());
    let mut other = one.clone();
    other.frame[0] ^= 1;
    assert!(other.known(&one).is_none());
}

#[test]
fn an_entry_that_does_not_fit_is_not_used() {
    let text = |body: &str| {
        format!("(module (func) (func (drop (i32.const 1)) (drop (i32.const 2))) (func {body}))")
    };
    let [before, after] = ["", "nop"].map(|body| wat::parse_str(text(body)).unwrap());
    let (then, outline) = (Outline::of(&before).unwrap(), Outline::of(&after).unwrap());
    let target = Target::LinuxX86_64;
    let fewer = kept::bytes(&build(&wat::parse_str("(module (func))").unwrap(), target).unwrap()).unwrap();
    for earlier in [&fewer[..], &fewer[..fewer.len() / 2], &[]] {
        let again = compiled(&after, &outline, (&then, earlier), |less| build(less, target));
        assert!(again.is_none());
    }
    let bytes = then.to_bytes();
    for cut in (1..bytes.len()).filter(|cut| cut % ENTRY != 0) {
        assert!(Outline::from_bytes(then.frame, &bytes[cut..]).is_none(), "{cut}");
        assert!(Outline::from_bytes(then.frame, &bytes[..cut]).is_none(), "{cut}");
    }
}
