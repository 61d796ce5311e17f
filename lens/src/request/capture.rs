//! Stacks of one thread, walked on that thread from a signal handler.
//!
//! A slot is asked for by the thread that looks and answered by the handler:
//! free, asked, being written, answered. A signal that arrives after its slot
//! was given back finds nothing to do.

use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use super::mark;

/// Threads that can be asked at once.
const SLOTS: usize = 64;
/// Frames read, from the innermost; requests that go deeper lose their outermost ones.
const FRAMES: usize = 256;

const FREE: u32 = 0;
const TAKEN: u32 = 1;
const ASKED: u32 = 2;
const WRITING: u32 = 3;
const ANSWERED: u32 = 4;
/// The thread had left the request when the signal came.
const MISSED: u32 = 5;

struct Slot {
    state: AtomicU32,
    thread: AtomicI32,
    request: AtomicU64,
    length: AtomicUsize,
    interrupted_at: AtomicUsize,
    frames: [AtomicUsize; FRAMES],
}

static TABLE: [Slot; SLOTS] = [const {
    Slot {
        state: AtomicU32::new(FREE),
        thread: AtomicI32::new(0),
        request: AtomicU64::new(0),
        length: AtomicUsize::new(0),
        interrupted_at: AtomicUsize::new(0),
        frames: [const { AtomicUsize::new(0) }; FRAMES],
    }
}; SLOTS];

/// The signal that threads are asked with; none when all are taken.
static SIGNAL: OnceLock<Option<libc::c_int>> = OnceLock::new();

/// A thread that was asked.
#[derive(Debug)]
#[must_use = "a question that is neither read nor withdrawn keeps its slot"]
pub(super) struct Question(usize);

/// What became of a question.
#[derive(Debug)]
pub(super) enum Answer {
    /// Nothing yet.
    Pending(Question),
    /// The request was no longer polled there.
    Missed,
    /// The stack, innermost frame first.
    Stack(Vec<usize>),
}

/// The calling thread, as the kernel numbers it.
pub(super) fn this_thread() -> i32 {
    // SAFETY: `gettid` has no preconditions and is async-signal-safe.
    unsafe { libc::gettid() }
}

/// Makes ready for questions; false when no signal is free.
pub(super) fn prepare() -> bool {
    SIGNAL
        .get_or_init(|| {
            // The first walk may load and allocate, which a handler must not.
            // SAFETY: each thread walks its own stack.
            unsafe { backtrace::trace_unsynchronized(|_| true) };
            (libc::SIGRTMIN() + 4..libc::SIGRTMAX()).find(|signal| take_over(*signal))
        })
        .is_some()
}

/// Installs the handler for `signal` if nobody handles it.
fn take_over(signal: libc::c_int) -> bool {
    // SAFETY: both actions are plain data that outlive the calls; the handler
    // matches SA_SIGINFO and only does what a handler may.
    unsafe {
        let mut known: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(signal, ptr::null(), &raw mut known) != 0
            || known.sa_sigaction != libc::SIG_DFL
        {
            return false;
        }
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = answer
            as extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void)
            as libc::sighandler_t;
        // Not on an alternate stack: those that Rust makes are too small to unwind on.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
        libc::sigaction(signal, &raw const action, ptr::null_mut()) == 0
    }
}

impl Question {
    /// Asks `thread` for its stack while it polls `request`. None when it has
    /// ended, or too many are asked already.
    pub(super) fn ask(thread: i32, request: u64) -> Option<Self> {
        let signal = (*SIGNAL.get()?)?;
        let (index, slot) = TABLE.iter().enumerate().find(|(_, slot)| {
            let taken =
                slot.state
                    .compare_exchange(FREE, TAKEN, Ordering::AcqRel, Ordering::Relaxed);
            taken.is_ok()
        })?;
        slot.thread.store(thread, Ordering::Relaxed);
        slot.request.store(request, Ordering::Relaxed);
        slot.state.store(ASKED, Ordering::Release);
        // SAFETY: `tgkill` takes plain numbers; a thread that has ended makes it fail.
        let sent = unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, signal) == 0 };
        let question = Self(index);
        if !sent {
            question.withdraw();
            return None;
        }
        Some(question)
    }

    /// What is known by now.
    pub(super) fn read(self) -> Answer {
        let slot = &TABLE[self.0];
        match slot.state.load(Ordering::Acquire) {
            ANSWERED => {
                let length = slot.length.load(Ordering::Acquire).min(FRAMES);
                let frames = slot.frames[..length].iter();
                let frames: Vec<usize> =
                    frames.map(|frame| frame.load(Ordering::Relaxed)).collect();
                let interrupted_at = slot.interrupted_at.load(Ordering::Relaxed);
                slot.state.store(FREE, Ordering::Release);
                Answer::Stack(below_handler(frames, interrupted_at))
            }
            MISSED => {
                slot.state.store(FREE, Ordering::Release);
                Answer::Missed
            }
            _ => Answer::Pending(self),
        }
    }

    /// Gives the slot back without an answer.
    pub(super) fn withdraw(self) {
        let slot = &TABLE[self.0];
        let back = || {
            let free =
                slot.state
                    .compare_exchange(ASKED, FREE, Ordering::AcqRel, Ordering::Relaxed);
            free.is_ok()
        };
        while !back() {
            if matches!(slot.state.load(Ordering::Acquire), ANSWERED | MISSED) {
                slot.state.store(FREE, Ordering::Release);
                return;
            }
            std::thread::yield_now(); // the handler is writing
        }
    }
}

