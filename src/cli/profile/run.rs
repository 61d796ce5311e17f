//! `cargo shakedown profile run`: a command, from its start to its end.

use std::time::Duration;

use clap::Args;

use super::countdown::Countdown;
use super::{Place, Sampling, keep, show, span};
use crate::cli::{Error, Exit, Output};
use crate::profile::{Artefacts, CpuProfile, Kind, PerfOptions, callgrind};

/// Run a command under the sampler and show where its time went.
///
/// The command's own output stays as it is. Servers are ended with Ctrl-C or
/// --duration. With --exact it runs under valgrind's callgrind instead, some
/// fifty times slower, which counts every instruction.
#[derive(Debug, Args)]
pub(super) struct RunOptions {
    /// Count instructions with callgrind instead of sampling
    #[arg(long, conflicts_with_all = ["hertz", "call_graph"])]
    exact: bool,

    /// End it after this long: 500ms, 30s, 2m [default: when it ends]
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    duration: Option<Duration>,

    #[command(flatten)]
    sampling: Sampling,

    #[command(flatten)]
    place: Place,

    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "PROGRAM ARGS")]
    command: Vec<String>,
}

pub(super) fn run(options: &RunOptions, output: &mut Output) -> Result<Exit, Error> {
    let [program, arguments @ ..] = options.command.as_slice() else {
        return Ok(Exit::Usage);
    };
    let mut countdown = Countdown::new(program, options.duration);
    let watched = &mut |passed| countdown.show(passed);
    if options.exact {
        let counted = callgrind(program, arguments, options.duration, watched)?;
        drop(countdown);
        let graph = counted.graph();
        let files = [
            ("folded", counted.stacks.to_string().into_bytes()),
            ("svg", graph.svg().into_bytes()),
            ("html", graph.html().into_bytes()),
        ];
        let archive = Artefacts::new(&options.place.directory);
        let places = archive.write(Kind::Run, &counted.name, &files)?;
        show(&places[2], options.place.open, output)?;
        return Ok(Exit::Fine);
    }
    let mut how = PerfOptions::lasting(options.duration);
    how.hertz = options.sampling.hertz;
    how.call_graph = options.sampling.call_graph.chosen();
    let profile = CpuProfile::launch(program, arguments, how, watched)?;
    drop(countdown);
    keep(&profile, Kind::Run, &profile.name, &options.place, output)
}
