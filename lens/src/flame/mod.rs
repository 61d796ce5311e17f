//! Flame graphs: from stacks to a page that needs nothing else.
//!
//! 1. [`Stacks`] counts equal stacks; its text form is the usual folded one, a
//!    stack a line, frames separated by `;`, outermost first, then the weight.
//! 2. A tree merges what stacks share, children ordered by weight.
//! 3. [`FlameGraph`] renders one or more such trees as HTML or SVG.
//!
//! The outermost frame is at the top, so that a page is read downwards. A bar's
//! width is its share of the weight; left and right mean nothing.

mod color;
mod folded;
mod graph;
mod html;
mod name;
mod svg;
mod table;
mod tree;
mod unit;

pub use folded::{FoldedError, Stacks};
pub use graph::{FlameGraph, View};
pub use name::readable;
pub use table::{Function, functions};
pub use unit::Unit;
