//! Load tests: Goose drives the users, every request is recorded exactly, the
//! run is archived in Locust's formats and held against limits.
//!
//! [`Stress`] runs scenarios and returns a [`Run`]; the run knows its table, its
//! archive and its verdict. [`Knobs`] and [`Limits`] come from `STRESS_*`
//! variables. Scenarios are ordinary Goose code; [`Mix`] builds one whose users
//! choose by weight, [`Call`] makes a request on a transport that costs half of
//! Goose's client, and [`roll`] is chance that the seed repeats.
//!
//! # What is measured
//!
//! The loop is closed: a user sends its next request when the last was answered,
//! so a server that stalls is asked less, and the stall shows in few requests.
//! With `STRESS_RATE` the loop is **open**: transactions start at constant
//! arrivals, and response times count from when they were due. A request counts towards the **ramp** when it started before all users ran,
//! and towards the **measured window** otherwise. The CSV files hold both, as
//! Locust's do; the JSON record holds them apart; the table and the verdict are
//! of the measured window, except that failures of the ramp fail the verdict too.
//!
//! # Architecture
//!
//! `runner` configures Goose and ends it; `open_loop` runs the same scenarios on
//! a `schedule` without Goose's engine, and `arrivals` says how that was kept;
//!  `observe` wraps the scenarios'
//! transactions; `watch` is what users share; `recorder` counts; `pulse` collects
//! once a second into `chronicle`; `record`, `report`, `verdict` and `archive`
//! turn the counts into JSON, text, a judgement and files.

mod archive;
mod arrivals;
mod call;
mod chronicle;
mod connection;
mod dice;
mod drift;
mod error;
mod flame;
mod gauges;
mod host;
mod knobs;
mod limits;
mod mix;
mod observe;
mod open_loop;
mod pin;
mod process_tree;
mod progress;
mod pulse;
mod record;
mod recorder;
mod report;
mod run;
mod runner;
mod schedule;
mod server;
mod setting;
mod tally;
mod traced;
mod verdict;
mod watch;

pub use archive::Archived;
pub use arrivals::Arrivals;
pub use call::{Call, Reply};
pub use dice::Dice;
pub use drift::Drift;
pub use error::StressError;
pub use flame::{Flame, FlameFunction};
pub use gauges::{Gauge, Gauges, Reading, Readings, WriterUse};
pub use knobs::Knobs;
pub use limits::Limits;
pub use mix::{Mix, roll};
pub use progress::Progress;
pub use record::{
    EndpointRecord, ExceptionRecord, FailureRecord, Generator, Load, Record, SCHEMA, SecondRecord,
    Stats, Windows,
};
pub use run::Run;
pub use runner::Stress;
pub use server::{ServerSample, ServerUse};
pub use traced::SlowRequest;
pub use verdict::{Broken, Verdict};

pub use crate::measure::{Histogram, Machine, Revision};

/// The load engine, so that scenarios need no dependency of their own and agree
/// on its version.
pub use goose;
pub use hyper::Method;
