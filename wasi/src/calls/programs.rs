//! The calls of WASIX with which a program becomes another one, or starts one in a copy of its process. Only programs that come
//! with it are found.

use super::made::closes_on_exec;
use super::open::{How, Path, opened};
use super::processes::{fork, forker};
use super::wasix::go;
use crate::becoming::below_root;
use crate::caller::{Caller, Forked};
use crate::ctx::Ctx;
use crate::errno::Result;
use crate::exit::Exit;
use crate::memory::Memory;
use crate::path::{self, Room};
use crate::programs::Exec;
use crate::strings::Strings;

/// A call: it takes so many numbers of 32 bits. In front are a name, arguments and variables, each by its place and length.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) name: &'static str,
    pub(crate) takes: usize,
    /// Whether it answers with an errno. What does not was made so that it never returns.
    pub(crate) answers: bool,
    /// Whether arguments and variables are lists of pointers, and not text with a line feed behind each.
    lists: bool,
}

/// All of them. Those with nine numbers and more end with whether the name is searched for, and where; those with 14 have what is to
/// be done with descriptors before that, and where the new process' number goes behind it.
pub(crate) const FORMS: &[Form] = &[
    Form { name: "proc_exec", takes: 4, answers: false, lists: false },
    Form { name: "proc_exec2", takes: 6, answers: false, lists: false },
    Form { name: "proc_exec3", takes: 9, answers: true, lists: false },
    Form { name: "proc_exec4", takes: 9, answers: true, lists: true },
    Form { name: "proc_spawn2", takes: SPAWN, answers: true, lists: false },
    Form { name: "proc_spawn3", takes: SPAWN, answers: true, lists: true },
];
/// How many numbers a call takes that starts a process.
pub(crate) const SPAWN: usize = 14;

/// Bytes of arguments and variables at most, as many as Linux usually takes.
const MOST: usize = 2 << 20;
/// Where a name is searched for if the program does not say.
const DIRS: &str = "/usr/local/bin:/bin:/usr/bin";
/// The exit code of a process that could not be prepared for its program.
const UNPREPARED: u32 = 127;

/// The result of a call that does not fail.
#[derive(Debug)]
pub(crate) enum Then {
    /// The program goes on.
    Goes,
    /// It becomes another one.
    Becomes(Exec),
    /// It ends.
    Ends(Exit),
}

/// Makes the call.
///
/// # Errors
/// `noent` if there is no such program; `acces` for a path that leads to something else; `2big` if arguments and variables are too
/// long; `inval` for a variable without a name; `busy` for a program with other threads, which would have to end. Of those that
/// start a process, those of [`proc_fork`](super::processes::proc_fork), and `inval` for what is nothing to be done.
pub(crate) fn run(form: &Form, caller: Caller<'_>, memory: &Memory<'_>, given: &[u32]) -> Result<Then> {
    let exec = exec(form, caller.ctx, memory, given)?;
    let &[_, _, _, _, _, _, actions, count, _, _, _, _, _, result] = given else {
        return match caller.ctx.threads.is_alone(caller.tid) {
            true => Ok(Then::Becomes(exec)),
            false => Err(wasip1::ERRNO_BUSY.into()),
        };
    };
    let forker = forker(caller)?;
    memory.check(result, 4)?;
    memory.check(actions, count.checked_mul(ACTION).ok_or(wasip1::ERRNO_FAULT)?)?;
    match fork(caller, forker)? {
        Forked::Parent(number) => memory.write_u32(result, number).map(|()| Then::Goes),
        Forked::Child(_) => {
            let each = |at| action(caller.ctx, memory, actions + at * ACTION);
            Ok(match (0..count).try_for_each(each) {
                Ok(()) => Then::Becomes(exec),
                Err(_) => Then::Ends(Exit(UNPREPARED)),
            })
        }
    }
}

