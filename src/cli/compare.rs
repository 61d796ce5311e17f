//! `cargo shakedown compare`: two runs side by side.

use std::path::PathBuf;

use clap::Args;

use super::{Error, Exit, Output};
use crate::story::{FaceOff, StoryConfig};

/// Compare two runs, or two directories of repeated runs.
///
/// Shows what was equal, what differed and how each figure changed. With four
/// runs or more on each side every change has a 95% interval and a verdict:
/// better, worse, same or inconclusive.
#[derive(Debug, Args)]
pub(crate) struct CompareOptions {
    /// The run to compare with: a statistics file, or a directory of repeated runs
    #[arg(value_name = "A")]
    pub(crate) before: PathBuf,

    /// The run that is compared
    #[arg(value_name = "B")]
    pub(crate) after: PathBuf,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,

    /// Exit with 100 when the verdict on a figure is `worse`
    #[arg(long)]
    pub(crate) strict: bool,

    /// Where the `[story]` table is read from [default: .config/shakedown.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

pub(super) fn run(options: &CompareOptions, output: &mut Output) -> Result<Exit, Error> {
    let config = StoryConfig::found(options.config.as_deref())?;
    let face_off = FaceOff::read(&options.before, &options.after, &config)?;
    output.data(&if options.json {
        face_off.json()
    } else {
        face_off.text()
    })?;
    Ok(if options.strict && face_off.is_worse() {
        Exit::Findings
    } else {
        Exit::Fine
    })
}
