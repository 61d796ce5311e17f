//! The performance story: what archived runs have to tell, as Markdown, as one
//! HTML page and as plots.
//!
//! Three layers. **Compute**: [`Archive::read`] finds and reads the runs of a
//! directory, [`Tale::new`] sorts them into configurations and finds those that
//! differ in exactly one factor. **Format**: [`document`] puts that into
//! chapters, [`markdown`](fn@markdown) and [`html`](fn@html) render them to
//! strings. **Write**: [`publish`] is the one place that writes files.
//!
//! ```no_run
//! use std::path::Path;
//! use shakedown::story::{Archive, StoryConfig, Tale, document, publish};
//!
//! let config = StoryConfig::read(Path::new(".config/shakedown.toml"))?;
//! let archive = Archive::read(Path::new("development/profiles"), &config)?;
//! let tale = Tale::new(&archive, &config);
//! publish(&document(&tale), Path::new("development/Performance-Story.md"))?;
//! # Ok::<(), shakedown::story::StoryError>(())
//! ```
//!
//! The same files give the same bytes: nothing here looks at a clock, and
//! resampling is seeded.
//!
//! **Factors** are what somebody chose: users, workers, tracing, commit. They
//! come from the JSON record beside a table, or from the file's name
//! ([`factors_of_name`], patterns of one's own in [`StoryConfig`]). Two runs are
//! compared when all factors but one are equal. What nobody chose, the machine
//! and its load, does not keep a pair from being compared; it is said beside it.
//!
//! **Repeated runs** of a configuration are taken together: percentiles are those of
//! all their requests, because a mean of percentiles is none, and from four runs a
//! side a change has a bootstrap interval over runs and a verdict. A pair of single
//! runs shows a difference and no verdict.

mod archive;
mod bottleneck;
mod chapters;
mod comparison;
mod config;
pub mod digits;
mod document;
mod duel;
mod error;
mod evidence;
mod face_off;
pub mod factor;
mod family;
mod figures;
mod file_name;
mod headline;
mod histogram;
mod html;
mod in_short;
mod judged;
mod machine;
mod markdown;
mod metric;
mod name_pattern;
mod opening;
pub mod plot;
mod profile;
mod publish;
mod record;
mod recording;
mod run_set;
pub mod statistics;
mod summary;
mod tale;
mod target;

pub use archive::{Archive, BadFile, Inferred};
pub use chapters::document;
pub use comparison::{Comparison, Delta, Difference, Verdict};
pub use config::StoryConfig;
pub use document::{Block, Cell, Document, Sheet, Span, Tone};
pub use duel::{cautions, sheet};
pub use error::StoryError;
pub use evidence::Finding;
pub use face_off::FaceOff;
pub use factor::Factors;
pub use family::Family;
pub use file_name::factors_of_name;
pub use html::html;
pub use machine::{Conditions, Machine};
pub use markdown::{markdown, table};
pub use metric::Metric;
pub use name_pattern::NamePattern;
pub use profile::{EndpointShare, Numbers, Profile, Second, ServerFlame, Window};
pub use publish::{Published, publish};
pub use run_set::RunSet;
pub use summary::summary;
pub use tale::Tale;
pub use target::{Ratio, Reached, Target};
