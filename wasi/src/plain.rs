//! The calls for an engine that hands over arguments as plain numbers, such as an interpreter: [`call`] finds one in the
//! [table](crate::table), with what it takes.

use crate::calls::proc::{self, Raised};
use crate::calls::programs::{FORMS, Form};
use crate::calls::{
    args, clock, environ, fd_io, fd_stat, fd_table, open, path, poll, random, readdir, sched, sock,
};
use crate::ctx::Ctx;
use crate::errno::Result;
use crate::exit::Exit;
use crate::memory::Memory;
use crate::preview0;
use crate::socket_table::socket_calls;
use crate::table::{OTHERS, PREVIEW0, PREVIEW1, SPAWN, THREADS, WASIX, calls, wasix_calls};

/// A type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// i32
    I32,
    /// i64
    I64,
}

/// A call.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Its parameters, in their order.
    pub parameters: &'static [Parameter],
    /// What it does.
    pub run: Run,
}

/// What becomes of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provided {
    /// It is there.
    Here,
    /// It answers that there is no such call (`nosys`).
    Unknown,
    /// It is not there: a call ends the program.
    Nowhere,
}

/// The parameters of the call that started a thread in 2022.
const SPAWN_2022: [Parameter; 5] =
    [Parameter::I64, Parameter::I64, Parameter::I64, Parameter::I32, Parameter::I32];

/// What becomes of the import `name` of `module`, which has this type; `None` stands for a type of a value that no call has.
pub fn provided(
    module: &str,
    name: &str,
    parameters: &[Option<Parameter>],
    results: &[Option<Parameter>],
) -> Provided {
    let takes = |own: &[Parameter]| own.iter().copied().map(Some).eq(parameters.iter().copied());
    let answers = results == [Some(Parameter::I32)];
    let is_here = match (module, name) {
        (THREADS, SPAWN) => answers && takes(&[Parameter::I32]),
        (WASIX, "stack_checkpoint") => answers && takes(&[Parameter::I32, Parameter::I32]),
        (WASIX, "stack_restore") => results.is_empty() && takes(&[Parameter::I32, Parameter::I64]),
        // That of 2022 has five, that of today two.
        (WASIX, "thread_spawn") if parameters.len() == 5 => answers && takes(&SPAWN_2022),
        (WASIX, name) if FORMS.iter().any(|form| form.name == name) => {
            let has_type = |form: &Form| {
                takes(&vec![Parameter::I32; form.takes])
                    && if form.answers { answers } else { results.is_empty() }
            };
            FORMS.iter().any(|form| form.name == name && has_type(form))
        }
        // That of 2022 has two, that of today three.
        (WASIX, "proc_join") if parameters.len() == 2 => answers && takes(&[Parameter::I32, Parameter::I32]),
        _ => {
            let of_wasix = wasix_call(name).filter(|_| module == WASIX);
            let call = call(module, name);
            let by_itself = OTHERS.iter().find(|other| module == WASIX && other.0 == name);
            of_wasix.is_some_and(|own| answers && takes(own))
                || by_itself.is_some_and(|&(_, count, has_answer)| {
                    takes(&vec![Parameter::I32; count])
                        && if has_answer { answers } else { results.is_empty() }
                })
                || SOCKETS
                    .iter()
                    .any(|(from, other, own)| (*from, *other) == (module, name) && answers && takes(own))
                || call.is_some_and(|call| call.has_type(parameters.iter().copied(), results))
        }
    };
    match is_here {
        true => Provided::Here,
        false if module == WASIX && answers => Provided::Unknown,
        false => Provided::Nowhere,
    }
}

/// What a call of WASIX takes.
macro_rules! wasix_call {
    ($($name:ident($($parameter:ident: $type:ty),*) in $family:ident;)*) => {
        fn wasix_call(name: &str) -> Option<&'static [Parameter]> {
            match name {
                $(stringify!($name) => Some(&[$(<$type as Number>::TYPE),*]),)*
                _ => None,
            }
        }
    };
}

wasix_calls!(wasix_call);

