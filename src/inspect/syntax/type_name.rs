//! Types, reduced to the path that methods are looked up on.

use std::collections::HashMap;

use super::attribute::segments;

/// A type without its references and its wrappers: `Foo` of `&mut Option<Arc<Foo>>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypeName {
    pub(crate) path: Vec<String>,
    /// a trait: `dyn Trait`, `impl Trait`, or a generic parameter's bound
    pub(crate) dynamic: bool,
}

/// Generic parameters in scope, with their first trait bound.
pub(super) type Generics = HashMap<String, Vec<String>>;

/// Types that pass method calls on to what they hold, or that code unwraps at once.
const WRAPPERS: [&str; 30] = [
    "Arc",
    "Box",
    "Cow",
    "Extension",
    "Json",
    "LazyLock",
    "Lazy",
    "ManuallyDrop",
    "MappedMutexGuard",
    "Mutex",
    "MutexGuard",
    "Option",
    "OnceCell",
    "OnceLock",
    "Path",
    "Pin",
    "Query",
    "Rc",
    "Ref",
    "RefCell",
    "RefMut",
    "Result",
    "RwLock",
    "RwLockReadGuard",
    "RwLockWriteGuard",
    "Saturating",
    "State",
    "UnsafeCell",
    "Weak",
    "Wrapping",
];

pub(super) fn read(ty: &syn::Type, generics: &Generics) -> Option<TypeName> {
    match ty {
        syn::Type::Reference(reference) => read(&reference.elem, generics),
        syn::Type::Paren(paren) => read(&paren.elem, generics),
        syn::Type::Group(group) => read(&group.elem, generics),
        syn::Type::Ptr(pointer) => read(&pointer.elem, generics),
        syn::Type::ImplTrait(it) => bounds(it.bounds.iter(), generics),
        syn::Type::TraitObject(it) => bounds(it.bounds.iter(), generics),
        syn::Type::Path(path) if path.qself.is_none() => of_path(&path.path, generics),
        _ => None,
    }
}

fn of_path(path: &syn::Path, generics: &Generics) -> Option<TypeName> {
    let last = path.segments.last()?;
    if WRAPPERS.iter().any(|wrapper| last.ident == wrapper)
        && let Some(inner) = first_type_argument(&last.arguments)
    {
        return read(inner, generics);
    }
    let path = segments(path);
    if let [single] = path.as_slice()
        && let Some(bound) = generics.get(single)
    {
        return (!bound.is_empty()).then(|| TypeName {
            path: bound.clone(),
            dynamic: true,
        });
    }
    Some(TypeName {
        path,
        dynamic: false,
    })
}

fn first_type_argument(arguments: &syn::PathArguments) -> Option<&syn::Type> {
    let syn::PathArguments::AngleBracketed(arguments) = arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The first trait bound; `Future<Output = T>` stands for `T`.
fn bounds<'a>(
    bounds: impl Iterator<Item = &'a syn::TypeParamBound>,
    generics: &Generics,
) -> Option<TypeName> {
    let bound = first_trait(bounds)?;
    let last = bound.segments.last()?;
    if last.ident == "Future"
        && let syn::PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(output) = arguments.args.iter().find_map(|argument| match argument {
            syn::GenericArgument::AssocType(output) => Some(&output.ty),
            _ => None,
        })
    {
        return read(output, generics);
    }
    Some(TypeName {
        path: segments(bound),
        dynamic: true,
    })
}

fn first_trait<'a>(
    mut bounds: impl Iterator<Item = &'a syn::TypeParamBound>,
) -> Option<&'a syn::Path> {
    bounds.find_map(|bound| match bound {
        syn::TypeParamBound::Trait(bound) => Some(&bound.path),
        _ => None,
    })
}

/// Adds the parameters of `generics`, with the bounds of its `where` clause.
pub(super) fn collect(generics: &syn::Generics, into: &mut Generics) {
    for parameter in generics.type_params() {
        let bound = first_trait(parameter.bounds.iter())
            .map(segments)
            .unwrap_or_default();
        into.insert(parameter.ident.to_string(), bound);
    }
    let Some(clause) = &generics.where_clause else {
        return;
    };
    for predicate in &clause.predicates {
        let syn::WherePredicate::Type(predicate) = predicate else {
            continue;
        };
        let syn::Type::Path(bounded) = &predicate.bounded_ty else {
            continue;
        };
        if let Some(name) = bounded.path.get_ident().map(ToString::to_string)
            && let Some(known) = into.get_mut(&name)
            && known.is_empty()
            && let Some(bound) = first_trait(predicate.bounds.iter())
        {
            *known = segments(bound);
        }
    }
}
