//! The imports of the table of calls for sockets.

use wasmer::{AsStoreMut, Function, FunctionEnv, FunctionType};

use super::Import;
use crate::caller::Caller;
use crate::calls::{wasix_net, wasmedge};
use crate::errno::Result;
use crate::memory::Memory;
use crate::socket_table::socket_calls;
use crate::state::State;
use crate::table::{PREVIEW1, WASIX};

macro_rules! socket {
    ($($module:ident $name:literal $function:ident($($parameter:ident: $type:ty),*) in $family:ident;)*) => {
        /// The import `name` of `module` that has the type `ty`, among those for sockets that preview 1 does not have.
        pub fn socket(
            store: &mut impl AsStoreMut,
            env: &FunctionEnv<State>,
            module: &str,
            name: &str,
            ty: &FunctionType,
        ) -> Option<Function> {
            $(
                if module == $module && name == $name {
                    type Call = fn(Caller<'_>, &Memory<'_>, $($type),*) -> Result<()>;
                    let call: Call = |caller, memory, $($parameter),*| {
                        $family::$function(caller.ctx, memory, $($parameter),*)
                    };
                    let function = call.import(store, env);
                    if function.ty(store) == *ty {
                        return Some(function);
                    }
                }
            )*
            None
        }
    };
}

socket_calls!(socket);
