//! The same load for a while: the database grows, the answers do not get slower,
//! and what was acknowledged is there.

use shakedown::stress::{Knobs, Run};
use shakedown::{Failure, Result};

use crate::target::Target;

/// How many times longer the second half may take.
const MOST: f64 = 3.0;

#[tokio::test]
async fn holds_its_latency_while_the_database_grows() -> Result {
    sustain("sustained", Knobs::from_env()?).await.map(drop)
}

/// Runs the ingest mix and compares the two halves of it.
pub(crate) async fn sustain(name: &str, knobs: Knobs) -> Result<Run> {
    let target = Target::of(&knobs).await?;
    let run = target.ingest(name, knobs).await?;
    degrades_little(&run)?;
    Ok(run)
}

#[expect(
    clippy::print_stdout,
    reason = "the report is the result of a load test"
)]
fn degrades_little(run: &Run) -> Result {
    let drift = run.drift().ok_or_else(|| {
        Failure::new("the run is too short to have halves: raise `STRESS_DURATION`")
    })?;
    for (name, p) in [("p50", 0.50), ("p95", 0.95)] {
        let ((first, second), ratio) = (drift.percentile_ms(p), drift.ratio(p));
        println!(
            "{name}: {first:.2} ms in the first half, {second:.2} ms in the second ({ratio:.2} x)"
        );
        assert!(
            ratio <= MOST,
            "{name} grew {ratio:.2} times, {MOST} is allowed\n{}",
            run.table()
        );
    }
    Ok(())
}
