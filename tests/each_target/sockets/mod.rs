//! Sockets: what a program reaches that was granted them, and nothing else. All of it stays on this machine's own address, and each
//! port is one that was free.
//!
//! ```text
//! serve   listening, accepting, sending and receiving, by the calls of preview 1, WasmEdge and WASIX
//! reach   what is not granted cannot be reached, however it is written
//! owner   what the owner is told, and changes
//! ```

mod owner;
mod reach;
mod serve;

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Stdio};

use crate::common::{self, Dir, output, start, text};

/// The calls that a program makes: WasmEdge's, or WASIX's.
const CALLS: [&[&str]; 2] = [&[], &["wasix"]];

/// A program that runs, with where it says that it listens.
struct Server {
    child: Child,
    at: SocketAddr,
    /// What it writes to standard error after that.
    rest: BufReader<std::process::ChildStderr>,
}

impl Server {
    /// Starts `program`, which was granted a free port.
    fn start(program: &Path, args: &[&str]) -> Server {
        let mut command = start(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut rest = BufReader::new(child.stderr.take().expect("it is a pipe"));
        let mut line = String::new();
        let at = loop {
            line.clear();
            assert_ne!(
                rest.read_line(&mut line).expect("it can be read"),
                0,
                "it never says where it listens"
            );
            if let Some((_, at)) = line.trim_end().split_once("note: it listens on ") {
                break at.parse().expect("it is an address");
            }
        };
        Server { child, at, rest }
    }

    /// What it printed, when it has ended well.
    #[track_caller]
    fn printed(mut self) -> String {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        self.child.stdout.take().expect("it is a pipe").read_to_end(&mut out).expect("it can be read");
        self.rest.read_to_end(&mut err).expect("it can be read");
        let status = self.child.wait().expect("it ends");
        assert_eq!(status.code(), Some(0), "{:?} {:?}", text(&out), text(&err));
        text(&out).replace("\r\n", "\n")
    }
}

/// What a program prints that must end well, with these grants for this start.
#[track_caller]
fn prints_with(program: &Path, opts: &str, args: &[&str]) -> String {
    let mut command = start(program);
    command.args(args).env("WASMPACK_OPTS", opts).stdin(Stdio::null());
    let output = output(&mut command);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{args:?}: {:?} {:?}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout).replace("\r\n", "\n")
}

/// The lines that the program prints for these commands, after `before`, with `opts`.
#[track_caller]
fn each(program: &Path, opts: &str, before: &[&str], commands: &[(&str, &str)]) {
    let args: Vec<&str> =
        before.iter().copied().chain(commands.iter().map(|(command, _)| *command)).collect();
    let printed = prints_with(program, opts, &args);
    let expected: Vec<&str> = commands.iter().flat_map(|(_, lines)| lines.lines()).collect();
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected, "{opts} {args:?}");
}

/// A socket of the test's own, which is listened on.
fn listening() -> (TcpListener, u16) {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = socket.local_addr().expect("it is bound").port();
    (socket, port)
}

fn program(dir: &Dir, options: &[&str]) -> std::path::PathBuf {
    dir.pack("sockets", options)
}

/// True, with a word about it, where a program does not see the loopback addresses of both families.
fn has_v6() -> bool {
    let has = TcpListener::bind("[::1]:0").is_ok();
    if !has {
        skip::because("this machine has no address of IPv6");
    }
    has
}

fn is_elsewhere() -> bool {
    common::on_windows()
}
