//! `missing-conftest`: a test binary that runs in whatever environment the shell has.

use super::conventions::test_targets;
use crate::inspect::Error;
use crate::inspect::finding::{Finding, Severity};
use crate::inspect::model::tier_named;
use crate::inspect::rule::{Context, Rule};
use crate::inspect::syntax::Extent;

pub(super) const RULE: Rule = Rule {
    name: "missing-conftest",
    severity: Severity::Error,
    documentation: include_str!("docs/missing-conftest.md"),
    check,
};

fn check(context: &Context<'_>) -> Result<Vec<Finding>, Error> {
    let source = context.source;
    let listed = context.settings.fast_targets.as_ref();
    let found = test_targets(source)
        .into_iter()
        .filter(|it| !it.has_conftest)
        // Others are strays, which `stray-test-target` says.
        .filter(|it| {
            let known = listed.is_some_and(|list| list.contains(&it.target.name));
            known || tier_named(&it.target.name).is_some()
        })
        .map(|it| {
            let path = it.target.crate_path();
            let place = source.place(it.file, Extent::default(), "");
            source
                .finding(
                    RULE.name,
                    format!("test binary `{}` has no `conftest!`", it.target.name),
                    &path,
                    "conftest",
                    place,
                )
                .noting("its tests see whatever the shell exports")
                .helping("add `shakedown::conftest! { env: { .. }, scrub: [..] }`, or share one: `#[path = \"../service/conftest.rs\"] mod conftest;`")
        })
        .collect();
    Ok(found)
}
