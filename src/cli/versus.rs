//! Two builds against each other: `cargo shakedown gate --base`, and a build
//! against itself: `cargo shakedown calibrate`.

use std::path::PathBuf;

use clap::Args;

use super::base::Base;
use super::bench::{Which, held};
use super::bench_tier::NotRun;
use super::contest::{Build, Contest};
use super::gate::{GateFormat, GateOptions, PAIRS, write, write_tickets};
use super::{Error, Exit, Output};
use crate::interrupt;
use crate::workbook::{
    Compared, Duel, DuelReport, Level, MOST_SAMPLES, Noise, NotCompared, Outcome, Phase, Revision,
    RigWatch, Settings, Side, latest_noise, now, settle, write_noise,
};

/// Run each phase against itself, and refuse tolerances tighter than the noise.
///
/// Takes pairs of runs of this one build and says how large a change must be to
/// be told from nothing here. Exits with 100 when a phase's tolerance is tighter
/// than that; `gate --base` refuses such phases on this machine from then on. A
/// phase that fails is told (exit code 3 or 4), and what was found of the others is kept,
/// as it is after Ctrl-C (130).
#[derive(Debug, Args)]
pub(crate) struct CalibrateOptions {
    #[command(flatten)]
    which: Which,

    /// Pairs of runs of each phase
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u64).range(4..=200))]
    pairs: u64,

    /// Samples of each run [default: the phase's quick-samples]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST_SAMPLES))]
    samples: Option<u64>,
}

pub(super) fn against(
    options: &GateOptions,
    base: &str,
    output: &mut Output,
) -> Result<Exit, Error> {
    let (settings, phases) = options.which.read()?;
    if phases.is_empty() {
        output.talk("there is no phase to gate");
        return Ok(Exit::Findings);
    }
    let samples = |phase: &Phase| options.samples.unwrap_or(phase.quick_samples);
    let noise = known_noise(&settings, &phases, samples, output);
    let too_noisy = |phase: &Phase| {
        noise
            .as_ref()
            .and_then(|noise| noise.refuses(phase, options.pairs()))
    };
    let revision = Revision::of_directory(settings.root());
    let base = Base::check_out(&settings, base, output)?;
    // What the base does not have is not compared, however noisy it is.
    let known = |phase: &Phase| match base.lacks(phase) {
        true => Some(NotCompared::New),
        false => too_noisy(phase).map(NotCompared::Refused),
    };
    let open: Vec<Phase> = phases
        .iter()
        .filter(|phase| known(phase).is_none())
        .cloned()
        .collect();
    let mut contest = contest(&settings, &base, &open, output)?;
    let mut compared: Vec<Compared> = Vec::new();
    let mut failure = None;
    let refusals: Vec<Option<NotCompared>> = phases
        .iter()
        .map(|phase| known(phase).or_else(|| contest.as_ref()?.refuses(phase)))
        .collect();
    let family = refusals.iter().filter(|refused| refused.is_none()).count();
    let mut fought = 0;
    for (phase, refused) in phases.iter().zip(refusals) {
        let outcome = match (refused, &mut contest) {
            (Some(refused), _) => Err(refused),
            (None, None) => unreachable!("a phase that is not refused is one to build for"),
            (None, Some(contest)) => {
                if interrupt::asked() {
                    return Err(Error::Interrupted);
                }
                fought += 1;
                let samples = samples(phase);
                let place = format!("phase {fought} of {family}: {}", phase.name);
                output.talk(&format!("{place}, runs of {samples} samples"));
                let duel = Duel::new(phase.tolerance, family).with_most_pairs(options.pairs());
                fight(contest, phase, samples, duel, &place, output)
                    .map_err(|not_run| not_compared(not_run, &mut failure, output))
            }
        };
        compared.push(Compared::new(phase.clone(), outcome));
    }
    if interrupt::asked() {
        return Err(Error::Interrupted);
    }
    settle_together(&mut compared);
    let after = Revision::of_directory(settings.root());
    if revision != after {
        output.talk(
            "warning: files were edited or committed meanwhile: what was built before is compared, \
             but runs of the stress tier are built when their turn comes",
        );
    }
    let report = DuelReport::new(compared, held(revision, &after), base.commit);
    output.data(&match options.format {
        GateFormat::Human => report.human(),
        GateFormat::Github => report.github(),
    })?;
    if let Some(path) = &options.junit {
        write(path, &report.junit())?;
    }
    write_tickets(options, &settings, report.tickets(), output)?;
    Ok(match failure {
        _ if report.fails() => Exit::Findings,
        Some(exit) => exit,
        None => Exit::Fine,
    })
}

/// Both builds, for the phases that are to be compared; none for none of them.
/// Building takes minutes, and what is refused is known before.
fn contest(
    settings: &Settings,
    base: &Base,
    open: &[Phase],
    output: &mut Output,
) -> Result<Option<Contest>, Error> {
    if open.is_empty() {
        output.talk("no phase can be compared, so nothing is built");
        return Ok(None);
    }
    let new = Build::of(settings, &settings.path, open, output)?;
    if interrupt::asked() {
        return Err(Error::Interrupted);
    }
    let old = Build::of(&base.settings, &settings.path, open, output)?;
    Contest::between(old, new).map(Some)
}

