//! Waits for a tool or for time, and tells somebody who watches.

use std::io::{self, IsTerminal as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use super::{Interrupt, ProfileError};
use crate::interrupt::end_with_this_process;

const LOOK: Duration = Duration::from_millis(50);
/// How long a tool that was asked to stop may take to write what it has.
const GRACE: Duration = Duration::from_secs(60);

/// Somebody who watches a measurement: told how long it lasts already.
pub type Watched<'a> = &'a mut dyn FnMut(Duration);

/// Waits until `child` ends, `limit` is over or an interrupt comes; then sends
/// it `signal` and waits for its end. How it ended, and whether by itself.
pub(super) fn until(
    child: &mut Child,
    limit: Option<Duration>,
    signal: libc::c_int,
    watched: Watched<'_>,
) -> io::Result<(ExitStatus, bool)> {
    until_stopped(child, limit, &|child| send(child, signal), watched)
}

/// As [`until`], but `stop` asks it to end.
pub(super) fn until_stopped(
    child: &mut Child,
    limit: Option<Duration>,
    stop: &dyn Fn(&Child),
    watched: Watched<'_>,
) -> io::Result<(ExitStatus, bool)> {
    let interrupt = Interrupt::catch();
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, !interrupt.asked()));
        }
        let passed = started.elapsed();
        if interrupt.asked() || limit.is_some_and(|limit| passed >= limit) {
            break;
        }
        watched(passed);
        park_timeout(limit.map_or(LOOK, |limit| LOOK.min(limit.saturating_sub(passed))));
    }
    stop(child);
    let stopped = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, false));
        }
        if stopped.elapsed() > GRACE {
            send(child, libc::SIGKILL);
        }
        watched(started.elapsed());
        park_timeout(LOOK);
    }
}

/// Sends `signal` to a child that [`start`] started, and to what it started.
fn send(child: &Child, signal: libc::c_int) {
    // SAFETY: the child is not reaped yet, so the group is still its own.
    unsafe { libc::kill(-child.id().cast_signed(), signal) };
}

/// Starts a tool in a process group of its own, so that Ctrl-C reaches it only
/// through [`until`], in order. It ends with this process, however that ends.
pub(super) fn start(command: &mut Command) -> Result<Child, ProfileError> {
    if std::io::stdin().is_terminal() {
        // A group in the background that reads the terminal is stopped.
        command.stdin(Stdio::null());
    }
    end_with_this_process(command);
    command.process_group(0).spawn().map_err(|source| {
        let command = shown(command);
        ProfileError::Spawn { command, source }
    })
}

/// The command line, for errors.
pub(super) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    let mut words = vec![name.to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|word| word.to_string_lossy().into_owned()),
    );
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn a_child_that_ends_is_not_waited_out() {
        let mut child = start(&mut Command::new("true")).unwrap();
        let limit = Some(Duration::from_secs(600));
        let (status, itself) = until(&mut child, limit, libc::SIGINT, &mut |_| {}).unwrap();
        assert!(status.success() && itself);
    }

    #[test]
    fn time_that_is_over_ends_the_child() {
        let mut child = start(Command::new("sleep").arg("600")).unwrap();
        let limit = Some(Duration::from_millis(60));
        let mut seen = Duration::ZERO;
        let (status, itself) =
            until(&mut child, limit, libc::SIGINT, &mut |passed| seen = passed).unwrap();
        assert!(!status.success() && !itself && seen > Duration::ZERO);
    }
}
