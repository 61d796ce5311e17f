//! Two builds against each other: `cargo shakedown gate --base`, and a build
//! against itself: `cargo shakedown calibrate`.

use clap::Args;

use super::bench::Which;
use super::contest::{Build, Contest, NotRun};
use super::gate::{GateFormat, GateOptions, write};
use super::{Error, Exit, Output};
use crate::story::plot::escaped;
use crate::workbook::{
    Decision, Duel, Missing, Noise, Outcome, Phase, RigWatch, Side, latest_noise, now, settle,
    write_noise,
};

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

/// A phase, and what came of its duel.
type Fought<'a> = (&'a Phase, Result<Outcome, Missing>);

pub(super) fn against(
    options: &GateOptions,
    base: &str,
    output: &mut Output,
) -> Result<Exit, Error> {
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
    let mut fought: Vec<Fought<'_>> = Vec::new();
    let mut failure = None;
    for phase in &phases {
        if let Some(missing) = contest.refuses(phase) {
            fought.push((phase, Err(missing)));
            continue;
        }
        let samples = options.samples.unwrap_or(phase.quick_samples);
        let duel = Duel::new(phase.tolerance, phases.len());
        output.talk(&format!("{}: runs of {samples} samples", phase.name));
        let outcome = duel.run(|side| contest.run(side, phase, samples));
        fought.push((
            phase,
            outcome.map_err(|not_run| match not_run {
                NotRun::Missing(reason) => Missing::of(&phase.name, &reason),
                NotRun::Failed(error) => {
                    output.talk(&format!("error: {error}"));
                    failure.get_or_insert(Exit::from(&error));
                    Missing::of(&phase.name, "it failed")
                }
            }),
        ));
    }
    let mut outcomes: Vec<Outcome> = fought
        .iter()
        .filter_map(|(_, outcome)| outcome.clone().ok())
        .collect();
    settle(&mut outcomes);
    let decided = fought.iter_mut().filter_map(|(_, of)| of.as_mut().ok());
    for (outcome, settled) in decided.zip(outcomes) {
        *outcome = settled;
    }
    output.data(&duels(&fought, options.format))?;
    if let Some(path) = &options.junit {
        write(path, &junit(&fought))?;
    }
    let fails = fought
        .iter()
        .any(|(_, of)| of.as_ref().is_ok_and(|of| of.decision == Decision::Fail));
    Ok(match failure {
        _ if fails => Exit::Findings,
        Some(exit) => exit,
        None => Exit::Fine,
    })
}

/// The change that a duel found, in a sentence.
fn change(phase: &Phase, of: &Outcome) -> String {
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
    sentence
}

/// A JUnit document: a case a phase, skipped where no duel was fought.
fn junit(fought: &[Fought<'_>]) -> String {
    let count = |wanted: fn(&Result<Outcome, Missing>) -> bool| {
        fought.iter().filter(|(_, of)| wanted(of)).count()
    };
    let tests = fought.len();
    let failures = count(|of| of.as_ref().is_ok_and(|of| of.decision == Decision::Fail));
    let skipped = count(Result::is_err);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"shakedown gate\" tests=\"{tests}\" failures=\"{failures}\">\n\
         <testsuite name=\"phases against a base\" tests=\"{tests}\" failures=\"{failures}\" \
         skipped=\"{skipped}\">\n"
    );
    for (phase, outcome) in fought {
        let inner = match outcome {
            Ok(of) => {
                let sentence = escaped(&change(phase, of));
                if of.decision == Decision::Fail {
                    format!("<failure message=\"{sentence}\" type=\"regression\"/>")
                } else {
                    format!("<system-out>{sentence}</system-out>")
                }
            }
            Err(missing) => format!("<skipped message=\"{}\"/>", escaped(&missing.reason)),
        };
        text.push_str(&format!(
            "<testcase classname=\"phase\" name=\"{}\">{inner}</testcase>\n",
            escaped(&phase.name)
        ));
    }
    text.push_str("</testsuite>\n</testsuites>\n");
    text
}

fn duels(fought: &[Fought<'_>], format: GateFormat) -> String {
    let mut text = String::new();
    for (phase, outcome) in fought {
        let of = match outcome {
            Ok(of) => of,
            Err(missing) => {
                match format {
                    GateFormat::Human => {
                        text.push_str(&format!("none   {}: {}\n", phase.name, missing.reason));
                    }
                    GateFormat::Github => text.push_str(&format!(
                        "::warning title=phase {}::not compared: {}\n",
                        phase.name,
                        missing.reason.replace('%', "%25")
                    )),
                }
                continue;
            }
        };
        let sentence = change(phase, of);
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
        let mut failed = None;
        for pair in 0..options.pairs {
            let order = if pair % 2 == 0 {
                [Side::Base, Side::New]
            } else {
                [Side::New, Side::Base]
            };
            let mut both = || {
                let first = contest.run(order[0], phase, samples)?;
                Ok::<_, NotRun>((first, contest.run(order[1], phase, samples)?))
            };
            match both() {
                Ok((first, second)) if order[0] == Side::Base => pairs.push((first, second)),
                Ok((first, second)) => pairs.push((second, first)),
                Err(not_run) => {
                    failed = Some(not_run);
                    break;
                }
            }
        }
        match failed {
            None => {}
            Some(NotRun::Missing(reason)) => {
                output.talk(&format!("{}: not calibrated: {reason}", phase.name));
                continue;
            }
            Some(NotRun::Failed(error)) => return Err(error),
        }
        // As many as a gate of this configuration judges together.
        let tightest = Duel::new(phase.tolerance, settings.phases.len()).tightest(&pairs);
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
