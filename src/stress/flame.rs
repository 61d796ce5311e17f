//! What the server did while all users ran: samples of it, on demand.
//!
//! `cargo shakedown profile attach --during stress` asks for it through
//! [`SERVER_VARIABLE`]. Sampling that fails is said and changes no result.

use serde::{Deserialize, Serialize};

use super::StressError;
use crate::lens::flame::Function;
use crate::profile::{
    CallGraph, CpuProfile, PerfOptions, PerfRecording, SERVER_VARIABLE, Target, server_options,
};

/// Functions that the record names.
const FUNCTIONS: usize = 12;

/// Samples of the server while all users ran, in short. The flame graph is
/// `<stem>_flame.svg` and `<stem>_flame.html` beside the record, its stacks
/// `<stem>_flame.folded`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Flame {
    /// How many.
    pub samples: u64,
    /// Samples a second and processor.
    pub hertz: u32,
    /// How callers were found: `frame pointers` or `DWARF`.
    pub callers_by: String,
    /// The functions with most samples of their own, most first.
    pub functions: Vec<FlameFunction>,
}

/// What a function had of all samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FlameFunction {
    /// Its name.
    pub name: String,
    /// Its own share, 0 to 1.
    pub own: f64,
    /// Its share with what it called, 0 to 1.
    pub total: f64,
}

/// The files of a flame graph.
#[derive(Clone, Debug)]
pub(super) struct FlameFiles {
    pub(super) folded: String,
    pub(super) svg: String,
    pub(super) html: String,
}

/// Samples the server, once that was asked for.
#[derive(Debug)]
pub(super) struct FlameSampler {
    target: Target,
    options: PerfOptions,
    state: State,
}

#[derive(Debug)]
enum State {
    NotYet,
    Sampling(PerfRecording),
    Failed,
}

impl FlameSampler {
    /// Ready for the server `pid`, if the environment asks for it.
    pub(super) fn asked_for(pid: Option<u32>) -> Result<Option<Self>, StressError> {
        let value = std::env::var(SERVER_VARIABLE).ok();
        let options = server_options(value.as_deref()).map_err(|_| StressError::Setting {
            variable: SERVER_VARIABLE,
            value: value.unwrap_or_default(),
            accepted: "`auto`, `fp` or `dwarf`, and `:HZ` behind it",
        })?;
        let (Some(mut options), Some(pid)) = (options, pid) else {
            return Ok(None);
        };
        let Ok(target) = Target::of(pid) else {
            return Ok(None);
        };
        if options.call_graph.is_none() {
            // Now, and not while the users run: it reads the whole program.
            let program = target.program.as_deref();
            options.call_graph = program.map(CallGraph::suited_to);
        }
        Ok(Some(Self {
            target,
            options,
            state: State::NotYet,
        }))
    }

    /// All users run from now on. What went wrong, if something did.
    pub(super) fn begin(&mut self) -> Option<String> {
        if !matches!(self.state, State::NotYet) {
            return None;
        }
        match PerfRecording::attach(&self.target, self.options) {
            Ok(recording) => {
                self.state = State::Sampling(recording);
                None
            }
            Err(error) => {
                self.state = State::Failed;
                Some(format!("the server is not sampled: {error}"))
            }
        }
    }

    /// Whether samples were taken, read or not: that alone slows the server down.
    pub(super) fn has_begun(&self) -> bool {
        matches!(self.state, State::Sampling(_))
    }

    /// The users have ended.
    pub(super) fn finish(self) -> Option<Result<(Flame, FlameFiles), String>> {
        let State::Sampling(recording) = self.state else {
            return None;
        };
        let (hertz, callers) = (recording.hertz, recording.call_graph);
        let profile = CpuProfile::stop(&self.target, recording);
        Some(match profile {
            Ok(profile) => Ok(summed_up(&profile, hertz, callers)),
            Err(error) => Err(format!("the server was not sampled: {error}")),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "shares of samples")]
fn summed_up(profile: &CpuProfile, hertz: u32, callers: CallGraph) -> (Flame, FlameFiles) {
    let stacks = profile.stacks();
    let total = stacks.total().max(1) as f64;
    let share = |part: u64| (part as f64 / total * 10_000.0).round() / 10_000.0;
    let function = |of: &Function| FlameFunction {
        name: of.name.clone(),
        own: share(of.own),
        total: share(of.total),
    };
    let flame = Flame {
        samples: stacks.total(),
        hertz,
        callers_by: callers.to_string(),
        functions: profile
            .functions()
            .iter()
            .take(FUNCTIONS)
            .map(function)
            .collect(),
    };
    let graph = profile.graph();
    let files = FlameFiles {
        folded: stacks.to_string(),
        svg: graph.svg(),
        html: graph.html(),
    };
    (flame, files)
}
