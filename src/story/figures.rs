//! The chapters that are plots: response times, scaling, time. The base comes
//! first, then what differs most from it; what is left out is counted.

use super::chapters::{SHOWN, text};
use super::document::Block;
use super::factor::{label, phrase};
use super::plot::{Plot, Series, percentiles, scaling, timeline};
use super::{Family, Metric, RunSet, Tale};

/// Curves in one plot.
const CURVES: usize = 8;

/// A chapter of plots, of which the first ones are drawn. `all` is how many there
/// would be.
fn chapter(name: &str, plots: Vec<Plot>, all: usize, blocks: &mut Vec<Block>) {
    if plots.is_empty() {
        return;
    }
    let left = all.saturating_sub(plots.len());
    blocks.push(Block::Chapter(name.to_owned()));
    blocks.extend(plots.into_iter().map(Block::Figure));
    if left > 0 {
        let (plots, are) = if left == 1 {
            ("plot", "is")
        } else {
            ("plots", "are")
        };
        let left = format!("{left} further {plots}, with smaller effects, {are} left out.");
        blocks.push(Block::Paragraph(vec![text(left)]));
    }
}

pub(super) fn curves(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    let mut plots = Vec::new();
    let all: Vec<&RunSet<'_>> = tale
        .by_effect()
        .into_iter()
        .filter(|set| tale.is_of_base_load(set))
        .collect();
    let title = if all.len() > CURVES {
        let (others, rest) = (CURVES - 1, all.len() - 1);
        format!("The base and the {others} of {rest} others that differ most from it")
    } else {
        "All configurations of one load".to_owned()
    };
    plots.extend(curve_plot(tale, "percentiles", &title, &all, ""));
    // A single family of everything has been drawn already.
    let families = tale
        .families
        .iter()
        .filter(|family| family.members.len() < all.len() || all.len() > CURVES);
    for (index, family) in families.clone().take(SHOWN - 1).enumerate() {
        let members: Vec<&RunSet<'_>> = family.members.iter().collect();
        let slug = format!("percentiles-{:02}", index + 1);
        plots.extend(curve_plot(
            tale,
            &slug,
            &family_title(tale, family),
            &members,
            &family.factor,
        ));
    }
    let all = plots.len() + families.skip(SHOWN - 1).count();
    chapter("Response times by percentile", plots, all, blocks);
}

fn curve_plot(
    tale: &Tale<'_>,
    slug: &str,
    title: &str,
    sets: &[&RunSet<'_>],
    factor: &str,
) -> Option<Plot> {
    let series: Vec<Series> = sets
        .iter()
        .take(CURVES)
        .map(|set| {
            let name = if factor.is_empty() {
                tale.name(set)
            } else {
                phrase(factor, set.factors.get(factor))
            };
            Series {
                label: format!("{} {name}", tale.numbers(set)),
                points: set.curve(),
            }
        })
        .collect();
    percentiles(slug, title, &series)
}

fn family_title(tale: &Tale<'_>, family: &Family<'_>) -> String {
    let context = tale.deviation(&family.rest, &[&family.factor]);
    if context.is_empty() {
        format!("By {}", label(&family.factor))
    } else {
        format!("By {}: {}", label(&family.factor), context.join(", "))
    }
}

pub(super) fn scalings(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    const FEWEST: usize = 3;
    let mut plots = Vec::new();
    let mut all = 0;
    for family in &tale.families {
        let points = |metric: Metric| Series {
            label: metric.label().to_owned(),
            points: family
                .members
                .iter()
                .filter_map(|set| Some((set.factors.number(&family.factor)?, set.value(metric)?)))
                .collect(),
        };
        let rps = points(Metric::Rps);
        if rps.points.len() < FEWEST {
            continue;
        }
        all += 1;
        if plots.len() == SHOWN {
            continue;
        }
        let slug = format!("scaling-{:02}", plots.len() + 1);
        let title = family_title(tale, family);
        let factor = label(&family.factor);
        plots.extend(scaling(&slug, &title, factor, &rps, &points(Metric::P95)));
    }
    chapter("Scaling", plots, all, blocks);
}

pub(super) fn timelines(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    let mut plots = Vec::new();
    let mut all = 0;
    for set in tale.by_effect() {
        let run = set.typical();
        if !run.has_timeline() {
            continue;
        }
        all += 1;
        if plots.len() == SHOWN {
            continue;
        }
        let slug = format!("time-{:02}", plots.len() + 1);
        let title = format!("{}: {}", tale.number(run), tale.name(set));
        plots.extend(timeline(&slug, &title, run));
    }
    chapter("Over time", plots, all, blocks);
}
