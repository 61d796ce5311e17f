//! `use` trees, flattened into one import per name.

use super::attribute::name;
use super::{Extent, Import};

pub(super) fn read(item: &syn::ItemUse) -> Vec<Import> {
    let mut found = Vec::new();
    flatten(&item.tree, &mut Vec::new(), &mut found);
    found
}

fn flatten(tree: &syn::UseTree, prefix: &mut Vec<String>, into: &mut Vec<Import>) {
    let mut push = |name: Option<String>, path: Vec<String>, extent| {
        into.push(Import { name, path, extent });
    };
    match tree {
        syn::UseTree::Path(path) => {
            prefix.push(name(&path.ident));
            flatten(&path.tree, prefix, into);
            prefix.pop();
        }
        syn::UseTree::Name(it) => {
            let extent = Extent::of(it.ident.span());
            let path = joined(prefix, &it.ident);
            push(path.last().cloned(), path, extent);
        }
        syn::UseTree::Rename(it) => {
            let extent = Extent::between(it.ident.span(), it.rename.span());
            push(Some(name(&it.rename)), joined(prefix, &it.ident), extent);
        }
        syn::UseTree::Glob(glob) => {
            push(None, prefix.clone(), Extent::of(glob.star_token.spans[0]));
        }
        syn::UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, prefix, into);
            }
        }
    }
}

/// `prefix::ident`, where `ident` may be `self`.
fn joined(prefix: &[String], ident: &proc_macro2::Ident) -> Vec<String> {
    let mut path = prefix.to_vec();
    if ident != "self" || path.is_empty() {
        path.push(name(ident));
    }
    path
}
