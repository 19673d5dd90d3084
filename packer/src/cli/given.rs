//! The options that were given, with their values, in their order: typed, or in a wasmpack.toml.

use std::ffi::OsString;

use clap::{
    Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueHint,
    builder::{OsStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser, ValueParser},
    parser::ValueSource,
};

use super::{
    option::{self, Row, Takes},
    typed::Typed,
};

/// Options with their values, each good by itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Given(Vec<(&'static Row, OsString)>);

impl Given {
    /// Adds a value, which is empty where the option takes none.
    ///
    /// # Errors
    /// The fault of the value.
    pub(super) fn add(&mut self, row: &'static Row, value: OsString) -> Result<(), String> {
        row.check(value.clone())?;
        self.0.push((row, value));
        Ok(())
    }

    /// Whether this option is among them.
    pub(super) fn has(&self, row: &Row) -> bool {
        self.0.iter().any(|(given, _)| given.name == row.name)
    }

    /// The first of them that cannot be combined with `row`.
    pub(super) fn excluding(&self, row: &Row) -> Option<&'static Row> {
        self.0.iter().map(|(given, _)| *given).find(|given| given.excludes(row))
    }

    /// Adds these, which were typed, to those of `described`. An option that was typed replaces described ones of the same name
    /// and those that it cannot be combined with. The latter are returned.
    pub(super) fn over(self, described: Given) -> (Given, Vec<&'static Row>) {
        let mut left_out: Vec<&'static Row> = Vec::new();
        let mut all = described.0;
        all.retain(|(row, _)| {
            let is_excluded = self.excluding(row).is_some();
            if is_excluded && !self.has(row) && !left_out.iter().any(|other| other.name == row.name) {
                left_out.push(row);
            }
            !is_excluded && !self.has(row)
        });
        all.extend(self.0);
        (Given(all), left_out)
    }

    /// Their values, parsed.
    pub(super) fn typed(self) -> Typed {
        let mut typed = Typed::default();
        for (row, value) in self.0 {
            (row.set)(&mut typed, value).expect("it was good when it was given");
        }
        typed
    }
}

/// Those options that change what `wasmpack run` does. The arguments are for the start, and not put into the executable.
#[derive(Clone, Debug, Default)]
pub(super) struct GivenToRun {
    pub(super) options: Given,
    pub(super) args: Vec<OsString>,
}

impl Given {
    /// Those for which `is_kept` is true.
    pub(super) fn filter(self, is_kept: impl Fn(&Row) -> bool) -> Given {
        Given(self.0.into_iter().filter(|(row, _)| is_kept(row)).collect())
    }

