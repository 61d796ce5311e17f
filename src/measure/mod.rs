//! What both load tests and benchmarks measure with: times in a histogram that
//! can be written down and added up, the machine, and the code that was measured.

mod histogram;
mod machine;
mod revision;

pub use histogram::Histogram;
pub(crate) use machine::Before;
pub use machine::Machine;
pub(crate) use machine::read;
#[cfg(feature = "stress")]
pub(crate) use machine::{kibibytes, line_of, own_cpu_seconds};
pub use revision::Revision;
