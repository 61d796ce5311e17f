//! Walks the stack of every thread of this process, on that thread.
//!
//! A thread can only unwind itself, so each is sent a signal whose handler
//! does. The handler finds the slot that was reserved under its thread id and
//! stores return addresses there: no lock, no allocation. A thread that answers
//! late writes into its own slot, which nobody else uses.

use super::rendering;
use std::cell::UnsafeCell;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};

/// Threads whose stacks are read; the rest are counted.
const THREADS: usize = 64;
/// Frames read of each, from the innermost.
const FRAMES: usize = 96;
/// How long all threads together have to answer; a busy machine may have to read
/// code from disk first.
const PATIENCE_SECONDS: libc::time_t = 2;

/// What was found of one thread.
pub(super) struct Thread {
    pub(super) id: i32,
    pub(super) name: String,
    /// Addresses from the innermost frame outwards; `None` if the thread did
    /// not answer.
    pub(super) frames: Option<Vec<usize>>,
}

/// What was found of all threads but the calling one.
pub(super) struct Collected {
    /// In the order they were started, the main thread last: it usually waits
    /// for the one that runs the test.
    pub(super) threads: Vec<Thread>,
    /// Threads beyond those.
    pub(super) omitted: usize,
}

struct Slot {
    thread: AtomicI32,
    answered: AtomicBool,
    length: AtomicUsize,
    interrupted_at: AtomicUsize,
    frames: [AtomicUsize; FRAMES],
}

static SLOTS: [Slot; THREADS] = [const {
    Slot {
        thread: AtomicI32::new(0),
        answered: AtomicBool::new(false),
        length: AtomicUsize::new(0),
        interrupted_at: AtomicUsize::new(0),
        frames: [const { AtomicUsize::new(0) }; FRAMES],
    }
}; THREADS];

struct Answers(UnsafeCell<libc::sem_t>);

// SAFETY: POSIX semaphores are made to be shared between threads; the cell is
// only ever reached through `sem_*` calls.
unsafe impl Sync for Answers {}

// SAFETY: an all-zero `sem_t` is only storage; `collect` calls `sem_init`.
static ANSWERS: Answers = Answers(UnsafeCell::new(unsafe { std::mem::zeroed() }));

/// The directory that paths are shown relative to. Read in advance: when a
/// thread hangs, the environment may be locked.
static ROOT: OnceLock<PathBuf> = OnceLock::new();

/// Does in advance what a signal handler must not: unwinds once, because the
/// first time the unwinder may load and allocate, and reads the environment.
pub(in crate::conftest) fn prepare() {
    ROOT.get_or_init(|| {
        let root = std::env::var_os("NEXTEST_WORKSPACE_ROOT").map(PathBuf::from);
        let root = root.or_else(|| std::env::current_dir().ok());
        root.unwrap_or_default()
    });
    // SAFETY: no other thread unwinds through this crate before `main`.
    unsafe { backtrace::trace_unsynchronized(|_| true) };
}

/// The directory that paths are shown relative to.
pub(super) fn root() -> &'static Path {
    ROOT.get().map_or(Path::new(""), PathBuf::as_path)
}

/// Writes the stack of the calling thread to stderr, from the instruction where
/// a signal interrupted it. `context` is what the handler was given.
pub(in crate::conftest) fn print_own(context: *mut libc::c_void) {
    let mut frames = Vec::with_capacity(FRAMES);
    // SAFETY: only this thread unwinds through this crate.
    unsafe {
        backtrace::trace_unsynchronized(|frame| {
            frames.push(frame.ip() as usize);
            frames.len() < FRAMES
        });
    }
    let thread = Thread {
        id: this_thread(),
        name: name_of(this_thread()),
        frames: Some(below_handler(&frames, interrupted_at(context))),
    };
    rendering::print_thread(&thread);
}

/// Reads the stacks of all threads but the calling one. Called once.
pub(super) fn collect() -> Collected {
    let mut ids = other_threads();
    let omitted = ids.len().saturating_sub(THREADS);
    ids.truncate(THREADS);
    let asked = ask(&ids);
    wait_for(asked);
    let found = ids.iter().zip(&SLOTS).map(|(id, slot)| Thread {
        id: *id,
        name: name_of(*id),
        frames: slot.answered.load(Ordering::Acquire).then(|| slot.read()),
    });
    let mut threads: Vec<_> = found.collect();
    if threads.first().is_some_and(|first| first.id == process()) {
        threads.rotate_left(1);
    }
    Collected { threads, omitted }
}

