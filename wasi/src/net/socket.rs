//! A socket of the program: one that was granted, one that it opened, or a connection.
//!
//! To the system none of them ever waits: whether the program does is up to its descriptor, and how long to what it said.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, SocketAddrV4, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use wasip1::Fdflags;

use super::Net;
use super::granted::{Claim, Granted};
use super::waiting::{end_of, is_nonblocking, until, wait};
use crate::errno::{Error, Result};
use crate::sys::{self, Handle, Sock};

/// A socket.
#[derive(Debug)]
pub(crate) struct Socket {
    is_v6: bool,
    /// Where it was bound, if it was.
    bound: OnceLock<Bound>,
    /// What the system knows it by, once it listens or is connected.
    handle: OnceLock<Handle>,
    /// True while it is not known whether a connection will be there.
    is_pending: AtomicBool,
    /// Where it is connected to. The system forgets that when the other side goes.
    peer: OnceLock<SocketAddr>,
    options: Mutex<Options>,
}

/// Where a socket was bound.
#[derive(Debug)]
enum Bound {
    /// Where it may listen.
    Claimed(Claim),
    /// The same, as it was when the program began.
    Granted(Arc<Granted>),
    /// Wherever the system likes, to connect from there.
    Anywhere,
}

/// What a program set.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    pub(crate) no_delay: bool,
    pub(crate) keep_alive: bool,
    /// How long a call waits at most.
    pub(crate) receive: Option<Duration>,
    pub(crate) send: Option<Duration>,
    pub(crate) connect: Option<Duration>,
    pub(crate) accept: Option<Duration>,
}

/// How a socket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Not connected, and not on its way to be.
    New,
    Listening,
    Connecting,
    Connected,
}

impl Socket {
    /// One that is neither bound nor connected.
    pub(crate) fn new(is_v6: bool) -> Socket {
        Socket {
            is_v6,
            bound: OnceLock::new(),
            handle: OnceLock::new(),
            is_pending: AtomicBool::new(false),
            peer: OnceLock::new(),
            options: Mutex::default(),
        }
    }

    /// One that the program begins with.
    pub(crate) fn granted(granted: &Arc<Granted>) -> Socket {
        let socket = Socket::new(granted.local.is_ipv6());
        let handle = Handle::Socket(Sock::Listener(Arc::clone(&granted.socket)));
        Socket { bound: Bound::Granted(Arc::clone(granted)).into(), handle: handle.into(), ..socket }
    }

    fn connection(stream: TcpStream, peer: SocketAddr, is_v6: bool) -> Socket {
        let handle = Handle::Socket(Sock::Stream(stream));
        Socket { handle: handle.into(), peer: peer.into(), ..Socket::new(is_v6) }
    }

