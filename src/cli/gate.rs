//! `cargo shakedown gate`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::bench::Which;
use super::versus::against;
use super::{Error, Exit, Output};
use crate::workbook::{
    Archived, Artifact, GateReport, LOOKS, MOST_PAIRS, MOST_SAMPLES, Revision, Settings, archived,
    latest, merged,
};

/// Judge the latest measurements, or this build against another.
///
/// Without --base: the newest measurement of each phase at the latest commit and
/// machine. A hard phase above its limit (3 x target) fails, a soft one warns and
/// gets a ticket; between target and limit both warn. A hard phase that was not
/// measured fails.
///
/// With --base: interleaved runs of both builds until they decide. A hard phase
/// fails when it is surely slower than its tolerance, relative and absolute both,
/// and when it cannot be compared, unless the base does not have it; a soft one
/// that is slower warns and gets a ticket. The base is checked out and built below
/// target/shakedown/base, where the last two stay. `cargo shakedown calibrate`
/// comes first: it finds which tolerances the noise of this machine allows. A tighter
/// one needs more pairs (--pairs), or a quieter machine.
///
/// Each change is printed with the interval that decided: the truth lies below it
/// one time in 100 x phases, and above it one time in 100.
///
/// Exit codes: 0 the gate holds, with warnings or undecided; 100 it fails, or there
/// was nothing to judge; 2 usage or settings; 3 a build, git or a soft phase
/// failed; 4 input/output; 130 interrupted.
#[derive(Debug, Args)]
pub(crate) struct GateOptions {
    #[command(flatten)]
    pub(super) which: Which,

    /// The artifact to judge [default: the newest of each phase]
    #[arg(long, value_name = "FILE", conflicts_with = "base")]
    artifact: Option<PathBuf>,

    /// Compare with the build of this revision, or with that of this artifact
    #[arg(long, value_name = "REV|FILE")]
    pub(super) base: Option<String>,

    /// Samples of each run against a base [default: the phase's quick-samples]
    #[arg(long, value_name = "N", requires = "base", value_parser = clap::value_parser!(u64).range(1..=MOST_SAMPLES))]
    pub(super) samples: Option<u64>,

    /// Pairs of runs of each phase at most, where fewer do not decide [default: 32]
    #[arg(long, value_name = "N", requires = "base", value_parser = clap::value_parser!(u64).range(PAIRS as u64..=MOST_PAIRS as u64))]
    pairs: Option<u64>,

    /// How to print
    #[arg(long, value_enum, default_value_t = GateFormat::Human)]
    pub(super) format: GateFormat,

    /// Also write a JUnit document here
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,

