//! Random programs: functions of nested tries, calls, loops and branches.

/// A program; all functions take and give an i32, and hold one, the accumulator.
pub struct Program {
    pub encoding: Encoding,
    /// The tags that it uses, of [`TAGS`].
    pub tags: usize,
    pub functions: Vec<Vec<Stmt>>,
    /// What indirect calls find.
    pub table: Vec<usize>,
    /// Whether calls through the table see one that is written to.
    pub writes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Standard,
    Legacy,
}

/// How many tags there are; the first two fit a narrow reference, the first four a wide one.
pub const TAGS: usize = 5;
/// How many references a function keeps.
pub const KEPT: usize = 2;

pub enum Stmt {
    /// Into the accumulator, and that into the trace.
    Mix(i32),
    /// Adds what a function gives; in tail position it is what this one gives.
    Call {
        function: usize,
        tail: bool,
    },
    /// Takes what a function gives, by a call that is the last in a block.
    CallLast {
        function: usize,
    },
    /// As a call, through the table.
    Indirect {
        slot: usize,
        tail: bool,
    },
    Throw(usize),
    /// Of a reference that was kept, or null.
    ThrowRef(usize),
    /// Adds whether one is null.
    IsNull(usize),
    /// Of the exception of the clause that is so many constructs out.
    Rethrow(usize),
    /// With a number below on the stack, which is added afterwards.
    Under(i32, Vec<Stmt>),
    If {
        mask: i32,
        yes: Vec<Stmt>,
        no: Vec<Stmt>,
    },
    Block(Vec<Stmt>),
    Loop(Vec<Stmt>),
    /// To the construct so many out, always or if the accumulator has none of these bits.
    Br {
        depth: usize,
        mask: Option<i32>,
    },
    Return,
    Try {
        shape: Shape,
        body: Vec<Stmt>,
        rest: Rest,
    },
}

/// Whether a try takes and gives the accumulator on the stack.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Empty,
    Gives,
    TakesAndGives,
}

pub enum Rest {
    Clauses(Vec<Clause>),
    /// To the construct so many out.
    Delegate(usize),
}

pub struct Clause {
    pub tag: Option<usize>,
    /// Where the reference is kept.
    pub kept: Option<usize>,
    pub body: Vec<Stmt>,
}

/// Numbers from a seed (SplitMix64).
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

/// What is around a statement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Plain,
    /// A clause of a try, which may be rethrown from.
    Clause,
}

struct Maker<'r> {
    random: &'r mut Random,
    encoding: Encoding,
    tags: usize,
    count: usize,
    slots: usize,
    around: Vec<Around>,
}

impl Program {
    pub fn random(seed: u64, encoding: Encoding) -> Self {
        let mut random = Random(seed);
        let tags = match encoding {
            Encoding::Standard => [1, 2, 2, 4][random.below(4)],
            Encoding::Legacy => [1, 2, TAGS][random.below(3)],
        };
        let count = 3 + random.below(4);
        let slots = 1 + random.below(4);
        let writes = random.one_in(3);
        // Some functions cannot throw, so that the analysis has something to find.
        let table = (0..slots).map(|_| random.below(count)).collect();
        let mut maker = Maker { random: &mut random, encoding, tags, count, slots, around: Vec::new() };
        let functions = (0..count).map(|_| maker.stmts(4)).collect();
        Self { encoding, tags, functions, table, writes }
    }
}

impl Maker<'_> {
    fn stmts(&mut self, depth: usize) -> Vec<Stmt> {
        (0..1 + self.random.below(4)).map(|_| self.stmt(depth)).collect()
    }

    fn inside(&mut self, around: Around, depth: usize) -> Vec<Stmt> {
        self.around.push(around);
        let stmts = self.stmts(depth - 1);
        self.around.pop();
        stmts
    }

    fn mask(&mut self) -> i32 {
        1 << self.random.below(4) | 1 << self.random.below(4)
    }

    fn stmt(&mut self, depth: usize) -> Stmt {
        let constant = self.random.below(100) as i32;
        let kinds = if depth == 0 { 12 } else { 24 };
        match self.random.below(kinds) {
            0..=2 => Stmt::Mix(constant),
            3 => Stmt::Call { function: self.random.below(self.count), tail: self.random.one_in(5) },
            4 => Stmt::CallLast { function: self.random.below(self.count) },
            5 => Stmt::Indirect { slot: self.random.below(self.slots), tail: self.random.one_in(5) },
            6 | 7 => Stmt::Throw(self.random.below(self.tags)),
            8 if self.encoding == Encoding::Standard => match self.random.below(2) {
                0 => Stmt::ThrowRef(self.random.below(KEPT)),
                _ => Stmt::IsNull(self.random.below(KEPT)),
            },
            8 | 9 => self.rethrow().unwrap_or(Stmt::Mix(constant)),
            10 if !self.around.is_empty() => {
                let mask = (!self.random.one_in(3)).then(|| self.mask());
                Stmt::Br { depth: self.random.below(self.around.len()), mask }
            }
            11 if self.random.one_in(3) => Stmt::Return,
            10 | 11 => Stmt::Mix(constant),
            12 => Stmt::Under(constant, self.stmts(depth - 1)),
            13 | 14 => {
                let mask = self.mask();
                let yes = self.inside(Around::Plain, depth);
                let no = self.inside(Around::Plain, depth);
                Stmt::If { mask, yes, no }
            }
            15 => Stmt::Block(self.inside(Around::Plain, depth)),
            16 => Stmt::Loop(self.inside(Around::Plain, depth)),
            _ => self.make_try(depth),
        }
    }

    /// A rethrow of any clause around, which only the older encoding has.
    fn rethrow(&mut self) -> Option<Stmt> {
        let clauses: Vec<usize> = (0..self.around.len())
            .filter(|depth| self.around[self.around.len() - 1 - depth] == Around::Clause)
            .collect();
        let legacy = self.encoding == Encoding::Legacy && !clauses.is_empty();
        legacy.then(|| Stmt::Rethrow(clauses[self.random.below(clauses.len())]))
    }

    fn make_try(&mut self, depth: usize) -> Stmt {
        let shape = [Shape::Empty, Shape::Gives, Shape::TakesAndGives][self.random.below(3)];
        let body = self.inside(Around::Plain, depth);
        if self.encoding == Encoding::Legacy && !self.around.is_empty() && self.random.one_in(4) {
            return Stmt::Try { shape, body, rest: Rest::Delegate(self.random.below(self.around.len())) };
        }
        let mut clauses = Vec::new();
        for _ in 0..self.random.below(4) {
            let tag = self.random.below(self.tags);
            clauses.push(self.clause(Some(tag), depth));
        }
        if self.random.one_in(3) {
            clauses.push(self.clause(None, depth));
        }
        Stmt::Try { shape, body, rest: Rest::Clauses(clauses) }
    }

    fn clause(&mut self, tag: Option<usize>, depth: usize) -> Clause {
        let by_reference = self.encoding == Encoding::Standard && self.random.one_in(2);
        let kept = by_reference.then(|| self.random.below(KEPT));
        Clause { tag, kept, body: self.inside(Around::Clause, depth) }
    }
}
