//! Items: from syn's to ours.

use std::sync::Arc;

use super::attribute::{self, name, segments};
use super::body::Reader;
use super::type_name::{self, Generics};
use super::{
    Extent, ImplSyntax, Item, ItemKind, MacroCall, ModuleSyntax, TypeSyntax, ValueSyntax,
    attribute_paths, functions_in_tokens, imports, signature, table, tokens,
};

/// Reads items; `test_only` says whether a `cfg(test)` surrounds them.
pub(super) fn read_all(items: &[syn::Item], test_only: bool) -> Vec<Item> {
    items
        .iter()
        .filter_map(|item| read(item, test_only))
        .collect()
}

/// Reads one item; `None` for what inspection has no use for.
pub(super) fn read(item: &syn::Item, test_only: bool) -> Option<Item> {
    use syn::Item as I;
    let outer = Outer::of(item)?;
    let attributes: Arc<[_]> = attribute::read_all(outer.attributes).into();
    let test_only = test_only || attributes.iter().any(|it| it.test_only);
    let kind = match item {
        I::Mod(it) => ItemKind::Module(ModuleSyntax {
            inline: it
                .content
                .as_ref()
                .map(|(_, items)| read_all(items, test_only)),
        }),
        I::Use(it) => ItemKind::Imports(imports::read(it)),
        I::Fn(it) => ItemKind::Function(signature::read(&signature::Source {
            attributes: &it.attrs,
            public: outer.public,
            signature: &it.sig,
            block: Some(&it.block),
            outer: &Generics::new(),
            test_only,
        })),
        I::Struct(it) => read_struct(&it.attrs, &it.generics, it.fields.iter()),
        I::Union(it) => read_struct(&it.attrs, &it.generics, it.fields.named.iter()),
        I::Enum(it) => read_enum(it),
        I::Type(it) => read_alias(it),
        I::Trait(it) => read_trait(it, test_only),
        I::Impl(it) => read_impl(it, test_only),
        I::Static(it) => read_value(&it.ty, &it.expr),
        I::Const(it) => read_value(&it.ty, &it.expr),
        I::Macro(it) => read_macro(it, test_only),
        I::ExternCrate(it) => ItemKind::ExternCrate(name(&it.ident)),
        _ => return None,
    };
    Some(Item {
        name: outer.name.map(name).unwrap_or_default(),
        extent: outer.extent,
        attributes,
        public: outer.public,
        test_only,
        kind,
    })
}

/// What every item has.
struct Outer<'a> {
    attributes: &'a [syn::Attribute],
    name: Option<&'a proc_macro2::Ident>,
    extent: Extent,
    public: bool,
}

impl<'a> Outer<'a> {
    fn of(item: &'a syn::Item) -> Option<Self> {
        use syn::Item as I;
        let named = |attributes: &'a [syn::Attribute], ident, vis: &syn::Visibility| Self {
            attributes,
            extent: Extent::of(proc_macro2::Ident::span(ident)),
            name: Some(ident),
            public: matches!(vis, syn::Visibility::Public(_)),
        };
        Some(match item {
            I::Mod(it) => named(&it.attrs, &it.ident, &it.vis),
            I::Fn(it) => named(&it.attrs, &it.sig.ident, &it.vis),
            I::Struct(it) => named(&it.attrs, &it.ident, &it.vis),
            I::Union(it) => named(&it.attrs, &it.ident, &it.vis),
            I::Enum(it) => named(&it.attrs, &it.ident, &it.vis),
            I::Type(it) => named(&it.attrs, &it.ident, &it.vis),
            I::Trait(it) => named(&it.attrs, &it.ident, &it.vis),
            I::Static(it) => named(&it.attrs, &it.ident, &it.vis),
            I::Const(it) => named(&it.attrs, &it.ident, &it.vis),
            I::ExternCrate(it) => named(
                &it.attrs,
                it.rename.as_ref().map_or(&it.ident, |(_, to)| to),
                &it.vis,
            ),
            I::Use(it) => Self {
                attributes: &it.attrs,
                name: None,
                extent: Extent::of(it.use_token.span),
                public: !matches!(it.vis, syn::Visibility::Inherited),
            },
            I::Impl(it) => Self {
                attributes: &it.attrs,
                name: None,
                extent: Extent::of(it.impl_token.span),
                public: false,
            },
            I::Macro(it) => Self {
                attributes: &it.attrs,
                name: it.ident.as_ref(),
                extent: Extent::of_path(&it.mac.path),
                public: false,
            },
            _ => return None,
        })
    }
}

fn reader_for(generics: &syn::Generics) -> Reader {
    let mut names = Generics::new();
    type_name::collect(generics, &mut names);
    let mut reader = Reader::new(names, false);
    reader.generics_mentions(generics);
    reader
}

