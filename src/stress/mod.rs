//! Placeholder of the `stress` module.
