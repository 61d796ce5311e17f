//! Locust's percentiles against their definition, and histograms against the
//! sorted samples.

use proptest::prelude::*;
use shakedown::locust::{REPORTED, ResponseTimes, round_response_time};
use shakedown::stress::Histogram;

fn times() -> impl Strategy<Value = Vec<f64>> {
    let time = prop_oneof![0.0..100.0_f64, 0.0..1_000.0_f64, 0.0..90_000.0_f64];
    prop::collection::vec(time, 1..400)
}

proptest! {
    #[test]
    fn a_percentile_is_the_rounded_sample_at_its_rank(times in times(), p in 0.0..=1.0_f64) {
        let histogram: ResponseTimes = times.iter().copied().collect();
        let mut sorted: Vec<u64> = times.iter().copied().map(round_response_time).collect();
        sorted.sort_unstable();
        for p in REPORTED.into_iter().chain([p]) {
            let rank = ((sorted.len() as f64 * p) as usize).min(sorted.len() - 1);
            prop_assert_eq!(histogram.percentile(p), Some(sorted[rank]));
        }
    }

    #[test]
    fn a_bucket_is_within_half_its_width_of_the_time(time in 0.0..90_000.0_f64) {
        let bucket = round_response_time(time) as f64;
        let width = match time {
            t if t < 100.0 => 1.0,
            t if t < 1_000.0 => 10.0,
            t if t < 10_000.0 => 100.0,
            _ => 1_000.0,
        };
        prop_assert!((bucket - time).abs() <= width / 2.0);
        prop_assert_eq!(round_response_time(bucket) as f64, bucket, "rounding twice");
    }

    #[test]
    fn counts_add_up_and_subtract(one in times(), two in times()) {
        let first: ResponseTimes = one.iter().copied().collect();
        let second: ResponseTimes = two.iter().copied().collect();
        let mut both = first.clone();
        both.merge(&second);
        prop_assert_eq!(&both, &one.iter().chain(&two).copied().collect::<ResponseTimes>());
        let since = both.since(&first);
        prop_assert!(since.buckets().eq(second.buckets()));
        prop_assert_eq!(since.total(), second.total());
    }

    #[test]
    fn a_histogram_is_within_a_thousandth_of_the_sorted_samples(
        mut samples in prop::collection::vec(0..100_000_000_u64, 1..400),
        p in 0.001..=1.0_f64,
    ) {
        let mut histogram = Histogram::new();
        samples.iter().for_each(|sample| histogram.record(*sample));
        samples.sort_unstable();
        // The smallest sample that the fraction `p` of all does not exceed.
        let rank = ((samples.len() as f64 * p).ceil() as usize).clamp(1, samples.len());
        let exact = samples[rank - 1];
        let found = histogram.percentile_us(p);
        prop_assert!(
            found >= exact && found as f64 <= exact as f64 * 1.001 + 1.0,
            "p{p}: {found} for {exact}"
        );
    }

    #[test]
    fn a_histogram_written_and_read_is_the_same(
        one in prop::collection::vec(0..4_000_000_000_u64, 0..200),
        two in prop::collection::vec(0..4_000_000_000_u64, 0..200),
    ) {
        let of = |samples: &[u64]| {
            let mut histogram = Histogram::new();
            samples.iter().for_each(|sample| histogram.record(*sample));
            histogram
        };
        let text = serde_json::to_string(&of(&one)).unwrap();
        let mut read: Histogram = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &of(&one));
        read.merge(&of(&two));
        let all: Vec<u64> = one.iter().chain(&two).copied().collect();
        prop_assert_eq!(read, of(&all));
    }
}
