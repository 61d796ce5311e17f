//! Acknowledged logs survive `docker kill -s KILL`, on a volume.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use shakedown::Result;
use shakedown::container::Volume;

use crate::image::{Api, decnet};
use crate::writers::{Acknowledged, Writers, all_are_there};

const ROUNDS: u64 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_logs_survive_a_killed_container() -> Result {
    let volume = Volume::create("decnet-data").await?;
    let mut all = Acknowledged::new();
    {
        let container = decnet().volume(&volume, "/data").start().await?;
        for round in 0..ROUNDS {
            let api = Api::of(&container).await?;
            all_are_there(&api, "killed", &all).await?;
            let enough = 20 + RandomState::new().hash_one(round) % 200;
            let writers = Writers::start(&api, &format!("killed-{round}"), enough);
            writers.acknowledged_enough().await?;
            container.signal("KILL")?;
            all.extend(writers.stopped().await?);
            let code = container.wait(Duration::from_secs(10)).await?;
            assert_eq!(code, Some(137), "{}", container.log_tail(20));
            container.start_again().await?;
        }
        container.signal("KILL")?;
    }
    // The container is gone; the volume is what another one starts with.
    let successor = decnet().volume(&volume, "/data").start().await?;
    all_are_there(&Api::of(&successor).await?, "killed", &all).await?;
    println!("{ROUNDS} kills, {} acknowledged logs, none lost", all.len());
    Ok(())
}
