//! Functions that run before `main`.
