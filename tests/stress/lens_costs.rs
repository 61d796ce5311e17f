//! What tracing costs the service, measured in alternating runs: `make lens-costs`.
//!
//! Every round runs each set-up once, in an order that turns from round to round,
//! so that what the machine does meanwhile hits all alike. Ratios are taken within
//! a round, against `off`, and the median of the rounds is shown; other columns are
//! medians. CPU is the server's, user and system, over all requests of a run, ramp
//! included. The collector is a thread of the generator and shares its cores.
//!
//! `DECNET_WITHOUT_TRACING` names a binary of decnet that was built without the
//! feature; with it there is a fifth set-up, `not built`.

use std::path::PathBuf;
use std::time::Duration;

use shakedown::stress::{Knobs, Limits, Run};
use shakedown::{Failure, Result};

use crate::scenarios::ingest;
use crate::target::{Setup, Target, Tracing};

/// Requests a second of the published run.
const PUBLISHED: f64 = 1_577.0;

/// The requirement of this module.
pub(crate) fn are_wanted() -> std::result::Result<(), String> {
    match std::env::var("STRESS_LENSES").as_deref() {
        Ok("1") => Ok(()),
        _ => Err("`STRESS_LENSES` is not 1; `make lens-costs` measures what tracing costs".into()),
    }
}

/// One set-up, and what came of it in each round.
#[derive(Debug)]
struct Case {
    name: &'static str,
    setup: Setup,
    seen: Vec<Seen>,
}

/// What one run showed.
#[derive(Debug, Clone)]
struct Seen {
    rps: f64,
    cpu_us: f64,
    p50_ms: f64,
    failures: u64,
    made: u64,
    received: u64,
    dropped: u64,
}

fn cases() -> Vec<Case> {
    let case = |name, tracing, binary| Case {
        name,
        setup: Setup {
            tracing,
            binary,
            ..Setup::default()
        },
        seen: Vec::new(),
    };
    let without = std::env::var_os("DECNET_WITHOUT_TRACING").map(PathBuf::from);
    let mut cases = vec![
        case("off", Tracing::Off, None),
        case("all", Tracing::Full, None),
        case("1 in 100", Tracing::Sampled, None),
    ];
    cases.extend(without.map(|binary| case("not built", Tracing::Off, Some(binary))));
    cases
}

/// How often each set-up is run: `STRESS_LENS_ROUNDS`, or 3.
fn rounds() -> Result<usize> {
    let Some(text) = std::env::var_os("STRESS_LENS_ROUNDS") else {
        return Ok(3);
    };
    let text = text.to_string_lossy();
    let rounds = text
        .parse()
        .ok()
        .filter(|rounds| (1..=100).contains(rounds));
    rounds.ok_or_else(|| {
        Failure::new(format!(
            "`STRESS_LENS_ROUNDS` is `{text}`; it takes a number from 1 to 100"
        ))
    })
}

async fn measure(case: &Case, knobs: &Knobs) -> Result<Seen> {
    let mut target = Target::start(&case.setup).await?;
    let scenario = ingest(&target.token)?;
    let run = target
        .stress("lens-costs", scenario, knobs.clone())
        .run()
        .await?;
    run.verdict(&Limits::default())?;
    let words = target.stop()?;
    let [made, exported, dropped] = tally(&words);
    let received = target.received();
    assert_eq!(
        exported, received,
        "the collector has what the service says it has"
    );
    assert_eq!(made, exported + dropped, "{words}");
    Ok(Seen {
        rps: run.rps(),
        cpu_us: cpu_us(&run)?,
        p50_ms: run.record().measured.p50_ms,
        failures: run.failures(),
        made,
        received,
        dropped,
    })
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

/// Runs all cases in turn and shows the table.
#[expect(clippy::print_stdout, reason = "the table is the result")]
async fn compare(title: &str, knobs: Knobs) -> Result {
    let mut cases = cases();
    let rounds = rounds()?;
    for round in 0..rounds {
        for turn in 0..cases.len() {
            let at = (turn + round) % cases.len();
            let seen = measure(&cases[at], &knobs).await?;
            println!("round {}, {}: {seen:?}", round + 1, cases[at].name);
            cases[at].seen.push(seen);
        }
    }
    println!(
        "{title}, {} users, {:?}, median of {rounds} rounds",
        knobs.users, knobs.duration
    );
    println!(
        "| tracing | RPS | of off | CPU us/request | more than off | p50 ms | of off | failures | spans made | received | dropped |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for case in &cases {
        println!("{}", row(case, &cases[0]));
    }
    Ok(())
}

fn row(case: &Case, off: &Case) -> String {
    let all = |of: fn(&Seen) -> f64| median(case.seen.iter().map(of).collect());
    let against = |of: fn(&Seen, &Seen) -> f64| {
        let pairs = case.seen.iter().zip(&off.seen);
        median(pairs.map(|(seen, off)| of(seen, off)).collect())
    };
    let sum = |of: fn(&Seen) -> u64| case.seen.iter().map(of).sum::<u64>();
    format!(
        "| {} | {:.0} | {:.3} | {:.2} | {:+.2} | {:.2} | {:.3} | {} | {} | {} | {} |",
        case.name,
        all(|seen| seen.rps),
        against(|seen, off| seen.rps / off.rps),
        all(|seen| seen.cpu_us),
        against(|seen, off| seen.cpu_us - off.cpu_us),
        all(|seen| seen.p50_ms),
        against(|seen, off| seen.p50_ms / off.p50_ms),
        sum(|seen| seen.failures),
        sum(|seen| seen.made),
        sum(|seen| seen.received),
        sum(|seen| seen.dropped),
    )
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "called with what was just collected"
)]
fn median(values: Vec<f64>) -> f64 {
    shakedown::story::statistics::median(&values).unwrap_or(f64::NAN)
}

#[tokio::test]
async fn tracing_at_saturation() -> Result {
    let mut knobs = Knobs::from_env()?;
    knobs.rate = None;
    compare("at saturation (closed loop)", knobs).await
}

#[tokio::test]
async fn tracing_at_the_published_load() -> Result {
    let mut knobs = Knobs::from_env()?;
    knobs.rate = Some(knobs.rate.unwrap_or(PUBLISHED));
    knobs.duration = knobs.duration.max(Duration::from_secs(1));
    compare("at the published load (open loop)", knobs).await
}
