//! The table of tiers, the one place that lists them.

use std::fmt;

/// A group of tests that run together, and how to run them.
///
/// # Example
///
/// ```
/// use shakedown::tier::Tier;
///
/// assert_eq!(Tier::from_name("stress"), Some(Tier::Stress));
/// assert_eq!(Tier::Stress.command(), "cargo nextest run --profile stress");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Tier {
    /// Unmarked tests: seconds, hermetic, before every commit.
    Fast,
    /// Generated input against properties.
    Fuzz,
    /// Real server processes on this machine.
    Live,
    /// Real server processes next to services in containers.
    LiveDocker,
    /// Simulated users against a release build, with a verdict.
    Stress,
    /// Measurements.
    Bench,
    /// The packaged image itself.
    Docker,
}

/// The tiers that are run by name, in the order of their cost. [`Tier::Fast`]
/// is what remains.
pub const TIERS: [Tier; 6] = [
    Tier::Fuzz,
    Tier::Live,
    Tier::LiveDocker,
    Tier::Stress,
    Tier::Bench,
    Tier::Docker,
];

impl Tier {
    /// The name: of the marker, the profile, the test binary and its directory.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Fuzz => "fuzz",
            Self::Live => "live",
            Self::LiveDocker => "live_docker",
            Self::Stress => "stress",
            Self::Bench => "bench",
            Self::Docker => "docker",
        }
    }

    /// The nextest profile that runs it.
    #[must_use]
    pub const fn profile(self) -> &'static str {
        match self {
            Self::Fast => "default",
            marked => marked.name(),
        }
    }

    /// What a user types to run it.
    #[must_use]
    pub const fn command(self) -> &'static str {
        match self {
            Self::Fast => "cargo nextest run",
            Self::Fuzz => "cargo nextest run --profile fuzz",
            Self::Live => "cargo nextest run --profile live",
            Self::LiveDocker => "cargo nextest run --profile live_docker",
            Self::Stress => "cargo nextest run --profile stress",
            Self::Bench => "cargo nextest run --profile bench",
            Self::Docker => "cargo nextest run --profile docker",
        }
    }

    /// What its tests are, in a line.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Fast => "unmarked tests: seconds, hermetic, before every commit",
            Self::Fuzz => "generated input against properties",
            Self::Live => "real server processes on this machine",
            Self::LiveDocker => "real server processes next to services in containers",
            Self::Stress => "simulated users against a release build, with a verdict",
            Self::Bench => "measurements, compared with their targets",
            Self::Docker => "the packaged image itself",
        }
    }

    /// The tier of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        std::iter::once(Self::Fast)
            .chain(TIERS)
            .find(|tier| tier.name() == name)
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tier_is_found_by_its_name_and_run_by_its_profile() {
        for tier in TIERS {
            assert_eq!(Tier::from_name(tier.name()), Some(tier));
            assert_eq!(tier.profile(), tier.name());
            assert_eq!(
                tier.command(),
                format!("cargo nextest run --profile {tier}")
            );
        }
        assert_eq!(Tier::from_name("strees"), None);
    }
}
