//! The workbook as a page: every section of the form, from the configuration
//! and the archive.

use super::{
    Artifact, Measurement, Phase, Settings, Trend, Verdict, bins, judge, merged, micro_report,
    short, trend, trend_plot,
};
use crate::story::{Block, Cell, Document, Sheet, Span as Words, Tone};

/// The workbook over `artifacts`, oldest first; its results are the newest of each
/// phase at the latest commit and machine.
#[must_use]
pub fn workbook(settings: &Settings, artifacts: &[Artifact]) -> Document {
    let page = &settings.page;
    let mut blocks = Vec::new();
    if !page.pledge.is_empty() {
        blocks.push(Block::Paragraph(vec![Words::Strong(page.pledge.clone())]));
    }
    scope(settings, &mut blocks);
    let newest = merged(artifacts, &settings.phases);
    let latest = newest.as_ref();
    machine(settings, latest, &mut blocks);
    phases(settings, &mut blocks);
    if let Some(latest) = latest {
        results(settings, latest, &mut blocks);
        steps(latest, &mut blocks);
        distributions(latest, &mut blocks);
        micro_report::chapter(latest, &mut blocks);
    } else {
        blocks.push(Block::Chapter("Results".to_owned()));
        blocks.push(sentence(
            "Nothing has been measured yet: `cargo shakedown bench`.",
        ));
    }
    trends(&trend(artifacts, page.weeks), page.weeks, &mut blocks);
    harness(settings, &mut blocks);
    actions(settings, latest, &mut blocks);
    changes(settings, artifacts, &mut blocks);
    Document {
        title: page.title.clone(),
        blocks,
    }
}

/// The trends as a page of their own.
#[must_use]
pub fn trend_page(title: &str, trends: &[Trend], weeks: u16) -> Document {
    let mut blocks = Vec::new();
    self::trends(trends, weeks, &mut blocks);
    Document {
        title: title.to_owned(),
        blocks,
    }
}

pub(super) fn sentence(text: &str) -> Block {
    Block::Paragraph(vec![Words::Text(text.to_owned())])
}

fn list(items: impl IntoIterator<Item = String>) -> Block {
    Block::List(
        items
            .into_iter()
            .map(|item| vec![Words::Text(item)])
            .collect(),
    )
}

pub(super) fn sheet(caption: &str, columns: &[(&str, bool)], rows: Vec<Vec<Cell>>) -> Block {
    Block::Table(Sheet {
        caption: caption.to_owned(),
        columns: columns
            .iter()
            .map(|(name, number)| ((*name).to_owned(), *number))
            .collect(),
        rows,
    })
}

fn scope(settings: &Settings, blocks: &mut Vec<Block>) {
    if settings.page.scope.is_empty() {
        return;
    }
    blocks.push(Block::Chapter("Scope".to_owned()));
    let rows = settings.page.scope.iter();
    blocks.push(sheet(
        "Scope",
        &[("included", false), ("excluded", false)],
        rows.map(|row| vec![Cell::text(&row.included), Cell::text(&row.excluded)])
            .collect(),
    ));
}

fn machine(settings: &Settings, latest: Option<&Artifact>, blocks: &mut Vec<Block>) {
    blocks.push(Block::Chapter("Machine".to_owned()));
    let mut items = Vec::new();
    if !settings.page.rig.is_empty() {
        items.push(format!("Targets are meant for: {}.", settings.page.rig));
    }
    if let Some(artifact) = latest {
        let of = &artifact.rig.machine;
        items.push(format!("Measured on: {}.", artifact.rig.phrase()));
        if let Some(calibration) = &artifact.calibration {
            items.push(format!(
                "Load {:.2} before and {:.2} after, {:.0} % busy, {:.1} % stolen; the fixed work \
                 took {:.0} µs before and {:.0} µs after ({:+.1} %).",
                of.load_before,
                of.load_after,
                100.0 * of.busy_share,
                100.0 * of.steal_share,
                calibration.before_us,
                calibration.after_us,
                100.0 * calibration.drift(),
            ));
        }
        items.extend(
            artifact
                .unsteady()
                .map(|warning| format!("Warning: {warning}.")),
        );
    }
    if items.is_empty() {
        items.push("Nothing has been measured yet.".to_owned());
    }
    blocks.push(list(items));
}

