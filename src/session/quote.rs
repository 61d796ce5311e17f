//! A failing test quotes the logs of the resources that it used.
//!
//! Under nextest a process runs one test, so the process's exit status is the
//! test's result, and glibc tells it to an exit hook. With other C libraries a
//! panic hook does it, which misses tests that fail by returning an error.

use std::path::PathBuf;
use std::sync::{Mutex, Once, PoisonError};

use super::LogTail;

/// Names and logs of the resources that this process is attached to.
static LOGS: Mutex<Vec<(&'static str, PathBuf)>> = Mutex::new(Vec::new());

/// Quotes `log` on stderr if this process fails.
pub(super) fn on_failure(resource: &'static str, log: PathBuf) {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(hook);
    LOGS.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push((resource, log));
}

fn quote_all() {
    use std::io::Write as _;
    // Not waiting: a thread that is still running may hold the lock.
    let Ok(logs) = LOGS.try_lock() else { return };
    for (resource, log) in logs.iter() {
        let tail = LogTail::read(log);
        if !tail.text().is_empty() {
            // Nothing can be done about a closed stderr.
            let _ = writeln!(
                std::io::stderr(),
                "session resource `{resource}` was in use{tail}"
            );
        }
    }
}

#[cfg(target_env = "gnu")]
fn hook() {
    use std::ffi::{c_int, c_void};

    unsafe extern "C" {
        /// glibc: calls `function` with the exit status when the process exits
        /// normally.
        safe fn on_exit(
            function: extern "C" fn(c_int, *mut c_void),
            argument: *mut c_void,
        ) -> c_int;
    }

    extern "C" fn at_exit(status: c_int, _: *mut c_void) {
        if status != 0 {
            // A panic must not unwind into the C library.
            let _ = std::panic::catch_unwind(quote_all);
        }
    }

    on_exit(at_exit, std::ptr::null_mut());
}

#[cfg(not(target_env = "gnu"))]
fn hook() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        before(info);
        quote_all();
    }));
}
