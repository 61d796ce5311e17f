//! The `[story]` table of `.config/shakedown.toml`.
//!
//! ```toml
//! [story]
//! title = "Performance story"
//! tolerance = 0.03            # changes below 3 % are no change
//!
//! [[story.names]]             # names of others' files, tried from the top
//! pattern = "nightly-{users}u-{commit}"
//! set = { tracing = "off" }
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

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
}

impl Default for StoryConfig {
    fn default() -> Self {
        Self {
            title: "Performance story".to_owned(),
            tolerance: 0.03,
            names: Vec::new(),
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
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    pattern: String,
    #[serde(default)]
    set: BTreeMap<String, Word>,
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
            let mut fixed = Factors::new();
            for (factor, word) in name.set {
                let value = match word {
                    Word::Text(text) => text,
                    Word::Number(number) => number.to_string(),
                    Word::Switch(true) => "on".to_owned(),
                    Word::Switch(false) => "off".to_owned(),
                };
                fixed.set(&factor, value);
            }
            config.names.push(NamePattern::new(&name.pattern, fixed)?);
        }
        Ok(config)
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
    fn a_misspelt_key_is_an_error_that_names_it() {
        let error = parse("[story]\ntolerence = 0.1\n").unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("tolerence"), "{source}");
        assert!(parse("[story]\ntolerance = 3\n").is_err());
    }
}
