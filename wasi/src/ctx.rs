//! What a program was granted, and what it has open: everything behind its calls.

use cap_std::fs::Dir as CapDir;

use crate::clock::Clocks;
use crate::dir::Dir;
use crate::fds::{Descriptor, Fds, Object};
use crate::file::{File, Stream};
use crate::rights;

/// What may be done below a granted directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everything.
    ReadWrite,
    /// Nothing that changes it: such calls fail with `rofs`, as on a read-only file system.
    ReadOnly,
}

/// The state behind one program's calls.
#[derive(Debug)]
pub struct Ctx {
    pub(crate) args: Strings,
    pub(crate) env: Strings,
    pub(crate) fds: Fds,
    pub(crate) clocks: Clocks,
}

/// Builds a [`Ctx`]: nothing is granted that is not named here, but the standard streams.
#[derive(Debug, Default)]
pub struct CtxBuilder {
    args: Strings,
    env: Strings,
    dirs: Vec<Dir>,
}

impl Ctx {
    /// A program without arguments, variables and directories.
    pub fn builder() -> CtxBuilder {
        CtxBuilder::default()
    }
}

impl CtxBuilder {
    /// Adds an argument; the first is the program's name. Bytes, because hosts have arguments that are no text.
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

    /// Grants a directory under the name `guest`. Descriptors from 3 on, in the order of these calls; where names
    /// are nested or equal, wasi-libc uses the longest that fits, and of equal ones the last.
    #[must_use]
    pub fn dir(mut self, dir: CapDir, guest: &str, access: Access) -> Self {
        self.dirs.push(Dir::granted(dir, guest, access));
        self
    }

    /// The finished state. Clocks start here.
    pub fn build(self) -> Ctx {
        let mut fds = Fds::default();
        for stream in [Stream::In, Stream::Out, Stream::Err] {
            let terminal = stream.is_terminal();
            fds.insert(Descriptor {
                object: Object::File(File::stream(stream)),
                rights: rights::stream(stream == Stream::In, terminal),
                inheriting: 0,
                flags: 0,
            });
        }
        for dir in self.dirs {
            fds.insert(Descriptor {
                object: Object::Dir(dir),
                rights: rights::DIRECTORY,
                inheriting: rights::DIRECTORY | rights::FILE,
                flags: 0,
            });
        }
        Ctx { args: self.args, env: self.env, fds, clocks: Clocks::new() }
    }
}

/// A list of byte strings, kept as the guest will see it: one after the other, each with a NUL behind.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    bytes: Vec<u8>,
    starts: Vec<u32>,
}

impl Strings {
    fn push(&mut self, text: &[u8]) {
        self.starts.push(self.bytes.len() as u32);
        // The operating system hands strings over NUL-terminated, so none has one inside.
        self.bytes.extend_from_slice(text);
        self.bytes.push(0);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// All of them, each with its NUL.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where each starts in [`Strings::bytes`].
    pub(crate) fn starts(&self) -> impl Iterator<Item = u32> {
        self.starts.iter().copied()
    }
}
