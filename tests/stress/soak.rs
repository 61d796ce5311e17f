//! As `sustained`, for as long as `STRESS_SOAK` says: leaks and logs that fill
//! up take hours to show.

use std::time::Duration;

use shakedown::stress::{Knobs, Run};
use shakedown::{Failure, Result};

use crate::memory;
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

#[expect(
    clippy::print_stdout,
    reason = "the report is the result of a load test"
)]
fn keeps_its_memory(run: &Run) -> Result {
    match &run.record().server {
        Some(server) => println!("{}", memory::kept(server)?),
        None => println!("memory: not known of a server that is not a child of this test"),
    }
    Ok(())
}
