//! `layering`: a module that uses another it must not know.

use crate::inspect::finding::{Finding, Severity};
use crate::inspect::model::{Definition, Node, Site};
use crate::inspect::rule::{Context, Rule};
use crate::inspect::settings::{Layer, is_or_is_in};
use crate::inspect::{Error, Source};

pub(super) const RULE: Rule = Rule {
    name: "layering",
    severity: Severity::Error,
    documentation: include_str!("docs/layering.md"),
    check,
};

fn check(context: &Context<'_>) -> Result<Vec<Finding>, Error> {
    let source = context.source;
    let mut found = Vec::new();
    for layer in &context.settings.layer {
        source.modules_named(&layer.module)?;
        let listed = layer.may_use.iter().flatten().chain(&layer.must_not_use);
        for name in listed {
            let inside = format!("{}::{name}", root_of(layer));
            if source.modules_named(&inside).is_err() {
                source.modules_named(name)?;
            }
        }
        for (id, node) in source.nodes() {
            if !is_or_is_in(&node.path, &layer.module) || node.test_only {
                continue;
            }
            for site in source.sites(id) {
                if let Some(used) = used_module(source, site)
                    && !allows(layer, &used)
                    && !layer
                        .exceptions
                        .iter()
                        .any(|it| it.covers(&node.path, &used))
                {
                    found.push(finding(source, layer, node, site, &used));
                }
            }
        }
    }
    Ok(found)
}

/// The workspace module that a site names something of.
fn used_module(source: &Source, site: &Site) -> Option<String> {
    match site.definition()? {
        Definition::Module(module) => Some(source.module_at(*module).path.clone()),
        Definition::Node(node) | Definition::Associated(node, _) => {
            let module = source.node(*node).module;
            Some(source.module_at(module).path.clone())
        }
        Definition::External(_) => None,
    }
}

fn root_of(layer: &Layer) -> &str {
    layer.module.split("::").next().unwrap_or(&layer.module)
}

fn allows(layer: &Layer, used: &str) -> bool {
    let root = root_of(layer);
    let named = |list: &[String]| {
        list.iter()
            .any(|it| is_or_is_in(used, it) || is_or_is_in(used, &format!("{root}::{it}")))
    };
    if named(&layer.must_not_use) {
        return false;
    }
    let Some(allowed) = &layer.may_use else {
        return true;
    };
    // A crate's root holds what all of it shares.
    is_or_is_in(used, &layer.module) || used == root || named(allowed)
}

fn finding(source: &Source, layer: &Layer, node: &Node, site: &Site, used: &str) -> Finding {
    let message = format!("`{}` uses `{used}`", layer.module);
    let mut found = source
        .finding_at_site(RULE.name, message, site, used)
        .labelled(format!("in `{}`", node.path))
        .noting(layer.reason.clone());
    if let Some(instead) = &layer.instead {
        found = found.helping(instead.clone());
    } else if let Some(allowed) = &layer.may_use {
        let allowed = if allowed.is_empty() {
            "nothing else".to_owned()
        } else {
            allowed.join(", ")
        };
        found = found.helping(format!("it may use itself and {allowed}"));
    }
    if let Some(severity) = layer.severity {
        found.severity = severity;
    }
    found
}