fn phases(settings: &Settings, blocks: &mut Vec<Block>) {
    blocks.push(Block::Chapter("Phases and gates".to_owned()));
    let row = |phase: &Phase| {
        vec![
            Cell::code(&phase.name),
            Cell::text(phase.target_text()),
            Cell::text(phase.gate.name()),
            Cell::text(phase.limit().to_string()),
            Cell::text(phase.samples.to_string()),
            Cell::text(&phase.what),
        ]
    };
    blocks.push(sheet(
        "Phases and gates",
        &[
            ("phase", false),
            ("target P95", false),
            ("gate", false),
            ("breaks above", false),
            ("samples", true),
            ("what is measured", false),
        ],
        settings.phases.iter().map(row).collect(),
    ));
    blocks.push(sentence(
        "A hard gate fails the build above its limit, 3 x target where no other is given; a soft one \
         warns and writes a ticket. Between target and limit both warn.",
    ));
}

/// Seconds with three decimals at most, six below 10 ms, nine below 10 µs: `24.9`,
/// `0.083`, `0.00064`, `0.000000095`.
fn seconds(milliseconds: f64) -> String {
    let decimals = match milliseconds {
        ms if ms < 0.01 => 9,
        ms if ms < 10.0 => 6,
        _ => 3,
    };
    let text = format!("{:.decimals$}", milliseconds / 1_000.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn results(settings: &Settings, latest: &Artifact, blocks: &mut Vec<Block>) {
    blocks.push(Block::Chapter("Results".to_owned()));
    blocks.push(sentence(&format!(
        "{}, commit `{}`{}. Times are in seconds.",
        latest.started,
        latest.revision.commit,
        latest.revision.with_changes()
    )));
    let row = |of: &Measurement| {
        let verdict = judge(of);
        let tone = match verdict {
            Verdict::Met => Tone::Good,
            _ => Tone::Bad,
        };
        let ok = if verdict == Verdict::Met {
            "yes"
        } else {
            verdict.word()
        };
        let known = settings.phases.iter().find(|phase| phase.name == of.phase);
        let why = known.map_or("", |phase| phase.why.as_str());
        let number = |ms: Option<f64>| Cell::number(ms, ms.map_or_else(|| "-".to_owned(), seconds));
        vec![
            Cell::code(&of.phase),
            Cell::text(&of.target),
            Cell::text(of.gate.name()),
            Cell::text(of.summary.samples.to_string()),
            number(Some(of.summary.mean_ms)),
            number(of.summary.p50_ms),
            number(Some(of.summary.p95_ms)),
            number(of.summary.p99_ms),
            Cell::text(ok).toned(Some(tone)),
            Cell::text(why),
        ]
    };
    let columns = [
        ("phase", false),
        ("target P95", false),
        ("gate", false),
        ("samples", true),
        ("mean", true),
        ("P50", true),
        ("P95", true),
        ("P99", true),
        ("ok", false),
        ("why", false),
    ];
    blocks.push(sheet(
        "Results",
        &columns,
        latest.phases.iter().map(row).collect(),
    ));
    let bad: Vec<String> = latest
        .phases
        .iter()
        .filter(|of| judge(of) != Verdict::Met)
        .map(|of| format!("`{}`: {}.", of.phase, judge(of).sentence(of)))
        .chain(
            latest
                .missing
                .iter()
                .map(|missing| format!("`{}` was not measured: {}", missing.phase, missing.reason)),
        )
        .collect();
    if !bad.is_empty() {
        blocks.push(list(bad));
    }
}

fn steps(latest: &Artifact, blocks: &mut Vec<Block>) {
    for of in latest.phases.iter().filter(|of| !of.steps.is_empty()) {
        blocks.push(Block::Section(format!("`{}` by step", of.phase)));
        let all: f64 = of.steps.iter().map(|step| step.summary.mean_ms).sum();
        let whole = all.max(f64::MIN_POSITIVE); // steps may all be below a microsecond
        let row = |name: &str, mean: f64| {
            vec![
                Cell::text(name),
                Cell::number(Some(mean), short(mean)),
                Cell::number(Some(mean / whole), format!("{:.0} %", 100.0 * mean / whole)),
            ]
        };
        let mut rows: Vec<Vec<Cell>> = of
            .steps
            .iter()
            .map(|step| row(&step.name, step.summary.mean_ms))
            .collect();
        rows.push(row("total", all));
        let columns = [("step", false), ("mean", true), ("share", true)];
        blocks.push(sheet(&format!("Steps of {}", of.phase), &columns, rows));
    }
}

fn distributions(latest: &Artifact, blocks: &mut Vec<Block>) {
    let with: Vec<&Measurement> = latest
        .phases
        .iter()
        .filter(|of| !bins(of).is_empty())
        .collect();
    if with.is_empty() {
        return;
    }
    blocks.push(Block::Chapter("Distributions".to_owned()));
    for of in with {
        blocks.push(Block::Section(format!("`{}`", of.phase)));
        let row = |bin: &super::Bin| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "letters of a bar"
            )]
            let bar = "█".repeat((bin.share.clamp(0.0, 1.0) * 40.0).round() as usize);
            vec![
                Cell::number(
                    Some(bin.from_ms),
                    format!("{} to {}", short(bin.from_ms), short(bin.to_ms)),
                ),
                Cell::number(Some(bin.share), format!("{:.1} %", 100.0 * bin.share)),
                Cell::text(bar),
            ]
        };
        let columns = [("time", false), ("share", true), ("", false)];
        let rows = bins(of).iter().map(row).collect();
        blocks.push(sheet(
            &format!("Distribution of {}", of.phase),
            &columns,
            rows,
        ));
    }
}

