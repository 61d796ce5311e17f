//! `cargo shakedown bench`: measures phases and archives what it measured.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::gate::archive;
use super::phase_run::{Asked, Micros, Plan};
use super::{Error, Exit, Output};
use crate::workbook::{
    Artifact, Calibration, MOST_SAMPLES, Measurement, Phase, Revision, RigWatch, Settings, bars,
    calibration_us, judge, latest, micros, now, results, steps,
};

/// Measure phases and micro-benchmarks: results table, steps, histograms, and an artifact.
///
/// Phases stand in `.config/shakedown.toml`. What they start is built first (`build` of
/// `[workbook]`), then the bench tier; those that are Rust functions run as tests of it,
/// one after the other, and so do micro-benchmarks (`shakedown::micro!`); the others run
/// here. What was measured goes to `development/bench-artifacts/<date>/phase-stats.json`,
/// whole or not at all, and never over an earlier one. What is edited or committed
/// meanwhile makes the artifact one with changes; it is not measured, but for runs of
/// the stress tier, which nextest builds when their turn comes.
///
/// Ctrl-C ends what runs; what was measured before that is archived.
///
/// Exit codes: 0 all within their limits, 100 one is not, 2 usage or settings, 3 a build or
/// a phase failed, 4 input/output, 130 interrupted.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BenchOptions {
    #[command(subcommand)]
    show: Option<Action>,

    #[command(flatten)]
    which: Which,

    /// Only this micro-benchmark; may be given several times, and beside --phase
    #[arg(long, value_name = "NAME")]
    micro: Vec<String>,

    /// Samples of each phase [default: the phase's own]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST_SAMPLES))]
    samples: Option<u64>,

    /// Cargo's profile to build functions in [default: `cargo-profile` of `[workbook]`, release]
    #[arg(long, value_name = "PROFILE")]
    cargo_profile: Option<String>,

    /// Print only, archive nothing
    #[arg(long)]
    dry_run: bool,
}

/// Which phases, of which workspace.
#[derive(Debug, Clone, Args)]
pub(crate) struct Which {
    /// Only this phase; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) phase: Vec<String>,

