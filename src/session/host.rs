//! What a start function works with: a directory, children and clean-up that
//! last as long as the resource.

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// How long children may take to end after SIGTERM.
const CHILD_GRACE: Duration = Duration::from_secs(2);
/// How often they are looked at meanwhile.
const CHILD_INTERVAL: Duration = Duration::from_millis(5);

/// The process that a resource lives in, handed to its start function.
///
/// Whatever the start function leaves running (threads, tasks of the async
/// runtime, children) stays until the run ends. Values that clean up when
/// dropped are given to [`keep`](Self::keep).
///
/// A `Host` stays on the thread that it was made on: Linux ends a child with
/// the thread that spawned it.
pub struct Host {
    resource: &'static str,
    dir: PathBuf,
    /// What children are known by.
    #[cfg(target_os = "linux")]
    mark: PathBuf,
    /// Where clean-up is recorded that must run even if this process is killed.
    #[cfg(target_os = "linux")]
    record: PathBuf,
    children: Vec<Kept>,
    finalizers: Vec<Box<dyn FnOnce()>>,
    #[cfg(feature = "tokio")]
    pub(super) runtime: Option<tokio::runtime::Runtime>,
    _stays_on_its_thread: PhantomData<*const ()>,
}

/// A child that lives as long as the resource.
struct Kept {
    name: String,
    child: Child,
}

impl Host {
    /// A host whose files are in `place`.
    #[cfg(target_os = "linux")]
    pub(super) fn new(resource: &'static str, place: &super::place::Place) -> Self {
        Self {
            resource,
            dir: place.work(),
            mark: place.dir().to_owned(),
            record: place.cleanup(),
            children: Vec::new(),
            finalizers: Vec::new(),
            #[cfg(feature = "tokio")]
            runtime: None,
            _stays_on_its_thread: PhantomData,
        }
    }