fn read_struct<'a>(
    attributes: &[syn::Attribute],
    generics: &syn::Generics,
    fields: impl Iterator<Item = &'a syn::Field>,
) -> ItemKind {
    let mut reader = reader_for(generics);
    attribute_paths::read(attributes, &mut reader);
    let fields = fields
        .enumerate()
        .map(|(at, field)| {
            reader.type_mentions(&field.ty);
            attribute_paths::read(&field.attrs, &mut reader);
            let name = field.ident.as_ref().map_or_else(|| at.to_string(), name);
            (name, type_name::read(&field.ty, &reader.generics))
        })
        .collect();
    ItemKind::Type(Arc::new(TypeSyntax {
        fields,
        variants: Vec::new(),
        alias: None,
        body: reader.finish(),
    }))
}

fn read_enum(item: &syn::ItemEnum) -> ItemKind {
    let mut reader = reader_for(&item.generics);
    attribute_paths::read(&item.attrs, &mut reader);
    for variant in &item.variants {
        attribute_paths::read(&variant.attrs, &mut reader);
        for field in &variant.fields {
            reader.type_mentions(&field.ty);
            attribute_paths::read(&field.attrs, &mut reader);
        }
    }
    ItemKind::Type(Arc::new(TypeSyntax {
        fields: Vec::new(),
        variants: item.variants.iter().map(|it| name(&it.ident)).collect(),
        alias: None,
        body: reader.finish(),
    }))
}

fn read_alias(item: &syn::ItemType) -> ItemKind {
    let mut reader = reader_for(&item.generics);
    reader.type_mentions(&item.ty);
    ItemKind::Type(Arc::new(TypeSyntax {
        fields: Vec::new(),
        variants: Vec::new(),
        alias: type_name::read(&item.ty, &reader.generics),
        body: reader.finish(),
    }))
}

fn read_trait(item: &syn::ItemTrait, test_only: bool) -> ItemKind {
    let mut outer = Generics::new();
    type_name::collect(&item.generics, &mut outer);
    let methods = item.items.iter().filter_map(|it| match it {
        syn::TraitItem::Fn(method) => Some(signature::read(&signature::Source {
            attributes: &method.attrs,
            public: true,
            signature: &method.sig,
            block: method.default.as_ref(),
            outer: &outer,
            test_only,
        })),
        _ => None,
    });
    ItemKind::Trait(methods.collect())
}

fn read_impl(item: &syn::ItemImpl, test_only: bool) -> ItemKind {
    let mut reader = reader_for(&item.generics);
    reader.type_mentions(&item.self_ty);
    let interface = item.trait_.as_ref().map(|(path, _)| segments(path));
    let mut methods = Vec::new();
    for it in &item.items {
        match it {
            syn::ImplItem::Fn(method) => methods.push(signature::read(&signature::Source {
                attributes: &method.attrs,
                public: matches!(method.vis, syn::Visibility::Public(_)),
                signature: &method.sig,
                block: Some(&method.block),
                outer: &reader.generics,
                test_only,
            })),
            syn::ImplItem::Type(associated) => reader.type_mentions(&associated.ty),
            syn::ImplItem::Const(constant) => reader.expression(&constant.expr),
            _ => {}
        }
    }
    ItemKind::Impl(Arc::new(ImplSyntax {
        self_type: type_name::read(&item.self_ty, &reader.generics),
        interface,
        methods,
        body: reader.finish(),
    }))
}

fn read_value(ty: &syn::Type, value: &syn::Expr) -> ItemKind {
    let mut reader = Reader::new(Generics::new(), false);
    reader.type_mentions(ty);
    reader.expression(value);
    ItemKind::Value(Arc::new(ValueSyntax {
        ty: type_name::read(ty, &reader.generics),
        table: table::read(value),
        body: reader.finish(),
    }))
}

/// `macro_rules!`, or a call whose arguments may be items (`cfg_rt! { mod net; }`).
fn read_macro(item: &syn::ItemMacro, test_only: bool) -> ItemKind {
    let mut reader = Reader::new(Generics::new(), false);
    if item.ident.is_some() {
        let (guards, within) = (reader.guards(), reader.within);
        tokens::scan(
            item.mac.tokens.clone(),
            &guards,
            within,
            &mut reader.body.mentions,
        );
        return ItemKind::MacroRules(Arc::new(reader.finish()));
    }
    let items = match syn::parse2::<syn::File>(item.mac.tokens.clone()) {
        Ok(file) => read_all(&file.items, test_only),
        Err(_) => functions_in_tokens::read(item.mac.tokens.clone(), test_only),
    };
    if items.is_empty() {
        reader.read_macro(&item.mac);
    }
    ItemKind::MacroCall(Arc::new(MacroCall {
        path: segments(&item.mac.path),
        extent: Extent::of_path(&item.mac.path),
        arguments: item.mac.tokens.to_string(),
        items,
        body: reader.finish(),
    }))
}
