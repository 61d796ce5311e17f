//! Tests of the `fuzz` tier.

#[expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
mod locust_read;
#[expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
mod story_read;
