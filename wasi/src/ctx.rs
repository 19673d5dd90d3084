//! What a program was granted, and what it has open: everything behind its calls.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use cap_std::fs::Dir as CapDir;
use terms::{Connect, GuestName, Listen};

use crate::audit::Used;
use crate::clock::Clocks;
use crate::errno::Result;
use crate::fds::{Descriptor, Fds};
use crate::first::{nowhere, preopened, standard};
use crate::fs::host::dir::HostDir;
use crate::fs::layer::Layer;
use crate::fs::tree::dir::TreeDir;
use crate::fs::tree::source::{Files, Nothing};
use crate::grants::Grants;
use crate::kept::Budget;
use crate::misses::{Miss, Misses};
use crate::net::granted::Granted;
use crate::net::socket::Socket;
use crate::net::{Net, Refused};
use crate::processes::Processes;
use crate::programs::{self, Listed, Named, Programs};
use crate::randomness::Randomness;
use crate::strings::{Given, Strings};
use crate::sys::Stream;
use crate::threads::{Locals, Threads};
use crate::words::Access;

/// Bytes that are kept of the places on their stacks that all threads may jump back to.
const JUMPS: u64 = 64 << 20;

/// The state behind one program's calls. Any number of calls may use it at once: nothing in it is locked while a call waits.
#[derive(Debug)]
pub struct Ctx {
    pub(crate) args: Given,
    pub(crate) env: Given,
    pub(crate) fds: Fds,
    pub(crate) clocks: Arc<Clocks>,
    pub(crate) randomness: Randomness,
    pub(crate) misses: Misses,
    /// For the directories that the program reads.
    pub(crate) listings: Budget,
    pub(crate) threads: Threads,
    pub(crate) locals: Locals,
    /// For the places on their stacks that threads may jump to.
    pub(crate) jumps: Budget,
    pub(crate) processes: Processes,
    pub(crate) programs: Programs,
    pub(crate) net: Net,
    /// Where it stands, by its own name for that.
    pub(crate) cwd: Mutex<String>,
    /// Whether it is one of WASIX.
    pub(crate) wasix: AtomicBool,
    /// Whether it handles signals.
    #[cfg(feature = "wasmer")]
    pub(crate) signals: AtomicBool,
}

/// Builds a [`Ctx`]: nothing is granted that is not named here, but the standard streams and an empty directory.
#[derive(Debug, Default)]
pub struct CtxBuilder {
    args: Strings,
    env: Strings,
    granted: Vec<Grant>,
    cwd: Option<String>,
    standing: Option<String>,
    native: Option<Roots>,
    closed: [bool; 3],
    detached: bool,
    written: Budget,
    listings: Budget,
    repeatable: bool,
    audited: bool,
    listen: Vec<(Listen, TcpListener)>,
    connect: Vec<Connect>,
    programs: Vec<Named>,
}

/// What was granted under a name.
#[derive(Debug)]
struct Grant {
    guest: GuestName,
    access: Access,
    what: What,
}

/// Where the user stands, if that can be opened, and the system's root: directories with their paths.
#[derive(Debug)]
struct Roots {
    here: Option<(CapDir, PathBuf)>,
    root: (CapDir, PathBuf),
}

#[derive(Debug)]
enum What {
    Host(CapDir),
    /// A directory of files that come with the program.
    Tree(Arc<dyn Files>, u32),
}

impl Ctx {
    /// A program without arguments, variables and directories.
    pub fn builder() -> CtxBuilder {
        CtxBuilder::default()
    }

    /// What the program asked for and did not get because it was not granted, in the last calls that took a path
    /// (how many, says `misses.rs`), oldest first.
    pub fn misses(&self) -> Vec<Miss> {
        self.misses.last()
    }

    /// What the program asked for last of sockets and did not get because it was not granted, unless many calls that took a path
    /// came since.
    pub fn refused(&self) -> Option<Refused> {
        let refused = self.net.refused().filter(|(calls, _)| self.misses.is_recent(*calls));
        refused.map(|(_, refused)| refused)
    }

    /// Where each socket that the program may listen on is bound, in their order.
    pub fn listening(&self) -> impl Iterator<Item = (Listen, std::net::SocketAddr)> {
        self.net.listeners.iter().map(|granted| (granted.grant, granted.local))
    }

    /// Waits until the program's first thread is alone, as it is from the start unless it starts others.
    pub fn wait_for_threads(&self) {
        self.threads.join_all();
    }

    /// The number of the thread whose end is that of the process once it is alone: the first, but in a copy that another thread
    /// has started.
    pub fn main_thread(&self) -> u32 {
        self.threads.main()
    }

    /// The number of the process.
    pub fn process(&self) -> u32 {
        self.processes.number()
    }

    /// True in a copy of the process that was started.
    pub fn is_copy(&self) -> bool {
        self.processes.is_copy()
    }

