//! SCHED_RESCAN: all rules again over a million stored events, read from a
//! SQLite file as a nightly job would.

use decnet::api::App;
use decnet::config::Config;
use decnet::intake::{Shape, parse};
use decnet::model::Timestamp;
use decnet::rules::rescan;
use shakedown::Result;
use shakedown::fixtures::scratch;
use shakedown::workbook::Sampler;

use super::policy_eval::{event, rules};
use super::{ensure, runtime};

const EVENTS: usize = 1_000_000;
/// Events stored at a time.
const BATCH: usize = 5_000;

pub(super) fn sched_rescan(phase: &mut Sampler) -> Result {
    let directory = scratch();
    let path = directory.join("events.db").display().to_string();
    let mut config = Config::from_lookup(&|name| match name {
        "DECNET_DEVELOPER" => Some("true".to_owned()),
        "DECNET_DB_URL" => Some(path.clone()),
        "DECNET_BCRYPT_COST" => Some("4".to_owned()),
        "DECNET_SQLITE_SYNCHRONOUS" => Some("off".to_owned()), // filling is not measured
        _ => None,
    })?;
    config.queue_capacity = 4 * BATCH;
    let rules = rules()?;
    let runtime = runtime(2)?;
    let app = runtime.block_on(App::open(config))?;
    runtime.block_on(async {
        for start in (0..EVENTS).step_by(BATCH) {
            let lines: Vec<String> = (start..start + BATCH).map(event).collect();
            let logs = parse(lines.join("\n").as_bytes(), Shape::Lines, Timestamp::now())?;
            app.repository().append(logs).await?;
        }
        Ok::<_, shakedown::Failure>(())
    })?;
    let outcome = phase.each(|watch| {
        let found = watch.time(|| runtime.block_on(rescan(app.repository(), &rules)))?;
        ensure(
            found.logs == EVENTS as u64 && found.matches.len() > 10,
            || format!("{} logs, {} rules matched", found.logs, found.matches.len()),
        )
    });
    runtime.block_on(app.close());
    outcome
}
