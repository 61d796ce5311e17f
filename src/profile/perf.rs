//! Samples by `perf record`: a clock on each processor, which needs no hardware
//! counters, so that it works in virtual machines too.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{
    Binary, PerfSample, ProfileError, Target, Tool, Watched, perf_script, target, tool, wait,
};

/// How callers of a sampled instruction are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallGraph {
    /// By frame pointers: cheap, but only of programs built with them.
    FramePointers,
    /// By debug information, from a copy of the stack's top: works with any
    /// program that has unwind tables, and costs a copy a sample.
    Dwarf,
}

/// How long perf may take to begin.
const TO_BEGIN: Duration = Duration::from_secs(10);
/// Bytes of stack that are copied a sample; callers beyond are lost.
const STACK_COPY: u32 = 16_384;

impl CallGraph {
    /// The way that suits `program`, by what its functions begin with.
    #[must_use]
    pub fn suited_to(program: &Path) -> Self {
        match Binary::read(program) {
            Ok(binary) if binary.has_frame_pointers() => Self::FramePointers,
            _ => Self::Dwarf,
        }
    }

    /// Samples a second that are affordable: 999 (never in step with what runs
    /// each millisecond), or 199 where each copies the stack.
    #[must_use]
    pub fn usual_hertz(self) -> u32 {
        match self {
            Self::FramePointers => 999,
            Self::Dwarf => 199,
        }
    }

    fn argument(self) -> String {
        match self {
            Self::FramePointers => "fp".to_owned(),
            Self::Dwarf => format!("dwarf,{STACK_COPY}"),
        }
    }

    /// What a reader of the result must know of it.
    #[must_use]
    pub fn caveat(self) -> &'static str {
        match self {
            Self::FramePointers => {
                "Callers were found by frame pointers: code built without them (parts of the C \
                 library, assembly) hides its caller."
            }
            Self::Dwarf => {
                "Callers were found in a copy of the top 16 KiB of the stack: those further out \
                 are missing, and such stacks start in the middle."
            }
        }
    }
}

impl fmt::Display for CallGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FramePointers => "frame pointers",
            Self::Dwarf => "DWARF",
        })
    }
}

/// How samples are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PerfOptions {
    /// Samples a second and processor; none for what suits the call graph.
    pub hertz: Option<u32>,
    /// How callers are found; none for what suits the program.
    pub call_graph: Option<CallGraph>,
    /// When to stop; none for when the program ends.
    pub duration: Option<Duration>,
}

impl PerfOptions {
    /// For `duration`, the rest as it suits the program.
    #[must_use]
    pub fn lasting(duration: Option<Duration>) -> Self {
        Self {
            hertz: None,
            call_graph: None,
            duration,
        }
    }
}

/// Samples being taken, or taken.
#[derive(Debug)]
#[must_use = "dropped, its samples are lost"]
pub struct PerfRecording {
    child: Child,
    command: String,
    directory: tempfile::TempDir,
    started: Instant,
    limit: Option<Duration>,
    /// The process, when it was running before.
    pid: Option<u32>,
    /// Samples a second and processor.
    pub hertz: u32,
    /// How callers are found.
    pub call_graph: CallGraph,
}

/// A finished recording.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) samples: Vec<PerfSample>,
    pub(super) lasted: Duration,
    /// Whether the program ended before its time.
    pub(super) ended: bool,
    pub(super) hertz: u32,
    pub(super) call_graph: CallGraph,
}

impl PerfRecording {
    /// Starts sampling a running process.
    ///
    /// # Errors
    ///
    /// `perf` is missing or does not start.
    pub fn attach(target: &Target, options: PerfOptions) -> Result<Self, ProfileError> {
        Self::start(options, &target.file(), Some(target.pid), &[])
    }

    /// Starts `command` and samples it. Its output goes where ours goes.
    ///
    /// # Errors
    ///
    /// `perf` is missing or does not start.
    pub fn launch(
        program: &Path,
        arguments: &[String],
        options: PerfOptions,
    ) -> Result<Self, ProfileError> {
        let mut line = vec!["--".to_owned(), program.to_string_lossy().into_owned()];
        line.extend_from_slice(arguments);
        Self::start(options, program, None, &line)
    }

    fn start(
        options: PerfOptions,
        program: &Path,
        pid: Option<u32>,
        line: &[String],
    ) -> Result<Self, ProfileError> {
        let perf = Tool::Perf.find()?;
        let call_graph = options
            .call_graph
            .unwrap_or_else(|| CallGraph::suited_to(program));
        let hertz = options.hertz.unwrap_or(call_graph.usual_hertz());
        let directory = tool::scratch()?;
        let said = directory.path().join("said");
        let create = |path: &PathBuf| {
            File::create(path).map_err(|source| ProfileError::Write {
                path: path.clone(),
                source,
            })
        };
        let mut command = Command::new(perf);
        command
            .args(["record", "-q", "-e", "cpu-clock", "-F", &hertz.to_string()])
            .args(["--call-graph", &call_graph.argument(), "-o"])
            .arg(directory.path().join("perf.data"));
        if let Some(pid) = pid {
            // Nothing of it but errors; a program that is started here talks as always.
            command.args(["-p", &pid.to_string()]).stdin(Stdio::null());
            command.stdout(Stdio::null()).stderr(create(&said)?);
        }
        command.args(line);
        Ok(Self {
            child: wait::start(&mut command)?,
            command: wait::shown(&command),
            directory,
            started: Instant::now(),
            limit: options.duration,
            pid,
            hertz,
            call_graph,
        })
    }