    /// A host whose directory is `dir`.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn new(resource: &'static str, dir: PathBuf) -> Self {
        Self {
            resource,
            dir,
            children: Vec::new(),
            finalizers: Vec::new(),
            #[cfg(feature = "tokio")]
            runtime: None,
            _stays_on_its_thread: PhantomData,
        }
    }

    /// The name of the resource.
    #[must_use]
    pub fn resource(&self) -> &'static str {
        self.resource
    }

    /// A directory for sockets, data and configuration, this user's only,
    /// removed when the resource goes.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Starts a program that lives as long as the resource.
    ///
    /// It is ended with SIGTERM, then SIGKILL, and it dies with this process
    /// however that dies; so do its own descendants. Unless `command` says
    /// otherwise it reads from `/dev/null` and writes to the host's log. When
    /// it ends by itself, the resource counts as dead.
    ///
    /// # Errors
    ///
    /// What [`Command::spawn`] returns.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use std::process::Command;
    ///
    /// fn start_server(host: &mut shakedown::session::Host) -> shakedown::Result<String> {
    ///     let socket = host.dir().join("db.sock");
    ///     host.spawn(Command::new("mariadbd").arg("--socket").arg(&socket))?;
    ///     // ... wait until it answers
    ///     Ok(socket.display().to_string())
    /// }
    /// ```
    pub fn spawn(&mut self, command: &mut Command) -> io::Result<&mut Child> {
        #[cfg(target_os = "linux")]
        {
            command.env(super::launch::MARK, &self.mark);
            die_with_parent(command);
        }
        let child = command.spawn()?;
        self.children.push(Kept {
            name: command.get_program().to_string_lossy().into_owned(),
            child,
        });
        Ok(&mut self.children.last_mut().expect("pushed just now").child)
    }

    /// Keeps `value` until the resource goes, then drops it. The last value
    /// kept is dropped first.
    pub fn keep(&mut self, value: impl Sized + 'static) {
        self.on_teardown(move || drop(value));
    }

    /// Calls `finalizer` when the resource goes; the last one given is called
    /// first. It is not called when the host is killed: for what must happen
    /// even then, see [`record_cleanup`](Self::record_cleanup).
    pub fn on_teardown(&mut self, finalizer: impl FnOnce() + 'static) {
        self.finalizers.push(Box::new(finalizer));
    }

    /// Records a command that removes something outside of this process's
    /// children and directory, such as a lock in another service.
    ///
    /// It runs once, with the program looked up in `PATH` and its output in
    /// the log: when the resource goes, or, when the host's processes have all
    /// been killed, as soon as that is noticed, at the latest when the next
    /// host of any run starts. Only program and arguments are recorded.
    ///
    /// # Errors
    ///
    /// When it cannot be recorded, or is not UTF-8.
    pub fn record_cleanup(&mut self, command: &Command) -> io::Result<()> {
        let words: Option<Vec<&str>> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(std::ffi::OsStr::to_str)
            .collect();
        let words = words.ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("`{command:?}` is not UTF-8"),
            )
        })?;
        self.record_words(&words)
    }

    #[cfg(target_os = "linux")]
    fn record_words(&mut self, words: &[&str]) -> io::Result<()> {
        super::cleanup::append(&self.record, words)
    }

    /// Without a keeper, nobody could run it after a kill.
    #[cfg(not(target_os = "linux"))]
    fn record_words(&mut self, words: &[&str]) -> io::Result<()> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        self.on_teardown(move || {
            // Nobody is left to be told.
            let _ = Command::new(&words[0]).args(&words[1..]).status();
        });
        Ok(())
    }

    /// Records that the container `id` is to be removed with its volumes, by
    /// `docker rm`. To be called as soon as it is created.
    ///
    /// # Errors
    ///
    /// As [`record_cleanup`](Self::record_cleanup).
    pub fn record_container(&mut self, id: &str) -> io::Result<()> {
        self.record_cleanup(
            Command::new("docker")
                .args(["rm", "--force", "--volumes"])
                .arg(id),
        )
    }

    /// The first child that has ended by itself, and how.
    pub(super) fn ended_child(&mut self) -> Option<String> {
        self.children.iter_mut().find_map(|kept| {
            let status = kept.child.try_wait().ok().flatten()?;
            Some(format!("its child `{}` ended: {status}", kept.name))
        })
    }

    /// Process ids and names of the children.
    #[cfg(target_os = "linux")]
    pub(super) fn children(&self) -> Vec<(u32, String)> {
        self.children
            .iter()
            .map(|kept| (kept.child.id(), kept.name.clone()))
            .collect()
    }

    /// Waits for the end. With a runtime, `runtime.rs` has what runs it
    /// meanwhile.
    #[cfg(not(feature = "tokio"))]
    pub(super) fn serve_until<E>(&mut self, wait: impl FnOnce() -> E) -> E {
        wait()
    }

    /// Takes everything down, the last thing started first.
    pub(super) fn tear_down(&mut self) {
        #[cfg(feature = "tokio")]
        let runtime = self.runtime.take();
        #[cfg(feature = "tokio")]
        let _entered = runtime.as_ref().map(tokio::runtime::Runtime::enter);
        while let Some(finalizer) = self.finalizers.pop() {
            // A panic is in the log through the panic hook; the rest must run.
            let _ = catch_unwind(AssertUnwindSafe(finalizer));
        }
        self.end_children();
    }

    fn end_children(&mut self) {
        for kept in &mut self.children {
            terminate(&mut kept.child);
        }
        let since = Instant::now();
        while let Some(kept) = self.children.last_mut() {
            match kept.child.try_wait() {
                Ok(None) if since.elapsed() < CHILD_GRACE => pause(),
                Ok(None) => {
                    let _ = kept.child.kill();
                    let _ = kept.child.wait();
                }
                _ => drop(self.children.pop()),
            }
        }
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("resource", &self.resource)
            .field("dir", &self.dir)
            .field("children", &self.children.len())
            .finish_non_exhaustive()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the wait for several children at once, bounded by CHILD_GRACE"
)]
fn pause() {
    std::thread::sleep(CHILD_INTERVAL);
}

#[cfg(unix)]
fn terminate(child: &mut Child) {
    let id = i32::try_from(child.id()).expect("process ids are positive `pid_t`s");
    if matches!(child.try_wait(), Ok(None)) {
        // SAFETY: plain system call; the child is not reaped, so the id is its.
        unsafe { libc::kill(id, libc::SIGTERM) };
    }
}

#[cfg(not(unix))]
fn terminate(child: &mut Child) {
    let _ = child.kill();
}

/// Lets the child be killed when the thread that spawned it ends.
#[cfg(target_os = "linux")]
fn die_with_parent(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    // SAFETY: `getpid` has no preconditions.
    let parent = unsafe { libc::getpid() };
    // SAFETY: only async-signal-safe calls between fork and exec.
    unsafe {
        command.pre_exec(move || {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            if libc::getppid() != parent {
                return Err(io::Error::from_raw_os_error(libc::ESRCH));
            }
            Ok(())
        });
    }
}
