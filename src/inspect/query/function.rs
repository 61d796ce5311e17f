//! Questions about one function.

use super::Calls;
use super::assertion::none;
use crate::inspect::model::NodeId;
use crate::inspect::{Error, Source};

/// A function of the workspace.
#[derive(Debug)]
#[must_use = "a function asserts nothing until it is asked"]
pub struct Function<'a> {
    pub(super) source: &'a Source,
    pub(super) name: String,
    /// several, if its file is part of several targets
    pub(super) nodes: Vec<NodeId>,
}

impl Source {
    /// The function or method `name`: its whole path (`my_service::api::lifespan`),
    /// or as much of its end as is unambiguous.
    ///
    /// # Errors
    ///
    /// There is no such function, or there are several.
    pub fn function(&self, name: &str) -> Result<Function<'_>, Error> {
        Ok(Function {
            source: self,
            name: name.to_owned(),
            nodes: self.functions_named(name)?,
        })
    }
}

impl<'a> Function<'a> {
    /// Its calls of `callee`, itself or through functions it calls.
    ///
    /// # Panics
    ///
    /// There are none, or `callee` names nothing: then nothing would be checked.
    #[track_caller]
    pub fn calls(&self, callee: &str) -> Calls<'a> {
        Calls::of(self.source, &self.name, &self.nodes, callee)
    }

    /// Asserts that it has an attribute: by name (`instrument`) or by path.
    ///
    /// # Panics
    ///
    /// It has not.
    #[track_caller]
    pub fn has_attribute(&self, attribute: &str) {
        let wanted: Vec<&str> = attribute.split("::").collect();
        let findings: Vec<_> = self
            .nodes
            .iter()
            .map(|id| self.source.node(*id))
            .filter(|node| {
                let mut attributes = node.attributes.iter();
                !attributes.any(|it| it.path == wanted || it.name() == attribute)
            })
            .map(|node| {
                let message = format!("`{}` lacks `#[{attribute}]`", node.path);
                self.source
                    .finding_at_node("has_attribute", message, node, attribute)
            })
            .collect();
        none(
            self.source,
            &format!("`{}` has `#[{attribute}]`", self.name),
            &findings,
        );
    }
}
