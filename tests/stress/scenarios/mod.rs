//! What users of decnet do.

mod dashboard;
mod dashboard_login;
mod ingest;
mod transaction;

pub(crate) use dashboard::dashboard;
pub(crate) use dashboard_login::dashboard_login;
pub(crate) use ingest::{ingest, ingest_by_goose};
use transaction::{bearing, get};
