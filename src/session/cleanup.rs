//! `cleanup`: commands that must run when a resource goes, even if its host
//! was killed. A line is a JSON array of the program and its arguments.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::place::Place;
use super::processes::Process;

/// How long one command may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Records a command.
pub(super) fn append(path: &Path, words: &[&str]) -> io::Result<()> {
    let line = serde_json::to_string(words)? + "\n";
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)?
        .write_all(line.as_bytes())
}

/// Runs what was recorded, the last first, once: the file is taken away
/// before.
pub(super) fn run(place: &Place) {
    let path = place.cleanup();
    let taken = path.with_extension("taken");
    if fs::rename(&path, &taken).is_err() {
        return;
    }
    let text = fs::read_to_string(&taken).unwrap_or_default();
    for line in text.lines().rev() {
        let outcome = serde_json::from_str(line)
            .map_err(io::Error::from)
            .and_then(|words: Vec<String>| run_one(place, &words));
        if let Err(error) = outcome {
            note(place, &format!("clean-up {line} failed: {error}"));
        }
    }
    let _ = fs::remove_file(&taken);
}

fn run_one(place: &Place, words: &[String]) -> io::Result<()> {
    let Some((program, arguments)) = words.split_first() else {
        return Ok(());
    };
    let log = OpenOptions::new()
        .append(true)
        .create(true)
        .open(place.log())?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    let id = i32::try_from(child.id()).expect("process ids are positive `pid_t`s");
    if Process::with_id(id).is_some_and(|process| !process.ends_within(LIMIT)) {
        child.kill()?;
    }
    let status = child.wait()?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(status.to_string()))
    }
}

/// Adds a line to the log.
pub(super) fn note(place: &Place, line: &str) {
    // A log that cannot be written must not stop the clean-up.
    let _ = OpenOptions::new()
        .append(true)
        .open(place.log())
        .and_then(|mut log| log.write_all(format!("shakedown: {line}\n").as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_run_once_and_the_last_recorded_first() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::new(dir.path().to_owned());
        let out = dir.path().join("out");
        for word in ["first", "second"] {
            let script = format!("echo {word} >> {}", out.display());
            append(&place.cleanup(), &["sh", "-c", &script]).unwrap();
        }
        run(&place);
        run(&place);
        assert_eq!(fs::read_to_string(out).unwrap(), "second\nfirst\n");
    }

    #[test]
    fn a_command_that_fails_is_noted_and_the_others_run() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::new(dir.path().to_owned());
        let out = dir.path().join("out");
        let script = format!("echo ran > {}", out.display());
        append(&place.cleanup(), &["sh", "-c", &script]).unwrap();
        append(&place.cleanup(), &["false"]).unwrap();
        append(&place.cleanup(), &["/nonexistent/docker", "rm"]).unwrap();
        run(&place);
        assert_eq!(fs::read_to_string(out).unwrap(), "ran\n");
        let log = fs::read_to_string(place.log()).unwrap();
        assert!(
            log.contains(r#"clean-up ["false"] failed: exit status: 1"#),
            "{log}"
        );
    }
}
