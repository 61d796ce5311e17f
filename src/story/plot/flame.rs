//! Where a server spent its processor time, as a flame graph.

use super::{Plot, Width};
use crate::lens::flame::{FlameGraph, Stacks, Unit};

/// Bars narrower than so many units are left out: thousands of them would be
/// most of a story, and nobody could read them.
const NARROWEST: u16 = 3;

/// The flame graph of `stacks`, samples of the server of the runs called `name`.
#[must_use]
pub fn flame(slug: &str, name: &str, stacks: &Stacks) -> Plot {
    let title = format!("Processor time of the server: {name}");
    let graph = FlameGraph::new(title.clone()).view(
        "samples of all threads",
        Unit::Samples,
        stacks.clone(),
    );
    let draw = |width: Width| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "960 or 380"
        )]
        let units = width.units() as u16;
        graph.svg_of_width(units, NARROWEST)
    };
    Plot {
        slug: slug.to_owned(),
        title,
        caption:
            "A bar is a function, as wide as its part of the time; below it is what it called. \
                  The page beside the run's tables (`_flame.html`) can be searched and zoomed."
                .to_owned(),
        wide: draw(Width::Wide),
        narrow: draw(Width::Narrow),
    }
}
