//! Everybody at once: from nobody to all users within five seconds.

use std::time::Duration;

use shakedown::stress::Knobs;

use crate::scenarios::dashboard;
use crate::target::{Target, conclude};

const WITHIN: Duration = Duration::from_secs(5);

#[tokio::test]
async fn holds_when_all_users_come_within_five_seconds() -> shakedown::Result {
    let mut knobs = Knobs::from_env()?;
    #[expect(clippy::cast_precision_loss, reason = "users are not that many")]
    let users = knobs.users as f64;
    knobs.spawn_rate = users / WITHIN.as_secs_f64();
    let target = Target::of(&knobs).await?;
    let scenario = dashboard(&target.token)?;
    let run = target.stress("spike", scenario, knobs).run().await?;
    // A server that keeps new connections waiting keeps new users waiting.
    let ramp = run.record().windows.ramp_s;
    let late = WITHIN.as_secs_f64() + 1.0;
    assert!(ramp > 0.0 && ramp <= late, "{ramp} s\n{}", run.table());
    conclude(&run)
}
