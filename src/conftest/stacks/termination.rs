//! From SIGTERM to the end of the process.

#[cfg(not(target_os = "linux"))]
pub(in crate::conftest) use elsewhere::print_on_termination;
#[cfg(target_os = "linux")]
pub(in crate::conftest) use linux::print_on_termination;

#[cfg(target_os = "linux")]
mod linux {
    use super::super::{collection, rendering};
    use std::cell::UnsafeCell;
    use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

    /// Seconds from SIGTERM to the end of the process, whatever happens.
    /// Shorter than the grace period that nextest is configured with.
    const BOUND: u32 = 4;

    /// A semaphore that a signal handler may post.
    struct Semaphore(UnsafeCell<libc::sem_t>);

    // SAFETY: POSIX semaphores are made to be shared between threads; the cell
    // is only ever reached through `sem_*` calls.
    unsafe impl Sync for Semaphore {}

    // SAFETY: an all-zero `sem_t` is only storage; `sem_init` is called on it
    // before anything else.
    static TERMINATED: Semaphore = Semaphore(UnsafeCell::new(unsafe { std::mem::zeroed() }));

    /// The process that installed the handler: a fork without exec inherits the
    /// handler, but not the thread that waits.
    static OWNER: AtomicI32 = AtomicI32::new(0);

    /// The handler that was there before, or `SIG_DFL`.
    static PREVIOUS: AtomicUsize = AtomicUsize::new(libc::SIG_DFL);

    /// Prints the stacks of all threads when SIGTERM arrives, then lets it end
    /// the process. Without effect where the thread cannot be started.
    pub(in crate::conftest) fn print_on_termination() {
        collection::prepare();
        // SAFETY: the storage is static and not in use yet.
        if unsafe { libc::sem_init(TERMINATED.0.get(), 0, 0) } != 0 || !start_waiting() {
            return;
        }
        OWNER.store(own_process(), Ordering::Release);
        // SAFETY: installs a handler that only does what a handler may.
        let previous = unsafe {
            libc::signal(
                libc::SIGTERM,
                on_termination as extern "C" fn(libc::c_int) as libc::sighandler_t,
            )
        };
        if previous != libc::SIG_IGN && previous != libc::SIG_ERR {
            PREVIOUS.store(previous, Ordering::Release);
        }
    }

    /// Starts the waiting thread with all signals blocked, so that no signal
    /// meant for the tests is delivered to it.
    fn start_waiting() -> bool {
        let mut kept = UnsafeCell::new(empty_set());
        // SAFETY: both sets are initialised and outlive the calls.
        unsafe {
            let mut all = empty_set();
            libc::sigfillset(&raw mut all);
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const all, kept.get());
        }
        let started = std::thread::Builder::new()
            .name("shakedown-stacks".into())
            .spawn(move || {
                wait_for_termination();
                let _end = EndOnDrop;
                bound_the_time();
                rendering::print(&collection::collect());
            })
            .is_ok();
        // SAFETY: restores the mask read above.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, kept.get_mut(), std::ptr::null_mut());
        }
        started
    }

    fn empty_set() -> libc::sigset_t {
        // SAFETY: `sigset_t` is plain bits, and `sigemptyset` initialises them.
        unsafe {
            let mut set = std::mem::zeroed();
            libc::sigemptyset(&raw mut set);
            set
        }
    }

    fn own_process() -> i32 {
        // SAFETY: `getpid` has no preconditions and is async-signal-safe.
        unsafe { libc::getpid() }
    }

    extern "C" fn on_termination(_signal: libc::c_int) {
        if own_process() == OWNER.load(Ordering::Acquire) {
            // SAFETY: `sem_post` is async-signal-safe, the semaphore is
            // initialised before this handler is installed.
            unsafe { libc::sem_post(TERMINATED.0.get()) };
        } else {
            end();
        }
    }

    fn wait_for_termination() {
        // SAFETY: the semaphore is initialised before this thread starts. An
        // interrupted wait is repeated.
        while unsafe { libc::sem_wait(TERMINATED.0.get()) } != 0 {}
    }

    /// Ends the process in [`BOUND`] seconds even if collecting or printing
    /// blocks, for example on a lock that the hung test holds.
    fn bound_the_time() {
        static MESSAGE: &[u8] = b"=== no more stacks: reading them took too long ===\n";

        extern "C" fn out_of_time(_signal: libc::c_int) {
            // SAFETY: `write` is async-signal-safe; the message is static.
            unsafe { libc::write(libc::STDERR_FILENO, MESSAGE.as_ptr().cast(), MESSAGE.len()) };
            end();
        }
        // SAFETY: the handler only does what a handler may; this thread, which
        // blocks all signals, lets SIGALRM through so that someone takes it.
        unsafe {
            libc::signal(
                libc::SIGALRM,
                out_of_time as extern "C" fn(libc::c_int) as libc::sighandler_t,
            );
            let mut alarm = empty_set();
            libc::sigaddset(&raw mut alarm, libc::SIGALRM);
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const alarm, std::ptr::null_mut());
            libc::alarm(BOUND);
        }
    }

    struct EndOnDrop;

    impl Drop for EndOnDrop {
        fn drop(&mut self) {
            end();
        }
    }

    /// Hands SIGTERM to whom it belonged before: by default it ends the
    /// process. Async-signal-safe.
    fn end() {
        let previous = PREVIOUS.load(Ordering::Acquire);
        // SAFETY: `signal`, `pthread_sigmask`, `raise` and `_exit` are
        // async-signal-safe; the set is initialised.
        unsafe {
            libc::signal(libc::SIGTERM, previous);
            let mut termination = empty_set();
            libc::sigaddset(&raw mut termination, libc::SIGTERM);
            let unblocked = &raw const termination;
            libc::pthread_sigmask(libc::SIG_UNBLOCK, unblocked, std::ptr::null_mut());
            libc::raise(libc::SIGTERM);
            if previous == libc::SIG_DFL {
                libc::_exit(128 + libc::SIGTERM);
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    static MESSAGE: &[u8] =
        b"\n=== ended by SIGTERM; stacks of the threads are printed on Linux only ===\n";

    /// Says once, where the stacks would be, that there are none.
    pub(in crate::conftest) fn print_on_termination() {
        // SAFETY: installs a handler that only does what a handler may.
        unsafe {
            libc::signal(
                libc::SIGTERM,
                on_termination as extern "C" fn(libc::c_int) as libc::sighandler_t,
            );
        }
    }

    extern "C" fn on_termination(signal: libc::c_int) {
        // SAFETY: `write`, `signal` and `raise` are async-signal-safe; the
        // signal raised here meets its default action when the handler returns.
        unsafe {
            libc::write(libc::STDERR_FILENO, MESSAGE.as_ptr().cast(), MESSAGE.len());
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
    }
}
