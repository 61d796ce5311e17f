//! A command from its start to its end.

use std::process::Command;
use std::time::Duration;

use super::Settings;
use super::limited::{self, LIMIT};

/// Runs `words` in the workspace of `settings`; it must end with success, within
/// ten minutes. A program with a `/` in its path is looked for below the workspace.
/// Returns how long it took.
pub(super) fn run(words: &[String], settings: &Settings) -> Result<Duration, String> {
    let (program, arguments) = words.split_first().ok_or("there is no program to run")?;
    let path = if program.contains('/') {
        settings.root().join(program)
    } else {
        program.into()
    };
    let mut command = Command::new(path);
    command
        .args(arguments)
        .current_dir(settings.root())
        .envs(&settings.environment);
    let ended = limited::run(&mut command, LIMIT)
        .map_err(|error| format!("`{program}` does not start: {error}"))?;
    if ended.output.status.success() {
        return Ok(ended.took);
    }
    Err(format!(
        "`{}` {}\n{}",
        words.join(" "),
        ended.how(LIMIT),
        ended.tail(5)
    ))
}
