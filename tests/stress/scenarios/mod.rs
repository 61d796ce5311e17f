//! What users of decnet do.

mod dashboard;
mod ingest;
mod transaction;

pub(crate) use dashboard::dashboard;
pub(crate) use ingest::ingest;
use transaction::{bearing, get};
