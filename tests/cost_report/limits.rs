//! What the lenses may cost, and whether a measurement keeps to it.
//!
//! A limit is held when the whole interval is within it, broken when the whole
//! interval is beyond, and not decided in between.

use super::change::Change;
use super::figures::{count, microseconds, percent};
use super::report::{Report, Round};

/// What came of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Held,
    Broken,
    NotDecided,
    NotMeasured,
}

impl Verdict {
    /// As the page says it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Broken => "**broken**",
            Self::NotDecided => "not decided",
            Self::NotMeasured => "not measured",
        }
    }
}

/// A limit, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    pub(crate) limit: &'static str,
    pub(crate) verdict: Verdict,
    /// What was measured.
    pub(crate) found: String,
}

/// Which change of a set-up is limited.
#[derive(Clone, Copy, Debug)]
enum Of {
    Rps,
    P50,
    MicrosecondsMore,
}

/// A limit on a change of the set-up `case` under `load`.
struct Limit {
    text: &'static str,
    load: &'static str,
    case: &'static str,
    of: Of,
    least: Option<f64>,
    most: Option<f64>,
}

const LIMITS: [Limit; 4] = [
    Limit {
        text: "Off costs at most 1 % of the RPS: a build without it is at most 1 % faster, at saturation",
        load: "saturation",
        case: "not-built",
        of: Of::Rps,
        least: None,
        most: Some(0.01),
    },
    Limit {
        text: "Every request traced: p50 rises by at most 15 %, at the published load",
        load: "published",
        case: "all",
        of: Of::P50,
        least: None,
        most: Some(0.15),
    },
    Limit {
        text: "Every request traced: at most 12 µs of the processor a request, at saturation",
        load: "saturation",
        case: "all",
        of: Of::MicrosecondsMore,
        least: None,
        most: Some(12.0),
    },
    Limit {
        text: "One request in 100 traced: at most 10 % of the RPS, at saturation",
        load: "saturation",
        case: "one-in-100",
        of: Of::Rps,
        least: Some(-0.10),
        most: None,
    },
];

/// Instructions a request that a build with the lenses, off, may have more than one
/// without, as a part.
const MORE_INSTRUCTIONS: f64 = 0.01;

/// Each limit with what `report` says of it.
pub(crate) fn findings(report: &Report) -> Vec<Finding> {
    let mut all: Vec<Finding> = LIMITS
        .iter()
        .map(|limit| of_change(limit, report))
        .collect();
    all.insert(1, of_instructions(report));
    all.push(of_failures(report));
    all.push(of_spans(report));
    all
}

fn of_change(limit: &Limit, report: &Report) -> Finding {
    let load = report.load(limit.load);
    let case = load.and_then(|load| load.case(limit.case));
    let Some(against) = case.and_then(|case| case.against.as_ref()) else {
        return Finding {
            limit: limit.text,
            verdict: Verdict::NotMeasured,
            found: String::new(),
        };
    };
    let (change, found) = match limit.of {
        Of::Rps => (against.rps, percent(against.rps)),
        Of::P50 => (against.p50, percent(against.p50)),
        Of::MicrosecondsMore => (against.cpu_us_more, microseconds(against.cpu_us_more)),
    };
    Finding {
        limit: limit.text,
        verdict: within(change, limit.least, limit.most),
        found,
    }
}

fn within(change: Change, least: Option<f64>, most: Option<f64>) -> Verdict {
    let (Some(low), Some(high)) = (change.low, change.high) else {
        return Verdict::NotDecided;
    };
    let is_within = least.is_none_or(|least| low >= least) && most.is_none_or(|most| high <= most);
    let is_beyond = least.is_some_and(|least| high < least) || most.is_some_and(|most| low > most);
    match (is_within, is_beyond) {
        (true, _) => Verdict::Held,
        (_, true) => Verdict::Broken,
        _ => Verdict::NotDecided,
    }
}

/// Counted, not timed: the extremes of the runs are the interval.
fn of_instructions(report: &Report) -> Finding {
    let limit = "Off costs at most 1 % of the instructions a request, against a build without it";
    let of = |case: &str| {
        let counted = report.instructions.counted.iter();
        let mut counted = counted.filter(|counted| counted.case == case);
        let values = &counted.next()?.per_request;
        let least = values.iter().copied().reduce(f64::min)?;
        let most = values.iter().copied().reduce(f64::max)?;
        let median = shakedown::story::statistics::median(values)?;
        Some((least, median, most))
    };
    let (Some(off), Some(without)) = (of("off"), of("not-built")) else {
        return Finding {
            limit,
            verdict: Verdict::NotMeasured,
            found: report.instructions.skipped.clone().unwrap_or_default(),
        };
    };
    let change = Change {
        median: off.1 / without.1 - 1.0,
        low: Some(off.0 / without.2 - 1.0),
        high: Some(off.2 / without.0 - 1.0),
    };
    Finding {
        limit,
        verdict: within(change, None, Some(MORE_INSTRUCTIONS)),
        found: percent(change),
    }
}

/// The sum over every run of what `of` takes from it; none without a run.
fn sum(report: &Report, of: impl Fn(&Round) -> u64) -> Option<u64> {
    let cases = report.loads.iter().flat_map(|load| &load.cases);
    let mut rounds = cases.flat_map(|case| &case.rounds).peekable();
    rounds.peek()?;
    Some(rounds.map(of).sum())
}

fn of_failures(report: &Report) -> Finding {
    let failures = sum(report, |round| round.failures);
    Finding {
        limit: "No request fails, in any set-up",
        verdict: match failures {
            Some(0) => Verdict::Held,
            Some(_) => Verdict::Broken,
            None => Verdict::NotMeasured,
        },
        found: failures.map_or_else(String::new, |failures| {
            format!("{} failed", count(failures))
        }),
    }
}

/// A span is exported, and then the collector has it, or dropped and counted. One that
/// the collector took and did not acknowledge in time is among those dropped.
fn of_spans(report: &Report) -> Finding {
    let lost = sum(report, |round| {
        u64::from(round.received < round.exported || round.made != round.exported + round.dropped)
    });
    let made = sum(report, |round| round.made).unwrap_or(0);
    let dropped = sum(report, |round| round.dropped).unwrap_or(0);
    Finding {
        limit: "No span is lost without a word: made are exported or dropped, exported are received",
        verdict: match lost {
            Some(_) if made == 0 => Verdict::NotMeasured,
            Some(0) => Verdict::Held,
            Some(_) => Verdict::Broken,
            None => Verdict::NotMeasured,
        },
        found: format!("{} made, {} dropped", count(made), count(dropped)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(low: f64, high: f64) -> Change {
        Change {
            median: f64::midpoint(low, high),
            low: Some(low),
            high: Some(high),
        }
    }

    #[test]
    fn an_interval_across_the_limit_decides_nothing() {
        let most = |low, high| within(change(low, high), None, Some(0.15));
        assert_eq!(most(-0.05, 0.14), Verdict::Held);
        assert_eq!(most(0.16, 0.30), Verdict::Broken);
        assert_eq!(most(0.10, 0.20), Verdict::NotDecided);
        let least = |low, high| within(change(low, high), Some(-0.1), None);
        assert_eq!(least(-0.09, 0.3), Verdict::Held);
        assert_eq!(least(-0.3, -0.11), Verdict::Broken);
        assert_eq!(least(-0.3, -0.05), Verdict::NotDecided);
        let without = Change {
            low: None,
            ..change(0.0, 0.0)
        };
        assert_eq!(within(without, None, Some(0.15)), Verdict::NotDecided);
    }
}
