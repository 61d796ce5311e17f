//! decnet's phases, as `.config/shakedown.toml` describes them.

mod api;
mod delta_upload;
mod feed_merge;
mod first_sight;
mod policy_eval;
mod quota;
mod sched_rescan;
mod tar;

pub(crate) use policy_eval::event;

use std::collections::BTreeSet;

use shakedown::workbook::{Settings, registered};
use shakedown::{Failure, Result};

shakedown::phase!(FIRST_SIGHT = first_sight::first_sight);
shakedown::phase!(DELTA_UPLOAD = delta_upload::delta_upload);
shakedown::phase!(POLICY_EVAL = policy_eval::policy_eval);
shakedown::phase!(QUOTA_WAIT = quota::quota_wait);
shakedown::phase!(QUOTA_WAIT_HARD = quota::quota_wait_hard);
shakedown::phase!(QUOTA_CHECK = quota::quota_check);
shakedown::phase!(SCHED_RESCAN = sched_rescan::sched_rescan);
shakedown::phase!(FEED_MERGE = feed_merge::feed_merge);
shakedown::phase!(API_P95 = api::api_p95);
shakedown::phase!(INGEST_P95);

/// A runtime for the untimed and the timed part of a phase.
pub(crate) fn runtime(threads: usize) -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()?)
}

/// What does not hold, as an error.
pub(crate) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result {
    if holds {
        Ok(())
    } else {
        Err(Failure::new(otherwise()))
    }
}

#[test]
fn every_phase_of_the_configuration_is_registered_and_no_other() -> Result {
    let settings = Settings::above(std::path::Path::new(env!("CARGO_MANIFEST_DIR")))?;
    let phases = settings.phases.iter();
    let configured: BTreeSet<&str> = phases.map(|phase| phase.name.as_str()).collect();
    assert_eq!(configured, registered().into_iter().collect());
    Ok(())
}
