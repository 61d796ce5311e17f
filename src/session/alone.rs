//! A resource for this process alone, where sharing is not possible or not
//! wanted.
//!
//! The start function runs on a thread of its own, which stays: it drives the
//! async runtime, and the children it spawned die with it. At the end of the
//! process an exit hook lets it take the resource down.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

use super::{Declaration, Error, Host, LogTail};

/// The variable that asks for it: `SHAKEDOWN_SESSION=process`.
const VARIABLE: &str = "SHAKEDOWN_SESSION";
/// How long the exit of the process may wait for one resource.
const TEARDOWN: Duration = Duration::from_secs(3);

/// Why each process starts a resource of its own, if it does.
pub(super) fn wanted() -> Option<&'static str> {
    if std::env::var_os(VARIABLE).is_some_and(|value| value == "process") {
        Some("SHAKEDOWN_SESSION=process is set")
    } else if cfg!(not(target_os = "linux")) {
        Some("they are shared between processes on Linux only")
    } else {
        None
    }
}

/// Starts the resource in this process, saying once why.
pub(super) fn start<T: Send + 'static>(
    declaration: &'static Declaration,
    start: fn(&mut Host) -> crate::Result<T>,
    why: &str,
) -> Result<T, Error> {
    static SAID: Once = Once::new();
    SAID.call_once(|| say(why));
    let scratch = tempfile::Builder::new()
        .prefix("shakedown-session-")
        .tempdir()
        .map_err(Error::storage(
            "create a directory in",
            std::env::temp_dir(),
        ))?;
    let (started, outcome) = mpsc::sync_channel(1);
    let (end, ended) = mpsc::channel();
    let (gone, is_gone) = mpsc::sync_channel(1);
    let dir = scratch.path().to_owned();
    std::thread::Builder::new()
        .name(format!("session {}", declaration.name))
        .spawn(move || {
            live(declaration, start, scratch.path(), &started, ended);
            drop(scratch);
            // The process may have stopped waiting.
            let _ = gone.try_send(());
        })
        .map_err(|source| Error::Launch {
            resource: declaration.name.to_owned(),
            source,
        })?;
    let failed = |message: String| Error::Start {
        resource: declaration.name.to_owned(),
        declared: declaration.place(),
        message,
        log: LogTail::default(),
    };
    match outcome.recv_timeout(declaration.start_timeout) {
        Ok(Ok(handle)) => {
            at_exit(end, is_gone);
            Ok(handle)
        }
        Ok(Err(message)) => {
            // It clears up; the process may end right after this.
            let _ = is_gone.recv_timeout(TEARDOWN);
            Err(failed(message))
        }
        Err(_) => {
            bury(&dir);
            let limit = declaration.start_timeout;
            Err(failed(format!("it did not start within {limit:?}")))
        }
    }
}

/// Removes what a start that hangs has made so far.
fn bury(dir: &Path) {
    #[cfg(target_os = "linux")]
    super::burial::end_abandoned(&super::place::Place::new(dir.to_owned()));
    // What cannot be removed is in the temporary directory.
    let _ = std::fs::remove_dir_all(dir);
}

/// The life of the thread.
fn live<T: Send>(
    declaration: &'static Declaration,
    start: fn(&mut Host) -> crate::Result<T>,
    dir: &Path,
    started: &SyncSender<Result<T, String>>,
    ended: Receiver<()>,
) {
    let mut host = match host(declaration.name, dir) {
        Ok(host) => host,
        Err(error) => {
            let message = format!("cannot create `{}`: {error}", dir.display());
            // The process may have stopped waiting.
            let _ = started.send(Err(message));
            return;
        }
    };
    let outcome = run(&mut host, start);
    let failed = outcome.is_err();
    let told = started.send(outcome).is_ok();
    if told && !failed {
        host.serve_until(move || {
            // A sender that is gone is an end too.
            let _ = ended.recv();
        });
    }
    host.tear_down();
    #[cfg(target_os = "linux")]
    super::burial::end_abandoned(&super::place::Place::new(dir.to_owned()));
}

#[cfg(target_os = "linux")]
fn host(name: &'static str, dir: &Path) -> std::io::Result<Host> {
    let place = super::place::Place::new(dir.to_owned());
    super::place::make_private(&place.work())?;
    Ok(Host::new(name, &place))
}

#[cfg(not(target_os = "linux"))]
fn host(name: &'static str, dir: &Path) -> std::io::Result<Host> {
    Ok(Host::new(name, dir.to_owned()))
}

/// Runs a start function and checks what it left.
pub(super) fn run<T>(
    host: &mut Host,
    start: impl FnOnce(&mut Host) -> crate::Result<T>,
) -> Result<T, String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| start(&mut *host)));
    match outcome {
        Ok(Ok(handle)) => match host.ended_child() {
            Some(ended) => Err(ended),
            None => Ok(handle),
        },
        Ok(Err(failure)) => Err(format!("{failure:?}")),
        Err(payload) => Err(format!("it panicked: {}", panic_message(&*payload))),
    }
}

fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    payload
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_else(|| "with a value that is no text".to_owned())
}

/// Ends, with the process, the thread behind `end`.
fn at_exit(end: Sender<()>, is_gone: Receiver<()>) {
    static ENDS: Mutex<Vec<(Sender<()>, Receiver<()>)>> = Mutex::new(Vec::new());

    extern "C" fn end_all() {
        // Not waiting: a thread that is still running may hold the lock.
        let Ok(mut ends) = ENDS.try_lock() else {
            return;
        };
        while let Some((end, is_gone)) = ends.pop() {
            drop(end);
            let _ = is_gone.recv_timeout(TEARDOWN);
        }
    }

    let mut ends = ENDS.lock().unwrap_or_else(PoisonError::into_inner);
    if ends.is_empty() {
        #[cfg(any(unix, windows))]
        // SAFETY: the function is `extern "C"`, takes nothing and does not
        // unwind: none of its calls panics.
        unsafe {
            libc::atexit(end_all);
        }
    }
    ends.push((end, is_gone));
}

/// One line on stderr.
fn say(why: &str) {
    use std::io::Write as _;
    // A note that nobody can read must not fail a test.
    let _ = writeln!(
        std::io::stderr(),
        "note: each test process starts its own session resources: {why}"
    );
}
