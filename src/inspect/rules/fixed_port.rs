//! `fixed-port`: a test that listens on a port of its choice.

use crate::inspect::Error;
use crate::inspect::finding::{Finding, Severity};
use crate::inspect::model::{Site, SiteTarget};
use crate::inspect::rule::{Context, Rule};

pub(super) const RULE: Rule = Rule {
    name: "fixed-port",
    severity: Severity::Error,
    documentation: include_str!("docs/fixed-port.md"),
    check,
};

fn check(context: &Context<'_>) -> Result<Vec<Finding>, Error> {
    let source = context.source;
    let mut found = Vec::new();
    for (id, node) in source.nodes().filter(|(_, node)| source.is_test_code(node)) {
        for site in source.sites(id) {
            let (Some((port, extent)), true) = (site.port, listens(site)) else {
                continue;
            };
            let place = source.place(site.file, extent, "taken by whoever comes first");
            let message = format!("a test listens on port {port}");
            found.push(
                source
                    .finding(RULE.name, message, &node.path, &port.to_string(), place)
                    .helping("bind port 0 and ask `local_addr()` which one it became, or use `fixtures::port`"),
            );
        }
    }
    Ok(found)
}

fn listens(site: &Site) -> bool {
    let name = match &site.target {
        SiteTarget::Named(name) => name.as_str(),
        SiteTarget::Known(_) => match site.external() {
            Some(path) => path.rsplit("::").next().unwrap_or(path),
            None => return false,
        },
    };
    matches!(name, "bind" | "try_bind" | "listen" | "serve_on")
}
