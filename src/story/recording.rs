//! What a record holds of a run's times, as the text it came in: histograms are
//! decoded when somebody draws the run or adds it to others, because most runs of
//! a large archive are only listed.

use super::Second;
use super::histogram::Histogram;

/// Times of a recorded run.
#[derive(Clone, Debug, Default)]
pub(super) struct Recording {
    /// The histogram of the measured window.
    pub(super) measured: Option<String>,
    /// Each second in which a request ended.
    pub(super) seconds: Vec<RecordedSecond>,
    /// Looks at the server, one a second.
    pub(super) samples: Vec<Sample>,
    /// The writer's queue, a look a second.
    pub(super) queue: Vec<(f64, f64)>,
    /// When users were told to stop, in seconds from the start: what ended later is
    /// the rest of a load and no rate.
    pub(super) until: Option<f64>,
}

/// One second of a record.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordedSecond {
    pub(super) at: f64,
    pub(super) users: Option<f64>,
    pub(super) requests: f64,
    pub(super) failures: f64,
    pub(super) histogram: Option<String>,
}

/// What the server used in the second that ended at `at`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sample {
    pub(super) at: f64,
    pub(super) cpu_cores: Option<f64>,
    pub(super) rss_bytes: Option<f64>,
}

impl Recording {
    /// The response times of the measured window.
    pub(super) fn histogram(&self) -> Option<Histogram> {
        Histogram::decode(self.measured.as_deref()?)
    }

    /// Every second that was full. The record holds those in which a request ended;
    /// in the others none did, which is what a stall looks like.
    pub(super) fn timeline(&self) -> Vec<Second> {
        /// A day and more: beyond, the figure is damaged and not a time.
        const LONGEST: f64 = 100_000.0;
        let until = self.until.unwrap_or(f64::INFINITY).min(LONGEST);
        let mut seconds: Vec<Second> = Vec::new();
        let full = |one: &&RecordedSecond| one.at >= 0.0 && one.at + 1.0 <= until;
        for recorded in self.seconds.iter().filter(full) {
            while let Some(last) = seconds.last().filter(|last| last.at + 1.0 < recorded.at) {
                let silent = Second {
                    at: last.at + 1.0,
                    users: last.users,
                    rps: Some(0.0),
                    failures_per_second: Some(0.0),
                    ..Second::default()
                };
                seconds.push(silent);
            }
            seconds.push(recorded.second());
        }
        self.add_looks(&mut seconds);
        seconds
    }

    /// Puts what was looked at once a second beside the second it belongs to.
    fn add_looks(&self, seconds: &mut [Second]) {
        for second in seconds {
            // A look is a little late, never early.
            let within = |at: f64| at > second.at + 0.5 && at <= second.at + 1.5;
            if let Some(sample) = self.samples.iter().find(|sample| within(sample.at)) {
                second.server_cores = sample.cpu_cores;
                second.server_rss_bytes = sample.rss_bytes;
            }
            let queue = self.queue.iter().find(|(at, _)| within(*at));
            second.queue_depth = queue.map(|(_, depth)| *depth);
        }
    }

    /// Cores that the server used on average from `from` on, in the seconds that
    /// were looked at.
    pub(super) fn server_cores_since(&self, from: f64) -> Option<f64> {
        let until = self.until.unwrap_or(f64::INFINITY);
        let looks = self.samples.iter();
        let looks = looks.filter(|look| look.at - 1.0 >= from && look.at <= until + 0.5);
        let used: Vec<f64> = looks.filter_map(|look| look.cpu_cores).collect();
        #[expect(clippy::cast_precision_loss, reason = "a look a second")]
        let count = used.len() as f64;
        (!used.is_empty()).then(|| used.iter().sum::<f64>() / count)
    }
}

impl RecordedSecond {
    fn second(&self) -> Second {
        let histogram = self.histogram.as_deref().and_then(Histogram::decode);
        let percentile = |percent| histogram.as_ref()?.percentile_ms(percent);
        Second {
            at: self.at,
            users: self.users,
            rps: Some(self.requests),
            failures_per_second: Some(self.failures),
            p50_ms: percentile(50.0),
            p95_ms: percentile(95.0),
            ..Second::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(seconds: &[f64]) -> Recording {
        let second = |at: &f64| RecordedSecond {
            at: *at,
            users: Some(5.0),
            requests: 9.0,
            ..RecordedSecond::default()
        };
        Recording {
            seconds: seconds.iter().map(second).collect(),
            ..Recording::default()
        }
    }

    fn rates(recording: &Recording) -> Vec<(f64, f64)> {
        let timeline = recording.timeline().into_iter();
        timeline
            .map(|second| (second.at, second.rps.unwrap()))
            .collect()
    }

    #[test]
    fn seconds_without_an_answer_are_seconds_of_silence() {
        let recording = recording(&[-1e300, 0.0, 3.0, 1e300]);
        assert_eq!(
            rates(&recording),
            [(0.0, 9.0), (1.0, 0.0), (2.0, 0.0), (3.0, 9.0)]
        );
        assert_eq!(recording.timeline()[1].p95_ms, None);
    }

    #[test]
    fn a_second_that_the_run_did_not_fill_is_no_rate() {
        let cut = Recording {
            until: Some(3.07),
            ..recording(&[0.0, 1.0, 2.0, 3.0, 4.0])
        };
        assert_eq!(rates(&cut), [(0.0, 9.0), (1.0, 9.0), (2.0, 9.0)]);
    }

    #[test]
    fn the_servers_share_is_of_the_measured_window() {
        let sample = |at: f64, cores: f64| Sample {
            at,
            cpu_cores: Some(cores),
            rss_bytes: None,
        };
        let looked = Recording {
            samples: vec![
                sample(1.0, 0.2),
                sample(2.0, 0.4),
                sample(3.0, 0.9),
                sample(4.0, 0.9),
            ],
            ..recording(&[0.0, 1.0, 2.0, 3.0])
        };
        assert_eq!(looked.server_cores_since(2.0), Some(0.9));
        assert_eq!(looked.server_cores_since(9.0), None);
        assert_eq!(looked.timeline()[1].server_cores, Some(0.4));
    }
}
