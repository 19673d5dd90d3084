//! A server for one folder, on this machine alone.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    thread,
};

/// Serves until the test's process ends.
pub struct Server {
    pub url: String,
}

/// A fault in the server's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Half of each file is sent.
    Cut,
    /// Another file is sent.
    Other,
}

impl Server {
    /// A server without a folder: its address can be written into files that it then serves.
    pub fn bind() -> (Server, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        (Server { url }, listener)
    }
}

/// Serves `folder`.
pub fn serve(listener: TcpListener, folder: &Path, fault: Fault) {
    let folder = folder.to_owned();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let folder: PathBuf = folder.clone();
            thread::spawn(move || answer(stream, &folder, fault));
        }
    });
}

fn answer(mut stream: TcpStream, folder: &Path, fault: Fault) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else { return };
    for line in lines.by_ref() {
        if line.is_ok_and(|line| line.is_empty()) {
            break;
        }
    }
    let name = first.split(' ').nth(1).unwrap_or("/").trim_start_matches('/').to_owned();
    let Ok(bytes) = fs::read(folder.join(&name)) else {
        let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return;
    };
    let bytes = if fault == Fault::Other { b"<html>not here</html>".to_vec() } else { bytes };
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len());
    let sent = if fault == Fault::Cut { &bytes[..bytes.len() / 2] } else { &bytes[..] };
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(sent));
}
