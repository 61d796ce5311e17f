//! What a workbook says beside its numbers: the `[workbook]` table.

use std::path::PathBuf;

use serde::Deserialize;

/// The `[workbook]` table: what only people know.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Page {
    /// The page's title.
    pub title: String,
    /// What the workbook guards, in a sentence.
    pub pledge: String,
    /// Where artifacts are archived, under the workspace's root.
    pub archive: PathBuf,
    /// The machine that the targets are meant for, in words.
    pub rig: String,
    /// What is measured and what is not.
    pub scope: Vec<Scope>,
    /// How it is measured: a paragraph each.
    pub harness: Vec<String>,
    /// What is to be done.
    pub actions: Vec<Action>,
    /// What changed in the workbook.
    pub changes: Vec<Change>,
    /// Weeks of trend.
    #[serde(deserialize_with = "weeks")]
    pub weeks: u16,
    /// Cargo's profile that phases and micro-benchmarks are built in.
    pub cargo_profile: String,
    /// What builds the programs that phases run: before `bench`, `gate --base` and
    /// `calibrate` measure, here and in the checkout of a base.
    pub build: Vec<String>,
}

fn weeks<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    match u16::deserialize(deserializer)? {
        0 => Err(serde::de::Error::custom("`weeks` is 1 or more")),
        weeks => Ok(weeks),
    }
}

impl Default for Page {
    fn default() -> Self {
        Self {
            title: "Performance workbook".to_owned(),
            pledge: String::new(),
            archive: "development/bench-artifacts".into(),
            rig: String::new(),
            scope: Vec::new(),
            harness: Vec::new(),
            actions: Vec::new(),
            changes: Vec::new(),
            weeks: 12,
            cargo_profile: "release".to_owned(),
            build: Vec::new(),
        }
    }
}

/// A row of the scope.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Scope {
    /// What is measured.
    pub included: String,
    /// What is not.
    #[serde(default)]
    pub excluded: String,
}

/// Something to do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Action {
    /// What.
    pub what: String,
    /// By when.
    #[serde(default)]
    pub due: String,
}

/// An entry of the change log.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Change {
    /// When: `2025-07-14`.
    pub date: String,
    /// What.
    pub what: String,
}
