//! `cargo shakedown profile attach`: samples a process that is running.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::countdown::Countdown;
use super::{Place, Sampling, during, keep, show, span};
use crate::cli::{Error, Exit, Output};
use crate::profile::{
    Artefacts, CpuProfile, Kind, PerfOptions, ProfileError, Target, Tool, samply_attach,
};

/// Sample a running process: flame graph (HTML, SVG) and Firefox-profiler JSON.
///
/// Uses perf, or samply where perf is missing. The process need not know of it,
/// be restarted or be built in a special way; with frame pointers it is cheaper.
/// Ctrl-C ends the sampling early and keeps what was seen. samply leaves one file
/// for `samply load` and no page: --call-graph and --open do nothing then.
#[derive(Debug, Args)]
pub(super) struct AttachOptions {
    /// The process
    #[arg(long, value_name = "N", required_unless_present = "during")]
    pid: Option<u32>,

    /// How long: 500ms, 30s, 2m
    #[arg(long, value_name = "SPAN", default_value = "30s", value_parser = span::parse)]
    duration: Duration,

    #[command(flatten)]
    sampling: Sampling,

    /// Instead of a process: run that tier, and sample the server of each load test while all users run
    #[arg(long, value_enum, value_name = "TIER", conflicts_with_all = ["pid", "duration", "open", "directory"])]
    during: Option<During>,

    /// With --during: arguments of `cargo nextest run`, such as -E 'test(/mixes/)'
    #[arg(last = true, value_name = "NEXTEST ARGS", requires = "during")]
    nextest: Vec<String>,

    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum During {
    /// The load tests
    Stress,
}

pub(super) fn run(options: &AttachOptions, output: &mut Output) -> Result<Exit, Error> {
    let Some(pid) = options.pid else {
        return during::stress(options.sampling, &options.nextest, output);
    };
    let target = Target::of(pid)?;
    let name = format!("{}-{pid}", target.name);
    let mut countdown = Countdown::new(&name, Some(options.duration));
    match Tool::Perf.find() {
        Ok(_) => {}
        Err(_) if Tool::Samply.find().is_ok() => {
            return samply(options, &target, &name, &mut countdown, output);
        }
        Err(_) => {
            return Err(Error::Profile(ProfileError::NoTools {
                first: Tool::Perf,
                second: Tool::Samply,
            }));
        }
    }
    let mut how = PerfOptions::lasting(Some(options.duration));
    how.hertz = options.sampling.hertz;
    how.call_graph = options.sampling.call_graph.chosen();
    let profile = CpuProfile::attach(&target, how, &mut |passed| countdown.show(passed))?;
    drop(countdown);
    if profile.ended {
        let seconds = profile.lasted.as_secs_f64();
        output.talk(&format!(
            "process {pid} ended after {seconds:.1} s; this is what was seen of it"
        ));
    }
    keep(&profile, Kind::Attach, &name, &options.place, output)
}

/// Without perf: samply's own file, which has no flame graph of ours.
fn samply(
    options: &AttachOptions,
    target: &Target,
    name: &str,
    countdown: &mut Countdown,
    output: &mut Output,
) -> Result<Exit, Error> {
    let directory = tempfile::tempdir().map_err(|source| Error::Write { source })?;
    let into = directory.path().join("profile.json.gz");
    let hertz = options.sampling.hertz.unwrap_or(999);
    let watched = &mut |passed| countdown.show(passed);
    samply_attach(target, hertz, options.duration, &into, watched)?;
    let content = std::fs::read(&into).map_err(|source| Error::Read { path: into, source })?;
    let files = [("json.gz", content)];
    let places = Artefacts::new(&options.place.directory).write(Kind::Attach, name, &files)?;
    output.talk(&format!(
        "perf is missing, so samply sampled: there is no flame graph; open it with\n  samply load {}",
        places[0].display()
    ));
    show(&places[0], false, output)?;
    Ok(Exit::Fine)
}
