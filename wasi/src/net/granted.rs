//! Sockets that were bound before the program began, where it may listen.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use terms::Listen;

/// One of them.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) grant: Listen,
    pub(crate) socket: Arc<TcpListener>,
    /// Where that is: with the port that was found, if any was granted.
    pub(crate) local: SocketAddr,
    is_claimed: AtomicBool,
    is_used: AtomicBool,
}

impl Granted {
    /// # Errors
    /// That of the system.
    pub(crate) fn new(grant: Listen, socket: TcpListener) -> io::Result<Granted> {
        socket.set_nonblocking(true)?;
        let local = socket.local_addr()?;
        let (is_claimed, is_used) = (AtomicBool::new(false), AtomicBool::new(false));
        Ok(Granted { grant, socket: Arc::new(socket), local, is_claimed, is_used })
    }

    /// True if it is what a program means that binds a socket there.
    pub(super) fn fits(&self, address: IpAddr, port: u16) -> bool {
        let Listen(own) = self.grant;
        own.port() == port && (own.ip() == address || address.is_unspecified())
    }

    /// Notes that the program listens there.
    pub(super) fn use_it(&self) {
        self.is_used.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_used(&self) -> bool {
        self.is_used.load(Ordering::Relaxed)
    }
}

/// What a program that binds a socket of its own has of one, until it closes that.
#[derive(Debug)]
pub(crate) struct Claim(pub(super) Arc<Granted>);

impl Claim {
    /// `None` if there is one.
    pub(super) fn new(granted: &Arc<Granted>) -> Option<Claim> {
        (!granted.is_claimed.swap(true, Ordering::Relaxed)).then(|| Claim(Arc::clone(granted)))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.is_claimed.store(false, Ordering::Relaxed);
    }
}
