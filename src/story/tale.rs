//! Everything the story is told from, computed: configurations, families of
//! them, comparisons, and what to call them.
//!
//! A reader can hold one set-up in mind and how another differs from it. So one
//! configuration is the **base**, the one that has most in common with all others
//! (or that the settings name), and the others are named after what they do not
//! share with it. Runs have numbers, `R1` and on, and their files stand in one table.

use std::collections::{BTreeMap, BTreeSet};

use super::factor::{label, phrase, position};
use super::target::{Ratio, Target, selected, selected_pair};
use super::{
    Archive, BadFile, Comparison, Factors, Family, Inferred, Machine, Metric, Profile, RunSet,
    StoryConfig,
};

/// More factors that a run does not state than this are counted and not named.
const NAMED: usize = 2;

/// A computed story.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Tale<'a> {
    /// Its title.
    pub title: String,
    /// What was measured, in words of the settings.
    pub about: Vec<String>,
    /// Every run, in the order of their numbers.
    pub profiles: Vec<&'a Profile>,
    /// The configurations.
    pub sets: Vec<RunSet<'a>>,
    /// Configurations equal but for one factor; that of the base and then those
    /// with the largest effect first.
    pub families: Vec<Family<'a>>,
    /// Every pair of a family worth a table: on one machine first, with the base
    /// first, then by effect.
    pub comparisons: Vec<Comparison<'a>>,
    /// What runs have to reach.
    pub targets: Vec<Target>,
    /// Pairs that differ in several factors.
    pub ratios: Vec<Ratio>,
    /// What a name was taken to say by saying nothing.
    pub inferred: &'a [Inferred],
    /// Files that were skipped.
    pub bad: &'a [BadFile],
    /// Factors that are not the same in all runs.
    varying: Vec<String>,
    /// Which of the sets is the base.
    base: Option<usize>,
    /// Whether the settings said which sets it is one of.
    pub(super) base_is_chosen: bool,
    /// Machines, in the order of their first run.
    machines: Vec<&'a Machine>,
    tolerance: f64,
}

impl<'a> Tale<'a> {
    /// Finds everything that `archive` has to tell.
    #[must_use]
    pub fn new(archive: &'a Archive, config: &StoryConfig) -> Self {
        let sets = RunSet::group(&archive.profiles);
        let base = base(&sets, &config.base);
        let mut tale = Self {
            title: config.title.clone(),
            about: config.about.clone(),
            varying: varying(&archive.profiles),
            profiles: sets.iter().flat_map(|set| set.runs.clone()).collect(),
            families: Family::find(&sets),
            comparisons: Vec::new(),
            targets: config.targets.clone(),
            ratios: config.ratios.clone(),
            inferred: &archive.inferred,
            bad: &archive.bad,
            machines: machines(&sets),
            tolerance: config.tolerance,
            sets,
            base,
            base_is_chosen: !config.base.shown().is_empty(),
        };
        tale.arrange();
        tale
    }

    /// Puts what matters most first.
    fn arrange(&mut self) {
        let mut families = std::mem::take(&mut self.families);
        families.sort_by(|a, b| {
            let with_base =
                |family: &Family<'_>| family.members.iter().any(|set| self.is_base(set));
            let base_first = with_base(b).cmp(&with_base(a));
            let effect = family_effect(b).total_cmp(&family_effect(a));
            base_first.then(effect).then_with(|| {
                let by_factor = position(&a.factor).cmp(&position(&b.factor));
                by_factor.then_with(|| (&a.factor, &a.rest).cmp(&(&b.factor, &b.rest)))
            })
        });
        let mut comparisons: Vec<Comparison<'_>> = families
            .iter()
            .flat_map(|family| family.comparisons(self.tolerance))
            .collect();
        comparisons.sort_by(|a, b| {
            let moved = a.changes_machine().cmp(&b.changes_machine());
            let with_base =
                |of: &Comparison<'_>| self.is_base(&of.before) || self.is_base(&of.after);
            let base_first = with_base(b).cmp(&with_base(a));
            moved
                .then(base_first)
                .then(b.effect().total_cmp(&a.effect()))
        });
        self.families = families;
        self.comparisons = comparisons;
    }

