//! What can go wrong while profiling, and what to type next.

use std::io;
use std::path::PathBuf;

use super::{CallgrindError, DhatError, Tool};

/// An error of a profiler.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The program that measures is missing.
    #[error("`{}` is not on PATH", tool.name())]
    NoTool {
        /// Which one.
        tool: Tool,
    },
    /// None of the programs that could measure is here.
    #[error("neither `{}` nor `{}` is on PATH", first.name(), second.name())]
    NoTools {
        /// The better one.
        first: Tool,
        /// The other.
        second: Tool,
    },
    /// There is no such process.
    #[error("there is no process {pid}")]
    NoProcess {
        /// The one asked for.
        pid: u32,
    },
    /// The process may not be looked at.
    #[error("process {pid} may not be profiled: {reason}")]
    Denied {
        /// The process.
        pid: u32,
        /// Why, as far as the system says.
        reason: String,
        /// What to change.
        help: String,
    },
    /// The kernel lets nobody here sample.
    #[error("perf may not sample here: {reason}")]
    MayNotSample {
        /// Why, as far as the system says.
        reason: String,
        /// What to change.
        help: String,
    },
    /// A load test was run to be sampled, and left no samples.
    #[error("nothing was sampled: there is no new flame graph in `{}`", directory.display())]
    NothingSampled {
        /// Where runs are archived.
        directory: PathBuf,
    },
    /// The process ended before it was seen once.
    #[error("process {pid} ended before a sample was taken")]
    Ended {
        /// The process.
        pid: u32,
    },
    /// The program to profile is missing.
    #[error("there is no program `{program}`")]
    NoProgram {
        /// As it was given.
        program: String,
    },
    /// A tool could not be started.
    #[error("cannot run `{command}`")]
    Spawn {
        /// The command line.
        command: String,
        /// Why not.
        source: io::Error,
    },
    /// A tool failed.
    #[error("`{command}` failed ({status}){}", said(text))]
    Failed {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
        /// What it said.
        text: String,
    },
    /// What a tool wrote was not understood.
    #[error("cannot read what {tool} wrote: {cause}")]
    Output {
        /// Which tool.
        tool: &'static str,
        /// What is wrong.
        cause: String,
    },
    /// A file could not be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is no such artefact yet.
    #[error("no {kind} profile in `{}`", directory.display())]
    NoArtefact {
        /// What was looked for.
        kind: &'static str,
        /// Where.
        directory: PathBuf,
    },
}

impl From<DhatError> for ProfileError {
    fn from(error: DhatError) -> Self {
        Self::Output {
            tool: "dhat",
            cause: error.to_string(),
        }
    }
}

impl From<CallgrindError> for ProfileError {
    fn from(error: CallgrindError) -> Self {
        Self::Output {
            tool: "callgrind",
            cause: error.to_string(),
        }
    }
}

impl ProfileError {
    /// Something the user can type or change next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoTool { tool } => Some(tool.install().to_owned()),
            Self::NoTools { first, second } => {
                Some(format!("{}, or {}", first.install(), second.install()))
            }
            Self::NoProcess { .. } => Some("which are there: ps -e -o pid,user,args".to_owned()),
            Self::Denied { help, .. } | Self::MayNotSample { help, .. } => Some(help.clone()),
            Self::NothingSampled { .. } => Some(
                "a run is sampled when its test names the server (`Stress::server_pid`), on this \
                 machine and not in `STRESS_HOST`, and archives the run (`Run::archive`); what else \
                 went wrong stands among the lines of the run"
                    .to_owned(),
            ),
            Self::Ended { .. } => Some(
                "start it from here, so that its whole life is seen: cargo shakedown profile run -- PROGRAM"
                    .to_owned(),
            ),
            Self::NoProgram { .. } => Some(
                "give its path, such as target/release/NAME, behind `--`".to_owned(),
            ),
            Self::NoArtefact { kind, .. } => Some(match *kind {
                "request" => "mount `shakedown_lens::RequestProfiler` and send a request; \
                              `--requests DIR` says where the service writes its pages"
                    .to_owned(),
                "attach" => "make one: cargo shakedown profile attach --pid PID".to_owned(),
                kind => format!("make one: cargo shakedown profile {kind} -- PROGRAM"),
            }),
            Self::Spawn { .. }
            | Self::Failed { .. }
            | Self::Output { .. }
            | Self::Read { .. }
            | Self::Write { .. } => None,
        }
    }
}

/// The last lines of what a tool said, below its command.
fn said(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    let last = &lines[lines.len().saturating_sub(8)..];
    last.iter().map(|line| format!("\n  | {line}")).collect()
}
