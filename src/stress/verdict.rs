//! Whether a run held, and what to say when it did not.

use std::fmt;
use std::path::PathBuf;

use super::{Limits, Run, StressError};

/// A run that held its limits; shows the table and the limits.
#[derive(Clone, Debug)]
pub struct Verdict {
    table: String,
    held: Vec<String>,
    doubts: Vec<&'static str>,
}

impl Verdict {
    /// What the numbers do not say, although they held: that the generator or
    /// its machine was the limit, or that an open loop's rate was not kept.
    #[must_use]
    pub fn doubts(&self) -> &[&'static str] {
        &self.doubts
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table)?;
        write!(f, "verdict: holds")?;
        for doubt in &self.doubts {
            write!(f, ", but {doubt}")?;
        }
        for limit in &self.held {
            write!(f, "\n  {limit}")?;
        }
        Ok(())
    }
}

/// A run that broke a limit; shows the table, what broke, and where the files
/// are.
#[derive(Clone, Debug)]
pub struct Broken {
    table: String,
    breaches: Vec<String>,
    archived: Option<PathBuf>,
}

impl Broken {
    /// What broke, one sentence each.
    #[must_use]
    pub fn breaches(&self) -> &[String] {
        &self.breaches
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the run broke {}", limits(self.breaches.len()))?;
        f.write_str(&self.table)?;
        for breach in &self.breaches {
            writeln!(f, "broken: {breach}")?;
        }
        match &self.archived {
            Some(path) => write!(f, "the numbers are in `{}`", path.display()),
            None => write!(f, "the run was not archived"),
        }
    }
}

impl std::error::Error for Broken {}

fn limits(count: usize) -> String {
    match count {
        1 => "a limit".to_owned(),
        count => format!("{count} limits"),
    }
}

pub(super) fn reach(run: &Run, limits: &Limits) -> Result<Verdict, StressError> {
    let mut breaches = mistakes(run);
    let mut held = Vec::new();
    for (holds, text) in comparisons(run, limits) {
        if holds { &mut held } else { &mut breaches }.push(text);
    }
    let table = run.table();
    if breaches.is_empty() {
        return Ok(Verdict {
            table,
            held,
            doubts: doubts(run),
        });
    }
    let archived = run.archived.get().cloned();
    Err(Box::new(Broken {
        table,
        breaches,
        archived,
    })
    .into())
}

/// What makes a run that held its limits less than it seems.
fn doubts(run: &Run) -> Vec<&'static str> {
    let record = run.record();
    let mut doubts = Vec::new();
    if record.generator.throughput == "floor" {
        // The throughput of an open loop was chosen; what lateness adds to are its times.
        doubts.push(match record.load.rate {
            None => "as a floor",
            Some(_) => "with times as a ceiling",
        });
    }
    if record
        .arrivals
        .as_ref()
        .is_some_and(|arrivals| arrivals.saturated)
    {
        doubts.push("saturated");
    }
    doubts
}

/// What fails a run whatever its limits are.
fn mistakes(run: &Run) -> Vec<String> {
    let record = run.record();
    let mut mistakes = Vec::new();
    if run.requests() == 0 {
        mistakes.push("no request was made".to_owned());
    } else if record.measured.requests == 0 {
        mistakes.push("no request was made with all users running".to_owned());
    }
    if !record.windows.complete {
        mistakes.push(format!(
            "the run was interrupted: all users ran for {:.1} s of {:.1} s",
            record.windows.measured_s, record.load.duration_s
        ));
    }
    if let Some(arrivals) = record.arrivals.as_ref().filter(|all| all.unsent > 0) {
        mistakes.push(format!(
            "{} of {} arrivals were never sent: all {} users were busy to the end",
            arrivals.unsent, arrivals.due, record.load.users
        ));
    }
    for exception in &record.exceptions {
        mistakes.push(format!(
            "{}: {} ({} x)",
            exception.place, exception.message, exception.count
        ));
    }
    if record.engine_requests != run.requests() {
        mistakes.push(format!(
            "Goose counted {} requests, the recorder {}: neither is to be believed",
            record.engine_requests,
            run.requests()
        ));
    }
    if record.server.as_ref().is_some_and(|server| server.gone) {
        mistakes.push("the server process ended during the run".to_owned());
    }
    mistakes
}

/// Each limit that is set, with the sentence that says how it came out.
#[expect(clippy::cast_precision_loss, reason = "2^53 requests are not made")]
fn comparisons(run: &Run, limits: &Limits) -> Vec<(bool, String)> {
    let measured = &run.record().measured;
    let (requests, failures) = (run.requests(), run.failures());
    let mut compared = Vec::new();
    if requests > 0 {
        let rate = failures as f64 / requests as f64;
        compared.push((
            rate <= limits.max_fail_rate,
            format!(
                "{failures} of {requests} requests failed ({:.3} %); STRESS_MAX_FAIL_RATE allows {:.3} %",
                rate * 100.0,
                limits.max_fail_rate * 100.0
            ),
        ));
    }
    if let Some(least) = limits.min_rps {
        compared.push((
            run.rps() >= least,
            format!(
                "{:.1} requests/s; STRESS_MIN_RPS asks for {least}",
                run.rps()
            ),
        ));
    }
    for (name, variable, value, most) in [
        (
            "p95",
            "STRESS_MAX_P95_MS",
            measured.p95_ms,
            limits.max_p95_ms,
        ),
        (
            "p99",
            "STRESS_MAX_P99_MS",
            measured.p99_ms,
            limits.max_p99_ms,
        ),
    ] {
        if let Some(most) = most {
            compared.push((
                value <= most && measured.requests > 0,
                format!("{name} {value} ms; {variable} allows {most} ms"),
            ));
        }
    }
    compared
}