    /// Waits for the end, of time or of the program, and reads the samples.
    ///
    /// # Errors
    ///
    /// `perf` was refused or failed, or what it wrote cannot be read.
    pub(super) fn finish(mut self, watched: Watched<'_>) -> Result<Recorded, ProfileError> {
        let spawn = |source| ProfileError::Spawn {
            command: "perf".to_owned(),
            source,
        };
        self.wait_for_begin().map_err(spawn)?;
        let left = self
            .limit
            .map(|limit| limit.saturating_sub(self.started.elapsed()));
        let (status, itself) =
            wait::until(&mut self.child, left, libc::SIGINT, watched).map_err(spawn)?;
        let lasted = self.started.elapsed();
        let data = self.directory.path().join("perf.data");
        let said = std::fs::read_to_string(self.directory.path().join("said")).unwrap_or_default();
        let nothing = data.metadata().map_or(0, |data| data.len()) == 0;
        // Stopped by a signal, perf passes it on as its own end; what it wrote is whole.
        if itself && self.pid.is_some() && !status.success() || nothing {
            let pid = self.pid.unwrap_or_default();
            if target::is_refusal(&said) {
                return Err(target::refusal(pid, &said, Path::new("/")));
            }
            if self.pid.is_some_and(|pid| Target::of(pid).is_err()) && nothing {
                return Err(ProfileError::Ended { pid });
            }
            if self.pid.is_none() {
                // It talked to the terminal, as the program did: ask it once more.
                may_sample()?;
            }
            return Err(ProfileError::Failed {
                command: self.command.clone(),
                status: status.to_string(),
                text: said,
            });
        }
        Ok(Recorded {
            samples: read(&data)?,
            lasted,
            ended: itself,
            hertz: self.hertz,
            call_graph: self.call_graph,
        })
    }

    /// Waits until perf has opened its file, which it does before the first
    /// sample; time counts from then.
    fn wait_for_begin(&mut self) -> io::Result<()> {
        let data = self.directory.path().join("perf.data");
        let asked = self.started;
        while asked.elapsed() < TO_BEGIN
            && data.metadata().map_or(0, |data| data.len()) == 0
            && self.child.try_wait()?.is_none()
        {
            std::thread::park_timeout(Duration::from_millis(5));
            self.started = Instant::now();
        }
        Ok(())
    }

    /// Stops sampling now.
    pub(super) fn stop(mut self) -> Result<Recorded, ProfileError> {
        self.limit = Some(Duration::ZERO);
        self.finish(&mut |_| {})
    }
}

/// Whether perf may sample at all: a program of a moment, as a test.
///
/// # Errors
///
/// `perf` is missing; or was refused, by what and what to do.
pub fn may_sample() -> Result<(), ProfileError> {
    let spawn = |source| ProfileError::Spawn {
        command: "perf".to_owned(),
        source,
    };
    let data = tempfile::NamedTempFile::new().map_err(|source| ProfileError::Write {
        path: std::env::temp_dir(),
        source,
    })?;
    let mut command = Command::new(Tool::Perf.find()?);
    command
        .args(["record", "-q", "-e", "cpu-clock", "-o"])
        .arg(data.path())
        .args(["--", "true"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let output = command.output().map_err(spawn)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if target::is_refusal(&said) {
        return Err(target::refusal_to_start(&said, Path::new("/")));
    }
    Err(ProfileError::Failed {
        command: wait::shown(&command),
        status: output.status.to_string(),
        text: said,
    })
}

/// The samples in a file of `perf record`.
fn read(data: &Path) -> Result<Vec<PerfSample>, ProfileError> {
    let perf = Tool::Perf.find()?;
    let mut command = Command::new(perf);
    // Inlined frames are left out: for them perf starts a program for each address.
    command
        .args(["script", "--no-inline", "--no-demangle", "-F"])
        .args(["comm,pid,tid,time,ip,sym,dso", "-i"])
        .arg(data)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = wait::start(&mut command)?;
    let output = child.stdout.take();
    // What it says is read beside, so that neither pipe fills up.
    let complaints = child.stderr.take().map(|mut pipe| {
        std::thread::spawn(move || {
            let mut text = String::new();
            // Without its words the status still tells.
            drop(pipe.read_to_string(&mut text));
            text
        })
    });
    let samples = match output {
        Some(output) => perf_script(BufReader::new(output)),
        None => Ok(Vec::new()),
    };
    let status = child.wait().map_err(|source| ProfileError::Spawn {
        command: "perf script".to_owned(),
        source,
    })?;
    let said = complaints.and_then(|thread| thread.join().ok());
    if !status.success() {
        return Err(ProfileError::Failed {
            command: wait::shown(&command),
            status: status.to_string(),
            text: said.unwrap_or_default(),
        });
    }
    samples
}
