//! `concrete-repository`: storage named where only its trait should be.

use std::collections::BTreeMap;

use crate::inspect::finding::{Finding, Severity};
use crate::inspect::model::{Definition, NodeId, NodeKind, Site};
use crate::inspect::rule::{Context, Rule};
use crate::inspect::settings::is_or_is_in;
use crate::inspect::{Error, Source};

pub(super) const RULE: Rule = Rule {
    name: "concrete-repository",
    severity: Severity::Error,
    documentation: include_str!("docs/concrete-repository.md"),
    check,
};

/// A repository type, the module it belongs to, and its trait.
struct Repository {
    home: String,
    interface: Option<String>,
}

fn check(context: &Context<'_>) -> Result<Vec<Finding>, Error> {
    let source = context.source;
    let repositories = repositories(context)?;
    let mut found: Vec<Finding> = Vec::new();
    for (id, node) in source.nodes() {
        for site in source.sites(id) {
            let Some((ty, repository)) = named(source, &repositories, site) else {
                continue;
            };
            if is_or_is_in(&node.path, &repository.home) {
                continue;
            }
            let path = &source.node(ty).path;
            let message = format!("`{path}` is named outside `{}`", repository.home);
            let instead = repository.interface.as_deref().unwrap_or("its trait");
            found.push(
                source
                    .finding_at_site(RULE.name, message, site, path)
                    .helping(format!(
                        "take `{instead}`, and let `{}` decide which it is",
                        repository.home
                    )),
            );
        }
    }
    found.dedup_by(|a, b| a.place == b.place);
    Ok(found)
}

fn repositories(context: &Context<'_>) -> Result<BTreeMap<NodeId, Repository>, Error> {
    let source = context.source;
    let mut found = BTreeMap::new();
    for (id, node) in source.nodes() {
        let is_interface = matches!(node.kind, NodeKind::Trait)
            && ["Repository", "Repo"]
                .iter()
                .any(|end| node.name.ends_with(end));
        if !is_interface || node.test_only {
            continue;
        }
        let Some(home) = top_module(&node.path) else {
            continue;
        };
        for ty in source.graph.implementors(id) {
            let implementor = source.node(*ty);
            let concrete = matches!(implementor.kind, NodeKind::Type(_));
            if concrete && is_or_is_in(&implementor.path, &home) && !implementor.test_only {
                found.insert(
                    *ty,
                    Repository {
                        home: home.clone(),
                        interface: Some(node.path.clone()),
                    },
                );
            }
        }
    }
    for set in &context.settings.rules.concrete_repository.repositories {
        source.modules_named(&set.home)?;
        for ty in source.types_named(&set.ty)? {
            let repository = Repository {
                home: set.home.clone(),
                interface: None,
            };
            found.insert(ty, repository);
        }
    }
    Ok(found)
}

/// `decnet::db` of `decnet::db::repository::Repository`.
fn top_module(path: &str) -> Option<String> {
    let segments: Vec<&str> = path.split("::").collect();
    (segments.len() > 2).then(|| segments[..2].join("::"))
}

/// The repository type that a site names, itself or by one of its functions.
fn named<'a>(
    source: &Source,
    repositories: &'a BTreeMap<NodeId, Repository>,
    site: &Site,
) -> Option<(NodeId, &'a Repository)> {
    if matches!(site.kind, crate::inspect::syntax::MentionKind::Method(_)) {
        return None;
    }
    let ty = match site.definition()? {
        Definition::Associated(ty, _) => *ty,
        Definition::Node(node) => source.graph.type_of_method(*node).unwrap_or(*node),
        _ => return None,
    };
    repositories.get(&ty).map(|repository| (ty, repository))
}
