//! How a report is shown: for people, for programs, for code hosts.

mod formats;
mod github;
mod human;
mod json;
mod sarif;

pub(super) use formats::excerpt;
