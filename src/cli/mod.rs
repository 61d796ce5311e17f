//! The `cargo shakedown` subcommand.
//!
//! [`run`] takes the arguments and the [`Output`] it talks through and returns
//! an [`Exit`]; the binary is a shell over it. Data goes to standard output,
//! talk to standard error, so `cargo shakedown tiers > tiers.txt` keeps only
//! the table.

mod arguments;
mod base;
mod bench;
mod bench_tier;
mod compare;
mod contest;
mod error;
mod exit;
mod gate;
mod inspect;
mod listing;
mod looking;
mod output;
mod phase_run;
mod profile;
mod sessions;
mod story;
mod table;
mod tiers;
mod versus;

pub use error::Error;
pub use exit::Exit;
pub use output::Output;

use std::ffi::OsString;

use clap::Parser as _;

use crate::interrupt::Interrupt;
use arguments::{Arguments, Command};

/// Runs the subcommand with `arguments`, whose first item is the program's name.
///
/// Both `cargo shakedown tiers` (cargo repeats the subcommand's name as an
/// argument) and `cargo-shakedown tiers` are understood. Errors are shown
/// through `output`, with their causes and a `help:` line where there is one.
pub fn run(arguments: impl IntoIterator<Item = OsString>, output: &mut Output) -> Exit {
    let parsed = match Arguments::try_parse_from(without_cargo_word(arguments)) {
        Ok(parsed) => parsed,
        Err(error) => return output.show_clap(&error),
    };
    let outcome = match parsed.command {
        Command::Tiers(options) => interruptible(|| tiers::run(&options, output)),
        Command::Inspect(options) => inspect::run(&options, output),
        Command::Story(options) => story::run(&options, output),
        Command::Sessions(options) => sessions::run(&options, output),
        Command::Compare(options) => compare::run(&options, output),
        Command::Bench(options) => interruptible(|| bench::run(&options, output)),
        Command::Trend(options) => looking::trend_command(&options, output),
        Command::Export(options) => looking::export(&options, output),
        Command::Workbook(options) => looking::workbook_command(&options, output),
        Command::Profile(options) => profile::run(&options, output),
        Command::Gate(options) => interruptible(|| gate::run(&options, output)),
        Command::Calibrate(options) => interruptible(|| versus::calibrate(&options, output)),
    };
    outcome.unwrap_or_else(|error| output.show_error(&error))
}

/// Does what takes long. Ctrl-C and SIGTERM do not end this program meanwhile, but what
/// it measures or builds, and it in order after that.
fn interruptible(work: impl FnOnce() -> Result<Exit, Error>) -> Result<Exit, Error> {
    let interrupt = Interrupt::catch();
    let outcome = work();
    match outcome {
        // What was to be kept is not: that is more than an end that was asked for.
        Err(error) if Exit::from(&error) == Exit::InputOutput => Err(error),
        _ if interrupt.asked() => Err(Error::Interrupted),
        outcome => outcome,
    }
}

/// Drops the `shakedown` that cargo puts before the arguments of a subcommand.
fn without_cargo_word(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    if arguments.get(1).is_some_and(|first| first == "shakedown") {
        arguments.remove(1);
    }
    arguments
}
