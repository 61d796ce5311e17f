//! The `[story]` table of `.config/shakedown.toml`.
//!
//! ```toml
//! [story]
//! title = "Performance story"
//! tolerance = 0.03            # changes below 3 % are no change
//! about = "What was measured" # opens the story; an empty line begins a paragraph
//! base = { writer = "batching" } # factors of the set-up that the others are named after
//!
//! [[story.names]]             # names of others' files, tried from the top
//! pattern = "nightly-{users}u-{commit}"
//! set = { tracing = "off" }
//!
//! [[story.target]]            # what a run has to reach
//! name = "ingest on one core"
//! select = { scenario = "ingest", users = 1500, cores = 1 }
//! min-rps = 15_000
//! max-p95 = "250 ms"          # max-p99 as well
//! max-fail-rate = 0           # which is the default
//!
//! [[story.ratio]]             # two set-ups that differ in more than one factor
//! name = "FastAPI against ours"
//! before = { service = "fastapi", writer = "naive" }
//! after = { service = "ours", writer = "batching" }
//! ```
//!
//! A selection that more than one set-up fits means the one that is nearest to the
//! base, and the latest commit of that.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::target::{Ratio, Target};
use super::{Factors, NamePattern, StoryError, factors_of_name};

/// How profiles are read and compared.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoryConfig {
    /// The story's title.
    pub title: String,
    /// Relative changes up to this are no change; 0.03 is 3 percent.
    pub tolerance: f64,
    /// Patterns for file names, tried before the built-in reading.
    pub names: Vec<NamePattern>,
    /// What was measured, in words that no record holds: paragraphs.
    pub about: Vec<String>,
    /// Factors of the set-up that others are named after; empty: the one that has
    /// most in common with all others.
    pub base: Factors,
    /// What runs have to reach.
    pub targets: Vec<Target>,
    /// Pairs that differ in several factors and are compared all the same.
    pub ratios: Vec<Ratio>,
}

impl Default for StoryConfig {
    fn default() -> Self {
        Self {
            title: "Performance story".to_owned(),
            tolerance: 0.03,
            names: Vec::new(),
            about: Vec::new(),
            base: Factors::new(),
            targets: Vec::new(),
            ratios: Vec::new(),
        }
    }
}

/// The file, of which the other tables are others' business.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File {
    story: Table,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Table {
    title: Option<String>,
    tolerance: Option<Tolerance>,
    names: Vec<Name>,
    about: Option<String>,
    base: Words,
    target: Vec<TargetTable>,
    ratio: Vec<RatioTable>,
}

/// Factors as the file has them.
type Words = BTreeMap<String, Word>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    pattern: String,
    #[serde(default)]
    set: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TargetTable {
    name: String,
    select: Words,
    min_rps: Option<f64>,
    max_p95: Option<Milliseconds>,
    max_p99: Option<Milliseconds>,
    #[serde(default)]
    max_fail_rate: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RatioTable {
    name: String,
    before: Words,
    after: Words,
}

/// A length of time such as `150 ms`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Milliseconds(f64);

impl TryFrom<String> for Milliseconds {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (number, scale) = match text.strip_suffix("ms") {
            Some(number) => (number, 1.0),
            None => (text.strip_suffix('s').unwrap_or(""), 1_000.0),
        };
        let number = number.trim().parse().ok();
        number
            .filter(|number: &f64| number.is_finite() && *number > 0.0)
            .map(|number| Self(number * scale))
            .ok_or("a time is a number above 0 and its unit, such as `150 ms` or `1.5 s`")
    }
}

/// A value in `set`: numbers and switches need no quotes.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Word {
    Text(String),
    Number(i64),
    Switch(bool),
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "f64")]
struct Tolerance(f64);

impl TryFrom<f64> for Tolerance {
    type Error = &'static str;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        if (0.0..1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err("the tolerance is a share such as 0.03, at least 0 and below 1")
        }
    }
}

impl StoryConfig {
    /// Where the settings are unless somebody says otherwise.
    pub const PLACE: &str = ".config/shakedown.toml";

    /// Reads the file that somebody named, or else [`StoryConfig::PLACE`] where
    /// there is one.
    ///
    /// # Errors
    /// As [`StoryConfig::read`]; a file that was named must be there.
    pub fn found(named: Option<&Path>) -> Result<Self, StoryError> {
        match named {
            Some(path) => Self::read_named(path),
            None => Self::read(Path::new(Self::PLACE)),
        }
    }

