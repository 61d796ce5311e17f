//! The table of a run, as text of at most 80 columns.

use std::fmt;

use super::Run;
use super::record::{Record, Stats};

/// Width of the name column; a longer name has a line of its own.
const NAME: usize = 16;

/// Shows the measured window of a run.
pub(super) struct Table<'a>(pub(super) &'a Run);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = &self.0.record;
        writeln!(
            f,
            "{:<6} {:<NAME$} {:>7} {:>5} {:>5} {:>5} {:>5} {:>5} {:>5} {:>5} {:>6}",
            "", "times in ms", "reqs", "fails", "avg", "min", "max", "p50", "p95", "p99", "RPS"
        )?;
        let seconds = record.windows.measured_s;
        let counted_s = counted_seconds(record);
        for endpoint in &record.endpoints {
            let (method, name) = (&endpoint.method, &endpoint.name);
            row(f, method, name, &endpoint.measured, counted_s)?;
        }
        row(f, "", "Aggregated", &record.measured, counted_s)?;
        let (users, ramp) = (record.load.users, &record.ramp);
        match record.load.rate {
            None => writeln!(f, "closed loop of {users} users, {seconds:.1} s measured")?,
            Some(rate) => {
                writeln!(f, "open loop of {rate}/s, {seconds:.1} s measured")?;
                writeln!(
                    f,
                    "times count from when each was due; {users} users at most"
                )?;
            }
        }
        writeln!(
            f,
            "before that {:.1} s of ramp: {} requests, {} failed",
            record.windows.ramp_s, ramp.requests, ramp.failures,
        )?;
        for line in schedule(record).into_iter().chain(slowest(record)) {
            writeln!(f, "{line}")?;
        }
        if record.generator.throughput == "floor" {
            let meaning = match record.load.rate {
                None => "the generator or the machine was saturated: the server may be faster",
                Some(_) => {
                    "the generator was late or saturated: times are a ceiling for the server"
                }
            };
            writeln!(f, "{meaning}")?;
        }
        Ok(())
    }
}

/// The time in which all would have ended at the rate that was kept: each endpoint
/// has its part of that rate.
#[expect(clippy::cast_precision_loss, reason = "2^53 requests are not made")]
fn counted_seconds(record: &Record) -> f64 {
    match record.rps() {
        0.0 => record.windows.measured_s,
        rps => record.measured.requests as f64 / rps,
    }
}

/// How the schedule of an open loop was kept.
fn schedule(record: &Record) -> Vec<String> {
    let Some(arrivals) = &record.arrivals else {
        return Vec::new();
    };
    let mut lines = vec![format!(
        "schedule: sent {} ms late (p50), {} (p99), {} at most",
        time_text(arrivals.lag_p50_ms),
        time_text(arrivals.lag_p99_ms),
        time_text(arrivals.lag_max_ms),
    )];
    if arrivals.waited > 0 {
        lines.push(format!(
            "{} of {} found all users busy, and waited up to {} ms for one",
            arrivals.waited,
            arrivals.due,
            time_text(arrivals.wait_max_ms),
        ));
    }
    if arrivals.saturated {
        lines.push("saturated: the server did not keep up with the rate".to_owned());
    }
    lines
}

/// The slowest request of each endpoint that can be opened as a trace.
fn slowest(record: &Record) -> Vec<String> {
    let endpoints = record.endpoints.iter();
    let traced = endpoints.filter_map(|endpoint| Some((endpoint, endpoint.slowest.first()?)));
    let lines = traced.map(|(endpoint, request)| {
        let (method, name) = (&endpoint.method, &endpoint.name);
        let took = time_text(request.took_ms);
        format!("{took:>5} ms  {}  {method} {name}", request.trace_id)
    });
    let mut lines: Vec<_> = lines.collect();
    if !lines.is_empty() {
        lines.insert(
            0,
            "slowest traced requests (ten of each are in the record):".to_owned(),
        );
    }
    lines
}

fn row(
    f: &mut fmt::Formatter<'_>,
    method: &str,
    name: &str,
    stats: &Stats,
    seconds: f64,
) -> fmt::Result {
    if name.chars().count() > NAME || method.len() > 6 {
        writeln!(f, "{method:<6} {name}")?;
        write!(f, "{:<6} {:<NAME$}", "", "")?;
    } else {
        write!(f, "{method:<6} {name:<NAME$}")?;
    }
    write!(
        f,
        " {:>7} {:>5}",
        count(stats.requests),
        count(stats.failures)
    )?;
    for time in [
        stats.mean_ms,
        stats.min_ms,
        stats.max_ms,
        stats.p50_ms,
        stats.p95_ms,
        stats.p99_ms,
    ] {
        write!(f, " {:>5}", time_text(time))?;
    }
    writeln!(f, " {:>6}", rate_text(stats.requests, seconds))
}

/// At most five characters up to 99 million.
fn count(value: u64) -> String {
    match value {
        0..=99_999 => value.to_string(),
        100_000..=9_999_999 => format!("{}k", value / 1_000),
        _ => format!("{}M", value / 1_000_000),
    }
}

/// Milliseconds in at most five characters.
fn time_text(milliseconds: f64) -> String {
    if milliseconds < 9.995 {
        format!("{milliseconds:.2}")
    } else if milliseconds < 99.95 {
        format!("{milliseconds:.1}")
    } else if milliseconds < 99_999.5 {
        format!("{milliseconds:.0}")
    } else {
        format!("{:.0}s", milliseconds / 1_000.0)
    }
}

#[expect(clippy::cast_precision_loss, reason = "2^53 requests are not made")]
fn rate_text(requests: u64, seconds: f64) -> String {
    if seconds <= 0.0 {
        return "-".to_owned();
    }
    let rate = requests as f64 / seconds;
    if rate < 999.95 {
        format!("{rate:.1}")
    } else {
        format!("{rate:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_to_their_columns() {
        for (time, text) in [
            (0.0, "0.00"),
            (0.42, "0.42"),
            (9.994, "9.99"),
            (9.996, "10.0"),
            (99.96, "100"),
            (43_210.4, "43210"),
            (3_599_999.0, "3600s"),
        ] {
            assert_eq!(time_text(time), text);
        }
        assert_eq!(count(99_999), "99999");
        assert_eq!(count(1_234_567), "1234k");
        assert_eq!(rate_text(1_000, 0.0), "-");
        assert_eq!(rate_text(123_456, 2.0), "61728");
    }
}
