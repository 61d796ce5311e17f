//! The chapters that are plots: response times, scaling, time.

use super::chapters::PLOTS;
use super::document::Block;
use super::factor::{label, phrase};
use super::plot::{Plot, Series, percentiles, scaling, timeline};
use super::{Family, Metric, RunSet, Tale};

/// Curves in one plot.
const CURVES: usize = 8;

pub(super) fn curves(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    let mut plots = Vec::new();
    let all: Vec<&RunSet<'_>> = tale.sets.iter().collect();
    let some = all.len().min(CURVES);
    let title = if some < all.len() {
        format!("The first {some} of {} configurations", all.len())
    } else {
        "All configurations".to_owned()
    };
    plots.extend(curve_plot(tale, "percentiles", &title, &all, ""));
    // A single family of everything has been drawn already.
    let families = tale
        .families
        .iter()
        .filter(|family| family.members.len() < tale.sets.len());
    for (index, family) in families.take(PLOTS).enumerate() {
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
    if !plots.is_empty() {
        blocks.push(Block::Chapter("Response times by percentile".to_owned()));
        blocks.extend(plots.into_iter().map(Block::Figure));
    }
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
        .map(|set| Series {
            label: if factor.is_empty() {
                tale.name(set)
            } else {
                phrase(factor, set.factors.get(factor))
            },
            points: set.typical().curve.clone(),
        })
        .collect();
    percentiles(slug, title, &series)
}

fn family_title(tale: &Tale<'_>, family: &Family<'_>) -> String {
    let context = tale.distinction(&family.rest, &[]);
    if context.is_empty() {
        format!("By {}", label(&family.factor))
    } else {
        format!("By {}: {context}", label(&family.factor))
    }
}

pub(super) fn scalings(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    const FEWEST: usize = 3;
    let mut plots = Vec::new();
    for family in &tale.families {
        if plots.len() == PLOTS {
            break;
        }
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
        let slug = format!("scaling-{:02}", plots.len() + 1);
        let title = family_title(tale, family);
        let factor = label(&family.factor);
        plots.extend(scaling(&slug, &title, factor, &rps, &points(Metric::P95)));
    }
    if !plots.is_empty() {
        blocks.push(Block::Chapter("Scaling".to_owned()));
        blocks.extend(plots.into_iter().map(Block::Figure));
    }
}

pub(super) fn timelines(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    let mut plots = Vec::new();
    for set in &tale.sets {
        if plots.len() == PLOTS {
            break;
        }
        let run = set.typical();
        let slug = format!("time-{:02}", plots.len() + 1);
        plots.extend(timeline(
            &slug,
            &tale.name(set),
            &run.timeline,
            run.timeline_is_windowed,
        ));
    }
    if !plots.is_empty() {
        blocks.push(Block::Chapter("Over time".to_owned()));
        blocks.extend(plots.into_iter().map(Block::Figure));
    }
}
