//! `--dir`, `--dir-ro`, `--files` and `--files-rw`: four options that make one list, in the order in which they were typed.

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::{value, value::os};
use crate::pack::Grant;

/// The heading of grants in the help.
pub(super) const GRANTS: &str =
    "Grants: what the program may touch, beyond its arguments, streams, clocks and randomness";

/// What was granted and carried, in the order in which it was typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Mounts(pub(super) Vec<Grant>);

/// The four options, each with what was given by it.
#[derive(Debug, Args)]
struct ByOption {
    /// Grant a directory: HOST is found when the executable runs (~ and $NAME as well), GUEST is the program's name for it
    /// [default: HOST as written]
    #[arg(long, value_name = "HOST[::GUEST]", value_parser = os(value::directory), help_heading = GRANTS)]
    dir: Vec<Grant>,

    /// Grant a directory for reading only
    #[arg(long, value_name = "HOST[::GUEST]", value_parser = os(value::read_only_directory), help_heading = GRANTS)]
    dir_ro: Vec<Grant>,

    /// Carry the files of this folder in the executable, to be read
    #[arg(long, value_name = "FOLDER[::GUEST]", value_parser = os(value::folder), help_heading = GRANTS)]
    files: Vec<Grant>,

    /// Carry files that the program may change in memory: changes are lost when it ends
    #[arg(long, value_name = "FOLDER[::GUEST]", value_parser = os(value::writable_folder), help_heading = GRANTS)]
    files_rw: Vec<Grant>,
}

impl FromArgMatches for Mounts {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Mounts, clap::Error> {
        let ByOption { dir, dir_ro, files, files_rw } = ByOption::from_arg_matches(matches)?;
        let mut placed: Vec<(usize, Grant)> = Vec::new();
        for (option, grants) in [("dir", dir), ("dir_ro", dir_ro), ("files", files), ("files_rw", files_rw)] {
            // Where each value stands on the command line.
            placed.extend(matches.indices_of(option).into_iter().flatten().zip(grants));
        }
        placed.sort_by_key(|(at, _)| *at);
        Ok(Mounts(placed.into_iter().map(|(_, grant)| grant).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Mounts::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Mounts {
    fn augment_args(command: Command) -> Command {
        ByOption::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        ByOption::augment_args_for_update(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_keep_the_order_in_which_they_were_typed() {
        let words = [
            "x",
            "--files-rw",
            "c",
            "--dir=b",
            "--dir-ro",
            "a",
            "--files",
            "d",
            "--dir",
            "e",
            "--files-rw=f",
        ];
        let matches = Mounts::augment_args(Command::new("x")).try_get_matches_from(words).unwrap();
        let Mounts(grants) = Mounts::from_arg_matches(&matches).unwrap();
        let told: Vec<(&str, bool, bool)> = grants
            .iter()
            .map(|grant| match grant {
                Grant::Dir(dir) => (&dir.guest[..], true, !dir.read_only),
                Grant::Files(folder) => (&folder.guest[..], false, folder.writable),
            })
            .collect();
        let expected = [
            ("c", false, true),
            ("b", true, true),
            ("a", true, false),
            ("d", false, false),
            ("e", true, true),
            ("f", false, true),
        ];
        assert_eq!(told, expected);
    }
}
