//! A command from its start to its end.

use std::path::Path;
use std::process::{Command, Stdio};

/// Runs `words` in `directory`; it must end with success. A program with a `/`
/// in its path is looked for below the directory.
pub(super) fn run(words: &[String], directory: &Path) -> Result<(), String> {
    let (program, arguments) = words.split_first().ok_or("there is no program to run")?;
    let path = if program.contains('/') {
        directory.join(program)
    } else {
        program.into()
    };
    let output = Command::new(path)
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("`{program}` does not start: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let log = String::from_utf8_lossy(&output.stderr);
    let last: Vec<&str> = log.lines().rev().take(5).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    Err(format!(
        "`{}` ended with {}\n{}",
        words.join(" "),
        output.status,
        last.join("\n")
    ))
}
