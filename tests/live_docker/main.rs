//! Tests of the `live_docker` tier: decnet in containers, next to MariaDB and to
//! each other.

shakedown::tier!(live_docker);
shakedown::requires!(live_docker, wanted);

#[path = "../service/conftest.rs"]
mod conftest;
#[path = "../service/image.rs"]
mod image;
#[path = "../service/writers.rs"]
mod writers;

mod cluster;
mod fixture;
mod mariadb;

/// The consent that starts containers for minutes, unless the tier is named.
const CONSENT: &str = "DECNET_LIVE_DOCKER";

/// Whether the tests can run and are meant to.
fn wanted() -> Result<(), String> {
    image::engine_here()?;
    let consent = shakedown::conftest::exported(CONSENT);
    let given = consent.is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"));
    if given || shakedown::tier::asked_for("live_docker") {
        return Ok(());
    }
    Err(format!(
        "set {CONSENT}=1, or run `cargo nextest run --profile live_docker`"
    ))
}
