//! `capture-loop-in-test`: a loop that never ends, reachable from a test.

use crate::inspect::finding::{Finding, Severity};
use crate::inspect::model::{NodeId, Reach, Reachability};
use crate::inspect::rule::{Context, Rule};
use crate::inspect::{Error, Source};

pub(super) const RULE: Rule = Rule {
    name: "capture-loop-in-test",
    severity: Severity::Error,
    documentation: include_str!("docs/capture-loop-in-test.md"),
    check,
};

fn check(context: &Context<'_>) -> Result<Vec<Finding>, Error> {
    let source = context.source;
    let settings = &context.settings.rules.capture_loop_in_test;
    let mut goals: Vec<NodeId> = source
        .nodes()
        .filter(|(_, node)| !node.body().endless_loops.is_empty())
        .filter(|(_, node)| !source.module_at(node.module).foreign)
        .map(|(id, _)| id)
        .collect();
    for name in &settings.loops {
        goals.extend(source.functions_named(name)?);
    }
    let mut found = reaching(context, goals, &[]);
    for allowed in &settings.allowed {
        let goals = source.functions_named(&allowed.function)?;
        found.extend(reaching(context, goals, &allowed.tiers));
    }
    Ok(found)
}

/// Tests that get to one of `goals`, apart from those of the tiers that may.
fn reaching(context: &Context<'_>, goals: Vec<NodeId>, spared: &[String]) -> Vec<Finding> {
    let source = context.source;
    let rules = &context.settings.rules;
    let everywhere = &rules.capture_loop_in_test.allowed_tiers;
    if goals.is_empty() {
        return Vec::new();
    }
    let certain = Reachability {
        goals,
        off: rules.off_in_tests(),
        ..Reachability::default()
    };
    let possible = Reachability {
        by_name: true,
        ..certain.clone()
    };
    let certainly = certain.search(&source.model, &source.graph);
    let possibly = possible.search(&source.model, &source.graph);
    let mut found = Vec::new();
    for test in source.test_nodes() {
        let tier = source.tier(source.node(test)).unwrap_or("fast");
        if everywhere.iter().chain(spared).any(|it| it == tier) {
            continue;
        }
        if certainly.from(test) {
            found.push(finding(source, &certainly, test));
        } else if possibly.from(test) {
            found.push(
                finding(source, &possibly, test)
                    .downgraded(Severity::Note)
                    .noting("uncertain: a call on the way is known by its method's name only"),
            );
        }
    }
    found
}

fn finding(source: &Source, reach: &Reach, test: NodeId) -> Finding {
    let node = source.node(test);
    let hops = reach.path(&source.graph, test);
    let goal = hops.last().and_then(|hop| hop.to).unwrap_or(test);
    let looping = source.node(goal);
    let message = format!(
        "test `{}` reaches `{}`, which never returns",
        node.name, looping.path
    );
    let mut related = source.path_places(reach, test);
    let endless = looping.body().endless_loops.first();
    related.extend(
        endless.map(|extent| source.place(looping.file, *extent, "no way out of this loop")),
    );
    source
        .finding_at_node(RULE.name, message, node, &looping.path)
        .labelled("this test starts it in its own process, where it outlives the test")
        .relating(related)
        .helping("check the loop by inspection (`Source::workspace()?`), run it in a child process, or give it a stop handle")
}
