//! `cargo shakedown story`: the performance story of archived profiles.

use std::path::PathBuf;

use clap::Args;

use super::{Error, Exit, Output};
use crate::story::{Archive, StoryConfig, StoryError, Tale, document, publish, summary};

// Not in the options' documentation: there an indented block is a Rust example.
const NAMES_HELP: &str = r#"A pattern for names of your own, in .config/shakedown.toml:

    [[story.names]]
    pattern = "nightly-{users}u-{commit}"
    set = { tracing = "off" }"#;

/// Tell the performance story of archived load-test profiles: Markdown, a page, plots
///
/// Reads every table of Locust's in DIR (any version, or copied from its web
/// page) and the JSON records of our own runs beside them. Prints the headline
/// table and the one-factor comparisons, and writes the story.
///
/// Factors come from the records, or from file names such as
/// profile_1500_notracing_12_workers_fb69a06.csv, in any order. Other names are
/// read by patterns in .config/shakedown.toml. The same file has the story's
/// opening words ([story] about), what runs have to reach ([[story.target]]) and
/// pairs that differ in several factors ([[story.ratio]]).
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_long_help = NAMES_HELP)]
pub(crate) struct StoryOptions {
    /// The directory of profiles
    #[arg(value_name = "DIR", default_value = "development/profiles")]
    pub(crate) directory: PathBuf,

    /// The Markdown to write, with a page (.html) and plots beside it [default: Performance-Story.md beside DIR]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// The story's title
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,

    /// Exit with 100 when a file had to be skipped
    #[arg(long)]
    pub(crate) strict: bool,

    /// Print only, write no file
    #[arg(long, conflicts_with = "output")]
    pub(crate) dry_run: bool,

    /// Where the `[story]` table is read from [default: .config/shakedown.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

pub(super) fn run(options: &StoryOptions, output: &mut Output) -> Result<Exit, Error> {
    let mut config = StoryConfig::found(options.config.as_deref())?;
    if let Some(title) = &options.title {
        config.title.clone_from(title);
    }
    let archive = Archive::read(&options.directory, &config)?;
    for bad in &archive.bad {
        output.talk(&format!("skipped: {}: {}", bad.file, bad.cause));
    }
    if archive.profiles.is_empty() {
        return Err(Error::Story(StoryError::NoProfiles {
            path: options.directory.clone(),
        }));
    }
    let tale = Tale::new(&archive, &config);
    output.data(&summary(&tale))?;
    if !options.dry_run {
        let published = publish(&document(&tale), &options.destination())?;
        output.talk(&format!("wrote {}", published.markdown.display()));
        output.talk(&format!("wrote {}", published.html.display()));
        output.talk(&format!("wrote {} plots", published.plots.len()));
    }
    Ok(if options.strict && !archive.bad.is_empty() {
        Exit::Findings
    } else {
        Exit::Fine
    })
}

impl StoryOptions {
    /// `development/Performance-Story.md` for `development/profiles`.
    fn destination(&self) -> PathBuf {
        self.output
            .clone()
            .unwrap_or_else(|| self.directory.with_file_name("Performance-Story.md"))
    }
}
