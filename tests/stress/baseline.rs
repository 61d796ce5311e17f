//! decnet on a fresh database, under each load: users come at their rate and
//! stay, and the limits of the environment hold.

use shakedown::stress::Knobs;

use crate::scenarios::dashboard;
use crate::target::{Target, conclude};

#[tokio::test]
async fn holds_the_dashboard() -> shakedown::Result {
    let knobs = Knobs::from_env()?;
    let target = Target::of(&knobs).await?;
    let scenario = dashboard(&target.token)?;
    conclude(&target.stress("dashboard", scenario, knobs).run().await?)
}

#[tokio::test]
async fn holds_the_ingest_mix() -> shakedown::Result {
    let knobs = Knobs::from_env()?;
    let target = Target::of(&knobs).await?;
    let run = target.ingest("ingest", knobs).await?;
    let record = run.record();
    if let Some(writer) = &record.writer {
        // One log a request: as many writes as there were acknowledged posts.
        let batch = writer.batch_mean.unwrap_or_default();
        assert!(batch >= 1.0, "{writer:?}");
    }
    Ok(())
}
