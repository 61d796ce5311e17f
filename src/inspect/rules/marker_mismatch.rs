//! `marker-mismatch`: a marker that says something else than where it stands.

use super::conventions::{TestTarget, test_targets, uses_shakedown};
use crate::inspect::finding::{Finding, Fix, Severity};
use crate::inspect::model::{TIERS, TargetKind, tier_named};
use crate::inspect::query::near;
use crate::inspect::rule::{Context, Rule};
use crate::inspect::syntax::Extent;
use crate::inspect::{Error, Source};

pub(super) const RULE: Rule = Rule {
    name: "marker-mismatch",
    severity: Severity::Error,
    documentation: include_str!("docs/marker-mismatch.md"),
    check,
};

fn check(context: &Context<'_>) -> Result<Vec<Finding>, Error> {
    let source = context.source;
    let mut found = Vec::new();
    for target in test_targets(source) {
        found.extend(of_target(source, &target));
    }
    found.extend(marked_modules(source));
    Ok(found)
}

fn of_target(source: &Source, it: &TestTarget<'_>) -> Vec<Finding> {
    let name = &it.target.name;
    let path = it.target.crate_path();
    let finding = |message: String, subject: &str, extent: Extent| {
        source.finding(
            RULE.name,
            message,
            &path,
            subject,
            source.place(it.file, extent, ""),
        )
    };
    if it.tiers.is_empty() {
        return tier_named(name)
            .map(|tier| {
                finding(
                    format!("tests/{name} does not begin with `tier!({tier})`"),
                    tier,
                    Extent::default(),
                )
                .fixed_by(Some(insertion(source, it.file, tier)))
                .noting("plain `cargo test` would run this tier's tests")
                .helping(format!("make `shakedown::tier!({tier});` its first line"))
            })
            .into_iter()
            .collect();
    }
    let wrong = it.tiers.iter().filter(|call| call.arguments.trim() != name);
    wrong
        .map(|call| {
            let marker = call.arguments.trim();
            finding(
                format!("`tier!({marker})` stands in the test binary `{name}`"),
                marker,
                call.extent,
            )
            .noting("profiles select tiers by the binary's name")
            .helping(format!(
                "move it to tests/{marker}/main.rs, or mark single tests with `mod m_{marker}`"
            ))
        })
        .collect()
}

/// `tier!(..)` as the first line after the file's documentation.
fn insertion(source: &Source, file: usize, tier: &str) -> Fix {
    let file = &source.model.files[file];
    let documentation = file
        .text
        .split_inclusive('\n')
        .take_while(|line| line.starts_with("//!"))
        .map(str::len)
        .sum();
    Fix {
        file: file.path.clone(),
        start: documentation,
        end: documentation,
        replacement: format!("shakedown::tier!({tier});\n"),
    }
}

/// `mod m_<marker>`: a marker that exists, and not another tier's inside a tier.
fn marked_modules(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for module in source.model.modules.iter().filter(|it| !it.block) {
        let target = &source.model.targets[module.target];
        let Some(marker) = module.name.strip_prefix("m_") else {
            continue;
        };
        let in_tests = module.test_only || target.kind == TargetKind::Test;
        if module.parent.is_none() || !in_tests || !uses_shakedown(source, target.package) {
            continue;
        }
        let place = source.place(module.declared_in, module.extent, "");
        let finding = |message: String| {
            source.finding(RULE.name, message, &module.path, marker, place.clone())
        };
        let binary = (target.kind == TargetKind::Test)
            .then(|| tier_named(&target.name))
            .flatten();
        match (tier_named(marker), binary) {
            (None, _) => {
                let close = near(marker, TIERS.into_iter());
                let hint = close.first().map_or_else(
                    || format!("markers are {}", TIERS.join(", ")),
                    |it| format!("did you mean `m_{it}`?"),
                );
                found.push(
                    finding(format!("there is no marker `{marker}`"))
                        .noting("its tests run in the fast suite")
                        .helping(hint),
                );
            }
            (Some(marker), Some(binary)) if marker != binary => found.push(
                finding(format!("`m_{marker}` stands in the tier `{binary}`"))
                    .noting("the binary's tier decides; the marker has no effect")
                    .helping(format!("move it to tests/{marker}")),
            ),
            _ => {}
        }
    }
    found
}