fn trends(trends: &[Trend], weeks: u16, blocks: &mut Vec<Block>) {
    blocks.push(Block::Chapter("Trend".to_owned()));
    if trends.is_empty() {
        blocks.push(sentence("Nothing has been measured yet."));
        return;
    }
    blocks.push(sentence(&format!(
        "P95 of each phase over the {weeks} weeks before the latest measurement."
    )));
    for trend in trends {
        blocks.push(Block::Figure(trend_plot(trend)));
        if !trend.changes.is_empty() {
            blocks.push(list(
                trend
                    .changes
                    .iter()
                    .map(|change| format!("{}.", change.sentence())),
            ));
        }
    }
}

fn harness(settings: &Settings, blocks: &mut Vec<Block>) {
    blocks.push(Block::Chapter("Harness".to_owned()));
    for paragraph in &settings.page.harness {
        blocks.push(sentence(paragraph));
    }
    blocks.push(list([
        "Run: `cargo shakedown bench [--phase NAME]... [--samples N]`".to_owned(),
        "Judge: `cargo shakedown gate`, against another build: `cargo shakedown gate --base REV`"
            .to_owned(),
        format!(
            "Data: `{}/<date>/phase-stats.json`",
            settings.page.archive.display()
        ),
    ]));
}

fn actions(settings: &Settings, latest: Option<&Artifact>, blocks: &mut Vec<Block>) {
    blocks.push(Block::Chapter("Action items".to_owned()));
    let breached = latest
        .into_iter()
        .flat_map(|artifact| &artifact.phases)
        .filter(|of| {
            let verdict = judge(of);
            verdict.fails() || verdict == Verdict::SoftBreach
        });
    let mut items: Vec<String> = breached
        .map(|of| format!("`{}`: {}.", of.phase, judge(of).sentence(of)))
        .collect();
    items.extend(settings.page.actions.iter().map(|action| {
        if action.due.is_empty() {
            action.what.clone()
        } else {
            format!("{} (by {})", action.what, action.due)
        }
    }));
    if items.is_empty() {
        blocks.push(sentence("None."));
    } else {
        blocks.push(list(items));
    }
}

fn changes(settings: &Settings, artifacts: &[Artifact], blocks: &mut Vec<Block>) {
    blocks.push(Block::Chapter("Change log".to_owned()));
    let written = settings
        .page
        .changes
        .iter()
        .map(|change| (change.date.clone(), change.what.clone()));
    let measured = artifacts.iter().rev().take(12).map(|artifact| {
        let met = artifact
            .phases
            .iter()
            .filter(|of| judge(of) == Verdict::Met)
            .count();
        let unsteady = match artifact.unsteady() {
            Some(_) => ", on a machine that changed its speed meanwhile",
            None => "",
        };
        let what = format!(
            "measured at commit {}{}: {met} of {} phases within their target{unsteady}",
            artifact.revision.commit,
            artifact.revision.with_changes(),
            artifact.phases.len()
        );
        (artifact.date().to_owned(), what)
    });
    let mut rows: Vec<(String, String)> = written.chain(measured).collect();
    rows.sort_by(|a, b| b.0.cmp(&a.0));
    let rows = rows
        .into_iter()
        .map(|(date, what)| vec![Cell::text(date), Cell::text(what)])
        .collect();
    blocks.push(sheet(
        "Change log",
        &[("date", false), ("change", false)],
        rows,
    ));
}