    /// How many threads there are beside the first.
    pub fn thread_count(&self) -> usize {
        self.threads.count()
    }

    /// What the program used of what it was granted; nothing unless it was built to be audited.
    pub fn used(&self) -> Used {
        let Some(audit) = &self.misses.audit else { return Used::default() };
        let (listen, connect) = self.net.used();
        Used { listen, connect, ..audit.all() }
    }
}

impl CtxBuilder {
    /// Adds an argument; the first is the program's name. Bytes, because an argument need not be UTF-8.
    #[must_use]
    pub fn arg(mut self, arg: &[u8]) -> Self {
        self.args.push(arg);
        self
    }

    /// Adds a variable, written `NAME=VALUE`.
    #[must_use]
    pub fn env(mut self, variable: &[u8]) -> Self {
        self.env.push(variable);
        self
    }

    /// Grants a directory of the host under the name `guest`. Descriptor 3 is the root; those of other names follow in the order
    /// in which they first appear in the grants; where names are nested, the longest that fits is used. What is granted under one name lies in layers: embedded trees over directories, and of these the last one given over
    /// the others. `/` and `.` are one name to wasi-libc, but what is granted as `.` is where the program stands.
    #[must_use]
    pub fn dir(mut self, dir: CapDir, guest: &str, access: Access) -> Self {
        self.granted.push(Grant { guest: guest.into(), access, what: What::Host(dir) });
        self
    }

    /// Grants the tree below directory `root` of `files` under the name `guest`. With [`Access::ReadWrite`] what the
    /// program changes is kept in memory, and lost when it ends. Names and layers are as in [`CtxBuilder::dir`]; of
    /// trees the first one given lies over the others.
    #[must_use]
    pub fn files(mut self, files: Arc<dyn Files>, root: u32, guest: &str, access: Access) -> Self {
        self.granted.push(Grant { guest: guest.into(), access, what: What::Tree(files, root) });
        self
    }

    /// Grants an empty directory in memory under the name `guest`, gone when the program ends. What is written there counts
    /// with what is written to other trees; see [`CtxBuilder::keep_at_most`].
    #[must_use]
    pub fn temporary(self, guest: &str) -> Self {
        self.files(Arc::new(Nothing), 0, guest, Access::ReadWrite)
    }

    /// Lets the program listen on this socket, which is bound where that was granted. Such sockets are descriptors behind the
    /// granted directories, in this order, or the first ones where nothing was granted; `LISTEN_FDS` says how many there are.
    #[must_use]
    pub fn listen(mut self, grant: Listen, socket: TcpListener) -> Self {
        self.listen.push((grant, socket));
        self
    }

    /// Lets the program connect to these, and ask where their names lead.
    #[must_use]
    pub fn connect(mut self, grant: Connect) -> Self {
        self.connect.push(grant);
        self
    }

    /// Lets the program stand in the directory `guest`, a name of its own world: that is where its relative paths
    /// lead, and what it sees when it lists `.`. Without this, and without a grant of `.`, that is the root.
    #[must_use]
    pub fn cwd(mut self, guest: &str) -> Self {
        self.cwd = Some(guest.to_owned());
        self
    }

    /// Says where the program is told that it stands, an absolute name of its own world. Without this that is what
    /// [`CtxBuilder::cwd`] says, or the root.
    #[must_use]
    pub fn standing(mut self, guest: &str) -> Self {
        self.standing = Some(guest.to_owned());
        self
    }

    /// Grants what a native program could open: everything below `root`, relative paths below `here`, and what paths lead to
    /// from there. Each is a directory and its path. What is granted as `/` or `.` takes the place of either.
    #[must_use]
    pub fn native(mut self, here: Option<(CapDir, PathBuf)>, root: (CapDir, PathBuf)) -> Self {
        self.native = Some(Roots { here, root });
        self
    }

    /// Lets the program become this one: a name in `/bin`, where it lies over what was granted.
    #[must_use]
    pub fn program(mut self, named: Named) -> Self {
        let before = self.programs.iter().filter(|other| other.name < named.name).count();
        self.programs.insert(before, named);
        self
    }

    /// Says that standard stream 0, 1 or 2 was closed when the program was started, and so it is for the program.
    #[must_use]
    pub fn closed(mut self, stream: usize) -> Self {
        self.closed[stream] = true;
        self
    }

    /// Lets the standard streams lead nowhere: the input is empty, and output is thrown away. To the program they are the null
    /// device.
    #[must_use]
    pub fn detached(mut self) -> Self {
        self.detached = true;
        self
    }

