//! `env-mutation`: a test that changes the process's environment.

use crate::inspect::Error;
use crate::inspect::finding::{Finding, Severity};
use crate::inspect::rule::{Context, Rule};

pub(super) const RULE: Rule = Rule {
    name: "env-mutation",
    severity: Severity::Error,
    documentation: include_str!("docs/env-mutation.md"),
    check,
};

const MUTATIONS: [&str; 3] = [
    "std::env::remove_var",
    "std::env::set_current_dir",
    "std::env::set_var",
];

fn check(context: &Context<'_>) -> Result<Vec<Finding>, Error> {
    let source = context.source;
    let mut found = Vec::new();
    for path in MUTATIONS {
        for id in source.graph.to_external(path) {
            let site = source.graph.site(id);
            let node = source.node(site.from);
            let imported = node.function().is_none();
            if imported || !source.is_test_code(node) || source.expects(site, "disallowed_methods")
            {
                continue;
            }
            found.push(
                source
                    .finding_at_site(
                        RULE.name,
                        format!("a test changes the environment: `{path}`"),
                        site,
                        path,
                    )
                    .labelled("every thread of the process sees this")
                    .helping("pin it before `main` with `conftest!`, or for one test with `fixtures::env_guard`"),
            );
        }
    }
    Ok(found)
}
