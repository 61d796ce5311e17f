//! What inspection keeps of one source file.
//!
//! A file is parsed once, by syn, on whichever thread is free; syn's tree cannot
//! leave that thread, so what rules need is copied into the plain, shareable
//! structures of this module and the tree is dropped. Places are byte ranges
//! ([`Extent`]) into the file's text.

mod attribute;
mod attribute_paths;
mod body;
mod exits;
mod extent;
mod functions_in_tokens;
mod guard;
mod imports;
mod item;
mod items;
mod port;
mod read;
mod shape;
mod signature;
mod statements;
mod table;
mod tokens;
mod type_name;

pub(crate) use attribute::Attribute;
pub(crate) use extent::Extent;
pub(crate) use item::{
    Body, FileSyntax, FunctionSyntax, ImplSyntax, Import, Item, ItemKind, MacroCall, Mention,
    MentionKind, ModuleSyntax, Parameter, TypeSyntax, ValueSyntax, Within,
};
pub(crate) use read::{ParseFailure, read};
pub(crate) use shape::Shape;
pub(crate) use table::Entry;
pub(crate) use type_name::TypeName;
