//! Functions: signature and body.

use std::sync::Arc;

use super::attribute::{self, name};
use super::body::Reader;
use super::guard::Local;
use super::type_name::{self, Generics};
use super::{Extent, FunctionSyntax, Parameter, Shape};

/// A function as syn has it, in whichever kind of item.
pub(super) struct Source<'a> {
    pub(super) attributes: &'a [syn::Attribute],
    pub(super) public: bool,
    pub(super) signature: &'a syn::Signature,
    pub(super) block: Option<&'a syn::Block>,
    /// generics of the `impl` or `trait` around it
    pub(super) outer: &'a Generics,
    pub(super) test_only: bool,
}

pub(super) fn read(source: &Source<'_>) -> Arc<FunctionSyntax> {
    let signature = source.signature;
    let mut generics = source.outer.clone();
    type_name::collect(&signature.generics, &mut generics);
    let attributes: Arc<[_]> = attribute::read_all(source.attributes).into();
    let mut reader = Reader::new(generics.clone(), signature.asyncness.is_some());
    reader.generics_mentions(&signature.generics);
    let parameters = signature
        .inputs
        .iter()
        .filter_map(|input| parameter(input, &generics, &mut reader))
        .collect();
    let returns = match &signature.output {
        syn::ReturnType::Type(_, ty) => {
            reader.type_mentions(ty);
            type_name::read(ty, &generics)
        }
        syn::ReturnType::Default => None,
    };
    if let Some(block) = source.block {
        reader.block(block);
    }
    let last = source.block.map_or(signature.ident.span(), |block| {
        block.brace_token.span.close()
    });
    Arc::new(FunctionSyntax {
        name: name(&signature.ident),
        extent: Extent::of(signature.ident.span()),
        whole: Extent::between(signature.fn_token.span, last),
        test_only: source.test_only || attributes.iter().any(|it| it.test_only),
        attributes,
        public: source.public,
        parameters,
        returns,
        bounded_generics: generics.values().any(|bound| !bound.is_empty()),
        has_body: source.block.is_some(),
        body: reader.finish(),
    })
}

/// A typed parameter; its name becomes a local of its type.
fn parameter(input: &syn::FnArg, generics: &Generics, reader: &mut Reader) -> Option<Parameter> {
    let syn::FnArg::Typed(typed) = input else {
        return None;
    };
    reader.type_mentions(&typed.ty);
    let ty = type_name::read(&typed.ty, generics);
    let name = bound_name(&typed.pat).unwrap_or_default();
    reader.scope.locals.push(Local {
        name: name.clone(),
        shape: Arc::new(ty.map_or(Shape::Unknown, Shape::Type)),
        proves: Vec::new(),
        port: None,
    });
    Some(Parameter { name })
}

/// The one name a pattern binds: `x`, `mut x`, `State(x)`.
fn bound_name(pattern: &syn::Pat) -> Option<String> {
    match pattern {
        syn::Pat::Ident(ident) => Some(name(&ident.ident)),
        syn::Pat::Type(typed) => bound_name(&typed.pat),
        syn::Pat::TupleStruct(wrapped) if wrapped.elems.len() == 1 => {
            wrapped.elems.first().and_then(bound_name)
        }
        _ => None,
    }
}
