//! Sockets: what a program was granted of them, and what became of that.
//!
//! ```text
//! mod       whom it may connect to, which names it may ask for, what was refused and used
//! granted   where it may listen: sockets that were bound before it began
//! socket    what a descriptor stands for; moving, what goes through it; as_file, what it has of a file
//! waiting   waiting for one
//! public    which addresses a name may lead to
//! ```
//!
//! A program reaches an address in two ways: it was granted that, or a name that it was granted led there. So a name that is
//! not granted is never looked up, and one that leads into a network of its starter's leads nowhere: whoever owns a name
//! decides what it leads to. What is compared is the address itself, in the one way to write it, and never its text.

mod as_file;
pub(crate) mod granted;
mod moving;
mod public;
pub(crate) mod socket;
mod waiting;

use std::collections::{BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use terms::net::{LOCALHOST, name};
use terms::{Connect, Host};

use crate::errno::Result;
use granted::{Claim, Granted};

/// How many addresses are kept that names led to. The oldest are forgotten.
const MOST: usize = 1 << 12;

/// What a program has of sockets.
#[derive(Debug, Default)]
pub(crate) struct Net {
    pub(crate) listeners: Vec<Arc<Granted>>,
    connect: Vec<Connect>,
    /// Where names led to.
    found: Mutex<VecDeque<Found>>,
    /// What was refused last, and when: after how many calls that took a path.
    refused: Mutex<Option<(u64, Refused)>>,
    /// What it connected to, as options name it, if that is to be known.
    used: Option<Mutex<BTreeSet<String>>>,
}

/// An address that a name led to.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    address: IpAddr,
    /// The grant, by its place.
    grant: usize,
    name: String,
}

/// Something of sockets that a program asked for and was not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// To connect to this address.
    Connect(SocketAddr),
    /// To know where this name leads.
    Resolve(String),
    /// A name that was granted led to this address, which is of a private network.
    Private(String, IpAddr),
    /// To listen there.
    Listen(SocketAddr),
}

impl Net {
    /// Keeps from now on what the program uses.
    pub(crate) fn audit(&mut self) {
        self.used = Some(Mutex::default());
    }

    /// Lets it connect to these.
    pub(crate) fn allow(&mut self, connect: Connect) {
        self.connect.push(connect);
    }