impl Slot {
    /// The frames below the handler's own.
    fn read(&self) -> Vec<usize> {
        let length = self.length.load(Ordering::Acquire).min(FRAMES);
        let frames = self.frames[..length].iter();
        let frames: Vec<_> = frames.map(|frame| frame.load(Ordering::Acquire)).collect();
        let interrupted_at = self.interrupted_at.load(Ordering::Acquire);
        below_handler(&frames, interrupted_at)
    }
}

/// Leaves out the frames of the signal handler itself.
fn below_handler(frames: &[usize], interrupted_at: usize) -> Vec<usize> {
    let handler = frames.iter().position(|frame| *frame == interrupted_at);
    frames[handler.unwrap_or(0)..].to_vec()
}

fn process() -> i32 {
    // SAFETY: `getpid` has no preconditions.
    unsafe { libc::getpid() }
}

fn this_thread() -> i32 {
    // SAFETY: `gettid` has no preconditions and is async-signal-safe.
    unsafe { libc::gettid() }
}

fn other_threads() -> Vec<i32> {
    let own = this_thread();
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return Vec::new();
    };
    let ids = tasks.flatten().filter_map(|task| {
        let name = task.file_name();
        name.to_str()?.parse().ok()
    });
    let mut ids: Vec<i32> = ids.filter(|id| *id != own).collect();
    ids.sort_unstable();
    ids
}

fn name_of(id: i32) -> String {
    if id == process() {
        return "main".into();
    }
    let name = std::fs::read_to_string(format!("/proc/self/task/{id}/comm"));
    name.map_or_else(|_| "ended".into(), |name| name.trim_end().into())
}

/// Reserves a slot for each thread and signals it. How many were reached.
fn ask(ids: &[i32]) -> usize {
    let signal = libc::SIGRTMIN() + 3;
    // SAFETY: the semaphore's storage is static and this is its first use; the
    // action is zero-initialised plain data with a handler that matches
    // SA_SIGINFO. The process is about to end, so whose signal it was before
    // no longer matters.
    unsafe {
        libc::sem_init(ANSWERS.0.get(), 0, 0);
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = answer
            as extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void)
            as libc::sighandler_t;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
        libc::sigaction(signal, &raw const action, std::ptr::null_mut());
    }
    for (slot, id) in SLOTS.iter().zip(ids) {
        slot.thread.store(*id, Ordering::Release);
    }
    let reached = ids.iter().filter(|id| {
        // SAFETY: `tgkill` takes plain numbers; a thread that has ended
        // meanwhile makes it fail.
        unsafe { libc::syscall(libc::SYS_tgkill, process(), **id, signal) == 0 }
    });
    reached.count()
}

/// Runs on each thread.
extern "C" fn answer(
    _signal: libc::c_int,
    _info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    let own = this_thread();
    let mut slots = SLOTS.iter();
    let Some(slot) = slots.find(|slot| slot.thread.load(Ordering::Acquire) == own) else {
        return;
    };
    slot.interrupted_at
        .store(interrupted_at(context), Ordering::Release);
    let mut length = 0;
    // SAFETY: the lock that `trace` would take guards Windows' unwinder; here
    // each thread walks its own stack.
    unsafe {
        backtrace::trace_unsynchronized(|frame| {
            slot.frames[length].store(frame.ip() as usize, Ordering::Release);
            length += 1;
            length < FRAMES
        });
    }
    slot.length.store(length, Ordering::Release);
    slot.answered.store(true, Ordering::Release);
    // SAFETY: async-signal-safe; initialised before the signal was sent.
    unsafe { libc::sem_post(ANSWERS.0.get()) };
}

/// The address the thread was at when the signal came; 0 where unknown.
fn interrupted_at(context: *mut libc::c_void) -> usize {
    #[cfg(target_arch = "x86_64")]
    {
        let context = context.cast::<libc::ucontext_t>();
        // SAFETY: the kernel passes a valid context to SA_SIGINFO handlers.
        let pc = unsafe { (*context).uc_mcontext.gregs[libc::REG_RIP as usize] };
        pc as usize
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

/// Waits until `asked` threads have answered, or patience ends.
fn wait_for(asked: usize) {
    // SAFETY: `timespec` is plain data that `clock_gettime` fills in; the
    // semaphore is initialised.
    unsafe {
        let mut until: libc::timespec = std::mem::zeroed();
        libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut until);
        until.tv_sec += PATIENCE_SECONDS;
        for _ in 0..asked {
            if libc::sem_timedwait(ANSWERS.0.get(), &raw const until) != 0 {
                return;
            }
        }
    }
}
