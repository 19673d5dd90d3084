//! Whether a module can use sockets that are granted: what it would do so with is imported. Which module of WASI's, WasmEdge's or WASIX's
//! it comes from does not matter.

use wasmer_compiler::wasmparser::{Parser, Payload, TypeRef};

/// True if `module`, which is valid, imports what takes a connection.
pub fn takes_connections(module: &[u8]) -> bool {
    imports(module, &["sock_accept", "sock_accept_v2"])
}

/// True if `module`, which is valid, imports what connects.
pub fn connects(module: &[u8]) -> bool {
    imports(module, &["sock_connect"])
}

fn imports(module: &[u8], names: &[&str]) -> bool {
    let mut payloads = Parser::new(0).parse_all(module);
    let section = payloads.find_map(|payload| match payload {
        Ok(Payload::ImportSection(imports)) => Some(imports),
        _ => None,
    });
    let mut imports = section.into_iter().flat_map(|section| section.into_imports().map_while(Result::ok));
    imports.any(|import| {
        matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) && names.contains(&import.name)
    })
}
