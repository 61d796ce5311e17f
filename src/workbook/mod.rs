//! The workbook: phases with targets, measured, judged, archived and followed
//! over time.
//!
//! A **phase** is something a service does whose 95th percentile has a target. It
//! stands in `.config/shakedown.toml` ([`Settings`] has the keys) and is a Rust
//! function registered with [`phase!`](crate::phase), an HTTP request, a command
//! or a stress run (which [`phase!`](crate::phase) makes a test of too). What is too fast for that is a micro-benchmark, registered with
//! [`micro!`](crate::micro). `cargo shakedown bench` measures both and writes an
//! [`Artifact`]; `gate`, `trend`, `export` and `workbook` read artifacts.
//!
//! # Layers
//!
//! **Compute**: [`Sampler`] times, [`Summary`] sums up, [`judge`] holds against
//! the target; [`Duel`] compares two builds and [`trend()`] finds when a phase
//! changed: pure functions over numbers. **Format**: tables, Markdown, JUnit,
//! Prometheus text and the page are strings. **Write**: [`Artifact::write`] and
//! the subcommand.
//!
//! # How long things take
//!
//! Times are microseconds in a [`Histogram`], nanoseconds in a second one of phases
//! that take less than 100 µs; the shortest, the longest and the mean are exact to
//! the nanosecond. Percentiles are of the upper nearest rank.

mod annotation;
mod artifact;
mod bootstrap;
mod calibration;
mod cgroup;
mod change_points;
mod command;
mod disk;
mod distribution;
mod duel;
mod duel_report;
mod error;
mod export;
mod gate;
mod http;
mod http_body;
mod instructions;
mod legacy;
mod limited;
mod measurement;
mod merged;
mod micro;
mod micro_report;
mod micro_test;
mod noise;
mod page;
mod phase;
mod phase_test;
mod published;
mod rig;
mod run_kind;
mod sampling;
mod settings;
mod span;
mod stress_run;
mod summary;
mod table;
mod trend;
mod trend_plot;
mod verdict;
mod workload;

pub use artifact::{ARTIFACT_FILE, Archived, Artifact, Calibration, SCHEMA, archived, latest, now};
pub use bootstrap::holm;
pub use calibration::calibration_us;
pub use change_points::change_points;
pub use duel::{ALPHA, Decision, Duel, LOOKS, MOST_PAIRS, Outcome, Side, settle};
pub use duel_report::{Compared, DuelReport, NotCompared};
pub use error::WorkbookError;
pub use export::{markdown_table, metric_names, prometheus};
pub use gate::{GateReport, Unmeasured};
#[cfg(feature = "cli")]
#[cfg(feature = "cli")]
pub(crate) use limited::{LIMIT, run as run_limited, run_shown, run_telling};
pub use measurement::{Bin, Measurement, Missing, Step};
pub use merged::merged;
pub use micro::{Bench, Micro, Work};
pub use micro_report::micros;
#[doc(hidden)]
pub use micro_test::micro_test;
pub use noise::{KnownNoise, Level, Noise, latest_noise, write_noise};
pub use page::{trend_page, workbook};
#[cfg(feature = "cli")]
pub(crate) use phase::MOST_SAMPLES;
pub use phase::{Gate, Phase, Tolerance};
pub use phase_test::{CONTEST, INTO, SAMPLES, SETTINGS, registered};
#[doc(hidden)]
pub use phase_test::{phase_test, register, run_test};
pub use published::{Action, Change, Page, Scope};
pub use rig::{Rig, RigWatch};
pub use run_kind::{Fixture, RunKind};
pub use sampling::{Sampler, Stopwatch};
#[cfg(feature = "cli")]
pub(crate) use settings::phase_names;
pub use settings::{SETTINGS_FILE, Settings};
pub use span::Span;
pub use summary::Summary;
pub use table::{bars, bins, results, short, steps};
pub use trend::{LevelChange, Point, Trend, trend};
pub use trend_plot::trend_plot;
pub use verdict::{Verdict, judge};
pub use workload::measure;

pub use crate::measure::{Histogram, Machine, Revision};
