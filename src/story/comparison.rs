//! Two configurations side by side: what was equal, what differed, what changed.

use super::statistics::{FEWEST_RUNS, Interval, change_interval};
use super::{Metric, Profile, RunSet, Window};

/// One factor that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The factor.
    pub factor: String,
    /// Its value before, where one is stated.
    pub before: Option<String>,
    /// Its value after, where one is stated.
    pub after: Option<String>,
}

/// What repeated runs say about a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The whole interval is better by more than the tolerance.
    Better,
    /// The whole interval is worse by more than the tolerance.
    Worse,
    /// The whole interval is within the tolerance.
    Same,
    /// The interval allows more than one of these: more runs would narrow it.
    Inconclusive,
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Same => "same",
            Self::Inconclusive => "inconclusive",
        }
    }

    fn of(metric: Metric, interval: Interval, tolerance: f64) -> Self {
        if interval.low >= -tolerance && interval.high <= tolerance {
            Self::Same
        } else if interval.low > tolerance {
            Self::directed(metric.more_is_better())
        } else if interval.high < -tolerance {
            Self::directed(!metric.more_is_better())
        } else {
            Self::Inconclusive
        }
    }

    fn directed(better: bool) -> Self {
        if better { Self::Better } else { Self::Worse }
    }
}

/// One figure before and after: of one run, or of several together.
#[derive(Clone, Debug, PartialEq)]
pub struct Delta {
    /// Which figure.
    pub metric: Metric,
    /// Before.
    pub before: Option<f64>,
    /// After.
    pub after: Option<f64>,
    /// The relative change, 0.1 for 10 percent more; `None` where there was
    /// nothing before. Of the failure share, the difference in share points.
    pub change: Option<f64>,
    /// The 95 percent interval of the relative change, with enough runs.
    pub interval: Option<Interval>,
    /// What the interval says.
    pub verdict: Option<Verdict>,
}

/// Two configurations compared.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Comparison<'a> {
    /// The factors that differ; exactly one in a story.
    pub differences: Vec<Difference>,
    /// The factors that both state alike: name and value.
    pub equal: Vec<(&'a str, &'a str)>,
    /// One side.
    pub before: RunSet<'a>,
    /// The other.
    pub after: RunSet<'a>,
    /// Every figure that both sides have.
    pub deltas: Vec<Delta>,
    /// What makes the comparison doubtful.
    pub cautions: Vec<String>,
}

impl<'a> Comparison<'a> {
    /// Compares two configurations; changes within `tolerance` (a share) are none.
    #[must_use]
    pub fn new(before: RunSet<'a>, after: RunSet<'a>, tolerance: f64) -> Self {
        let own = |value: Option<&str>| value.map(str::to_owned);
        let differences = before
            .factors
            .differing(after.factors)
            .into_iter()
            .map(|name| Difference {
                factor: name.to_owned(),
                before: own(before.factors.get(name)),
                after: own(after.factors.get(name)),
            })
            .collect();
        let equal = before
            .factors
            .shown()
            .into_iter()
            .filter(|(name, value)| after.factors.get(name) == Some(*value))
            .collect();
        let paired = interleaved(&before.runs, &after.runs);
        let deltas = Metric::ALL
            .into_iter()
            .filter_map(|metric| delta(metric, &before, &after, paired, tolerance))
            .collect();
        let cautions = cautions(&before, &after);
        Self {
            differences,
            equal,
            before,
            after,
            deltas,
            cautions,
        }
    }

    /// The change of `metric`.
    #[must_use]
    pub fn delta(&self, metric: Metric) -> Option<&Delta> {
        self.deltas.iter().find(|delta| delta.metric == metric)
    }

    /// Whether both sides have enough runs for intervals.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.before.runs.len() >= FEWEST_RUNS && self.after.runs.len() >= FEWEST_RUNS
    }
}

fn delta(
    metric: Metric,
    before: &RunSet<'_>,
    after: &RunSet<'_>,
    paired: bool,
    tolerance: f64,
) -> Option<Delta> {
    let (b, a) = (before.value(metric), after.value(metric));
    if b.is_none() && a.is_none() {
        return None;
    }
    let change = match (b, a) {
        (Some(b), Some(a)) if metric == Metric::Failures => Some(a - b),
        (Some(b), Some(a)) if b > 0.0 => Some(a / b - 1.0),
        _ => None,
    };
    let interval = (metric != Metric::Failures)
        .then(|| change_interval(&before.values(metric), &after.values(metric), paired))
        .flatten();
    Some(Delta {
        metric,
        before: b,
        after: a,
        change,
        interval,
        verdict: interval.map(|interval| Verdict::of(metric, interval, tolerance)),
    })
}

