//! What a start touches, found out by starting the program.
//!
//! The app is packed for this machine in pieces of one page each, every function on pages of its own, run with the arguments that were asked for, in its
//! sandbox with its grants, and its launcher writes down which pages it touched, in their order. The final pack lays
//! those functions out side by side, first; and its launcher decodes what the start will need ahead of it, where a
//! second CPU is idle.
//!
//! Functions have the same numbers on every target, so one profile serves all of them.

use std::{
    collections::HashSet,
    path::Path,
    process::{Command, Stdio},
};

use payload::{Header, Manifest, Target, grant::OPTIONS, image::Touch, info::printable};

use crate::{
    Error, Kind,
    container::{self, pe::PeOptions},
    error::spoken,
    link::{Linked, Order},
    progress::Progress,
    store::{self, Chunks, Stored},
};

/// The environment variable that tells a launcher where to write what was touched.
const VARIABLE: &str = "WASMPACK_PROFILE";
/// Bytes a piece: a page, and the least that a chunk can have.
pub const PIECE: u32 = payload::chunk::MIN_SIZE;
/// zstd's level: the file is run once.
const LEVEL: i32 = 1;

/// What a start touched, in that order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// A function, by its index among those the app defines.
    Function(u32),
    /// A piece of the app's memory that begins at this address.
    Memory(u64),
}

impl Profile {
    /// Runs the program in `payload`, which [`payload`](fn@payload) made of `linked`, and notes what it touches.
    ///
    /// # Errors
    /// `Profile` if it cannot be run, or its launcher wrote nothing; others as for any pack.
    pub fn record(
        linked: &Linked,
        payload: &[u8],
        target: Target,
        app: &str,
        stub: &[u8],
        args: &[String],
    ) -> Result<Profile, Error> {
        let failed = |what: &str, error: &std::io::Error| {
            Error::new(Kind::Profile, format!("cannot profile: {what}: {}", spoken(error)))
        };
        let shown = PeOptions { app: app.to_owned(), ..PeOptions::default() };
        let file = container::embed(stub, target, payload, &shown)?;
        let folder = tempfile::tempdir().map_err(|error| failed("no temporary folder", &error))?;
        let program = folder.path().join("profiled");
        std::fs::write(&program, file).map_err(|error| failed("writing the program", &error))?;
        executable(&program).map_err(|error| failed("writing the program", &error))?;
        let touched = folder.path().join("touched");
        let ended = Command::new(&program)
            .args(args)
            .env(VARIABLE, &touched)
            // Its grants are those that are packed.
            .env_remove(OPTIONS)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .output()
            .map_err(|error| failed("starting the program", &error))?;
        let text = std::fs::read_to_string(&touched).map_err(|_| {
            let said = String::from_utf8_lossy(&ended.stderr);
            let said = said.lines().next().map_or_else(String::new, |line| format!(": {}", printable(line)));
            Error::new(
                Kind::Profile,
                format!("cannot profile: the program ended with {}{said}", ended.status),
            )
        })?;
        Ok(Profile::parse(&text, linked))
    }

    /// Reads what a launcher wrote: a line `code N` or `memory N` for each page.
    fn parse(text: &str, linked: &Linked) -> Profile {
        let mut by_place: Vec<(u32, u32, u32)> = linked
            .extents
            .iter()
            .zip(0..)
            .map(|((start, len), index)| (*start, start + len, index))
            .collect();
        by_place.sort_unstable();
        let memory_start = linked.memory.as_ref().map_or(0, |memory| memory.start);
        let mut seen = HashSet::new();
        let mut steps = Vec::new();
        for line in text.lines() {
            let Some((kind, Ok(page))) = line.split_once(' ').map(|(kind, page)| (kind, page.parse::<u32>()))
            else {
                continue;
            };
            let start = page.saturating_mul(PIECE);
            let found: Vec<Step> = if kind == "memory" {
                vec![Step::Memory(memory_start + u64::from(start))]
            } else {
                let first = by_place.partition_point(|(_, end, _)| *end <= start);
                let on_page = by_place[first..].iter().take_while(|(from, ..)| *from < start + PIECE);
                on_page.map(|(_, _, index)| Step::Function(*index)).collect()
            };
            steps.extend(found.into_iter().filter(|step| seen.insert(*step)));
        }
        Profile { steps }
    }

