//! `cargo shakedown gate` and `cargo shakedown calibrate`.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::bench::Which;
use super::contest::{Build, Contest};
use super::{Error, Exit, Output};
use crate::workbook::{
    Artifact, Decision, Duel, GateReport, Noise, Outcome, Phase, RigWatch, Settings, Side, latest,
    latest_noise, now, settle, write_noise,
};

/// Judge the latest measurements, or this build against another.
///
/// Without --base: a hard phase above its limit (3 x target) fails, a soft one
/// warns and gets a ticket; between target and limit both warn. With --base:
/// interleaved runs of both builds until they decide; a phase fails when it is
/// surely slower than its tolerance, relative and absolute both. Exits with 100
/// when the gate fails.
#[derive(Debug, Args)]
pub(crate) struct GateOptions {
    #[command(flatten)]
    which: Which,

    /// The artifact to judge [default: the latest]
    #[arg(long, value_name = "FILE", conflicts_with = "base")]
    artifact: Option<PathBuf>,

    /// Compare with the build of this revision, or with that of this artifact
    #[arg(long, value_name = "REV|FILE")]
    base: Option<String>,

    /// Samples of each run against a base [default: the phase's quick-samples]
    #[arg(long, value_name = "N", requires = "base", value_parser = clap::value_parser!(u64).range(1..))]
    samples: Option<u64>,

    /// How to print
    #[arg(long, value_enum, default_value_t = GateFormat::Human)]
    format: GateFormat,

    /// Also write a JUnit document here
    #[arg(long, value_name = "FILE", conflicts_with = "base")]
    junit: Option<PathBuf>,

    /// Where tickets for soft breaches are written [default: tickets/ in the archive]
    #[arg(long, value_name = "DIR", conflicts_with = "base")]
    tickets: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GateFormat {
    /// A line a phase
    Human,
    /// Annotations of a GitHub workflow
    Github,
}

/// Run each phase against itself, and refuse tolerances tighter than the noise.
///
/// Takes pairs of runs of this one build and says how large a change must be to
/// be told from nothing here. Exits with 100 when a phase's tolerance is tighter
/// than that; `gate --base` refuses such phases on this machine from then on.
#[derive(Debug, Args)]
pub(crate) struct CalibrateOptions {
    #[command(flatten)]
    which: Which,

    /// Pairs of runs of each phase
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u64).range(4..=200))]
    pairs: u64,

    /// Samples of each run [default: the phase's quick-samples]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    samples: Option<u64>,
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
        None => latest(&settings.archive())?.1,
    };
    if !options.which.phase.is_empty() {
        let wanted = |name: &str| chosen.iter().any(|phase| phase.name == name);
        artifact.phases.retain(|of| wanted(&of.phase));
        artifact.missing.retain(|of| wanted(&of.phase));
    }
    let report = GateReport::of(&artifact);
    if report.phases.is_empty() {
        output.talk("the artifact holds none of these phases: nothing was judged");
        return Ok(Exit::Findings);
    }
    output.data(&match options.format {
        GateFormat::Human => report.human(),
        GateFormat::Github => report.github(),
    })?;
    if let Some(path) = &options.junit {
        write(path, &report.junit())?;
    }
    let tickets = options
        .tickets
        .clone()
        .unwrap_or_else(|| settings.archive().join("tickets"));
    for (name, text) in report.tickets() {
        let path = tickets.join(name);
        if path.exists() {
            output.talk(&format!("ticket {} stands", path.display()));
        } else {
            write(&path, &text)?;
            output.talk(&format!("wrote ticket {}", path.display()));
        }
    }
    Ok(if report.fails() {
        Exit::Findings
    } else {
        Exit::Fine
    })
}

