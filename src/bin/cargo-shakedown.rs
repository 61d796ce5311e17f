//! The `cargo shakedown` subcommand: a shell over [`shakedown::cli`].

use std::process::ExitCode;

use shakedown::cli::{self, Output};

fn main() -> ExitCode {
    cli::run(std::env::args_os(), &mut Output::terminal()).into()
}
