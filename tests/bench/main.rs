//! Tests of the `bench` tier.

// shakedown::tier!(bench);

mod sqlite_template;
