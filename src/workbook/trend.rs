//! The 95th percentile of each phase over the last weeks, what changed it and
//! when.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, civil};

use super::{Artifact, change_points};
use crate::story::statistics::median;

/// A phase over time.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Trend {
    /// The phase's name.
    pub phase: String,
    /// Its target in the latest artifact, in milliseconds.
    pub target_ms: f64,
    /// Its measurements, oldest first.
    pub points: Vec<Point>,
    /// The points that are the first on another machine, or of another build.
    pub machine_changes: Vec<usize>,
    /// Where its level changed while the machine and the build stayed the same.
    pub changes: Vec<LevelChange>,
}

/// One measurement.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Point {
    /// When, in seconds since 1970.
    pub at: i64,
    /// The day.
    pub date: String,
    /// The commit.
    pub commit: String,
    /// The 95th percentile in milliseconds.
    pub p95_ms: f64,
    /// Whether the machine changed its own speed meanwhile: then it is drawn, and
    /// belongs to no level.
    pub unsteady: bool,
    /// The machine, in a line.
    pub machine: String,
    /// How a Rust function was built; empty of anything else. An artifact that does not
    /// say it is taken to be built as the next one on that machine.
    pub build: String,
}

/// A change of level.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LevelChange {
    /// The first point of the new level.
    pub index: usize,
    /// The last commit of the old level.
    pub from_commit: String,
    /// The first commit of the new one.
    pub to_commit: String,
    /// The day of that.
    pub date: String,
    /// Median of the old level, in milliseconds.
    pub before_ms: f64,
    /// Median of the new one.
    pub after_ms: f64,
}

impl LevelChange {
    /// `P95 10.0ms to 13.0ms (+30 %) between c0ffee1 and c0ffee2`.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!(
            "P95 {} to {} ({:+.0} %) between commits {} and {}, seen {}",
            super::short(self.before_ms),
            super::short(self.after_ms),
            100.0 * (self.after_ms / self.before_ms - 1.0),
            self.from_commit,
            self.to_commit,
            self.date
        )
    }
}

/// Below it nothing is told apart.
const NANOSECOND_MS: f64 = 1e-6;

/// The smallest change of level that is told: less is of no interest.
const SMALLEST: f64 = 0.05;

/// The trends of all phases over the `weeks` before the latest artifact, in the
/// order of that. `artifacts` are oldest first. Fewer than about nine points of a
/// machine tell of no change ([`change_points()`]).
#[must_use]
pub fn trend(artifacts: &[Artifact], weeks: u16) -> Vec<Trend> {
    let Some(latest) = artifacts.last() else {
        return Vec::new();
    };
    let since = seconds(&latest.started).map_or(i64::MIN, |end| {
        end - SignedDuration::from_hours(24 * 7 * i64::from(weeks)).as_secs()
    });
    let mut names: Vec<(&str, f64)> = Vec::new();
    for artifact in artifacts.iter().rev() {
        for of in &artifact.phases {
            if !names.iter().any(|(known, _)| *known == of.phase) {
                names.push((&of.phase, of.target_ms));
            }
        }
    }
    names
        .into_iter()
        .map(|(name, target_ms)| of_phase(name, target_ms, points(artifacts, name, since)))
        .filter(|trend| !trend.points.is_empty())
        .collect()
}

fn points(artifacts: &[Artifact], name: &str, since: i64) -> Vec<Point> {
    let point = |artifact: &Artifact| {
        let of = artifact.phase(name)?;
        let at = seconds(&artifact.started).filter(|at| *at >= since)?;
        let dirty = if artifact.revision.dirty { "+" } else { "" };
        Some(Point {
            at,
            date: artifact.date().to_owned(),
            commit: format!("{}{dirty}", artifact.revision.commit),
            p95_ms: of.summary.p95_ms,
            unsteady: artifact.unsteady().is_some(),
            machine: artifact.rig.fingerprint(),
            build: of.build.clone(),
        })
    };
    let mut points: Vec<Point> = artifacts.iter().filter_map(point).collect();
    // Of the one after it, or for want of that of the one before.
    tell_builds(points.iter_mut().rev());
    tell_builds(points.iter_mut());
    points
}

/// Gives points that do not know their build that of the one before on their machine.
fn tell_builds<'a>(points: impl Iterator<Item = &'a mut Point>) {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for point in points {
        if !point.build.is_empty() {
            known.insert(point.machine.clone(), point.build.clone());
        } else if let Some(build) = known.get(&point.machine) {
            point.build.clone_from(build);
        }
    }
}

fn of_phase(name: &str, target_ms: f64, points: Vec<Point>) -> Trend {
    let of = |point: &Point| (point.machine.clone(), point.build.clone());
    let machine_changes: Vec<usize> = (1..points.len())
        .filter(|index| of(&points[*index]) != of(&points[index - 1]))
        .collect();
    // Levels on different machines are not compared; each has a series of its own,
    // also where they take turns.
    let mut series: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    let steady = points.iter().enumerate().filter(|(_, of)| !of.unsteady);
    for (index, point) in steady {
        series.entry(of(point)).or_default().push(index);
    }
    let mut changes = Vec::new();
    for indices in series.values() {
        level_changes(&points, indices, &mut changes);
    }
    changes.sort_by_key(|change| change.index);
    Trend {
        phase: name.to_owned(),
        target_ms,
        points,
        machine_changes,
        changes,
    }
}

/// The changes of level among the points at `indices`.
fn level_changes(points: &[Point], indices: &[usize], changes: &mut Vec<LevelChange>) {
    let own: Vec<&Point> = indices.iter().map(|index| &points[*index]).collect();
    // Times are compared as ratios, so their logarithms are.
    let values: Vec<f64> = own
        .iter()
        .map(|point| point.p95_ms.max(NANOSECOND_MS).ln())
        .collect();
    let at = change_points(&values);
    let edges: Vec<usize> = [0]
        .into_iter()
        .chain(at.iter().copied())
        .chain([own.len()])
        .collect();
    let level = |from: usize, to: usize| {
        let times: Vec<f64> = own[from..to].iter().map(|point| point.p95_ms).collect();
        median(&times).unwrap_or(0.0)
    };
    for edge in edges.windows(3) {
        let (before, after) = (level(edge[0], edge[1]), level(edge[1], edge[2]));
        if (after / before - 1.0).abs() < SMALLEST {
            continue;
        }
        let (old, new) = (own[edge[1] - 1], own[edge[1]]);
        changes.push(LevelChange {
            index: indices[edge[1]],
            from_commit: old.commit.clone(),
            to_commit: new.commit.clone(),
            date: new.date.clone(),
            before_ms: before,
            after_ms: after,
        });
    }
}

/// Seconds since 1970 of a time stamp or of a day's beginning.
fn seconds(started: &str) -> Option<i64> {
    if let Ok(time) = started.parse::<Timestamp>() {
        return Some(time.as_second());
    }
    let day: civil::Date = started.parse().ok()?;
    let midnight = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(midnight.timestamp().as_second())
}
