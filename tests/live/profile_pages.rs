//! The pages that each profiler makes of a real program, as a browser shows them.

use std::path::Path;

use shakedown::Result;
use shakedown::fixtures::scratch;
use shakedown::process::{Process, Ready};

use crate::flame_pages::shown;
use crate::planted::{profile, program};
use crate::request_profiles;

/// Holds that the browser drew a bar whose name has one of `names` in it.
#[track_caller]
fn has_a_bar(page: &Path, names: &[&str]) {
    let dom = shown(page, 1_200).expect("a browser");
    let (_, drawn) = dom.split_once("id=\"graph\"").expect("the graph's element");
    let bars: Vec<&str> = drawn
        .split("role=\"treeitem\"")
        .skip(1)
        .filter_map(|bar| bar.split_once("aria-label=\"")?.1.split('"').next())
        .collect();
    let found = bars
        .iter()
        .any(|bar| names.iter().any(|name| bar.contains(name)));
    assert!(found, "no bar of {names:?} among {bars:#?}");
}

#[test]
fn of_an_attached_process() -> Result {
    let scratch = scratch();
    let busy = Process::builder(program("busy", scratch.path())?)
        .arg("300")
        .ready(Ready::line("ready"))
        .start()?;
    let pid = busy.pid().to_string();
    let of = ["--pid", &pid, "--duration", "1s"];
    let seen = profile(scratch.path(), &[], "attach", &of)?;
    has_a_bar(&seen.page, &["busy::burn_planted"]);
    Ok(())
}

#[test]
fn of_a_command() -> Result {
    let scratch = scratch();
    let busy = program("busy", scratch.path())?;
    let busy = busy.to_string_lossy();
    let seen = profile(scratch.path(), &[], "run", &["--", &busy, "0.5"])?;
    has_a_bar(&seen.page, &["busy::burn_planted"]);
    Ok(())
}

#[test]
fn of_the_memory_of_a_command() -> Result {
    let scratch = scratch();
    let leak = program("leak", scratch.path())?;
    let leak = leak.to_string_lossy();
    let seen = profile(scratch.path(), &[], "heap", &["--", &leak])?;
    has_a_bar(&seen.page, &["leak::leak_planted"]);
    Ok(())
}

#[tokio::test]
async fn of_a_request() -> Result {
    let scratch = scratch();
    let page = request_profiles::of_a_login(&scratch.path().join("profiles")).await?;
    // What waits for the hash: by its path, or, inlined, by its file and line.
    has_a_bar(&page, &["account::login", "(account.rs:"]);
    Ok(())
}
