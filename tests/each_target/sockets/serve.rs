//! Listening, accepting, sending and receiving.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use super::{CALLS, Server, each, listening, program};
use crate::common::{Dir, wasmpack};

/// Sends `bytes`, and returns what comes back until the end.
fn exchange(server: &Server, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.at).expect("it is connected");
    let mut writer = stream.try_clone().expect("it is connected");
    std::thread::scope(|scope| {
        scope.spawn(move || {
            writer.write_all(bytes).expect("it is connected");
            writer.shutdown(Shutdown::Write).expect("it is connected");
        });
        let mut back = Vec::new();
        stream.read_to_end(&mut back).expect("it is connected");
        back
    })
}

#[test]
fn what_preview_1_has_of_sockets_serves() {
    let dir = Dir::new();
    let bytes: Vec<u8> = (0..300_000u32).map(|at| (at * 7 / 3) as u8).collect();
    for (options, first) in [(&["--listen", "0"][..], 3), (&["--listen", "0", "--tmp"], 6)] {
        let program = program(&dir, &[options, &["--force"]].concat());
        let server = Server::start(&program, &["find", "prestat", "seek", "env", "block", "accept1", "echo"]);
        assert!(exchange(&server, &bytes) == bytes, "{options:?}");
        // It imports from WASIX, where 3 is the root's as well.
        let prestat = if first == 3 { "ok" } else { "badf" };
        assert_eq!(
            server.printed(),
            format!(
                "found {first}\nprestat {prestat}\nseek spipe\nLISTEN_FDS=1 {first}\nblock ok\naccept ok\necho ok\n"
            )
        );
    }
}

#[test]
fn a_program_that_binds_a_socket_by_itself_gets_the_granted_one() {
    let dir = Dir::new();
    let program = program(&dir, &["--listen", "0", "--tmp"]);
    for calls in CALLS {
        let serve = ["open", "bind=0.0.0.0:0", "listen", "local", "accept", "peer", "echo"];
        let server = Server::start(&program, &[calls, &serve[..]].concat());
        assert!(exchange(&server, &[7; 100_000]) == [7; 100_000]);
        let own = "127.0.0.1:PORT";
        assert_eq!(
            server.printed(),
            format!("open ok\nbind ok\nlisten ok\nlocal {own}\naccept ok\npeer {own}\necho ok\n")
        );
    }
}

#[test]
fn several_sockets_are_told_apart_by_their_numbers() {
    let dir = Dir::new();
    let (taken, port) = listening();
    drop(taken);
    let options = ["--listen", "0", "--listen", &format!("127.0.0.1:{port}")];
    let program = program(&dir, &options);
    let server = Server::start(&program, &["env", "fd=4", "block", "accept1", "echo"]);
    let at = Server { at: ([127, 0, 0, 1], port).into(), ..server };
    assert_eq!(exchange(&at, b"second"), b"second");
    assert_eq!(at.printed(), "LISTEN_FDS=2 3\nblock ok\naccept ok\necho ok\n");
}

#[test]
fn a_program_connects_asks_and_is_answered() {
    let dir = Dir::new();
    let program = program(&dir, &[]);
    for calls in CALLS {
        let (socket, port) = listening();
        let answering = std::thread::spawn(move || {
            let (mut stream, _) = socket.accept().unwrap();
            let mut asked = String::new();
            stream.read_to_string(&mut asked).unwrap();
            stream.write_all(format!("{asked} was asked").as_bytes()).unwrap();
        });
        let at = format!("connect=127.0.0.1:{port}");
        let commands = [
            ("open", "open ok"),
            (&*at, "connect ok"),
            ("peer", "peer 127.0.0.1:PORT"),
            ("local", "local 127.0.0.1:PORT"),
            ("writable=1000", "wait ok"),
            ("readable=0", "wait time"),
            ("ask=what", "sent ok\ngot what was asked"),
            ("error", "error ok"),
            (&*at, "connect isconn"),
            ("close", "close ok"),
        ];
        each(&program, &format!("--connect 127.0.0.1:{port}"), calls, &commands);
        answering.join().unwrap();
    }
}

