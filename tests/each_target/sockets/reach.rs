//! Attacks on the grants: what was not granted cannot be reached, however it is written.

use std::net::TcpListener;

use super::{CALLS, each, has_v6, listening, program};
use crate::common::Dir;

#[test]
fn without_a_grant_there_is_nothing() {
    let dir = Dir::new();
    let program = program(&dir, &["--native"]);
    let (_socket, port) = listening();
    let at = format!("connect=127.0.0.1:{port}");
    for calls in CALLS {
        let commands = [
            ("find", "find badf"),
            ("open", "open ok"),
            (&*at, "connect acces"),
            ("bind=127.0.0.1:0", "bind acces"),
            ("bind=0.0.0.0:8080", "bind acces"),
            ("listen", "listen acces"),
            ("resolve=example.com", "resolve noent"),
        ];
        each(&program, "", calls, &commands);
    }
}

#[test]
fn only_the_granted_address_and_port_are_reached() {
    let dir = Dir::new();
    let program = program(&dir, &[]);
    let (_socket, port) = listening();
    let (_neighbour, other) = listening();
    let opts = format!("--connect 127.0.0.1:{port}");
    for calls in CALLS {
        for (address, port, answer) in [
            ("127.0.0.1", other, "acces"),
            ("127.0.0.2", port, "acces"),
            ("0.0.0.0", port, "acces"),
            ("127.0.0.1", 0, "acces"),
            ("127.0.0.1", port, "ok"),
        ] {
            let at = format!("connect={address}:{port}");
            each(&program, &opts, calls, &[("open", "open ok"), (&at, &format!("connect {answer}"))]);
        }
        for (address, answer) in [
            // The same address, as IPv6 writes it.
            ("00000000000000000000ffff7f000001", "ok"),
            ("00000000000000000000ffff7f000002", "acces"),
            ("0000000000000000000000007f000001", "acces"),
            ("00000000000000000000000000000001", "acces"),
            ("00000000000000000000000000000000", "acces"),
            ("00000000000000000000ffff00000000", "acces"),
            ("0064ff9b00000000000000007f000001", "acces"),
            ("20027f00000100000000000000000000", "acces"),
        ] {
            let at = format!("connect={address}:{port}");
            each(&program, &opts, calls, &[("open6", "open ok"), (&at, &format!("connect {answer}"))]);
        }
    }
}

#[test]
fn an_address_of_ipv6_is_one_however_it_is_written() {
    if !has_v6() {
        return;
    }
    let dir = Dir::new();
    let program = program(&dir, &[]);
    let socket = TcpListener::bind("[::1]:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let opts = format!("--connect '[0:0::1]:{port}'");
    let own = format!("connect=00000000000000000000000000000001:{port}");
    let v4 = format!("connect=127.0.0.1:{port}");
    for calls in CALLS {
        each(&program, &opts, calls, &[("open6", "open ok"), (&own, "connect ok")]);
        each(&program, &opts, calls, &[("open6", "open ok"), (&v4, "connect acces")]);
    }
}

#[test]
fn a_name_that_was_not_granted_leads_nowhere() {
    let dir = Dir::new();
    let program = program(&dir, &[]);
    let (_socket, port) = listening();
    let opts = format!("--connect 'one.invalid:{port}' --connect '*.two.invalid:{port}'");
    for calls in CALLS {
        for name in [
            "three.invalid",
            "two.invalid",
            "a.b.two.invalid",
            "one.invalid.x",
            "xone.invalid",
            "2130706433",
            "127.1",
            "0x7f000001",
            "0177.0.0.1",
            "one.invalid:80",
            "",
            "::",
        ] {
            let command = format!("resolve={name}");
            // An address leads to itself, as always: whether one may go there is asked then.
            let answer = match name {
                "::" => "resolve 00000000000000000000000000000000:0",
                "" if calls.is_empty() => "resolve 0.0.0.0:0",
                _ => "resolve noent",
            };
            each(&program, &opts, calls, &[(&command, answer)]);
        }
        // What was asked for by name was asked for in vain, and nothing may be reached by it.
        let at = format!("connect=127.0.0.1:{port}");
        each(
            &program,
            &opts,
            calls,
            &[("resolve=one.invalid", "resolve noent"), ("open", "open ok"), (&at, "connect acces")],
        );
    }
}

#[test]
fn the_name_of_this_machine_is_granted_as_such_and_by_no_pattern() {
    let dir = Dir::new();
    let program = program(&dir, &[]);
    let (_socket, port) = listening();
    let at = format!("connect=127.0.0.1:{port}");
    for calls in CALLS {
        for (grant, answer) in [("LocalHost.", "ok"), ("*", "acces"), ("**", "acces"), ("local*", "acces")] {
            let commands = [
                ("resolve=LOCALHOST", "resolve 127.0.0.1:0\nresolve 00000000000000000000000000000001:0"),
                ("open", "open ok"),
                (&*at, &*format!("connect {answer}")),
            ];
            each(&program, &format!("--connect '{grant}:{port}'"), calls, &commands);
        }
    }
}

#[test]
fn a_program_binds_only_what_was_granted() {
    let dir = Dir::new();
    let program = program(&dir, &[]);
    let (socket, port) = listening();
    drop(socket);
    let opts = format!("--listen {port}");
    for calls in CALLS {
        for (address, answer) in [
            (format!("127.0.0.1:{port}"), "ok"),
            // Who does not care for the address gets the granted one, and no other.
            (format!("0.0.0.0:{port}"), "ok"),
            (format!("00000000000000000000000000000000:{port}"), "ok"),
            (format!("00000000000000000000ffff7f000001:{port}"), "ok"),
            (format!("127.0.0.2:{port}"), "acces"),
            (format!("00000000000000000000000000000001:{port}"), "acces"),
            (format!("127.0.0.1:{}", port ^ 1), "acces"),
            ("127.0.0.1:0".to_owned(), "acces"),
        ] {
            let bind = format!("bind={address}");
            let mut commands =
                vec![("open", "open ok"), (&*bind, if answer == "ok" { "bind ok" } else { "bind acces" })];
            if answer == "ok" {
                commands.extend([("listen", "listen ok"), ("local", "local 127.0.0.1:PORT")]);
                // It is the program's for as long as it keeps it.
                commands.extend([("open", "open ok"), (&*bind, "bind addrinuse")]);
            }
            each(&program, &opts, calls, &commands);
        }
        // The socket that it begins with is the same one.
        let bind = format!("bind=127.0.0.1:{port}");
        let again = [
            ("open", "open ok"),
            (&*bind, "bind ok"),
            ("close", "close ok"),
            ("open", "open ok"),
            (&*bind, "bind ok"),
        ];
        each(&program, &opts, calls, &again);
        // To be bound nowhere in particular is no way to listen.
        let anywhere = [("open", "open ok"), ("bind=0.0.0.0:0", "bind ok"), ("listen", "listen acces")];
        each(&program, &opts, calls, &anywhere);
    }
}

#[test]
fn a_socket_that_is_moved_stays_what_it_is() {
    let dir = Dir::new();
    let program = program(&dir, &["--listen", "0", "--tmp"]);
    let commands = [
        ("find", "found 6"),
        ("move=3", "move ok"),
        // It imports from WASIX, where 3 is the root's as well.
        ("prestat", "prestat ok"),
        ("local", "local 127.0.0.1:PORT"),
        ("accept1", "accept again"),
        ("close", "close ok"),
        ("accept1", "accept badf"),
        // The place that it was granted in is still its own.
        ("open", "open ok"),
        ("bind=127.0.0.1:0", "bind ok"),
    ];
    each(&program, "", &[], &commands);
}