    /// The set-up that the others are named after; `None` without runs.
    #[must_use]
    pub fn base(&self) -> Option<&RunSet<'a>> {
        self.sets.get(self.base?)
    }

    fn is_base(&self, set: &RunSet<'_>) -> bool {
        self.base()
            .is_some_and(|base| base.factors == set.factors && base.machine == set.machine)
    }

    /// The base, then the configurations whose throughput differs most from its.
    #[must_use]
    pub fn by_effect(&self) -> Vec<&RunSet<'a>> {
        let Some(base) = self.base() else {
            return Vec::new();
        };
        let mut sets: Vec<&RunSet<'a>> = self.sets.iter().collect();
        let apart = |set: &RunSet<'_>| ratio(base, set);
        sets.sort_by(|a, b| {
            let base_first = self.is_base(b).cmp(&self.is_base(a));
            base_first.then(apart(b).total_cmp(&apart(a)))
        });
        sets
    }

    /// Whether `set` was loaded as the base was: the same scenario, closed or open.
    #[must_use]
    pub fn is_of_base_load(&self, set: &RunSet<'_>) -> bool {
        let same = |name: &str| {
            self.base()
                .is_some_and(|base| base.factors.get(name) == set.factors.get(name))
        };
        same("scenario") && same("loop")
    }

    /// The number of a run, `R12`.
    #[must_use]
    pub fn number(&self, run: &Profile) -> String {
        let place = self.profiles.iter().position(|one| one.file == run.file);
        place.map_or_else(|| "-".to_owned(), |place| format!("R{}", place + 1))
    }

    /// The numbers of the runs of a set, `R12` or `R12‑R15`; the dash is one that no line is
    /// broken at.
    #[must_use]
    pub fn numbers(&self, set: &RunSet<'_>) -> String {
        let first = self.number(set.runs[0]);
        match set.runs.last() {
            Some(last) if set.runs.len() > 1 => format!("{first}\u{2011}{}", self.number(last)),
            _ => first,
        }
    }

    /// The set that a selection of factors means.
    #[must_use]
    pub fn selected(&self, select: &Factors) -> Option<&RunSet<'a>> {
        selected(&self.sets, select, self.base()?.factors)
    }

    /// The sets that a pair of selections means.
    #[must_use]
    pub fn selected_pair(&self, ratio: &Ratio) -> Option<(&RunSet<'a>, &RunSet<'a>)> {
        selected_pair(&self.sets, ratio, self.base()?.factors)
    }

    /// What to call a machine where there are several: `M1`.
    #[must_use]
    pub fn machine(&self, machine: Option<&Machine>) -> Option<String> {
        let place = self.machines.iter().position(|one| Some(*one) == machine)?;
        (self.machines.len() > 1).then(|| format!("M{}", place + 1))
    }

    /// The machines, as far as they were recorded.
    #[must_use]
    pub fn machines(&self) -> &[&'a Machine] {
        &self.machines
    }

    /// The factors that are equal in all runs that state them: names and values.
    #[must_use]
    pub fn shared(&self) -> Vec<(&str, &str)> {
        let mut shared: Vec<(&str, &str)> = self
            .sets
            .iter()
            .flat_map(|set| set.factors.shown())
            .filter(|(name, _)| !self.varies(name))
            .collect();
        shared.sort_by_key(|(name, _)| (position(name), *name));
        shared.dedup();
        shared
    }

    /// The factors in which `factors` differ from the base, but for `except`, in a
    /// few words; none where they do not.
    #[must_use]
    pub fn deviation(&self, factors: &Factors, except: &[&str]) -> Vec<String> {
        let Some(base) = self.base() else {
            return Vec::new();
        };
        let differing = factors.differing(base.factors).into_iter();
        let differing: Vec<&str> = differing
            .filter(|name| self.varies(name) && !except.contains(name))
            .collect();
        let silent: Vec<&str> = differing
            .iter()
            .copied()
            .filter(|name| factors.get(name).is_none())
            .collect();
        let mut words: Vec<String> = differing
            .into_iter()
            .filter_map(|name| Some(phrase(name, Some(factors.get(name)?))))
            .collect();
        if silent.len() > NAMED {
            words.push(format!("{} factors not stated", silent.len()));
        } else {
            words.extend(silent.into_iter().map(|name| phrase(name, None)));
        }
        words
    }

    /// What to call a configuration among the others.
    #[must_use]
    pub fn name(&self, set: &RunSet<'_>) -> String {
        let mut words = self.deviation(set.factors, &[]);
        if self.base().is_some_and(|base| base.machine != set.machine) {
            words.extend(self.machine(set.machine));
        }
        if words.is_empty() {
            "base".to_owned()
        } else {
            words.join(", ")
        }
    }

    fn varies(&self, name: &str) -> bool {
        self.varying.iter().any(|varying| varying == name)
    }
}

/// How far apart two throughputs are, as the logarithm of their ratio.
fn ratio(a: &RunSet<'_>, b: &RunSet<'_>) -> f64 {
    match (a.value(Metric::Rps), b.value(Metric::Rps)) {
        (Some(a), Some(b)) if a > 0.0 && b > 0.0 => (a / b).ln().abs(),
        _ => 0.0,
    }
}

