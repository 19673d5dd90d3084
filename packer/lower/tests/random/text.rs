//! A random program as a module in text.

use std::fmt::Write;

use super::{
    oracle::FUEL,
    program::{Clause, Encoding, KEPT, Program, Rest, Shape, Stmt},
};

const TAG_TYPES: [&str; 5] = ["i32", "", "i64 i32", "i32 i32", "f64 i32 i64"];

/// The payload of each tag, made of the accumulator.
const PAYLOADS: [&str; 5] = [
    "local.get $a",
    "",
    "local.get $a i64.extend_i32_s i64.const 3 i64.mul local.get $a i32.const 5 i32.xor",
    "local.get $a local.get $a i32.const 1 i32.add",
    "local.get $a f64.convert_i32_s local.get $a i32.const 7 i32.add local.get $a i64.extend_i32_s i64.const 4 i64.shl",
];

/// One number of each.
const FOLDS: [&str; 5] = [
    "",
    "i32.const 11",
    "local.set $t i64.const 3 i64.shr_s i32.wrap_i64 local.get $t i32.add",
    "i32.const 2 i32.mul i32.sub",
    "i32.wrap_i64 i32.xor local.set $t i32.trunc_f64_s local.get $t i32.add",
];

/// A construct that is open.
#[derive(Clone, Copy)]
struct Open {
    label: usize,
    /// Whether a branch to it carries the accumulator.
    carries: bool,
}

struct Writer<'p> {
    program: &'p Program,
    out: String,
    labels: usize,
    open: Vec<Open>,
}

/// The program's text: `run` runs it, `trace` tells the trace.
pub fn text(program: &Program) -> String {
    let mut writer = Writer { program, out: String::new(), labels: 0, open: Vec::new() };
    writer.module();
    writer.out
}