#[test]
fn who_must_not_wait_is_told_so_and_finds_out_by_waiting_for_several_things() {
    let dir = Dir::new();
    let program = program(&dir, &["--listen", "0"]);
    let listen = [
        ("fd=3", ""),
        ("readable=1", "wait time"),
        ("flags", "flags 4"),
        ("accept1", "accept again"),
        ("accept", "accept again"),
    ];
    each(&program, "", &[], &listen);
    for calls in CALLS {
        let (_socket, port) = listening();
        let at = format!("connect=127.0.0.1:{port}");
        // Windows tells that it is connected, and Unix may be done at once as well.
        let args =
            [calls, &["open", "nonblock", &at, "writable=5000", "error", "peer", "patience=20", "ask=x"]]
                .concat();
        let printed = super::prints_with(&program, &format!("--connect 127.0.0.1:{port}"), &args);
        let printed = printed.replace("connect inprogress", "connect ok");
        assert_eq!(
            printed,
            "open ok\nnonblock ok\nconnect ok\nwait ok\nerror ok\npeer 127.0.0.1:PORT\npatience ok\nsent ok\nrecv again\n"
        );
        let args = [calls, &["open", &at, "patience=20", "ask=x"]].concat();
        let printed = super::prints_with(&program, &format!("--connect 127.0.0.1:{port}"), &args);
        assert_eq!(printed, "open ok\nconnect ok\npatience ok\nsent ok\nrecv again\n", "the time is up");
    }
}

#[test]
fn what_is_no_socket_yet_or_no_more_is_told() {
    let dir = Dir::new();
    let program = program(&dir, &["--listen", "0"]);
    let (socket, closed) = listening();
    drop(socket);
    let at = format!("connect=127.0.0.1:{closed}");
    for calls in CALLS {
        let commands = [
            ("udp", "udp protonosupport"),
            ("open", "open ok"),
            ("peer", "peer notconn"),
            ("local", "local 0.0.0.0:0"),
            ("ask=x", "send notconn"),
            ("accept", "accept inval"),
            (&*at, "connect connrefused"),
            ("fd=1", ""),
            ("accept", "accept notsock"),
            ("fd=99", ""),
            ("accept", "accept badf"),
        ];
        each(&program, &format!("--connect 127.0.0.1:{closed}"), calls, &commands);
    }
    let wasix = [
        ("open", "open ok"),
        ("status", "status 0"),
        ("nodelay", "nodelay 1"),
        ("bind=127.0.0.1:0", "bind ok"),
        ("listen", "listen ok"),
        ("status", "status 1"),
    ];
    each(&program, "", &["wasix"], &wasix);
    each(&program, "", &[], &[("fd=3", ""), ("any", "any 127.0.0.1:PORT")]);
}

/// Nobody reads any more, which would end a program by a signal.
#[test]
fn the_other_side_going_away_ends_nobody() {
    let dir = Dir::new();
    let program = program(&dir, &["--listen", "0"]);
    let server = Server::start(&program, &["fd=3", "block", "accept1", "echo"]);
    let mut stream = TcpStream::connect(server.at).unwrap();
    stream.write_all(&[1; 1 << 20]).unwrap();
    drop(stream);
    let printed = server.printed();
    assert!(
        printed.starts_with("block ok\naccept ok\nwrite ")
            || printed.starts_with("block ok\naccept ok\nread "),
        "{printed}"
    );
}

#[test]
fn a_trial_binds_nothing() {
    let dir = Dir::new();
    let (_taken, port) = listening();
    let module = crate::common::fixture("sockets");
    let mut packer = wasmpack();
    packer.arg(module).arg("-o").arg(dir.join("app")).args([
        "--listen",
        &port.to_string(),
        "--profile",
        "env",
    ]);
    let output = packer.output().unwrap();
    assert!(output.status.success(), "{}", crate::common::text(&output.stderr));
}
