//! What the lenses cost: the format of a measurement, the limits it is held against,
//! and the tables of `development/Tracing-and-Profiling.md` that are made of it.
//!
//! The stress tier measures (`tests/stress/lens_costs.rs`); the fast suite holds the
//! page against the measurement that it names (`held`).

pub(crate) mod archive;
pub(crate) mod change;
mod figures;
mod held;
pub(crate) mod limits;
pub(crate) mod page;
pub(crate) mod report;
