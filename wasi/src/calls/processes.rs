//! The calls of WASIX about processes: a program makes a copy of its own, and waits for its end.

use std::sync::Arc;

use crate::caller::{Caller, Ended, Fork, Forked, How};
use crate::calls::proc;
use crate::errno::Result;
use crate::gate;
use crate::memory::Memory;
use crate::pending;
use crate::processes::FIRST;

/// What starts copies, for a program that may have some.
///
/// # Errors
/// `nosys` where the system has no way to make one.
pub(crate) fn forker<'a>(caller: Caller<'a>) -> Result<&'a Arc<dyn Fork>> {
    Ok(caller.forker.ok_or(wasip1::ERRNO_NOSYS)?)
}

/// Makes a copy of the process, with one thread, the one that calls. Writes the copy's number to `result`, and in the copy 0. A
/// copy that does not `copy` the memory is to end, or become another program, before this process goes on, so it does; it has memory
/// of its own all the same.
///
/// # Errors
/// `nosys` where the system has no way to do it; `perm` if the owner of the program does not let it; `again` if there are 256
/// processes, or the system has no room, or another thread waits by the engine's instructions, or is in a call for too long.
pub(crate) fn proc_fork(caller: Caller<'_>, memory: &Memory<'_>, copy: u32, result: u32) -> Result<()> {
    let forker = forker(caller)?;
    memory.check(result, 4)?;
    match fork(caller, forker)? {
        Forked::Child(_) => memory.write_u32(result, 0),
        Forked::Parent(number) => {
            memory.write_u32(result, number)?;
            if copy == 0 {
                gate::outside(|| forker.wait_untold(number));
            }
            Ok(())
        }
    }
}

/// Makes a copy by `forker`, in which the thread that calls is alone.
///
/// # Errors
/// As [`proc_fork`].
pub(crate) fn fork(caller: Caller<'_>, forker: &Arc<dyn Fork>) -> Result<Forked> {
    let Caller { ctx, tid, .. } = caller;
    let is_copy = |forked: &Result<Forked>| matches!(forked, Ok(Forked::Child(_)));
    let forked = gate::alone(|| forker.fork(ctx.processes.number()), is_copy);
    let forked = forked.ok_or(wasip1::ERRNO_AGAIN)??;
    if let Forked::Child(number) = forked {
        ctx.processes.become_copy(number);
        pending::forget();
        ctx.threads.stay(tid);
        ctx.locals.keep(tid);
    }
    Ok(forked)
}

/// Flag of [`proc_join`]: it is not to wait.
const NON_BLOCKING: u32 = 1;
/// Marks of an optional number.
const NONE: u32 = 0;
const SOME: u32 = 1;
/// Marks of what is told of a process: nothing, an exit code, a signal.
const NOTHING: u8 = 0;
const EXIT: u8 = 1;
const SIGNAL: u8 = 2;

/// Waits for the end of the copy whose number is at `pid`, an optional number: none stands for any copy. Writes which has ended
/// to `pid`, and how to `status`.
///
/// # Errors
/// `child` if this process has not started such a copy, or its end was told; `inval` for an optional number that is neither.
pub(crate) fn proc_join(
    caller: Caller<'_>,
    memory: &Memory<'_>,
    pid: u32,
    flags: u32,
    status: u32,
) -> Result<()> {
    let number = match memory.read::<1>(pid).map(|[mark]| u32::from(mark))? {
        NONE => None,
        SOME => Some(memory.read_u32(pid.checked_add(4).ok_or(wasip1::ERRNO_FAULT)?)?),
        _ => return Err(wasip1::ERRNO_INVAL.into()),
    };
    memory.check(pid, 8)?;
    memory.check(status, 6)?;
    let ended = wait(caller, number, flags & NON_BLOCKING == 0)?;
    // Who reads it takes a number 0 for a process that is there.
    memory.write_u32(pid, SOME)?;
    memory.write_u32(pid + 4, ended.map_or(0, |ended| ended.number))?;
    let told = match ended.map(|ended| ended.how) {
        None => [NOTHING, 0, 0, 0, 0, 0],
        Some(How::Exit(code)) => [EXIT, 0, code, 0, 0, 0],
        Some(How::Signal(signal)) => [SIGNAL, 0, 0, 0, proc::to_linux(signal.into()) as u8, 0],
    };
    memory.write(status, &told)
}

/// [`proc_join`] of 2022: the number at `pid` is any copy if all its bits are set, and an exit code is written to `code`: what a
/// shell reports for a process that a signal ended.
///
/// # Errors
/// `child` as there.
pub(crate) fn proc_join_2022(caller: Caller<'_>, memory: &Memory<'_>, pid: u32, code: u32) -> Result<()> {
    let number = memory.read_u32(pid)?;
    memory.check(code, 4)?;
    let ended = wait(caller, Some(number).filter(|number| *number != u32::MAX), true)?;
    let Ended { number, how } = ended.ok_or(wasip1::ERRNO_CHILD)?;
    memory.write_u32(pid, number)?;
    let told = match how {
        How::Exit(code) => code.into(),
        How::Signal(signal) => proc::status(signal.into()),
    };
    memory.write_u32(code, told)
}

fn wait(caller: Caller<'_>, number: Option<u32>, block: bool) -> Result<Option<Ended>> {
    match caller.forker {
        Some(forker) => gate::outside(|| forker.wait(number, block)),
        None => Err(wasip1::ERRNO_CHILD.into()),
    }
}

/// Writes the process' own number to `result`: 1 for the one that the user started.
///
/// # Errors
/// None but `fault`.
pub(crate) fn proc_id(caller: Caller<'_>, memory: &Memory<'_>, result: u32) -> Result<()> {
    memory.write_u32(result, caller.ctx.processes.number())
}

