//! For shells: completions.

use clap::{Command, CommandFactory, builder::PossibleValuesParser};
use payload::Target;

use super::{
    ExitCode,
    command::{Cli, Completions},
    out,
};
use crate::{release::Installer, targets::platform::Platform};

/// Prints completions.
pub(super) fn completions(flags: &Completions) -> ExitCode {
    let mut text = Vec::new();
    clap_complete::generate(flags.shell, &mut offering_targets(Cli::command()), "wasmpack", &mut text);
    out(&String::from_utf8_lossy(&text))
}

/// The grammar, with the targets' own names as the values of `--target`, and the kinds of installers. It is for completions alone:
/// what is typed may be any spelling, so a list of values would refuse too much.
fn offering_targets(command: Command) -> Command {
    let joined = || Platform::JOINED.into_iter().map(Platform::name).chain(["universal", "all"]);
    let names = || PossibleValuesParser::new(Target::ALL.map(Target::name).into_iter().chain(joined()));
    let kinds = || PossibleValuesParser::new(Installer::ALL.map(Installer::name).into_iter().chain(["all"]));
    command
        .mut_args(|arg| match arg.get_id().as_str() {
            "target" => arg.value_parser(names()),
            "installers" => arg.value_parser(kinds()),
            _ => arg,
        })
        .mut_subcommands(offering_targets)
}
