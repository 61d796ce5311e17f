//! Starting a keeper: this test binary once more, detached from the runner.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::anchor::Run;
use super::place::Place;
use super::{Declaration, Error};

/// The variable that makes a process a keeper; it holds the [`Role`].
pub(super) const ROLE: &str = "SHAKEDOWN_SESSION_HOST";
/// The variable by which everything below a keeper is found when the keeper is
/// gone; it holds the resource's directory.
pub(super) const MARK: &str = "SHAKEDOWN_SESSION_DIR";

/// nextest's variables about one test; a resource belongs to the run.
const OF_ONE_TEST: [&str; 10] = [
    "NEXTEST_ATTEMPT",
    "NEXTEST_ATTEMPT_ID",
    "NEXTEST_BINARY_ID",
    "NEXTEST_STRESS_CURRENT",
    "NEXTEST_STRESS_TOTAL",
    "NEXTEST_TEST_GLOBAL_SLOT",
    "NEXTEST_TEST_GROUP",
    "NEXTEST_TEST_GROUP_SLOT",
    "NEXTEST_TEST_NAME",
    "NEXTEST_TOTAL_ATTEMPTS",
];

/// What a keeper is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Role {
    /// Which of the binary's resources it is for.
    pub(super) id: String,
    /// The resource's directory.
    pub(super) dir: PathBuf,
    /// The run, with its anchor.
    pub(super) run: Run,
    /// The resources whose start is waiting for this one, and this one.
    pub(super) chain: Vec<String>,
    /// The descriptor of the lock file, locked.
    pub(super) lock: i32,
    /// Seconds since 1970.
    pub(super) since: u64,
}

/// The resources whose start led to this process, in a worker.
static CHAIN: OnceLock<Vec<String>> = OnceLock::new();

/// Makes `chain` the chain of this process.
pub(super) fn hand_down(chain: Vec<String>) {
    // Only the worker stage calls this, once.
    let _ = CHAIN.set(chain);
}

/// The chain with `id` at its end.
///
/// # Errors
///
/// When it is in it already.
pub(super) fn chain_to(id: &str) -> Result<Vec<String>, Error> {
    let mut chain = CHAIN.get().cloned().unwrap_or_default();
    let circle = chain.iter().position(|link| link == id);
    chain.push(id.to_owned());
    match circle {
        Some(first) => Err(Error::Circle {
            chain: chain.split_off(first),
        }),
        None => Ok(chain),
    }
}

/// Whether this process is a worker.
pub(super) fn is_worker() -> bool {
    CHAIN.get().is_some()
}

/// Starts the keeper, which takes over `lock`.
pub(super) fn launch(
    declaration: &Declaration,
    place: &Place,
    run: Run,
    since: u64,
    lock: &File,
) -> Result<(), Error> {
    let role = Role {
        id: declaration.id(),
        dir: place.dir().to_owned(),
        run,
        chain: chain_to(&declaration.id())?,
        lock: lock.as_raw_fd(),
        since,
    };
    let log = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(place.log())
        .map_err(Error::storage("open", place.log()))?;
    let mut command = command(&role, log).map_err(|source| Error::Launch {
        resource: declaration.name.to_owned(),
        source,
    })?;
    // The process started here forks the keeper and ends at once, so the test
    // is not left with a child.
    let status = command.status();
    match status {
        Ok(_) => Ok(()),
        Err(source) => Err(Error::Launch {
            resource: declaration.name.to_owned(),
            source,
        }),
    }
}

fn command(role: &Role, log: File) -> io::Result<Command> {
    let mut command = Command::new("/proc/self/exe");
    command
        .arg0("shakedown-session")
        // Should no hook pick the role up, libtest runs no test.
        .args(["--exact", "shakedown-session-host"])
        .env_clear()
        .envs(environment()?)
        .env(ROLE, serde_json::to_string(role)?)
        .env(MARK, &role.dir)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    let lock = role.lock;
    // SAFETY: only async-signal-safe system calls between fork and exec.
    unsafe {
        command.pre_exec(move || {
            // Away from the test's process group and terminal, and from the
            // signals that the thread here may have blocked.
            libc::setsid();
            let mut none: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&raw mut none);
            libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
            // Nothing the test has open may be held open; older kernels that
            // do not know the call leave it at what is close-on-exec anyway.
            libc::syscall(
                libc::SYS_close_range,
                3,
                libc::c_uint::MAX,
                libc::CLOSE_RANGE_CLOEXEC,
            );
            if libc::fcntl(lock, libc::F_SETFD, 0) < 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(())
        });
    }
    Ok(command)
}

/// The environment that this process was started with, whatever a test has
/// changed since, less what is about one test.
fn environment() -> io::Result<Vec<(OsString, OsString)>> {
    let text = fs::read("/proc/self/environ")?;
    let pairs = text.split(|byte| *byte == 0).filter_map(|entry| {
        let at = entry.iter().skip(1).position(|byte| *byte == b'=')? + 1;
        let (name, value) = (&entry[..at], &entry[at + 1..]);
        let keep = !OF_ONE_TEST.iter().any(|test| test.as_bytes() == name);
        keep.then(|| {
            (
                OsStr::from_bytes(name).to_owned(),
                OsStr::from_bytes(value).to_owned(),
            )
        })
    });
    Ok(pairs.collect())
}
