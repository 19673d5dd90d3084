//! Programs that come with this one, and which it may become: each a name in the directory [`DIR`]. There they are files that can
//! be looked at, and not be read or changed.

use std::io;
use std::sync::Arc;

use crate::ctx::Ctx;
use crate::errno::Result;
use crate::fs::tree::source::{Files, Node};
use crate::path::MAX_LEN;
use crate::strings::Strings;

/// The directory of their names.
pub const DIR: &str = terms::grant::PROGRAMS;

/// A name, and what it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// What the launcher knows the program by.
    pub number: u32,
    /// Bytes that it is told to have.
    pub len: u64,
}

/// What a program becomes, with its new arguments and variables; carried through wasmer as a user error.
#[derive(Debug)]
pub struct Exec {
    pub(crate) number: u32,
    pub(crate) args: Strings,
    /// The old ones, if there are none.
    pub(crate) env: Option<Strings>,
}

impl std::fmt::Display for Exec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the program becomes another one")
    }
}

impl std::error::Error for Exec {}

/// The programs, in the order of their names.
#[derive(Debug, Default)]
pub(crate) struct Programs {
    pub(crate) named: Arc<Vec<Named>>,
    /// The device of the files that they are.
    pub(crate) device: u64,
}

/// Their directory.
#[derive(Debug)]
pub(crate) struct Listed(pub(crate) Arc<Vec<Named>>);

impl Files for Listed {
    fn children(&self, _dir: u32) -> io::Result<Vec<(String, Node)>> {
        let node =
            |(id, named): (usize, &Named)| (named.name.clone(), Node::File { id: id as u32, len: named.len });
        Ok(self.0.iter().enumerate().map(node).collect())
    }

    fn read_at(&self, _file: u32, _offset: u64, _out: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

/// The inode number of the first name: the directory has the one before.
const FIRST: u64 = 2;

impl Programs {
    /// The number of the program that `path` leads to, from where the program stands.
    ///
    /// # Errors
    /// `acces` for what is no program; `nametoolong`; what looking it up answers.
    pub(crate) fn find(ctx: &Ctx, path: &str) -> Result<u32> {
        let Programs { named, device } = &ctx.programs;
        let name = ctx.whole_name(path);
        if path.is_empty() || named.is_empty() {
            return Err(wasip1::ERRNO_NOENT.into());
        }
        if name.len() > MAX_LEN {
            return Err(wasip1::ERRNO_NAMETOOLONG.into());
        }
        let below = match name.trim_start_matches('/') {
            "" => ".",
            below => below,
        };
        let found = ctx.fds.root(wasip1::RIGHTS_PATH_FILESTAT_GET)?.filestat_at(below, true)?;
        let at = found.ino.checked_sub(FIRST).filter(|_| found.dev == *device);
        let named = at.and_then(|at| named.get(at as usize)).ok_or(wasip1::ERRNO_ACCES)?;
        Ok(named.number)
    }

    /// As [`Programs::find`], but a name without a slash is looked for in the directories of `list`, which colons separate.
    pub(crate) fn search(ctx: &Ctx, name: &str, list: &str) -> Result<u32> {
        if name.contains('/') {
            return Programs::find(ctx, name);
        }
        let mut why = wasip1::ERRNO_NOENT;
        for dir in list.split(':') {
            let dir = if dir.is_empty() { "." } else { dir };
            match Programs::find(ctx, &format!("{dir}/{name}")) {
                Ok(number) => return Ok(number),
                Err(error) if error.0 == wasip1::ERRNO_ACCES => why = wasip1::ERRNO_ACCES,
                Err(_) => {}
            }
        }
        Err(why.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Access;

    fn ctx() -> Ctx {
        let named = |name: &str, number| Named { name: name.to_owned(), number, len: 7 };
        let programs = [named("sh", 0), named("b", 2), named("a", 1), named("é", 2)];
        let files = Arc::new(crate::fs::tree::source::Nothing);
        Ctx::builder()
            .programs(programs)
            .files(files, 0, "/data", Access::ReadWrite)
            .cwd("/data")
            .build()
            .unwrap()
    }

    #[test]
    fn a_path_leads_to_the_program_of_its_name_and_nothing_else_is_one() {
        let ctx = ctx();
        let root = ctx.fds.root(0).unwrap();
        root.symlink("../bin/b", "data/link").unwrap();
        let find = |path: &str| Programs::find(&ctx, path).map_err(|error| error.0);
        for (path, number) in
            [("/bin/sh", 0), ("/bin/a", 1), ("/bin/b", 2), ("/bin/é", 2), ("../bin/a", 1), ("//bin/./b", 2)]
        {
            assert_eq!(find(path), Ok(number), "{path}");
        }
        for (path, errno) in [
            ("", wasip1::ERRNO_NOENT),
            ("sh", wasip1::ERRNO_NOENT),
            ("/bin/c", wasip1::ERRNO_NOENT),
            ("/bin", wasip1::ERRNO_ACCES),
            ("/data", wasip1::ERRNO_ACCES),
            ("/", wasip1::ERRNO_ACCES),
        ] {
            assert_eq!(find(path), Err(errno), "{path}");
        }
    }

    #[test]
    fn a_name_is_looked_for_in_each_directory_of_the_list() {
        let ctx = ctx();
        let search = |name: &str, list: &str| Programs::search(&ctx, name, list).map_err(|error| error.0);
        assert_eq!(search("b", "/data:/bin"), Ok(2));
        assert_eq!(search("b", "::../bin"), Ok(2));
        assert_eq!(search("b", "/data:"), Err(wasip1::ERRNO_NOENT));
        assert_eq!(search("data", "/bin:/"), Err(wasip1::ERRNO_ACCES));
        assert_eq!(search("/bin/b", ""), Ok(2));
    }
}
