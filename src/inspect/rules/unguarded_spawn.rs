//! `unguarded-spawn`: a background task that starts without its flag.

use crate::inspect::Error;
use crate::inspect::finding::{Finding, Severity};
use crate::inspect::model::Reachability;
use crate::inspect::rule::{Context, Rule};

pub(super) const RULE: Rule = Rule {
    name: "unguarded-spawn",
    severity: Severity::Error,
    documentation: include_str!("docs/unguarded-spawn.md"),
    check,
};

fn check(context: &Context<'_>) -> Result<Vec<Finding>, Error> {
    let source = context.source;
    let mut found = Vec::new();
    for spawn in &context.settings.rules.unguarded_spawn.spawns {
        let starts = source.functions_named(&spawn.function)?;
        let goals = source.functions_named(&spawn.calls)?;
        let all = Reachability {
            goals,
            ..Reachability::default()
        };
        let reach = all.search(&source.model, &source.graph);
        let unguarded = Reachability {
            off: vec![spawn.flag.clone()],
            ..all
        };
        let unguarded = unguarded.search(&source.model, &source.graph);
        for start in starts {
            let node = source.node(start);
            if !reach.from(start) {
                let message = format!("`{}` no longer leads to `{}`", spawn.function, spawn.calls);
                found.push(
                    source
                        .finding_at_node(RULE.name, message, node, &spawn.calls)
                        .helping(
                            "remove or correct the entry under [inspect.rules.unguarded-spawn]",
                        ),
                );
                continue;
            }
            if !unguarded.from(start) {
                continue;
            }
            let mut places = source.path_places(&unguarded, start);
            let Some(mut place) = places.pop() else {
                continue;
            };
            place.label = format!("`{}` is not known to be on here", spawn.flag);
            let message = format!("`{}` is called without `{}`", spawn.calls, spawn.flag);
            found.push(
                source
                    .finding(RULE.name, message, &node.path, &spawn.calls, place)
                    .relating(places)
                    .helping(format!(
                        "call it only under `if config.{} {{ .. }}`",
                        spawn.flag
                    )),
            );
        }
    }
    Ok(found)
}
