//! Programs that are waited for, but not for ever.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// After which a program that a phase runs is ended.
pub(crate) const LIMIT: Duration = Duration::from_secs(600);

/// A program's end.
#[derive(Debug)]
pub(crate) struct Ended {
    /// How it ended, and what it printed.
    pub(crate) output: Output,
    /// Whether it was ended for taking longer than the limit.
    pub(crate) too_long: bool,
}

impl Ended {
    /// How it ended, in words.
    pub(crate) fn how(&self, limit: Duration) -> String {
        if self.too_long {
            format!("took more than {} s and was ended", limit.as_secs())
        } else {
            format!("ended with {}", self.output.status)
        }
    }

    /// The last `lines` lines that it printed, standard error last.
    pub(crate) fn tail(&self, lines: usize) -> String {
        let log = [self.output.stdout.as_slice(), &self.output.stderr].concat();
        let log = String::from_utf8_lossy(&log);
        let last: Vec<&str> = log.lines().rev().take(lines).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        last.join("\n")
    }
}

/// Runs `command` without input to its end, or to the end of `limit`: then it
/// and what it started are killed.
///
/// # Errors
/// It does not start.
pub(crate) fn run(command: &mut Command, limit: Duration) -> io::Result<Ended> {
    let child = command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let group = libc::pid_t::try_from(child.id()).map_err(io::Error::other)?;
    let (over, ended) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        let waited = ended.recv_timeout(limit);
        let too_long = waited == Err(RecvTimeoutError::Timeout);
        if too_long {
            // SAFETY: only sends a signal, to a group that this function made. Its leader has
            // not been waited for, or the other end of the channel would be gone.
            unsafe { libc::kill(-group, libc::SIGKILL) };
        }
        too_long
    });
    let output = child.wait_with_output();
    drop(over);
    let too_long = watch.join().unwrap_or(false);
    Ok(Ended {
        output: output?,
        too_long,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Ended {
        run(Command::new("sh").args(["-c", script]), limit).unwrap()
    }

    #[test]
    fn what_never_ends_is_ended_with_what_it_started() {
        let limit = Duration::from_millis(300);
        let ended = shell("echo before; sleep 600 & sleep 600", limit);
        assert!(ended.too_long);
        assert_eq!(ended.tail(3), "before");
        assert!(
            ended.how(limit).contains("was ended"),
            "{}",
            ended.how(limit)
        );
    }

    #[test]
    fn what_ends_says_how() {
        let ended = shell("echo out; echo err >&2; exit 3", LIMIT);
        assert!(!ended.too_long);
        assert_eq!(ended.tail(5), "out\nerr");
        assert_eq!(ended.how(LIMIT), "ended with exit status: 3");
    }
}
