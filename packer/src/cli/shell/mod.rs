//! Completions for shells. Those for bash, zsh and fish are written here, because clap's offer no files where a command stands, and
//! no second value behind a comma; those for other shells are clap's.

mod bash;
mod fish;
mod offer;
mod zsh;

use clap::{CommandFactory, builder::PossibleValuesParser};
use clap_complete::Shell;

use super::{
    ExitCode,
    command::{Cli, Completions},
    out,
};

/// Prints completions.
pub(super) fn completions(flags: &Completions) -> ExitCode {
    let commands = offer::commands(Cli::command());
    out(&match flags.shell {
        Shell::Bash => bash::script(&commands),
        Shell::Zsh => zsh::script(&commands),
        Shell::Fish => fish::script(&commands),
        other => of_clap(other),
    })
}

/// What clap writes for `shell`, with the targets' own names as the values of `--target`, and the kinds of installers. It is for
/// completions alone: what is typed may be any spelling, so a list of values would refuse too much.
fn of_clap(shell: Shell) -> String {
    fn with_values(command: clap::Command) -> clap::Command {
        let with = |arg: clap::Arg| match offer::names(arg.get_id().as_str()) {
            names if names.is_empty() => arg,
            names => arg.value_parser(PossibleValuesParser::new(names)),
        };
        command.mut_args(with).mut_subcommands(with_values)
    }
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut with_values(Cli::command()), "wasmpack", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
