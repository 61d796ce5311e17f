//! Programs that are waited for, but not for ever.

use std::io::{self, Read};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::interrupt;

/// After which a program that a phase runs is ended.
pub(crate) const LIMIT: Duration = Duration::from_secs(600);

/// A program's end.
#[derive(Debug)]
pub(crate) struct Ended {
    /// How it ended, and what it printed.
    pub(crate) output: Output,
    /// Whether it was ended for taking longer than the limit.
    pub(crate) too_long: bool,
    /// From before it started until after it ended.
    pub(crate) took: Duration,
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

/// How often who waits is told that it still runs.
const TELL_EVERY: Duration = Duration::from_millis(200);
/// How long a program has to end what it started, as nextest does with its tests:
/// they are in groups of their own, and have 10 s themselves.
const GRACE: Duration = Duration::from_secs(12);
/// How long the rest of the output of a program that was killed is waited for: it
/// may have handed its pipes to somebody outside of its group.
const REST: Duration = Duration::from_secs(5);

/// Runs `command` without input to its end, or to the end of `limit`: then it
/// and what it started are ended.
///
/// # Errors
/// It does not start, or somebody pressed Ctrl-C where an
/// [`Interrupt`](crate::interrupt::Interrupt) catches that.
pub(crate) fn run(command: &mut Command, limit: Duration) -> io::Result<Ended> {
    run_telling(command, limit, || false)
}

/// As [`run`], and calls `still` now and then while it runs; `limit` begins anew when
/// that says that there was progress.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_telling(
    command: &mut Command,
    limit: Duration,
    mut still: impl FnMut() -> bool,
) -> io::Result<Ended> {
    run_with(command, limit, GRACE, Stdio::piped(), &mut still)
}

/// Runs `command` as [`run`] does, however long it takes, and shows what it says on
/// standard error.
///
/// # Errors
/// As [`run`].
#[cfg(feature = "cli")]
pub(crate) fn run_shown(command: &mut Command) -> io::Result<Ended> {
    run_with(command, Duration::MAX, GRACE, Stdio::inherit(), &mut || {
        false
    })
}

