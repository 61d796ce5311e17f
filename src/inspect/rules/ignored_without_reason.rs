//! `ignored-without-reason`: `#[ignore]` that does not say why.

use crate::inspect::Error;
use crate::inspect::finding::{Finding, Severity};
use crate::inspect::rule::{Context, Rule};

pub(super) const RULE: Rule = Rule {
    name: "ignored-without-reason",
    severity: Severity::Error,
    documentation: include_str!("docs/ignored-without-reason.md"),
    check,
};

fn check(context: &Context<'_>) -> Result<Vec<Finding>, Error> {
    let source = context.source;
    let mut found = Vec::new();
    for (_, node) in source.nodes().filter(|(_, node)| node.is_test()) {
        let target = source.module_at(node.module).target;
        let package = &source.model.packages[source.model.targets[target].package];
        // Where clippy is told to say it, it says it.
        if package
            .clippy_lints
            .iter()
            .any(|it| it == "ignore_without_reason")
        {
            continue;
        }
        let bare = node
            .attributes
            .iter()
            .find(|it| it.path == ["ignore"] && it.arguments.is_empty());
        if let Some(attribute) = bare {
            let place = source.place(node.file, attribute.extent, "until when, and why?");
            let message = format!("`{}` is ignored without a reason", node.name);
            found.push(
                source
                    .finding(RULE.name, message, &node.path, "ignore", place)
                    .helping("say why: `#[ignore = \"...\"]`; a test that needs something special belongs into a tier"),
            );
        }
    }
    Ok(found)
}
