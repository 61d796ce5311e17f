//! A command from its start to its end.

use std::path::Path;
use std::process::Command;

use super::limited::{self, LIMIT};

/// Runs `words` in `directory`; it must end with success, within ten minutes. A program with a `/`
/// in its path is looked for below the directory.
pub(super) fn run(words: &[String], directory: &Path) -> Result<(), String> {
    let (program, arguments) = words.split_first().ok_or("there is no program to run")?;
    let path = if program.contains('/') {
        directory.join(program)
    } else {
        program.into()
    };
    let mut command = Command::new(path);
    command.args(arguments).current_dir(directory);
    let ended = limited::run(&mut command, LIMIT)
        .map_err(|error| format!("`{program}` does not start: {error}"))?;
    if ended.output.status.success() {
        return Ok(());
    }
    Err(format!(
        "`{}` {}\n{}",
        words.join(" "),
        ended.how(LIMIT),
        ended.tail(5)
    ))
}
