//! Where the app may listen, bound before it begins; and whom it may connect to.
//!
//! A port that another program has is found out at once, and not when the app gets that far.

use std::io::{Error, ErrorKind};
use std::net::TcpListener;

use payload::grant::OPTIONS;
use payload::{Grants, Listen};
use sandbox::CtxBuilder;

use crate::fail::Failure;

/// Grants it.
pub(crate) fn grant(mut builder: CtxBuilder, grants: &Grants) -> Result<CtxBuilder, Failure> {
    for listen in &grants.listen {
        let socket = TcpListener::bind(listen.0).map_err(|error| refused(*listen, &error))?;
        builder = builder.listen(*listen, socket);
    }
    for connect in &grants.connect {
        builder = builder.connect(connect.clone());
    }
    Ok(builder)
}

fn refused(listen: Listen, error: &Error) -> Failure {
    let way = match error.kind() {
        ErrorKind::AddrInUse => "; stop the program that does",
        ErrorKind::PermissionDenied => {
            "; start the program as somebody who may, or choose a port from 1024 on"
        }
        ErrorKind::AddrNotAvailable => "; choose an address that this machine has",
        _ => "",
    };
    let other = match way {
        "" => String::new(),
        _ => format!(", or let it listen elsewhere with {OPTIONS}='--deny-listen --listen [ADDRESS:]PORT'"),
    };
    Failure::new(format!("cannot listen on {listen}, as was granted: {error}{way}{other}"))
}

/// Takes from what is `granted` what is said, or all. Where that was not granted: what was.
pub(crate) fn deny<T: PartialEq + ToString>(
    granted: &mut Vec<T>,
    said: Option<&str>,
    parse: fn(&str) -> Result<T, String>,
) -> Result<Option<String>, String> {
    let Some(text) = said else {
        granted.clear();
        return Ok(None);
    };
    let denied = parse(text)?;
    let is_there = granted.contains(&denied);
    granted.retain(|other| *other != denied);
    let there: Vec<String> = granted.iter().map(ToString::to_string).collect();
    let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
    Ok((!is_there).then_some(there))
}

/// Something of sockets that `packed` grants and `changed` does not.
pub(crate) fn taken(packed: &Grants, changed: &Grants) -> Option<String> {
    let listen = packed.listen.iter().find(|listen| !changed.listen.contains(listen));
    let connect = || packed.connect.iter().find(|connect| !changed.connect.contains(connect));
    match listen {
        Some(listen) => Some(format!("listening on {listen}")),
        None => connect().map(|connect| format!("connecting to {connect}")),
    }
}
