//! As `sustained`, for as long as `STRESS_SOAK` says: leaks and logs that fill
//! up take hours to show.

use std::time::Duration;

use shakedown::stress::{Knobs, Run};
use shakedown::{Failure, Result};

use crate::sustained::sustain;

const VARIABLE: &str = "STRESS_SOAK";
const ACCEPTED: &str = "a length of time, such as `30m` or `8h`";

/// The requirement of this module.
pub(crate) fn is_wanted() -> std::result::Result<(), String> {
    match std::env::var_os(VARIABLE) {
        Some(_) => Ok(()),
        None => Err(format!("`{VARIABLE}` is not set; it takes {ACCEPTED}")),
    }
}

fn length(text: &str) -> Result<Duration> {
    // The knobs know lengths of time; only the name is another.
    let knobs = Knobs::from_lookup(|name| (name == "STRESS_DURATION").then(|| text.to_owned()));
    let knobs = knobs
        .map_err(|_| Failure::new(format!("`{VARIABLE}` is `{text}`; it takes {ACCEPTED}")))?;
    Ok(knobs.duration)
}

#[tokio::test]
async fn holds_for_as_long_as_it_is_told() -> Result {
    let mut knobs = Knobs::from_env()?;
    knobs.duration = length(&std::env::var(VARIABLE)?)?;
    let run = sustain("soak", knobs).await?;
    keeps_its_memory(&run)
}

/// How much the server may grow in the second half: what it caches is warm by then.
const MOST_GROWTH: f64 = 1.5;
/// Below which growth is of no interest, in bytes.
const NOTICED: u64 = 64 << 20;

#[expect(
    clippy::print_stdout,
    reason = "the report is the result of a load test"
)]
fn keeps_its_memory(run: &Run) -> Result {
    let Some(server) = &run.record().server else {
        println!("memory: not known of a server that is not a child of this test");
        return Ok(());
    };
    let (middle, last) = (server.middle_rss_bytes, server.last_rss_bytes);
    let mebibytes = |bytes: u64| bytes >> 20;
    println!(
        "memory: {} MiB half-way, {} MiB at the end, {} MiB at most",
        mebibytes(middle),
        mebibytes(last),
        mebibytes(server.peak_rss_bytes)
    );
    let grown = last.saturating_sub(middle);
    if grown > NOTICED && last as f64 > MOST_GROWTH * middle as f64 {
        return Err(Failure::new(format!(
            "the server grew by {} MiB in the second half: does it leak?",
            mebibytes(grown)
        )));
    }
    Ok(())
}
