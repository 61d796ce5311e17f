//! What the lenses cost the service: `make lens-costs`, half an hour on a machine
//! that does nothing else.
//!
//! Every round runs each set-up once, on a fresh server, in an order that turns from
//! round to round and is reversed in every second, so that what the machine does
//! meanwhile hits all alike. Changes are taken within a round, against the set-up
//! that the case names. `off` is measured twice a round: how much the two differ is
//! what the measurement cannot see.
//!
//! CPU is that of the server's process, user and system, over all requests of a run,
//! ramp included. Collector, perf and what heaptrack runs beside the server take
//! cores from both, which RPS and response times show.
//!
//! What was measured is archived (`tests/cost_report`); with `STRESS_LENS_PAGE=1` it
//! also goes into the page. Some of the set-ups are shown alone, and neither archived
//! nor put into the page. A limit that is broken fails the test, after that.
//!
//! | variable | default | |
//! |---|---|---|
//! | `STRESS_LENS_ROUNDS` | 3 | how often each set-up is run |
//! | `STRESS_LENS_CASES` | all | some of them, such as `off,all`; not archived |
//! | `STRESS_LENS_PAGE` | 0 | 1: the page shows what was measured |
//! | `STRESS_DECNET_PLAIN` | | decnet built without features, for `not-built` |

use std::path::Path;

use shakedown::fixtures::{env_guard, scratch};
use shakedown::profile::SERVER_VARIABLE;
use shakedown::stress::{Knobs, Machine, Run};
use shakedown::{Failure, Result};

use crate::cost_report::archive::{ROOT, write_new};
use crate::cost_report::limits::{Verdict, findings};
use crate::cost_report::page::{self, PAGE};
use crate::cost_report::report::{self, Load, Report, Round, SCHEMA, Sizes};
use crate::lens_cases::{Case, Observer, Settings, counted, or_skipped, trouble_of};
use crate::scenarios::ingest;
use crate::target::Target;

/// Arrivals a second of the published run.
const PUBLISHED: f64 = 1_577.0;

/// Stands for the path of a measurement of some of the set-ups.
const NOT_ARCHIVED: &str = "not archived";

/// The requirement of this module.
pub(crate) fn are_wanted() -> std::result::Result<(), String> {
    match std::env::var("STRESS_LENSES").as_deref() {
        Ok("1") => Ok(()),
        _ => Err("`STRESS_LENSES` is not 1; `make lens-costs` measures what lenses cost".into()),
    }
}

#[tokio::test]
async fn of_all_lenses_at_saturation_and_at_the_published_load() -> Result {
    let mut knobs = Knobs::from_env()?;
    knobs.trace = 0.0; // who is traced is what is compared
    let settings = Settings::read(&knobs, |name| std::env::var(name).ok())?;
    let started = shakedown::workbook::now();
    let revision = shakedown::stress::Revision::of_directory(Path::new(ROOT));
    let published = knobs.rate.take().unwrap_or(PUBLISHED);
    let mut measurement = Measurement::default();
    let counted = counted(&settings).await;
    let instructions = or_skipped(counted, &mut measurement.troubles);
    let mut loads = Vec::new();
    for (name, rate) in [("saturation", None), ("published", Some(published))] {
        knobs.rate = rate;
        loads.push(measurement.of(name, &settings, &knobs).await?);
    }
    let report = Report {
        schema: SCHEMA,
        started,
        revision,
        machine: measurement.machine,
        sizes: sizes(&knobs),
        rounds: settings.rounds,
        loads,
        instructions,
        left_out: settings.left_out.clone(),
        troubles: measurement.troubles,
    };
    tell(&settings, &report)?;
    verdict(&report)
}

/// Archives and shows what was measured; some of the set-ups are shown alone.
#[expect(clippy::print_stdout, reason = "the tables are what was asked for")]
fn tell(settings: &Settings, report: &Report) -> Result {
    let path = match settings.whole {
        true => write_new(Path::new(ROOT), report)?,
        false => NOT_ARCHIVED.to_owned(),
    };
    let block = page::block(Some((&path, report)));
    println!("{block}");
    if !settings.whole {
        println!("not archived: `STRESS_LENS_CASES` names some of the set-ups");
    }
    if settings.page {
        show(&block)?;
        println!("`{PAGE}` shows it; commit it with `{path}`");
    }
    Ok(())
}

/// Puts `block` into the page.
fn show(block: &str) -> Result {
    let path = Path::new(ROOT).join(PAGE);
    let shown = page::put(&std::fs::read_to_string(&path)?, block);
    let shown = shown.ok_or_else(|| Failure::new(format!("`{PAGE}` has no markers")))?;
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    std::io::Write::write_all(&mut file, shown.as_bytes())?;
    let rights = std::fs::metadata(&path)?.permissions();
    file.as_file().set_permissions(rights)?;
    file.persist(&path)?;
    Ok(())
}

