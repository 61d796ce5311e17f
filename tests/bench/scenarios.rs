//! The dashboard's users, as the stress tier has them.

#[path = "../stress/scenarios/dashboard.rs"]
mod dashboard;
#[path = "../stress/scenarios/transaction.rs"]
mod transaction;

pub(crate) use dashboard::dashboard;
use transaction::{bearing, get};