/// Reads which program this one is to become.
fn exec(form: &Form, ctx: &Ctx, memory: &Memory<'_>, given: &[u32]) -> Result<Exec> {
    let room = &mut Room::new();
    let name = path::read(memory, given[0], given[1], room)?;
    let mut left = MOST;
    let mut strings = |at: usize| match form.lists {
        true => list(memory, given[at], given[at + 1], &mut left),
        false => text(memory, given[at], given[at + 1], &mut left),
    };
    let args = strings(2)?;
    let env = match given.get(4) {
        Some(1..) => Some(strings(4)?),
        _ => None,
    };
    if env.iter().flat_map(Strings::all).any(|variable| !variable[..].contains(&b'=')) {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    let number = match given.len() {
        9 => wanted(ctx, memory, name, &given[6..9]),
        SPAWN => wanted(ctx, memory, name, &given[10..13]),
        // Those of earlier years do not say whether they search.
        _ => find(ctx, name).or_else(|error| match error.0 {
            wasip1::ERRNO_NOENT if !name.contains('/') => search(ctx, name, &listed(ctx)),
            _ => Err(error),
        }),
    }?;
    Ok(Exec { number, args, env })
}

/// The program called `name`, which is searched for as the three numbers say.
fn wanted(ctx: &Ctx, memory: &Memory<'_>, name: &str, how: &[u32]) -> Result<u32> {
    let &[searches, list, len] = how else { return Err(wasip1::ERRNO_INVAL.into()) };
    if searches == 0 {
        return find(ctx, name);
    }
    let mut left = MOST;
    let list = match list {
        0 => DIRS.to_owned(),
        _ => String::from_utf8_lossy(&bytes(memory, list, len, &mut left)?).into_owned(),
    };
    search(ctx, name, &list)
}

/// The number of the program that `path` leads to, from where the program stands.
///
/// # Errors
/// `acces` for what is no program; `nametoolong`; what looking it up answers.
fn find(ctx: &Ctx, path: &str) -> Result<u32> {
    if path.is_empty() || ctx.programs.named.is_empty() {
        return Err(wasip1::ERRNO_NOENT.into());
    }
    let root = ctx.fds.root(wasip1::RIGHTS_PATH_FILESTAT_GET)?;
    let found = root.filestat_at(below_root(&ctx.whole_name(path)?), true)?;
    let is_directory = path.ends_with('/') || path.ends_with("/.");
    if is_directory && found.filetype != wasip1::FILETYPE_DIRECTORY {
        return Err(wasip1::ERRNO_NOTDIR.into());
    }
    ctx.programs.number(&found)
}

/// As [`find`], but a name without a slash is looked for in the directories of `list`, which colons separate.
fn search(ctx: &Ctx, name: &str, list: &str) -> Result<u32> {
    if name.contains('/') {
        return find(ctx, name);
    }
    let mut why = wasip1::ERRNO_NOENT;
    for dir in list.split(':') {
        let dir = if dir.is_empty() { "." } else { dir };
        match find(ctx, &format!("{dir}/{name}")) {
            Ok(number) => return Ok(number),
            Err(error) if error.0 == wasip1::ERRNO_ACCES => why = wasip1::ERRNO_ACCES,
            Err(_) => {}
        }
    }
    Err(why.into())
}

/// Where the program's own variable says that programs are.
fn listed(ctx: &Ctx) -> String {
    let env = ctx.env.get();
    let all = env.all();
    let list = all.iter().find_map(|variable| variable.strip_prefix(b"PATH="));
    list.map_or_else(|| DIRS.to_owned(), |list| String::from_utf8_lossy(list).into_owned())
}

/// A copy of `len` bytes at `at`, if not more than are `left`.
fn bytes(memory: &Memory<'_>, at: u32, len: u32, left: &mut usize) -> Result<Vec<u8>> {
    let piece = memory.piece(at, len)?;
    *left = left.checked_sub(len as usize).ok_or(wasip1::ERRNO_2BIG)?;
    let mut bytes = vec![0; len as usize];
    piece.load(&mut bytes);
    Ok(bytes)
}

/// Strings, each but the last with a line feed behind it, and that may have one.
fn text(memory: &Memory<'_>, at: u32, len: u32, left: &mut usize) -> Result<Strings> {
    let bytes = bytes(memory, at, len, left)?;
    let mut strings = Strings::default();
    // C libraries hand on the zero at the end, or do not.
    let text = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let has_any = !bytes.is_empty() && bytes != b"\0";
    text.split(|byte| *byte == b'\n').filter(|_| has_any).for_each(|string| strings.push(string));
    Ok(strings)
}

/// Bytes that are read at once of a string whose end is not known. Memory ends at a multiple of it.
const BLOCK: u32 = 64;

/// Strings with zeros behind them: `count` pointers at `at`.
fn list(memory: &Memory<'_>, at: u32, count: u32, left: &mut usize) -> Result<Strings> {
    let pointers = bytes(memory, at, count.checked_mul(4).ok_or(wasip1::ERRNO_FAULT)?, left)?;
    let mut strings = Strings::default();
    for pointer in pointers.chunks_exact(4) {
        let mut at = pointer.iter().rev().fold(0, |all, byte| all << 8 | u32::from(*byte));
        let mut string = Vec::new();
        loop {
            let len = BLOCK - at % BLOCK;
            let (piece, mut read) = (memory.piece(at, len)?, [0; BLOCK as usize]);
            let read = &mut read[..len as usize];
            piece.load(read);
            match read.iter().position(|byte| *byte == 0) {
                Some(end) => {
                    string.extend_from_slice(&read[..end]);
                    break;
                }
                None => string.extend_from_slice(read),
            }
            if string.len() > *left {
                return Err(wasip1::ERRNO_2BIG.into());
            }
            at = at.checked_add(len).ok_or(wasip1::ERRNO_FAULT)?;
        }
        // With the zero behind it.
        *left = left.checked_sub(string.len() + 1).ok_or(wasip1::ERRNO_2BIG)?;
        strings.push(&string);
    }
    Ok(strings)
}

/// Bytes of one thing to be done with descriptors.
const ACTION: u32 = 56;

/// Does in a new process what is said at `at`.
fn action(ctx: &Ctx, memory: &Memory<'_>, at: u32) -> Result<()> {
    let raw: [u8; ACTION as usize] = memory.read(at)?;
    let number = |at: usize, bytes: usize| -> u64 {
        raw[at..at + bytes].iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte))
    };
    let word = |at| number(at, 4) as u32;
    let (fd, room) = (word(4), &mut Room::new());
    let path = |room| path::read(memory, word(12), word(16), room);
    match raw[0] {
        // A number that is not open is closed, as POSIX has it.
        0 => {
            drop(ctx.fds.remove(fd));
            Ok(())
        }
        1 => ctx.fds.copy_to(word(8), fd),
        2 => {
            let name = ctx.whole_name(path(room)?)?;
            let how = How {
                lookup: word(20),
                oflags: number(24, 2) as u32,
                rights: (number(32, 8), number(40, 8)),
                fdflags: number(48, 2) as u32,
                close_on_exec: closes_on_exec(number(50, 2) as u32)?,
            };
            let opened =
                opened(ctx, &|needed| ctx.fds.root_opener(needed), Path::Read(below_root(&name)), how)?;
            ctx.fds.put(fd, opened)
        }
        3 => go(ctx, path(room)?),
        // To stand where a descriptor does would need its name, which not every one has.
        _ => Err(wasip1::ERRNO_NOTSUP.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::programs::Named;
    use crate::words::Access;

    fn ctx() -> Ctx {
        let named = |name: &str, number| Named { name: name.to_owned(), number, len: 7 };
        let programs = [named("sh", 0), named("b", 2), named("a", 1), named("é", 2)];
        let files = Arc::new(crate::fs::tree::source::Nothing);
        programs
            .into_iter()
            .fold(Ctx::builder(), |builder, named| builder.program(named))
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
        let find = |path: &str| find(&ctx, path).map_err(|error| error.0);
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
        let search = |name: &str, list: &str| search(&ctx, name, list).map_err(|error| error.0);
        assert_eq!(search("b", "/data:/bin"), Ok(2));
        assert_eq!(search("b", "::../bin"), Ok(2));
        assert_eq!(search("b", "/data:"), Err(wasip1::ERRNO_NOENT));
        assert_eq!(search("data", "/bin:/"), Err(wasip1::ERRNO_ACCES));
        assert_eq!(search("/bin/b", ""), Ok(2));
    }
}