    /// Those of `rows` that were typed.
    fn read(matches: &ArgMatches, rows: impl Iterator<Item = &'static Row>) -> Given {
        let is_typed = |row: &&Row| matches.value_source(row.name) == Some(ValueSource::CommandLine);
        let mut placed: Vec<(usize, (&'static Row, OsString))> = Vec::new();
        for row in rows.filter(is_typed) {
            let at = matches.indices_of(row.name).into_iter().flatten();
            match row.takes {
                Takes::Nothing => placed.extend(at.map(|at| (at, (row, OsString::new())))),
                _ => {
                    let values = matches.get_many::<OsString>(row.name).into_iter().flatten();
                    placed.extend(at.zip(values.map(|value| (row, value.clone()))));
                }
            }
        }
        // The list of grants keeps the order in which it was typed.
        placed.sort_by_key(|(at, _)| *at);
        Given(placed.into_iter().map(|(_, given)| given).collect())
    }
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Given, clap::Error> {
        Ok(Given::read(matches, option::all()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Given::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Given {
    fn augment_args(command: Command) -> Command {
        command.args(option::all().map(|row| arg(row).conflicts_with_all(row.conflicts)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Given::augment_args(command)
    }
}

fn in_run() -> impl Iterator<Item = &'static Row> {
    option::all().filter(|row| row.in_run)
}

impl FromArgMatches for GivenToRun {
    fn from_arg_matches(matches: &ArgMatches) -> Result<GivenToRun, clap::Error> {
        let is_arg = |row: &Row| matches!(row.takes, Takes::Rest(_));
        let given = Given::read(matches, in_run());
        let args = given.clone().filter(is_arg).0.into_iter().map(|(_, value)| value).collect();
        Ok(GivenToRun { options: given.filter(|row| !is_arg(row)), args })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = GivenToRun::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for GivenToRun {
    fn augment_args(command: Command) -> Command {
        let there: Vec<&str> = in_run().map(|row| row.name).collect();
        command.args(in_run().map(|row| {
            let conflicts = row.conflicts.iter().filter(|name| there.contains(*name));
            match row.takes {
                Takes::Rest(_) => arg(row).help("Arguments for the program"),
                _ => arg(row),
            }
            .conflicts_with_all(conflicts)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        GivenToRun::augment_args(command)
    }
}

/// Those options that say what is published, where nothing is packed.
#[derive(Clone, Debug, Default)]
pub(super) struct GivenToPublish(pub(super) Given);

/// The names of those.
const TO_PUBLISH: [&str; 16] = [
    "output",
    "force",
    "name",
    "app-version",
    "author",
    "homepage",
    "license",
    "description",
    "include",
    "installers",
    "download-url",
    "npm-name",
    "pypi-name",
    "sign",
    "quiet",
    "json",
];

fn to_publish() -> impl Iterator<Item = &'static Row> {
    option::all().filter(|row| TO_PUBLISH.contains(&row.name))
}

impl FromArgMatches for GivenToPublish {
    fn from_arg_matches(matches: &ArgMatches) -> Result<GivenToPublish, clap::Error> {
        Ok(GivenToPublish(Given::read(matches, to_publish())))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = GivenToPublish::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for GivenToPublish {
    fn augment_args(command: Command) -> Command {
        command.args(to_publish().map(|row| {
            let text = match row.name {
                "output" => "The folder to write to",
                "name" => "The program's name, which is the command that is installed",
                "json" => "Print the result as JSON on standard output: files, sizes, hashes, notes",
                _ => row.text,
            };
            arg(row).help(text)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        GivenToPublish::augment_args(command)
    }
}

/// The option for clap.
fn arg(row: &'static Row) -> Arg {
    let arg = Arg::new(row.name).help(row.text);
    let arg = match row.section {
        Some(section) => arg.help_heading(section),
        None => arg,
    };
    let arg = match row.short {
        Some(short) => arg.short(short),
        None => arg,
    };
    let (arg, name) = match row.takes {
        Takes::Nothing => return arg.long(row.name).action(ArgAction::SetTrue),
        Takes::One(name) => (arg.long(row.name).action(ArgAction::Set), name),
        Takes::Maybe(name) => {
            let arg = arg.long(row.name).action(ArgAction::Set).num_args(0..=1).require_equals(true);
            (arg.default_missing_value(""), name)
        }
        Takes::Each(name) => (arg.long(row.name).action(ArgAction::Append), name),
        Takes::Rest(name) => (arg.last(true).num_args(1..).action(ArgAction::Append), name),
    };
    let arg = arg.value_name(name).value_parser(parser(row)).allow_hyphen_values(row.may_be_dashed);
    let arg = if row.is_list { arg.value_delimiter(',') } else { arg };
    let arg = if row.is_path { arg.value_hint(ValueHint::AnyPath) } else { arg };
    match row.default {
        Some(default) => arg.default_value(default).hide_possible_values(true),
        None => arg,
    }
}

/// Checks a value, and keeps it as it is.
fn parser(row: &'static Row) -> ValueParser {
    let checked = move |value: OsString| {
        row.check(value.clone())?;
        Ok::<OsString, String>(value)
    };
    if row.values.is_empty() {
        return ValueParser::new(OsStringValueParser::new().try_map(checked));
    }
    // Those that other packers have are read, to be refused with the reason.
    let known = row.values.iter().map(|value| PossibleValue::new(*value));
    let others = row.elsewhere.iter().filter(|value| !row.values.contains(value));
    let others = others.map(|value| PossibleValue::new(*value).hide(true));
    let named = PossibleValuesParser::new(known.chain(others));
    ValueParser::new(named.map(OsString::from).try_map(checked))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &[&str]) -> Given {
        let words = ["x"].iter().chain(words);
        let matches = Given::augment_args(Command::new("x")).try_get_matches_from(words).unwrap();
        Given::from_arg_matches(&matches).unwrap()
    }

    #[test]
    fn every_example_can_be_typed() {
        for row in option::all() {
            let option = format!("--{}", row.name);
            let attached = format!("{option}={}", row.example);
            let words = match row.takes {
                Takes::Nothing => vec![option.as_str()],
                Takes::Rest(_) => vec!["--", row.example],
                Takes::One(_) | Takes::Each(_) => vec![option.as_str(), row.example],
                Takes::Maybe(_) => vec![attached.as_str()],
            };
            let mut expected = Typed::default();
            (row.set)(&mut expected, row.example.into()).unwrap();
            assert_eq!(format!("{:?}", typed(&words).typed()), format!("{expected:?}"), "{words:?}");
        }
    }

    #[test]
    fn grants_keep_the_order_in_which_they_were_typed() {
        let words =
            ["--files-rw", "c", "--dir=b", "--dir-ro", "a", "--files", "d", "--dir", "e", "--files-rw=f"];
        let guests: Vec<String> =
            typed(&words).typed().grants.iter().map(|grant| grant.guest().to_string()).collect();
        assert_eq!(guests, ["c", "b", "a", "d", "e", "f"]);
    }

    #[test]
    fn what_was_typed_wins_over_what_was_described() {
        let described = typed(&["--dir", "a", "--level", "9", "--env", "A=1", "--", "x"]);
        let (all, left_out) = typed(&["--env", "B=2", "--no-compress", "--", "y"]).over(described);
        let typed = all.typed();
        assert_eq!(left_out.iter().map(|row| row.name).collect::<Vec<_>>(), ["level"]);
        assert_eq!((typed.grants.len(), typed.told.variables.len(), typed.level), (1, 1, None));
        assert_eq!(typed.told.args, ["y"]);
    }
}