    fn found(&self) -> MutexGuard<'_, VecDeque<Found>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, calls: u64, refused: Refused) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some((calls, refused));
    }

    /// What was refused last, and after how many calls that took a path.
    pub(crate) fn refused(&self) -> Option<(u64, Refused)> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was used, as options name it: to listen, and to connect.
    pub(crate) fn used(&self) -> (Vec<String>, Vec<String>) {
        let listen = self.listeners.iter().filter(|granted| granted.is_used());
        let connect = self.used.iter().flat_map(|used| {
            used.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect::<Vec<_>>()
        });
        (listen.map(|granted| granted.grant.to_string()).collect(), connect.collect())
    }

    /// Whether it may connect there; what that is called in an option. `calls` is for whoever asks what was refused.
    ///
    /// # Errors
    /// `acces` if it was not granted.
    pub(crate) fn may_connect(&self, to: SocketAddr, calls: u64) -> Result<String> {
        let (address, port) = (to.ip().to_canonical(), to.port());
        let fits = |grant: &&Connect| grant.has_port(port) && is_of(grant, address);
        if self.connect.iter().any(|grant| fits(&grant)) {
            return Ok(SocketAddr::new(address, port).to_string());
        }
        let found = self.found();
        let led = |found: &&Found| found.address == address && self.connect[found.grant].has_port(port);
        match found.iter().rev().find(led) {
            Some(Found { name, .. }) => Ok(format!("{name}:{port}")),
            None => {
                drop(found);
                self.refuse(calls, Refused::Connect(SocketAddr::new(address, port)));
                Err(wasip1::ERRNO_ACCES.into())
            }
        }
    }

    /// Notes that it connected.
    pub(crate) fn connected(&self, option: String) {
        if let Some(used) = &self.used {
            used.lock().unwrap_or_else(PoisonError::into_inner).insert(option);
        }
    }

    /// Where `host` leads. An address leads to itself, and `localhost` to this machine: whether one may go there is asked then.
    ///
    /// # Errors
    /// `noent` if it is not granted, or leads nowhere; `acces` if it leads only where it must not.
    pub(crate) fn resolve(&self, host: &str, calls: u64) -> Result<Vec<IpAddr>> {
        let in_brackets = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        if let Ok(address) = in_brackets.unwrap_or(host).parse::<IpAddr>() {
            return Ok(vec![address]);
        }
        let name = name(host).ok_or(wasip1::ERRNO_NOENT)?;
        if name == LOCALHOST {
            return Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]);
        }
        let grants: Vec<usize> =
            (0..self.connect.len()).filter(|&at| self.connect[at].host.has_name(&name)).collect();
        if grants.is_empty() {
            self.refuse(calls, Refused::Resolve(name));
            return Err(wasip1::ERRNO_NOENT.into());
        }
        let addresses = (name.as_str(), 0).to_socket_addrs().map_err(|_| wasip1::ERRNO_NOENT)?;
        self.led(&name, &grants, addresses.map(|address| address.ip()), calls)
    }

    /// Notes that `name`, which these `grants` name, led to `addresses`; those of them that may be reached.
    fn led(
        &self,
        name: &str,
        grants: &[usize],
        addresses: impl Iterator<Item = IpAddr>,
        calls: u64,
    ) -> Result<Vec<IpAddr>> {
        let (mut reached, mut refused) = (Vec::new(), None);
        for address in addresses.map(|address| address.to_canonical()) {
            let is_granted = || self.connect.iter().any(|grant| is_of(grant, address));
            let is_public = public::is_public(address);
            if !is_public && !is_granted() {
                refused = Some(address);
            } else if !reached.contains(&address) {
                reached.push(address);
                if is_public {
                    self.keep(grants.iter().map(|&grant| Found { address, grant, name: name.to_owned() }));
                }
            }
        }
        match (reached.is_empty(), refused) {
            (true, Some(address)) => {
                self.refuse(calls, Refused::Private(name.to_owned(), address));
                Err(wasip1::ERRNO_ACCES.into())
            }
            (true, None) => Err(wasip1::ERRNO_NOENT.into()),
            (false, _) => Ok(reached),
        }
    }

    fn keep(&self, new: impl Iterator<Item = Found>) {
        let mut found = self.found();
        for new in new {
            found.retain(|old| *old != new);
            if found.len() == MOST {
                found.pop_front();
            }
            found.push_back(new);
        }
    }

    /// The socket that is bound where a program wants to bind its own. One that does not care for the address gets any that was
    /// granted with that port.
    ///
    /// # Errors
    /// `acces` if there is none, which is not noted; `addrinuse` if the program has it already.
    fn bind(&self, at: SocketAddr) -> Result<Claim> {
        let (address, port) = (at.ip().to_canonical(), at.port());
        let mut fitting: Vec<_> =
            self.listeners.iter().filter(|granted| granted.fits(address, port)).collect();
        // Its own family first, if it does not care.
        fitting.sort_by_key(|granted| granted.grant.0.is_ipv4() != address.is_ipv4());
        if let Some(claim) = fitting.iter().find_map(|granted| Claim::new(granted)) {
            return Ok(claim);
        }
        Err(if fitting.is_empty() { wasip1::ERRNO_ACCES } else { wasip1::ERRNO_ADDRINUSE }.into())
    }

    /// Notes that it was not granted to listen there.
    fn refuse_to_listen(&self, at: SocketAddr, calls: u64) {
        self.refuse(calls, Refused::Listen(SocketAddr::new(at.ip().to_canonical(), at.port())));
    }
}

/// True if `grant` names this address.
fn is_of(grant: &Connect, address: IpAddr) -> bool {
    match &grant.host {
        Host::Address(own) => *own == address,
        Host::Name(name) => {
            name == LOCALHOST
                && [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()].contains(&address)
        }
    }
}

#[cfg(test)]
mod tests;
