//! Processor time of a process, as flame graph and Firefox-profiler JSON.

use std::path::Path;
use std::time::Duration;

use super::perf::Recorded;
use super::{
    Binary, PerfOptions, PerfRecording, PerfSample, ProfileError, Target, Watched, firefox, tool,
};
use crate::lens::flame::{FlameGraph, Function, Stacks, Unit, functions};

/// What was sampled.
#[derive(Debug)]
#[non_exhaustive]
pub struct CpuProfile {
    /// What was profiled, for headings and file names.
    pub name: String,
    /// The samples.
    pub samples: Vec<PerfSample>,
    /// How long it took.
    pub lasted: Duration,
    /// Whether the program ended by itself.
    pub ended: bool,
    facts: Vec<(String, String)>,
    notes: Vec<String>,
    hertz: u32,
}

impl CpuProfile {
    /// Samples the running process `target`.
    ///
    /// # Errors
    ///
    /// See [`ProfileError`].
    pub fn attach(
        target: &Target,
        options: PerfOptions,
        watched: Watched<'_>,
    ) -> Result<Self, ProfileError> {
        Self::of_target(
            target,
            PerfRecording::attach(target, options)?.finish(watched)?,
        )
    }

    /// Stops `recording`, which [attached](PerfRecording::attach) to `target`,
    /// and reads it.
    ///
    /// # Errors
    ///
    /// See [`ProfileError`].
    pub fn stop(target: &Target, recording: PerfRecording) -> Result<Self, ProfileError> {
        Self::of_target(target, recording.stop()?)
    }

    fn of_target(target: &Target, recorded: Recorded) -> Result<Self, ProfileError> {
        if recorded.samples.is_empty() && !target.is_alive() {
            return Err(ProfileError::Ended { pid: target.pid });
        }
        let mut profile = Self::of(&target.name, recorded);
        let fact = ("process".to_owned(), process(target));
        profile.facts.insert(0, fact);
        Ok(profile)
    }

    /// Starts `program` with `arguments` and samples it until it ends.
    ///
    /// # Errors
    ///
    /// See [`ProfileError`].
    pub fn launch(
        program: &str,
        arguments: &[String],
        options: PerfOptions,
        watched: Watched<'_>,
    ) -> Result<Self, ProfileError> {
        let path = tool::find(Path::new(program)).ok_or_else(|| ProfileError::NoProgram {
            program: program.to_owned(),
        })?;
        let recorded = PerfRecording::launch(&path, arguments, options)?.finish(watched)?;
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let mut profile = Self::of(&name.unwrap_or_default(), recorded);
        let line = [&[program.to_owned()], arguments].concat().join(" ");
        profile.facts.insert(0, ("command".to_owned(), line));
        if Binary::read(&path).is_ok_and(|binary| binary.functions == 0) {
            profile.notes.push(
                "The program has no symbols: its functions have no names. Build it without `strip`."
                    .to_owned(),
            );
        }
        Ok(profile)
    }

    fn of(name: &str, recorded: Recorded) -> Self {
        let cut = recorded.samples.iter().filter(|s| !is_whole(s)).count();
        let all = recorded.samples.len();
        let mut facts = vec![
            (
                "lasted".to_owned(),
                format!("{:.1} s", recorded.lasted.as_secs_f64()),
            ),
            (
                "sampled".to_owned(),
                format!("{} Hz a processor, cpu-clock", recorded.hertz),
            ),
            ("callers by".to_owned(), recorded.call_graph.to_string()),
        ];
        if let Some(share) = (100 * cut).checked_div(all) {
            facts.push(("stacks without their start".to_owned(), format!("{share}%")));
        }
        Self {
            name: name.to_owned(),
            samples: recorded.samples,
            lasted: recorded.lasted,
            ended: recorded.ended,
            facts,
            notes: vec![
                "Only time on a processor is sampled: a thread that waits (for a lock, the disk, \
                 a client) is not seen while it waits."
                    .to_owned(),
                "Inlined functions are part of the function they were inlined into.".to_owned(),
                recorded.call_graph.caveat().to_owned(),
            ],
            hertz: recorded.hertz,
        }
    }

    /// Seconds on a processor, all threads together, as sampled.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "samples are not that many")]
    pub fn cpu_seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.hertz)
    }

    /// The stacks, under the name of their thread.
    #[must_use]
    pub fn stacks(&self) -> Stacks {
        let mut stacks = Stacks::new();
        for sample in &self.samples {
            let frames = sample
                .frames
                .iter()
                .rev()
                .map(|frame| frame.function.as_str());
            stacks.add(std::iter::once(sample.thread.as_str()).chain(frames), 1);
        }
        stacks
    }

    /// The functions that used most.
    #[must_use]
    pub fn functions(&self) -> Vec<Function> {
        functions(&self.stacks())
    }

    /// The flame graph.
    pub fn graph(&self) -> FlameGraph {
        let seconds = self.cpu_seconds();
        let mut graph = FlameGraph::new(format!("{}: {seconds:.1} s on processors", self.name));
        for (name, value) in &self.facts {
            graph = graph.fact(name, value);
        }
        for note in &self.notes {
            graph = graph.note(note);
        }
        graph.view("processor time", Unit::Samples, self.stacks())
    }

    /// The samples in the Firefox profiler's own format.
    #[must_use]
    pub fn firefox(&self) -> Vec<u8> {
        firefox::json(&self.name, &self.samples, self.hertz)
    }
}

/// `21287 (decnet)`. Where the program lies is left out: pages are archived and shown.
fn process(target: &Target) -> String {
    let file = target.program.as_deref().and_then(Path::file_name);
    let program = file.map_or_else(
        || target.name.clone(),
        |name| name.to_string_lossy().into_owned(),
    );
    format!("{} ({program})", target.pid)
}

/// Whether the outermost frame is where threads start.
fn is_whole(sample: &PerfSample) -> bool {
    let starts = [
        "_start",
        "clone",
        "start_thread",
        "__libc_start",
        "main",
        "ret_from_fork",
    ];
    let outermost = sample.frames.iter().rev().take(2);
    let known = |name: &str| starts.iter().any(|start| name.contains(start));
    outermost.into_iter().any(|frame| known(&frame.function))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_told_by_its_program_without_the_place() {
        let mut target = Target {
            pid: 7,
            name: "tokio-main".to_owned(),
            program: Some("/home/ada/target/release/decnet".into()),
        };
        assert_eq!(process(&target), "7 (decnet)");
        target.program = None;
        assert_eq!(process(&target), "7 (tokio-main)");
    }
}