    /// Where the phases stand [default: .config/shakedown.toml here or above]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show an artifact of any version
    Show {
        /// The artifact [default: the latest]
        #[arg(value_name = "FILE")]
        artifact: Option<PathBuf>,

        /// Where the phases stand [default: .config/shakedown.toml here or above]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// The settings in the file `config`, or in that of the workspace that the working
/// directory is in.
pub(crate) fn settings(config: Option<&Path>) -> Result<Settings, Error> {
    Ok(match config {
        // Absolute, since programs are run in the workspace.
        Some(file) => Settings::read(&std::path::absolute(file).unwrap_or_else(|_| file.into()))?,
        None => Settings::above(&std::env::current_dir().unwrap_or_else(|_| ".".into()))?,
    })
}

impl Which {
    /// The configuration and the phases that were chosen, in its order.
    pub(crate) fn read(&self) -> Result<(Settings, Vec<Phase>), Error> {
        let settings = settings(self.config.as_deref())?;
        for name in &self.phase {
            settings.phase(name)?;
        }
        let chosen = |phase: &&Phase| self.phase.is_empty() || self.phase.contains(&phase.name);
        let phases = settings.phases.iter().filter(chosen).cloned().collect();
        Ok((settings, phases))
    }
}

pub(super) fn run(options: &BenchOptions, output: &mut Output) -> Result<Exit, Error> {
    if let Some(Action::Show { artifact, config }) = &options.show {
        return show(artifact.as_deref(), config.as_deref(), output);
    }
    let (mut settings, mut phases) = options.which.read()?;
    if let Some(profile) = &options.cargo_profile {
        settings.page.cargo_profile.clone_from(profile);
    }
    if options.which.phase.is_empty() && !options.micro.is_empty() {
        phases.clear();
    }
    let micro = if options.micro.is_empty() {
        Micros::of_all(options.which.phase.is_empty(), settings.root(), &phases)
    } else {
        Micros::Named(&options.micro)
    };
    if phases.is_empty() && matches!(micro, Micros::None) {
        output.talk(
            "there is nothing to measure: phases stand in `[phase.NAME]` tables, micro-benchmarks \
             in `shakedown::micro!` of `tests/bench`",
        );
        return Ok(Exit::Usage);
    }
    let asked: Vec<Asked<'_>> = phases
        .iter()
        .map(|phase| Asked {
            phase,
            samples: options.samples.unwrap_or(phase.samples),
        })
        .collect();
    let revision = Revision::of_directory(settings.root());
    let plan = Plan::new(&settings, &asked, &micro, output)?;
    let started = now();
    let watch = RigWatch::start();
    let before = calibration_us();
    let measured = plan.measure(output);
    let revision = held(revision, &Revision::of_directory(settings.root()));
    let calibration = Calibration::of(before, calibration_us());
    let artifact = Artifact::new(
        started,
        now(),
        revision,
        watch.finish(),
        calibration,
        measured.phases,
        measured.missing,
    )
    .with_micro(measured.micro);
    output.data(&shown(&artifact))?;
    if artifact.phases.is_empty() && artifact.micro.is_empty() {
        output.talk("nothing was measured, so nothing is archived");
    } else if !options.dry_run {
        let path = artifact.write(&settings.archive())?;
        output.talk(&format!("wrote {}", path.display()));
    }
    if let Some(warning) = artifact.unsteady() {
        output.talk(&format!("warning: {warning}"));
    }
    for error in &measured.failed {
        output.show_error(error);
    }
    if let Some(error) = measured.failed.first() {
        return Ok(Exit::from(error));
    }
    let fails = artifact.phases.iter().any(|of| judge(of).fails());
    Ok(if fails { Exit::Findings } else { Exit::Fine })
}

/// What was measured: `before`, where nothing was edited or committed until `after`.
pub(super) fn held(before: Revision, after: &Revision) -> Revision {
    let dirty = before.dirty || before != *after;
    Revision::of(before.commit, dirty)
}

fn show(
    artifact: Option<&Path>,
    config: Option<&Path>,
    output: &mut Output,
) -> Result<Exit, Error> {
    let artifact = match artifact {
        Some(path) => Artifact::read(path)?,
        None => {
            let (path, artifact) = last(&settings(config)?, output)?;
            output.talk(&format!("{}", path.display()));
            artifact
        }
    };
    output.data(&shown(&artifact))?;
    Ok(Exit::Fine)
}

/// The latest artifact, and where it is. Tells of those that could not be read, of
/// which one may be later.
fn last(settings: &Settings, output: &mut Output) -> Result<(PathBuf, Artifact), Error> {
    match archive(settings, output)?.found.pop() {
        Some(last) => Ok(last),
        // With the reason why there is none.
        None => Ok(latest(&settings.archive())?),
    }
}

/// An artifact for a terminal.
fn shown(artifact: &Artifact) -> String {
    let mut text = heading(artifact);
    if !(artifact.phases.is_empty() && artifact.missing.is_empty()) {
        text.push_str(&results(&artifact.phases, &artifact.missing));
    }
    for of in &artifact.phases {
        text.push_str(&detail(of));
    }
    let micros = micros(&artifact.micro);
    if !micros.is_empty() && !artifact.phases.is_empty() {
        text.push('\n');
    }
    text + &micros
}

fn heading(artifact: &Artifact) -> String {
    let of = &artifact.rig.machine;
    let dirty = if artifact.revision.dirty {
        ", with changes that no commit holds"
    } else {
        ""
    };
    let mut text = format!(
        "{}, commit {}{dirty}\n{}\n",
        artifact.started,
        artifact.revision.commit,
        artifact.rig.phrase()
    );
    if let Some(calibration) = &artifact.calibration {
        text.push_str(&format!(
            "load {:.2} before, {:.2} after; busy {:.0}%, stolen {:.1}%; calibration {:.0} us, \
             {:+.1}% after\n",
            of.load_before,
            of.load_after,
            100.0 * of.busy_share,
            100.0 * of.steal_share,
            calibration.before_us,
            100.0 * calibration.drift(),
        ));
    }
    let mut builds: Vec<&str> = artifact
        .phases
        .iter()
        .map(|of| of.build.as_str())
        .filter(|build| !build.is_empty())
        .collect();
    builds.sort_unstable();
    builds.dedup();
    if !builds.is_empty() {
        text.push_str(&format!("functions built: {}\n", builds.join(", ")));
    }
    text.push('\n');
    text
}

fn detail(of: &Measurement) -> String {
    let mut text = format!("\n{}: {}\n", of.phase, judge(of).sentence(of));
    let steps = steps(of);
    if !steps.is_empty() {
        text.push_str(&steps);
    }
    text.push_str(&bars(of));
    text
}

#[cfg(test)]
mod tests {
    use super::{Revision, held};

    #[test]
    fn what_changes_while_it_is_measured_is_no_clean_commit() {
        let of = Revision::of;
        assert_eq!(held(of("a1", false), &of("a1", false)), of("a1", false));
        assert_eq!(held(of("a1", false), &of("a1", true)), of("a1", true));
        assert_eq!(held(of("a1", false), &of("b2", false)), of("a1", true));
        assert_eq!(held(of("a1", true), &of("a1", false)), of("a1", true));
    }
}
