//! How often `gate --base` is wrong on this machine, and how often it finds what
//! is there: decisions over real work whose truth is known.
//!
//! Both sides do the same fixed work, the new one `SLOWDOWN` more of it in the
//! second experiment. Each run is a few hundred samples in a process of its own,
//! as in a real comparison of two builds. Repeat it with
//! `cargo nextest run --profile bench -E 'test(gate_experiment)'`; `GATE_AA` and
//! `GATE_AB` set the numbers of decisions, 40 and 20 or more.
#![expect(
    clippy::print_stdout,
    reason = "its figures are what a measurement is for"
)]

use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::Instant;

use shakedown::workbook::{Decision, Duel, Histogram, Outcome, Side, Tolerance};
use shakedown::{Failure, Result};

/// Steps of a sample of the base: about 100 microseconds.
const STEPS: u64 = 60_000;
const SAMPLES: usize = 300;
/// How much more work the slower side does.
const SLOWDOWN: f64 = 0.3;

/// Tells this binary to be one side of a duel; its value is the steps.
const ROLE: &str = "GATE_EXPERIMENT_STEPS";

/// Not a test of its own: one run of one side, started by the other.
#[test]
fn one_run_of_one_side() -> Result {
    let Ok(steps) = std::env::var(ROLE) else {
        // Run by itself it shows that a run measures what it is told to do.
        assert!(p95(STEPS) > 0.0);
        return Ok(());
    };
    println!("p95_ms={}", p95(steps.parse()?));
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "microseconds")]
fn p95(steps: u64) -> f64 {
    let mut times = Histogram::new();
    for _ in 0..SAMPLES {
        let start = Instant::now();
        let mut state = 1_u64;
        for _ in 0..steps {
            state = black_box(state.wrapping_mul(0xbf58_476d_1ce4_e5b9).rotate_left(17));
        }
        black_box(state);
        times.record(u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
    times.percentile_us(0.95) as f64 / 1_000.0
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a number of steps"
)]
fn run(slowdown: f64) -> Result<f64> {
    let steps = (STEPS as f64 * (1.0 + slowdown)) as u64;
    let output = Command::new(std::env::current_exe()?)
        .args([
            "--exact",
            "gate_experiment::one_run_of_one_side",
            "--nocapture",
        ])
        .env(ROLE, steps.to_string())
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let figure = text
        .lines()
        .find_map(|line| line.split("p95_ms=").nth(1)?.trim().parse().ok());
    figure.ok_or_else(|| Failure::new(format!("a run told nothing: {text}")))
}

fn decide(slowdown: f64) -> Result<Outcome> {
    let duel = Duel::new(Tolerance::default(), 1);
    duel.run(|side| run(if side == Side::New { slowdown } else { 0.0 }))
}

/// How many decisions `variable` asks for, `least` without it; fewer would hold
/// whatever they were.
fn decisions(variable: &str, least: usize) -> Result<usize> {
    enough(variable, std::env::var(variable).ok().as_deref(), least)
}

fn enough(variable: &str, value: Option<&str>, least: usize) -> Result<usize> {
    let count = match value {
        Some(value) => value.parse::<usize>()?,
        None => least,
    };
    if count < least {
        return Err(Failure::new(format!(
            "`{variable}` is {count}: fewer than {least} decisions show nothing"
        )));
    }
    Ok(count)
}

#[test]
fn fewer_decisions_than_show_something_are_refused() -> Result {
    assert_eq!(enough("GATE_AA", None, 40)?, 40);
    assert_eq!(enough("GATE_AA", Some("60"), 40)?, 60);
    for few in ["0", "39"] {
        let error = enough("GATE_AA", Some(few), 40).unwrap_err().to_string();
        assert!(error.contains(&format!("`GATE_AA` is {few}:")), "{error}");
    }
    assert!(enough("GATE_AA", Some("many"), 40).is_err());
    Ok(())
}

fn experiment(what: &str, count: usize, slowdown: f64) -> Result<Vec<Outcome>> {
    let outcomes: Vec<Outcome> = (0..count)
        .map(|_| decide(slowdown))
        .collect::<Result<_>>()?;
    let of = |wanted| outcomes.iter().filter(|of| of.decision == wanted).count();
    let pairs: usize = outcomes.iter().map(|of| of.pairs).sum();
    println!(
        "{what}: {count} decisions: {} fail, {} pass, {} inconclusive; {:.1} pairs each",
        of(Decision::Fail),
        of(Decision::Pass),
        of(Decision::Inconclusive),
        pairs as f64 / count.max(1) as f64
    );
    Ok(outcomes)
}

#[test]
fn a_build_against_itself_is_called_slower_at_most_one_time_in_twenty() -> Result {
    let count = decisions("GATE_AA", 40)?;
    let outcomes = experiment("A against A", count, 0.0)?;
    let alarms = outcomes
        .iter()
        .filter(|of| of.decision == Decision::Fail)
        .count();
    assert!(alarms * 20 <= count, "{alarms} false alarms: {outcomes:?}");
    Ok(())
}

#[test]
fn a_slowdown_of_thirty_percent_is_found_at_least_four_times_in_five() -> Result {
    let count = decisions("GATE_AB", 20)?;
    let outcomes = experiment("30 % slower", count, SLOWDOWN)?;
    let found = outcomes
        .iter()
        .filter(|of| of.decision == Decision::Fail)
        .count();
    assert!(found * 5 >= count * 4, "{found} of {count}: {outcomes:?}");
    Ok(())
}
