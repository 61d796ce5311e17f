//! The public items of one file, to compare two versions of it.

use std::collections::BTreeMap;

use crate::inspect::syntax::{self, Extent, Item, ItemKind};

/// Names of public items outside test code, with where they stand. A file that
/// does not parse has none.
pub(super) fn of(text: &str) -> BTreeMap<String, Extent> {
    let mut found = BTreeMap::new();
    if let Ok(file) = syntax::read(text) {
        collect(&file.items, "", &mut found);
    }
    found
}

fn collect(items: &[Item], prefix: &str, into: &mut BTreeMap<String, Extent>) {
    for item in items.iter().filter(|it| !it.test_only) {
        let name = format!("{prefix}{}", item.name);
        match &item.kind {
            ItemKind::Module(module) => {
                let inside = module.inline.as_deref().unwrap_or_default();
                collect(inside, &format!("{name}::"), into);
            }
            ItemKind::Impl(block) if block.interface.is_none() => {
                let ty = block.self_type.as_ref().map(|it| it.path.join("::"));
                for method in block.methods.iter().filter(|it| it.public) {
                    let owner = ty.as_deref().unwrap_or_default();
                    into.insert(format!("{prefix}{owner}::{}", method.name), method.extent);
                }
            }
            ItemKind::MacroCall(call) => collect(&call.items, prefix, into),
            ItemKind::Function(_) | ItemKind::Type(_) | ItemKind::Trait(_) | ItemKind::Value(_)
                if item.public =>
            {
                into.insert(name, item.extent);
            }
            _ => {}
        }
    }
}
