//! The imports with which a program becomes another one, or starts one.

use wasmer::{AsStoreMut, Function, FunctionEnv, FunctionEnvMut, FunctionType, RuntimeError, Type, Value};

use super::with_caller;
use crate::calls::programs::{FORMS, Form, Then, run};
use crate::exit::Exit;
use crate::state::State;
use crate::table::WASIX;

/// The import `name` of `module` that has the type `wanted`, among those of WASIX.
pub fn program(
    store: &mut impl AsStoreMut,
    env: &FunctionEnv<State>,
    module: &str,
    name: &str,
    wanted: &FunctionType,
) -> Option<Function> {
    let form = FORMS.iter().find(|form| module == WASIX && form.name == name && has_type(form, wanted))?;
    let call = |mut env: FunctionEnvMut<'_, State>, values: &[Value]| -> Result<Vec<Value>, RuntimeError> {
        let given: Vec<u32> =
            values.iter().filter_map(|value| value.i32()).map(|value| value as u32).collect();
        let ends = |exit| Err(RuntimeError::user(Box::new(exit)));
        let answer = |errno: wasip1::Errno| Ok(vec![Value::I32(errno.raw().into())]);
        match with_caller(&mut env, |caller, memory| run(form, caller, memory, &given)) {
            Ok(Then::Goes) => answer(wasip1::ERRNO_SUCCESS),
            Ok(Then::Becomes(exec)) => Err(RuntimeError::user(Box::new(exec))),
            Ok(Then::Ends(exit)) => ends(exit),
            Err(error) if form.answers => answer(error.0),
            // Who called does not expect to go on. These are the codes that shells have for it.
            Err(error) => ends(Exit(if error.0 == wasip1::ERRNO_NOENT { 127 } else { 126 })),
        }
    };
    Some(Function::new_with_env(store, env, wanted, call))
}

fn has_type(form: &Form, wanted: &FunctionType) -> bool {
    let results: &[Type] = if form.answers { &[Type::I32] } else { &[] };
    wanted.results() == results
        && wanted.params().len() == form.takes
        && wanted.params().iter().all(|parameter| *parameter == Type::I32)
}
