//! The command line, as clap reads it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::bench::BenchOptions;
use super::compare::CompareOptions;
use super::gate::GateOptions;
use super::inspect::InspectOptions;
use super::looking::{ExportOptions, TrendOptions, WorkbookOptions};
use super::profile::ProfileOptions;
use super::sessions::SessionsOptions;
use super::story::StoryOptions;
use super::versus::CalibrateOptions;

/// What a Rust service goes through before every merge and every release.
#[derive(Debug, Parser)]
#[command(
    name = "cargo shakedown",
    bin_name = "cargo shakedown",
    version,
    about = "What a Rust service goes through before every merge and every release",
    after_help = "Tests run with `cargo nextest run [--profile TIER]`; this command is for what surrounds them.\n\
                  Exit codes: 0 fine, 2 usage, 3 cargo or nextest failed, 4 input/output,\n100 findings or a failed gate, 130 interrupted.",
    subcommand_required = true,
    arg_required_else_help = true,
    term_width = 80
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Tiers(TiersOptions),
    Inspect(InspectOptions),
    Story(StoryOptions),
    Compare(CompareOptions),
    Bench(BenchOptions),
    Gate(GateOptions),
    Calibrate(CalibrateOptions),
    Trend(TrendOptions),
    Export(ExportOptions),
    Workbook(WorkbookOptions),
    Sessions(SessionsOptions),
    Profile(ProfileOptions),
}

/// List the tiers: tests in each, the command that runs it, what it needs and whether that is met here.
///
/// Builds the tests (as `cargo nextest list` does) and asks each tier's binary
/// for its requirements; runs no test.
#[derive(Debug, Args)]
pub(crate) struct TiersOptions {
    /// The workspace to look at
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,

    /// Count from the JSON of `cargo nextest list --profile all --message-format json` in this file, without building
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) from_listing: Option<PathBuf>,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table
    Human,
    /// One JSON document
    Json,
}
