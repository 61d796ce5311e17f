//! What distinguishes one run from another: users, workers, tracing, commit, ...

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The recorded circumstances of a run that somebody chose, by name.
///
/// What nobody chose (the machine, its load) is not here: it does not make two
/// runs two experiments, it makes a comparison doubtful.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Factors(BTreeMap<String, String>);

/// The names that records and file names use, in the order they are shown, with
/// what a reader calls them.
const KNOWN: [(&str, &str); 18] = [
    ("scenario", "scenario"),
    ("users", "users"),
    ("rate", "arrivals/s"),
    ("loop", "loop"),
    ("spawn_rate", "spawn rate"),
    ("duration", "duration"),
    ("timeout", "timeout"),
    ("timing", "timed to"),
    ("tracing", "tracing"),
    ("workers", "workers"),
    ("cores", "cores"),
    ("database", "database"),
    ("synchronous", "synchronous"),
    ("writer", "writer"),
    ("client", "client"),
    ("build", "build"),
    ("variant", "variant"),
    ("commit", "commit"),
];

impl Factors {
    /// Nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `name` to `value`; names other than the known ones are kept as they are.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// Sets `name` unless it is set.
    pub fn set_default(&mut self, name: &str, value: impl Into<String>) {
        self.0
            .entry(name.to_owned())
            .or_insert_with(|| value.into());
    }

    /// The value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of `name` as a number, where it is one.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        number(self.get(name)?)
    }

    /// Names and values, in the order they are shown.
    #[must_use]
    pub fn shown(&self) -> Vec<(&str, &str)> {
        let mut shown: Vec<(&str, &str)> = self
            .0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        shown.sort_by_key(|(name, _)| (rank(name), *name));
        shown
    }

    /// The names in which the two differ, in the order they are shown.
    #[must_use]
    pub fn differing<'a>(&'a self, other: &'a Self) -> Vec<&'a str> {
        let mut names: Vec<&str> = self
            .0
            .keys()
            .chain(other.0.keys())
            .map(String::as_str)
            .filter(|name| self.get(name) != other.get(name))
            .collect();
        names.sort_by_key(|name| (rank(name), *name));
        names.dedup();
        names
    }

    /// The same without `name`.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let mut rest = self.clone();
        rest.0.remove(name);
        rest
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What a reader calls the factor.
#[must_use]
pub fn label(name: &str) -> &str {
    KNOWN
        .iter()
        .find(|(known, _)| *known == name)
        .map_or(name, |(_, label)| label)
}

/// A factor and its value, as in a legend: `12 workers`, `tracing off`, `mysql`.
#[must_use]
pub fn phrase(name: &str, value: Option<&str>) -> String {
    let label = label(name);
    match (name, value) {
        (_, None) => format!("{label} not stated"),
        ("workers" | "cores" | "users", Some("1")) => {
            format!("1 {}", label.trim_end_matches('s'))
        }
        ("workers" | "cores" | "users" | "rate", Some(value)) if number(value).is_some() => {
            format!("{value} {label}")
        }
        ("loop", Some(value)) => format!("{value} loop"),
        ("database" | "variant" | "scenario" | "commit" | "build", Some(value)) => value.to_owned(),
        (_, Some(value)) => format!("{label} {value}"),
    }
}

/// The order of two values of a factor: not stated, then `on` before `off`,
/// numbers by size, words by letter.
#[must_use]
pub fn order(a: Option<&str>, b: Option<&str>) -> Ordering {
    let (Some(a), Some(b)) = (a, b) else {
        return a.is_some().cmp(&b.is_some());
    };
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => toggle_rank(a).cmp(&toggle_rank(b)).then_with(|| a.cmp(b)),
    }
}

/// Whether two values of a factor have an order of their own: numbers, and a switch
/// that is on, off, or on for a part.
#[must_use]
pub fn is_ordered(a: &str, b: &str) -> bool {
    let is_switch = |value: &str| matches!(value, "on" | "off" | "sampled");
    (number(a).is_some() && number(b).is_some()) || (is_switch(a) && is_switch(b))
}

fn toggle_rank(value: &str) -> u8 {
    match value {
        "on" => 0,
        "off" => 2,
        _ => 1,
    }
}

/// Where `name` stands among the factors, in the order they are shown.
#[must_use]
pub fn position(name: &str) -> usize {
    rank(name)
}

fn rank(name: &str) -> usize {
    let position = KNOWN.iter().position(|(known, _)| *known == name);
    // Unknown factors stand before the variant and the commit.
    position.map_or(2 * KNOWN.len() - 5, |index| 2 * index)
}

fn number(value: &str) -> Option<f64> {
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &value[digits.len()..];
    let factor = match unit {
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        _ => return None,
    };
    let number: f64 = digits.parse().ok()?;
    number.is_finite().then_some(number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors(pairs: &[(&str, &str)]) -> Factors {
        let mut factors = Factors::new();
        for (name, value) in pairs {
            factors.set(name, *value);
        }
        factors
    }

    #[test]
    fn differing_names_what_one_side_leaves_out_too() {
        let a = factors(&[("users", "1500"), ("tracing", "on"), ("commit", "fb69a06")]);
        let b = factors(&[
            ("users", "1500"),
            ("tracing", "off"),
            ("commit", "fb69a06"),
            ("workers", "12"),
        ]);
        assert_eq!(a.differing(&b), ["tracing", "workers"]);
        assert_eq!(a.differing(&a), [""; 0]);
    }

    #[test]
    fn values_are_ordered_as_a_reader_expects() {
        let mut values = [Some("12"), Some("2"), None, Some("1")];
        values.sort_by(|a, b| order(*a, *b));
        assert_eq!(values, [None, Some("1"), Some("2"), Some("12")]);
        assert_eq!(order(Some("on"), Some("off")), Ordering::Less);
        assert_eq!(order(Some("30s"), Some("2m")), Ordering::Less);
    }

    #[test]
    fn phrases_read_like_words() {
        assert_eq!(phrase("workers", Some("12")), "12 workers");
        assert_eq!(phrase("cores", Some("1")), "1 core");
        assert_eq!(phrase("tracing", Some("off")), "tracing off");
        assert_eq!(phrase("workers", None), "workers not stated");
        assert_eq!(phrase("gzip", Some("on")), "gzip on");
    }
}
