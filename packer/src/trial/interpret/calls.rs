//! The program's imports in a trial: WASI, as the launchers have it.

use std::cell::RefCell;
use std::collections::HashSet;

use sandbox::plain::{self, Parameter, Run};
use sandbox::spec::ERRNO_SUCCESS;
use wasmi::{Caller, Error, Extern, ExternType, FuncType, Linker, Module, TrapCode, Val, ValType};

use super::{
    notes,
    state::{Ends, State},
};
use crate::trial::noting;

/// Steps of a call.
const CALL: u64 = 100;

thread_local! {
    /// What the call that is running was lent of the program's memory: addresses in this process, and lengths.
    static LENT: RefCell<Vec<(usize, usize)>> = const { RefCell::new(Vec::new()) };
}

/// Provides all that `module` imports, but for what it tells the trial by. A function that nobody provides traps when called.
pub(super) fn link(linker: &mut Linker<State>, module: &Module) -> Result<(), Error> {
    let wanted = module.imports().filter(|import| import.module() != noting::NAME);
    let mut known = HashSet::new();
    for import in wanted {
        let ExternType::Func(ty) = import.ty() else { continue };
        let name = (import.module(), import.name());
        if !known.insert(name) {
            continue;
        }
        let call = plain::call(name.0, name.1).filter(|call| is_of(call, ty));
        let run = move |caller: Caller<'_, State>, arguments: &[Val], results: &mut [Val]| match call {
            Some(call) => answer(caller, call.run, arguments, results),
            None => Err(TrapCode::UnreachableCodeReached.into()),
        };
        linker.func_new(name.0, name.1, ty.clone(), run)?;
    }
    Ok(())
}

/// Whether `call` has this type.
fn is_of(call: &plain::Call, ty: &FuncType) -> bool {
    let parameter = |ty: &ValType| match ty {
        ValType::I32 => Some(Parameter::I32),
        ValType::I64 => Some(Parameter::I64),
        _ => None,
    };
    let results: Vec<_> = ty.results().iter().map(parameter).collect();
    call.has_type(ty.params().iter().map(parameter), &results)
}

fn answer(
    mut caller: Caller<'_, State>,
    run: Run,
    arguments: &[Val],
    results: &mut [Val],
) -> Result<(), Error> {
    let bits: Vec<u64> = arguments.iter().map(bits).collect();
    let first = bits.first().copied().unwrap_or_default() as u32;
    notes::spend(&mut caller, CALL)?;
    let errno = match run {
        Run::Ends(end) => return Err(Error::host(Ends(end(first)))),
        Run::MayEnd(raise) => match raise(first) {
            sandbox::calls::proc::Raised::Ended(exit) => return Err(Error::host(Ends(exit))),
            sandbox::calls::proc::Raised::Ignored => ERRNO_SUCCESS,
            sandbox::calls::proc::Raised::Failed(errno) => errno,
        },
        Run::Answers(call) => {
            let memory = caller.get_export("memory").and_then(Extern::into_memory);
            let mut nothing = [];
            let (bytes, state) = match memory {
                Some(memory) => memory.data_and_store_mut(&mut caller),
                None => (&mut nothing[..], caller.data_mut()),
            };
            let start = bytes.as_ptr() as usize;
            LENT.with_borrow_mut(Vec::clear);
            let lent = sandbox::Memory::new(bytes)
                .bring_with(Some(|address, len| LENT.with_borrow_mut(|lent| lent.push((address, len)))));
            let answer = call(&state.ctx, &lent, &bits);
            let ranges = LENT.with_borrow_mut(std::mem::take);
            let moved: u64 = ranges.iter().map(|(_, len)| *len as u64).sum();
            for (address, len) in ranges {
                notes::range(&mut caller, (address - start) as u32, len as u32);
            }
            notes::spend(&mut caller, moved / notes::MOVED)?;
            answer.map_or_else(|error| error.0, |()| ERRNO_SUCCESS)
        }
    };
    if let Some(result) = results.first_mut() {
        *result = Val::I32(errno.raw().into());
    }
    Ok(())
}

fn bits(value: &Val) -> u64 {
    match value {
        Val::I32(value) => u64::from(*value as u32),
        Val::I64(value) => *value as u64,
        // No call takes another.
        _ => 0,
    }
}