    /// Where tickets for soft breaches are written [default: tickets/ in the archive]
    #[arg(long, value_name = "DIR")]
    tickets: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum GateFormat {
    /// A line a phase
    Human,
    /// Annotations of a GitHub workflow
    Github,
}

/// Pairs of runs at most, where nothing else is asked for.
pub(super) const PAIRS: usize = LOOKS[LOOKS.len() - 1];

impl GateOptions {
    /// Pairs of runs of each phase at most.
    pub(super) fn pairs(&self) -> usize {
        let asked = self.pairs.and_then(|pairs| usize::try_from(pairs).ok());
        asked.unwrap_or(PAIRS)
    }
}

pub(super) fn run(options: &GateOptions, output: &mut Output) -> Result<Exit, Error> {
    match &options.base {
        None => judge_artifact(options, output),
        Some(base) => against(options, base, output),
    }
}

fn judge_artifact(options: &GateOptions, output: &mut Output) -> Result<Exit, Error> {
    let (settings, chosen) = options.which.read()?;
    let mut artifact = match &options.artifact {
        Some(path) => Artifact::read(path)?,
        None => newest(&settings, output)?,
    };
    if !options.which.phase.is_empty() {
        let wanted = |name: &str| chosen.iter().any(|phase| phase.name == name);
        artifact.phases.retain(|of| wanted(&of.phase));
        artifact.missing.retain(|of| wanted(&of.phase));
    }
    let report = GateReport::expecting(&artifact, &chosen);
    output.talk(&format!(
        "measured {} at commit {}{}",
        artifact.started,
        artifact.revision.commit,
        artifact.revision.with_changes()
    ));
    if let Some(warning) = older(&artifact, settings.root()) {
        output.talk(&format!("warning: {warning}"));
    }
    if let Some(warning) = artifact.unsteady() {
        output.talk(&format!("warning: {warning}"));
    }
    let doubts = [report.outdated(&chosen), report.sparse(&chosen)];
    for sentence in doubts.concat() {
        output.talk(&format!("warning: {sentence}"));
    }
    output.data(&match options.format {
        GateFormat::Human => report.human(),
        GateFormat::Github => report.github(),
    })?;
    if let Some(path) = &options.junit {
        write(path, &report.junit())?;
    }
    write_tickets(options, &settings, report.tickets(), output)?;
    let nothing = report.phases.is_empty();
    if nothing {
        output.talk("the artifact holds none of these phases: nothing was judged");
    }
    Ok(if nothing || report.fails() {
        Exit::Findings
    } else {
        Exit::Fine
    })
}

/// The newest measurement of each phase at the latest commit and machine. Tells what
/// could not be read.
pub(super) fn newest(settings: &Settings, output: &mut Output) -> Result<Artifact, Error> {
    let artifacts = artifacts(settings, output)?;
    match merged(&artifacts, &settings.phases) {
        Some(artifact) => Ok(artifact),
        // With the reason why there is none.
        None => Ok(latest(&settings.archive())?.1),
    }
}

/// All artifacts, oldest first. Tells what could not be read.
pub(super) fn artifacts(settings: &Settings, output: &mut Output) -> Result<Vec<Artifact>, Error> {
    archive(settings, output).map(Archived::artifacts)
}

/// What is archived. Tells what could not be read.
pub(super) fn archive(settings: &Settings, output: &mut Output) -> Result<Archived, Error> {
    let all = archived(&settings.archive())?;
    for error in &all.unreadable {
        output.talk(&format!("warning: {error}"));
    }
    Ok(all)
}

/// Writes tickets, each once.
pub(super) fn write_tickets(
    options: &GateOptions,
    settings: &Settings,
    tickets: Vec<(String, String)>,
    output: &mut Output,
) -> Result<(), Error> {
    let given = options.tickets.clone();
    let directory = given.unwrap_or_else(|| settings.archive().join("tickets"));
    for (name, text) in tickets {
        let path = directory.join(name);
        if path.exists() {
            output.talk(&format!("ticket {} stands", path.display()));
        } else {
            write(&path, &text)?;
            output.talk(&format!("wrote ticket {}", path.display()));
        }
    }
    Ok(())
}

/// A warning where the artifact is not of the code that is checked out.
fn older(artifact: &Artifact, root: &Path) -> Option<String> {
    let here = Revision::of_directory(root);
    let measured = &artifact.revision;
    let same =
        here.commit.starts_with(&measured.commit) || measured.commit.starts_with(&here.commit);
    match (same, here.dirty && !measured.dirty) {
        (true, false) => None,
        (true, true) => Some(
            "the checkout has changes that were not measured: `cargo shakedown bench` measures them"
                .to_owned(),
        ),
        (false, _) => Some(format!(
            "the checkout is at {}: `cargo shakedown bench` measures it",
            here.commit
        )),
    }
}

/// Writes a file whole, in a directory that is made.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Error> {
    crate::whole_file::replace(path, text).map_err(|source| {
        Error::Workbook(crate::workbook::WorkbookError::Write {
            path: path.to_owned(),
            source,
        })
    })
}

/// The workspace that a contest's builds are of.
pub(super) fn root(settings: &Settings) -> PathBuf {
    let root = settings.root();
    root.canonicalize().unwrap_or_else(|_| root.to_owned())
}
