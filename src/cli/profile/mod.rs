//! `cargo shakedown profile`: profilers of other programs, and their pages.

mod attach;
mod countdown;
mod during;
mod heap;
mod run;
mod span;
mod view;

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Args, Subcommand, ValueEnum};

use super::{Error, Exit, Output, table};
use crate::lens::flame::{Unit, functions};
use crate::profile::{Artefacts, CallGraph, CpuProfile, Kind};

use attach::AttachOptions;
use heap::HeapOptions;
use run::RunOptions;
use view::ViewOptions;

/// Profile a process, a command or its memory: flame graphs, off until you ask.
///
/// Nothing is built into the program; what is measured costs only while it is
/// measured. Flame graphs are pages that need no network. They go to
/// `development/profiles/flames/` and never replace an earlier one.
#[derive(Debug, Args)]
pub(crate) struct ProfileOptions {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Attach(AttachOptions),
    Run(RunOptions),
    Heap(HeapOptions),
    View(ViewOptions),
}

/// Where pages go, and whether they are opened.
#[derive(Debug, Clone, Args)]
struct Place {
    /// Where the profiles are kept
    #[arg(
        long,
        value_name = "DIR",
        default_value = "development/profiles/flames"
    )]
    directory: PathBuf,

    /// Open the page with xdg-open
    #[arg(long)]
    open: bool,
}

/// How samples are taken.
#[derive(Debug, Clone, Copy, Args)]
struct Sampling {
    /// Samples a second and processor [default: 999, with dwarf 199]
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    hertz: Option<u32>,

    /// How callers are found
    #[arg(long, value_enum, default_value_t = Callers::Auto)]
    call_graph: Callers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Callers {
    /// `fp` if the program's functions set up frame pointers, else `dwarf`
    Auto,
    /// Frame pointers: cheap, needs RUSTFLAGS="-C force-frame-pointers=yes"
    Fp,
    /// Unwind tables and a copy of the stack a sample: works with any program
    Dwarf,
}

impl Callers {
    fn chosen(self) -> Option<CallGraph> {
        match self {
            Self::Auto => None,
            Self::Fp => Some(CallGraph::FramePointers),
            Self::Dwarf => Some(CallGraph::Dwarf),
        }
    }
}

pub(super) fn run(options: &ProfileOptions, output: &mut Output) -> Result<Exit, Error> {
    match &options.what {
        What::Attach(options) => attach::run(options, output),
        What::Run(options) => run::run(options, output),
        What::Heap(options) => heap::run(options, output),
        What::View(options) => view::run(options, output),
    }
}

/// Functions that are shown on the terminal.
const ROWS: usize = 10;

/// Archives what was sampled, shows the functions that used most, and prints
/// where the page is.
fn keep(
    profile: &CpuProfile,
    kind: Kind,
    name: &str,
    place: &Place,
    output: &mut Output,
) -> Result<Exit, Error> {
    let graph = profile.graph();
    let files = [
        ("folded", profile.stacks().to_string().into_bytes()),
        ("svg", graph.svg().into_bytes()),
        ("firefox.json", profile.firefox()),
        ("html", graph.html().into_bytes()),
    ];
    let places = Artefacts::new(&place.directory).write(kind, name, &files)?;
    if profile.samples.is_empty() {
        output.talk(
            "no samples: it used no processor time meanwhile; a thread that waits is not sampled",
        );
    } else {
        output.talk(&top(profile));
    }
    for beside in &places[..3] {
        output.talk(&format!("wrote {}", beside.display()));
    }
    show(&places[3], place.open, output)?;
    Ok(Exit::Fine)
}

/// The functions that used most, as a table.
fn top(profile: &CpuProfile) -> String {
    let stacks = profile.stacks();
    let rows: Vec<Vec<String>> = functions(&stacks)
        .iter()
        .take(ROWS)
        .map(|of| {
            let share = |part: u64| format!("{:.1}%", percent(part, stacks.total()));
            vec![share(of.own), share(of.total), fitting(&of.name)]
        })
        .collect();
    let heading = format!(
        "{}: {}\n",
        profile.name,
        Unit::Samples.amount(stacks.total())
    );
    heading + table::render(&["own", "with callees", "function"], &rows, &[0, 1]).trim_end()
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn percent(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

/// As much of a name's end as a terminal's line has room for.
fn fitting(name: &str) -> String {
    const ROOM: usize = 56;
    let letters = name.chars().count();
    if letters <= ROOM {
        return name.to_owned();
    }
    let end: String = name.chars().skip(letters - ROOM + 2).collect();
    format!("..{end}")
}

/// Prints the page's path, and opens it if that was asked for.
fn show(page: &Path, open: bool, output: &mut Output) -> Result<(), Error> {
    output.data(&format!("{}\n", page.display()))?;
    if open {
        let opened = Command::new("xdg-open").arg(page).status();
        if !opened.is_ok_and(|status| status.success()) {
            output.talk("xdg-open did not open it: open the path above in a browser");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn a_long_name_keeps_its_end() {
        let name = format!("{}::work", "a".repeat(80));
        let shown = fitting(&name);
        assert_eq!(shown.chars().count(), 56);
        assert!(
            shown.starts_with("..a") && shown.ends_with("::work"),
            "{shown}"
        );
    }
}
