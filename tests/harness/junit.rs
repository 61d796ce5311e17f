//! Reads the JUnit report that nextest writes.

use std::fmt;
use std::path::Path;

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Passed,
    Skipped,
    /// With nextest's words for how.
    Failed(String),
}

/// One test of a report.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) binary: String,
    pub(crate) name: String,
    pub(crate) ended: Ended,
    pub(crate) stderr: String,
}

/// A whole report.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report(pub(crate) Vec<Case>);

impl Report {
    /// The report in a file; empty where nextest wrote none because nothing ran.
    pub(crate) fn read(path: &Path) -> Self {
        let Ok(text) = std::fs::read_to_string(path) else {
            return Self::default();
        };
        let document = roxmltree::Document::parse(&text).unwrap();
        let cases = document
            .descendants()
            .filter(|node| node.has_tag_name("testcase"));
        Self(cases.map(case).collect())
    }

    /// The only test of this name.
    #[track_caller]
    pub(crate) fn case(&self, name: &str) -> &Case {
        let mut found = self.0.iter().filter(|case| case.name == name);
        match (found.next(), found.next()) {
            (Some(case), None) => case,
            _ => panic!("`{name}` is not once in the report:\n{self}"),
        }
    }

    /// The names of the tests that ended so, sorted.
    pub(crate) fn names(&self, wanted: impl Fn(&Ended) -> bool) -> Vec<&str> {
        let matching = self.0.iter().filter(|case| wanted(&case.ended));
        let mut names: Vec<_> = matching.map(|case| case.name.as_str()).collect();
        names.sort_unstable();
        names
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.0 {
            writeln!(f, "  {:?} {} {}", case.ended, case.binary, case.name)?;
        }
        Ok(())
    }
}

fn case(node: roxmltree::Node<'_, '_>) -> Case {
    let child = |name: &str| node.children().find(|child| child.has_tag_name(name));
    let attribute = |name: &str| node.attribute(name).unwrap_or_default().to_owned();
    let broken = child("failure").or_else(|| child("error"));
    let ended = match broken {
        Some(broken) => Ended::Failed(broken.attribute("type").unwrap_or_default().to_owned()),
        None if child("skipped").is_some() => Ended::Skipped,
        None => Ended::Passed,
    };
    let stderr = child("system-err").and_then(|output| output.text());
    Case {
        binary: attribute("classname"),
        name: attribute("name"),
        ended,
        stderr: stderr.unwrap_or_default().to_owned(),
    }
}
