//! `cargo shakedown trend`, `export` and `workbook`: what artifacts have to say.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::bench::settings;
use super::gate::{artifacts, newest};
use super::{Error, Exit, Output, table};
use crate::story::{Document, publish};
use crate::workbook::{
    Artifact, Trend, WorkbookError, markdown_table, prometheus, short, trend, trend_page, workbook,
};

/// Show the P95 of each phase over the last weeks, and the commits that changed it.
///
/// Prints a table and the change points; with --output also writes Markdown, a
/// page (.html) and plots (.svg).
///
/// Fewer than about nine measurements on one machine are too few to find a change.
#[derive(Debug, Args)]
pub(crate) struct TrendOptions {
    /// Where the phases stand [default: .config/shakedown.toml here or above]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Weeks before the latest measurement [default: the workbook's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    weeks: Option<u16>,

    /// The Markdown to write, with a page and plots beside it
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Print an artifact for others: a Markdown table, or Prometheus text.
#[derive(Debug, Args)]
pub(crate) struct ExportOptions {
    /// How
    #[arg(long, value_enum, default_value_t = ExportFormat::Markdown)]
    format: ExportFormat,

    /// The artifact [default: the newest of each phase at the latest commit and machine]
    #[arg(long, value_name = "FILE")]
    artifact: Option<PathBuf>,

    /// Where the phases stand [default: .config/shakedown.toml here or above]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    /// A table for a pull request
    Markdown,
    /// Prometheus' text format
    Prometheus,
    /// The artifact in the newest version of its own format
    Json,
}

/// Write the workbook: scope, machine, phases, results, trend, change log.
#[derive(Debug, Args)]
pub(crate) struct WorkbookOptions {
    /// Where the phases stand [default: .config/shakedown.toml here or above]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// The Markdown to write, with a page and plots beside it [default: Workbook.md beside the archive]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn write(document: &Document, path: &std::path::Path, output: &mut Output) -> Result<(), Error> {
    let published = publish(document, path)?;
    output.talk(&format!("wrote {}", published.markdown.display()));
    output.talk(&format!("wrote {}", published.html.display()));
    output.talk(&format!("wrote {} plots", published.plots.len()));
    Ok(())
}

pub(super) fn trend_command(options: &TrendOptions, output: &mut Output) -> Result<Exit, Error> {
    let settings = settings(options.config.as_deref())?;
    let artifacts = artifacts(&settings, output)?;
    if artifacts.is_empty() {
        return Err(Error::Workbook(WorkbookError::NoArtifact {
            directory: settings.archive(),
        }));
    }
    let weeks = options.weeks.unwrap_or(settings.page.weeks);
    let trends = trend(&artifacts, weeks);
    output.data(&shown(&trends))?;
    if let Some(path) = &options.output {
        write(
            &trend_page("Trend of the phases", &trends, weeks),
            path,
            output,
        )?;
    }
    Ok(Exit::Fine)
}

fn shown(trends: &[Trend]) -> String {
    let row = |trend: &Trend| {
        let (first, last) = (trend.points.first(), trend.points.last());
        let (first, last) = (
            first.map_or(0.0, |p| p.p95_ms),
            last.map_or(0.0, |p| p.p95_ms),
        );
        vec![
            trend.phase.clone(),
            trend.points.len().to_string(),
            short(first),
            short(last),
            change(first, last),
            short(trend.target_ms),
            trend.machine_changes.len().to_string(),
        ]
    };
    let header = [
        "phase",
        "runs",
        "first P95",
        "last P95",
        "change",
        "target",
        "machine/build",
    ];
    let rows: Vec<Vec<String>> = trends.iter().map(row).collect();
    let mut text = table::render(&header, &rows, &[1, 2, 3, 4, 5, 6]);
    for trend in trends {
        for change in &trend.changes {
            text.push_str(&format!("{}: {}\n", trend.phase, change.sentence()));
        }
    }
    let unsteady: BTreeSet<String> = trends
        .iter()
        .flat_map(|trend| &trend.points)
        .filter(|point| point.unsteady)
        .map(|point| format!("  {} at commit {}\n", point.date, point.commit))
        .collect();
    if !unsteady.is_empty() {
        text.push_str("no level, since the machine changed its own speed meanwhile:\n");
        text.extend(unsteady);
    }
    text
}

/// How much more or less; of nothing there is no share.
fn change(first: f64, last: f64) -> String {
    let percent = 100.0 * (last / first - 1.0);
    if percent.is_finite() {
        format!("{percent:+.0}%")
    } else {
        "-".to_owned()
    }
}

pub(super) fn export(options: &ExportOptions, output: &mut Output) -> Result<Exit, Error> {
    let artifact = match &options.artifact {
        Some(path) => Artifact::read(path)?,
        None => newest(&settings(options.config.as_deref())?, output)?,
    };
    let text = match options.format {
        ExportFormat::Markdown => markdown_table(&artifact),
        ExportFormat::Prometheus => prometheus(&artifact),
        ExportFormat::Json => artifact.json(),
    };
    output.data(&text)?;
    Ok(Exit::Fine)
}

pub(super) fn workbook_command(
    options: &WorkbookOptions,
    output: &mut Output,
) -> Result<Exit, Error> {
    let settings = settings(options.config.as_deref())?;
    let document = workbook(&settings, &artifacts(&settings, output)?);
    let path = options
        .output
        .clone()
        .unwrap_or_else(|| settings.archive().with_file_name("Workbook.md"));
    write(&document, &path, output)?;
    Ok(Exit::Fine)
}

#[cfg(test)]
mod tests {
    use super::{change, shown};
    use crate::workbook::{Artifact, Calibration, trend};

    #[test]
    fn what_an_unsteady_machine_measured_is_named() {
        let text = r#"{"schema":1,"started":"2026-03-01T02:00:00Z",
            "revision":{"commit":"c0ffee1","dirty":true},
            "rig":{"cpu_model":"","cores":2,"memory_bytes":0,"kernel":"","load_before":0.0,
                "load_after":0.0,"busy_share":0.0,"steal_share":0.0},
            "calibration":{"before_us":1000.0,"after_us":1010.0},
            "phases":[{"phase":"A","gate":"hard","target_ms":10.0,"limit_ms":30.0,
                "target":"10 ms","warmup":0,
                "summary":{"samples":1,"mean_ms":1.0,"p50_ms":1.0,"p95_ms":1.0,"p99_ms":1.0,
                    "min_ms":1.0,"max_ms":1.0},
                "histogram":null,"steps":[],"bins":[]}]}"#;
        let mut artifact: Artifact = serde_json::from_str(text).unwrap();
        assert!(!shown(&trend(&[artifact.clone()], 12)).contains("speed"));
        artifact.calibration = Some(Calibration::of(1_000.0, 1_200.0));
        let text = shown(&trend(&[artifact], 12));
        let told = "no level, since the machine changed its own speed meanwhile:\n  \
                    2026-03-01 at commit c0ffee1+\n";
        assert!(text.ends_with(told), "{text}");
    }

    #[test]
    fn a_change_from_nothing_is_no_number() {
        for (first, last, shown) in [
            (10.0, 15.0, "+50%"),
            (10.0, 10.0, "+0%"),
            (10.0, 0.0, "-100%"),
            (0.0, 0.0, "-"),
            (0.0, 5.0, "-"),
        ] {
            assert_eq!(change(first, last), shown, "{first} {last}");
        }
    }
}