/// What is known of this machine's noise; says where nothing is, and where it is that
/// of runs of other `samples`.
fn known_noise(
    settings: &Settings,
    phases: &[Phase],
    samples: impl Fn(&Phase) -> u64,
    output: &mut Output,
) -> Option<Noise> {
    let known = latest_noise(&settings.archive(), &RigWatch::start().finish());
    for error in &known.unreadable {
        output.talk(&format!("warning: {error}"));
    }
    let noise = known.noise;
    for phase in phases {
        let samples = samples(phase);
        let other = noise
            .as_ref()
            .and_then(|of| of.other_samples(phase, samples));
        if let Some(other) = other {
            output.talk(&format!(
                "warning: {}: runs of {other} samples were calibrated, and these have {samples}: \
                 their noise is another",
                phase.name
            ));
        }
    }
    let unknown = |phase: &&Phase| !noise.as_ref().is_some_and(|noise| noise.knows(phase));
    let names: Vec<&str> = phases
        .iter()
        .filter(unknown)
        .map(|phase| phase.name.as_str())
        .collect();
    let what = match names.as_slice() {
        [] => return noise,
        _ if noise.is_none() => "this machine was not calibrated".to_owned(),
        names => format!("not calibrated on this machine: {}", names.join(", ")),
    };
    output.talk(&format!(
        "warning: {what}: `cargo shakedown calibrate` finds which tolerances its noise allows"
    ));
    noise
}

fn fight(
    contest: &mut Contest,
    phase: &Phase,
    samples: u64,
    duel: Duel,
    place: &str,
    output: &mut Output,
) -> Result<Outcome, NotRun> {
    let mut runs = 0;
    duel.run(|side| {
        runs += 1;
        output.progress(&format!("{place}: run {runs} of {} at most", 2 * duel.most));
        contest.run(side, phase, samples)
    })
}

fn not_compared(not_run: NotRun, failure: &mut Option<Exit>, output: &mut Output) -> NotCompared {
    match not_run {
        NotRun::Missing(reason) => NotCompared::Refused(reason),
        NotRun::Failed(error) => {
            if !interrupt::asked() {
                output.talk(&format!("error: {error}"));
            }
            failure.get_or_insert(Exit::from(&error));
            NotCompared::Refused("it failed".to_owned())
        }
    }
}

fn settle_together(compared: &mut [Compared]) {
    let mut outcomes: Vec<Outcome> = compared
        .iter()
        .filter_map(|of| of.outcome.clone().ok())
        .collect();
    settle(&mut outcomes);
    let decided = compared
        .iter_mut()
        .filter_map(|of| of.outcome.as_mut().ok());
    for (outcome, settled) in decided.zip(outcomes) {
        *outcome = settled;
    }
}

pub(super) fn calibrate(options: &CalibrateOptions, output: &mut Output) -> Result<Exit, Error> {
    let (settings, phases) = options.which.read()?;
    let build = Build::of(&settings, &settings.path, &phases, output)?;
    let mut contest = Contest::with_itself(build);
    let watch = RigWatch::start();
    let mut levels: Vec<(String, Level)> = Vec::new();
    let mut sizes: Vec<(String, u64)> = Vec::new();
    let mut failure = None;
    for (index, phase) in phases.iter().enumerate() {
        if interrupt::asked() {
            break;
        }
        let samples = options.samples.unwrap_or(phase.quick_samples);
        let place = format!("phase {} of {}: {}", index + 1, phases.len(), phase.name);
        output.talk(&format!(
            "{place}, {} pairs of {samples} samples",
            options.pairs
        ));
        match pairs(&mut contest, phase, samples, options.pairs, &place, output) {
            // As many as a gate of this configuration judges together.
            Ok(pairs) => {
                let duel = Duel::new(phase.tolerance, settings.phases.len());
                levels.push((phase.name.clone(), duel.level(&pairs)));
                sizes.push((phase.name.clone(), samples));
            }
            Err(NotRun::Missing(reason)) => {
                output.talk(&format!("{}: not calibrated: {reason}", phase.name));
            }
            Err(NotRun::Failed(_)) if interrupt::asked() => {}
            Err(NotRun::Failed(error)) => {
                output.talk(&format!("error: {error}"));
                failure.get_or_insert(Exit::from(&error));
            }
        }
    }
    let some = !levels.is_empty();
    let mut noise = Noise::new(now(), watch.finish(), levels);
    noise.samples.extend(sizes);
    output.data(&judged(&noise, &phases))?;
    if some {
        let path: PathBuf = write_noise(&noise, &settings.archive())?;
        output.talk(&format!("wrote {}", path.display()));
    } else {
        output.talk("no phase was calibrated, so nothing is archived");
    }
    let refused = phases
        .iter()
        .any(|phase| noise.refuses(phase, PAIRS).is_some());
    Ok(match failure {
        Some(exit) => exit,
        None if refused => Exit::Findings,
        None => Exit::Fine,
    })
}

/// Pairs of runs of a build and itself, in turn.
fn pairs(
    contest: &mut Contest,
    phase: &Phase,
    samples: u64,
    count: u64,
    place: &str,
    output: &mut Output,
) -> Result<Vec<(f64, f64)>, NotRun> {
    let mut pairs = Vec::new();
    for pair in 0..count {
        output.progress(&format!("{place}: pair {} of {count}", pair + 1));
        let (first, second) = if pair % 2 == 0 {
            (Side::Base, Side::New)
        } else {
            (Side::New, Side::Base)
        };
        let one = contest.run(first, phase, samples)?;
        let other = contest.run(second, phase, samples)?;
        pairs.push(if first == Side::Base {
            (one, other)
        } else {
            (other, one)
        });
    }
    Ok(pairs)
}

/// A line a phase: what the noise allows it.
fn judged(noise: &Noise, phases: &[Phase]) -> String {
    let line = |phase: &Phase| {
        let refused = noise.refuses(phase, PAIRS);
        let word = match &refused {
            Some(_) => "REFUSE",
            None if noise.knows(phase) => "ok",
            None => "none",
        };
        let says = refused.unwrap_or_else(|| noise.phrase(phase));
        format!("{word:6} {}: {says}\n", phase.name)
    };
    phases.iter().map(line).collect()
}
