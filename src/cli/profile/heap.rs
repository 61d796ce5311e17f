//! `cargo shakedown profile heap`: where a command's memory goes.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::countdown::Countdown;
use super::{Place, fitting, show, span};
use crate::cli::{Error, Exit, Output, table};
use crate::lens::flame::Unit;
use crate::profile::{Artefacts, HeapProfile, HeapTool, Kind};

/// Run a command and record its allocations: peak, leaks at exit, who allocates.
///
/// Uses heaptrack, or valgrind's DHAT where heaptrack is missing. Servers are
/// ended with Ctrl-C or --duration, which they get as SIGINT. A program that
/// brings its own allocator (mimalloc, jemalloc) must be run with the system's:
/// neither tool sees inside another.
#[derive(Debug, Args)]
pub(super) struct HeapOptions {
    /// What records [default: heaptrack, else dhat]
    #[arg(long, value_enum, value_name = "TOOL")]
    tool: Option<With>,

    /// End it after this long: 500ms, 30s, 2m [default: when it ends]
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    duration: Option<Duration>,

    #[command(flatten)]
    place: Place,

    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "PROGRAM ARGS")]
    command: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum With {
    /// Nearly the program's own speed; apt-get install heaptrack
    Heaptrack,
    /// Every block, some fifty times slower; apt-get install valgrind
    Dhat,
}

const ROWS: usize = 10;

pub(super) fn run(options: &HeapOptions, output: &mut Output) -> Result<Exit, Error> {
    let [program, arguments @ ..] = options.command.as_slice() else {
        return Ok(Exit::Usage);
    };
    let tool = match options.tool {
        Some(With::Heaptrack) => HeapTool::Heaptrack,
        Some(With::Dhat) => HeapTool::Dhat,
        None => HeapTool::best()?,
    };
    let mut countdown = Countdown::new(program, options.duration);
    let profile = HeapProfile::record(tool, program, arguments, options.duration, &mut |passed| {
        countdown.show(passed);
    })?;
    drop(countdown);
    output.talk(&summary(&profile));
    if let Some(warning) = profile.warning() {
        output.talk(&format!("warning: {warning}"));
    }
    let graph = profile.graph();
    let files = [
        ("leaked.folded", profile.leaked.to_string().into_bytes()),
        ("peak.folded", profile.peak.to_string().into_bytes()),
        ("blocks.folded", profile.blocks.to_string().into_bytes()),
        ("svg", graph.svg().into_bytes()),
        ("html", graph.html().into_bytes()),
    ];
    let archive = Artefacts::new(&options.place.directory);
    let places = archive.write(Kind::Heap, &profile.name, &files)?;
    show(&places[4], options.place.open, output)?;
    Ok(Exit::Fine)
}

/// Peak, leaks and who allocated.
fn summary(profile: &HeapProfile) -> String {
    let rows: Vec<Vec<String>> = profile
        .allocators()
        .iter()
        .take(ROWS)
        .map(|of| {
            vec![
                Unit::Bytes.amount(of.leaked),
                Unit::Bytes.amount(of.peak),
                of.blocks.to_string(),
                fitting(&of.function),
            ]
        })
        .collect();
    let heading = format!(
        "{}: {} at the peak, {} still in use at exit, {}\n",
        profile.name,
        Unit::Bytes.amount(profile.peak.total()),
        Unit::Bytes.amount(profile.leaked.total()),
        Unit::Blocks
            .amount(profile.blocks.total())
            .replace("block", "allocation")
    );
    let header = ["at exit", "at peak", "allocations", "function"];
    heading + table::render(&header, &rows, &[0, 1, 2]).trim_end()
}