/// Runs on the thread that was asked.
extern "C" fn answer(
    _signal: libc::c_int,
    _info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: `__errno_location` gives this thread's own; what was interrupted
    // must find it unchanged.
    let errno = unsafe { *libc::__errno_location() };
    let own = this_thread();
    for slot in &TABLE {
        if slot.state.load(Ordering::Acquire) != ASKED
            || slot.thread.load(Ordering::Relaxed) != own
            || slot
                .state
                .compare_exchange(ASKED, WRITING, Ordering::AcqRel, Ordering::Relaxed)
                .is_err()
        {
            continue;
        }
        let Some(end) = mark::end_of(slot.request.load(Ordering::Relaxed)) else {
            slot.state.store(MISSED, Ordering::Release);
            continue;
        };
        let mut length = 0;
        walk(0, end, |address| {
            slot.frames[length].store(address, Ordering::Relaxed);
            length += 1;
            length < FRAMES
        });
        slot.interrupted_at
            .store(interrupted_at(context), Ordering::Relaxed);
        slot.length.store(length, Ordering::Release);
        slot.state.store(ANSWERED, Ordering::Release);
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}

/// The calling thread's stack, innermost frame first, beyond the function that
/// `from` is on the stack of, down to `end`.
pub(super) fn own_stack(from: usize, end: usize) -> Vec<usize> {
    let mut frames = Vec::with_capacity(64);
    walk(from + 1, end, |address| {
        frames.push(address);
        frames.len() < FRAMES
    });
    frames
}

/// Hands each frame's address to `keep`, from where the stack pointer is at
/// `start` or beyond, until it is beyond `end` or `keep` says no.
fn walk(start: usize, end: usize, mut keep: impl FnMut(usize) -> bool) {
    // SAFETY: the lock that `trace` would take guards Windows' unwinder; here
    // each thread walks its own stack.
    unsafe {
        backtrace::trace_unsynchronized(|frame| {
            let at = frame.sp() as usize;
            at <= end && (at < start || keep(frame.ip() as usize))
        });
    }
}

/// Leaves out the frames of the signal handler itself. The instruction that was
/// interrupted stands for itself; all others are return addresses, which point
/// behind their call, and so is it made to.
fn below_handler(mut frames: Vec<usize>, interrupted_at: usize) -> Vec<usize> {
    let handler = frames.iter().position(|frame| *frame == interrupted_at);
    frames.drain(..handler.unwrap_or(0));
    if handler.is_some() {
        frames[0] += 1;
    }
    frames
}

/// The address the thread was at when the signal came; 0 where unknown.
fn interrupted_at(context: *mut libc::c_void) -> usize {
    #[cfg(target_arch = "x86_64")]
    {
        let context = context.cast::<libc::ucontext_t>();
        // SAFETY: the kernel passes a valid context to SA_SIGINFO handlers.
        let pc = unsafe { (*context).uc_mcontext.gregs[libc::REG_RIP as usize] };
        pc.cast_unsigned() as usize
    }
    #[cfg(target_arch = "aarch64")]
    {
        let context = context.cast::<libc::ucontext_t>();
        // SAFETY: the kernel passes a valid context to SA_SIGINFO handlers.
        unsafe { (*context).uc_mcontext.pc as usize }
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        let _ = context;
        0
    }
}