    /// The order of functions that puts those first that were touched.
    pub fn order(&self) -> Order {
        let function = |step: &Step| match step {
            Step::Function(index) => Some(*index),
            Step::Memory(_) => None,
        };
        Order { first: self.steps.iter().filter_map(function).collect(), ..Order::default() }
    }

    /// The chunks of `linked` that a start touches, in that order, where images are stored in `chunks`.
    pub fn touched(&self, linked: &Linked, chunks: Chunks) -> Vec<Touch> {
        let mut seen = HashSet::new();
        let mut touched = Vec::new();
        let mut put = |touch: Touch, key: (bool, u32)| {
            if seen.insert(key) {
                touched.push(touch);
            }
        };
        for step in &self.steps {
            match step {
                Step::Function(index) => {
                    let Some((start, len)) = linked.extents.get(*index as usize) else { continue };
                    for chunk in start / chunks.code..=(start + len.saturating_sub(1)) / chunks.code {
                        put(Touch::Code(chunk), (false, chunk));
                    }
                }
                Step::Memory(address) => {
                    let Some(memory) = &linked.memory else { continue };
                    let chunk = address.saturating_sub(memory.start) / u64::from(chunks.memory);
                    put(Touch::Memory(chunk as u32), (true, chunk as u32));
                }
            }
        }
        touched
    }
}

/// The payload of a program that is run to see what it touches: `linked` for this machine with a granularity of
/// [`PIECE`], and stored in pieces of that.
pub fn payload(
    linked: &Linked,
    header: Header,
    manifest: &Manifest,
    shared: &[Stored],
    progress: &Progress,
) -> Vec<u8> {
    store::in_pieces(header, manifest, linked, shared, PIECE, LEVEL, progress)
}

/// The layout that tells functions apart by the pages that are touched: each begins on one of its own.
pub fn apart() -> Order {
    Order { alignment: PIECE, ..Order::default() }
}

/// The target that profiles can be made for on this machine.
///
/// # Errors
/// `Profile` where there is none.
pub fn target() -> Result<Target, Error> {
    Target::host().filter(|_| cfg!(target_os = "linux")).ok_or_else(|| {
        Error::new(Kind::Profile, "profiles are made on Linux, where a launcher notes what is touched")
    })
}

#[cfg(unix)]
fn executable(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn executable(_file: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::MemoryImage;

    fn linked() -> Linked {
        Linked {
            code: vec![0; 0x40_000],
            memory: Some(MemoryImage { start: 0x1_0000, bytes: vec![0; 0x2_0000] }),
            image: payload::image::Image::default(),
            unwind: None,
            frames: Vec::new(),
            // Function 0 lies behind function 1; 2 spans two pages; 3 lies in another chunk.
            extents: vec![(0x900, 0x100), (0x800, 0x100), (0x1800, 0x1000), (0x1_8000, 0x10)],
        }
    }

    #[test]
    fn pages_become_functions_and_pieces_of_memory() {
        let profile = Profile::parse("code 2\nmemory 3\ncode 0\nnonsense\ncode 1\n", &linked());
        let steps = [Step::Function(2), Step::Memory(0x1_3000), Step::Function(1), Step::Function(0)];
        assert_eq!(profile.steps, steps);
        assert_eq!(profile.order().first, [2, 1, 0]);
    }

    #[test]
    fn what_was_touched_is_found_in_chunks_of_the_final_layout() {
        let profile = Profile::parse("memory 17\ncode 24\ncode 0\n", &linked());
        let touched = profile.touched(&linked(), Chunks { code: 0x1_0000, memory: 0x1_0000 });
        assert_eq!(touched, [Touch::Memory(1), Touch::Code(1), Touch::Code(0)]);
    }
}
