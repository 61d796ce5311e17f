//! The alarm of the list phase.
//!
//! nextest starts every test binary twice with `--list` before it runs anything
//! and waits without a limit. A static initialiser that blocks there would hang
//! the run, so the process gives itself a limit.

/// Ends this process `seconds` from now unless it has ended by itself, on Linux
/// with the stack of the thread that hangs. Zero means no limit.
#[cfg(unix)]
pub(super) fn limit(seconds: u32) {
    #[cfg(target_os = "linux")]
    super::stacks::prepare();
    // SAFETY: the action is zero-initialised plain data with a handler that
    // matches SA_SIGINFO. SA_RESETHAND and SA_NODEFER let the alarm that the
    // handler sets meet the default action while the handler still runs.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = too_long
            as extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void)
            as libc::sighandler_t;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_RESETHAND | libc::SA_NODEFER;
        libc::sigaction(libc::SIGALRM, &raw const action, std::ptr::null_mut());
        libc::alarm(seconds);
    }
}

#[cfg(unix)]
extern "C" fn too_long(
    signal: libc::c_int,
    _info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    static MESSAGE: &[u8] = b"error: listing the tests of this binary took longer than its \
        `list_timeout`: a static initialiser or a start-up hook hangs\n\
        help: `conftest! { list_timeout: SECONDS }` sets the limit\n";
    /// Seconds to find out where it hangs.
    const BOUND: u32 = 3;

    // SAFETY: `alarm` and `write` are async-signal-safe; the message is static.
    unsafe {
        libc::alarm(BOUND);
        libc::write(libc::STDERR_FILENO, MESSAGE.as_ptr().cast(), MESSAGE.len());
    }
    // Naming functions allocates, which a handler must not rely on: if the
    // interrupted thread holds the allocator's lock, the second alarm ends it.
    #[cfg(target_os = "linux")]
    super::stacks::print_own(context);
    #[cfg(not(target_os = "linux"))]
    let _ = context;
    // SAFETY: async-signal-safe; the default action ends the process.
    unsafe { libc::raise(signal) };
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
