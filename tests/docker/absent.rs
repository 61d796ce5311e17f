//! Without an engine: failed with a hint where the tier was asked for by name,
//! skipped aloud elsewhere, never passed.

use shakedown::Result;

use crate::nested::{Finished, Nested};

/// Nobody listens there.
const NOWHERE: &str = "tcp://127.0.0.1:1";
const ONE: &str = "test(=contents::it_is_small)";

fn without_engine(profile: &'static str) -> Result<Finished> {
    Nested::new(ONE)?
        .profile(profile)
        .env("DOCKER_HOST", NOWHERE)
        .finish()
}

#[test]
fn asked_for_by_name_it_fails_with_a_hint() -> Result {
    let Finished { status, text } = without_engine("docker")?;
    assert_eq!(status.code(), Some(100), "{text}");
    let problem = format!("requirement `docker` is not met: no container engine at `{NOWHERE}`: ");
    assert!(text.contains(&problem), "{text}");
    assert!(
        text.contains("; start Docker, or set DOCKER_HOST"),
        "{text}"
    );
    assert!(
        text.contains("help: asked for by `--profile docker`"),
        "{text}"
    );
    assert!(text.contains("0 passed, 1 failed"), "{text}");
    Ok(())
}

#[test]
fn in_other_profiles_it_is_skipped_aloud() -> Result {
    for profile in ["all", "ci"] {
        let Finished { text, .. } = without_engine(profile)?;
        let skip = "shakedown: skips the tests of `docker`: requirement `docker` is not met: no container engine";
        assert!(text.contains(skip), "{text}");
        assert!(text.contains("0 tests run: 0 passed"), "{text}");
    }
    Ok(())
}
