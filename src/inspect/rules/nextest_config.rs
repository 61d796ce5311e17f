//! `nextest-config`: what nextest would only warn about, or not notice.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nextest_keys::{ROOT, Shape};
use crate::inspect::finding::{Finding, Place, Severity};
use crate::inspect::model::{TIERS, TargetKind, tier_named};
use crate::inspect::query::near;
use crate::inspect::rule::{Context, Rule};
use crate::inspect::settings::toml_error;
use crate::inspect::{Error, Source};

pub(super) const RULE: Rule = Rule {
    name: "nextest-config",
    severity: Severity::Error,
    documentation: include_str!("docs/nextest-config.md"),
    check,
};

const FILE: &str = ".config/nextest.toml";

fn check(context: &Context<'_>) -> Result<Vec<Finding>, Error> {
    let source = context.source;
    let path = source.root().join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(Error::Read { path, source }),
    };
    let document = DeTable::parse(&text).map_err(|error| toml_error(&path, &text, &error))?;
    let mut file = Configuration {
        source,
        text: &text,
        found: Vec::new(),
    };
    file.unknown_keys(document.get_ref(), ROOT, "");
    let profiles = table(document.get_ref(), "profile");
    let default = profiles.and_then(|it| table(it, "default"));
    file.timeouts_in_profiles(profiles);
    file.bounds(default);
    file.default_filter(default);
    Ok(file.found)
}

struct Configuration<'a> {
    source: &'a Source,
    text: &'a str,
    found: Vec<Finding>,
}

impl Configuration<'_> {
    fn find(&mut self, message: String, subject: &str, range: Range<usize>, help: String) {
        let before = &self.text[..range.start.min(self.text.len())];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let place = Place {
            file: FILE.to_owned(),
            line: before.matches('\n').count() + 1,
            column: self.text[line_start..before.len()].chars().count() + 1,
            start: range.start,
            end: range.end,
            label: String::new(),
        };
        let found = self
            .source
            .finding(RULE.name, message, FILE, subject, place);
        self.found.push(found.helping(help));
    }

    /// Keys that nextest ignores with a warning.
    fn unknown_keys(&mut self, table: &DeTable<'_>, known: &[(&str, Shape)], path: &str) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let whole = if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            };
            let Some((_, shape)) = known.iter().find(|(it, _)| *it == name) else {
                let close = near(name, known.iter().map(|(it, _)| *it));
                let help = close.first().map_or_else(
                    || "nextest ignores it with a warning; remove it".to_owned(),
                    |it| format!("did you mean `{it}`?"),
                );
                self.find(format!("unknown key `{whole}`"), &whole, key.span(), help);
                continue;
            };
            match (shape, value.get_ref()) {
                (Shape::Table(keys), DeValue::Table(table)) => {
                    self.unknown_keys(table, keys, &whole);
                }
                (Shape::Named(keys), DeValue::Table(table)) => {
                    for (name, value) in table {
                        if let DeValue::Table(table) = value.get_ref() {
                            self.unknown_keys(table, keys, &format!("{whole}.{}", name.get_ref()));
                        }
                    }
                }
                (Shape::List(keys), DeValue::Array(list)) => {
                    for value in list {
                        if let DeValue::Table(table) = value.get_ref() {
                            self.unknown_keys(table, keys, &whole);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// A profile's own timeout does not hold when `all` or `ci` run its tests.
    fn timeouts_in_profiles(&mut self, profiles: Option<&DeTable<'_>>) {
        for (name, value) in profiles.into_iter().flatten() {
            let name = name.get_ref().as_ref();
            let DeValue::Table(profile) = value.get_ref() else {
                continue;
            };
            if name == "default" || tier_named(name).is_none() {
                continue;
            }
            if let Some((key, _)) = profile
                .iter()
                .find(|(key, _)| key.get_ref() == "slow-timeout")
            {
                self.find(
                    format!("`profile.{name}.slow-timeout` holds under `--profile {name}` only"),
                    &format!("profile.{name}.slow-timeout"),
                    key.span(),
                    format!("write it as [[profile.default.overrides]] with `filter = \"binary(={name})\"`"),
                );
            }
        }
    }

    /// Whether nothing can hang: a limit for everything, and one for each tier.
    fn bounds(&mut self, default: Option<&DeTable<'_>>) {
        let start = 0..self.text.find('\n').unwrap_or(0);
        let terminates = |table: &DeTable<'_>| matches!(value(table, "slow-timeout"), Some(DeValue::Table(it)) if value(it, "terminate-after").is_some());
        if !default.is_some_and(terminates) {
            self.find(
                "tests may hang: the default profile never terminates them".to_owned(),
                "profile.default.slow-timeout",
                start.clone(),
                "[profile.default] slow-timeout = { period = \"10s\", terminate-after = 3 }"
                    .to_owned(),
            );
        }
        let overrides = match default.and_then(|it| value(it, "overrides")) {
            Some(DeValue::Array(list)) => list.iter().collect(),
            _ => Vec::new(),
        };
        for tier in self.tiers() {
            let bounded = overrides.iter().any(|it| {
                let DeValue::Table(table) = it.get_ref() else {
                    return false;
                };
                let filter = value(table, "filter").and_then(text).unwrap_or_default();
                words(filter).any(|word| word == tier) && terminates(table)
            });
            if !bounded {
                self.find(
                    format!("the tier `{tier}` has no time limit of its own"),
                    tier,
                    start.clone(),
                    format!("[[profile.default.overrides]] filter = \"binary(={tier})\", slow-timeout = {{ period = \"60s\", terminate-after = 10 }}"),
                );
            }
        }
    }

    /// Whether the fast suite leaves every tier out.
    fn default_filter(&mut self, default: Option<&DeTable<'_>>) {
        let filter = default.and_then(|it| entry(it, "default-filter"));
        let (filter, range) = match filter {
            Some(it) => (text(it.get_ref()).unwrap_or_default(), it.span()),
            None => ("", 0..self.text.find('\n').unwrap_or(0)),
        };
        for tier in self.tiers() {
            if !words(filter).any(|word| word == tier) {
                self.find(
                    format!("the fast suite runs the tier `{tier}`"),
                    tier,
                    range.clone(),
                    format!(
                        "leave it out in profile.default.default-filter: `not binary(={tier})`"
                    ),
                );
            }
        }
    }

    /// Tiers that the workspace has.
    fn tiers(&self) -> Vec<&'static str> {
        let targets = &self.source.model.targets;
        let has = |tier: &&str| {
            targets
                .iter()
                .any(|it| it.kind == TargetKind::Test && it.name == **tier)
        };
        TIERS.into_iter().filter(has).collect()
    }
}

fn words(filter: &str) -> impl Iterator<Item = &str> {
    filter.split(|it: char| !it.is_alphanumeric() && it != '_')
}

fn entry<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Option<&'a Spanned<DeValue<'i>>> {
    let mut entries = table.iter();
    entries
        .find(|(name, _)| name.get_ref() == key)
        .map(|(_, value)| value)
}

fn value<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Option<&'a DeValue<'i>> {
    entry(table, key).map(Spanned::get_ref)
}

fn table<'a, 'i>(outer: &'a DeTable<'i>, key: &str) -> Option<&'a DeTable<'i>> {
    match value(outer, key)? {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

fn text<'a>(value: &'a DeValue<'_>) -> Option<&'a str> {
    match value {
        DeValue::String(text) => Some(text),
        _ => None,
    }
}
