//! What a random program does, by the rules and not by any engine.

use super::program::{Clause, KEPT, Program, Rest, Stmt};

/// What a program came to, and the trace on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub how: How,
    pub trace: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Gives(i32),
    /// It throws what nobody catches.
    Throws,
    Traps,
}

/// How many calls and rounds a program has.
pub const FUEL: i32 = 400;

#[derive(Clone, Copy)]
struct Exception {
    tag: usize,
    /// What a handler makes of the payload.
    payload: i32,
}

/// How a statement ends.
enum Flow {
    Next,
    /// To the construct so many out.
    Br(usize),
    Return(i32),
    Throw(Exception),
    /// As if thrown in the construct so many out.
    Delegate(Exception, usize),
    Trap,
}

struct Machine<'p> {
    program: &'p Program,
    fuel: i32,
    trace: i32,
}

/// One call that is active.
struct Active {
    accumulator: i32,
    kept: [Option<Exception>; KEPT],
    /// For each construct around, the exception if it is a clause.
    caught: Vec<Option<Exception>>,
}

/// What a program gives for `argument`.
pub fn run(program: &Program, argument: i32) -> Ended {
    let mut machine = Machine { program, fuel: FUEL, trace: 0 };
    let how = match machine.call(0, argument) {
        Flow::Return(value) => How::Gives(value),
        Flow::Throw(_) => How::Throws,
        _ => How::Traps,
    };
    Ended { how, trace: machine.trace }
}

/// What the handler of a tag makes of a payload that was made of `accumulator`.
fn payload(tag: usize, accumulator: i32) -> i32 {
    let a = accumulator;
    match tag {
        0 => a,
        1 => 11,
        2 => (((i64::from(a) * 3) >> 3) as i32).wrapping_add(a ^ 5),
        3 => a.wrapping_sub(a.wrapping_add(1).wrapping_mul(2)),
        _ => a.wrapping_add(a.wrapping_add(7) ^ (i64::from(a) << 4) as i32),
    }
}

impl Machine<'_> {
    /// Gives `Return`, `Throw` or `Trap`.
    fn call(&mut self, function: usize, argument: i32) -> Flow {
        if !self.burn() {
            return Flow::Trap;
        }
        let mut active = Active { accumulator: argument, kept: [None; KEPT], caught: Vec::new() };
        match self.stmts(&self.program.functions[function], &mut active) {
            Flow::Next => Flow::Return(active.accumulator),
            // The block around the body: who delegates to it leaves the function.
            Flow::Delegate(exception, _) => Flow::Throw(exception),
            other => other,
        }
    }

    fn burn(&mut self) -> bool {
        self.fuel -= 1;
        self.fuel >= 0
    }

    fn stmts(&mut self, stmts: &[Stmt], active: &mut Active) -> Flow {
        for stmt in stmts {
            match self.stmt(stmt, active) {
                Flow::Next => {}
                other => return other,
            }
        }
        Flow::Next
    }

    fn stmt(&mut self, stmt: &Stmt, active: &mut Active) -> Flow {
        let accumulator = active.accumulator;
        match stmt {
            Stmt::Mix(constant) => {
                active.accumulator = accumulator.wrapping_mul(31).wrapping_add(*constant);
                self.trace = self.trace.wrapping_mul(33).wrapping_add(active.accumulator);
            }
            Stmt::Call { function, tail } => return self.called(*function, *tail, active),
            Stmt::CallLast { function } => match self.call(*function, accumulator) {
                Flow::Return(value) => active.accumulator = value,
                other => return other,
            },
            Stmt::Indirect { slot, tail } => return self.called(self.program.table[*slot], *tail, active),
            Stmt::Throw(tag) => {
                return Flow::Throw(Exception { tag: *tag, payload: payload(*tag, accumulator) });
            }
            Stmt::ThrowRef(kept) => return active.kept[*kept].map_or(Flow::Trap, Flow::Throw),
            Stmt::IsNull(kept) => {
                active.accumulator = accumulator.wrapping_add(i32::from(active.kept[*kept].is_none()));
            }
            Stmt::Rethrow(depth) => {
                let at = active.caught.len() - 1 - depth;
                return Flow::Throw(active.caught[at].expect("the program rethrows from clauses"));
            }
            Stmt::Under(constant, body) => {
                let flow = self.stmts(body, active);
                if matches!(flow, Flow::Next) {
                    active.accumulator = active.accumulator.wrapping_add(*constant);
                }
                return flow;
            }
            Stmt::If { mask, yes, no } => {
                let body = if accumulator & mask != 0 { yes } else { no };
                return self.construct(body, None, active);
            }
            Stmt::Block(body) => return self.construct(body, None, active),
            Stmt::Loop(body) => return self.rounds(body, active),
            Stmt::Br { depth, mask } => {
                if mask.is_none_or(|mask| accumulator & mask == 0) {
                    return Flow::Br(*depth);
                }
            }
            Stmt::Return => return Flow::Return(accumulator),
            Stmt::Try { body, rest, .. } => return self.tries(body, rest, active),
        }
        Flow::Next
    }

    fn called(&mut self, function: usize, tail: bool, active: &mut Active) -> Flow {
        match self.call(function, active.accumulator) {
            Flow::Return(value) if tail => Flow::Return(value),
            Flow::Return(value) => {
                active.accumulator = active.accumulator.wrapping_add(value);
                Flow::Next
            }
            other => other,
        }
    }

    /// Runs what is in a construct; branches to it go on behind it.
    fn construct(&mut self, body: &[Stmt], caught: Option<Exception>, active: &mut Active) -> Flow {
        match self.raw(body, caught, active) {
            Flow::Br(0) => Flow::Next,
            Flow::Delegate(exception, 0) => Flow::Throw(exception),
            other => out(other),
        }
    }

    fn raw(&mut self, body: &[Stmt], caught: Option<Exception>, active: &mut Active) -> Flow {
        active.caught.push(caught);
        let flow = self.stmts(body, active);
        active.caught.pop();
        flow
    }

    fn rounds(&mut self, body: &[Stmt], active: &mut Active) -> Flow {
        loop {
            if !self.burn() {
                return Flow::Trap;
            }
            match self.raw(body, None, active) {
                Flow::Br(0) => {}
                Flow::Delegate(exception, 0) => return Flow::Throw(exception),
                other => return out(other),
            }
        }
    }

    fn tries(&mut self, body: &[Stmt], rest: &Rest, active: &mut Active) -> Flow {
        let exception = match self.raw(body, None, active) {
            Flow::Throw(exception) | Flow::Delegate(exception, 0) => exception,
            Flow::Br(0) => return Flow::Next,
            other => return out(other),
        };
        match rest {
            Rest::Delegate(depth) => Flow::Delegate(exception, *depth),
            Rest::Clauses(clauses) => {
                let catches = |clause: &&Clause| clause.tag.is_none_or(|tag| tag == exception.tag);
                let Some(clause) = clauses.iter().find(catches) else { return Flow::Throw(exception) };
                if clause.tag.is_some() {
                    active.accumulator = active.accumulator.wrapping_mul(7).wrapping_add(exception.payload);
                }
                if let Some(kept) = clause.kept {
                    active.kept[kept] = Some(exception);
                }
                self.construct(&clause.body, Some(exception), active)
            }
        }
    }
}

/// One construct out.
fn out(flow: Flow) -> Flow {
    match flow {
        Flow::Br(depth) => Flow::Br(depth - 1),
        Flow::Delegate(exception, depth) => Flow::Delegate(exception, depth - 1),
        other => other,
    }
}
