//! Calls that clippy looks for: `clippy.toml` against the settings.
//!
//! clippy's `disallowed_methods` sees types, so it finds what no reader of sources can: a
//! method through `Deref`, a function behind a foreign macro. What it cannot is to tell
//! tests from sources, tiers from one another, or to follow calls. So the settings say who
//! looks for a call, and this holds `clippy.toml` to them.

use toml::{Table, Value};

use super::finding::{Finding, Place};
use super::settings::{ForbidCall, toml_error};
use super::{Error, Source};

/// Where clippy looks for its configuration, in this order.
const FILES: [&str; 2] = [".clippy.toml", "clippy.toml"];

/// What `clippy.toml` lacks of `rule`.
pub(super) fn check(source: &Source, rule: &ForbidCall) -> Result<Vec<Finding>, Error> {
    if rule.reachable || !rule.tiers.is_empty() || rule.calls.iter().any(|it| it.ends_with("::*")) {
        return Err(Error::BeyondClippy {
            id: rule.id.clone(),
        });
    }
    let configuration = Configuration::of(source)?;
    let found = rule.calls.iter().filter_map(|call| {
        let message = match configuration.reason(call) {
            Some(Some(reason)) if reason == rule.reason => return None,
            Some(_) => format!(
                "`{}` forbids `{call}` for another reason",
                configuration.file
            ),
            None => format!("`{}` does not forbid `{call}`", configuration.file),
        };
        let entry = format!("{{ path = {call:?}, reason = {:?} }}", rule.reason);
        Some(
            source
                .finding(&rule.id, message, &rule.id, call, configuration.place(call))
                .noting("the settings leave the call to clippy, which reads its own file")
                .helping(format!("in its `disallowed-methods`: {entry}")),
        )
    });
    Ok(found.collect())
}

/// clippy's configuration; empty where there is none.
struct Configuration {
    file: &'static str,
    text: String,
    table: Table,
}

impl Configuration {
    fn of(source: &Source) -> Result<Self, Error> {
        let there = FILES
            .into_iter()
            .find(|it| source.root().join(it).is_file());
        let file = there.unwrap_or("clippy.toml");
        let path = source.root().join(file);
        let text = match there {
            Some(_) => std::fs::read_to_string(&path).map_err(|source| Error::Read {
                path: path.clone(),
                source,
            })?,
            None => String::new(),
        };
        let table = toml::from_str(&text).map_err(|error| toml_error(&path, &text, &error))?;
        Ok(Self { file, text, table })
    }

    /// The reason with which `call` is forbidden, if it is, and if there is one.
    fn reason(&self, call: &str) -> Option<Option<&str>> {
        let listed = self.table.get("disallowed-methods")?.as_array()?;
        listed.iter().find_map(|entry| match entry {
            Value::String(path) if path == call => Some(None),
            Value::Table(entry) if entry.get("path")?.as_str() == Some(call) => {
                Some(entry.get("reason").and_then(Value::as_str))
            }
            _ => None,
        })
    }

    /// Where `call` stands, or else the list it belongs into, or else the first line.
    fn place(&self, call: &str) -> Place {
        let quoted = format!("\"{call}\"");
        let list = "disallowed-methods";
        let spans = [quoted.as_str(), list].map(|it| Some((self.text.find(it)?, it.len())));
        let (start, length) = spans.into_iter().flatten().next().unwrap_or_default();
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        Place {
            file: self.file.to_owned(),
            line: self.text[..start].matches('\n').count() + 1,
            column: self.text[line_start..start].chars().count() + 1,
            start,
            end: start + length,
            label: String::new(),
        }
    }
}