    /// For waiting on it; `None` for one that nothing will come of.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        self.handle.get()
    }

    fn options(&self) -> MutexGuard<'_, Options> {
        self.options.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was set.
    pub(crate) fn set(&self) -> Options {
        *self.options()
    }

    /// Sets something.
    ///
    /// # Errors
    /// That of the system.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Options)) -> Result<()> {
        let mut options = self.options();
        let mut changed = *options;
        change(&mut changed);
        if let Some(Handle::Socket(Sock::Stream(stream))) = self.handle.get() {
            changed.apply(stream)?;
        }
        *options = changed;
        Ok(())
    }

    /// The connection.
    ///
    /// # Errors
    /// `notconn` if there is none.
    pub(crate) fn stream(&self) -> Result<&TcpStream> {
        match self.handle.get() {
            Some(Handle::Socket(Sock::Stream(stream))) => Ok(stream),
            _ => Err(wasip1::ERRNO_NOTCONN.into()),
        }
    }

    /// How it stands.
    pub(crate) fn standing(&self) -> Standing {
        match self.handle.get() {
            Some(Handle::Socket(Sock::Listener(_))) => Standing::Listening,
            Some(_) if self.is_pending.load(Ordering::Relaxed) => Standing::Connecting,
            Some(_) => Standing::Connected,
            None => Standing::New,
        }
    }

    /// Binds it: to a socket that was granted there. One that is bound nowhere in particular may connect from there.
    ///
    /// # Errors
    /// `inval` if it is bound or connected; those of [`Net::bind`].
    pub(crate) fn bind(&self, net: &Net, at: SocketAddr, calls: u64) -> Result<()> {
        if self.bound.get().is_some() || self.handle.get().is_some() {
            return Err(wasip1::ERRNO_INVAL.into());
        }
        let anywhere = at.port() == 0 && at.ip().is_unspecified();
        let bound = match net.bind(at) {
            Ok(claim) => Bound::Claimed(claim),
            Err(Error(wasip1::ERRNO_ACCES)) if anywhere => Bound::Anywhere,
            Err(error) => {
                if at != PROBED {
                    net.refuse_to_listen(at, calls);
                }
                return Err(error);
            }
        };
        self.bound.set(bound).map_err(|_| wasip1::ERRNO_INVAL.into())
    }

    /// Lets it listen where it is bound.
    ///
    /// # Errors
    /// `inval` if it is connected; `acces` if it is bound to nothing that was granted.
    pub(crate) fn listen(&self, net: &Net, calls: u64) -> Result<()> {
        if self.standing() == Standing::Listening {
            return Ok(());
        }
        let granted = match self.bound.get() {
            Some(Bound::Claimed(Claim(granted)) | Bound::Granted(granted)) => granted,
            Some(Bound::Anywhere) => {
                net.refuse_to_listen(self.nowhere(), calls);
                return Err(wasip1::ERRNO_ACCES.into());
            }
            // The system would choose a port, which is what a grant of port 0 is.
            None => {
                self.bind(net, self.nowhere(), calls)?;
                return self.listen(net, calls);
            }
        };
        let handle = Handle::Socket(Sock::Listener(Arc::clone(&granted.socket)));
        self.handle.set(handle).map_err(|_| wasip1::ERRNO_INVAL)?;
        granted.use_it();
        Ok(())
    }

    /// The address of no place.
    fn nowhere(&self) -> SocketAddr {
        match self.is_v6 {
            true => SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 0),
            false => SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0),
        }
    }

    /// Connects it, if that was granted.
    ///
    /// # Errors
    /// `isconn`, `already`; `inval` if it listens; `inprogress` if it will be seen later; `acces`; that of the system.
    pub(crate) fn connect(&self, net: &Net, to: SocketAddr, flags: Fdflags, calls: u64) -> Result<()> {
        match self.standing() {
            Standing::New => {}
            Standing::Listening => return Err(wasip1::ERRNO_INVAL.into()),
            Standing::Connecting => return self.settle(),
            Standing::Connected => return Err(wasip1::ERRNO_ISCONN.into()),
        }
        let option = net.may_connect(to, calls)?;
        // From here on it is the address that was looked at, and no other way to write it.
        let to = SocketAddr::new(to.ip().to_canonical(), to.port());
        let (set, is_waiting) = (self.set(), !is_nonblocking(flags));
        let (stream, is_done) = sys::connect(to, set.connect)?;
        set.apply(&stream)?;
        let handle = Handle::Socket(Sock::Stream(stream));
        if !is_done && is_waiting {
            // One that failed stays as it is, and can be connected elsewhere.
            if !wait(&handle, true, end_of(set.connect))? {
                return Err(wasip1::ERRNO_TIMEDOUT.into());
            }
            if let Handle::Socket(Sock::Stream(stream)) = &handle
                && let Some(error) = stream.take_error()?
            {
                return Err(error.into());
            }
        }
        let is_pending = !is_done && !is_waiting;
        self.is_pending.store(is_pending, Ordering::Relaxed);
        self.handle.set(handle).map_err(|_| wasip1::ERRNO_ALREADY)?;
        let _ = self.peer.set(to);
        net.connected(option);
        if is_pending { Err(wasip1::ERRNO_INPROGRESS.into()) } else { Ok(()) }
    }

    /// Finds out what became of a connection.
    ///
    /// # Errors
    /// `already` if that is not known yet; why there is none.
    pub(crate) fn settle(&self) -> Result<()> {
        let stream = self.stream()?;
        if let Some(error) = stream.take_error()? {
            return Err(error.into());
        }
        match stream.peer_addr() {
            Ok(_) => {
                self.is_pending.store(false, Ordering::Relaxed);
                Ok(())
            }
            Err(_) => Err(wasip1::ERRNO_ALREADY.into()),
        }
    }

    /// Takes the next connection; with where it comes from.
    ///
    /// # Errors
    /// `inval` if it does not listen; `again` if there is none and it must not wait, or the time is up.
    pub(crate) fn accept(&self, flags: Fdflags) -> Result<(Socket, SocketAddr)> {
        let Some(Handle::Socket(Sock::Listener(listener))) = self.handle.get() else {
            return Err(wasip1::ERRNO_INVAL.into());
        };
        let accept = || match listener.accept() {
            // It was gone before it was looked at.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => Err(ErrorKind::Interrupted.into()),
            accepted => accepted,
        };
        let (stream, peer) = until(self.handle(), false, flags, self.set().accept, accept)?;
        if let Some(Bound::Granted(granted)) = self.bound.get() {
            granted.use_it();
        }
        stream.set_nonblocking(true)?;
        Ok((Socket::connection(stream, peer, self.is_v6), peer))
    }

    /// Where it is bound.
    ///
    /// # Errors
    /// That of the system.
    pub(crate) fn local(&self) -> Result<SocketAddr> {
        match (self.bound.get(), self.stream()) {
            (_, Ok(stream)) => Ok(stream.local_addr()?),
            (Some(Bound::Claimed(Claim(granted)) | Bound::Granted(granted)), _) => Ok(granted.local),
            _ => Ok(self.nowhere()),
        }
    }

    /// Where it is connected to.
    ///
    /// # Errors
    /// `notconn`.
    pub(crate) fn peer(&self) -> Result<SocketAddr> {
        match (self.standing(), self.peer.get()) {
            (Standing::Connecting, _) => Ok(self.stream()?.peer_addr()?),
            (_, Some(peer)) => Ok(*peer),
            (_, None) => Err(wasip1::ERRNO_NOTCONN.into()),
        }
    }

    /// Ends one direction, or both.
    ///
    /// # Errors
    /// `notconn`; that of the system.
    pub(crate) fn shut_down(&self, how: Shutdown) -> Result<()> {
        Ok(self.stream()?.shutdown(how)?)
    }
}

/// Where WASIX's C library tries to bind a socket, to find out in which order the bytes of a port are told. It does without.
const PROBED: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 10275));

impl Options {
    fn apply(self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(self.no_delay)?;
        sys::keep_alive(stream, self.keep_alive)
    }
}