impl Writer<'_> {
    fn put(&mut self, line: impl AsRef<str>) {
        self.out.push_str(line.as_ref());
        self.out.push('\n');
    }

    fn module(&mut self) {
        self.put("(module (type $f (func (param i32) (result i32)))");
        for (tag, types) in TAG_TYPES.iter().enumerate().take(self.program.tags) {
            self.put(format!("(tag $t{tag} (param {types}))"));
        }
        self.put("(global $trace (mut i32) (i32.const 0))");
        self.put(format!("(global $fuel (mut i32) (i32.const {FUEL}))"));
        let slots: Vec<String> = self.program.table.iter().map(|function| format!("$f{function}")).collect();
        self.put(format!(
            "(table $t {0} {0} funcref) (elem (i32.const 0) func {1})",
            slots.len(),
            slots.join(" ")
        ));
        self.put("(func (export \"trace\") (result i32) global.get $trace)");
        self.put("(func (export \"run\") (param i32) (result i32)");
        if self.program.writes {
            let first = self.program.table[0];
            self.put(format!("i32.const 0 ref.func $f{first} table.set $t"));
        }
        self.put("local.get 0 call $f0)");
        self.put("(func $burn");
        self.put("global.get $fuel i32.const 1 i32.sub global.set $fuel");
        self.put("global.get $fuel i32.const 0 i32.lt_s if unreachable end)");
        let program = self.program;
        for (index, body) in program.functions.iter().enumerate() {
            self.put(format!("(func $f{index} (param $a i32) (result i32) (local $t i32)"));
            if program.encoding == Encoding::Standard {
                for kept in 0..KEPT {
                    self.put(format!("(local $e{kept} exnref)"));
                }
            }
            self.put("call $burn");
            self.stmts(body);
            self.put("local.get $a)");
        }
        self.put(")");
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.stmt(stmt);
        }
    }

    fn enter(&mut self, carries: bool) -> usize {
        self.labels += 1;
        self.open.push(Open { label: self.labels, carries });
        self.labels
    }

    fn inside(&mut self, body: &[Stmt]) {
        self.stmts(body);
        self.open.pop();
    }

    fn at(&self, depth: usize) -> Open {
        self.open[self.open.len() - 1 - depth]
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Mix(constant) => {
                self.put(format!(
                    "local.get $a i32.const 31 i32.mul i32.const {constant} i32.add local.set $a"
                ));
                self.put("global.get $trace i32.const 33 i32.mul local.get $a i32.add global.set $trace");
            }
            Stmt::Call { function, tail } => self.call(&format!("call $f{function}"), *tail),
            Stmt::CallLast { function } => {
                self.put(format!("block (result i32) local.get $a call $f{function} end local.set $a"));
            }
            Stmt::Indirect { slot, tail } => {
                self.call(&format!("i32.const {slot} call_indirect $t (type $f)"), *tail);
            }
            Stmt::Throw(tag) => self.put(format!("{} throw $t{tag}", PAYLOADS[*tag])),
            Stmt::ThrowRef(kept) => self.put(format!("local.get $e{kept} throw_ref")),
            Stmt::IsNull(kept) => {
                self.put(format!("local.get $e{kept} ref.is_null local.get $a i32.add local.set $a"));
            }
            Stmt::Rethrow(depth) => self.put(format!("rethrow $l{}", self.at(*depth).label)),
            Stmt::Under(constant, body) => {
                self.put(format!("i32.const {constant}"));
                self.stmts(body);
                self.put("local.get $a i32.add local.set $a");
            }
            Stmt::If { mask, yes, no } => {
                let label = self.enter(false);
                self.put(format!("local.get $a i32.const {mask} i32.and if $l{label}"));
                self.stmts(yes);
                self.put("else");
                self.inside(no);
                self.put("end");
            }
            Stmt::Block(body) => {
                let label = self.enter(false);
                self.put(format!("block $l{label}"));
                self.inside(body);
                self.put("end");
            }
            Stmt::Loop(body) => {
                let label = self.enter(false);
                self.put(format!("loop $l{label} call $burn"));
                self.inside(body);
                self.put("end");
            }
            Stmt::Br { depth, mask } => self.branch(self.at(*depth), *mask),
            Stmt::Return => self.put("local.get $a return"),
            Stmt::Try { shape, body, rest } => match self.program.encoding {
                Encoding::Standard => self.standard(*shape, body, rest),
                Encoding::Legacy => self.legacy(*shape, body, rest),
            },
        }
    }

    fn call(&mut self, how: &str, tail: bool) {
        let then = if tail { "return" } else { "local.get $a i32.add local.set $a" };
        self.put(format!("local.get $a {how} {then}"));
    }

    fn branch(&mut self, to: Open, mask: Option<i32>) {
        let label = to.label;
        let (value, rest) = if to.carries { ("local.get $a ", " drop") } else { ("", "") };
        match mask {
            None => self.put(format!("{value}br $l{label}")),
            Some(mask) => {
                self.put(format!(
                    "{value}local.get $a i32.const {mask} i32.and i32.eqz br_if $l{label}{rest}"
                ));
            }
        }
    }

    /// What comes before, the type, what the body begins with, and what comes after.
    fn shape(shape: Shape) -> [&'static str; 4] {
        match shape {
            Shape::Empty => ["", "", "", ""],
            Shape::Gives => ["", "(result i32)", "", "local.set $a"],
            Shape::TakesAndGives => {
                ["local.get $a", "(param i32) (result i32)", "local.set $a", "local.set $a"]
            }
        }
    }

    fn give(&mut self, shape: Shape) {
        if shape != Shape::Empty {
            self.put("local.get $a");
        }
    }

    fn legacy(&mut self, shape: Shape, body: &[Stmt], rest: &Rest) {
        let [before, ty, first, after] = Self::shape(shape);
        let label = self.enter(shape != Shape::Empty);
        self.put(format!("{before} try $l{label} {ty} {first}"));
        self.stmts(body);
        self.give(shape);
        match rest {
            Rest::Delegate(depth) => {
                self.open.pop();
                self.put(format!("delegate $l{}", self.at(*depth).label));
            }
            Rest::Clauses(clauses) => {
                for clause in clauses {
                    match clause.tag {
                        Some(tag) => self.put(format!("catch $t{tag}")),
                        None => self.put("catch_all"),
                    }
                    self.caught(clause);
                    self.stmts(&clause.body);
                    self.give(shape);
                }
                self.open.pop();
                self.put("end");
            }
        }
        self.put(after);
    }

    fn standard(&mut self, shape: Shape, body: &[Stmt], rest: &Rest) {
        let Rest::Clauses(clauses) = rest else { unreachable!("only the older encoding delegates") };
        let [before, ty, first, after] = Self::shape(shape);
        let carries = shape != Shape::Empty;
        let label = self.enter(carries);
        let result = if carries { "(result i32)" } else { "" };
        self.put(format!("block $l{label} {result}"));
        // The blocks whose ends the clauses go to, the last one outermost.
        for (number, clause) in clauses.iter().enumerate().rev() {
            let payload = clause.tag.map_or("", |tag| TAG_TYPES[tag]);
            let reference = if clause.kept.is_some() { "exnref" } else { "" };
            self.put(format!("block $c{label}_{number} (result {payload} {reference})"));
        }
        let mut catches = String::new();
        for (number, clause) in clauses.iter().enumerate() {
            let by = if clause.kept.is_some() { "_ref" } else { "" };
            let _ = match clause.tag {
                Some(tag) => write!(catches, "(catch{by} $t{tag} $c{label}_{number})"),
                None => write!(catches, "(catch_all{by} $c{label}_{number})"),
            };
        }
        // Branches in the body to this construct go to the block, so the try's own label is not used.
        self.put(format!("{before} try_table {ty} {catches} {first}"));
        self.stmts(body);
        self.give(shape);
        self.put(format!("end br $l{label}"));
        for clause in clauses {
            self.put("end");
            self.caught(clause);
            self.stmts(&clause.body);
            self.give(shape);
            self.put(format!("br $l{label}"));
        }
        self.open.pop();
        self.put("end");
        self.put(after);
    }

    /// The reference kept, and the payload in the accumulator.
    fn caught(&mut self, clause: &Clause) {
        if let Some(kept) = clause.kept {
            self.put(format!("local.set $e{kept}"));
        }
        if let Some(tag) = clause.tag {
            self.put(FOLDS[tag]);
            self.put("local.set $t local.get $a i32.const 7 i32.mul local.get $t i32.add local.set $a");
        }
    }
}