    /// Keeps at most so many bytes in memory for the program, beside the memory that it declares, of each of two sorts: what
    /// it writes to trees that are changed in memory (`nospc` beyond that), and the directories that it reads (`nomem`).
    /// 1 GiB of each if this is not said.
    #[must_use]
    pub fn keep_at_most(self, bytes: u64) -> Self {
        self.written.set(bytes);
        self.listings.set(bytes);
        self
    }

    /// Keeps what the program uses; see [`Ctx::used`].
    #[must_use]
    pub fn audited(mut self) -> Self {
        self.audited = true;
        self
    }

    /// Makes every run the same, as far as the machine goes: clocks start at 1980-01-01 and go on by a microsecond with
    /// every look at one, waiting takes no time but on them, files that come with the program take their times from them, and
    /// random numbers are always the same.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// The finished state. Clocks start here.
    ///
    /// # Errors
    /// That of opening the directory where the program is to stand, or of looking at a socket.
    pub fn build(mut self) -> Result<Ctx> {
        let (clocks, randomness) = if self.repeatable {
            (Clocks::counted(), Randomness::Repeatable(0.into()))
        } else {
            (Clocks::system(), Randomness::System)
        };
        let clocks = Arc::new(clocks);
        let native = self.native.is_some();
        let fds = Fds::default();
        for (stream, closed) in [Stream::In, Stream::Out, Stream::Err].into_iter().zip(self.closed) {
            fds.push((!closed).then(|| if self.detached { nowhere(stream) } else { standard(stream) }));
        }
        let net = self.net()?;
        let is_bare = self.granted.is_empty() && !native;
        let (mut grants, mut trees) = (Grants::default(), 0);
        let mut programs = Programs::default();
        if !self.programs.is_empty() {
            programs.named = Arc::new(std::mem::take(&mut self.programs));
            let files = Arc::new(Listed(Arc::clone(&programs.named)));
            let tree = TreeDir::root(files, 0, Access::ReadOnly, 0, &self.written, &clocks);
            (programs.device, trees) = (tree.filestat()?.dev, 1);
            grants.below(&programs::DIR.into(), Layer::Tree(tree));
        }
        for Grant { guest, access, what } in self.granted {
            match what {
                What::Host(dir) => grants.host(&guest, Layer::Host(HostDir::granted(dir, access))),
                What::Tree(files, root) => {
                    let tree = TreeDir::root(files, root, access, trees, &self.written, &clocks);
                    grants.tree(&guest, Layer::Tree(tree));
                    trees += 1;
                }
            }
        }
        if let Some(guest) = &self.cwd {
            grants.cwd(&guest.as_str().into());
        }
        if let Some(Roots { here, root }) = self.native {
            let layer = |(dir, path)| Layer::Host(HostDir::unconfined(dir, path));
            grants.native(here.map(layer), layer(root));
        }
        let mut first = Vec::new();
        for mut dir in grants.preopens(trees, &clocks, &self.args, &self.env)? {
            if self.audited {
                dir.follow();
            }
            first.push(preopened(dir));
        }
        // They do not wait, as under wasmtime: in a program without threads, such as Go's, nothing else goes on while one does.
        let flags = wasip1::FDFLAGS_NONBLOCK;
        let sockets = net.listeners.iter().map(|granted| Descriptor::socket(Socket::granted(granted), flags));
        // A root that nobody granted is there for paths only, and sockets are looked for from 3 on.
        let at = if is_bare { 0 } else { first.len() };
        first.splice(at..at, sockets);
        first.into_iter().for_each(|descriptor| fds.push(Some(descriptor)));
        if !net.listeners.is_empty() {
            let own = self.env.all().iter().any(|variable| variable.starts_with(b"LISTEN_FDS="));
            if !own {
                self.env.push(format!("LISTEN_FDS={}", net.listeners.len()).as_bytes());
                self.env.push(format!("LISTEN_FDS_FIRST_FD={}", 3 + at).as_bytes());
            }
        }
        Ok(Ctx {
            args: Given::new(self.args),
            env: Given::new(self.env),
            fds,
            clocks,
            randomness,
            misses: Misses::new(native, self.audited),
            listings: self.listings,
            threads: Threads::default(),
            locals: Locals::default(),
            net,
            jumps: Budget::of(JUMPS),
            processes: Processes::default(),
            programs,
            cwd: Mutex::new(self.standing.or(self.cwd).unwrap_or_else(|| "/".to_owned())),
            wasix: AtomicBool::new(false),
            #[cfg(feature = "wasmer")]
            signals: AtomicBool::new(false),
        })
    }

    fn net(&mut self) -> Result<Net> {
        let mut net = Net::default();
        for (grant, socket) in std::mem::take(&mut self.listen) {
            net.listeners.push(Arc::new(Granted::new(grant, socket)?));
        }
        std::mem::take(&mut self.connect).into_iter().for_each(|connect| net.allow(connect));
        if self.audited {
            net.audit();
        }
        Ok(net)
    }
}
