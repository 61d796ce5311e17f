//! Questions about tables in statics.

use std::collections::BTreeSet;

use super::assertion::none;
use crate::inspect::finding::Finding;
use crate::inspect::model::{Node, NodeKind};
use crate::inspect::syntax::Entry;
use crate::inspect::{Error, Source};

/// A `static` or `const` that holds a list of keyed entries.
#[derive(Debug)]
#[must_use = "a table asserts nothing until it is asked"]
pub struct StaticTable<'a> {
    source: &'a Source,
    node: &'a Node,
    entries: &'a [Entry],
}

impl Source {
    /// The table in the static or constant `name`: an array, slice, `vec!`, map
    /// literal or `phf_map!` of tuples, structs or calls. Their first part is the
    /// key, or the field `key`, `name`, `id` or `kind`.
    ///
    /// # Errors
    ///
    /// There is no such static, there are several, or its value is no such list.
    pub fn static_table(&self, name: &str) -> Result<StaticTable<'_>, Error> {
        let found = self.nodes_named("static", name, |it| matches!(it.kind, NodeKind::Value(_)))?;
        let node = self.node(found[0]);
        match &node.kind {
            NodeKind::Value(value) if value.table.is_some() => Ok(StaticTable {
                source: self,
                node,
                entries: value.table.as_deref().unwrap_or_default(),
            }),
            _ => Err(Error::Unknown {
                kind: "table of keyed entries in the static",
                name: name.to_owned(),
                near: Vec::new(),
            }),
        }
    }
}

impl StaticTable<'_> {
    /// Its keys, in order: strings without quotes, paths as written.
    #[must_use]
    pub fn keys(&self) -> Vec<&str> {
        self.entries
            .iter()
            .map(|entry| entry.key.as_str())
            .collect()
    }

    /// Asserts that it has these keys, each once, in any order. A path fits by
    /// its end: `Layer::Tcp` is `Tcp` too; of a struct any field may be the key.
    ///
    /// # Panics
    ///
    /// A key is missing, unexpected or there twice; the message shows which.
    #[track_caller]
    pub fn keys_are<'k>(&self, keys: impl IntoIterator<Item = &'k str>) {
        let expected: BTreeSet<&str> = keys.into_iter().collect();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut findings = Vec::new();
        for entry in self.entries {
            let fits = expected.iter().find(|key| {
                is_key(&entry.key, key) || entry.others.iter().any(|it| is_key(it, key))
            });
            match fits {
                Some(key) if !seen.insert(key) => {
                    findings.push(self.finding(format!("`{key}` is in it twice"), entry));
                }
                Some(_) => {}
                None => {
                    findings.push(self.finding(format!("`{}` is unexpected", entry.key), entry));
                }
            }
        }
        for missing in expected.difference(&seen) {
            let message = format!("`{missing}` is missing");
            findings.push(
                self.source
                    .finding_at_node("keys_are", message, self.node, missing),
            );
        }
        let expected: Vec<&str> = expected.into_iter().collect();
        let claim = format!(
            "the keys of `{}` are {}",
            self.node.path,
            expected.join(", ")
        );
        none(self.source, &claim, &findings);
    }

    /// Asserts that it has one entry for each variant of the enum `name`.
    ///
    /// # Errors
    ///
    /// There is no such enum, or there are several.
    ///
    /// # Panics
    ///
    /// As [`StaticTable::keys_are`].
    #[track_caller]
    pub fn keys_are_the_variants_of(&self, name: &str) -> Result<(), Error> {
        let found = self.source.types_named(name)?;
        let NodeKind::Type(syntax) = &self.source.node(found[0]).kind else {
            return Err(Error::Unknown {
                kind: "enum",
                name: name.to_owned(),
                near: Vec::new(),
            });
        };
        self.keys_are(syntax.variants.iter().map(String::as_str));
        Ok(())
    }

    fn finding(&self, message: String, entry: &Entry) -> Finding {
        let place = self.source.place(self.node.file, entry.extent, "");
        self.source
            .finding("keys_are", message, &self.node.path, &entry.key, place)
    }
}

fn is_key(key: &str, expected: &str) -> bool {
    key == expected
        || key
            .strip_suffix(expected)
            .is_some_and(|before| before.ends_with("::"))
}