fn against(options: &GateOptions, base: &str, output: &mut Output) -> Result<Exit, Error> {
    let (settings, mut phases) = options.which.read()?;
    if let Some(noise) = latest_noise(&settings.archive(), &RigWatch::start().finish())? {
        phases.retain(|phase| match noise.refuses(phase) {
            None => true,
            Some(reason) => {
                output.talk(&format!("{}: not gated: {reason}", phase.name));
                false
            }
        });
    }
    if phases.is_empty() {
        output.talk("no phase is left to gate");
        return Ok(Exit::Findings);
    }
    let new = Build::here(&settings, output)?;
    let base = Build::of_base(&settings, base, output)?;
    let mut contest = Contest::new(base, new);
    let mut outcomes = Vec::new();
    for phase in &phases {
        let samples = options.samples.unwrap_or(phase.quick_samples);
        let duel = Duel::new(phase.tolerance, phases.len());
        output.talk(&format!("{}: runs of {samples} samples", phase.name));
        outcomes.push(duel.run(|side| contest.run(side, phase, samples))?);
    }
    settle(&mut outcomes);
    output.data(&duels(&phases, &outcomes, options.format))?;
    let fails = outcomes.iter().any(|of| of.decision == Decision::Fail);
    Ok(if fails { Exit::Findings } else { Exit::Fine })
}

fn duels(phases: &[Phase], outcomes: &[Outcome], format: GateFormat) -> String {
    let mut text = String::new();
    for (phase, of) in phases.iter().zip(outcomes) {
        let percent = |share: f64| format!("{:+.1}%", 100.0 * share);
        let mut sentence = format!(
            "P95 {} ({} to {}) over {} pairs, tolerance {}",
            percent(of.change),
            percent(of.low),
            percent(of.high),
            of.pairs,
            percent(phase.tolerance.relative),
        );
        if of.decision == Decision::Inconclusive {
            sentence.push_str(&format!(
                "; inconclusive: a change of {} would have been seen",
                percent(of.detectable)
            ));
        }
        match (format, of.decision) {
            (GateFormat::Human, _) => {
                text.push_str(&format!(
                    "{:6} {}: {sentence}\n",
                    of.decision.word(),
                    phase.name
                ));
            }
            (GateFormat::Github, Decision::Pass) => {}
            (GateFormat::Github, decision) => {
                let level = if decision == Decision::Fail {
                    "error"
                } else {
                    "warning"
                };
                let sentence = sentence.replace('%', "%25");
                text.push_str(&format!(
                    "::{level} title=phase {}::{sentence}\n",
                    phase.name
                ));
            }
        }
    }
    text
}

pub(super) fn calibrate(options: &CalibrateOptions, output: &mut Output) -> Result<Exit, Error> {
    let (settings, phases) = options.which.read()?;
    let build = Build::here(&settings, output)?;
    let mut contest = Contest::new(build.clone(), build);
    let watch = RigWatch::start();
    let mut noises = Vec::new();
    for phase in &phases {
        let samples = options.samples.unwrap_or(phase.quick_samples);
        output.talk(&format!(
            "{}: {} pairs of {samples} samples",
            phase.name, options.pairs
        ));
        let mut pairs = Vec::new();
        for _ in 0..options.pairs {
            let one = contest.run(Side::Base, phase, samples)?;
            pairs.push((one, contest.run(Side::New, phase, samples)?));
        }
        let tightest = Duel::new(phase.tolerance, phases.len()).tightest(&pairs);
        noises.push((phase.name.clone(), tightest));
    }
    let noise = Noise::new(now(), watch.finish(), noises);
    let mut refused = false;
    let mut text = String::new();
    for phase in &phases {
        let verdict = noise.refuses(phase);
        refused |= verdict.is_some();
        text.push_str(&format!(
            "{:6} {}: {}\n",
            if verdict.is_some() { "REFUSE" } else { "ok" },
            phase.name,
            verdict.unwrap_or_else(|| noise.phrase(phase)),
        ));
    }
    output.data(&text)?;
    let path = write_noise(&noise, &settings.archive())?;
    output.talk(&format!("wrote {}", path.display()));
    Ok(if refused { Exit::Findings } else { Exit::Fine })
}

/// Writes a file whole, in a directory that is made.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Error> {
    let place = || {
        let directory = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let directory = directory.unwrap_or_else(|| Path::new("."));
        std::fs::create_dir_all(directory)?;
        let mut file = tempfile::Builder::new()
            .prefix(".shakedown-")
            .permissions(std::fs::Permissions::from_mode(0o644))
            .tempfile_in(directory)?;
        file.write_all(text.as_bytes())?;
        file.persist(path)?;
        Ok::<_, std::io::Error>(())
    };
    place().map_err(|source| {
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
