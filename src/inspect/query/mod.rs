//! Questions about sources, read like sentences.
//!
//! Each assertion panics at the caller's line with source excerpts of what
//! contradicts it. A name that nothing has is an error: a check that checks
//! nothing must not pass.

mod assertion;
mod calls;
mod find;
mod function;
mod module;
mod table;
mod tests;

pub(crate) use find::near;

pub use calls::Calls;
pub use function::Function;
pub use module::ModuleQuery;
pub use table::StaticTable;
pub use tests::Tests;
