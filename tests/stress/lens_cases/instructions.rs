//! Instructions a request, of the build with all lenses, off, and of the one without:
//! what a clock cannot tell apart can be counted.
//!
//! decnet runs under valgrind's callgrind and answers one client, that waits for each
//! answer, a fixed sequence of requests. What it executes until it listens, and at its
//! end, is in a short run as well as in a long one, so their difference, over the
//! requests that one has more, is what a request costs.

use std::path::Path;
use std::time::Duration;

use shakedown::fixtures::scratch;
use shakedown::profile::Tool as Program;
use shakedown::{Failure, Result};

use super::settings::Settings;
use crate::cost_report::report::{Counted, Instructions};
use crate::decnet_server::{DecnetServer, Tool, binary};

/// Requests of the short run and of the long one.
const SHORT: u64 = 200;
const LONG: u64 = 2_200;
/// How often each build is counted.
const RUNS: usize = 3;

/// Counts both builds in turn. Says aloud, and in the report, where it cannot.
#[expect(clippy::print_stdout, reason = "tells how far it is, and why not")]
pub(crate) async fn counted(settings: &Settings) -> Result<Instructions> {
    let (Some(plain), true) = (
        settings.plain.as_ref(),
        settings.cases.iter().any(|case| case.plain),
    ) else {
        return Ok(skipped("`not-built` was not among the set-ups"));
    };
    if let Err(missing) = Program::Valgrind.find() {
        println!("instructions are not counted: {missing}");
        return Ok(skipped(&missing.to_string()));
    }
    let built = binary()?;
    let builds = [("off", &built), ("not-built", plain)];
    let mut counted = builds.map(|(case, _)| Counted {
        case: case.to_owned(),
        per_request: Vec::new(),
    });
    for run in 0..RUNS {
        for ((case, program), counted) in builds.iter().zip(&mut counted) {
            let per_request = per_request(program).await?;
            println!(
                "run {}, `{case}`: {per_request:.0} instructions a request",
                run + 1
            );
            counted.per_request.push(per_request);
        }
    }
    Ok(Instructions {
        requests: LONG - SHORT,
        counted: counted.to_vec(),
        skipped: None,
    })
}

/// What was counted. Where counting failed everything else is measured all the same,
/// and why goes to `troubles`.
pub(crate) fn or_skipped(
    counted: Result<Instructions>,
    troubles: &mut Vec<String>,
) -> Instructions {
    counted.unwrap_or_else(|error| {
        troubles.push(format!("counting instructions: {error}"));
        skipped("callgrind failed")
    })
}

fn skipped(reason: &str) -> Instructions {
    Instructions {
        skipped: Some(reason.to_owned()),
        ..Instructions::default()
    }
}

#[expect(clippy::cast_precision_loss, reason = "instructions, below 2^53")]
async fn per_request(program: &Path) -> Result<f64> {
    let short = executed(program, SHORT).await?;
    let long = executed(program, LONG).await?;
    Ok(long.saturating_sub(short) as f64 / (LONG - SHORT) as f64)
}

/// Instructions of a decnet that answers `requests`.
async fn executed(program: &Path, requests: u64) -> Result<u64> {
    let home = scratch();
    let out = home.path().join("counted");
    let file = format!("--callgrind-out-file={}", out.display());
    let valgrind = ["valgrind", "--tool=callgrind", "-q", &file];
    let mut server = DecnetServer::builder()
        .binary(program)
        .under(Tool::simulates(&valgrind))
        .workers(1)
        .database(&home.join("decnet.db"))
        .env("DECNET_BCRYPT_COST", "4")
        .start()?;
    let token = server.token().await?;
    let client = reqwest::Client::new();
    for number in 0..requests / 2 {
        let log = serde_json::json!({
            "timestamp": "2026-01-15T12:00:00Z",
            "decky": "decky-01",
            "service": "ssh",
            "event_type": "login_attempt",
            "attacker_ip": format!("10.66.0.{}", number % 100),
            "fields": { "username": "root", "password": format!("{number:06}") },
        });
        let post = client.post(format!("{}/api/v1/logs", server.url()));
        let post = post.bearer_auth(&token).json(&log);
        post.send().await?.error_for_status()?;
        let get = client.get(format!("{}/api/v1/attackers", server.url()));
        let page = get.bearer_auth(&token).send().await?.error_for_status()?;
        page.bytes().await?;
    }
    let status = server.process().terminate(Duration::from_secs(60))?;
    let counts = std::fs::read_to_string(&out).unwrap_or_default();
    let sum = sum(&counts).ok_or_else(|| {
        let log = server.process().log_tail(20);
        Failure::new(format!("callgrind counted nothing ({status}):\n{log}"))
    })?;
    // What cannot be removed now is removed with its run.
    drop(home.close());
    Ok(sum)
}

/// The sum over all functions, which a file of callgrind ends with.
fn sum(counts: &str) -> Option<u64> {
    let line = counts
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("totals:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[test]
fn the_sum_is_read_from_the_end_of_the_file() {
    let file = "# callgrind format\nevents: Ir\nsummary: 7\n\nfn=(1) main\n1 42\n\ntotals: 42\n";
    assert_eq!(sum(file), Some(42));
    assert_eq!(sum("events: Ir\n"), None);
}

#[test]
fn counting_that_fails_costs_its_figures_alone_and_is_told() {
    let mut troubles = Vec::new();
    let failed = Err(Failure::new("callgrind counted nothing"));
    let instructions = or_skipped(failed, &mut troubles);
    assert_eq!(instructions, skipped("callgrind failed"));
    assert_eq!(
        troubles,
        ["counting instructions: callgrind counted nothing"]
    );
    let counted = Instructions {
        requests: 2_000,
        ..Instructions::default()
    };
    assert_eq!(or_skipped(Ok(counted.clone()), &mut troubles), counted);
    assert_eq!(troubles.len(), 1);
}
