//! However a run ends, its containers, networks and volumes end with it.

use std::time::Duration;

use shakedown::container::{Network, Volume};
use shakedown::fixtures::poll::Poll;
use shakedown::{Failure, Result};

use crate::image::{decnet, docker};
use crate::nested::{self, Nested};

/// How long clearing up may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Starts one of each, says so, and then does what it is told: the test that
/// nested runs are ended in.
#[tokio::test]
async fn holds_one_of_each() -> Result {
    let network = Network::create("held").await?;
    let volume = Volume::create("held").await?;
    let container = decnet()
        .name("held")
        .network(&network)
        .volume(&volume, "/data")
        .start()
        .await?;
    let label = format!("{{{{index .Config.Labels \"{LABEL}\"}}}}");
    let run = docker(&["container", "inspect", "--format", &label, container.name()])?;
    assert!(!run.is_empty());
    nested::note("run", &run);
    match std::env::var("HELD").as_deref() {
        Ok("forget") => {
            // As a test that is killed, or that leaks.
            std::mem::forget((container, network, volume));
            Ok(())
        }
        Ok("hang") => std::future::pending().await,
        _ => Ok(()),
    }
}

const LABEL: &str = "dev.shakedown.run";

/// What carries the label of `run`.
fn left(run: &str) -> Result<Vec<String>> {
    let filter = format!("label={LABEL}={run}");
    let mut left = Vec::new();
    for (kind, all) in [("container", true), ("network", false), ("volume", false)] {
        let mut arguments = vec![kind, "ls", "--quiet", "--filter", &filter];
        arguments.extend(all.then_some("--all"));
        left.extend(docker(&arguments)?.lines().map(|id| format!("{kind} {id}")));
    }
    Ok(left)
}

fn nothing_is_left(run: &str) {
    Poll::new()
        .describe(format!("nothing is left of {run}"))
        .within(LIMIT)
        .every(Duration::from_millis(100))
        .until(|| match left(run) {
            Ok(left) if left.is_empty() => Ok(()),
            Ok(left) => Err(format!("{left:?}")),
            Err(error) => Err(error.to_string()),
        });
}

const HOLDS: &str = "test(=leftovers::holds_one_of_each)";

#[test]
fn what_a_test_forgets_goes_with_the_run() -> Result {
    let run = Nested::new(HOLDS)?.env("HELD", "forget");
    let finished = run.finish()?;
    assert!(finished.status.success(), "{}", finished.text);
    nothing_is_left(&run.first_note("run")?);
    Ok(())
}

/// Kills the runner of a test that holds one of each.
fn killed(signal: i32) -> Result {
    let run = Nested::new(HOLDS)?.env("HELD", "hang");
    let mut runner = run.start()?;
    let label = run.first_note("run")?;
    assert_eq!(left(&label)?.len(), 3);
    // SAFETY: plain system call on a child that has not been reaped.
    unsafe { libc::kill(i32::try_from(runner.id())?, signal) };
    runner.wait()?;
    nothing_is_left(&label);
    Ok(())
}

#[test]
fn sigkill_of_the_runner() -> Result {
    killed(libc::SIGKILL)
}

#[test]
fn ctrl_c() -> Result {
    killed(libc::SIGINT)
}

/// The processes of the run whose reaper's name is `label`: the reaper, which
/// the name ends with (`.<process>.<start>`), and its keeper.
fn reaper_and_keeper(label: &str) -> Result<[i32; 2]> {
    let reaper: i32 = label.rsplit('.').nth(1).unwrap_or_default().parse()?;
    let status = std::fs::read_to_string(format!("/proc/{reaper}/status"))?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    let keeper = parent
        .ok_or_else(|| Failure::new("no parent"))?
        .trim()
        .parse()?;
    Ok([reaper, keeper])
}

/// Ends a run in the middle, and with it those of its `victims` that are given.
fn killed_with(victims: impl Fn([i32; 2]) -> Vec<i32>) -> Result<String> {
    let run = Nested::new(HOLDS)?.env("HELD", "hang");
    let mut runner = run.start()?;
    let label = run.first_note("run")?;
    let victims = victims(reaper_and_keeper(&label)?);
    for victim in victims.into_iter().chain([i32::try_from(runner.id())?]) {
        // SAFETY: plain system call; the processes belong to this test's run.
        unsafe { libc::kill(victim, libc::SIGKILL) };
    }
    runner.wait()?;
    Ok(label)
}

#[test]
fn a_killed_reaper_is_replaced_by_its_keeper() -> Result {
    nothing_is_left(&killed_with(|[reaper, _]| vec![reaper])?);
    Ok(())
}

#[test]
fn a_killed_keeper_is_replaced_by_the_reaper() -> Result {
    nothing_is_left(&killed_with(|[_, keeper]| vec![keeper])?);
    Ok(())
}

#[test]
fn what_they_all_leave_is_swept_by_the_next_run() -> Result {
    // The keeper first, or it would act.
    let label = killed_with(|[reaper, keeper]| vec![keeper, reaper])?;
    let next = Nested::new(HOLDS)?;
    let finished = next.finish()?;
    assert!(finished.status.success(), "{}", finished.text);
    nothing_is_left(&label);
    nothing_is_left(&next.first_note("run")?);
    Ok(())
}