/// Whether the runs took turns (A B A B, or A B B A), so that a run and its
/// partner saw the same weather.
fn interleaved(before: &[&Profile], after: &[&Profile]) -> bool {
    let start = |profile: &Profile| profile.started.clone();
    let starts =
        |runs: &[&Profile]| -> Option<Vec<String>> { runs.iter().map(|run| start(run)).collect() };
    let (Some(b), Some(a)) = (starts(before), starts(after)) else {
        return false;
    };
    let pairs = b.iter().zip(&a);
    let later_of_pairs = pairs.clone().map(|(b, a)| b.max(a));
    let earlier_of_next = pairs.skip(1).map(|(b, a)| b.min(a));
    b.len() == a.len()
        && later_of_pairs
            .zip(earlier_of_next)
            .all(|(end, begin)| end < begin)
}

fn cautions(before: &RunSet<'_>, after: &RunSet<'_>) -> Vec<String> {
    let mut cautions = Vec::new();
    match (before.machine, after.machine) {
        (Some(b), Some(a)) if b != a => {
            cautions.push(format!(
                "different machines: {} and {}",
                b.phrase(),
                a.phrase()
            ));
        }
        (Some(known), None) | (None, Some(known)) => {
            cautions.push(format!(
                "one side ran on {}, the other does not say",
                known.phrase()
            ));
        }
        _ => {}
    }
    cautions.extend(loads(before, after));
    let all = || before.runs.iter().chain(&after.runs);
    if all().any(|run| run.conditions.dirty == Some(true)) {
        cautions.push("a working tree had changes that its commit does not hold".to_owned());
    }
    if all().any(|run| run.conditions.interrupted == Some(true)) {
        cautions.push("a run was interrupted before its time was over".to_owned());
    }
    if before.factors.get("users").is_none() && after.factors.get("users").is_none() {
        cautions.push("neither side states its users".to_owned());
    }
    if before.runs[0].window != after.runs[0].window {
        let [b, a] = [before, after].map(|set| window(set.runs[0].window));
        cautions.push(format!("the figures are of different things: {b} and {a}"));
    }
    let tool = |set: &RunSet<'_>| set.runs[0].conditions.generator.clone();
    if let (Some(b), Some(a)) = (tool(before), tool(after))
        && b != a
    {
        cautions.push(format!("different load generators: {b} and {a}"));
    }
    if all().any(|run| run.is_ceiling()) {
        cautions.push(
            "the load generator was late: times of that side are a ceiling for the server"
                .to_owned(),
        );
    }
    if all().any(|run| run.is_floor()) {
        cautions.push(
            "the load generator or its machine was saturated: that side is a floor for the server"
                .to_owned(),
        );
    }
    cautions
}

/// Says when one side had a busier machine than the other.
fn loads(before: &RunSet<'_>, after: &RunSet<'_>) -> Vec<String> {
    type Of = fn(&Profile) -> Option<f64>;
    let load: Of = |run| {
        let cores = run.conditions.machine_cores.filter(|cores| *cores > 0.0);
        Some(run.conditions.load_before? / cores.unwrap_or(1.0))
    };
    let steal: Of = |run| run.conditions.steal_share;
    let worst = |set: &RunSet<'_>, of: Of| {
        let values = set.runs.iter().filter_map(|run| of(run));
        values.fold(None, |worst: Option<f64>, value| {
            Some(worst.map_or(value, |w| w.max(value)))
        })
    };
    let mut said = Vec::new();
    if let (Some(b), Some(a)) = (worst(before, load), worst(after, load))
        && (b - a).abs() > 0.5
    {
        said.push(format!(
            "different load before the runs: {b:.2} and {a:.2} waiting or running per core"
        ));
    }
    if let (Some(b), Some(a)) = (worst(before, steal), worst(after, steal))
        && (b.max(a) > 0.02)
    {
        said.push(format!(
            "the hypervisor gave away up to {:.0}% and {:.0}% of the processor time",
            b * 100.0,
            a * 100.0
        ));
    }
    said
}

fn window(window: Window) -> &'static str {
    match window {
        Window::WholeRun => "the whole run with its ramp",
        Window::CurrentRate => "the whole run, with the rate of its last seconds",
        Window::Measured => "the time with all users running",
    }
}
