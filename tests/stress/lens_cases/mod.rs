//! The set-ups whose costs are compared, which of them are measured, and what can be
//! counted rather than timed. `lens_costs` runs them.

mod case;
mod instructions;
mod settings;
mod trouble;

pub(crate) use case::{Case, Observer};
pub(crate) use instructions::{counted, or_skipped};
pub(crate) use settings::Settings;
pub(crate) use trouble::trouble_of;