fn run_with(
    command: &mut Command,
    limit: Duration,
    grace: Duration,
    stderr: Stdio,
    still: &mut impl FnMut() -> bool,
) -> io::Result<Ended> {
    let start = Instant::now();
    // A group of its own, so that it can be ended with what it started; Ctrl-C does not
    // reach it there.
    let mut child = command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .spawn()?;
    let id = libc::pid_t::try_from(child.id()).map_err(io::Error::other)?;
    // Nothing is sent: the channel closes when the program and its output ended.
    let (over, ended) = mpsc::channel::<()>();
    let stdout = keep(child.stdout.take(), over.clone());
    let stderr = keep(child.stderr.take(), over.clone());
    let waited = thread::spawn(move || {
        wait_for(id);
        drop(over);
        start.elapsed()
    });
    let mut since = start;
    let (mut too_long, mut interrupted) = (false, false);
    loop {
        let left = limit.saturating_sub(since.elapsed());
        match ended.recv_timeout(TELL_EVERY.min(left)) {
            Err(RecvTimeoutError::Disconnected) | Ok(()) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        interrupted = interrupt::asked();
        if !interrupted && still() {
            since = Instant::now();
        } else {
            too_long = left.is_zero();
        }
        if too_long || interrupted {
            end(id, &ended, grace);
            break;
        }
    }
    let took = waited.join().unwrap_or_else(|_| start.elapsed());
    let status = child.wait()?;
    if interrupted {
        return Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted"));
    }
    Ok(Ended {
        output: Output {
            status,
            stdout: taken(&stdout),
            stderr: taken(&stderr),
        },
        too_long,
        took,
    })
}

/// Ends the group of `leader`, which has not been reaped: with SIGTERM, and what is
/// left after `grace` with SIGKILL. `ended` says when all of it has ended.
fn end(leader: libc::pid_t, ended: &Receiver<()>, grace: Duration) {
    // SAFETY: only sends a signal, to a group whose leader is a child of this process.
    unsafe { libc::kill(-leader, libc::SIGTERM) };
    let graceful = ended.recv_timeout(grace) != Err(RecvTimeoutError::Timeout);
    // SAFETY: as above. Also where the leader ended and closed its output: others need
    // not have.
    unsafe { libc::kill(-leader, libc::SIGKILL) };
    if !graceful {
        let _ = ended.recv_timeout(REST);
    }
}

type Kept = Arc<Mutex<Vec<u8>>>;

/// Reads `from` to its end, on a thread that holds `over` until then.
fn keep(from: Option<impl Read + Send + 'static>, over: Sender<()>) -> Kept {
    let kept = Kept::default();
    let into = Arc::clone(&kept);
    thread::spawn(move || {
        let mut piece = [0; 8192];
        let Some(mut from) = from else { return };
        while let Ok(count @ 1..) = from.read(&mut piece) {
            let mut all = into.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend_from_slice(&piece[..count]);
        }
        drop(over);
    });
    kept
}

fn taken(kept: &Kept) -> Vec<u8> {
    std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Waits for the end of a child, and leaves it to be reaped by its owner.
fn wait_for(id: libc::pid_t) {
    let Ok(id) = libc::id_t::try_from(id) else {
        return;
    };
    loop {
        // SAFETY: an all-zero `siginfo_t` is a valid value of the plain C struct.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let how = libc::WEXITED | libc::WNOWAIT;
        // SAFETY: `info` is a valid place to write to.
        let waited = unsafe { libc::waitid(libc::P_PID, id, &raw mut info, how) };
        let again = waited != 0 && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted;
        if !again {
            return;
        }
    }
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
    fn what_ignores_its_end_is_ended_all_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let (told, ready) = (
            directory.path().join("told"),
            directory.path().join("ready"),
        );
        let script = format!(
            "trap 'echo asked > {}' TERM; touch {}; while :; do sleep 1; done",
            told.display(),
            ready.display()
        );
        let (limit, grace) = (Duration::from_millis(300), Duration::from_secs(1));
        let mut command = Command::new("sh");
        command.args(["-c", &script]);
        let mut trapped = false;
        let mut until_trapped = || !std::mem::replace(&mut trapped, ready.exists());
        let ended = run_with(
            &mut command,
            limit,
            grace,
            Stdio::piped(),
            &mut until_trapped,
        );
        let ended = ended.unwrap();
        assert!(ended.too_long && ended.took >= limit + grace);
        assert_eq!(std::fs::read_to_string(told).unwrap(), "asked\n");
    }

    #[test]
    fn what_makes_progress_has_its_limit_anew() {
        let limit = Duration::from_millis(500);
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 1.5"]);
        let mut progress = 0;
        let ended = run_telling(&mut command, limit, || {
            progress += 1;
            true
        });
        assert!(!ended.unwrap().too_long && progress > 2);
    }

    #[test]
    fn what_closes_its_output_and_goes_on_is_ended_too() {
        let limit = Duration::from_millis(300);
        let ended = shell("exec >&- 2>&-; exec sleep 600", limit);
        assert!(ended.too_long && ended.took >= limit);
    }

    #[test]
    fn who_waits_is_told_and_the_time_is_that_of_the_program() {
        let mut told = 0;
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 0.5"]);
        let ended = run_telling(&mut command, LIMIT, || {
            told += 1;
            false
        });
        let ended = ended.unwrap();
        assert!(told >= 1 && ended.took >= Duration::from_millis(500));
    }

    #[test]
    fn what_ends_says_how() {
        let ended = shell("echo out; echo err >&2; exit 3", LIMIT);
        assert!(!ended.too_long);
        assert_eq!(ended.tail(5), "out\nerr");
        assert_eq!(ended.how(LIMIT), "ended with exit status: 3");
    }
}