/// Writes to `result` the number of the process that started process `pid`: 0 for the first, and 1 where that has ended.
///
/// # Errors
/// `badf` if there is no such process.
pub(crate) fn proc_parent(caller: Caller<'_>, memory: &Memory<'_>, pid: u32, result: u32) -> Result<()> {
    let own = &caller.ctx.processes;
    let started = |number: u32| caller.forker.and_then(|forker| forker.parent(number));
    let parent = match pid {
        FIRST => 0,
        _ if pid == own.number() => own.parent(),
        _ => started(pid).ok_or(wasip1::ERRNO_BADF)?,
    };
    let is_there = parent <= FIRST || started(parent).is_some();
    memory.write_u32(result, if is_there { parent } else { FIRST })
}

/// Sends `signal`, as Linux counts them, to process `pid`, which is another one of the program's: there it does what it does natively to a process that
/// handles none.
///
/// # Errors
/// `srch` if there is no such process; `inval` for a number that is no signal.
#[cfg(feature = "wasmer")]
pub(crate) fn signal(caller: Caller<'_>, pid: u32, signal: u32) -> Result<()> {
    let signal = u8::try_from(proc::from_linux(signal)?).map_err(|_| wasip1::ERRNO_INVAL)?;
    caller.forker.ok_or(wasip1::ERRNO_SRCH)?.signal(pid, signal)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::ctx::Ctx;

    /// A family in which copies are made of nothing, and end as is said.
    #[derive(Debug, Default)]
    struct Family {
        children: Mutex<Vec<(u32, Option<How>)>>,
    }

    impl Fork for Family {
        fn fork(&self, parent: u32) -> Result<Forked> {
            let mut children = self.children.lock().unwrap();
            let number = parent + 1 + children.len() as u32;
            children.push((number, None));
            Ok(Forked::Parent(number))
        }

        fn wait(&self, child: Option<u32>, _block: bool) -> Result<Option<Ended>> {
            let mut children = self.children.lock().unwrap();
            let is_meant = |(number, _): &(u32, Option<How>)| child.is_none_or(|child| child == *number);
            if !children.iter().any(is_meant) {
                return Err(wasip1::ERRNO_CHILD.into());
            }
            let ended = children.iter().position(|one| is_meant(one) && one.1.is_some());
            Ok(ended
                .map(|at| children.remove(at))
                .and_then(|(number, how)| Some(Ended { number, how: how? })))
        }

        fn wait_untold(&self, _child: u32) {}

        fn parent(&self, number: u32) -> Option<u32> {
            (2..5).contains(&number).then_some(if number == 4 { 9 } else { 1 })
        }

        fn signal(&self, number: u32, _signal: u8) -> Result<()> {
            let is_there = self.children.lock().unwrap().iter().any(|(other, _)| *other == number);
            if is_there { Ok(()) } else { Err(wasip1::ERRNO_SRCH.into()) }
        }
    }

    #[test]
    fn ends_are_told_in_both_shapes() {
        let family = Arc::new(Family::default());
        let forker: Arc<dyn Fork> = Arc::clone(&family) as _;
        let ctx = Arc::new(Ctx::builder().build().unwrap());
        let caller = Caller { ctx: &ctx, tid: 1, spawner: None, forker: Some(&forker) };
        let mut bytes = [0xa5; 64];
        let memory = &Memory::new(&mut bytes);
        let _inside = gate::enter();
        for number in [2, 3] {
            proc_fork(caller, memory, 1, 8).unwrap();
            assert_eq!(memory.read_u32(8), Ok(number));
        }
        // Any, and none has ended.
        memory.write_u32(16, NONE).unwrap();
        proc_join(caller, memory, 16, NON_BLOCKING, 32).unwrap();
        assert_eq!((memory.read_u32(16), memory.read_u32(20)), (Ok(SOME), Ok(0)));
        assert_eq!(memory.read(32), Ok([NOTHING, 0, 0, 0, 0, 0]));
        family.children.lock().unwrap()[0].1 = Some(How::Exit(7));
        memory.write_u32(16, NONE).unwrap();
        proc_join(caller, memory, 16, 0, 32).unwrap();
        assert_eq!((memory.read_u32(20), memory.read(32)), (Ok(2), Ok([EXIT, 0, 7, 0, 0, 0])));
        family.children.lock().unwrap()[0].1 = Some(How::Signal(9));
        memory.write_u32(16, 3).unwrap();
        proc_join_2022(caller, memory, 16, 32).unwrap();
        assert_eq!((memory.read_u32(16), memory.read_u32(32)), (Ok(3), Ok(137)));
        memory.write_u32(16, u32::MAX).unwrap();
        assert_eq!(proc_join_2022(caller, memory, 16, 32).unwrap_err().0, wasip1::ERRNO_CHILD);
        memory.write_u32(16, 2).unwrap();
        assert_eq!(proc_join(caller, memory, 16, 0, 32).unwrap_err().0, wasip1::ERRNO_INVAL);
        for (pid, parent) in [(1, Ok(0)), (2, Ok(1)), (4, Ok(1)), (7, Err(wasip1::ERRNO_BADF))] {
            let answer = proc_parent(caller, memory, pid, 8).map_err(|error| error.0);
            assert_eq!(answer.and_then(|()| memory.read_u32(8).map_err(|error| error.0)), parent, "{pid}");
        }
        let nobody = Caller { forker: None, ..caller };
        assert_eq!(proc_fork(nobody, memory, 1, 8).unwrap_err().0, wasip1::ERRNO_NOSYS);
        assert_eq!(proc_join(nobody, memory, 24, 0, 32).unwrap_err().0, wasip1::ERRNO_INVAL);
    }
}
