//! The `cargo shakedown` subcommand.
fn main() {}
