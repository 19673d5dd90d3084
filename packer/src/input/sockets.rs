//! Whether a program can use sockets that are granted: it needs a call for that, of WASI, WasmEdge or WASIX.

use super::imports::functions;

/// True if `module`, which is valid, imports what takes a connection.
pub(crate) fn takes_connections(module: &[u8]) -> bool {
    imports(module, &["sock_accept", "sock_accept_v2"])
}

/// True if `module`, which is valid, imports what connects.
pub(crate) fn connects(module: &[u8]) -> bool {
    imports(module, &["sock_connect"])
}

fn imports(module: &[u8], names: &[&str]) -> bool {
    functions(module).is_ok_and(|functions| functions.iter().any(|function| names.contains(&function.name)))
}
