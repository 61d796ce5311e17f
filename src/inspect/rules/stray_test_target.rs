//! `stray-test-target`: a test binary that joined the fast suite unasked.

use super::conventions::test_targets;
use crate::inspect::Error;
use crate::inspect::finding::{Finding, Severity};
use crate::inspect::model::tier_named;
use crate::inspect::rule::{Context, Rule};
use crate::inspect::syntax::Extent;

pub(super) const RULE: Rule = Rule {
    name: "stray-test-target",
    severity: Severity::Error,
    documentation: include_str!("docs/stray-test-target.md"),
    check,
};

fn check(context: &Context<'_>) -> Result<Vec<Finding>, Error> {
    let source = context.source;
    let listed = context.settings.fast_targets.as_ref();
    let found = test_targets(source)
        .into_iter()
        .filter(|it| tier_named(&it.target.name).is_none() && it.tiers.is_empty())
        .filter(|it| match listed {
            Some(list) => !list.contains(&it.target.name),
            None => !it.has_conftest,
        })
        .map(|it| {
            let name = &it.target.name;
            let place = source.place(it.file, Extent::default(), "");
            let message =
                format!("test binary `{name}` belongs to no tier and is not known as fast");
            source
                .finding(RULE.name, message, &it.target.crate_path(), name, place)
                .noting("nextest runs every binary that no tier's filter names in the fast suite")
                .helping(format!(
                    "move it to tests/<tier>/, or make it a fast one: tests/{name}/main.rs with \
                     `conftest!`{}",
                    if listed.is_some() {
                        ", listed in `fast-targets` of .config/shakedown.toml"
                    } else {
                        ""
                    }
                ))
        })
        .collect();
    Ok(found)
}
