//! `cargo shakedown inspect`: static inspection of a workspace.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Error, Exit, Output, table};
use crate::inspect::{
    self, Baseline, Inspection, Report, Settings, Severity, Source, fix, rule_named, rules,
};

/// Check the sources: what tests reach, what guards what, who may name whom.
///
/// Reads and resolves the sources of the whole workspace, and builds and runs
/// nothing. Settings stand in the [inspect] table of .config/shakedown.toml.
/// Errors fail the inspection (exit code 100), warnings and notes do not.
#[derive(Debug, Args)]
pub(crate) struct InspectOptions {
    /// The workspace to inspect
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,

    /// Only these rules
    #[arg(long = "rule", value_name = "RULE")]
    rules: Vec<String>,

    /// Look for public items that are new since this git revision and have no test
    #[arg(long, value_name = "REVISION")]
    base: Option<String>,

    /// How to print
    #[arg(long, value_enum, default_value_t = InspectFormat::Human)]
    format: InspectFormat,

    /// When to colour
    #[arg(long, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,

    /// Show notes: findings that are uncertain, or only worth knowing
    #[arg(long)]
    notes: bool,

    /// Make the fixes that are mechanical, then inspect what is left
    #[arg(long)]
    fix: bool,

    /// Write today's findings to the baseline, which may only shrink
    #[arg(long, conflicts_with_all = ["fix", "rules", "base"])]
    freeze: bool,

    /// Show what the baseline froze as well
    #[arg(long)]
    no_baseline: bool,

    /// Explain a rule: what it finds, why, an example, its settings
    #[arg(long, value_name = "RULE", exclusive = true)]
    explain: Option<String>,

    /// List the rules
    #[arg(long, exclusive = true)]
    list: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum InspectFormat {
    /// Excerpts, as rustc prints them
    Human,
    /// One JSON document
    Json,
    /// SARIF 2.1.0, for code hosts and editors
    Sarif,
    /// Workflow commands, which annotate changes on GitHub
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

pub(super) fn run(options: &InspectOptions, output: &mut Output) -> Result<Exit, Error> {
    if let Some(rule) = &options.explain {
        output.data(rule_named(rule)?.documentation)?;
        return Ok(Exit::Fine);
    }
    if options.list {
        output.data(&listing())?;
        return Ok(Exit::Fine);
    }
    let (source, settings) = read(options)?;
    if options.freeze {
        return freeze(&source, &settings, output);
    }
    let mut report = inspect(options, &source, &settings)?;
    if options.fix {
        let made = fix(source.root(), &report.findings)?;
        output.talk(&format!("fixed {made}"));
        if made > 0 {
            let (source, settings) = read(options)?;
            report = inspect(options, &source, &settings)?;
            return show(options, &source, &report, output);
        }
    }
    show(options, &source, &report, output)
}

fn read(options: &InspectOptions) -> Result<(Source, Settings), Error> {
    let directory = match &options.manifest_path {
        Some(manifest) if manifest.is_dir() => manifest.as_path(),
        Some(manifest) => match manifest.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        },
        None => Path::new("."),
    };
    let source = Source::at(directory)?;
    let settings = Settings::of_workspace(source.root())?;
    Ok((source, settings))
}

fn inspect(
    options: &InspectOptions,
    source: &Source,
    settings: &Settings,
) -> Result<Report, inspect::Error> {
    for rule in &options.rules {
        if !settings.defines(rule) {
            rule_named(rule)?;
        }
    }
    let mut inspection = Inspection::new(source, settings).only(options.rules.iter().cloned());
    if let Some(base) = &options.base {
        inspection = inspection.since(base);
    }
    let baseline = Baseline::read(&settings.baseline_path(source.root()))?;
    if let Some(baseline) = baseline.filter(|_| !options.no_baseline) {
        inspection = inspection.forgiving(baseline);
    }
    inspection.run()
}

fn show(
    options: &InspectOptions,
    source: &Source,
    report: &Report,
    output: &mut Output,
) -> Result<Exit, Error> {
    let text = match options.format {
        InspectFormat::Human => report.human_with(source, colours(options.color), options.notes),
        InspectFormat::Json => report.json(),
        InspectFormat::Sarif => report.sarif(),
        InspectFormat::Github => report.github(),
    };
    output.data(&text)?;
    Ok(if report.fails() {
        Exit::Findings
    } else {
        Exit::Fine
    })
}

fn colours(colour: Colour) -> bool {
    match colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => {
            std::io::stdout().is_terminal()
                && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
        }
    }
}

/// Writes the baseline: the first one as it comes, a later one only if it shrinks.
fn freeze(source: &Source, settings: &Settings, output: &mut Output) -> Result<Exit, Error> {
    let path = settings.baseline_path(source.root());
    let report = Inspection::new(source, settings).run()?;
    let now = Baseline::of(&report.findings);
    if let Some(before) = Baseline::read(&path)? {
        let count = before.growth(&now);
        if count > 0 {
            return Err(inspect::Error::GrowingBaseline { count }.into());
        }
        output.talk(&format!(
            "{} findings frozen before, {} now",
            before.len(),
            now.len()
        ));
    }
    now.write(&path)?;
    output.talk(&format!("wrote `{}`", path.display()));
    Ok(Exit::Fine)
}

fn listing() -> String {
    let rows: Vec<Vec<String>> = rules()
        .iter()
        .map(|rule| {
            let severity: Severity = rule.severity;
            vec![
                rule.name.to_owned(),
                severity.name().to_owned(),
                rule.summary().to_owned(),
            ]
        })
        .collect();
    table::render(&["rule", "severity", "finds"], &rows, &[])
}
