//! `cargo shakedown profile attach --during stress`: load tests whose runner
//! samples the server it loads.

use std::process::Command;

use super::{Callers, Sampling};
use crate::cli::{Error, Exit, Output};
use crate::profile::{SERVER_VARIABLE, Tool};

/// Runs the stress tier and asks its runner to sample.
pub(super) fn stress(
    sampling: Sampling,
    nextest: &[String],
    output: &mut Output,
) -> Result<Exit, Error> {
    Tool::Perf.find()?;
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
    if !status.success() {
        return Err(Error::Nextest {
            command: "cargo nextest run --profile stress".to_owned(),
            status,
        });
    }
    output.talk("the story shows it as evidence: cargo shakedown story");
    Ok(Exit::Fine)
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
