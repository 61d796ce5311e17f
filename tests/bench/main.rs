//! Tests of the `bench` tier.

shakedown::tier!(bench);
shakedown::requires!(image, image_unpack::engine_and_image, in image_unpack);

#[path = "../service/conftest.rs"]
mod conftest;

#[path = "../service/server.rs"]
mod decnet_server;
mod dissectors;
mod gate_experiment;
mod hot_paths;
mod image_unpack;
mod inspection;
mod phases;
mod scenarios;
mod session;
mod sqlite_template;
mod story;
