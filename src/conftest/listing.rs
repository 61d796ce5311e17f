//! The alarm of the list phase.
//!
//! nextest starts every test binary twice with `--list` before it runs anything
//! and waits without a limit. A static initialiser that blocks there would hang
//! the run, so the process gives itself a limit.

/// Ends this process `seconds` from now unless it has ended by itself. Zero
/// means no limit.
#[cfg(unix)]
pub(super) fn limit(seconds: u32) {
    static MESSAGE: &[u8] = b"error: listing the tests of this binary took longer than its \
        `list_timeout`: a static initialiser or a start-up hook hangs\n\
        help: `conftest! { list_timeout: SECONDS }` sets the limit\n";

    extern "C" fn too_long(signal: libc::c_int) {
        // SAFETY: `write`, `signal` and `raise` are async-signal-safe; the
        // message is static. After the handler returns, the signal raised here
        // meets its default action and ends the process.
        unsafe {
            libc::write(libc::STDERR_FILENO, MESSAGE.as_ptr().cast(), MESSAGE.len());
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
    }

    // SAFETY: installs a handler that only does what a handler may; `alarm`
    // has no preconditions.
    unsafe {
        libc::signal(
            libc::SIGALRM,
            too_long as extern "C" fn(libc::c_int) as libc::sighandler_t,
        );
        libc::alarm(seconds);
    }
}

/// Ends this process `seconds` from now unless it has ended by itself. Zero
/// means no limit.
#[cfg(not(unix))]
pub(super) fn limit(seconds: u32) {
    if seconds == 0 {
        return;
    }
    // A thread is enough: the listing has begun, so nothing here changes the
    // environment any more.
    let limit = std::time::Duration::from_secs(seconds.into());
    std::thread::spawn(move || {
        let (_kept, never) = std::sync::mpsc::channel::<()>();
        let _ = never.recv_timeout(limit);
        crate::startup::refuse(
            "error: listing the tests of this binary took longer than its `list_timeout`: \
             a static initialiser or a start-up hook hangs\n\
             help: `conftest! { list_timeout: SECONDS }` sets the limit",
            crate::startup::FAILED,
        )
    });
}
