//! The markers that tiers have.

/// Every marker, in the order of `cargo shakedown tiers`.
pub(crate) const TIERS: [&str; 6] = ["fuzz", "live", "live_docker", "stress", "bench", "docker"];

/// The marker of that name.
pub(crate) fn tier_named(name: &str) -> Option<&'static str> {
    TIERS.into_iter().find(|tier| *tier == name)
}
