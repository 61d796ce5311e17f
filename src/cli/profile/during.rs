//! `cargo shakedown profile attach --during stress`: load tests whose runner
//! samples the server it loads.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Callers, Sampling};
use crate::cli::{Error, Exit, Output};
use crate::profile::{ProfileError, SERVER_VARIABLE, may_sample};

/// Runs the stress tier and asks its runner to sample.
pub(super) fn stress(
    sampling: Sampling,
    nextest: &[String],
    output: &mut Output,
) -> Result<Exit, Error> {
    // Better told now than after minutes of load.
    may_sample()?;
    let archive = archive();
    let before = flames(&archive);
    let mut command = Command::new("cargo");
    command
        .args(["nextest", "run", "--profile", "stress"])
        .args(nextest)
        .env(SERVER_VARIABLE, asked(sampling));
    output.talk(
        "sampling the server of each load test while all its users run; the flame graph is \
         archived beside the run's tables",
    );
    let status = command.status().map_err(|source| Error::Spawn {
        program: "cargo nextest".to_owned(),
        source,
    })?;
    let mut after = flames(&archive);
    after.retain(|flame| !before.contains(flame));
    for flame in &after {
        output.data(&format!("{}\n", flame.display()))?;
    }
    if !status.success() {
        return Err(Error::Nextest {
            command: "cargo nextest run --profile stress".to_owned(),
            status,
        });
    }
    if after.is_empty() {
        return Err(Error::Profile(ProfileError::NothingSampled {
            directory: archive,
        }));
    }
    output.talk("the story shows it as evidence: cargo shakedown story");
    Ok(Exit::Fine)
}

/// Where the runs are archived: where the environment says, or where the tests of a
/// repository usually do.
fn archive() -> PathBuf {
    let elsewhere = std::env::var_os("STRESS_ARCHIVE").filter(|path| !path.is_empty());
    elsewhere.map_or_else(|| PathBuf::from("development/profiles"), PathBuf::from)
}

/// The flame graphs in `archive`.
fn flames(archive: &Path) -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(archive).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| path.to_string_lossy().ends_with("_flame.svg"))
        .collect()
}

/// The variable's value: `auto`, `fp` or `dwarf`, then `:HZ` if that was chosen.
fn asked(sampling: Sampling) -> String {
    let callers = match sampling.call_graph {
        Callers::Auto => "auto",
        Callers::Fp => "fp",
        Callers::Dwarf => "dwarf",
    };
    match sampling.hertz {
        Some(hertz) => format!("{callers}:{hertz}"),
        None => callers.to_owned(),
    }
}
