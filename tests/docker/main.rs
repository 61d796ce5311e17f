//! Tests of the `docker` tier: decnet's image, and the container fixture.
#![expect(
    clippy::unwrap_used,
    reason = "test code: clippy exempts the bodies of test functions, but not what they call"
)]

shakedown::tier!(docker);
shakedown::requires!(docker, image::engine_here);
shakedown::requires!(compose, compose::is_here, in compose, opt_in);

#[path = "../service/conftest.rs"]
mod conftest;
#[path = "../service/image.rs"]
mod image;
#[path = "../service/writers.rs"]
mod writers;

mod absent;
mod compose;
mod contents;
mod durability;
mod fixture;
mod leftovers;
mod making;
mod nested;
mod service;
