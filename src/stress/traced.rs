//! Trace ids that the generator makes, so that a slow request of a run can be
//! opened as a trace: W3C `traceparent` headers, and the slowest of the requests
//! that carried one.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::dice::mixed;
use super::record::rounded;
use super::tally::milliseconds;

/// Requests kept for each endpoint.
const KEPT: usize = 10;

/// A request that was slow and can be looked up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SlowRequest {
    /// Its trace, 32 hexadecimal digits.
    pub trace_id: String,
    /// How long it took.
    pub took_ms: f64,
    /// When it started, in seconds from the start of the run.
    pub started_s: f64,
}

/// The ids of one run: random in their upper half, which tells runs apart, and
/// distinct in their lower.
#[derive(Debug)]
pub(super) struct TraceIds {
    run: u64,
    salt: u64,
    /// The share of requests that is traced, as a part of all numbers.
    share: u64,
}

impl TraceIds {
    /// Ids for the share `share` of the requests, from 0 to 1.
    pub(super) fn new(share: f64) -> Self {
        // std's hasher is seeded by the system, once a process and counted on.
        let random = |of: u8| RandomState::new().hash_one(of);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "the share is from 0 to 1, and a cast saturates"
        )]
        let share = (share * u64::MAX as f64) as u64;
        Self {
            run: random(0).max(1),
            salt: random(1),
            share,
        }
    }

    /// The id of request `number` of `user`; none where it is not to be traced.
    pub(super) fn of(&self, user: usize, number: u64) -> Option<u128> {
        // Distinct for all users and requests there can be, and so when mixed.
        let request = (user as u64) << 40 ^ number;
        let low = mixed(request ^ self.salt);
        let traced = self.share == u64::MAX || mixed(low) < self.share;
        traced.then(|| u128::from(self.run) << 64 | u128::from(low))
    }
}

/// The header that makes a server record the request `trace`.
pub(super) fn traceparent(trace: u128) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    let span = mixed(trace as u64).max(1);
    format!("00-{trace:032x}-{span:016x}-01")
}

/// The slowest requests of an endpoint, slowest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Slowest(Vec<(Duration, Duration, u128)>);

impl Slowest {
    /// Keeps a request that took `took` if it is among the slowest.
    pub(super) fn record(&mut self, took: Duration, started: Duration, trace: u128) {
        if self.0.len() == KEPT && self.0.last().is_some_and(|last| took <= last.0) {
            return;
        }
        let at = self.0.partition_point(|kept| kept.0 >= took);
        self.0.insert(at, (took, started, trace));
        self.0.truncate(KEPT);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (took, started, trace) in &other.0 {
            self.record(*took, *started, *trace);
        }
    }

    /// For the record.
    pub(super) fn requests(&self) -> Vec<SlowRequest> {
        let requests = self.0.iter().map(|(took, started, trace)| SlowRequest {
            trace_id: format!("{trace:032x}"),
            took_ms: rounded(milliseconds(*took)),
            started_s: rounded(started.as_secs_f64()),
        });
        requests.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_distinct_and_the_share_is_kept() {
        let ids = |share| {
            let ids = TraceIds::new(share);
            let made = (0..100).flat_map(|user| (0..100).map(move |number| (user, number)));
            let made: Vec<_> = made.filter_map(|(user, n)| ids.of(user, n)).collect();
            assert_eq!(made.iter().collect::<HashSet<_>>().len(), made.len());
            made
        };
        assert_eq!((ids(1.0).len(), ids(0.0).len()), (10_000, 0));
        // Six standard deviations from 1,000 are 180.
        assert!((820..1_180).contains(&ids(0.1).len()));
        assert_ne!(ids(1.0)[0] >> 64, ids(1.0)[0] >> 64, "runs are told apart");
    }

    #[test]
    fn a_header_names_the_trace_and_a_span_that_is_not_zero() {
        let header = traceparent(0xabc);
        assert_eq!(header.len(), 55);
        assert!(
            header.starts_with("00-00000000000000000000000000000abc-"),
            "{header}"
        );
        assert!(
            header.ends_with("-01") && !header.contains("-0000000000000000-"),
            "{header}"
        );
    }

    #[test]
    fn the_ten_slowest_are_kept_slowest_first_whatever_the_order() {
        let (mut one, mut other) = (Slowest::default(), Slowest::default());
        for n in 0..50_u32 {
            let shuffled = n * 17 % 50;
            let half = if n % 2 == 0 { &mut one } else { &mut other };
            let took = Duration::from_millis(u64::from(shuffled));
            half.record(took, Duration::from_secs(1), u128::from(shuffled));
        }
        one.merge(&other);
        let kept: Vec<_> = one.requests().iter().map(|one| one.took_ms).collect();
        let expected: Vec<_> = (40..50).rev().map(f64::from).collect();
        assert_eq!(kept, expected);
        assert_eq!(one.requests()[0].trace_id, format!("{:032x}", 49));
    }
}