    /// Reads the `[story]` table of the file at `path`; without such a file, or
    /// such a table, the defaults.
    ///
    /// # Errors
    /// The file cannot be read, its `[story]` table is malformed, or a name
    /// pattern is.
    pub fn read(path: &Path) -> Result<Self, StoryError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(StoryError::ReadConfig {
                path: path.to_owned(),
                source,
            }),
        }
    }

    fn parse(text: &str, path: &Path) -> Result<Self, StoryError> {
        let file: File = toml::from_str(text).map_err(|source| StoryError::Config {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        let mut config = Self::default();
        if let Some(title) = file.story.title {
            config.title = title;
        }
        if let Some(Tolerance(tolerance)) = file.story.tolerance {
            config.tolerance = tolerance;
        }
        for name in file.story.names {
            let fixed = factors(name.set);
            config.names.push(NamePattern::new(&name.pattern, fixed)?);
        }
        let about = file.story.about.unwrap_or_default();
        let paragraphs = about.split("\n\n").map(|text| {
            let words: Vec<&str> = text.split_whitespace().collect();
            words.join(" ")
        });
        config.about = paragraphs.filter(|text| !text.is_empty()).collect();
        config.base = factors(file.story.base);
        let targets = file.story.target.into_iter().map(|table| Target {
            name: table.name,
            select: factors(table.select),
            min_rps: table.min_rps,
            max_p95_ms: table.max_p95.map(|Milliseconds(ms)| ms),
            max_p99_ms: table.max_p99.map(|Milliseconds(ms)| ms),
            max_fail_rate: table.max_fail_rate,
        });
        config.targets = targets.collect();
        let ratios = file.story.ratio.into_iter().map(|table| Ratio {
            name: table.name,
            before: factors(table.before),
            after: factors(table.after),
        });
        config.ratios = ratios.collect();
        Ok(config)
    }

    /// Reads the file that somebody named, which must be there.
    ///
    /// # Errors
    /// As [`StoryConfig::read`], and when there is no such file.
    pub fn read_named(path: &Path) -> Result<Self, StoryError> {
        let text = std::fs::read_to_string(path).map_err(|source| StoryError::ReadConfig {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, path)
    }

    /// The factors that a file's name states.
    #[must_use]
    pub fn factors_of(&self, stem: &str) -> Factors {
        self.names
            .iter()
            .find_map(|pattern| pattern.factors_of(stem))
            .unwrap_or_else(|| factors_of_name(stem))
    }
}

fn factors(words: Words) -> Factors {
    let mut factors = Factors::new();
    for (factor, word) in words {
        let value = match word {
            Word::Text(text) => text,
            Word::Number(number) => number.to_string(),
            Word::Switch(true) => "on".to_owned(),
            Word::Switch(false) => "off".to_owned(),
        };
        factors.set(&factor, value);
    }
    factors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<StoryConfig, StoryError> {
        StoryConfig::parse(text, Path::new("shakedown.toml"))
    }

    #[test]
    fn patterns_come_before_the_built_in_reading() {
        let config = parse(
            "[inspect]\nother = 1\n[story]\ntitle = \"Ours\"\n[[story.names]]\n\
             pattern = \"nightly-{users}\"\nset = { tracing = false, workers = 4 }\n",
        )
        .unwrap();
        assert_eq!(config.title, "Ours");
        assert_eq!(
            config.factors_of("nightly-70").shown(),
            [("users", "70"), ("tracing", "off"), ("workers", "4")]
        );
        assert_eq!(config.factors_of("profile_80").get("users"), Some("80"));
    }

    #[test]
    fn a_missing_file_means_the_defaults() {
        let config = StoryConfig::read(Path::new("no/such/shakedown.toml")).unwrap();
        assert_eq!(config.title, "Performance story");
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let error = StoryConfig::read_named(Path::new("no/such/typo.toml")).unwrap_err();
        assert_eq!(error.to_string(), "cannot read `no/such/typo.toml`");
        assert!(error.help().is_some());
    }

    #[test]
    fn targets_and_ratios_are_selections_of_factors_with_limits() {
        let config = parse(
            "[story]\nabout = \"\"\"One\nline.\n\nAnother.\"\"\"\nbase = { tracing = false }\n\
             [[story.target]]\nname = \"t\"\nselect = { users = 1500 }\nmin-rps = 20000\nmax-p95 = \"1.5 s\"\n\
             [[story.ratio]]\nname = \"r\"\nbefore = { service = \"a\" }\nafter = { service = \"b\" }\n",
        )
        .unwrap();
        assert_eq!(config.about, ["One line.", "Another."]);
        assert_eq!(config.base.get("tracing"), Some("off"));
        let target = &config.targets[0];
        assert_eq!(target.select.get("users"), Some("1500"));
        assert_eq!(
            (target.min_rps, target.max_p95_ms),
            (Some(20_000.0), Some(1_500.0))
        );
        assert_eq!(config.ratios[0].after.get("service"), Some("b"));
        for broken in [
            "[[story.target]]\nname = \"t\"\nselect = {}\nmax-p95 = \"150\"\n",
            "[[story.target]]\nname = \"t\"\nselect = {}\nmin_rps = 1\n",
        ] {
            assert!(parse(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_misspelt_key_is_an_error_that_names_it() {
        let error = parse("[story]\ntolerence = 0.1\n").unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("tolerence"), "{source}");
        assert!(parse("[story]\ntolerance = 3\n").is_err());
    }
}
