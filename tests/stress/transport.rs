//! The lean transport beside Goose's own client, on the ingest mix, in turns: what
//! each costs, and that both count what the server did.
//!
//! Times are printed and not held: they depend on the machine. Goose's client is timed
//! to the headers, ours to the end of the body.

use std::time::Duration;

use shakedown::stress::{Knobs, Limits, Progress, Run};
use shakedown::{Failure, Result};

use crate::scenarios::{ingest, ingest_by_goose};
use crate::target::{Setup, Target, answered};

const ROUNDS: usize = 2;
/// A run this long shows what a client costs; the tier has other things to do.
const LONGEST: Duration = Duration::from_secs(5);
/// The weights of the mix.
const SHARES: [(&str, &str, f64); 3] = [
    ("POST", "/api/v1/logs", 0.7),
    ("GET", "/api/v1/attackers", 0.2),
    ("GET", "/healthz", 0.1),
];

/// Which client makes the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Lean,
    Goose,
}

/// Not against a server that runs already.
pub(crate) fn starts_its_own() -> Result<(), String> {
    match std::env::var("STRESS_HOST") {
        Ok(host) if !host.is_empty() => Err(format!(
            "it compares two clients on servers of its own, and `STRESS_HOST` is `{host}`"
        )),
        _ => Ok(()),
    }
}

#[tokio::test]
async fn both_clients_count_what_the_server_stored() -> Result {
    let mut knobs = Knobs::from_env()?.for_own_server()?;
    knobs.rate = None;
    knobs.duration = knobs.duration.min(LONGEST);
    #[expect(clippy::cast_precision_loss, reason = "users are not that many")]
    let at_once = knobs.users as f64;
    knobs.spawn_rate = at_once;
    let mut seen = Vec::new();
    for round in 0..ROUNDS {
        let mut order = [Transport::Lean, Transport::Goose];
        if round % 2 == 1 {
            order.reverse();
        }
        for transport in order {
            seen.push((transport, measure(transport, &knobs).await?));
        }
    }
    show(&knobs, &seen);
    Ok(())
}

async fn measure(transport: Transport, knobs: &Knobs) -> Result<Run> {
    let setup = Setup {
        workers: knobs.workers,
        cores: knobs.server_cores.clone(),
        ..Setup::default()
    };
    let target = Target::start(&setup).await?;
    let (name, scenario) = match transport {
        Transport::Lean => ("lean", ingest(&target.token)?),
        Transport::Goose => ("goose", ingest_by_goose(&target.token)?),
    };
    let run = target
        .stress(name, scenario, knobs.clone())
        .progress(Progress::Off)
        .run()
        .await?;
    run.verdict(&Limits::default())?;
    assert_eq!(run.record().engine_requests, run.requests());
    // What was answered is stored; what was under way when its user ended may be.
    let (stored, answered) = (target.logs().await?, answered(&run, "POST", "/api/v1/logs"));
    assert!(
        (answered..=answered + knobs.users as u64).contains(&stored),
        "{transport:?}: {answered} posts were answered, {stored} logs are stored"
    );
    shares_hold(transport, &run)?;
    Ok(run)
}

/// Each endpoint has its share, within five standard deviations of a fair draw.
#[expect(clippy::cast_precision_loss, reason = "2^53 requests are not made")]
fn shares_hold(transport: Transport, run: &Run) -> Result {
    let all = run.requests() as f64;
    for (method, name, share) in SHARES {
        let of = answered(run, method, name) as f64;
        let deviation = (all * share * (1.0 - share)).sqrt();
        if (of - all * share).abs() > 5.0 * deviation {
            return Err(Failure::new(format!(
                "{transport:?}: {of} of {all} requests were {method} {name}, {share} were to be"
            )));
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the table is the result")]
#[expect(clippy::cast_precision_loss, reason = "2^53 requests are not made")]
fn show(knobs: &Knobs, seen: &[(Transport, Run)]) {
    println!(
        "ingest, {} users, {:?} a run, in turns",
        knobs.users, knobs.duration
    );
    println!("| client | RPS | its CPU, ms per 1,000 requests | p50 ms | p95 ms | requests |");
    println!("|---|--:|--:|--:|--:|--:|");
    for (transport, run) in seen {
        let record = run.record();
        let cpu = record.generator.cpu_seconds * 1e6 / run.requests() as f64;
        println!(
            "| {transport:?} | {:.0} | {cpu:.1} | {:.1} | {:.1} | {} |",
            run.rps(),
            record.measured.p50_ms,
            record.measured.p95_ms,
            run.requests()
        );
    }
}