fn family_effect(family: &Family<'_>) -> f64 {
    let members = &family.members;
    let pairs = members
        .iter()
        .flat_map(|a| members.iter().map(move |b| ratio(a, b)));
    pairs.fold(0.0, f64::max)
}

/// The set that shares its factors with most runs, among those that the settings
/// name if there are any.
fn base(sets: &[RunSet<'_>], wanted: &Factors) -> Option<usize> {
    let fits = |set: &RunSet<'_>| {
        let wanted = wanted.shown();
        wanted
            .iter()
            .all(|(name, value)| set.factors.get(name) == Some(*value))
    };
    let names: BTreeSet<&str> = sets
        .iter()
        .flat_map(|set| set.factors.shown())
        .map(|(name, _)| name)
        .collect();
    let mut counts: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    for set in sets {
        for name in &names {
            *counts.entry((name, set.factors.get(name))).or_default() += set.runs.len();
        }
    }
    let common = |set: &RunSet<'_>| -> usize {
        let own = names.iter().map(|name| (*name, set.factors.get(name)));
        own.filter_map(|key| counts.get(&key)).sum()
    };
    let any = sets.iter().any(fits);
    let candidates = sets.iter().enumerate().filter(|(_, set)| !any || fits(set));
    // Of equals the last: `max_by_key` keeps that, and the latest commit is last.
    candidates
        .max_by_key(|(_, set)| (common(set), set.runs.len()))
        .map(|(place, _)| place)
}

fn machines<'a>(sets: &[RunSet<'a>]) -> Vec<&'a Machine> {
    let mut machines: Vec<&Machine> = Vec::new();
    for machine in sets.iter().filter_map(|set| set.machine) {
        if !machines.contains(&machine) {
            machines.push(machine);
        }
    }
    machines
}

impl Comparison<'_> {
    /// Whether the sides ran on different machines, as far as that is known.
    #[must_use]
    pub fn changes_machine(&self) -> bool {
        self.before.machine != self.after.machine
    }

    /// How far apart the throughputs are, as the logarithm of their ratio.
    #[must_use]
    pub fn effect(&self) -> f64 {
        ratio(&self.before, &self.after)
    }

    /// What differs, in a few words: `tracing: on → off`.
    #[must_use]
    pub fn heading(&self) -> String {
        let words: Vec<String> = self
            .differences
            .iter()
            .map(|difference| {
                let said = |value: &Option<String>| {
                    value.clone().unwrap_or_else(|| "not stated".to_owned())
                };
                let (before, after) = (said(&difference.before), said(&difference.after));
                format!("{}: {before} → {after}", label(&difference.factor))
            })
            .collect();
        if words.is_empty() {
            "the same factors".to_owned()
        } else {
            words.join("; ")
        }
    }

    /// What to call the two sides: the values that differ.
    #[must_use]
    pub fn sides(&self) -> [String; 2] {
        let words = |of: fn(&super::Difference) -> &Option<String>| {
            let phrases: Vec<String> = self
                .differences
                .iter()
                .map(|difference| phrase(&difference.factor, of(difference).as_deref()))
                .collect();
            phrases.join(", ")
        };
        let sides = [words(|d| &d.before), words(|d| &d.after)];
        if sides[0] == sides[1] {
            ["before".to_owned(), "after".to_owned()]
        } else {
            sides
        }
    }
}

/// A factor varies when two runs state it differently, or when one states it and
/// another, whose factors come from the same kind of source, does not.
fn varying(profiles: &[Profile]) -> Vec<String> {
    let mut stated: BTreeMap<&str, Stated<'_>> = BTreeMap::new();
    for profile in profiles {
        for (name, value) in profile.factors.shown() {
            let stated = stated.entry(name).or_default();
            stated.values.insert(value);
            stated.runs[usize::from(profile.recorded)] += 1;
        }
    }
    let recorded = profiles.iter().filter(|profile| profile.recorded).count();
    let all = [profiles.len() - recorded, recorded];
    let varies = |stated: &Stated<'_>| {
        let some = |source: usize| stated.runs[source] > 0 && stated.runs[source] < all[source];
        // What a single run says sets it apart.
        let lonely = stated.runs == [1, 0] || stated.runs == [0, 1];
        stated.values.len() > 1 || some(0) || some(1) || (lonely && profiles.len() > 1)
    };
    let names = stated.iter().filter(|(_, stated)| varies(stated));
    names.map(|(name, _)| (*name).to_owned()).collect()
}

/// How a factor is stated: the values, and in how many runs by name and by record.
#[derive(Default)]
struct Stated<'a> {
    values: BTreeSet<&'a str>,
    runs: [usize; 2],
}