/// Fails with the limits that are broken, and with the runs that failed.
fn verdict(report: &Report) -> Result {
    let broken = findings(report).into_iter();
    let broken = broken.filter(|finding| finding.verdict == Verdict::Broken);
    let mut wrong: Vec<String> = broken
        .map(|finding| format!("broken: {}: {}", finding.limit, finding.found))
        .collect();
    wrong.extend(report.troubles.iter().cloned());
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(wrong.join("\n"))),
    }
}

fn sizes(knobs: &Knobs) -> Sizes {
    Sizes {
        users: knobs.users,
        spawn_rate: knobs.spawn_rate,
        duration_s: knobs.duration.as_secs_f64(),
        workers: knobs.workers,
        server_cores: knobs.server_cores.as_ref().map(ToString::to_string),
        generator_cores: knobs.generator_cores.as_ref().map(ToString::to_string),
        seed: knobs.seed,
    }
}

/// What is kept from load to load.
#[derive(Default)]
struct Measurement {
    machine: Machine,
    troubles: Vec<String>,
}

impl Measurement {
    /// Runs all cases in turn. A run that fails is noted, and the others go on.
    #[expect(clippy::print_stdout, reason = "tells how far it is")]
    async fn of(&mut self, name: &str, settings: &Settings, knobs: &Knobs) -> Result<Load> {
        let mut cases: Vec<report::Case> = settings.cases.iter().map(Case::unmeasured).collect();
        for round in 0..settings.rounds {
            for (turn, at) in settings.order(round).into_iter().enumerate() {
                let case = &settings.cases[at];
                let place = format!("{name}, round {}, `{}`", round + 1, case.id);
                match measure(case, settings, knobs).await {
                    Ok((seen, machine, trouble)) => {
                        self.machine = machine;
                        println!("{place}: {seen:?}");
                        if let Some(trouble) = trouble {
                            println!("{place}: {trouble}");
                            self.troubles.push(format!("{place}: {trouble}"));
                        }
                        cases[at].rounds.push(Round {
                            round: round + 1,
                            turn: turn + 1,
                            ..seen
                        });
                    }
                    Err(error) => {
                        println!("{place}: {error:?}");
                        self.troubles.push(format!("{place}: {error}"));
                    }
                }
            }
        }
        let mut load = Load {
            name: name.to_owned(),
            rate: knobs.rate,
            cases,
        };
        load.compare();
        Ok(load)
    }
}

/// One run on a fresh server, the machine during it, and what makes it another run
/// than the one that was asked for.
async fn measure(
    case: &Case,
    settings: &Settings,
    knobs: &Knobs,
) -> Result<(Round, Machine, Option<String>)> {
    let home = scratch();
    let setup = case.setup(settings, knobs, home.path());
    let mut target = Target::start(&setup).await?;
    let scenario = ingest(&target.token)?;
    let stress = target.stress("lens-costs", scenario, knobs.clone());
    let run = {
        let environment = env_guard();
        match case.observer {
            Observer::Perf => environment.set(SERVER_VARIABLE, "auto"),
            // Set for this whole test it would sample every set-up.
            Observer::Nobody | Observer::Heap => environment.remove(SERVER_VARIABLE),
        }
        stress.run().await?
    };
    let words = target.stop(case.observer.patience())?;
    if case.observer == Observer::Perf && run.record().flame.is_none() {
        return Err(Failure::new("perf was to sample the server and did not"));
    }
    if run.requests() == 0 || run.rps() <= 0.0 {
        return Err(Failure::new(
            "no request was answered with all users running",
        ));
    }
    let [made, exported, dropped] = tally(&words);
    let measured = &run.record().measured;
    let machine = run.record().machine.clone();
    let round = Round {
        round: 0,
        turn: 0,
        rps: run.rps(),
        cpu_us: cpu_us(&run)?,
        p50_ms: measured.p50_ms,
        p95_ms: measured.p95_ms,
        requests: run.requests(),
        failures: run.failures(),
        made,
        exported,
        dropped,
        received: target.received(),
        busy_share: machine.busy_share,
        steal_share: machine.steal_share,
    };
    let record = run.record();
    let unsent = record.arrivals.as_ref().map_or(0, |all| all.unsent);
    let trouble = trouble_of(record.windows.complete, unsent, record.exceptions.len());
    // A hundred databases need not wait for the end of the test.
    drop(home.close());
    Ok((round, machine, trouble))
}

#[expect(clippy::cast_precision_loss, reason = "2^53 requests are not made")]
fn cpu_us(run: &Run) -> Result<f64> {
    let server = run.record().server.as_ref();
    let server = server.ok_or_else(|| Failure::new("the server was not looked at"))?;
    Ok(server.cpu_seconds * 1e6 / run.requests() as f64)
}

/// Spans made, exported and dropped, by the service's last words; none without tracing.
fn tally(words: &str) -> [u64; 3] {
    let line = words.lines().find(|line| line.contains(" spans, "));
    let numbers = line.unwrap_or_default().split([' ', ',']);
    let mut numbers = numbers.filter_map(|word| word.parse().ok());
    std::array::from_fn(|_| numbers.next().unwrap_or(0))
}
