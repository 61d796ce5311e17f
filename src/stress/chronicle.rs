//! The run second by second: rows of Locust's history, and our own series.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::record::SecondRecord;
use super::recorder::{Endpoint, Second};
use crate::locust::{Entry, HistoryRow, ResponseTimes};

/// Seconds in Locust's window.
const WINDOW: u64 = 10;

type Snapshot = BTreeMap<(String, String), ResponseTimes>;

/// Collects what the two histories need, once a second.
pub(super) struct Chronicle {
    origin: Timestamp,
    rows: Vec<HistoryRow>,
    snapshots: VecDeque<(u64, Snapshot)>,
    series: BTreeMap<u64, (usize, Second)>,
}

impl Chronicle {
    /// Of a run that started at `origin`.
    pub(super) fn new(origin: Timestamp) -> Self {
        Self {
            origin,
            rows: Vec::new(),
            snapshots: VecDeque::new(),
            series: BTreeMap::new(),
        }
    }

    /// Writes Locust's first row: nobody yet, and nothing measured.
    pub(super) fn begin(&mut self) {
        let (nothing, start) = (Entry::aggregated(), Duration::ZERO);
        self.row(self.seconds_of(start), 0, &nothing, &[], start, start);
    }

    /// Adds seconds that are over; later additions to a second are merged.
    pub(super) fn add_seconds(&mut self, seconds: BTreeMap<u64, Second>, users: usize) {
        for (at, counts) in seconds {
            let place = self.series.entry(at).or_insert((users, Second::default()));
            place.1.merge(&counts);
        }
    }

    /// The second `at`, if a request ended in it.
    pub(super) fn second(&self, at: u64) -> Option<&Second> {
        self.series.get(&at).map(|(_, second)| second)
    }

    /// Writes the rows of now: one an endpoint, then their aggregate. `last` is
    /// when the last request ended.
    pub(super) fn note(
        &mut self,
        now: Duration,
        last: Duration,
        users: usize,
        endpoints: &[Endpoint],
    ) {
        let timestamp = self.seconds_of(now);
        let mut aggregated = Entry::aggregated();
        let mut sums: Vec<(u32, u32)> = Vec::new();
        let mut snapshot = Snapshot::new();
        for endpoint in endpoints {
            aggregated.merge(&endpoint.entry);
            add(&mut sums, &endpoint.seconds);
            self.row(
                timestamp,
                users,
                &endpoint.entry,
                &endpoint.seconds,
                now,
                last,
            );
            snapshot.insert(key(&endpoint.entry), endpoint.entry.response_times.clone());
        }
        self.row(timestamp, users, &aggregated, &sums, now, last);
        snapshot.insert(key(&aggregated), aggregated.response_times);
        self.snapshots.push_back((now.as_secs(), snapshot));
        // Locust accepts counts up to 18 seconds old.
        if self.snapshots.len() > 20 {
            self.snapshots.pop_front();
        }
    }

    fn row(
        &mut self,
        timestamp: u64,
        users: usize,
        entry: &Entry,
        seconds: &[(u32, u32)],
        now: Duration,
        last: Duration,
    ) {
        let earlier = self.earlier(now.as_secs(), &key(entry));
        let rates = moving_rates(seconds, last.as_secs());
        let row = HistoryRow::of(timestamp, users as u64, entry, rates, earlier);
        self.rows.push(row);
    }

    /// The counts of about ten seconds ago: of then, else of the nearest second
    /// up to eight away, the older one first.
    fn earlier(&self, now: u64, key: &(String, String)) -> Option<&ResponseTimes> {
        let wanted = now.checked_sub(WINDOW - 8)?;
        let counts = self.snapshots.iter().filter(|(at, _)| *at <= wanted);
        counts
            .filter_map(|(at, snapshot)| Some((at, snapshot.get(key)?)))
            .min_by_key(|(at, _)| {
                let age = now - **at;
                (age.abs_diff(WINDOW), age < WINDOW)
            })
            .map(|(_, times)| times)
    }

    fn seconds_of(&self, now: Duration) -> u64 {
        let at = u64::try_from(self.origin.as_second()).unwrap_or(0);
        at + now.as_secs()
    }

    pub(super) fn finish(self) -> (Vec<HistoryRow>, Vec<SecondRecord>) {
        let series = self.series.into_iter();
        let series = series.map(|(at, (users, second))| SecondRecord::of(at, users, &second));
        (self.rows, series.collect())
    }
}

fn key(entry: &Entry) -> (String, String) {
    (entry.method.clone(), entry.name.clone())
}

fn add(sums: &mut Vec<(u32, u32)>, seconds: &[(u32, u32)]) {
    if seconds.len() > sums.len() {
        sums.resize(seconds.len(), (0, 0));
    }
    for (sum, second) in sums.iter_mut().zip(seconds) {
        sum.0 += second.0;
        sum.1 += second.1;
    }
}

/// Requests and failures a second: the mean over the ten seconds that end two
/// before the one in which the last request ended; 0 until there is such a one.
#[expect(
    clippy::cast_precision_loss,
    reason = "at most ten seconds of requests"
)]
fn moving_rates(seconds: &[(u32, u32)], last: u64) -> (f64, f64) {
    let range = last.saturating_sub(WINDOW + 2)..last.saturating_sub(2);
    let width = range.end - range.start;
    if width == 0 {
        return (0.0, 0.0);
    }
    let sum = range.fold((0_u64, 0_u64), |sum, at| {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let (requests, failures) = seconds.get(at).copied().unwrap_or_default();
        (sum.0 + u64::from(requests), sum.1 + u64::from(failures))
    });
    let mean = |sum: u64| sum as f64 / width as f64;
    (mean(sum.0), mean(sum.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_the_mean_of_ten_seconds_that_end_two_before_the_last() {
        let seconds: Vec<(u32, u32)> = (0..20).map(|at| (at * 10, at)).collect();
        assert_eq!(moving_rates(&seconds, 1), (0.0, 0.0));
        assert_eq!(moving_rates(&seconds, 3), (0.0, 0.0));
        assert_eq!(moving_rates(&seconds, 4), (5.0, 0.5));
        // Seconds 7 to 16.
        assert_eq!(moving_rates(&seconds, 19), (115.0, 11.5));
    }

    #[test]
    fn percentiles_compare_with_the_counts_of_ten_seconds_ago() {
        let mut chronicle = Chronicle::new(Timestamp::UNIX_EPOCH);
        for second in 1..=12_u64 {
            let mut entry = Entry::new("GET", "/");
            for earlier in 1..=second {
                entry.record(earlier as f64, 0, false);
            }
            let endpoint = Endpoint::of_entry(entry);
            let now = Duration::from_secs(second);
            chronicle.note(now, now, 1, &[endpoint]);
        }
        let (rows, _) = chronicle.finish();
        let medians: Vec<u64> = rows
            .iter()
            .filter(|row| row.name == "/")
            .map(|row| row.percentiles.unwrap()[0])
            .collect();
        // Until there is a count two seconds old: 0. At second 12 the window is
        // what came after second 2: 3 to 12.
        assert_eq!(medians, [0, 0, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8]);
    }
}
