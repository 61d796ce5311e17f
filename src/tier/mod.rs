//! Placeholder of the `tier` module.
