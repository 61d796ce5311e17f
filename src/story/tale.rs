//! Everything the story is told from, computed: configurations, families of
//! them, comparisons.

use std::collections::{BTreeMap, BTreeSet};

use super::factor::{label, phrase, position};
use super::{
    Archive, BadFile, Comparison, Factors, Family, Inferred, Profile, RunSet, StoryConfig,
};

/// A computed story.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Tale<'a> {
    /// Its title.
    pub title: String,
    /// Every run, in the order of the headline table.
    pub profiles: &'a [Profile],
    /// The configurations.
    pub sets: Vec<RunSet<'a>>,
    /// Configurations equal but for one factor.
    pub families: Vec<Family<'a>>,
    /// Every pair worth a table, family by family.
    pub comparisons: Vec<Comparison<'a>>,
    /// What a name was taken to say by saying nothing.
    pub inferred: &'a [Inferred],
    /// Files that were skipped.
    pub bad: &'a [BadFile],
    /// Factors that are not the same in all runs.
    varying: Vec<String>,
}

impl<'a> Tale<'a> {
    /// Finds everything that `archive` has to tell.
    #[must_use]
    pub fn new(archive: &'a Archive, config: &StoryConfig) -> Self {
        let sets = RunSet::group(&archive.profiles);
        let mut families = Family::find(&sets);
        families.sort_by(|a, b| {
            let by_factor = position(&a.factor).cmp(&position(&b.factor));
            by_factor.then_with(|| (&a.factor, &a.rest).cmp(&(&b.factor, &b.rest)))
        });
        let comparisons = families
            .iter()
            .flat_map(|family| family.comparisons(config.tolerance))
            .collect();
        Self {
            title: config.title.clone(),
            varying: varying(&archive.profiles),
            profiles: &archive.profiles,
            sets,
            families,
            comparisons,
            inferred: &archive.inferred,
            bad: &archive.bad,
        }
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

    /// The factors in which `factors` may differ from those of other runs, but
    /// for `except`, in a few words.
    #[must_use]
    pub fn distinction(&self, factors: &Factors, except: &[&str]) -> String {
        let words: Vec<String> = factors
            .shown()
            .into_iter()
            .filter(|(name, _)| self.varies(name) && !except.contains(name))
            .map(|(name, value)| phrase(name, Some(value)))
            .collect();
        words.join(", ")
    }

    /// What to call a configuration among the others.
    #[must_use]
    pub fn name(&self, set: &RunSet<'_>) -> String {
        let words = self.distinction(set.factors, &[]);
        if words.is_empty() {
            set.runs[0].file.clone()
        } else {
            words
        }
    }

    fn varies(&self, name: &str) -> bool {
        self.varying.iter().any(|varying| varying == name)
    }
}

impl Comparison<'_> {
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
