//! Measures the phases that are no Rust function.

use std::path::PathBuf;

use super::http::Request;
use super::{Measurement, Phase, RunKind, Sampler, Settings, WorkbookError, command, stress_run};
use crate::Failure;
use crate::process::{Process, Ready};

/// Measures `samples` samples of a phase that is an HTTP request, a command or
/// a stress run. Progress goes to the file `progress`.
///
/// # Errors
/// The phase is a Rust function, which lives in a test binary; its fixture does
/// not start; or a sample fails.
pub fn measure(
    settings: &Settings,
    phase: &Phase,
    samples: u64,
    progress: Option<PathBuf>,
) -> Result<Measurement, WorkbookError> {
    let refused = |reason: String| WorkbookError::Phase {
        phase: phase.name.clone(),
        reason,
    };
    let mut sampler = Sampler::new(phase, samples, progress);
    take(settings, &phase.run, &mut sampler).map_err(|failure| refused(failure.to_string()))?;
    sampler.finish()
}

fn take(settings: &Settings, run: &RunKind, sampler: &mut Sampler) -> Result<(), Failure> {
    match run {
        RunKind::Function => Err(Failure::new(
            "it is a function of a test binary; `cargo shakedown bench` finds it there",
        )),
        RunKind::Command { words } => {
            sampler.each_taking(|| command::run(words, settings).map_err(Failure::new))
        }
        RunKind::Stress {
            test,
            users,
            duration,
        } => {
            let times = stress_run::run(settings, test, *users, *duration).map_err(Failure::new)?;
            sampler.record_all(&times);
            Ok(())
        }
        RunKind::Http {
            method,
            url,
            fixture,
            status,
            headers,
            body,
        } => {
            let process = fixture
                .as_ref()
                .map(|name| start(settings, name))
                .transpose()?;
            let base = process.as_ref().and_then(Process::ready_text);
            let url = base.map_or_else(
                || url.clone(),
                |base| format!("{}{url}", base.trim().trim_end_matches('/')),
            );
            let request =
                Request::new(method, &url, headers, body, *status).map_err(Failure::new)?;
            sampler.each(|_| request.send().map_err(Failure::new))
        }
    }
}

/// Starts a fixture; it dies with the value.
fn start(settings: &Settings, name: &str) -> Result<Process, Failure> {
    let fixture = settings
        .fixtures
        .get(name)
        .ok_or_else(|| Failure::new(format!("there is no `[fixture.{name}]`")))?;
    let (program, arguments) = fixture
        .command
        .split_first()
        .ok_or_else(|| Failure::new(format!("`[fixture.{name}]` has no command")))?;
    let program = if program.contains('/') {
        settings.root().join(program)
    } else {
        program.into()
    };
    let mut builder = Process::builder(program)
        .name(name)
        .args(arguments)
        .ready(Ready::line(&fixture.ready));
    for (variable, value) in &settings.environment {
        builder = builder.env(variable, value);
    }
    for (variable, value) in &fixture.env {
        builder = builder.env(variable, value);
    }
    Ok(builder.start()?)
}