/// What the calls for sockets take that preview 1 does not have.
macro_rules! sockets {
    ($($module:ident $name:literal $function:ident($($parameter:ident: $type:ty),*) in $family:ident;)*) => {
        const SOCKETS: &[(&str, &str, &[Parameter])] =
            &[$(($module, $name, &[$(<$type as Number>::TYPE),*])),*];
    };
}

socket_calls!(sockets);

impl Call {
    /// True if the call takes these parameters (`None` stands for any other type) and answers with as many numbers (i32). A
    /// function of the same name that does not is another function.
    pub fn has_type(
        &self,
        parameters: impl Iterator<Item = Option<Parameter>>,
        results: &[Option<Parameter>],
    ) -> bool {
        let own: &[Option<Parameter>] = match self.run {
            Run::Ends(_) => &[],
            Run::Answers(_) | Run::MayEnd(_) => &[Some(Parameter::I32)],
        };
        self.parameters.iter().copied().map(Some).eq(parameters) && results == own
    }
}

/// What a call does, with its arguments as bits.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    /// Answers with an errno (i32).
    Answers(fn(&Ctx, &Memory<'_>, &[u64]) -> Result<()>),
    /// Answers with an errno, or ends the program.
    MayEnd(fn(u32) -> Raised),
    /// Ends the program, and has no result.
    Ends(fn(u32) -> Exit),
}

/// A number that is a parameter.
trait Number {
    const TYPE: Parameter;

    fn of(bits: u64) -> Self;
}

impl Number for u32 {
    const TYPE: Parameter = Parameter::I32;

    fn of(bits: u64) -> u32 {
        bits as u32
    }
}

impl Number for u64 {
    const TYPE: Parameter = Parameter::I64;

    fn of(bits: u64) -> u64 {
        bits
    }
}

impl Number for i64 {
    const TYPE: Parameter = Parameter::I64;

    fn of(bits: u64) -> i64 {
        bits as i64
    }
}

/// A call that runs `$call` with arguments of the given types.
macro_rules! plain {
    ($call:path, ($($name:ident: $type:ty),*)) => {
        Call {
            parameters: &[$(<$type as Number>::TYPE),*],
            run: Run::Answers(|ctx, memory, bits| {
                let mut bits = bits.iter().copied();
                let mut next = || bits.next().unwrap_or_default();
                $(let $name = <$type as Number>::of(next());)*
                let _ = &mut next;
                $call(ctx, memory, $($name),*)
            }),
        }
    };
}

/// The call `name` of `module`, or `None` if WASI has no such function.
pub fn call(module: &str, name: &str) -> Option<Call> {
    match (module, name) {
        (PREVIEW1 | WASIX, _) => preview1(name),
        (PREVIEW0, "fd_seek") => {
            Some(plain!(preview0::fd_seek, (fd: u32, offset: i64, whence: u32, newoffset: u32)))
        }
        (PREVIEW0, "fd_filestat_get") => Some(plain!(preview0::fd_filestat_get, (fd: u32, buf: u32))),
        (PREVIEW0, "path_filestat_get") => Some(plain!(
            preview0::path_filestat_get,
            (fd: u32, flags: u32, path: u32, path_len: u32, buf: u32)
        )),
        (PREVIEW0, "poll_oneoff") => Some(plain!(
            preview0::poll_oneoff,
            (subscriptions: u32, events: u32, nsubscriptions: u32, nevents: u32)
        )),
        // Preview 0 did not have it.
        (PREVIEW0, "sock_accept") => None,
        (PREVIEW0, _) => preview1(name),
        _ => None,
    }
}

fn proc_exit() -> Call {
    Call { parameters: &[Parameter::I32], run: Run::Ends(proc::proc_exit) }
}

fn proc_raise() -> Call {
    Call { parameters: &[Parameter::I32], run: Run::MayEnd(proc::proc_raise) }
}

/// Makes the calls of preview 1 of the table.
macro_rules! preview1 {
    (by themselves: $($own:ident),*; $($name:ident($($parameter:ident: $type:ty),*) in $family:ident;)*) => {
        fn preview1(name: &str) -> Option<Call> {
            match name {
                $(stringify!($name) => Some(plain!($family::$name, ($($parameter: $type),*))),)*
                $(stringify!($own) => Some($own()),)*
                _ => None,
            }
        }
    };
}

calls!(preview1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::NAMES;

    #[test]
    fn every_name_is_a_call_and_gets_its_arguments() {
        assert!(NAMES.iter().all(|name| call(PREVIEW1, name).is_some()));
        assert!(call(PREVIEW0, "sock_accept").is_none() && call("env", "fd_read").is_none());
        let i32s = |count| vec![Some(Parameter::I32); count];
        let of =
            |module, name, takes: usize, answers: usize| provided(module, name, &i32s(takes), &i32s(answers));
        assert_eq!(of(PREVIEW1, "fd_read", 4, 1), Provided::Here);
        assert_eq!(of(WASIX, "fd_read", 4, 1), Provided::Here);
        assert_eq!(of(WASIX, "fd_read", 5, 1), Provided::Unknown, "an other function of that name");
        assert_eq!(of(WASIX, "fd_read", 4, 0), Provided::Nowhere);
        assert_eq!(of(WASIX, "futex_wait", 4, 1), Provided::Here);
        assert_eq!(of(PREVIEW1, "futex_wait", 4, 1), Provided::Nowhere);
        assert_eq!(of(WASIX, "thread_spawn", 5, 1), Provided::Unknown, "that of 2022 takes others");
        let [spawn, answer] = [&SPAWN_2022[..], &[Parameter::I32]]
            .map(|types| types.iter().copied().map(Some).collect::<Vec<_>>());
        assert_eq!(provided(WASIX, "thread_spawn", &spawn, &answer), Provided::Here);
        assert_eq!(of(WASIX, "thread_exit", 1, 0), Provided::Here);
        for (name, takes, answers) in
            [("proc_join", 3, 1), ("proc_join", 2, 1), ("proc_exit2", 1, 0), ("stack_checkpoint", 2, 1)]
        {
            assert_eq!(of(WASIX, name, takes, answers), Provided::Here, "{name}");
        }
        assert_eq!(of(WASIX, "proc_join", 4, 1), Provided::Unknown);
        assert_eq!(of(WASIX, "stack_restore", 2, 0), Provided::Nowhere, "what it brings has 64 bits");
        assert_eq!(of(WASIX, "callback_signal", 2, 0), Provided::Here);
        assert_eq!(of(WASIX, "proc_exit2", 1, 0), Provided::Here);
        assert_eq!((of(WASIX, "fd_dup", 2, 1), of(WASIX, "fd_dup2", 4, 1)), (Provided::Here, Provided::Here));
        assert_eq!(
            (of(WASIX, "fd_dup2", 3, 1), of(WASIX, "thread_signal", 2, 0)),
            (Provided::Unknown, Provided::Nowhere)
        );
        assert_eq!(of(THREADS, SPAWN, 1, 1), Provided::Here);
        assert_eq!(of(WASIX, SPAWN, 1, 1), Provided::Unknown);
        for (module, name, takes, provided) in [
            (PREVIEW1, "sock_accept", 2, Provided::Here),
            (PREVIEW1, "sock_accept", 3, Provided::Here),
            (PREVIEW1, "sock_accept", 4, Provided::Nowhere),
            (PREVIEW1, "sock_getlocaladdr", 3, Provided::Here),
            (PREVIEW1, "sock_getlocaladdr", 4, Provided::Here),
            (PREVIEW0, "sock_open", 3, Provided::Nowhere),
            (WASIX, "sock_accept", 2, Provided::Unknown),
            (WASIX, "sock_accept", 3, Provided::Here),
            (WASIX, "sock_accept", 4, Provided::Here),
            (WASIX, "sock_pair", 5, Provided::Unknown),
        ] {
            assert_eq!(of(module, name, takes, 1), provided, "{name} {takes}");
        }
        let Call { parameters, run: Run::Answers(random) } = call(PREVIEW1, "random_get").unwrap() else {
            panic!("it answers")
        };
        assert_eq!(parameters, [Parameter::I32, Parameter::I32]);
        let (ctx, mut bytes) = (Ctx::builder().repeatable().build().unwrap(), [0; 16]);
        random(&ctx, &Memory::new(&mut bytes), &[4, 4]).unwrap();
        assert!(bytes[..4] == [0; 4] && bytes[4..8] != [0; 4] && bytes[8..] == [0; 8]);
    }
}
