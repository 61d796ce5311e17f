//! What a run has to hold: the `STRESS_MIN_*` and `STRESS_MAX_*` variables.
//!
//! | variable | default | holds when |
//! |---|---|---|
//! | `STRESS_MIN_RPS` | | requests a second with all users running are not fewer |
//! | `STRESS_MAX_P95_MS` | | 95 in 100 of those requests took no longer |
//! | `STRESS_MAX_P99_MS` | | 99 in 100 of those requests took no longer |
//! | `STRESS_MAX_FAIL_RATE` | 0 | no larger fraction of all requests failed, the ramp included |
//!
//! A run without requests, one that was interrupted, or one with a panic in a
//! transaction breaks whatever the limits are.

use super::StressError;
use super::setting::{Settings, at_least_zero, environment, positive};

/// Limits of a verdict. `Limits::default()` permits no failed request and asks
/// for nothing else.
///
/// # Example
/// ```
/// use shakedown::stress::Limits;
///
/// let limits = Limits::from_lookup(|name| (name == "STRESS_MAX_P95_MS").then(|| "50".into()))?;
/// assert_eq!(limits.max_p95_ms, Some(50.0));
/// assert_eq!(limits.max_fail_rate, 0.0);
/// # Ok::<(), shakedown::stress::StressError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// The fewest requests a second.
    pub min_rps: Option<f64>,
    /// The longest 95th percentile, in milliseconds.
    pub max_p95_ms: Option<f64>,
    /// The longest 99th percentile, in milliseconds.
    pub max_p99_ms: Option<f64>,
    /// The largest fraction of requests that may fail, 0 to 1.
    pub max_fail_rate: f64,
}

impl Limits {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`StressError::Setting`] names the variable that cannot be understood.
    pub fn from_env() -> Result<Self, StressError> {
        Self::from_lookup(environment)
    }

    /// Reads any table of variables.
    ///
    /// # Errors
    /// As [`Limits::from_env`].
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, StressError> {
        let settings = Settings(lookup);
        let milliseconds = "milliseconds, a number above 0";
        Ok(Self {
            min_rps: settings.get(
                "STRESS_MIN_RPS",
                "requests a second, a number above 0",
                positive,
            )?,
            max_p95_ms: settings.get("STRESS_MAX_P95_MS", milliseconds, positive)?,
            max_p99_ms: settings.get("STRESS_MAX_P99_MS", milliseconds, positive)?,
            max_fail_rate: settings
                .get("STRESS_MAX_FAIL_RATE", "a fraction from 0 to 1", |text| {
                    at_least_zero(text).filter(|rate| *rate <= 1.0)
                })?
                .unwrap_or(0.0),
        })
    }
}
